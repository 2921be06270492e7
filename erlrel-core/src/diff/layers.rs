//! The layers of two images, side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::Change;
use crate::digest::{DiffId, Digest};
use crate::image::{BaseImage, Layer};

/// What an image says of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerFacts {
    /// Of the compressed bytes.
    pub digest: Digest,
    /// Of the tar.
    pub diff_id: DiffId,
    /// Compressed size in bytes.
    pub size: u64,
}

/// A layer of one image or of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerChange {
    /// What it holds, as `erlrel image` names it; `base` for a layer that erlrel has not made.
    pub name: String,
    /// What became of its files: [`Change::Kept`] also if they are compressed otherwise.
    pub change: Change,
    /// In the old image.
    pub old: Option<LayerFacts>,
    /// In the new image.
    pub new: Option<LayerFacts>,
}

impl LayerChange {
    /// True if both images have the very bytes.
    pub fn is_same_blob(&self) -> bool {
        let digest = |facts: &Option<LayerFacts>| facts.as_ref().map(|facts| facts.digest);
        digest(&self.old) == digest(&self.new)
    }

    fn new(name: &str, change: Change, old: Option<&Layer>, new: Option<&Layer>) -> Self {
        let facts = |layer: &Layer| LayerFacts {
            digest: layer.digest(),
            diff_id: layer.diff_id(),
            size: layer.size(),
        };
        Self { name: name.into(), change, old: old.map(facts), new: new.map(facts) }
    }
}

/// A layer with its name.
type Named<'a> = (&'a str, &'a Layer);

fn named(image: &BaseImage) -> Vec<Named<'_>> {
    image.layer_names().map(|name| name.unwrap_or("base")).zip(image.layers()).collect()
}

/// Pairs layers by what they hold, then by name.
pub(super) fn pair(old: &BaseImage, new: &BaseImage) -> Vec<LayerChange> {
    let mut left = named(old);
    let mut take =
        |is_it: &dyn Fn(&Named<'_>) -> bool| left.iter().position(is_it).map(|at| left.remove(at).1);
    let new = named(new);
    let same: Vec<Option<&Layer>> =
        new.iter().map(|(_, layer)| take(&|(_, old)| old.diff_id() == layer.diff_id())).collect();
    let mut changes: Vec<LayerChange> = Vec::new();
    for ((name, layer), same) in new.into_iter().zip(same) {
        let other = if same.is_none() { take(&|(old, _)| *old == name) } else { None };
        let change = match (same, other) {
            (Some(_), _) => Change::Kept,
            (None, Some(_)) => Change::Changed,
            (None, None) => Change::Added,
        };
        changes.push(LayerChange::new(name, change, same.or(other), Some(layer)));
    }
    changes
        .extend(left.into_iter().map(|(name, old)| LayerChange::new(name, Change::Removed, Some(old), None)));
    changes
}

/// The layers of which the other image has none with the same files, lowest first.
pub(super) fn not_in<'a>(layers: &'a [Layer], others: &[Layer]) -> Vec<&'a Layer> {
    let there: BTreeSet<Digest> = others.iter().map(|layer| layer.diff_id().into()).collect();
    layers.iter().filter(|layer| !there.contains(&layer.diff_id().into())).collect()
}

/// The bytes of layers that the old image does not have, each once.
pub(super) fn pull(old: &BaseImage, new: &BaseImage) -> u64 {
    let there: BTreeSet<Digest> = old.layers().iter().map(Layer::digest).collect();
    let needed = new.layers().iter().filter(|layer| !there.contains(&layer.digest()));
    let needed: BTreeMap<Digest, u64> = needed.map(|layer| (layer.digest(), layer.size())).collect();
    needed.values().sum()
}
