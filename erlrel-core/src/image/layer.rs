//! One layer of an image: a compressed tar that can be opened again and again.

use std::io::Read;

use super::blob::{Blob, Expected, Verified};
use super::compression::unpacked;
use super::error::ImageError;
use crate::digest::{DiffId, Digest};
use crate::fs::FsError;

/// A layer: its names, its sizes and its content by reference. Immutable and cheap to clone.
#[derive(Debug, Clone)]
pub struct Layer {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) blob: Blob,
    pub(crate) diff_id: DiffId,
    pub(crate) unpacked_size: Option<u64>,
    pub(crate) entries: Option<usize>,
}

impl Layer {
    /// What the layer holds, as [`LayerPlan`](super::layers::LayerPlan) has it, or `base` for a layer of the base
    /// image.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The OCI media type, which says how the tar is compressed.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// SHA-256 of the compressed bytes.
    pub fn digest(&self) -> Digest {
        self.blob.digest()
    }

    /// SHA-256 of the uncompressed tar.
    pub fn diff_id(&self) -> DiffId {
        self.diff_id
    }

    /// Compressed size in bytes.
    pub fn size(&self) -> u64 {
        self.blob.size()
    }

    /// Size of the uncompressed tar in bytes; `None` for a layer of a base image, which is not unpacked.
    pub fn unpacked_size(&self) -> Option<u64> {
        self.unpacked_size
    }

    /// Number of entries in the tar; `None` for a layer of a base image, which is not unpacked.
    pub fn entries(&self) -> Option<usize> {
        self.entries
    }

    /// The compressed bytes.
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// A reader of the uncompressed tar, which fails at its end if the bytes are not those of
    /// [`diff_id`](Self::diff_id).
    ///
    /// # Errors
    /// When the file that holds the layer cannot be opened, or is compressed in a way that is unknown.
    pub fn open_unpacked(&self) -> Result<Box<dyn Read + Send>, ImageError> {
        let failed = FsError::while_doing("read", self.blob.path());
        match unpacked(&self.media_type, self.blob.open()?).map_err(failed)? {
            Some(tar) => Ok(Box::new(Verified::new(tar, Expected::Layer(self.diff_id)))),
            None => Err(ImageError::Unsupported {
                path: self.blob.path().into(),
                what: format!("reading layer {} of type `{}`", self.digest(), self.media_type),
            }),
        }
    }
}
