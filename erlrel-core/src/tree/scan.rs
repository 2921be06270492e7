//! The directory reader: what lies on disk as a tree.

use std::fs::FileType;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use super::path::LONGEST;
use super::{Entry, Group, Tree, TreeError, TreePath};
use crate::fs::{self, FsError};

/// Reads a directory with everything in it as a tree of [`Group::Release`], files by their paths. Modes are
/// 0755 for directories and for files that their owner may execute, else 0644. What erlrel itself has written aside
/// in it is left out.
///
/// # Errors
/// When something cannot be read, is neither a file nor a directory nor a link, has a name that is not UTF-8, or
/// is a link that leads out of the directory.
pub fn read_directory(root: &Path) -> Result<Tree, TreeError> {
    let mut tree = Tree::new();
    let mut directories = vec![root.to_path_buf()];
    while let Some(directory) = directories.pop() {
        for path in fs::list(&directory)? {
            if directory == root && fs::is_aside(&path) {
                continue;
            }
            let entry = read_entry(root, &path, &mut tree)?;
            if entry {
                directories.push(path);
            }
        }
    }
    Ok(tree)
}

/// Adds what is at `path` in the directory `root`, which the tree is one of; true for a directory, of which nothing but
/// itself is added.
///
/// # Errors
/// As [`read_directory`].
pub(crate) fn read_entry(root: &Path, path: &Path, tree: &mut Tree) -> Result<bool, TreeError> {
    let name = path.strip_prefix(root).unwrap_or(path);
    let not_utf8 = || TreeError::NotUtf8 { path: name.display().to_string() };
    let at = TreePath::new(name.to_str().ok_or_else(not_utf8)?)?;
    let metadata = path.symlink_metadata().map_err(FsError::while_doing("read", path))?;
    let kind = metadata.file_type();
    let entry = if kind.is_dir() {
        Entry::directory(Group::Release)
    } else if kind.is_symlink() {
        link(&at, path)?
    } else if kind.is_file() {
        Entry::file(path.to_path_buf(), usual_mode(metadata.mode()), Group::Release)
    } else {
        return Err(TreeError::NotAFile { path: at.to_string(), what: what(kind) });
    };
    tree.insert(at, entry)?;
    Ok(kind.is_dir())
}

/// What something is that is neither a file nor a link.
pub(crate) fn what(kind: FileType) -> &'static str {
    match kind {
        _ if kind.is_dir() => "a directory",
        _ if kind.is_fifo() => "a pipe",
        _ if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

fn link(at: &TreePath, path: &Path) -> Result<Entry, TreeError> {
    let target = std::fs::read_link(path).map_err(FsError::while_doing("read the link", path))?;
    let target =
        target.into_os_string().into_string().map_err(|_| TreeError::NotUtf8 { path: at.to_string() })?;
    inner_link(at, target)
}

/// A link, if it leads to something in the tree.
pub(super) fn inner_link(at: &TreePath, target: String) -> Result<Entry, TreeError> {
    let why = match () {
        () if target.is_empty() => Some("it leads to an empty name"),
        () if target.contains('\0') => Some("what it leads to has a zero byte in its name"),
        () if target.len() > LONGEST => Some("what it leads to has a name of more than 4096 bytes"),
        () => None,
    };
    if let Some(why) = why {
        return Err(TreeError::BadLink { path: at.to_string(), why });
    }
    if at.holds_link(&target) {
        Ok(Entry::symlink(target, Group::Release))
    } else {
        Err(TreeError::LinkOutside { path: at.to_string(), target })
    }
}

/// The builder's umask must not reach the output.
pub(super) fn usual_mode(mode: u32) -> u32 {
    if mode & 0o100 != 0 { 0o755 } else { 0o644 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::listing;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_directory_becomes_a_tree_with_usual_modes() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = dir.path();
        std::fs::create_dir_all(root.join("bin")).expect("created");
        std::fs::create_dir(root.join("empty")).expect("created");
        std::fs::write(root.join("bin/run"), "x").expect("written");
        std::fs::write(root.join("data"), "x").expect("written");
        fs::set_mode(&root.join("bin/run"), 0o700).expect("set");
        fs::set_mode(&root.join("data"), 0o666).expect("set");
        symlink("../data", root.join("bin/data")).expect("linked");
        insta::assert_snapshot!(listing(&read_directory(root).expect("read")), @r"
        0755 release bin/
        link release bin/data -> ../data
        0755 release bin/run
        0644 release data
        0755 release empty/
        ");
        symlink("/etc/passwd", root.join("users")).expect("linked");
        let error = read_directory(root).expect_err("a link that leads out");
        insta::assert_snapshot!(error, @"the link `users` leads to `/etc/passwd`, which is outside: it would lead to something else in an image");
    }
}
