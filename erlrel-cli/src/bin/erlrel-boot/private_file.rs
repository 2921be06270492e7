//! Files with secrets in them: for the eyes of this user only, and never half written.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::rand::{GetRandomFlags, getrandom};

/// Writes `content` to `path` with mode 0600: aside first, then renamed.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let (aside, mut file) = create_aside(path)?;
    let written = file.write_all(content).and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        // The first failure is the one to tell; what is left behind is empty or incomplete.
        let _ = fs::remove_file(&aside);
    }
    written
}

/// The same, but a file that is there stays as it is.
pub(crate) fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    let (aside, mut file) = create_aside(path)?;
    let linked = file.write_all(content).and_then(|()| match fs::hard_link(&aside, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    fs::remove_file(&aside).and(linked)
}

/// Makes the directory `path` with mode 0700, or takes the one that is there if nobody else can write in it.
pub(crate) fn directory(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => return other,
    }
    let found = fs::symlink_metadata(path)?;
    let own = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
    if own && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        "it belongs to somebody else, or others may enter it",
    ))
}

/// Opens a new file beside `path`. What a crash has left, or another process is writing right now, does not bear the
/// same name: that is random, as the number of this process is not its own (each container counts for itself).
fn create_aside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut bytes = [0; 8];
    getrandom(&mut bytes, GetRandomFlags::empty())?;
    let aside = path.with_file_name(format!(".{name}.{:016x}", u64::from_ne_bytes(bytes)));
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
    Ok((aside, file))
}

#[cfg(test)]
mod tests {
    use super::{directory, write};
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn replaces_a_file_and_leaves_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vm.args");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn does_not_write_through_a_symbolic_link() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        fs::write(&target, "kept").unwrap();
        symlink(&target, &link).unwrap();
        write(&link, b"new").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"kept");
        assert_eq!(fs::read(&link).unwrap(), b"new");
    }

    #[test]
    fn passes_over_what_a_crash_left() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..100 {
            fs::write(dir.path().join(format!(".a.{}-{number}", std::process::id())), "").unwrap();
        }
        write(&dir.path().join("a"), b"x").unwrap();
        assert_eq!(fs::read(dir.path().join("a")).unwrap(), b"x");
    }

    #[test]
    fn a_directory_must_be_ours_alone() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        directory(&home).unwrap();
        directory(&home).unwrap();
        fs::set_permissions(&home, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(directory(&home).is_err());
        symlink("/", dir.path().join("link")).unwrap();
        assert!(directory(&dir.path().join("link")).is_err());
    }
}
