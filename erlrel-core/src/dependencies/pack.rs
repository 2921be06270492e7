//! Packing: what a compilation has left in `_build`, as an artifact that is the same on every machine that compiled
//! the same.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::check::{bad_link, is_kept_back, why};
use super::package_index::PackageIndex;
use super::pins::Pin;
use super::restore::packages_in;
use super::{ARTIFACT_TYPE, Dependencies, DependenciesError, INDEX, KEY, NAMES, OTP, PROFILE, VERSION};
use crate::fs;
use crate::image::Artifact;
use crate::image::pack::pack_tree;
use crate::tree::{Entry, Group, Node, Tree, TreePath, read_directory};

/// Dependencies that are packed.
#[derive(Debug, Clone)]
pub struct Packed {
    /// The artifact, unless there is nothing to put into one.
    pub artifact: Option<Artifact>,
    /// The names of those that are in it, sorted.
    pub names: Vec<String>,
    /// Those that rebar3 will have to fetch and compile every time.
    pub left_out: Vec<LeftOut>,
}

/// A dependency that a cache cannot keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the dependency `{}` is not kept in the cache: {}", self.name, self.why)
    }
}

/// Packs the dependencies that are compiled: those of the lock that was there before the compilation, those of the
/// profile alone, and plugins.
///
/// The directories of version control are left out, and so is a dependency as a whole that has a link out of itself.
///
/// # Errors
/// When something cannot be read, or a temporary file beside `_build/default` not be written.
pub fn pack(dependencies: &Dependencies) -> Result<Packed, DependenciesError> {
    let Collected { tree: mut all, places, left_out } = collect(dependencies)?;
    let mut names: Vec<String> = places.iter().map(|place| place.file_name().to_string()).collect();
    if names.is_empty() {
        return Ok(Packed { artifact: None, names, left_out });
    }
    add_index(&mut all, dependencies)?;
    all.add_parents()?;
    names.sort();
    names.dedup();
    let layer = pack_tree(&all, &dependencies.base_dir)?;
    let artifact = Artifact::new(ARTIFACT_TYPE, vec![layer], annotations(dependencies, &names))?;
    Ok(Packed { artifact: Some(artifact), names, left_out })
}

/// What a compilation has left, by paths from `_build` on.
struct Collected {
    tree: Tree,
    /// The directories of the dependencies.
    places: Vec<TreePath>,
    left_out: Vec<LeftOut>,
}

fn collect(dependencies: &Dependencies) -> Result<Collected, DependenciesError> {
    let mut all = Collected { tree: Tree::new(), places: Vec::new(), left_out: unpinned(dependencies) };
    for place in places(dependencies)? {
        match read(dependencies, &place) {
            Ok(tree) => {
                all.tree.replace(place.clone(), Entry::directory(Group::Release));
                all.tree.merge(tree.under(&place))?;
                all.places.push(place);
            }
            Err(why) => all.left_out.push(LeftOut { name: place.file_name().into(), why }),
        }
    }
    Ok(all)
}

/// Dependencies as they lie in `_build`, without what version control keeps, and what rebar3 needs to take them for its
/// own in another place.
pub(crate) struct InPlace {
    /// By paths from `_build` on.
    pub(crate) tree: Tree,
    /// Those that rebar3 asks git about, with the commits that it expects.
    pub(crate) commits: Vec<(TreePath, String)>,
    /// The index of Hex packages, without which rebar3 asks the registry.
    pub(crate) index: Option<Vec<u8>>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// Reads what a compilation has left of the dependencies.
///
/// # Errors
/// When something cannot be read.
pub(crate) fn in_place(dependencies: &Dependencies) -> Result<InPlace, DependenciesError> {
    let mut all = collect(dependencies)?;
    let commit = |place: &TreePath| match dependencies.pins.get(place.file_name()) {
        Some(Pin::Commit(commit)) => Some((place.clone(), commit.clone())),
        _ => None,
    };
    let commits = all.places.iter().filter_map(commit).collect();
    add_index(&mut all.tree, dependencies)?;
    let index = match all.tree.get(INDEX).map(|entry| &entry.node) {
        Some(Node::File(content)) => Some(content.read()?.into_owned()),
        _ => None,
    };
    all.tree.retain(|path, _| path.as_str() != INDEX);
    Ok(InPlace { tree: all.tree, commits, index, left_out: all.left_out })
}

/// What all profiles share and no lock names: rebar3 would write into the lock what git says of it, and git would have
/// nothing to go by.
fn unpinned(dependencies: &Dependencies) -> Vec<LeftOut> {
    let shared = dependencies.base_dir.join("default").join(&dependencies.lib);
    let is_shared = |name: &&String| shared.join(name).is_dir() && !dependencies.own.contains(*name);
    let left_out = |name: &String| LeftOut { name: name.clone(), why: "rebar.lock does not have it".into() };
    dependencies.unlocked.iter().filter(is_shared).map(left_out).collect()
}

fn annotations(dependencies: &Dependencies, names: &[String]) -> BTreeMap<String, String> {
    let annotations = [
        (KEY, dependencies.key.to_string()),
        (PROFILE, dependencies.profile.clone()),
        (NAMES, names.join(" ")),
        (OTP, dependencies.otp.clone()),
        (VERSION, env!("CARGO_PKG_VERSION").to_string()),
    ];
    annotations.map(|(name, value)| (name.to_string(), value)).into()
}

/// Where the dependencies lie that are packed. Of `default` only what the lock has counts: all else there is the
/// project's own, or left from another time.
fn places(dependencies: &Dependencies) -> Result<Vec<TreePath>, DependenciesError> {
    let mut places = Vec::new();
    for [profile, folder] in dependencies.folders() {
        for dir in fs::list(&dependencies.base_dir.join(profile).join(folder))? {
            let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_directory = dir.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
            let is_locked = dependencies.pins.has(&name);
            let is_shared = profile == "default" && folder == dependencies.lib;
            let is_own = dependencies.own.contains(&name) || name.starts_with('.');
            if is_directory && !is_own && (is_locked || !is_shared) {
                places.push(TreePath::new(format!("{profile}/{folder}/{name}"))?);
            }
        }
    }
    Ok(places)
}

/// What of a dependency travels, or why nothing does.
fn read(dependencies: &Dependencies, place: &TreePath) -> Result<Tree, String> {
    if let Some(Pin::Other(why)) = dependencies.pins.get(place.file_name()) {
        return Err((*why).into());
    }
    let dir = dependencies.base_dir.join(place.as_str());
    let mut tree = read_directory(&dir).map_err(|error| why(&error))?;
    tree.retain(|path, _| !is_kept_back(path));
    bad_link(&tree).map_or(Ok(tree), Err)
}

/// Adds the entries of the packages that are packed to them, if there are any.
fn add_index(all: &mut Tree, dependencies: &Dependencies) -> Result<(), DependenciesError> {
    let packages = packages_in(all)?;
    let index = read_index(dependencies.index.as_deref())?.unwrap_or_default();
    let index = index.only(|name, item| packages.contains(name) && fits(dependencies, name, item));
    if !index.is_empty() {
        all.insert(TreePath::new(INDEX)?, Entry::file(index.encode(), 0o644, Group::Release))?;
    }
    Ok(())
}

/// True if the lock has nothing against an entry of the index.
pub(super) fn fits(dependencies: &Dependencies, name: &str, item: &[u8]) -> bool {
    let hashes = dependencies.pins.hashes(name);
    let has = |hash: &String| item.windows(hash.len().max(1)).any(|part| part == hash.as_bytes());
    hashes.is_empty() || hashes.iter().all(has)
}

/// rebar3's index on this machine.
pub(super) fn read_index(path: Option<&Path>) -> Result<Option<PackageIndex>, DependenciesError> {
    let Some(path) = path else { return Ok(None) };
    Ok(fs::read_optional(path)?.and_then(|bytes| PackageIndex::parse(&bytes)))
}
