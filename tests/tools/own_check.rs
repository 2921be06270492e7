//! erlrel's own check, which looks at everything that single tools overlook.

use erlrel_core::image::validate;

use crate::support::image;

#[test]
fn erlrels_own_check_finds_nothing() {
    for image in image::all() {
        assert_eq!(validate::check(&image.archive).expect("an archive"), []);
        assert_eq!(validate::check(&image.layout).expect("a layout"), []);
    }
}
