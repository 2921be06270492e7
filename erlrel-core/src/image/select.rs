//! Which image of a store is meant: by tag, then by platform (image-spec, "image-index.md").

use std::collections::BTreeSet;

use super::error::ImageError;
use super::manifest::{self, CONTAINERD_NAME, Descriptor, REF_NAME};
use super::store::Store;
use crate::platform::Platform;

/// How deep indexes may lie in indexes.
const MAX_DEPTH: usize = 4;

/// A manifest that was chosen.
#[derive(Debug)]
pub(crate) struct Selected {
    /// Its descriptor.
    pub(crate) manifest: Descriptor,
    /// The full name of the image, if the index has one.
    pub(crate) name: Option<String>,
}

/// Chooses the manifest with this tag and for this platform, or for the only one.
///
/// Without a tag the store must hold one image only. Entries that are for no real platform (attestations) or
/// are no image are skipped. Of several variants of an architecture the lowest, which runs everywhere, is
/// taken.
///
/// # Errors
/// [`ImageError::TagNotFound`], [`ImageError::Ambiguous`], [`ImageError::PlatformNotFound`] or
/// [`ImageError::SeveralPlatforms`] with what is there, or [`ImageError::Damaged`].
pub(crate) fn select(
    store: &Store,
    tag: Option<&str>,
    platform: Option<&Platform>,
) -> Result<Selected, ImageError> {
    let index = store.index()?;
    let entries = by_tag(store, &index, tag)?;
    let mut candidates = Vec::new();
    for entry in entries {
        let name = full_name(entry);
        for candidate in leaves(store, entry, MAX_DEPTH)? {
            candidates.push((candidate, name.clone()));
        }
    }
    let path = store.path().to_path_buf();
    let found = distinct(candidates.iter().map(|(candidate, _)| candidate.platform.to_string()));
    if platform.is_none() && found.len() > 1 {
        return Err(ImageError::SeveralPlatforms { path, found });
    }
    let fits = |candidate: &Candidate| platform.is_none_or(|platform| candidate.platform == *platform);
    let fitting = candidates.iter().filter(|(candidate, _)| fits(candidate));
    match fitting.min_by(|(a, _), (b, _)| a.variant.cmp(&b.variant)) {
        Some((candidate, name)) => Ok(Selected { manifest: candidate.manifest.clone(), name: name.clone() }),
        None => {
            let platform = platform.map_or_else(|| "any platform".into(), ToString::to_string);
            Err(ImageError::PlatformNotFound { path, platform, found })
        }
    }
}

fn by_tag<'a>(
    store: &Store,
    index: &'a [Descriptor],
    tag: Option<&str>,
) -> Result<Vec<&'a Descriptor>, ImageError> {
    let path = store.path().to_path_buf();
    let found = || distinct(index.iter().filter_map(|entry| entry.annotations.get(REF_NAME).cloned()));
    let Some(tag) = tag else {
        let tagged: BTreeSet<_> = index
            .iter()
            .filter(|entry| entry.annotations.contains_key(REF_NAME))
            .map(|entry| entry.digest)
            .collect();
        let found = found();
        return if tagged.len() > 1 && found.len() > 1 {
            Err(ImageError::Ambiguous { path, found })
        } else {
            Ok(index.iter().collect())
        };
    };
    let entries: Vec<_> = index.iter().filter(|entry| has_tag(entry, tag)).collect();
    if entries.is_empty() {
        return Err(ImageError::TagNotFound { path, tag: tag.into(), found: found() });
    }
    Ok(entries)
}

/// Tools write the tag alone, as the specification asks, or the full name.
fn has_tag(entry: &Descriptor, tag: &str) -> bool {
    let names = [REF_NAME, CONTAINERD_NAME].into_iter().filter_map(|key| entry.annotations.get(key));
    names.into_iter().any(|name| name == tag || name.rsplit_once(':').is_some_and(|(_, end)| end == tag))
}

fn full_name(entry: &Descriptor) -> Option<String> {
    let reference = entry.annotations.get(REF_NAME).filter(|name| name.contains('/'));
    entry.annotations.get(CONTAINERD_NAME).or(reference).cloned()
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

/// A manifest of an image, with what it is for.
struct Candidate {
    manifest: Descriptor,
    platform: Platform,
    variant: Option<String>,
}

fn leaves(store: &Store, entry: &Descriptor, depth: usize) -> Result<Vec<Candidate>, ImageError> {
    if manifest::is_index(&entry.media_type) {
        if depth == 0 {
            return Err(
                store.damaged(&format!("index {}", entry.digest), "it lies too deep in other indexes")
            );
        }
        let bytes = store.json("index", entry)?;
        let damaged = |why: String| store.damaged(&format!("index {}", entry.digest), why);
        let inner = manifest::parse_index(&bytes).map_err(damaged)?;
        let leaves =
            inner.iter().map(|entry| leaves(store, entry, depth - 1)).collect::<Result<Vec<_>, _>>()?;
        return Ok(leaves.into_iter().flatten().collect());
    }
    if !manifest::is_manifest(&entry.media_type) {
        return Ok(Vec::new());
    }
    Ok(candidate(store, entry)?.into_iter().filter(|candidate| candidate.platform.os != "unknown").collect())
}

/// The platform is that of the descriptor or, where it has none, of the image configuration.
fn candidate(store: &Store, entry: &Descriptor) -> Result<Option<Candidate>, ImageError> {
    if let Some(platform) = entry.platform.clone() {
        return Ok(Some(Candidate { manifest: entry.clone(), platform, variant: entry.variant.clone() }));
    }
    let manifest = store.manifest(entry)?;
    if !manifest::is_config(&manifest.config.media_type) {
        return Ok(None);
    }
    let config = store.config(&manifest)?;
    let variant = config.variant().map(String::from);
    Ok(Some(Candidate { manifest: entry.clone(), platform: config.platform(), variant }))
}
