//! The directory writer: a release as files on disk, complete or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{Content, Entry, Node, Tree, TreeError, TreePath};
use crate::fs::{FsError, create_dir_all, set_mode};

/// Writes `tree` as the directory `path`.
///
/// What lies there already and is not in the tree stays, as in a directory that a running system writes to. But
/// a directory for which `is_one` says so is replaced with all that is in it.
///
/// The tree is written aside and moved into place when it is complete; modes are set whatever the umask.
///
/// # Errors
/// When a file of the tree cannot be read or something cannot be written; everything is then as it was.
pub fn write_directory(
    tree: &Tree,
    path: &Path,
    is_one: impl Fn(&TreePath) -> bool,
) -> Result<(), TreeError> {
    let exists = path.symlink_metadata().is_ok();
    let aside = if exists { path } else { path.parent().unwrap_or(Path::new("/")) };
    create_dir_all(aside)?;
    let staging = tempfile::Builder::new()
        .prefix(".erlrel-")
        .tempdir_in(aside)
        .map_err(FsError::while_doing("write in", aside))?;
    let root = staging.path().join("new");
    create_dir_all(&root)?;
    write_entries(tree, &root).map_err(|error| in_place(error, &root, path))?;
    if exists {
        merge(tree, &root, path, &staging.path().join("old"), is_one)
    } else {
        set_mode(&root, 0o755)?;
        Ok(fs::rename(&root, path).map_err(FsError::while_doing("write", path))?)
    }
}

/// The error as it concerns the user, who has never heard of the directory beside the final one.
fn in_place(error: TreeError, staging: &Path, path: &Path) -> TreeError {
    match error {
        TreeError::Fs(error) => {
            let shown = error.path.strip_prefix(staging).map_or(error.path.clone(), |below| path.join(below));
            TreeError::Fs(FsError { path: shown, ..error })
        }
        other => other,
    }
}

fn write_entries(tree: &Tree, root: &Path) -> Result<(), TreeError> {
    let entries: Vec<(PathBuf, &Entry)> =
        tree.iter().map(|(path, entry)| (root.join(path.as_str()), entry)).collect();
    for (path, entry) in &entries {
        let directory = if entry.is_directory() { path.as_path() } else { path.parent().unwrap_or(root) };
        create_dir_all(directory)?;
    }
    entries.par_iter().try_for_each(|(path, entry)| write_entry(path, entry))?;
    // Deepest first, so that a directory without write permission does not stop its own contents.
    entries.iter().rev().filter(|(_, entry)| entry.is_directory()).try_for_each(|(path, entry)| {
        set_mode(path, entry.mode)?;
        Ok(())
    })
}

fn write_entry(path: &Path, entry: &Entry) -> Result<(), TreeError> {
    match &entry.node {
        Node::Directory => {}
        Node::Symlink(target) => {
            symlink(target, path).map_err(FsError::while_doing("create the link", path))?
        }
        Node::File(content) => {
            write_file(path, content)?;
            set_mode(path, entry.mode)?;
        }
    }
    Ok(())
}

fn write_file(path: &Path, content: &Content) -> Result<(), TreeError> {
    let bytes = content.read()?;
    let written = File::create(path).and_then(|mut file| file.write_all(&bytes));
    Ok(written.map_err(FsError::while_doing("write", path))?)
}

/// Moves the tree that was written as `new` into the directory `path`, and what it replaces to `old`.
fn merge(
    tree: &Tree,
    new: &Path,
    path: &Path,
    old: &Path,
    is_one: impl Fn(&TreePath) -> bool,
) -> Result<(), TreeError> {
    create_dir_all(old)?;
    let mut moves = Moves { old, done: Vec::new() };
    let merged = move_entries(tree, new, path, &mut moves, is_one);
    if merged.is_err() {
        moves.undo()?;
    }
    Ok(merged?)
}

fn move_entries(
    tree: &Tree,
    new: &Path,
    path: &Path,
    moves: &mut Moves<'_>,
    is_one: impl Fn(&TreePath) -> bool,
) -> Result<(), FsError> {
    let mut merged = Vec::new();
    for (below, entry) in tree.iter() {
        let (from, to) = (new.join(below.as_str()), path.join(below.as_str()));
        if from.symlink_metadata().is_err() {
            continue; // moved with the directory that it is in
        }
        match (entry.is_directory(), is_directory(&to) && !is_one(below)) {
            (true, true) => {
                set_mode(&to, 0o755)?;
                set_mode(&from, 0o755)?;
                merged.push((to, entry.mode));
            }
            (false, true) => {
                let taken = io::Error::from(io::ErrorKind::IsADirectory);
                return Err(FsError::while_doing("write a file in place of the directory", &to)(taken));
            }
            (_, false) => moves.replace(from, to)?,
        }
    }
    merged.iter().rev().try_for_each(|(directory, mode)| set_mode(directory, *mode))
}

fn is_directory(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}

/// What has been moved into place.
struct Moves<'a> {
    /// Where that which was replaced is.
    old: &'a Path,
    /// The places, each with that which was there before.
    done: Vec<(PathBuf, Option<PathBuf>)>,
}

impl Moves<'_> {
    fn replace(&mut self, from: PathBuf, to: PathBuf) -> Result<(), FsError> {
        to.parent().map_or(Ok(()), create_dir_all)?;
        let kept = self.old.join(self.done.len().to_string());
        let replaced = to.symlink_metadata().is_ok().then_some(kept);
        if let Some(kept) = &replaced {
            fs::rename(&to, kept).map_err(FsError::while_doing("replace", &to))?;
        }
        let moved = fs::rename(from, &to).map_err(FsError::while_doing("write", &to));
        self.done.push((to, replaced));
        moved
    }

    fn undo(self) -> Result<(), FsError> {
        for (number, (path, replaced)) in self.done.into_iter().enumerate().rev() {
            // It is not there if it could not be moved.
            let _ = fs::rename(&path, self.old.join(format!("new-{number}")));
            if let Some(kept) = replaced {
                fs::rename(kept, &path).map_err(FsError::while_doing("restore", &path))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Group, TreePath};

    fn path(text: &str) -> TreePath {
        TreePath::new(text).expect("a path")
    }

    /// `lib/a` of two files that both say `text`, and a file in `bin`.
    fn tree(text: &str) -> Tree {
        let file = |name: &str| (path(name), Entry::file(text, 0o755, Group::Release));
        let mut tree = Tree::from_iter(["bin/x", "lib/a/one", "lib/a/two/three"].map(file));
        tree.add_parents().expect("no file is above it");
        tree
    }

    fn write(tree: &Tree, out: &Path) -> Result<(), TreeError> {
        write_directory(tree, out, |below| below.as_str() == "lib/a")
    }

    /// The files with what they say.
    fn files(out: &Path) -> Vec<String> {
        let read = crate::tree::read_directory(out).expect("read");
        let text = |entry: &Entry| match &entry.node {
            Node::File(content) => {
                Some(String::from_utf8(content.read().expect("read").into()).expect("text"))
            }
            _ => None,
        };
        read.iter().filter_map(|(path, entry)| Some(format!("{path} {}", text(entry)?))).collect()
    }

    #[test]
    fn what_is_there_stays_unless_it_is_in_the_tree_or_in_a_directory_that_is_one() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let out = dir.path().join("rel");
        write(&tree("1"), &out).expect("written");
        for name in ["bin/mine", "lib/a/stale", "data"] {
            fs::write(out.join(name), "0").expect("written");
        }
        write(&tree("2"), &out).expect("written again");
        assert_eq!(files(&out), ["bin/mine 0", "bin/x 2", "data 0", "lib/a/one 2", "lib/a/two/three 2"]);
        assert_eq!(fs::read_dir(dir.path()).expect("listed").count(), 1, "nothing is left beside it");
    }

    #[test]
    fn if_something_cannot_be_written_all_is_as_it_was() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let out = dir.path().join("rel");
        write(&tree("1"), &out).expect("written");
        let mut unreadable = tree("2");
        unreadable.replace(
            path("lib/b"),
            Entry::file(Content::File(dir.path().join("missing")), 0o644, Group::Otp),
        );
        write(&unreadable, &out).expect_err("a source is missing");
        let mut blocked = tree("2");
        blocked.replace(path("lib/b"), Entry::file("2", 0o644, Group::Otp));
        fs::create_dir(out.join("lib/b")).expect("created");
        let error = write(&blocked, &out).expect_err("a directory is in the way");
        let there = out.join("lib/b");
        assert_eq!(
            error.to_string(),
            format!("cannot write a file in place of the directory `{}`", there.display())
        );
        fs::remove_dir(there).expect("still there, and empty");
        assert_eq!(files(&out), ["bin/x 1", "lib/a/one 1", "lib/a/two/three 1"]);
    }
}
