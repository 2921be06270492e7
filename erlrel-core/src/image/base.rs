//! A base image: what the layers of a new image are put on.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::config::ParsedConfig;
use super::error::ImageError;
use super::files::{FileMap, LayerFiles};
use super::layer::Layer;
use super::manifest::{self, Manifest};
use super::select::select;
use super::store::Store;
use crate::digest::{DiffId, Digest};
use crate::fs::FsError;
use crate::platform::Platform;

/// An image in an OCI layout or archive, opened to be built on.
///
/// Manifest and configuration are read and verified; the layers stay where they are and are verified when
/// they are read. Docker's media types become OCI's, since the two must not be mixed in one manifest.
#[derive(Debug, Clone)]
pub struct BaseImage {
    path: PathBuf,
    name: Option<String>,
    digest: Digest,
    platform: Platform,
    config: ParsedConfig,
    layers: Vec<Layer>,
}

impl BaseImage {
    /// Opens the image with this tag for this platform in the layout directory, or archive of one, at `path`.
    ///
    /// Without a tag there must be one image only.
    ///
    /// # Errors
    /// When `path` is no layout, has no image with that tag or for that platform (the error lists those it
    /// has), or the image is damaged.
    pub fn open(path: &Path, tag: Option<&str>, platform: &Platform) -> Result<Self, ImageError> {
        let store = Store::open(path)?;
        let selected = select(&store, tag, platform)?;
        let manifest = store.manifest(&selected.manifest)?;
        if !manifest::is_config(&manifest.config.media_type) {
            let what = format!("an artifact of type `{}`", manifest.config.media_type);
            return Err(ImageError::Unsupported { path: path.into(), what });
        }
        let config = store.config(&manifest)?;
        let layers = layers(&store, &manifest, &config)?;
        Ok(Self {
            path: path.into(),
            name: selected.name,
            digest: selected.manifest.digest,
            platform: config.platform(),
            config,
            layers,
        })
    }

    /// The full name of the image, if the layout records one, such as `docker.io/library/debian:12`.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The digest of its manifest.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The platform it is for.
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Its layers, lowest first; each is named `base`.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Reads all layers and says which files they leave, whiteouts applied.
    ///
    /// # Errors
    /// When a layer cannot be read, is damaged, or is compressed with zstd.
    pub fn files(&self) -> Result<FileMap, ImageError> {
        let layers: Vec<LayerFiles> = self.layers.par_iter().map(read_files).collect::<Result<_, _>>()?;
        let mut files = FileMap::default();
        layers.into_iter().for_each(|layer| files.apply(layer));
        Ok(files)
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn config(&self) -> &ParsedConfig {
        &self.config
    }
}

fn read_files(layer: &Layer) -> Result<LayerFiles, ImageError> {
    let files = LayerFiles::read(layer.open_unpacked()?);
    Ok(files.map_err(FsError::while_doing("read the layer", layer.blob().path()))?)
}

fn layers(store: &Store, manifest: &Manifest, config: &ParsedConfig) -> Result<Vec<Layer>, ImageError> {
    let damaged = |why| store.damaged(&format!("configuration {}", manifest.config.digest), why);
    let diff_ids = config.diff_ids().map_err(damaged)?;
    let (count, ids) = (manifest.layers.len(), diff_ids.len());
    if count != ids {
        return Err(damaged(format!("it lists {ids} layers, the manifest {count}")));
    }
    if config.described_layers() > count {
        return Err(damaged(format!(
            "its history describes {} layers of {count}",
            config.described_layers()
        )));
    }
    manifest
        .layers
        .iter()
        .zip(diff_ids)
        .map(|(descriptor, diff_id)| layer(store, descriptor, diff_id))
        .collect()
}

/// The layer that a descriptor of a manifest and an entry of the configuration name.
pub(crate) fn layer(
    store: &Store,
    descriptor: &manifest::Descriptor,
    diff_id: DiffId,
) -> Result<Layer, ImageError> {
    let Some(media_type) = manifest::layer_media_type(&descriptor.media_type) else {
        let what = format!("layer {} of type `{}`", descriptor.digest, descriptor.media_type);
        return Err(ImageError::Unsupported { path: store.path().into(), what });
    };
    let blob = store.blob("layer", descriptor)?;
    let (name, media_type) = ("base".into(), media_type.into());
    Ok(Layer { name, media_type, blob, diff_id, unpacked_size: None, entries: None })
}
