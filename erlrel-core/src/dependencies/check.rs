//! What may be in a dependency: the same rules for what is packed and for what arrives.

use std::collections::BTreeMap;

use super::{Dependencies, INDEX};
use crate::release::is_shipped;
use crate::tree::{Entry, Node, Tree, TreeError, TreePath};

/// What version control and rebar3 keep for themselves, at any depth. The first could run programs (hooks) and holds
/// addresses with credentials; the last names directories of the machine.
pub(super) const NEVER: [&str; 4] = [".git", ".hg", ".svn", ".rebar3"];

/// True if a path has a part that no dependency may have.
pub(super) fn is_kept_back(path: &TreePath) -> bool {
    path.as_str().split('/').any(|part| NEVER.contains(&part))
}

/// What is wrong with files that cannot be a dependency, in the words of the cache.
pub(super) fn why(error: &TreeError) -> String {
    match error {
        TreeError::LinkOutside { path, target } => {
            format!("its link `{path}` leads to `{target}`, out of it")
        }
        TreeError::BadPath { path } => format!("it has `{path}`"),
        TreeError::NotATar { .. } => "it is no tar file".into(),
        other => other.to_string(),
    }
}

/// The first link in a dependency's tree that does not lead to something in it by a way without links, and why.
pub(super) fn bad_link(tree: &Tree) -> Option<String> {
    let links = tree.iter().filter_map(|(path, entry)| match &entry.node {
        Node::Symlink(target) => Some((path, target)),
        Node::Directory | Node::File(_) => None,
    });
    links
        .filter(|(path, target)| !leads_inside(tree, path, target))
        .map(|(path, target)| format!("its link `{path}` leads to `{target}`, out of it"))
        .next()
}

fn leads_inside(tree: &Tree, path: &TreePath, target: &str) -> bool {
    let mut parts: Vec<&str> = path.as_str().split('/').collect();
    parts.pop();
    for part in target.split('/') {
        let is_directory = || parts.is_empty() || tree.get(&parts.join("/")).is_some_and(Entry::is_directory);
        match part {
            "" | "." => {}
            _ if !is_directory() => return false,
            ".." if parts.pop().is_none() => return false,
            ".." => {}
            name => parts.push(name),
        }
    }
    !target.starts_with('/') && (parts.is_empty() || tree.get(&parts.join("/")).is_some())
}

/// Whether a directory of this name may come from a cache: what all profiles share is in the lock; what a profile or a
/// plugin needs besides has names that only rebar3 knows, but none of the project or of Erlang itself.
fn may_be(dependencies: &Dependencies, profile: &str, folder: &str, name: &str) -> bool {
    let is_locked = dependencies.pins.has(name);
    let is_shared = profile == "default" && folder == dependencies.lib;
    let is_free = !dependencies.own.contains(name) && !name.starts_with('.');
    is_free && (is_locked || !(is_shared || is_shipped(name)))
}

/// An artifact's tree, taken apart: each dependency by its place, `default/lib/NAME`.
pub(super) type Parts = BTreeMap<TreePath, Tree>;

/// Takes an artifact's tree apart.
///
/// # Errors
/// What is in it that no dependency of the project may have, as text.
pub(super) fn take_apart(tree: &Tree, dependencies: &Dependencies) -> Result<Parts, String> {
    let folders = dependencies.folders();
    let mut parts = Parts::new();
    for (path, entry) in tree.iter().filter(|(path, _)| path.as_str() != INDEX) {
        if is_kept_back(path) {
            return Err(format!("it has `{path}`"));
        }
        let names: Vec<&str> = path.as_str().splitn(4, '/').collect();
        match names.as_slice() {
            [profile] if entry.is_directory() && folders.iter().any(|[there, _]| there == profile) => {}
            [profile, folder] if entry.is_directory() && folders.contains(&[*profile, *folder]) => {}
            [profile, folder, name, rest @ ..] if folders.contains(&[*profile, *folder]) => {
                if !may_be(dependencies, profile, folder, name) {
                    return Err(format!("it has `{path}`, which is no dependency of the project"));
                }
                if rest.is_empty() && !entry.is_directory() {
                    return Err(format!("`{path}` is no directory"));
                }
                let place = TreePath::new([profile, folder, name].map(|part| *part).join("/"));
                let part = parts.entry(place.map_err(|error| error.to_string())?).or_default();
                if let [rest] = rest {
                    part.replace(TreePath::new(rest).map_err(|error| error.to_string())?, entry.clone());
                }
            }
            _ => return Err(format!("it has `{path}`, which is no place for a dependency")),
        }
    }
    match parts.iter().find_map(|(place, tree)| bad_link(tree).map(|why| format!("`{place}`: {why}"))) {
        Some(why) => Err(why),
        None => Ok(parts),
    }
}
