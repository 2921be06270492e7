//! The directory writer: a release as files on disk, complete or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{Content, Entry, Node, Tree, TreeError};
use crate::fs::{FsError, create_dir_all, set_mode};

/// Writes `tree` as the directory `path`, in place of whatever was there.
///
/// The tree is written beside `path` and renamed when it is complete; modes are set whatever the umask.
///
/// # Errors
/// When a file of the tree cannot be read or something cannot be written; `path` is then as it was.
pub fn write_directory(tree: &Tree, path: &Path) -> Result<(), TreeError> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    create_dir_all(parent)?;
    let staging = tempfile::Builder::new()
        .prefix(".erlrel-")
        .tempdir_in(parent)
        .map_err(FsError::while_doing("write in", parent))?;
    let root = staging.path().join("new");
    create_dir_all(&root)?;
    write_entries(tree, &root).map_err(|error| in_place(error, &root, path))?;
    set_mode(&root, 0o755)?;
    swap(&root, path, &staging.path().join("old"))
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

fn swap(new: &Path, path: &Path, old: &Path) -> Result<(), TreeError> {
    let exists = path.symlink_metadata().is_ok();
    if exists {
        fs::rename(path, old).map_err(FsError::while_doing("replace", path))?;
    }
    let renamed = fs::rename(new, path).map_err(FsError::while_doing("write", path));
    if renamed.is_err() && exists {
        fs::rename(old, path).map_err(FsError::while_doing("restore", path))?;
    }
    Ok(renamed?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Group, TreePath};

    #[test]
    fn a_directory_replaces_the_old_one_only_when_it_is_complete() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let out = dir.path().join("rel");
        let file = |content| {
            Tree::from_iter([(
                TreePath::new("bin/x").expect("path"),
                Entry::file(content, 0o755, Group::Release),
            )])
        };
        write_directory(&file(Content::from("one")), &out).expect("written");
        let missing = Content::File(dir.path().join("missing"));
        write_directory(&file(missing), &out).expect_err("a source is missing");
        assert_eq!(fs::read(out.join("bin/x")).expect("still there"), b"one");
        write_directory(&file(Content::from("two")), &out).expect("written again");
        assert_eq!(fs::read(out.join("bin/x")).expect("new"), b"two");
        assert_eq!(fs::read_dir(dir.path()).expect("listed").count(), 1, "nothing is left beside it");
    }
}
