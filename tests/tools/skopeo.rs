//! skopeo, which podman, buildah and CRI-O share their code with.

use serde_json::Value;

use crate::support::image::{self, SampleImage, TAG, json};
use crate::support::{run, temp_dir, tool};
use erlrel_core::image::validate;

fn skopeo(arguments: &[&str]) -> String {
    run(tool("skopeo", "skopeo").args(arguments))
}

/// The three ways to name the image.
fn references(image: &SampleImage) -> [String; 3] {
    let (archive, layout) = (image.archive.display(), image.layout.display());
    let name = &image.name;
    [
        format!("oci:{layout}:{TAG}"),
        format!("oci-archive:{archive}:{TAG}"),
        format!("docker-archive:{archive}:{name}"),
    ]
}

#[test]
fn skopeo_inspects_layout_and_archive() {
    for image in image::all() {
        for reference in references(image) {
            let seen: Value = serde_json::from_str(&skopeo(&["inspect", &reference])).expect("JSON");
            assert_eq!((&seen["Os"], &seen["Architecture"]), (&"linux".into(), &image.architecture().into()));
            assert_eq!(seen["Labels"]["org.opencontainers.image.title"], image.release);
            let count = seen["Layers"].as_array().expect("a list").len();
            assert_eq!(count, image.layer_digests().len(), "{reference}");
        }
    }
}

#[test]
fn skopeo_sees_the_digest_that_erlrel_tells() {
    for image in image::all() {
        let [layout, archive, _] = references(image);
        for reference in [layout, archive] {
            let digest = skopeo(&["inspect", "--format", "{{.Digest}}", &reference]);
            assert_eq!(digest.trim(), image.report["digest"], "{reference}");
        }
    }
}

#[test]
fn skopeo_copies_to_a_layout_without_a_change() {
    for image in image::all() {
        let [layout, archive, _] = references(image);
        for reference in [layout, archive] {
            let dir = temp_dir();
            let copy = dir.path().join("copy");
            skopeo(&["copy", &reference, &format!("oci:{}:{TAG}", copy.display())]);
            assert_eq!(json(&copy.join("index.json"))["manifests"][0]["digest"], image.report["digest"]);
            assert_eq!(validate::check(&copy).expect("a layout"), []);
        }
    }
}

#[test]
fn skopeo_copies_what_docker_would_load() {
    for image in image::all() {
        let [_, _, reference] = references(image);
        let dir = temp_dir();
        let copy = dir.path().join("copy");
        skopeo(&["copy", &reference, &format!("oci:{}:{TAG}", copy.display())]);
        assert_eq!(validate::check(&copy).expect("a layout"), []);
    }
}
