//! An image as one archive file.

use std::path::Path;

use crate::fs::write_aside;
use crate::image::{Image, ImageError, Reference, archive};

/// Writes the archive; says how many bytes it has.
pub(super) fn write(image: &Image, names: &[Reference], file: &Path) -> Result<u64, ImageError> {
    write_aside(file, |out| archive::write(image, names, out, file))
}
