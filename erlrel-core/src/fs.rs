//! Reading and writing files so that every failure names the path, and no partial file is ever visible
//! under its final name.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

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

/// Writes a file aside, makes it durable, and renames it into place; parents are created.
///
/// `fill` gets a buffered writer. If it fails, or the disk fills up, nothing remains under `path` that
/// was not there before. The file gets mode 0644, whatever the umask. A device or a pipe is written to as it
/// is: a file in its place would be no use to anybody.
///
/// # Errors
/// `fill`'s own error, or an [`FsError`] that names `path`.
pub fn write_aside<T, E: From<FsError>>(
    path: &Path,
    fill: impl FnOnce(&mut io::BufWriter<&File>) -> Result<T, E>,
) -> Result<T, E> {
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        let device = File::options().write(true).open(path).map_err(FsError::while_doing("write", path))?;
        return fill_file(&device, path, fill);
    }
    // The file that a link leads to is replaced, not the link.
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let parent = real.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_dir_all(parent)?;
    let file =
        NamedTempFile::with_prefix_in(".erlrel-", parent).map_err(FsError::while_doing("write", path))?;
    let value = fill_file(file.as_file(), path, fill)?;
    finish(file, &real).map_err(|error| FsError { path: path.into(), ..error })?;
    Ok(value)
}

fn fill_file<T, E: From<FsError>>(
    file: &File,
    path: &Path,
    fill: impl FnOnce(&mut io::BufWriter<&File>) -> Result<T, E>,
) -> Result<T, E> {
    let mut writer = io::BufWriter::with_capacity(1 << 16, file);
    let value = fill(&mut writer)?;
    writer.flush().map_err(FsError::while_doing("write", path))?;
    Ok(value)
}

fn finish(file: NamedTempFile, path: &Path) -> Result<(), FsError> {
    set_mode(file.path(), 0o644)?;
    file.as_file().sync_all().map_err(FsError::while_doing("write", path))?;
    file.persist(path).map_err(|error| FsError::while_doing("write", path)(error.error))?;
    Ok(())
}

/// A directory for temporary files, which is removed with this value.
#[derive(Debug)]
pub struct ScratchDir(tempfile::TempDir);

impl ScratchDir {
    /// Makes one in `parent`.
    ///
    /// # Errors
    /// When nothing can be created there.
    pub fn new_in(parent: &Path) -> Result<Self, FsError> {
        let made = tempfile::Builder::new().prefix(".erlrel-").tempdir_in(parent);
        made.map(Self).map_err(FsError::while_doing("create a directory in", parent))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_no_other() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("out");
        fs::write(&path, "old").expect("written");
        let result: Result<(), FsError> = write_aside(&path, |writer| {
            writer.write_all(b"half").map_err(FsError::while_doing("write", &path))?;
            Err(FsError { action: "fill", path: path.clone(), source: io::Error::other("full") })
        });
        assert_eq!(result.expect_err("fails").to_string(), format!("cannot fill `{}`", path.display()));
        assert_eq!(fs::read(&path).expect("read"), b"old");
        assert_eq!(list(dir.path()).expect("listed"), [path]);
    }
}
