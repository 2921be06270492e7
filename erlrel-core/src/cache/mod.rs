//! The local cache: what was fetched, packed or looked up before, so that it need not be done again.
//!
//! | directory | what is in it | its name |
//! |---|---|---|
//! | `blobs/sha256` | layers, manifests and configurations, compressed as they are | the digest of the content |
//! | `layers` | for each packed layer its digests and sizes | the digest of all that decides its bytes |
//! | `listings` | what the layers of base images hold: paths, modes, owners, links, whiteouts, symbol versions | the digests of the layer |
//! | `digests` | the digests of the files in a directory, as they go into a tree | the digest of the directory's path |
//! | `seen` | that a blob, or an archive that was written, has the content that it should have | the digest of its path |
//! | `notes` | what was found of the files in a directory, on one topic | the digest of the topic and the directory's path |
//! | `contents` | what a packed layer holds: paths, modes, link targets, content digests | the layer's diff_id |
//! | `builds` | the layers and the configuration of the image that was made last of something | the digest of what that is |
//! | `locks` | an empty file for each blob that is being fetched | the digest of the blob |
//! | `aside` | what is not complete | any |
//!
//! Nothing in it is needed, and nothing is believed without a reason: a blob is read and compared with its digest, unless
//! it was before and its file has not changed since; all else has a checksum over content and name. What is damaged counts
//! as missing and is replaced. So it takes no care to survive the end
//! of a process or a machine: files are written aside and renamed, and not made durable. It is never the cause of an
//! error: a cache that takes nothing more is told of by [`Cache::trouble`], and the work goes on without it.
//!
//! Any number of processes may use a cache at once. A blob is locked as long as somebody holds it, which
//! [`Cache::collect`] respects; and who has it open can read it to its end, whatever happens to its name.

mod blobs;
mod builds;
mod collect;
mod contents;
mod digests;
mod directory;
mod error;
mod key;
mod layers;
mod listings;
mod notes;
mod record;
mod seen;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

pub use builds::{Build, BuiltLayer};
pub use collect::{CollectOptions, Collected, Entry, Kind};
pub use contents::{PackedEntry, PackedKind};
pub use error::{CacheError, CacheTrouble};

use directory::Directory;

/// A local cache. Cheap to clone; safe to use from several threads and processes.
#[derive(Debug, Clone)]
pub struct Cache {
    directory: Arc<Directory>,
    /// See [`key::maker`].
    maker: Arc<str>,
}

impl Cache {
    /// Opens the cache in `dir`, which is made for this user only (0700) if it is not there.
    ///
    /// # Errors
    /// When the directory belongs to another user, may be written by others, holds something else, or cannot be
    /// written. Hosts go on without a cache then.
    pub fn open(dir: &Path) -> Result<Self, CacheError> {
        Ok(Self { directory: Arc::new(Directory::open(dir)?), maker: key::maker().into() })
    }

    /// The same, opened a while later. Nobody else may have it.
    #[cfg(test)]
    pub(crate) fn later(self, by: std::time::Duration) -> Self {
        let directory = Arc::into_inner(self.directory).expect("the only one").later(by);
        Self { directory: Arc::new(directory), ..self }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.root()
    }

    /// What has kept the cache from taking something, if anything has: told once.
    pub fn trouble(&self) -> Option<CacheTrouble> {
        self.directory.take_trouble()
    }
}
