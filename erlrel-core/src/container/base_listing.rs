//! What a base image holds, in a cache that machines share: so that a machine that has never seen the base need not
//! fetch its layers to know it, when the registry that the image goes to has them already.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::{BuildOptions, ContainerError, ContainerWarning, Plan};
use crate::digest::Digest;
use crate::image::files::FileMap;
use crate::image::{Artifact, BaseImage, listing};
use crate::shared_cache::{CachePlace, Saved, SharedCacheError, find, save};

/// What the artifact is, in its manifest.
const ARTIFACT_TYPE: &str = "application/vnd.erlrel.base-listing.v1";

/// Annotation of the manifest: the whole key.
const KEY: &str = "org.erlrel.base-listing.key";

/// Puts what the plan's base holds into a cache, unless the cache has it or the base is not in a registry: what lies on
/// this machine is read faster than fetched.
///
/// # Errors
/// When the cache cannot be read or written.
pub fn share_base(
    plan: &Plan,
    place: &CachePlace,
    build: &BuildOptions<'_>,
) -> Result<Option<Saved>, ContainerError> {
    let Some((base, files)) =
        plan.base.as_ref().filter(|base| base.is_remote()).zip(plan.base_files.as_ref())
    else {
        return Ok(None);
    };
    // What cannot be taken from there is to be replaced.
    if matches!(look_in(place, base, build), Ok(Some(_))) {
        return Ok(None);
    }
    let Some(artifact) = pack(base, files, &build.scratch_dir)? else { return Ok(None) };
    Ok(Some(save(place, &tag(base), &artifact, &build.cache_registry)?))
}

/// What the first of the caches says that a base holds. One that cannot be read or says nonsense is passed over, with a
/// warning: the base itself tells as much.
pub(super) fn look(base: &BaseImage, build: &BuildOptions<'_>) -> (Option<FileMap>, Vec<ContainerWarning>) {
    let mut warnings = Vec::new();
    let found = build.cache_from.iter().find_map(|place| {
        let found = look_in(place, base, build);
        found.unwrap_or_else(|error| {
            warnings.push(ContainerWarning::CacheNotRead { why: causes(&error) });
            None
        })
    });
    (found, warnings)
}

fn look_in(
    place: &CachePlace,
    base: &BaseImage,
    build: &BuildOptions<'_>,
) -> Result<Option<FileMap>, SharedCacheError> {
    let tag = tag(base);
    let Some(found) = find(place, &tag, &build.cache_registry)? else { return Ok(None) };
    let artifact = &found.artifact;
    let is_of_base = artifact.annotations().get(KEY) == Some(&key(base).to_string());
    match artifact.layers() {
        [layer] if is_of_base && artifact.artifact_type() == ARTIFACT_TYPE => {
            listing::unpack(layer).map(Some).map_err(|error| found.ignored(&tag, error.to_string()))
        }
        _ => Err(found.ignored(&tag, "it is not what the base holds")),
    }
}

/// The error with what lies behind it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

fn pack(base: &BaseImage, files: &FileMap, scratch: &Path) -> Result<Option<Artifact>, ContainerError> {
    let Some(layer) = listing::pack(files, scratch)? else { return Ok(None) };
    let annotations = BTreeMap::from([(KEY.to_string(), key(base).to_string())]);
    Ok(Some(Artifact::new(ARTIFACT_TYPE, vec![layer], annotations)?))
}

fn tag(base: &BaseImage) -> String {
    format!("base-{}", key(base).hex().chars().take(32).collect::<String>())
}

/// All layers, by both of their names, since neither says that the other belongs to it.
fn key(base: &BaseImage) -> Digest {
    let mut text = String::new();
    for layer in base.layers() {
        let _ = writeln!(text, "{} {}", layer.digest(), layer.diff_id());
    }
    Digest::of(text.as_bytes())
}
