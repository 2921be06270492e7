//! Damaged images are refused.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use erlrel_core::digest::Digest;
use erlrel_core::image::validate;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::docker::daemon;
use crate::support::image::{self, blob};
use crate::support::{erlrel, fails, run, sample, temp_dir, tool};

/// An image of hello as a directory, to be damaged. Docker does not look at a layer that it has already, so
/// this image has no layer in common with others: its files are a day older.
fn unpacked() -> TempDir {
    static ARCHIVE: OnceLock<PathBuf> = OnceLock::new();
    let archive = ARCHIVE.get_or_init(|| {
        let archive = Path::new(env!("CARGO_TARGET_TMPDIR")).join("never-loaded.tar");
        let to = format!("archive:{}", archive.display());
        let image = ["image", "--no-compile", "--quiet", "--tag", "erlrel.test/damaged:1.0", "--to", &to];
        run(erlrel().args(image).arg(&sample::hello().dir).env("SOURCE_DATE_EPOCH", "86400"));
        archive
    });
    let dir = temp_dir();
    run(tool("tar", "tar").arg("-xf").arg(archive).arg("-C").arg(dir.path()));
    dir
}

/// A bit of the image's first layer is wrong.
fn with_flipped_bit() -> TempDir {
    let dir = unpacked();
    let index = image::json(&dir.path().join("index.json"));
    let manifest = image::json(&blob(dir.path(), digest_of(&index["manifests"][0])));
    let path = blob(dir.path(), digest_of(&manifest["layers"][0]));
    let mut bytes = std::fs::read(&path).expect("a layer");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).expect("written");
    dir
}

/// All digests are right, but one layer unpacks to something else than the configuration says.
fn with_wrong_diff_id() -> TempDir {
    let dir = unpacked();
    let root = dir.path();
    let mut index = image::json(&root.join("index.json"));
    let mut manifest = image::json(&blob(root, digest_of(&index["manifests"][0])));
    let mut config = image::json(&blob(root, digest_of(&manifest["config"])));
    config["rootfs"]["diff_ids"][0] = Digest::of(b"something else").to_string().into();
    let config = store(root, &config, &mut manifest["config"]);
    store(root, &manifest, &mut index["manifests"][0]);
    write(&root.join("index.json"), &index);
    let mut docker = image::json(&root.join("manifest.json"));
    docker[0]["Config"] = json!(format!("blobs/{}", config.replace(':', "/")));
    write(&root.join("manifest.json"), &docker);
    dir
}

fn digest_of(descriptor: &Value) -> &str {
    descriptor["digest"].as_str().expect("a digest")
}

/// Stores a changed document as a blob, and makes the descriptor that refers to it right.
fn store(root: &Path, document: &Value, descriptor: &mut Value) -> String {
    let bytes = document.to_string();
    let digest = Digest::of(bytes.as_bytes()).to_string();
    std::fs::write(blob(root, &digest), &bytes).expect("written");
    descriptor["digest"] = digest.clone().into();
    descriptor["size"] = bytes.len().into();
    digest
}

fn write(path: &Path, document: &Value) {
    std::fs::write(path, document.to_string()).expect("written");
}

/// What erlrel's own check says of the directory and of the archive made of it, each in one text.
fn problems(dir: &Path, archive: &Path) -> [String; 2] {
    [dir, archive].map(|path| {
        let problems = validate::check(path).expect("an index");
        problems.iter().map(|problem| format!("{problem}\n")).collect()
    })
}

/// `docker load` and erlrel's own check both refuse it; gives what Docker says.
fn is_refused(dir: &TempDir, why: &str) -> String {
    let place = temp_dir();
    let archive = place.path().join("damaged.tar");
    run(tool("tar", "tar").arg("-cf").arg(&archive).arg("-C").arg(dir.path()).arg("."));
    for problems in problems(dir.path(), &archive) {
        assert!(problems.contains(why), "no `{why}` in `{problems}`");
    }
    fails(daemon().docker().args(["load", "--input"]).arg(&archive), 1)
}

#[test]
fn a_flipped_bit_is_refused() {
    is_refused(&with_flipped_bit(), "layer sha256:");
}

#[test]
fn a_wrong_diff_id_is_refused() {
    let said = is_refused(&with_wrong_diff_id(), "layer sha256:");
    assert!(said.contains("invalid diffID"), "{said}");
}

#[test]
fn umoci_refuses_a_wrong_diff_id_too() {
    let dir = with_wrong_diff_id();
    let image = format!("{}:{}", dir.path().display(), image::TAG);
    let bundle = temp_dir();
    let said =
        fails(tool("umoci", "umoci").args(["unpack", "--image", &image]).arg(bundle.path().join("b")), 1);
    assert!(said.contains("diffid mismatch"), "{said}");
}

#[test]
fn an_undamaged_copy_is_accepted() {
    let dir = unpacked();
    assert_eq!(validate::check(dir.path()).expect("a layout"), []);
}
