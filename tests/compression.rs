//! Layers that are compressed with zstd.

use serde_json::Value;

use crate::support::container::{Container, LOCKED};
use crate::support::image::{self, SampleImage, TAG};
use crate::support::shop::Shop;
use crate::support::{fails, run, sample, temp_dir, tool};
use erlrel_core::image::validate;

const ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

fn field<'a>(image: &'a SampleImage, name: &str) -> Vec<&'a Value> {
    image.report["layers"].as_array().expect("a list").iter().map(|layer| &layer[name]).collect()
}

#[test]
fn an_image_with_zstd_layers_is_the_same_image_and_runs() {
    let gzip = image::hello();
    let sample = sample::hello();
    let zstd = image::make(&sample.dir, sample.name, "hello-zstd", &["--compression", "zstd"]);
    assert!(field(&zstd, "media_type").iter().all(|media_type| **media_type == ZSTD));
    assert_eq!(field(&zstd, "diff_id"), field(gzip, "diff_id"));
    assert_eq!(zstd.report["image_id"], gzip.report["image_id"], "the content is the same");
    assert_ne!(zstd.report["digest"], gzip.report["digest"]);
    for place in [&zstd.layout, &zstd.archive] {
        assert_eq!(validate::check(place).expect("checked"), []);
    }
    Container::serving(&zstd, LOCKED);
}

#[test]
fn tools_copy_an_image_with_zstd_layers_without_a_change() {
    let sample = sample::native();
    let zstd = image::make(&sample.dir, sample.name, "native-zstd", &["--compression", "zstd:9"]);
    let dir = temp_dir();
    let copy = format!("oci:{}:{TAG}", dir.path().join("copy").display());
    run(tool("skopeo", "skopeo").args(["copy", &format!("oci:{}:{TAG}", zstd.layout.display()), &copy]));
    let digest = run(tool("skopeo", "skopeo").args(["inspect", "--format", "{{.Digest}}", &copy]));
    assert_eq!(digest.trim(), zstd.report["digest"]);
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
    insta::assert_snapshot!(said.lines().next().unwrap_or_default(), @"");
    let config = std::fs::read_to_string(shop.path("rebar.config")).expect("read");
    shop.write("rebar.config", format!("{config}{{erlrel, [{{compression, {{zstd, 0}}}}]}}.\n"));
    insta::assert_snapshot!(shop.error(&mut shop.erlrel("image --no-compile")), @"");
}
