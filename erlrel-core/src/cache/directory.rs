//! The directory of a cache: whether it can be trusted, and how files come into it and out of it.

use std::fs::{DirBuilder, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use super::collect::Kind;
use super::error::{CacheError, CacheTrouble};
use crate::fs::{self, Abandoned, Draft, FsError};

/// By this file backup programs know what they need not keep (Cache Directory Tagging Specification, bford.info).
const TAG: &str = "CACHEDIR.TAG";
const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# This is the cache of erlrel.\n";

/// Where what is not complete is written.
const ASIDE: &str = "aside";
const LOCKS: &str = "locks";

/// So exact is the record of when something was last used, which saves writing that down each time.
const USE_RESOLUTION: Duration = Duration::from_secs(3600);

/// A directory of this user that nobody else can write to.
#[derive(Debug)]
pub(super) struct Directory {
    root: PathBuf,
    /// By the clock of its file system.
    opened: SystemTime,
    /// The first thing that went wrong, until it is told.
    trouble: Mutex<Option<FsError>>,
}

impl Directory {
    /// Opens the directory, or makes it, and removes what ended processes have left aside.
    ///
    /// # Errors
    /// See [`Cache::open`](super::Cache::open).
    pub(super) fn open(root: &Path) -> Result<Self, CacheError> {
        let make = DirBuilder::new().recursive(true).mode(0o700).create(root);
        make.map_err(FsError::while_doing("create the directory", root))?;
        check_trust(root)?;
        check_content(root)?;
        let own = Kind::ALL.map(Kind::directory);
        own.iter().chain(&[ASIDE, LOCKS]).try_for_each(|dir| fs::create_dir_all(&root.join(dir)))?;
        let aside = root.join(ASIDE);
        Abandoned::all_in(&aside).into_iter().for_each(Abandoned::remove);
        let failed = |error| FsError::while_doing("write into the cache", root)(error);
        let opened = put_tag(root, &aside).map_err(failed)?;
        let opened = opened.ok_or_else(|| CacheError::NoLocks { path: root.into() })?;
        Ok(Self { root: root.into(), opened, trouble: Mutex::default() })
    }

    /// Where it is.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// When it was opened, by the clock of its file system.
    pub(super) fn opened(&self) -> SystemTime {
        self.opened
    }

    /// The same a while later.
    #[cfg(test)]
    pub(super) fn later(self, by: Duration) -> Self {
        Self { opened: self.opened + by, ..self }
    }

    /// The file of an entry.
    pub(super) fn path(&self, kind: Kind, name: &str) -> PathBuf {
        self.root.join(kind.directory()).join(name)
    }

    /// Opens an entry, and remembers that it was used; `None` if there is none. A lock is on it as long as it is open.
    pub(super) fn file(&self, kind: Kind, name: &str) -> Option<(File, Metadata)> {
        let path = self.path(kind, name);
        // A pipe would never be open.
        let is_file = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
        let file = is_file.then(|| File::open(&path).ok()).flatten()?;
        // Whoever collects, or has just written it, has it for a moment only, and cannot take away what is open.
        let _ = file.try_lock_shared();
        let metadata = file.metadata().ok()?;
        let used = metadata.modified().ok()?;
        if self.opened.duration_since(used).is_ok_and(|age| age > USE_RESOLUTION) {
            // Who cannot write may still read.
            let _ = fs::touch(&file);
        }
        Some((file, metadata))
    }

    /// The content of an entry.
    pub(super) fn read(&self, kind: Kind, name: &str) -> Option<Vec<u8>> {
        let (mut file, _) = self.file(kind, name)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Replaces an entry. If that fails, it is remembered, and no entry is better than none.
    pub(super) fn write(&self, kind: Kind, name: &str, bytes: &[u8]) {
        let Some(draft) = self.draft() else { return };
        match draft.file().write_all(bytes) {
            Ok(()) => drop(self.put(draft, kind, name)),
            Err(error) => self.failed(error),
        }
    }

    /// A file to be written.
    pub(super) fn draft(&self) -> Option<Draft> {
        Draft::new_in(&self.root.join(ASIDE)).map_err(|error| self.failed(error)).ok()
    }

    /// Makes an entry of a file; it stays open and locked for others to see that it is used.
    pub(super) fn put(&self, draft: Draft, kind: Kind, name: &str) -> Option<File> {
        let path = self.path(kind, name);
        if path.symlink_metadata().is_ok_and(|there| there.is_dir()) {
            // No entry is one, and a file cannot take its place.
            let _ = std::fs::remove_dir_all(&path);
        }
        let file = draft.put(&path).map_err(|error| self.failed(error)).ok()?;
        let _ = file.lock_shared();
        Some(file)
    }

    /// Waits until nobody else works on `name`, and keeps others waiting as long as the value lives.
    pub(super) fn lock(&self, name: &str) -> Option<Lock> {
        Lock::take(self.root.join(LOCKS).join(name)).map_err(|error| self.failed(error)).ok()
    }

    /// The files with which processes have locked something.
    ///
    /// # Errors
    /// When the directory cannot be listed.
    pub(super) fn locks(&self) -> Result<Vec<PathBuf>, FsError> {
        fs::list(&self.root.join(LOCKS))
    }

    /// Remembers what went wrong.
    pub(super) fn failed(&self, source: io::Error) {
        let error = FsError { action: "write into the cache", path: self.root.clone(), source };
        if let Ok(mut trouble) = self.trouble.lock() {
            trouble.get_or_insert(error);
        }
    }

    /// What went wrong first since it was asked for last.
    pub(super) fn take_trouble(&self) -> Option<CacheTrouble> {
        let source = self.trouble.lock().ok()?.take()?;
        Some(CacheTrouble { source })
    }
}

/// A file that is there and locked as long as somebody works on something.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    fn take(path: PathBuf) -> io::Result<Self> {
        loop {
            let file = File::options().write(true).create(true).truncate(false).open(&path)?;
            file.lock()?;
            // Who had it before has removed it: others lock another file of this name.
            if path.metadata().is_ok_and(|there| file.metadata().is_ok_and(|own| own.ino() == there.ino())) {
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn check_trust(root: &Path) -> Result<(), CacheError> {
    let metadata = root.metadata().map_err(FsError::while_doing("read", root))?;
    let (owner, mode) = (metadata.uid(), metadata.mode() & 0o7777);
    if owner != fs::effective_user() {
        return Err(CacheError::NotOwn { path: root.into(), owner });
    }
    if mode & 0o022 != 0 {
        return Err(CacheError::OpenToOthers { path: root.into(), mode });
    }
    Ok(())
}

/// A directory with the tag is a cache; one without may have been left when it was made.
fn check_content(root: &Path) -> Result<(), CacheError> {
    let own = Kind::ALL.map(|kind| kind.directory().split('/').next().unwrap_or_default());
    let names = fs::list(root)?.into_iter();
    let names: Vec<String> =
        names.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
    if names.iter().any(|name| name == TAG) {
        return Ok(());
    }
    let foreign = names.into_iter().find(|name| !own.iter().chain(&[ASIDE, LOCKS]).any(|own| own == name));
    foreign.map_or(Ok(()), |other| Err(CacheError::NotACache { path: root.into(), other }))
}

/// Writes the tag if it is not there; says what time it is, or nothing on a file system without locks.
fn put_tag(root: &Path, aside: &Path) -> io::Result<Option<SystemTime>> {
    let draft = Draft::new_in(aside)?;
    match draft.file().lock() {
        Err(error) if fs::has_no_locks(&error) => return Ok(None),
        other => other?,
    }
    let now = draft.file().metadata()?.modified()?;
    let tag = root.join(TAG);
    if !tag.exists() {
        draft.file().write_all(TAG_TEXT.as_bytes())?;
        draft.put(&tag)?;
    }
    Ok(Some(now))
}
