//! What can go wrong with the dependency cache. To whoever builds, all of it is a warning: rebar3 can do the work.

use crate::fs::FsError;
use crate::image::ImageError;
use crate::shared_cache::SharedCacheError;
use crate::tree::TreeError;

/// Dependencies that could not be taken from a cache, or not be kept in one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DependenciesError {
    /// The cache itself, or an entry of it that is not what it should be.
    #[error(transparent)]
    Cache(#[from] SharedCacheError),
    /// A layout that cannot be read or written.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A dependency's files that cannot be read or written.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A file that cannot be read or written.
    #[error(transparent)]
    Fs(#[from] FsError),
}
