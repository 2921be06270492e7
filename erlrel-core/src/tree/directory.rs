//! The directory writer: a release as files on disk, complete or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::merge::{ASIDE, clean_up, merge};
use super::{Content, Entry, Node, Tree, TreeError, TreePath};
use crate::fs::{FsError, ScratchDir, create_dir_all, lock_directory, set_mode};

/// Writes `tree` as the directory `path`.
///
/// What lies there already and is not in the tree stays, as in a directory that a running system writes to. But
/// a directory for which `is_one` says so is replaced with all that is in it. Two that write to one directory do so
/// one after the other.
///
/// The tree is written aside and moved into place when it is complete; modes are set whatever the umask. If the
/// process is ended while it moves, every piece is the old one or the new one; what it has left is put back or removed
/// by the next one that writes to the same place. Nothing is made durable: it would take longer than to write it
/// again.
///
/// # Errors
/// When a file of the tree cannot be read or something cannot be written; everything is then as it was, or
/// [`TreeError::NotPutBack`] says where it is.
pub fn write_directory(
    tree: &Tree,
    path: &Path,
    is_one: impl Fn(&TreePath) -> bool,
) -> Result<(), TreeError> {
    if path.symlink_metadata().is_err() {
        let scratch = write_beside(tree, path.parent().unwrap_or(Path::new("/")), path)?;
        let root = scratch.path().join(ASIDE);
        set_mode(&root, 0o755)?;
        match fs::rename(&root, path) {
            Err(_) if path.is_dir() => {} // another run was faster
            moved => return Ok(moved.map_err(FsError::while_doing("write", path))?),
        }
    }
    create_dir_all(path)?;
    let _turn = lock_directory(path)?;
    let scratch = write_beside(tree, path, path)?;
    merge(tree, path, scratch, is_one)
}

/// Writes the tree of the directory `path` to a directory for temporary files in `parent`, in which nothing of ended
/// runs is left then.
fn write_beside(tree: &Tree, parent: &Path, path: &Path) -> Result<ScratchDir, TreeError> {
    create_dir_all(parent)?;
    clean_up(parent)?;
    let scratch = ScratchDir::new_in(parent)?;
    let root = scratch.path().join(ASIDE);
    create_dir_all(&root)?;
    write_entries(tree, &root).map_err(|error| in_place(error, &root, path))?;
    Ok(scratch)
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
    if let Content::File(source) = content {
        // However large it is, memory holds a piece of it.
        let mut from = File::open(source).map_err(FsError::while_doing("read", source))?;
        let copied = File::create(path).and_then(|mut file| io::copy(&mut from, &mut file));
        return Ok(copied.map(drop).map_err(FsError::while_doing("write", path))?);
    }
    let bytes = content.read()?;
    let written = File::create(path).and_then(|mut file| file.write_all(&bytes));
    Ok(written.map_err(FsError::while_doing("write", path))?)
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

    #[test]
    fn others_that_write_to_the_directory_wait() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let out = dir.path().join("rel");
        let lock = || File::open(&out).expect("opened").try_lock();
        write(&tree("1"), &out).expect("written");
        lock().expect("not locked");
        let asked = std::cell::Cell::new(false);
        let is_one = |_: &TreePath| {
            asked.set(true);
            lock().expect_err("locked while it is written");
            false
        };
        write_directory(&tree("2"), &out, is_one).expect("written again");
        assert!(asked.get());
        lock().expect("not locked any more");
    }
}
