//! Images: layers, configuration and manifest, and the two media that hold them as files.
//!
//! From the top: [`layers::split`] decides which entry of a [`Tree`](crate::tree::Tree) goes into which
//! layer, [`layers::pack`] packs them, [`build`] puts them on a [`BaseImage`] or on nothing. An [`Image`] is
//! immutable and knows its digest; [`layout::write`] and [`archive::write`] store it, [`validate::check`]
//! recomputes everything that such a store says.
//!
//! Nothing here knows what the files are for: the group of an entry is all that decides.

pub mod archive;
mod artifact;
mod base;
mod blob;
mod compression;
pub mod config;
mod config_json;
pub(crate) mod contents;
mod docker_archive;
mod error;
pub mod files;
#[cfg(test)]
pub(crate) mod fixture;
mod grouping;
mod json;
mod layer;
pub mod layers;
pub mod layout;
pub(crate) mod listing;
mod manifest;
pub(crate) mod pack;
mod rebase;
pub mod reference;
mod remote;
mod select;
pub(crate) mod store;
pub(crate) mod timestamp;
pub mod validate;

use std::collections::BTreeMap;

pub use artifact::Artifact;
pub use base::BaseImage;
pub(crate) use base::read_files;
pub use blob::Blob;
pub(crate) use blob::{Expected, Verified};
pub use compression::{Compression, FORMS as COMPRESSION_FORMS};
pub use config::ContainerConfig;
pub use error::ImageError;
pub use layer::Layer;
pub(crate) use manifest::KINDS as MANIFEST_KINDS;
pub use rebase::rebase;
pub use reference::{Reference, Repository};
pub use remote::{Remote, RemoteManifest, RemoteName};

use crate::digest::Digest;
use crate::platform::Platform;
use manifest::{CONFIG, Descriptor, Manifest};

/// Annotation of an image: the name of its base (image-spec, "annotations.md").
const BASE_NAME: &str = "org.opencontainers.image.base.name";
/// Annotation of an image: the digest of its base's manifest.
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// How many layers overlay file systems and engines take.
const MAX_LAYERS: usize = 127;

/// What an image says of itself.
#[derive(Debug, Clone)]
pub struct ImageOptions {
    /// The platform it is for.
    pub platform: Platform,
    /// When it was made, in seconds since 1970; 0 where builds shall be the same at any time.
    pub created: u64,
    /// How a container of it starts.
    pub config: ContainerConfig,
    /// Annotations of the manifest. The base image's name and digest are added.
    pub annotations: BTreeMap<String, String>,
}

/// An image: immutable, its layers' content by reference.
#[derive(Debug, Clone)]
pub struct Image {
    platform: Platform,
    config: Blob,
    manifest: Blob,
    layers: Vec<Layer>,
}

/// Makes an image of the base's layers, if there is a base, and then `layers`.
///
/// # Errors
/// [`ImageError::TooManyLayers`]; nothing else in practice.
pub fn build(
    base: Option<&BaseImage>,
    layers: &[Layer],
    options: &ImageOptions,
) -> Result<Image, ImageError> {
    let config = Blob::from_bytes(config_json::encode(base, layers, options)?);
    let layers = base.map_or(&[][..], BaseImage::layers).iter().chain(layers).cloned().collect();
    let mut annotations = options.annotations.clone();
    annotations.extend(base.into_iter().flat_map(BaseImage::annotations_of_image));
    put_together(options.platform.clone(), config, layers, annotations)
}

fn put_together(
    platform: Platform,
    config: Blob,
    layers: Vec<Layer>,
    annotations: BTreeMap<String, String>,
) -> Result<Image, ImageError> {
    if layers.len() > MAX_LAYERS {
        return Err(ImageError::TooManyLayers { count: layers.len(), limit: MAX_LAYERS });
    }
    let manifest = Manifest {
        artifact_type: None,
        config: Descriptor::new(CONFIG, config.digest(), config.size()),
        layers: layers
            .iter()
            .map(|layer| Descriptor::new(layer.media_type(), layer.digest(), layer.size()))
            .collect(),
        annotations,
    };
    let manifest = Blob::from_bytes(manifest.encode()?);
    Ok(Image { platform, config, manifest, layers })
}

impl Image {
    /// The digest of the manifest, by which registries know the image.
    pub fn digest(&self) -> Digest {
        self.manifest.digest()
    }

    /// The digest of the configuration: Docker's image ID.
    pub fn id(&self) -> Digest {
        self.config.digest()
    }

    /// The platform it is for.
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// The manifest, exactly as its digest says.
    pub fn manifest(&self) -> &Blob {
        &self.manifest
    }

    /// The media type of the manifest.
    pub fn media_type(&self) -> &'static str {
        manifest::MANIFEST
    }

    /// The configuration, exactly as its digest says.
    pub fn config(&self) -> &Blob {
        &self.config
    }

    /// All layers, lowest first, those of the base included.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Size of all compressed layers in bytes.
    pub fn size(&self) -> u64 {
        self.layers.iter().map(Layer::size).sum()
    }

    /// Every blob that a store of the image needs, each once: layers, configuration, manifest.
    pub fn blobs(&self) -> Vec<&Blob> {
        let mut blobs: BTreeMap<Digest, &Blob> = BTreeMap::new();
        let all = self.layers.iter().map(Layer::blob).chain([&self.config, &self.manifest]);
        blobs.extend(all.map(|blob| (blob.digest(), blob)));
        blobs.into_values().collect()
    }

    /// The entry of this image in an index.
    fn index_entry(&self, annotations: BTreeMap<String, String>) -> Descriptor {
        let mut entry = Descriptor::new(manifest::MANIFEST, self.manifest.digest(), self.manifest.size());
        entry.platform = Some(self.platform.clone());
        entry.annotations = annotations;
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fixture::{RawLayout, image, layers, options, path, tree};

    #[test]
    fn an_image_is_golden() {
        insta::assert_snapshot!(image().digest(), @"sha256:096617169557f04633d793c224d20e2a01de56f36bbdce09d696a6eee58821f8");
        insta::assert_snapshot!(image().id(), @"sha256:cfea1efb21bf54b621ceaf0ec6a8bee7697a0b8b5418353c35135674e7225210");
        let blobs = image().blobs().len();
        assert_eq!((blobs, image().layers().len()), (7, 5));
    }

    #[test]
    fn an_image_on_a_base_says_so() {
        let layout = RawLayout::new();
        layout.index(&[layout.manifest(&[layout.layer(&tree())])]);
        let base = BaseImage::open(layout.path(), None, &Platform::linux("amd64")).expect("opened");
        let image = build(Some(&base), &layers(), &options()).expect("built");
        let manifest = Manifest::parse(&image.manifest().read().expect("read")).expect("parsed");
        let digest = manifest.annotations.get("org.opencontainers.image.base.digest");
        assert_eq!(digest, Some(&base.digest().to_string()));
        assert_eq!(manifest.layers.first().map(|layer| layer.digest), Some(base.layers()[0].digest()));
    }

    #[test]
    fn more_layers_than_engines_take_are_an_error() {
        let many: Vec<Layer> = layers().into_iter().cycle().take(128).collect();
        let error = build(None, &many, &options()).expect_err("too many");
        insta::assert_snapshot!(error, @"the image would have 128 layers, container engines take at most 127; use a base image with fewer");
    }

    #[test]
    fn a_layer_outlives_the_directory_it_was_packed_in() {
        let layer = layers().pop().expect("a layer");
        assert_eq!(Digest::of(&layer.blob().read().expect("read")), layer.digest());
        assert!(tree().get(path("tmp").as_str()).is_some());
    }
}

pub mod native;
