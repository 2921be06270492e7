//! The validator of the Open Container Initiative: descriptors, sizes, media types.

use crate::support::image::{self, TAG};
use crate::support::{run, tool};

#[test]
fn the_validator_of_the_oci_finds_nothing_in_the_layout() {
    for image in image::all() {
        let tag = format!("name={TAG}");
        run(tool("oci-image-tool", "oci-image-tool")
            .args(["validate", "--type", "image", "--ref", &tag])
            .arg(&image.layout));
    }
}
