//! The base image: what the layers of the release are put on, and where it comes from.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::{BuildOptions, ContainerError};
use crate::docker;
use crate::image::layout::LayoutName;
use crate::image::reference::ReferenceError;
use crate::image::{BaseImage, Reference, Remote, RemoteManifest, RemoteName};
use crate::platform::Platform;
use crate::registry::RemoteRepository;

/// The forms that [`Base::parse`] takes, for messages and help texts.
pub const FORMS: &str = "`scratch`, `oci:DIR[:TAG]`, `docker:NAME`, `[REGISTRY/]NAME[:TAG][@DIGEST]`";

/// What the layers of the release are put on. Displayed as it is parsed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Base {
    /// Nothing: everything the release needs comes along. The default.
    #[default]
    Scratch,
    /// An image in an OCI layout or an archive of one: `oci:DIR[:TAG]`.
    Layout(LayoutName),
    /// An image that the running Docker daemon has: `docker:NAME`.
    Docker(Reference),
    /// An image in a registry: `[REGISTRY/]NAME[:TAG][@DIGEST]`.
    Registry(RemoteName),
}

impl Base {
    /// Reads one of the [`FORMS`]; a relative directory is one in `root`.
    ///
    /// # Errors
    /// For any other text.
    pub fn parse(text: &str, root: &Path) -> Result<Self, ContainerError> {
        let unknown =
            |error: ReferenceError| ContainerError::UnknownBase { text: text.into(), why: error.why.into() };
        match text.split_once(':') {
            None if text == "scratch" => Ok(Self::Scratch),
            Some(("oci", name)) => {
                let mut name = LayoutName::parse(name)?;
                name.dir = root.join(name.dir);
                Ok(Self::Layout(name))
            }
            Some(("docker", name)) => Ok(Self::Docker(Reference::parse(name).map_err(unknown)?)),
            _ => Ok(Self::Registry(RemoteName::parse(text).map_err(unknown)?)),
        }
    }

    /// Opens the image for this platform, or for the only one that there is; `None` for [`Base::Scratch`].
    ///
    /// # Errors
    /// When it is not there, for another platform, damaged, or cannot be fetched.
    pub fn open(
        &self,
        platform: Option<&Platform>,
        build: &BuildOptions<'_>,
    ) -> Result<Option<BaseImage>, ContainerError> {
        Ok(Some(match self {
            Self::Scratch => return Ok(None),
            Self::Layout(name) => open_layout(name, platform)?,
            Self::Docker(name) => {
                let saved = docker::save(&name.familiar(), &build.docker, &build.scratch_dir)?;
                BaseImage::open_docker(saved.archive, name, saved.digest, platform)?
            }
            Self::Registry(name) => open_remote(name, platform, build)?,
        }))
    }
}

fn open_layout(name: &LayoutName, platform: Option<&Platform>) -> Result<BaseImage, ContainerError> {
    let tag = name.tag.as_deref();
    let image = platform.map_or_else(
        || BaseImage::open_only(&name.dir, tag),
        |platform| BaseImage::open(&name.dir, tag, platform),
    );
    Ok(image?)
}

fn open_remote(
    name: &RemoteName,
    platform: Option<&Platform>,
    build: &BuildOptions<'_>,
) -> Result<BaseImage, ContainerError> {
    let remote = build.registry.repository(&name.repository());
    let top = top(name, &remote, build)?;
    let remote: Arc<dyn Remote> = Arc::new(remote);
    let remote = build.cache.map_or(remote.clone(), |cache| cache.through(remote));
    Ok(BaseImage::open_remote(remote, name.clone(), top, platform)?)
}

/// What the registry has under the name. A digest leads to the same for ever, so the cache need not ask.
fn top(
    name: &RemoteName,
    remote: &RemoteRepository,
    build: &BuildOptions<'_>,
) -> Result<RemoteManifest, ContainerError> {
    let kept = build.cache.zip(name.digest()).and_then(|(cache, digest)| cache.manifest(digest));
    if let Some(manifest) = kept.and_then(|bytes| RemoteManifest::read(bytes, "").ok()) {
        return Ok(manifest);
    }
    let missing = || ContainerError::NoSuchBase { name: name.to_string() };
    let top = remote.manifest(&name.wanted())?.ok_or_else(missing)?;
    if let Some(cache) = build.cache {
        cache.keep_manifest(&top.bytes);
    }
    Ok(top)
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scratch => f.write_str("scratch"),
            Self::Layout(name) => write!(f, "oci:{name}"),
            Self::Docker(name) => write!(f, "docker:{}", name.familiar()),
            Self::Registry(name) => write!(f, "{name}"),
        }
    }
}
