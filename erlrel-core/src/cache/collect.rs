//! What is in a cache, and what of it is given up.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::Cache;
use super::layers::blob_of;
use super::seen::is_of_nothing;
use crate::digest::Digest;
use crate::fs::{self, FsError};

/// What an entry of a cache is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// A layer, manifest or configuration.
    Blob,
    /// The digests and sizes of a packed layer.
    Layer,
    /// The files of a base image's layer.
    Listing,
    /// The digests of the files in a directory.
    Digests,
    /// What was found of a file that was compared.
    Seen,
    /// What else was found of the files in a directory.
    Notes,
    /// What a packed layer holds.
    Contents,
    /// The layers of the image that was made last of something.
    Build,
}

impl Kind {
    /// All of them.
    pub(super) const ALL: [Self; 8] = [
        Self::Blob,
        Self::Layer,
        Self::Listing,
        Self::Digests,
        Self::Seen,
        Self::Notes,
        Self::Contents,
        Self::Build,
    ];

    /// Where entries of this kind are, in the cache's directory.
    pub(super) fn directory(self) -> &'static str {
        match self {
            Self::Blob => "blobs/sha256",
            Self::Layer => "layers",
            Self::Listing => "listings",
            Self::Digests => "digests",
            Self::Seen => "seen",
            Self::Notes => "notes",
            Self::Contents => "contents",
            Self::Build => "builds",
        }
    }
}

/// One entry of a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its name: 64 hexadecimal digits.
    pub name: String,
    /// Length in bytes.
    pub size: u64,
    /// When it was last used; an hour more or less.
    pub used: SystemTime,
}

/// How much a cache may keep.
#[derive(Debug, Clone, Copy)]
pub struct CollectOptions {
    /// What all entries together may have, in bytes. Default: any size.
    pub max_size: Option<u64>,
    /// How long ago an entry may have been used last. Default: any time.
    pub max_age: Option<Duration>,
    /// The present.
    pub now: SystemTime,
}

/// What was given up and what was kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// How many entries were removed.
    pub removed: usize,
    /// Their bytes.
    pub freed: u64,
    /// How many entries are left.
    pub kept: usize,
    /// Their bytes.
    pub size: u64,
    /// How many of those would have been removed, if no process used them.
    pub in_use: usize,
}

impl Cache {
    /// Everything that is in the cache, what was not used for longest first.
    ///
    /// # Errors
    /// When a directory of it cannot be listed.
    pub fn entries(&self) -> Result<Vec<Entry>, FsError> {
        let mut entries = Vec::new();
        for kind in Kind::ALL {
            let paths = fs::list(&self.path().join(kind.directory()))?;
            entries.extend(paths.iter().filter_map(|path| entry(kind, path)));
        }
        entries.sort_by_key(|entry| entry.used);
        Ok(entries)
    }

    /// Removes what was not used for longest until the cache keeps within its limits, and what is of no use without
    /// it. What a process uses is left.
    ///
    /// # Errors
    /// When a directory of the cache cannot be listed.
    pub fn collect(&self, options: CollectOptions) -> Result<Collected, FsError> {
        let entries = self.entries()?;
        let mut result = Collected {
            kept: entries.len(),
            size: entries.iter().map(|entry| entry.size).sum(),
            ..Collected::default()
        };
        for entry in &entries {
            let age = options.now.duration_since(entry.used).unwrap_or_default();
            let is_old = options.max_age.is_some_and(|limit| age > limit);
            if is_old || options.max_size.is_some_and(|limit| result.size > limit) {
                self.remove(entry, &mut result);
            }
        }
        for entry in entries.iter().filter(|entry| self.is_in_vain(entry)) {
            self.remove(entry, &mut result);
        }
        for path in self.directory.locks()? {
            remove_unused(&path);
        }
        Ok(result)
    }

    fn remove(&self, entry: &Entry, result: &mut Collected) {
        match remove_unused(&self.directory.path(entry.kind, &entry.name)) {
            Removal::Done => {
                result.removed += 1;
                result.freed += entry.size;
                result.kept -= 1;
                result.size -= entry.size;
            }
            Removal::InUse => result.in_use += 1,
            Removal::Gone => {}
        }
    }

    /// A packed layer without its bytes, and what was found of a file that is gone.
    fn is_in_vain(&self, entry: &Entry) -> bool {
        let path = self.directory.path(entry.kind, &entry.name);
        let text = || std::fs::read_to_string(&path).unwrap_or_default();
        let body = |text: &str| text.split_once('\n').map(|(_, body)| body.to_string()).unwrap_or_default();
        let is_there = |blob: Digest| self.directory.path(Kind::Blob, &blob.hex()).exists();
        match entry.kind {
            Kind::Layer => path.exists() && !blob_of(&body(&text())).is_some_and(is_there),
            Kind::Seen => path.exists() && is_of_nothing(&body(&text())),
            Kind::Blob | Kind::Listing | Kind::Digests | Kind::Notes | Kind::Contents | Kind::Build => false,
        }
    }
}

fn entry(kind: Kind, path: &Path) -> Option<Entry> {
    let metadata = path.symlink_metadata().ok().filter(|metadata| metadata.is_file())?;
    let name = path.file_name()?.to_str()?.to_string();
    Some(Entry { kind, name, size: metadata.len(), used: metadata.modified().ok()? })
}

enum Removal {
    Done,
    InUse,
    Gone,
}

/// Removes a file unless somebody has locked it. Who opens it now can read it to its end.
fn remove_unused(path: &Path) -> Removal {
    let Ok(file) = File::open(path) else { return Removal::Gone };
    if file.try_lock().is_err() {
        return Removal::InUse;
    }
    if std::fs::remove_file(path).is_ok() { Removal::Done } else { Removal::Gone }
}
