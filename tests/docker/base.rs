//! Images on a base image: Debian, made by Debian's own tools.

use std::sync::OnceLock;

use crate::support::container::{Container, LOCKED, run_to_end};
use crate::support::debian;
use crate::support::docker::daemon;
use crate::support::image::{self, SampleImage};
use crate::support::sample;
use crate::support::{erlrel, fails};

/// The sample that needs most of its system, on Debian.
fn native() -> &'static SampleImage {
    static IMAGE: OnceLock<SampleImage> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let base = format!("oci:{}:{}", debian::layout().display(), debian::TAG);
        image::make(&sample::native().dir, "native", "native-on-debian", &["--base", &base])
    })
}

#[test]
fn a_service_on_debian_answers() {
    let container = Container::serving(native(), LOCKED);
    let page = container.get("/");
    assert_eq!(page.status, 200, "{}", page.body);
    container.ping();
    assert_eq!(container.changes_outside_tmp(), [""; 0]);
}

#[test]
fn the_layers_of_the_base_are_taken_over_verbatim() {
    let base = debian::manifest();
    let base_layers = base["layers"].as_array().expect("a list");
    let digests = native().layer_digests();
    assert!(digests.len() > base_layers.len());
    for (layer, digest) in base_layers.iter().zip(&digests) {
        assert_eq!(layer["digest"].as_str(), Some(digest.as_str()));
        let bytes = |layout| std::fs::read(image::blob(layout, digest)).expect("a blob");
        assert!(bytes(debian::layout()) == bytes(&native().layout), "{digest}");
    }
}

#[test]
fn the_root_of_the_base_stays_as_it_is() {
    let script =
        "stat --format '%A %u:%g %N' /tmp /lib /bin /etc /usr /usr/lib /opt; . /etc/os-release; echo $ID";
    let of = |image: &str| run_to_end(image, &["--entrypoint", "/bin/sh"], &["-c", script], 0).0;
    let (base, ours) = (of(debian::loaded()), of(&native().name));
    assert_eq!(ours, base);
    assert!(ours.contains("drwxrwxrwt 0:0 '/tmp'\n"), "{ours}");
    assert!(ours.contains("lrwxrwxrwx 0:0 '/lib' -> 'usr/lib'\n"), "{ours}");
    assert!(ours.ends_with("debian\n"), "{ours}");
}

#[test]
fn what_the_base_has_is_not_brought_again() {
    let digests = native().layer_digests();
    let base_count = debian::manifest()["layers"].as_array().expect("a list").len();
    let ours = digests[base_count..].iter().flat_map(|digest| image::packed_files(&native().blob(digest)));
    let paths: Vec<String> = ours.map(|(path, _)| path).collect();
    for base_part in
        ["libc.so.6", "ld-linux-x86-64.so.2", "libtinfo.so.6", "passwd", "tmp", "etc", "usr", "lib"]
    {
        let again = paths
            .iter()
            .filter(|path| path.rsplit('/').next() == Some(base_part) && !path.starts_with("opt/"));
        assert_eq!(again.collect::<Vec<_>>(), [""; 0]);
    }
    assert!(paths.iter().any(|path| path.ends_with("/libcrypto.so.3")), "{paths:?}");
}

#[test]
fn the_image_names_its_base() {
    let index = image::json(&native().layout.join("index.json"));
    let digest = index["manifests"][0]["digest"].as_str().expect("a digest");
    let annotations = &image::json(&native().blob(digest))["annotations"];
    assert_eq!(annotations["org.opencontainers.image.base.digest"], debian::manifest_digest().as_str());
    assert_eq!(annotations["org.opencontainers.image.title"], "native");
}

#[test]
fn a_base_comes_from_the_docker_daemon_too() {
    let base = format!("docker:{}", debian::loaded());
    let image = image::make(&sample::hello().dir, "hello", "hello-on-loaded", &["--base", &base]);
    let container = Container::serving(&image, LOCKED);
    container.ping();
    let layers = |name: &str| daemon().run(["image", "inspect", "--format={{json .RootFS.Layers}}", name]);
    let of_base = layers(debian::loaded());
    let same = of_base.trim_end_matches(']');
    assert!(layers(&image.name).starts_with(same), "the daemon need not store the base again");
}

#[test]
fn an_image_that_the_docker_daemon_does_not_have_is_named() {
    let mut command = erlrel();
    command.args(["image", "--no-compile", "--base", "docker:erlrel.test/none:1"]).arg(&sample::hello().dir);
    let message = fails(command.env("DOCKER_HOST", daemon().host()), 1);
    insta::assert_snapshot!(message, @"error: the Docker daemon does not give the image `erlrel.test/none:1`: no such image: erlrel.test/none:1: No such image: erlrel.test/none:1; `docker images` lists those that it has");
}
