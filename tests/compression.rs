//! Layers that are compressed with zstd.

use std::path::Path;

use serde_json::Value;

use crate::support::docker::daemon;
use crate::support::sample::{self, Sample};
use crate::support::shop::Shop;
use crate::support::{erlrel, fails, run, temp_dir, tool};
use erlrel_core::image::validate;

/// Every image's name here.
const NAME: &str = "erlrel.test/zstd:1";

const ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

/// The image of a sample, as a layout and as an archive in `dir`, and what erlrel says of it.
fn made(sample: &Sample, dir: &Path, compression: &str) -> Value {
    // A colon would begin a tag.
    let folder = dir.join(compression.replace(':', "-"));
    let to = |kind: &str, file: &str| format!("{kind}:{}", folder.join(file).display());
    let mut command = erlrel();
    command.args(["image", "--no-compile", "--json", "--tag", NAME, "--compression", compression]);
    command.arg(&sample.dir);
    let said = run(command.args(["--to", &to("oci", "layout:1"), "--to", &to("archive", "image.tar")]));
    serde_json::from_str(&said).expect("JSON")
}

fn field<'a>(report: &'a Value, name: &str) -> Vec<&'a Value> {
    report["layers"].as_array().expect("a list").iter().map(|layer| &layer[name]).collect()
}

#[test]
fn an_image_with_zstd_layers_is_the_same_image() {
    let dir = temp_dir();
    for sample in sample::all() {
        let dir = dir.path().join(sample.name);
        let [gzip, zstd] = ["gzip", "zstd"].map(|compression| made(sample, &dir, compression));
        assert!(field(&zstd, "media_type").iter().all(|media_type| **media_type == ZSTD));
        assert_eq!(field(&zstd, "diff_id"), field(&gzip, "diff_id"));
        assert_eq!(zstd["image_id"], gzip["image_id"], "the content is the same");
        assert_ne!(zstd["digest"], gzip["digest"]);
        for place in ["layout", "image.tar"] {
            assert_eq!(validate::check(&dir.join("zstd").join(place)).expect("checked"), []);
        }
    }
}

#[test]
fn skopeo_copies_zstd_layers_without_a_change() {
    let dir = temp_dir();
    let report = made(sample::hello(), dir.path(), "zstd:9");
    let layout = format!("oci:{}:1", dir.path().join("zstd-9/layout").display());
    let copy = format!("oci:{}:1", dir.path().join("copy").display());
    let skopeo = |arguments: &[&str]| run(tool("skopeo", "skopeo").args(arguments));
    skopeo(&["copy", &layout, &copy]);
    let digest = skopeo(&["inspect", "--format", "{{.Digest}}", &copy]);
    assert_eq!(digest.trim(), report["digest"]);
}

#[test]
fn containerd_unpacks_zstd_layers_and_runs_the_image() {
    let dir = temp_dir();
    made(sample::native(), dir.path(), "zstd");
    // A namespace in which no layer is known.
    let ctr = |arguments: &[&str]| {
        let mut command = tool("ctr", "containerd");
        command.arg("--address").arg(daemon().containerd_socket()).args(["--namespace", "erlrel-zstd"]);
        run(command.args(arguments))
    };
    ctr(&["images", "import", &dir.path().join("zstd/image.tar").display().to_string()]);
    let version = ctr(&["run", "--rm", NAME, "version-of-zstd", "/opt/native/bin/native", "version"]);
    assert!(version.starts_with("native "), "{version}");
}

/// Debian 12's daemon is such a one.
#[test]
fn a_docker_that_is_too_old_for_zstd_is_named_as_the_reason() {
    let version = daemon().run(["version", "--format", "{{.Server.Version}}"]);
    assert!(version.starts_with("20.10."), "Docker {version} may know zstd: find an older one for this test");
    let shop = Shop::new();
    let image = |compression: &str| {
        let arguments = format!("image --no-compile --tag {NAME} --to docker --compression {compression}");
        let mut image = shop.erlrel(&arguments);
        image.env("DOCKER_HOST", daemon().host());
        image
    };
    insta::assert_snapshot!(shop.error(&mut image("zstd")), @r"
    error: the Docker daemon did not load the image: it is too old for layers that are compressed with zstd (Error processing tar file(exit status 1): archive/tar: invalid tar header)
      hint: make the layers with `--compression gzip` (on a base without zstd layers), or load the image into Docker 23 or newer
    ");
    run(&mut image("gzip"));
}

#[test]
fn an_image_with_zstd_layers_can_be_built_on() {
    let shop = Shop::new();
    run(&mut shop.erlrel("image --no-compile --compression zstd --to oci:base:1"));
    let base = run(&mut shop.erlrel("image --no-compile --base oci:base:1 --json"));
    let base: Value = serde_json::from_str(&base).expect("JSON");
    let types: Vec<&str> = base["layers"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|layer| layer["media_type"].as_str().expect("a type"))
        .collect();
    assert!(types.contains(&ZSTD) && types.iter().any(|other| *other != ZSTD), "{types:?}");
}

#[test]
fn rebar_config_says_it_as_the_flag_does_and_the_flag_wins() {
    let shop = Shop::new();
    let config = std::fs::read_to_string(shop.path("rebar.config")).expect("read");
    let digest = |options: &str, arguments: &str| {
        shop.write("rebar.config", format!("{config}{{erlrel, [{options}]}}.\n"));
        let said = run(&mut shop.erlrel(&format!("image --no-compile {arguments}")));
        said.lines().next().expect("a digest").to_string()
    };
    let gzip = digest("", "");
    let zstd = digest("", "--compression zstd:3");
    let high = digest("", "--compression zstd:5");
    assert!(gzip != zstd && zstd != high);
    assert_eq!(digest("{compression, zstd}", ""), zstd);
    assert_eq!(digest("{compression, {zstd, 5}}", ""), high);
    assert_eq!(digest("{compression, \"zstd:5\"}", ""), high);
    assert_eq!(digest("{compression, zstd}", "--compression gzip"), gzip);
    assert_eq!(digest("{compression, {zstd, 5}}", "--no-cache"), high);
}

#[test]
fn a_compression_or_a_level_that_does_not_exist_is_a_mistake() {
    let shop = Shop::new();
    let said = fails(&mut shop.erlrel("image --no-compile --compression zstd:23"), 2);
    insta::assert_snapshot!(said.lines().next().unwrap_or_default(), @"error: invalid value 'zstd:23' for '--compression <HOW>': it must be `gzip`, `zstd` or `zstd:LEVEL` with a level from 1 to 22");
    let config = std::fs::read_to_string(shop.path("rebar.config")).expect("read");
    shop.write("rebar.config", format!("{config}{{erlrel, [{{compression, {{zstd, 0}}}}]}}.\n"));
    insta::assert_snapshot!(shop.error(&mut shop.erlrel("image --no-compile")), @r"
    error: rebar.config:4:25: `compression` must be `gzip`, `zstd` or `{zstd, Level}` with a level from 1 to 22
      |
    4 | {erlrel, [{compression, {zstd, 0}}]}.
      |                         ^^^^^^^^^
    ");
}
