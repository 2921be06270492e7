//! Reading and writing files so that every failure names the path, and no partial file is ever visible
//! under its final name.

mod aside;
#[cfg(test)]
pub(crate) mod edits;
mod notes;
mod stat;

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, futimens, renameat_with};
use rustix::io::Errno;

pub(crate) use aside::{Abandoned, Draft, write_aside_unsynced};
pub use aside::{ScratchDir, is_aside, unnamed_file, write_aside};
pub use notes::{Look, NoNotes, Notes};
pub(crate) use stat::{Fields, Stat};

/// A file operation that failed: what was attempted, and where.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`", path.display())]
pub struct FsError {
    /// What was attempted, as a verb phrase: `read`, `create the directory`, …
    pub action: &'static str,
    /// The path it was attempted on.
    pub path: PathBuf,
    /// What the operating system said.
    #[source]
    pub source: io::Error,
}

impl FsError {
    /// An error maker for `map_err`.
    pub fn while_doing(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self { action, path, source }
    }

    /// True if the file or directory does not exist.
    pub fn is_not_found(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }
}

/// The whole content of a file.
///
/// # Errors
/// When the file cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, FsError> {
    fs::read(path).map_err(FsError::while_doing("read", path))
}

/// The whole content of a file, or `None` if there is no such file.
///
/// # Errors
/// When the file exists and cannot be read.
pub fn read_optional(path: &Path) -> Result<Option<Vec<u8>>, FsError> {
    match read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The first `limit` bytes of a file; only the first of these if `goes_on` says so of them.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn read_start(
    path: &Path,
    limit: u64,
    goes_on: impl Fn(&[u8]) -> bool,
) -> Result<Vec<u8>, FsError> {
    let head = limit.min(8 << 10);
    let mut start = Vec::new();
    let mut read = || {
        let mut file = File::open(path)?;
        (&mut file).take(head).read_to_end(&mut start)?;
        if goes_on(&start) {
            file.take(limit - head).read_to_end(&mut start)?;
        }
        Ok(())
    };
    read().map_err(FsError::while_doing("read", path))?;
    Ok(start)
}

/// The names in a directory, sorted by their bytes; an absent directory has none.
///
/// # Errors
/// When the directory exists and cannot be listed.
pub fn list(path: &Path) -> Result<Vec<PathBuf>, FsError> {
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(FsError::while_doing("list the directory", path))?,
    };
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()
        .map_err(FsError::while_doing("list the directory", path))?;
    paths.sort();
    Ok(paths)
}

/// Creates a directory and its parents; an existing one is fine.
///
/// # Errors
/// When it cannot be created.
pub fn create_dir_all(path: &Path) -> Result<(), FsError> {
    fs::create_dir_all(path).map_err(FsError::while_doing("create the directory", path))
}

/// Makes durable what was renamed in a directory. Not every file system can, and not every user may.
///
/// # Errors
/// When the disk fails.
fn sync_directory(path: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    match File::open(path).and_then(|directory| directory.sync_all()) {
        Err(error) if !matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported) => Err(error),
        _ => Ok(()),
    }
}

/// An exclusive lock on a directory, until the file is dropped; waits for it. File systems without locks are used
/// without.
///
/// # Errors
/// When the directory cannot be read.
pub(crate) fn lock_directory(path: &Path) -> Result<File, FsError> {
    let file = File::open(path).map_err(FsError::while_doing("read", path))?;
    match file.lock() {
        Err(error) if !has_no_locks(&error) => Err(FsError::while_doing("lock", path)(error)),
        _ => Ok(file),
    }
}

/// NFS has locks, but none on a directory.
pub(crate) fn has_no_locks(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::BADF | Errno::NOLCK | Errno::NOTSUP | Errno::NOSYS))
}

/// Exchanges what lies at two paths in one step; false if the file system cannot do that.
///
/// # Errors
/// When one of them does not exist or may not be moved.
pub(crate) fn exchange(one: &Path, other: &Path) -> io::Result<bool> {
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOTSUP | Errno::NOSYS) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Makes the modification time of a file the present, as the machine has it.
///
/// # Errors
/// When the file system is read-only.
pub(crate) fn touch(file: &File) -> io::Result<()> {
    let time = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
    let times = Timestamps { last_access: time(UTIME_OMIT), last_modification: time(UTIME_NOW) };
    Ok(futimens(file, &times)?)
}

/// The same file once more, with a position of its own, also if it has no name.
///
/// # Errors
/// Where there is no `/proc`.
pub(crate) fn reopen(file: &File) -> io::Result<File> {
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// The number of the user that this process acts as.
pub(crate) fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Sets the permission bits of a file or directory.
///
/// # Errors
/// When they cannot be set.
pub fn set_mode(path: &Path, mode: u32) -> Result<(), FsError> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(FsError::while_doing("set the mode of", path))
}

/// The permission bits of a file or directory.
///
/// # Errors
/// When it does not exist.
pub(crate) fn mode(path: &Path) -> Result<u32, FsError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(path).map_err(FsError::while_doing("read", path))?;
    Ok(metadata.permissions().mode() & 0o7777)
}
