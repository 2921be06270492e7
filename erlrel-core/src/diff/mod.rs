//! What is different between two images: by layer, by application, by module and function.
//!
//! Layers that both have are not read. What the others hold is compared file by file, with applications matched by name,
//! so that a new version, in a directory of another name, is compared with the old one. A file that one of these layers
//! puts in place of a file of a common layer counts as added.

mod config;
mod layers;
mod modules;
mod parts;
mod view;

pub use config::{ConfigChange, config_changes};
pub use layers::{LayerChange, LayerFacts};
pub use modules::{FunctionChange, ModuleChange};
pub use parts::{FileChange, FileFacts, PartChange, PartKind};

use crate::image::{BaseImage, ImageError};

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Only the new image has it.
    Added,
    /// Only the old image has it.
    Removed,
    /// It is another one.
    Changed,
    /// It is the same.
    Kept,
}

/// The differences between an old image and a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageDiff {
    /// All layers, in the order of the new image; what only the old one has comes last.
    pub layers: Vec<LayerChange>,
    /// The bytes of the layers that somebody has to fetch who has the old image.
    pub pull: u64,
    /// What the images say of themselves and of their containers.
    pub config: Vec<ConfigChange>,
    /// Applications, the runtime system and releases that are not the same, by kind and name.
    pub parts: Vec<PartChange>,
    /// All other files that are not the same, by path.
    pub files: Vec<FileChange>,
}

impl ImageDiff {
    /// True if the images do not differ: neither in files, nor in what they say, nor in how their layers are packed.
    pub fn is_empty(&self) -> bool {
        self.layers.iter().all(LayerChange::is_same_blob)
            && self.config.is_empty()
            && self.parts.is_empty()
            && self.files.is_empty()
    }
}

/// Compares two images.
///
/// # Errors
/// When a layer that only one of them has cannot be read, or is damaged.
pub fn compare(old: &BaseImage, new: &BaseImage) -> Result<ImageDiff, ImageError> {
    let layers = layers::pair(old, new);
    let (old_view, new_view) = rayon::join(
        || view::View::read(layers::not_in(old.layers(), new.layers())),
        || view::View::read(layers::not_in(new.layers(), old.layers())),
    );
    let (parts, files) = parts::compare(&old_view?, &new_view?);
    Ok(ImageDiff { pull: layers::pull(old, new), layers, config: config::of_images(old, new), parts, files })
}
