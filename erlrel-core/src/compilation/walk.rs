//! What there is: every path of some areas, looked at and not read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;

use super::areas::{Area, Depth, Entry};
use crate::fs::{FsError, Stat};

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// Nothing.
    Absent,
    Directory,
    /// A link, with its target as it is written; with the last one if there are links on the way that nobody looks at.
    Link(PathBuf),
    File {
        mode: u32,
        stat: Stat,
    },
    /// A device, a pipe, a socket; or a file of which only the name counts.
    Other,
}

/// Everything in these areas, and what links lead to from there, unless it is in areas that are looked at elsewhere.
///
/// # Errors
/// When a directory cannot be listed or a file looked at, and when a link leads to a directory around an area.
pub(super) fn walk(areas: &[Area], elsewhere: &[Area]) -> Result<BTreeMap<PathBuf, Node>, FsError> {
    let mut all = [elsewhere, areas].concat();
    let mut nodes = BTreeMap::new();
    let mut next = elsewhere.len();
    while next < all.len() {
        let found: Result<Vec<Found>, FsError> = all[next..].par_iter().map(look).collect();
        let mut found = found?;
        next = all.len();
        let mut outside = BTreeSet::new();
        for (path, node) in found.iter_mut().flatten() {
            let Some(real) = target_outside(path, node, &all)? else { continue };
            *node = Node::Link(real.clone());
            if !is_seen(&real, &all) {
                outside.insert(real);
            }
        }
        nodes.extend(found.into_iter().flatten());
        all.extend(outside.into_iter().map(|path| Area::to(path, Depth::Sources)));
    }
    Ok(nodes)
}

type Found = Vec<(PathBuf, Node)>;

/// Whether there is a directory at the top of an area says nothing that its content does not say.
fn look(area: &Area) -> Result<Found, FsError> {
    let root = node(&area.root, area.root.symlink_metadata())?;
    if root != Node::Directory {
        return Ok(vec![(area.root.clone(), root)]);
    }
    match area.depth {
        Depth::Whole | Depth::Sources => directory(&area.root, area),
        Depth::Git => git(&area.root),
        Depth::Names => names(&area.root),
    }
}

fn directory(dir: &Path, area: &Area) -> Result<Found, FsError> {
    let failed = |error| FsError::while_doing("list the directory", dir)(error);
    let (mut found, mut directories) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let is_directory = entry.file_type().map_err(failed)?.is_dir();
        if area.leaves_out(if is_directory { Entry::Directory(&path) } else { Entry::Other(&path) }) {
            continue;
        }
        if is_directory {
            directories.push(path);
        } else {
            let node = node(&path, entry.metadata())?;
            found.push((path, node));
        }
    }
    let below = directories.par_iter().map(|path| {
        if path.file_name().is_some_and(|name| name == ".git") { git(path) } else { directory(path, area) }
    });
    let below: Result<Vec<Found>, FsError> = below.collect();
    found.extend(below?.into_iter().flatten());
    found.extend(directories.into_iter().map(|path| (path, Node::Directory)));
    Ok(found)
}

/// What of a git directory decides how git describes the commit that is checked out. How long an abbreviated commit is
/// depends on how many objects are packed.
fn git(dir: &Path) -> Result<Found, FsError> {
    let mut found = Vec::new();
    for name in ["HEAD", "commondir", "config", "packed-refs", "shallow"] {
        let path = dir.join(name);
        let node = node(&path, path.symlink_metadata())?;
        found.push((path, node));
    }
    for name in ["refs/heads", "refs/tags", "reftable"] {
        found.extend(look(&Area::of(dir.join(name)))?);
    }
    found.extend(look(&Area::to(dir.join("objects/pack"), Depth::Names))?);
    Ok(found)
}

fn names(dir: &Path) -> Result<Found, FsError> {
    Ok(crate::fs::list(dir)?.into_iter().map(|path| (path, Node::Other)).collect())
}

fn node(path: &Path, metadata: io::Result<Metadata>) -> Result<Node, FsError> {
    let metadata = match metadata {
        Err(error) if is_absent(&error) => return Ok(Node::Absent),
        other => other.map_err(FsError::while_doing("read", path))?,
    };
    let kind = metadata.file_type();
    Ok(if kind.is_dir() {
        Node::Directory
    } else if kind.is_file() {
        Node::File { mode: metadata.mode() & 0o7777, stat: Stat::of(&metadata) }
    } else if kind.is_symlink() {
        Node::Link(fs::read_link(path).map_err(FsError::while_doing("read", path))?)
    } else {
        Node::Other
    })
}

/// A path through a file leads nowhere either.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Where a link leads to in the end, unless it leads straight to where somebody looks.
fn target_outside(link: &Path, node: &Node, areas: &[Area]) -> Result<Option<PathBuf>, FsError> {
    let (Node::Link(target), Some(dir)) = (node, link.parent()) else { return Ok(None) };
    let lexical = lexical(dir, target);
    // Every link on the way there is one of an area, and looked at as this one.
    if lexical.as_deref().is_some_and(|path| is_seen(path, areas)) {
        return Ok(None);
    }
    let real = fs::canonicalize(link).ok().or(lexical).unwrap_or_else(|| dir.join(target));
    // A checkout may have its repository in it.
    let is_around =
        |area: &Area| area.depth != Depth::Git && area.root != real && area.root.starts_with(&real);
    if areas.iter().any(is_around) {
        let source = io::Error::other("it leads to a directory around what is compiled");
        return Err(FsError::while_doing("follow the link", link)(source));
    }
    Ok(Some(real))
}

fn is_seen(path: &Path, areas: &[Area]) -> bool {
    areas.iter().any(|area| area.root == path || area.has(path))
}

/// What a link in `dir` leads to if there is no other link on the way; `None` if `..` comes after a name, which may be a link.
fn lexical(dir: &Path, target: &Path) -> Option<PathBuf> {
    let mut path = dir.to_path_buf();
    let mut has_name = false;
    for part in target.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if has_name => return None,
            Component::ParentDir => {
                path.pop();
            }
            Component::Normal(name) => {
                has_name = true;
                path.push(name);
            }
            absolute => path.push(absolute),
        }
    }
    Some(path)
}
