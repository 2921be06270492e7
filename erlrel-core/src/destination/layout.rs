//! An image in an OCI layout.

use crate::image::layout::{self, LayoutName};
use crate::image::{Image, ImageError, Reference};

/// Adds the image to the layout; says how many bytes were written, and the references `DIR:TAG`.
pub(super) fn write(
    image: &Image,
    names: &[Reference],
    to: &LayoutName,
) -> Result<(u64, Vec<String>), ImageError> {
    let bytes = layout::write(image, names, to)?;
    let tags = layout::tags(names, to);
    let references = tags.into_keys().map(|tag| format!("{}:{tag}", to.dir.display())).collect();
    Ok((bytes, references))
}
