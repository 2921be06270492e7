//! What the layers of base images hold, so that they are read once.

use super::Cache;
use super::collect::Kind;
use crate::digest::Digest;
use crate::image::files::{FileMap, LayerFiles};
use crate::image::listing;
use crate::image::{BaseImage, ImageError, Layer, read_files};

impl Cache {
    /// Does what [`BaseImage::files`] does; a layer that was read before is neither fetched nor read.
    ///
    /// # Errors
    /// As without a cache.
    pub fn files(&self, image: &BaseImage) -> Result<FileMap, ImageError> {
        image.files_of(|layer| self.layer_files(layer))
    }

    /// What [`files`](Self::files) would give, if it need not read a layer for it.
    pub fn known_files(&self, image: &BaseImage) -> Option<FileMap> {
        let known = |layer: &Layer| self.known_layer_files(layer).ok_or(());
        let layers: Vec<LayerFiles> = image.layers().iter().map(known).collect::<Result<_, _>>().ok()?;
        let mut files = FileMap::default();
        layers.into_iter().for_each(|layer| files.apply(layer));
        Some(files)
    }

    fn layer_files(&self, layer: &Layer) -> Result<LayerFiles, ImageError> {
        if let Some(files) = self.known_layer_files(layer) {
            return Ok(files);
        }
        let files = read_files(layer)?;
        if let Some(body) = listing::print(&files) {
            self.put_record(Kind::Listing, &name(layer), &body);
        }
        Ok(files)
    }

    fn known_layer_files(&self, layer: &Layer) -> Option<LayerFiles> {
        self.record(Kind::Listing, &name(layer)).and_then(|body| listing::parse(&body))
    }
}

/// Neither the digest nor the diff_id says that the other belongs to it.
fn name(layer: &Layer) -> String {
    Digest::of(format!("{} {}", layer.digest(), layer.diff_id()).as_bytes()).hex()
}
