//! Where a dependency cache is: a repository of a registry, or an OCI layout.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Dependencies, DependenciesError};
use crate::image::layout::{LayoutName, write_artifact};
use crate::image::{Artifact, Blob, Reference, Remote, Repository};
use crate::registry::{Pushed, Registry, RemoteRepository};

/// A place that keeps dependencies, each set under a tag of its own. Displayed as it is parsed.
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
    /// [`DependenciesError::BadPlace`]; also for a tag, since the key is the tag.
    pub fn parse(text: &str) -> Result<Self, DependenciesError> {
        let bad = |why: String| DependenciesError::BadPlace { text: text.into(), why };
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

/// Looks for dependencies in a cache; `None` if it has none of this key.
///
/// # Errors
/// When the cache cannot be read, or what it has is damaged.
pub fn find(
    place: &CachePlace,
    dependencies: &Dependencies,
    registry: &Registry,
) -> Result<Option<Found>, DependenciesError> {
    let tag = dependencies.tag();
    let artifact = match place {
        CachePlace::Layout(dir) => Artifact::in_layout(dir, &tag)?,
        CachePlace::Registry(repository) => {
            let ignored =
                |why| DependenciesError::Ignored { place: place.to_string(), tag: tag.clone(), why };
            in_registry(registry.repository(repository), &tag)?.transpose().map_err(ignored)?
        }
    };
    Ok(artifact.map(|artifact| Found { place: place.to_string(), artifact }))
}

/// The artifact of a tag, or what is wrong with it.
fn in_registry(
    repository: RemoteRepository,
    tag: &str,
) -> Result<Option<Result<Artifact, String>>, DependenciesError> {
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

/// Puts dependencies into a cache, in place of what it has under their tag. Those who do it at once do no harm to each
/// other: what counts is there as a whole before the tag is.
///
/// # Errors
/// When the cache cannot be written.
pub fn save(
    place: &CachePlace,
    dependencies: &Dependencies,
    artifact: &Artifact,
    registry: &Registry,
) -> Result<Saved, DependenciesError> {
    let tag = dependencies.tag();
    let bytes = match place {
        CachePlace::Layout(dir) => write_artifact(artifact, &tag, dir)?,
        CachePlace::Registry(repository) => push(artifact, &tag, &registry.repository(repository))?,
    };
    Ok(Saved { place: place.to_string(), tag, bytes })
}

/// Sends what is not there; gives the number of bytes.
fn push(artifact: &Artifact, tag: &str, to: &RemoteRepository) -> Result<u64, DependenciesError> {
    let mut bytes = 0;
    for blob in artifact.layers().iter().chain([artifact.config()]) {
        if to.push_blob(blob, None)? == Pushed::Uploaded {
            bytes += blob.size();
        }
    }
    let manifest = artifact.manifest().read()?;
    to.push_manifest(tag, artifact.media_type(), &manifest)?;
    Ok(bytes + manifest.len() as u64)
}
