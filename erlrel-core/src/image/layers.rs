//! From a tree to layers: which entry goes into which layer, and the packing of each.

use std::collections::BTreeMap;
use std::io::BufWriter;
use std::path::Path;

use rayon::prelude::*;

use super::blob::Blob;
use super::error::ImageError;
use super::files::{FileInfo, FileKind, FileMap};
use super::layer::Layer;
use super::manifest::LAYER_GZIP;
use crate::deflate::{self, Effort};
use crate::digest::{DiffId, DigestWriter};
use crate::fs::FsError;
use crate::observer::{Event, Observer};
use crate::tree::{Entry, Group, Node, TarOptions, Tree, TreeError, TreePath, write_tar};

/// A layer that was decided and not yet packed.
#[derive(Debug, Clone)]
pub struct LayerPlan {
    /// What the layer holds: `native`, `otp`, `dependencies`, `project`.
    pub name: String,
    /// Its entries, with all directories that it brings along.
    pub tree: Tree,
}

/// Choices for [`split`].
#[derive(Debug, Clone, Copy, Default)]
pub struct SplitOptions<'a> {
    /// The files of the base image. Default: none, as for an image without a base.
    pub base: Option<&'a FileMap>,
    /// The directory that belongs to the release, such as `opt/hello`: its directories are in the layers even
    /// where the base has them.
    pub prefix: Option<&'a TreePath>,
}

/// The layers in the order in which they lie on each other: what changes rarely comes first.
const ORDER: [&str; 4] = ["native", "otp", "dependencies", "project"];

/// The layer that entries of a group go into. This function alone decides it.
fn layer_of(group: &Group) -> &'static str {
    match group {
        Group::Native => "native",
        Group::Erts | Group::Otp => "otp",
        Group::Dependency(_) => "dependencies",
        Group::Project(_) | Group::Release => "project",
    }
}

/// Splits a tree into layers by the groups of its entries; layers without entries are left out.
///
/// Every layer has an entry for each directory above its entries, because an engine would invent modes and
/// times for those that are missing. Where the tree has the directory, its mode counts, otherwise it is 0755.
///
/// On a base image, paths are first led through the base's links, since overlay file systems would put a
/// directory `lib` in place of a link `lib -> usr/lib`. Directories that the base has are then left out: an entry
/// would replace their attributes (image-spec, "layer.md"), for example `/tmp` 1777. The exception are those
/// above an entry whose mode is not 0755: Docker makes missing ones with that mode, so they get one with their own.
///
/// # Errors
/// [`TreeError::DuplicatePath`] when two entries meet at one path behind a link.
pub fn split(tree: &Tree, options: SplitOptions<'_>) -> Result<Vec<LayerPlan>, TreeError> {
    let tree = through_links(tree, options.base)?;
    let plans =
        ORDER.iter().map(|name| LayerPlan { name: name.to_string(), tree: select(&tree, name, options) });
    Ok(plans.filter(|plan| !plan.tree.is_empty()).collect())
}

/// The same entries at the paths where they really come to lie.
fn through_links(tree: &Tree, base: Option<&FileMap>) -> Result<Tree, TreeError> {
    let mut view = base.cloned().unwrap_or_default();
    for (path, entry) in tree.iter() {
        if let Node::Symlink(target) = &entry.node {
            let kind = FileKind::Symlink(target.clone());
            view.insert(path.as_str(), FileInfo { kind, mode: entry.mode, owner: (0, 0) });
        }
    }
    let mut placed = Tree::new();
    for (path, entry) in tree.iter() {
        match view.walk(path.as_str(), entry.is_directory()) {
            // A directory that is a link to the root: there is nothing to make.
            Some(real) if real.is_empty() => {}
            Some(real) => placed.insert(TreePath::new(real)?, entry.clone())?,
            None => placed.insert(path.clone(), entry.clone())?,
        }
    }
    Ok(placed)
}

fn select(tree: &Tree, layer: &str, options: SplitOptions<'_>) -> Tree {
    let own = |entry: &Entry| layer_of(&entry.group) == layer;
    let mut selected: Tree = tree
        .iter()
        .filter(|(_, entry)| own(entry))
        .map(|(path, entry)| (path.clone(), entry.clone()))
        .collect();
    add_missing(&mut selected, |parent| match tree.get(parent.as_str()) {
        Some(there) => there.is_directory().then_some(there.mode),
        None => Some(0o755),
    });
    selected.retain(|path, entry| !entry.is_directory() || !is_in_base(path, options));
    add_missing(&mut selected, |parent| options.base.and_then(|base| unusual_mode(base, parent)));
    selected
}

/// Adds the directories above the entries that are not there and that `mode_of` knows a mode for.
fn add_missing(tree: &mut Tree, mode_of: impl Fn(&TreePath) -> Option<u32>) {
    let mut missing = BTreeMap::new();
    for (path, entry) in tree.iter() {
        for parent in path.ancestors().filter(|parent| tree.get(parent.as_str()).is_none()) {
            let directory = |mode| Entry { mode, ..Entry::directory(entry.group.clone()) };
            missing.extend(mode_of(&parent).map(|mode| (parent, directory(mode))));
        }
    }
    missing.into_iter().for_each(|(path, entry)| tree.replace(path, entry));
}

fn is_in_base(path: &TreePath, options: SplitOptions<'_>) -> bool {
    let owned = options.prefix.is_some_and(|prefix| {
        path == prefix
            || path.as_str().strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('/'))
    });
    !owned && options.base.is_some_and(|base| base.is_directory(path.as_str()))
}

/// The mode of a directory of the base that is not what engines make. Directories of other users are left to
/// the engine, since our entries belong to root.
fn unusual_mode(base: &FileMap, path: &TreePath) -> Option<u32> {
    let info = base.get(path.as_str()).filter(|info| info.kind == FileKind::Directory)?;
    (info.mode != 0o755 && info.owner == (0, 0)).then_some(info.mode)
}

/// Choices for [`pack`].
#[derive(Clone, Copy)]
pub struct PackOptions<'a> {
    /// Modification time of every entry, in seconds since 1970.
    pub mtime: u64,
    /// A directory for unnamed temporary files, with space for the compressed layers.
    pub scratch_dir: &'a Path,
    /// Is told of every packed layer, and may stop the work between two layers.
    pub observer: &'a dyn Observer,
}

impl std::fmt::Debug for PackOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { mtime, scratch_dir, observer: _ } = self;
        f.debug_struct("PackOptions")
            .field("mtime", mtime)
            .field("scratch_dir", scratch_dir)
            .finish_non_exhaustive()
    }
}

/// Packs layers, several at once; the result has their order, and its bytes do not depend on the number of
/// threads.
///
/// Memory holds a few files of each layer at a time; the compressed layers are in unnamed temporary files,
/// which vanish with the last [`Layer`] that refers to them, even if the process is killed.
///
/// # Errors
/// When a file of a tree cannot be read, the scratch directory cannot be written, or the observer asks to stop.
pub fn pack(plans: &[LayerPlan], options: PackOptions<'_>) -> Result<Vec<Layer>, ImageError> {
    plans.par_iter().map(|plan| pack_one(plan, options)).collect()
}

fn pack_one(plan: &LayerPlan, options: PackOptions<'_>) -> Result<Layer, ImageError> {
    if options.observer.stop_requested() {
        return Err(TreeError::Stopped.into());
    }
    let packed = write(&plan.tree, options)?;
    options.observer.event(&Event::LayerPacked { layer: &plan.name, size: packed.blob.size() });
    Ok(Layer {
        name: plan.name.clone(),
        media_type: LAYER_GZIP.into(),
        blob: packed.blob,
        diff_id: packed.diff_id,
        unpacked_size: Some(packed.unpacked_size),
        entries: Some(plan.tree.len()),
    })
}

struct Packed {
    blob: Blob,
    diff_id: DiffId,
    unpacked_size: u64,
}

/// tar, then the digest of the tar, then gzip, then the digest of that, then a file.
fn write(tree: &Tree, options: PackOptions<'_>) -> Result<Packed, ImageError> {
    let dir = options.scratch_dir;
    let failed = |error| FsError::while_doing("write a temporary file in", dir)(error);
    let file = tempfile::tempfile_in(dir).map_err(failed)?;
    let compressed = DigestWriter::new(BufWriter::with_capacity(1 << 16, file));
    let tar = DigestWriter::new(deflate::writer(compressed, Effort::Normal));
    let tar_options = TarOptions { mtime: options.mtime, directories: true };
    let tar = write_tar(tree, tar_options, tar, &dir.display().to_string())?;
    let (gzip, diff_id, unpacked_size) = tar.finish_diff_id();
    let (buffer, digest, size) = gzip.finish().map_err(failed)?.finish();
    let file = buffer.into_inner().map_err(|error| failed(error.into_error()))?;
    let blob = Blob::in_unnamed_file(file, dir, digest, size);
    Ok(Packed { blob, diff_id, unpacked_size })
}
