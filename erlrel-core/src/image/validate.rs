//! Recomputes everything that an image layout or archive says of its content.
//!
//! No single tool notices every kind of damage: registries and skopeo accept wrong diff_ids, containerd a
//! surplus history, most accept duplicate paths. This module looks at all of it.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;

use super::base::layer;
use super::config_json::ParsedConfig;
use super::error::ImageError;
use super::layer::Layer;
use super::manifest::{self, Descriptor, Manifest};
use super::store::Store;

/// Something that is wrong with an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which part: a file, or a kind of blob and its digest.
    pub what: String,
    /// What is wrong with it.
    pub why: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

/// Checks every image in the layout directory or archive at `path`; an empty result means that all is well.
///
/// Checked are digests and sizes of all blobs, diff_ids, the numbers of layers and of history entries, the
/// presence of a platform, the paths in every layer (no duplicates, none that leaves the root) and, in an
/// archive, what Docker's `manifest.json` refers to.
///
/// # Errors
/// When there is nothing to check: `path` is no layout, or its index cannot be read.
pub fn check(path: &Path) -> Result<Vec<Problem>, ImageError> {
    let store = Store::open(path)?;
    let index = store.index()?;
    let mut check = Check { store: &store, problems: Vec::new(), seen: BTreeSet::new() };
    index.iter().for_each(|entry| check.manifest_or_index(entry));
    if store.is_archive() {
        check.docker_manifest();
    }
    Ok(check.problems)
}

struct Check<'a> {
    store: &'a Store,
    problems: Vec<Problem>,
    seen: BTreeSet<String>,
}

impl Check<'_> {
    fn problem(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.problems.push(Problem { what: what.into(), why: why.into() });
    }

    fn note<T>(&mut self, what: &str, result: Result<T, ImageError>) -> Option<T> {
        match result {
            Ok(value) => return Some(value),
            Err(ImageError::Damaged { what, why, .. }) => self.problem(what, why),
            Err(error) => self.problem(what, error.to_string()),
        }
        None
    }

    fn manifest_or_index(&mut self, entry: &Descriptor) {
        if !self.seen.insert(entry.digest.to_string()) {
            return;
        }
        if manifest::is_index(&entry.media_type) {
            let bytes = self.store.json("index", entry);
            let Some(bytes) = self.note("index", bytes) else { return };
            match manifest::parse_index(&bytes) {
                Ok(inner) => inner.iter().for_each(|entry| self.manifest_or_index(entry)),
                Err(why) => self.problem(format!("index {}", entry.digest), why),
            }
        } else if manifest::is_manifest(&entry.media_type) {
            let manifest = self.store.manifest(entry);
            let manifest = self.note("manifest", manifest);
            manifest.into_iter().for_each(|manifest| self.image(&manifest));
        } else {
            self.problem(
                format!("manifest {}", entry.digest),
                format!("unknown type `{}`", entry.media_type),
            );
        }
    }

    fn image(&mut self, manifest: &Manifest) {
        if !manifest::is_config(&manifest.config.media_type) {
            // An artifact has no layers that a container could run.
            manifest.layers.iter().chain([&manifest.config]).for_each(|blob| self.blob(blob));
            return;
        }
        let what = format!("configuration {}", manifest.config.digest);
        let config = self.store.config(manifest);
        let Some(config) = self.note(&what, config) else { return };
        self.counts(&what, manifest, &config);
        match config.diff_ids() {
            Ok(diff_ids) => {
                let layers = manifest.layers.iter().zip(diff_ids);
                layers.for_each(|(descriptor, diff_id)| {
                    let layer = layer(self.store, descriptor, diff_id);
                    let layer = self.note("layer", layer);
                    layer.into_iter().for_each(|layer| self.layer(&layer));
                });
            }
            Err(why) => self.problem(what, why),
        }
    }

    fn counts(&mut self, what: &str, manifest: &Manifest, config: &ParsedConfig) {
        let layers = manifest.layers.len();
        let diff_ids = config.diff_ids().map_or(layers, |ids| ids.len());
        if diff_ids != layers {
            self.problem(what, format!("it lists {diff_ids} layers, the manifest {layers}"));
        }
        let described = config.described_layers();
        if described > layers {
            self.problem(what, format!("its history describes {described} layers of {layers}"));
        }
        let platform = config.platform();
        if platform.os.is_empty() || platform.architecture.is_empty() {
            self.problem(what, "it names no platform");
        }
    }

    fn blob(&mut self, descriptor: &Descriptor) {
        let blob = self.store.blob("blob", descriptor);
        if let Some(blob) = self.note("blob", blob)
            && let Err(error) = blob.copy_to(&mut io::sink(), Path::new("nowhere"))
        {
            self.problem(format!("blob {}", descriptor.digest), error.source.to_string());
        }
    }

    fn layer(&mut self, layer: &Layer) {
        if !self.seen.insert(format!("{} {}", layer.digest(), layer.diff_id())) {
            return;
        }
        let what = format!("layer {}", layer.digest());
        let opened = layer.open_unpacked();
        let Some(tar) = self.note(&what, opened) else { return };
        match check_paths(tar) {
            Ok(problems) => problems.into_iter().for_each(|why| self.problem(&what, why)),
            Err(error) => self.problem(what, error.to_string()),
        }
    }

    fn docker_manifest(&mut self) {
        let what = "manifest.json";
        let bytes = self.store.document(what);
        let Some(Some(bytes)) = self.note(what, bytes) else { return };
        let images: Vec<Value> = match serde_json::from_slice(&bytes) {
            Ok(images) => images,
            Err(error) => return self.problem(what, error.to_string()),
        };
        for image in images {
            let layers = image.get("Layers").and_then(Value::as_array).into_iter().flatten();
            for name in layers.chain(image.get("Config")).filter_map(Value::as_str) {
                match self.store.contains(name) {
                    Ok(true) => {}
                    _ => self.problem(what, format!("it refers to `{name}`, which is not there")),
                }
            }
        }
    }
}

/// Reads a layer to its end, so that its digests are verified, and says what is wrong with its paths.
fn check_paths(mut tar: impl Read) -> io::Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    let mut archive = tar::Archive::new(&mut tar);
    for entry in archive.entries()? {
        let entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if path.starts_with('/') || parts.contains(&"..") {
            problems.push(format!("the path `{path}` leaves the image"));
        }
        if !seen.insert(parts.join("/")) {
            problems.push(format!("the path `{path}` is there twice"));
        }
    }
    io::copy(&mut tar, &mut io::sink())?;
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixture::{RawLayout, short, tree};
    use crate::tree::Tree;
    use serde_json::json;

    fn problems(layout: &RawLayout) -> String {
        let problems = check(layout.path()).expect("checked");
        let text: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
        short(&text.replace("sha256/", "sha256:"))
    }

    #[test]
    fn a_wrong_diff_id_is_found() {
        let layout = RawLayout::new();
        let (layer, _) = layout.layer(&tree());
        let (_, other) = layout.layer(&Tree::new());
        layout.index(&[layout.manifest(&[(layer, other)])]);
        insta::assert_snapshot!(problems(&layout), @"layer sha256:73ef0217…: the digest of the content is sha256:d6cd543a…, it should be sha256:5f70bf18…");
    }

    #[test]
    fn counts_that_do_not_fit_and_a_missing_platform_are_found() {
        let layout = RawLayout::new();
        let layer = layout.layer(&tree());
        let config = json!({"architecture": "", "os": "linux", "history": [{}, {}],
            "rootfs": {"type": "layers", "diff_ids": []}});
        layout.index(&[layout.manifest_with(&[layer], &config)]);
        insta::assert_snapshot!(problems(&layout), @r"
        configuration sha256:ef374358…: it lists 0 layers, the manifest 1
        configuration sha256:ef374358…: its history describes 2 layers of 1
        configuration sha256:ef374358…: it names no platform
        ");
        let layer = layout.layer(&tree());
        let config = json!({"architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": [layer.1]}});
        layout.index(&[layout.manifest_with(&[layer], &config)]);
        insta::assert_snapshot!(problems(&layout), @"configuration sha256:fa7d47e5…: missing field `os`");
    }

    #[test]
    fn damaged_padded_and_missing_blobs_are_found() {
        let layout = RawLayout::new();
        let layers = [layout.layer(&tree()), layout.layer(&Tree::new())];
        let missing = layout.manifest(&[]);
        layout.index(&[layout.manifest(&layers), missing.clone()]);
        let file = |descriptor: &Value| {
            let digest = descriptor["digest"].as_str().expect("a digest").trim_start_matches("sha256:");
            layout.path().join("blobs/sha256").join(digest)
        };
        let change = |path: &Path, change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = std::fs::read(path).expect("read");
            change(&mut bytes);
            std::fs::write(path, bytes).expect("written");
        };
        change(&file(&layers[0].0), &|bytes| bytes[9] ^= 1); // the operating system, which unpacking ignores
        change(&file(&layers[1].0), &|bytes| bytes.push(0));
        std::fs::remove_file(file(&missing)).expect("removed");
        insta::assert_snapshot!(problems(&layout), @r"
        layer sha256:73ef0217…: the digest of the content is sha256:17e552dc…, it should be sha256:73ef0217…
        layer sha256:75eb4836…: it has 31 bytes instead of 30
        manifest sha256:fcc688f2…: there is no file `blobs/sha256:fcc688f2…`
        ");
    }

    #[test]
    fn paths_that_are_there_twice_or_leave_the_image_are_found() {
        let mut tar = tar::Builder::new(Vec::new());
        for name in [b"a/b".as_slice(), b"./a//b", b"../c", b"/d"] {
            let mut header = tar::Header::new_ustar();
            header.as_old_mut().name[..name.len()].copy_from_slice(name);
            header.set_size(0);
            header.set_cksum();
            tar.append(&header, io::empty()).expect("memory");
        }
        let bytes = tar.into_inner().expect("memory");
        let layout = RawLayout::new();
        let layer = layout.blob("application/vnd.oci.image.layer.v1.tar", &bytes);
        let id = layer["digest"].as_str().expect("a digest").to_string();
        layout.index(&[layout.manifest(&[(layer, id)])]);
        insta::assert_snapshot!(problems(&layout), @r"
        layer sha256:daa83dd8…: the path `./a//b` is there twice
        layer sha256:daa83dd8…: the path `../c` leaves the image
        layer sha256:daa83dd8…: the path `/d` leaves the image
        ");
    }

    #[test]
    fn an_index_in_circles_cannot_be_but_one_that_is_listed_twice_is_checked_once() {
        let layout = RawLayout::new();
        let manifest = layout.manifest(&[layout.layer(&tree())]);
        layout.index(&[manifest.clone(), manifest]);
        assert_eq!(problems(&layout), "");
    }
}
