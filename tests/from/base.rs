//! Releases from elsewhere on base images.

use crate::support::container::{Container, LOCKED};
use crate::support::{debian, image, sample};

#[test]
fn on_a_base_with_a_shell_none_is_added() {
    let base = format!("oci:{}:{}", debian::layout().display(), debian::TAG);
    let tarball = &sample::hello().relx_tarball;
    let image = image::make_from(tarball, "hello", "hello-from-tarball-on-debian", &["--base", &base]);
    let base_layers = debian::manifest()["layers"].as_array().expect("a list").len();
    let digests = image.layer_digests();
    let ours = digests[base_layers..].iter().flat_map(|digest| image::packed_files(&image.blob(digest)));
    let outside: Vec<String> = ours.map(|(path, _)| path).filter(|path| !path.starts_with("opt")).collect();
    assert!(outside.iter().all(|path| path.split('/').all(|part| part != "bin")), "{outside:?}");
    Container::serving(&image, LOCKED).ping();
}

#[test]
fn on_a_base_without_a_shell_one_is_added() {
    // Any image of erlrel's own is such a base.
    let base = format!("oci:{}:{}", image::hello().layout.display(), image::TAG);
    let image = image::make_from(
        &sample::hello().relx_tarball,
        "hello",
        "hello-from-tarball-on-none",
        &["--base", &base],
    );
    assert!(image.files().contains_key("bin/sh"));
    Container::serving(&image, LOCKED).ping();
}
