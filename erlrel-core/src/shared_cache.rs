//! Caches that machines share: a repository of a registry, or an OCI layout, with an artifact under each tag.
//!
//! The tag follows from what decides the content, so whoever needs something knows what to look for.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::image::layout::{LayoutName, write_artifact};
use crate::image::{Artifact, Blob, ImageError, Reference, Remote, Repository};
use crate::registry::{Pushed, Registry, RegistryError, RemoteRepository};

/// A place that keeps artifacts, each under a tag of its own. Displayed as it is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CachePlace {
    /// An OCI layout: `oci:DIR`.
    Layout(PathBuf),
    /// A repository: `REGISTRY/REPOSITORY`.
    Registry(Repository),
}

impl CachePlace {
    /// Reads `REGISTRY/REPOSITORY` or `oci:DIR`.
    ///
    /// # Errors
    /// [`SharedCacheError::BadPlace`]; also for a tag, since that follows from the key.
    pub fn parse(text: &str) -> Result<Self, SharedCacheError> {
        let bad = |why: String| SharedCacheError::BadPlace { text: text.into(), why };
        let no_tag = || bad("the tag follows from the key".into());
        match text.strip_prefix("oci:") {
            Some(dir) => match LayoutName::parse(dir)
                .map_err(|_| bad("the directory is missing, or a tag is none".into()))?
            {
                LayoutName { dir, tag: None } => Ok(Self::Layout(dir)),
                LayoutName { .. } => Err(no_tag()),
            },
            None if text.rsplit('/').next().is_some_and(|name| name.contains(':')) => Err(no_tag()),
            None => {
                let name = Reference::parse(text).map_err(|error| bad(error.why.into()))?;
                Ok(Self::Registry(name.repository()))
            }
        }
    }
}

impl fmt::Display for CachePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layout(dir) => write!(f, "oci:{}", dir.display()),
            Self::Registry(repository) => write!(f, "{repository}"),
        }
    }
}

/// An entry of a cache.
#[derive(Debug, Clone)]
pub struct Found {
    /// The cache, as the user would write it.
    pub place: String,
    /// What it has under the tag. Its layers are fetched when they are read.
    pub artifact: Artifact,
}

impl Found {
    /// The error about an entry that is not what it should be.
    pub(crate) fn ignored(&self, tag: &str, why: impl Into<String>) -> SharedCacheError {
        SharedCacheError::Ignored { place: self.place.clone(), tag: tag.into(), why: why.into() }
    }
}

/// Looks for an artifact in a cache; `None` if it has none of this tag.
///
/// # Errors
/// When the cache cannot be read, or what it has is damaged.
pub fn find(place: &CachePlace, tag: &str, registry: &Registry) -> Result<Option<Found>, SharedCacheError> {
    let artifact = match place {
        CachePlace::Layout(dir) => Artifact::in_layout(dir, tag)?,
        CachePlace::Registry(repository) => {
            let ignored = |why| SharedCacheError::Ignored { place: place.to_string(), tag: tag.into(), why };
            in_registry(registry.repository(repository), tag)?.transpose().map_err(ignored)?
        }
    };
    Ok(artifact.map(|artifact| Found { place: place.to_string(), artifact }))
}

/// The artifact of a tag, or what is wrong with it.
fn in_registry(
    repository: RemoteRepository,
    tag: &str,
) -> Result<Option<Result<Artifact, String>>, RegistryError> {
    let Some(manifest) = repository.manifest(tag)? else { return Ok(None) };
    let remote: Arc<dyn Remote> = Arc::new(repository);
    let blob = |digest, size| Blob::remote(remote.clone(), digest, size);
    Ok(Some(Artifact::parse(&manifest.bytes, blob)))
}

/// What was put into a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The cache, as the user would write it.
    pub place: String,
    /// The tag of the entry.
    pub tag: String,
    /// How many bytes were written or sent; what was there already is not counted.
    pub bytes: u64,
}

/// Puts an artifact into a cache, in place of what it has under the tag. Those who do it at once do no harm to each
/// other: what counts is there as a whole before the tag is.
///
/// # Errors
/// When the cache cannot be written.
pub fn save(
    place: &CachePlace,
    tag: &str,
    artifact: &Artifact,
    registry: &Registry,
) -> Result<Saved, SharedCacheError> {
    let bytes = match place {
        CachePlace::Layout(dir) => write_artifact(artifact, tag, dir)?,
        CachePlace::Registry(repository) => push(artifact, tag, &registry.repository(repository))?,
    };
    Ok(Saved { place: place.to_string(), tag: tag.into(), bytes })
}

/// Sends what is not there; gives the number of bytes.
fn push(artifact: &Artifact, tag: &str, to: &RemoteRepository) -> Result<u64, SharedCacheError> {
    let mut bytes = 0;
    for blob in artifact.layers().iter().chain([artifact.config()]) {
        if to.push_blob(blob, None)? == Pushed::Uploaded {
            bytes += blob.size();
        }
    }
    let manifest = artifact.manifest().read().map_err(ImageError::from)?;
    to.push_manifest(tag, artifact.media_type(), &manifest)?;
    Ok(bytes + manifest.len() as u64)
}

/// What could not be taken from a shared cache, or not be put into it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SharedCacheError {
    /// A text that names no cache.
    #[error("`{text}` is no cache that machines share: {why}; write REGISTRY/REPOSITORY or oci:DIR")]
    BadPlace {
        /// The text as it was given.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// An entry that is not what it should be.
    #[error("the entry `{tag}` of the cache `{place}` is ignored: {why}")]
    Ignored {
        /// The cache.
        place: String,
        /// The entry's tag.
        tag: String,
        /// What is wrong with it.
        why: String,
    },
    /// A registry that did not answer, or not as it should.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A layout that cannot be read or written.
    #[error(transparent)]
    Image(#[from] ImageError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_are_read_and_shown_in_the_same_form() {
        for text in ["oci:cache", "oci:/tmp/a", "docker.io/me/cache", "localhost:5000/cache", "ghcr.io/a/b/c"]
        {
            assert_eq!(CachePlace::parse(text).expect(text).to_string(), text);
        }
        let texts = ["", "oci:", "oci:dir:tag", "localhost:5000/cache:1", "a/b@sha256:0"];
        let errors = texts.map(|text| CachePlace::parse(text).expect_err(text).to_string());
        insta::assert_snapshot!(errors.join("\n"), @r"
        `` is no cache that machines share: the name is empty; write REGISTRY/REPOSITORY or oci:DIR
        `oci:` is no cache that machines share: the directory is missing, or a tag is none; write REGISTRY/REPOSITORY or oci:DIR
        `oci:dir:tag` is no cache that machines share: the tag follows from the key; write REGISTRY/REPOSITORY or oci:DIR
        `localhost:5000/cache:1` is no cache that machines share: the tag follows from the key; write REGISTRY/REPOSITORY or oci:DIR
        `a/b@sha256:0` is no cache that machines share: the tag follows from the key; write REGISTRY/REPOSITORY or oci:DIR
        ");
    }
}
