//! Recomputes everything that an image layout or archive says of its content.
//!
//! No single tool notices every kind of damage: registries and skopeo accept wrong diff_ids, containerd a
//! surplus history, most accept duplicate paths. This module looks at all of it.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;

use super::base::layer;
use super::config::ParsedConfig;
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
    let index = manifest::parse_index(&store.index()?).map_err(|why| store.damaged("index.json", why))?;
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
