//! An image on another base: the layers below its own are exchanged, nothing is built again.

use std::collections::BTreeMap;

use super::base::BaseImage;
use super::blob::Blob;
use super::config_json;
use super::error::ImageError;
use super::layer::Layer;
use super::{BASE_DIGEST, BASE_NAME, Image, put_together};

/// Puts the layers that erlrel has made for `image` on `base` in place of the one that they are on. What the image says
/// of itself stays as it is, but for the name and digest of its base, and so does the configuration of its containers,
/// what came into it from the old base included, as `crane rebase` has it.
///
/// Nothing looks into the layers: the new base must have what the old one had for the image, which a newer build of the
/// same one has.
///
/// # Errors
/// [`ImageError::NotRebased`] for an image that erlrel has not made or that stands on nothing, and for a base for
/// another platform; [`ImageError::TooManyLayers`].
pub fn rebase(image: &BaseImage, base: &BaseImage) -> Result<Image, ImageError> {
    let refused = |why: String| ImageError::NotRebased { path: image.path().into(), why };
    let annotations = image.annotations();
    if !annotations.contains_key(BASE_DIGEST) {
        return Err(refused("it stands on no base image, or does not say on which".into()));
    }
    if image.platform() != base.platform() {
        return Err(refused(format!("it is for {}, the base for {}", image.platform(), base.platform())));
    }
    let below = image.config().layers_below_own();
    let own = below.and_then(|below| image.layers().get(below..)).filter(|own| !own.is_empty());
    let own = own.ok_or_else(|| refused("its history does not tell which layers erlrel has made".into()))?;
    let layers: Vec<Layer> = base.layers().iter().chain(own).cloned().collect();
    let config = Blob::from_bytes(config_json::rebased(image.config(), base.config(), &layers, own.len()));
    put_together(image.platform().clone(), config, layers, on(base, annotations.clone()))
}

/// The annotations of an image on another base.
fn on(base: &BaseImage, mut annotations: BTreeMap<String, String>) -> BTreeMap<String, String> {
    annotations.remove(BASE_NAME);
    annotations.extend(base.annotations_of_image());
    annotations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixture::{RawLayout, layers, options};
    use crate::image::layout::{self, LayoutName};
    use crate::image::{build, validate};
    use crate::platform::Platform;
    use crate::tree::{Entry, Group, Tree, TreePath};
    use serde_json::{Value, json};

    /// A base with one layer that holds `file`.
    fn base(file: &str) -> (RawLayout, BaseImage) {
        let layout = RawLayout::new();
        let entry = (TreePath::new(file).expect("a path"), Entry::file("x", 0o644, Group::Native));
        layout.index(&[layout.manifest(&[layout.layer(&Tree::from_iter([entry]))])]);
        let base = BaseImage::open(layout.path(), None, &Platform::linux("amd64")).expect("opened");
        (layout, base)
    }

    /// An image, written and opened again.
    fn stored(image: &Image) -> (tempfile::TempDir, BaseImage) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let to = LayoutName { dir: dir.path().join("layout"), tag: None };
        layout::write(image, &[], &to).expect("written");
        assert_eq!(validate::check(&to.dir).expect("checked"), []);
        let image = BaseImage::open(&to.dir, None, &Platform::linux("amd64")).expect("opened");
        (dir, image)
    }

    fn config(image: &Image) -> Value {
        serde_json::from_slice(&image.config().read().expect("read")).expect("JSON")
    }

    #[test]
    fn a_rebased_image_is_the_one_that_would_have_been_built_on_the_new_base() {
        let ((_old_layout, old), (_new_layout, new)) = (base("etc/old"), base("etc/new"));
        let on = |base| build(Some(base), &layers(), &options()).expect("built");
        let (_dir, image) = stored(&on(&old));
        let rebased = rebase(&image, &new).expect("rebased");
        assert_eq!(rebased.digest(), on(&new).digest());
        stored(&rebased);
        assert_eq!(rebase(&image, &old).expect("rebased").digest(), on(&old).digest());
    }

    #[test]
    fn what_the_specification_does_not_know_stays_in_the_configuration() {
        let ((_old_layout, old), (_new_layout, new)) = (base("etc/old"), base("etc/new"));
        let image = build(Some(&old), &layers(), &options()).expect("built");
        let mut edited = config(&image);
        edited["config"]["OnBuild"] = json!(["RUN x"]);
        let edited = Blob::from_bytes(edited.to_string().into_bytes());
        let annotations = BTreeMap::from([(BASE_DIGEST.to_string(), old.digest().to_string())]);
        let edited = put_together(image.platform().clone(), edited, image.layers().to_vec(), annotations);
        let (_dir, edited) = stored(&edited.expect("an image"));
        let rebased = rebase(&edited, &new).expect("rebased");
        assert_eq!(config(&rebased)["config"]["OnBuild"], json!(["RUN x"]));
    }

    #[test]
    fn what_cannot_be_put_on_another_base_is_said() {
        let (_layout, new) = base("etc/new");
        let why = |result: Result<Image, ImageError>| match result {
            Err(ImageError::NotRebased { why, .. }) => why,
            other => panic!("{other:?}"),
        };
        let (_dir, alone) = stored(&build(None, &layers(), &options()).expect("built"));
        insta::assert_snapshot!(why(rebase(&alone, &new)), @"it stands on no base image, or does not say on which");
        let (_dir, empty) = stored(&build(Some(&new), &[], &options()).expect("built"));
        insta::assert_snapshot!(why(rebase(&empty, &new)), @"its history does not tell which layers erlrel has made");
    }
}
