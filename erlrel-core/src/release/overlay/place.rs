//! Putting things into a tree that has others already: what an overlay may replace, and what stands in its way.

use std::path::Path;

use crate::fs;
use crate::release::ReleaseError;
use crate::release::files::{file_entry, file_name, link_entry};
use crate::tree::{Content, Entry, Group, Node, Tree, TreePath};

/// Makes a directory; one that is there is fine, also as a link.
///
/// # Errors
/// When a file is in the way.
pub(super) fn directory(tree: &mut Tree, path: &TreePath) -> Result<(), String> {
    open_above(tree, path)?;
    match tree.get(path.as_str()).map(|entry| &entry.node) {
        None => tree.replace(path.clone(), Entry::directory(Group::Release)),
        Some(Node::Directory) => {}
        Some(Node::Symlink(target)) if Path::new(target).is_dir() => {}
        Some(_) => return Err(format!("`{path}` is a file in the release, not a directory")),
    }
    Ok(())
}

/// Puts a file in place of a file or a link.
///
/// # Errors
/// When a directory is there, or a file above it.
pub(super) fn file(tree: &mut Tree, path: &TreePath, entry: Entry) -> Result<(), String> {
    open_above(tree, path)?;
    if tree.has_below(path) || tree.get(path.as_str()).is_some_and(Entry::is_directory) {
        return Err(format!("`{path}` is a directory in the release; a file cannot take its place"));
    }
    tree.replace(path.clone(), entry);
    Ok(())
}

/// Puts a link in place of whatever is there.
///
/// # Errors
/// When a file is above it.
pub(super) fn link(tree: &mut Tree, path: &TreePath, target: &Path) -> Result<(), String> {
    open_above(tree, path)?;
    let entry = link_entry(target, Group::Release).map_err(|error| error.to_string())?;
    tree.remove_below(path);
    tree.replace(path.clone(), entry);
    Ok(())
}

/// Sets the mode of what is there. A link becomes what it leads to, since its target is not the release's.
///
/// # Errors
/// When nothing is there.
pub(super) fn mode(tree: &mut Tree, path: &TreePath, mode: u32) -> Result<(), String> {
    open_above(tree, path)?;
    open(tree, path)?;
    let entry = match tree.get(path.as_str()) {
        Some(entry) => Entry { mode, ..entry.clone() },
        None if tree.has_below(path) => Entry { mode, ..Entry::directory(Group::Release) },
        None => return Err(format!("there is no `{path}` in the release")),
    };
    tree.replace(path.clone(), entry);
    Ok(())
}

/// Makes sure that everything above is a directory of the release itself.
fn open_above(tree: &mut Tree, path: &TreePath) -> Result<(), String> {
    for parent in path.ancestors() {
        open(tree, &parent)?;
        if tree.get(parent.as_str()).is_some_and(|entry| !entry.is_directory()) {
            return Err(format!("`{parent}` is a file in the release, so there can be nothing below it"));
        }
    }
    Ok(())
}

/// A link to a directory becomes a directory of links to what is in it, a link to a file the file: writing
/// through a link would change the project's own files.
pub(super) fn open(tree: &mut Tree, path: &TreePath) -> Result<(), String> {
    let Some((Node::Symlink(target), group)) =
        tree.get(path.as_str()).map(|entry| (entry.node.clone(), entry.group.clone()))
    else {
        return Ok(());
    };
    let target = Path::new(&target);
    if !target.is_dir() {
        let entry = file_entry(target, Content::File(target.into()), group);
        tree.replace(path.clone(), entry.map_err(|error| error.to_string())?);
        return Ok(());
    }
    tree.replace(path.clone(), Entry::directory(group.clone()));
    for child in fs::list(target).map_err(|error| error.to_string())? {
        add_link(tree, path, &child, &group).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn add_link(tree: &mut Tree, above: &TreePath, target: &Path, group: &Group) -> Result<(), ReleaseError> {
    let entry = link_entry(target, group.clone())?;
    tree.replace(TreePath::new(format!("{above}/{}", file_name(target)?))?, entry);
    Ok(())
}
