//! Caches that cannot be used, and those that stop to be of use.

use std::fmt;
use std::path::PathBuf;

use crate::fs::FsError;

/// A directory that cannot be used as a cache.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// A directory of another user, who could put anything into it.
    #[error("the cache `{}` belongs to another user, with the number {owner}", path.display())]
    NotOwn {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// A directory into which others could put anything.
    #[error("the cache `{}` can be written by other users: its mode is {mode:04o}", path.display())]
    OpenToOthers {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A directory in which something else lies.
    #[error("`{}` is no cache of erlrel: it holds `{other}`", path.display())]
    NotACache {
        /// The directory.
        path: PathBuf,
        /// The name of what does not belong there.
        other: String,
    },
    /// A file system that cannot keep several processes apart.
    #[error("the cache `{}` is on a file system without locks", path.display())]
    NoLocks {
        /// The directory.
        path: PathBuf,
    },
    /// A directory that cannot be made, read or written.
    #[error(transparent)]
    Fs(#[from] FsError),
}

impl CacheError {
    /// What to do next.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotOwn { .. } | Self::NotACache { .. } | Self::NoLocks { .. } => {
                Some("name another directory with --cache-dir DIR, or do without by --no-cache")
            }
            Self::OpenToOthers { .. } => {
                Some("close it to others (`chmod 700`), after a look at what is in it")
            }
            Self::Fs(_) => None,
        }
    }
}

/// Why a cache, after it was opened, did not take something. The work went on without.
#[derive(Debug)]
pub struct CacheTrouble {
    pub(super) source: FsError,
}

impl fmt::Display for CacheTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the cache does not take everything: {}: {}", self.source, self.source.source)
    }
}
