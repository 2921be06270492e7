//! What is written aside until it is complete, and what is left of it when a run is ended in the middle.
//!
//! Its name begins with `.erlrel-`, and it is locked as long as its writer lives: without a lock, nobody needs it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempDir};

use super::{FsError, create_dir_all, list, set_mode, sync_directory};

const PREFIX: &str = ".erlrel-";

/// The file in a directory that is locked in its place: not every file system locks a directory.
const LOCK: &str = "lock";

/// True for what erlrel has written aside, by its name.
pub fn is_aside(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
}

/// Writes a file aside, makes it durable, and renames it into place; parents are created, and files that ended runs
/// have left beside it are removed.
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
    write_and(path, Durability::Durable, fill)
}

/// The same, but for making the file durable, which can take longer than all else: for what is as soon made again, and is
/// verified by whoever reads it.
///
/// # Errors
/// As of [`write_aside`].
pub(crate) fn write_aside_unsynced<T, E: From<FsError>>(
    path: &Path,
    fill: impl FnOnce(&mut io::BufWriter<&File>) -> Result<T, E>,
) -> Result<T, E> {
    write_and(path, Durability::None, fill)
}

/// What a file is to survive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// The end of the machine.
    Durable,
    /// That of the process.
    None,
}

fn write_and<T, E: From<FsError>>(
    path: &Path,
    durability: Durability,
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
    // A directory may hold what is to be put back, which is not for this function to decide.
    Abandoned::all_in(parent).into_iter().filter(|left| !left.path.is_dir()).for_each(Abandoned::remove);
    let file = new_file(parent).map_err(FsError::while_doing("write", path))?;
    let value = fill_file(file.as_file(), path, fill)?;
    finish(file, &real, parent, durability).map_err(FsError::while_doing("write", path))?;
    Ok(value)
}

/// A temporary file in `dir` without a name: it vanishes with its last use, even if the process is killed.
///
/// # Errors
/// When `dir` cannot be written.
pub fn unnamed_file(dir: &Path) -> Result<File, FsError> {
    tempfile::tempfile_in(dir).map_err(FsError::while_doing("write a temporary file in", dir))
}

fn new_file(parent: &Path) -> io::Result<NamedTempFile> {
    loop {
        let file = NamedTempFile::with_prefix_in(PREFIX, parent)?;
        if is_kept(file.as_file(), file.path()) {
            return Ok(file);
        }
    }
}

/// Locks what was just made; false if another run has removed it before it was locked. A file system without locks
/// is used without: then nothing is ever seen to be abandoned.
fn is_kept(file: &File, path: &Path) -> bool {
    let _ = file.lock();
    path.exists()
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

fn finish(file: NamedTempFile, path: &Path, parent: &Path, durability: Durability) -> io::Result<()> {
    set_mode(file.path(), 0o644).map_err(|error| error.source)?;
    if durability == Durability::Durable || tells_late(file.as_file()) {
        file.as_file().sync_all()?;
    }
    file.persist(path)?;
    if durability == Durability::Durable { sync_directory(parent) } else { Ok(()) }
}

/// File systems of other machines, and those that are programs (statfs(2)).
const ELSEWHERE: [u64; 5] = [0x6969, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997, 0x6573_5546];

/// Whether there may be no room for a file, and nobody says so until it is made durable.
fn tells_late(file: &File) -> bool {
    rustix::fs::fstatfs(file).map_or(true, |found| ELSEWHERE.contains(&(found.f_type as u64 & 0xffff_ffff)))
}

/// A file that is written aside and put into its place when it is complete. It is not made durable: this is for what
/// can be made again, and is verified by whoever reads it. Without a place it vanishes.
#[derive(Debug)]
pub(crate) struct Draft {
    file: NamedTempFile,
}

impl Draft {
    /// Makes one in `dir`, which must be on the file system of its final place.
    ///
    /// # Errors
    /// When nothing can be created there.
    pub(crate) fn new_in(dir: &Path) -> io::Result<Self> {
        // Its own name would say nothing to whoever hears of it.
        Ok(Self { file: new_file(dir).map_err(|error| error.kind())? })
    }

    /// To write to; it is locked.
    pub(crate) fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Puts it in place of what is at `path`; the file stays open and locked.
    ///
    /// # Errors
    /// When it cannot be moved there.
    pub(crate) fn put(self, path: &Path) -> io::Result<File> {
        Ok(self.file.persist(path)?)
    }

    /// The file without a name, which vanishes when it is closed.
    ///
    /// # Errors
    /// When its name cannot be removed.
    pub(crate) fn into_unnamed(self) -> io::Result<File> {
        let (file, path) = self.file.into_parts();
        path.close()?;
        Ok(file)
    }
}

/// A directory for temporary files, which is removed with this value.
#[derive(Debug)]
pub struct ScratchDir {
    dir: TempDir,
    /// Held, and dropped after the directory is removed.
    _lock: File,
}

impl ScratchDir {
    /// Makes one in `parent`.
    ///
    /// # Errors
    /// When nothing can be created there.
    pub fn new_in(parent: &Path) -> Result<Self, FsError> {
        loop {
            let made = Self::try_new_in(parent);
            match made.map_err(FsError::while_doing("create a directory in", parent))? {
                Some(made) => return Ok(made),
                None => continue,
            }
        }
    }

    /// `None` if another run has removed it before it was locked.
    fn try_new_in(parent: &Path) -> io::Result<Option<Self>> {
        let dir = Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let path = dir.path().join(LOCK);
        match File::create_new(&path) {
            Ok(lock) => Ok(is_kept(&lock, &path).then_some(Self { dir, _lock: lock })),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Where it is. It has a file `lock`.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Leaves it where it is.
    pub(crate) fn keep(self) -> PathBuf {
        self.dir.keep()
    }
}

/// What an ended run has left behind.
#[derive(Debug)]
pub(crate) struct Abandoned {
    pub(crate) path: PathBuf,
    /// Held, so that no other run takes it too.
    _lock: File,
}

impl Abandoned {
    /// All that lies in `dir`, as far as it can be found out. What somebody has made who is neither this user nor the
    /// owner of the directory is none: it could be a trap.
    pub(crate) fn all_in(dir: &Path) -> Vec<Self> {
        let own = rustix::process::geteuid().as_raw();
        let trusted = |path: &PathBuf| owner(path).is_some_and(|uid| uid == own || Some(uid) == owner(dir));
        let aside = list(dir).unwrap_or_default().into_iter().filter(|path| is_aside(path));
        aside.filter(trusted).filter_map(Self::take).collect()
    }

    fn take(path: PathBuf) -> Option<Self> {
        let kind = path.symlink_metadata().ok()?.file_type();
        let mut options = File::options();
        let lock = match () {
            () if kind.is_dir() => options.write(true).create(true).truncate(false).open(path.join(LOCK)),
            () if kind.is_file() => options.write(true).open(&path),
            () => return None,
        };
        let lock = lock.ok()?;
        lock.try_lock().ok()?;
        Some(Self { path, _lock: lock })
    }

    /// Removes it. What cannot be removed stays: it hinders nobody.
    pub(crate) fn remove(self) {
        let _ = if self.path.is_dir() { fs::remove_dir_all(&self.path) } else { fs::remove_file(&self.path) };
    }
}

fn owner(path: &Path) -> Option<u32> {
    path.symlink_metadata().ok().map(|metadata| metadata.uid())
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

    #[test]
    fn only_what_nobody_writes_any_more_is_abandoned() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (living, ended) = (ScratchDir::new_in(dir.path()), ScratchDir::new_in(dir.path()));
        let (living, ended) = (living.expect("made"), ended.expect("made").keep());
        fs::write(dir.path().join("mine"), "").expect("written");
        let path = dir.path().join("out");
        write_aside(&path, |_| {
            let half = dir.path().join(".erlrel-file");
            fs::write(&half, "half").expect("written");
            let left = |(): ()| Abandoned::all_in(dir.path()).into_iter().map(|left| left.path);
            let mut expected = [half, ended.clone()];
            expected.sort();
            assert_eq!(left(()).collect::<Vec<_>>(), expected);
            Ok::<_, FsError>(())
        })
        .expect("written");
        write_aside(&path, |_| Ok::<_, FsError>(())).expect("written again");
        let left = Abandoned::all_in(dir.path());
        assert_eq!(left.iter().map(|left| &left.path).collect::<Vec<_>>(), [&ended], "the file was removed");
        left.into_iter().for_each(Abandoned::remove);
        assert!(!ended.exists() && living.path().exists());
    }
}
