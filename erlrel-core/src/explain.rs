//! Why an image is another one than the last that was made of the same project.

use std::collections::{BTreeMap, BTreeSet};

use crate::cache::{Build, BuiltLayer, Cache, PackedEntry};
use crate::diff::{ConfigChange, config_changes};
use crate::digest::Digest;
use crate::image::{Image, ImageError};

/// What every layer of a base image is called.
const BASE: &str = "base";

/// What has become of the last image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The digest of the last image; `None` if none was made here before, or nothing is kept.
    pub last: Option<Digest>,
    /// Every layer, lowest first.
    pub layers: Vec<LayerExplanation>,
    /// What the configuration says otherwise.
    pub config: Vec<ConfigChange>,
    /// What has to be sent to where the last image is: how many blobs, and their bytes.
    pub upload: (usize, u64),
}

/// A layer of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerExplanation {
    /// What it holds.
    pub name: String,
    /// Its digest.
    pub digest: Digest,
    /// Its compressed size in bytes.
    pub size: u64,
    /// Whether the last image has it, and if not, why.
    pub why: Why,
}

/// Whether a layer is that of the last image, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The last image has it.
    Reused,
    /// The last image has no layer of this name.
    New,
    /// These files are not the same.
    Files(Vec<Moved>),
    /// All files have another time, from SOURCE_DATE_EPOCH.
    Times,
    /// The files are the same, and are packed otherwise.
    Compression,
    /// It belongs to the base image, which is another one.
    Base,
    /// What the last one held is not known here any more.
    Unknown,
}

/// A path of a layer that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The path, without the first `/`.
    pub path: String,
    /// What has become of it.
    pub how: How,
}

/// What has become of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It was not there.
    Added,
    /// It is not there any more.
    Removed,
    /// It contains something else, or leads elsewhere.
    Content,
    /// It has other permissions.
    Mode,
}

/// Compares an image with the last one; `cache` knows what the layers of both hold.
///
/// # Errors
/// None in practice: the configuration of an image that was just made is in memory.
pub fn explain(
    image: &Image,
    last: Option<&Build>,
    cache: Option<&Cache>,
) -> Result<Explanation, ImageError> {
    let new = Build::of(image)?;
    let json = |text: &str| serde_json::from_str(text).unwrap_or_default();
    let config = last.map(|last| config_changes(&json(&last.config), &json(&new.config))).unwrap_or_default();
    let layer = |layer: &BuiltLayer| LayerExplanation {
        name: layer.name.clone(),
        digest: layer.digest,
        size: layer.size,
        why: why(layer, last, cache),
    };
    Ok(Explanation {
        last: last.map(|last| last.image),
        layers: new.layers.iter().map(layer).collect(),
        config,
        upload: upload(image, last),
    })
}

fn why(layer: &BuiltLayer, last: Option<&Build>, cache: Option<&Cache>) -> Why {
    let layers = last.map_or(&[][..], |last| last.layers.as_slice());
    if layers.iter().any(|old| old.digest == layer.digest) {
        return Why::Reused;
    }
    if layers.iter().any(|old| old.diff_id == layer.diff_id) {
        return Why::Compression;
    }
    if layer.name == BASE && last.is_some() {
        return Why::Base;
    }
    let Some(old) = layers.iter().find(|old| old.name == layer.name) else { return Why::New };
    let contents = |layer: &BuiltLayer| cache?.contents(layer.diff_id);
    match (contents(old), contents(layer)) {
        (Some(old), Some(new)) => match moved(&old, &new) {
            moved if moved.is_empty() => Why::Times,
            moved => Why::Files(moved),
        },
        _ => Why::Unknown,
    }
}

type Contents = BTreeMap<String, PackedEntry>;

fn moved(old: &Contents, new: &Contents) -> Vec<Moved> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let how = |path: &String| match (old.get(path), new.get(path)) {
        (None, _) => Some(How::Added),
        (_, None) => Some(How::Removed),
        (Some(old), Some(new)) if old == new => None,
        (Some(old), Some(new)) if old.kind == new.kind && old.what == new.what => Some(How::Mode),
        _ => Some(How::Content),
    };
    paths.into_iter().filter_map(|path| Some(Moved { path: path.clone(), how: how(path)? })).collect()
}

fn upload(image: &Image, last: Option<&Build>) -> (usize, u64) {
    let there: BTreeSet<Digest> = last
        .into_iter()
        .flat_map(|last| {
            let layers = last.layers.iter().map(|layer| layer.digest);
            layers.chain([last.image, Digest::of(last.config.as_bytes())])
        })
        .collect();
    let missing = image.blobs().into_iter().filter(|blob| !there.contains(&blob.digest()));
    missing.fold((0, 0), |(count, bytes), blob| (count + 1, bytes + blob.size()))
}
