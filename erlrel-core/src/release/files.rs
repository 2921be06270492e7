//! Files of this machine as a release takes them: links followed, modes made independent of the builder's umask.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::ReleaseError;
use crate::fs::FsError;
use crate::tree::{self, Content, Entry, Group, TreeError, TreePath};

/// Something in a directory.
#[derive(Debug)]
pub(super) struct Found {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its place in the release.
    pub(super) to: TreePath,
    pub(super) is_directory: bool,
}

/// Something in a directory that cannot be taken.
#[derive(Debug)]
pub(super) enum WalkError {
    /// It cannot be read.
    Unreadable { path: PathBuf, error: walkdir::Error },
    /// It has a name that no release can have.
    Name(ReleaseError),
}

/// A directory and everything in it, by name, that is to be at `target` in the release; the top of the release, for
/// which that is empty, is left out.
pub(super) fn walk(dir: &Path, target: &str) -> impl Iterator<Item = Result<Found, WalkError>> + use<> {
    let (dir, target) = (dir.to_path_buf(), target.to_string());
    let entries = WalkDir::new(&dir).follow_links(true).sort_by_file_name().into_iter();
    entries.filter_map(move |entry| match entry {
        Ok(entry) => found(&entry, &dir, &target).map_err(WalkError::Name).transpose(),
        Err(error) => Some(Err(WalkError::Unreadable { path: error.path().unwrap_or(&dir).into(), error })),
    })
}

fn found(entry: &DirEntry, dir: &Path, target: &str) -> Result<Option<Found>, ReleaseError> {
    let path = entry.path().to_path_buf();
    let below = path.strip_prefix(dir).unwrap_or(Path::new(""));
    let below = below.to_str().ok_or_else(|| ReleaseError::NotUtf8 { path: path.clone() })?;
    let to = format!("{target}/{below}");
    if to == "/" {
        return Ok(None);
    }
    let to = TreePath::new(to.trim_start_matches('/'))?;
    Ok(Some(Found { path, to, is_directory: entry.file_type().is_dir() }))
}

impl WalkError {
    /// The link that leads nowhere, if that is what could not be read.
    pub(super) fn broken_link(&self) -> Option<&Path> {
        let Self::Unreadable { path, error } = self else { return None };
        let is_absent = error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
        (is_absent && path.is_symlink()).then_some(path)
    }
}

impl From<WalkError> for ReleaseError {
    /// An error that says once what could not be read, and why.
    fn from(error: WalkError) -> Self {
        match error {
            WalkError::Unreadable { path, error } => {
                let circle = || io::Error::other("the link leads to a directory that it is in");
                let source = error.into_io_error().unwrap_or_else(circle);
                FsError { action: "read", path, source }.into()
            }
            WalkError::Name(error) => error,
        }
    }
}

/// A file with its mode made independent of the builder's umask: 0755 if its owner may execute it, else
/// 0644. A pipe or a device would be read without an end.
pub(super) fn file_entry(path: &Path, content: Content, group: Group) -> Result<Entry, ReleaseError> {
    let metadata = std::fs::metadata(path).map_err(FsError::while_doing("read", path))?;
    if !metadata.is_file() {
        let what = tree::what(metadata.file_type());
        return Err(TreeError::NotAFile { path: path.display().to_string(), what }.into());
    }
    let mode = if metadata.mode() & 0o100 == 0 { 0o644 } else { 0o755 };
    Ok(Entry::file(content, mode, group))
}

/// A link to a file or directory on this machine.
pub(super) fn link_entry(target: &Path, group: Group) -> Result<Entry, ReleaseError> {
    Ok(Entry::symlink(utf8(target)?, group))
}

/// A path as a release can hold it.
pub(super) fn utf8(path: &Path) -> Result<&str, ReleaseError> {
    path.to_str().ok_or_else(|| ReleaseError::NotUtf8 { path: path.into() })
}

/// The last part of such a path.
pub(super) fn file_name(path: &Path) -> Result<&str, ReleaseError> {
    Ok(utf8(path)?.rsplit('/').next().unwrap_or_default())
}
