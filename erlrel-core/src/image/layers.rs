//! From a tree to layers: which entry goes into which layer, and what else a layer has to bring.

use std::collections::{BTreeMap, BTreeSet};

use super::MAX_LAYERS;
use super::error::ImageError;
use super::files::{FileInfo, FileKind, FileMap};
pub use super::grouping::LayerBudget;
use super::grouping::{Grouping, GroupingOptions};
pub use super::pack::{PackOptions, pack};
pub(crate) use super::pack::{Packed, pack_one, some_at_once, write_layer};
use crate::tree::{Entry, Node, Tree, TreeError, TreePath};

/// A layer that was decided and not yet packed.
#[derive(Debug, Clone)]
pub struct LayerPlan {
    /// What the layer holds: `native`, `otp`, `dependency NAME`, `dependencies released`, `dependencies moving`,
    /// `project NAME`, `project K of N`, `release`; `dependencies` and `project` where they are not told apart.
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
    /// How many layers the base image has. Default: 0.
    pub base_layers: usize,
    /// How many layers applications have at most.
    pub budget: LayerBudget,
    /// The dependencies that are asked for by something that moves, such as a branch: they lie above the others.
    /// Default: none.
    pub moving: Option<&'a BTreeSet<String>>,
}

/// Splits a tree into layers by the groups of its entries, what changes rarely first; layers without entries are left
/// out.
///
/// Every layer has an entry for each directory above its entries, because an engine would invent modes and
/// times for those that are missing. Where the tree has the directory, its mode counts, otherwise it is 0755.
///
/// On a base image, paths are first led through the base's links, since overlay file systems would put a
/// directory `lib` in place of a link `lib -> usr/lib`. Directories that the base has are then left out: an
/// entry would replace their attributes (image-spec, "layer.md"), for example `/tmp` 1777. The exception are
/// those above an entry whose mode is not 0755: Docker makes missing ones with that mode, so they get one
/// with their own.
///
/// # Errors
/// [`TreeError::DuplicatePath`] when two entries meet at one path behind a link, [`ImageError::ReservedName`]
/// for a name that would remove a file of a lower layer (image-spec, "layer.md", Whiteouts).
pub fn split(tree: &Tree, options: SplitOptions<'_>) -> Result<Vec<LayerPlan>, ImageError> {
    let reserved = |path: &TreePath| path.as_str().split('/').any(|part| part.starts_with(".wh."));
    if let Some((path, _)) = tree.iter().find(|(path, _)| reserved(path)) {
        return Err(ImageError::ReservedName { path: path.to_string() });
    }
    let tree = through_links(tree, options.base)?;
    let prefix = options.prefix.and_then(|prefix| options.base?.walk(prefix.as_str(), true));
    let prefix = prefix.and_then(|prefix| TreePath::new(prefix).ok());
    let options = SplitOptions { prefix: prefix.as_ref().or(options.prefix), ..options };
    let plans = distribute(&tree, options).into_iter();
    let plans = plans.map(|(name, own)| LayerPlan { tree: complete(own, &tree, options), name });
    Ok(plans.filter(|plan| !plan.tree.is_empty()).collect())
}

/// The layers with their own entries, lowest first.
fn distribute(tree: &Tree, options: SplitOptions<'_>) -> Vec<(String, Tree)> {
    let SplitOptions { budget, moving, base_layers, .. } = options;
    let room = MAX_LAYERS.saturating_sub(base_layers);
    let grouping = Grouping::of(tree, &GroupingOptions { budget, moving, room });
    let mut layers: Vec<(String, Tree)> =
        grouping.names.iter().map(|name| (name.clone(), Tree::new())).collect();
    for (path, entry) in tree.iter() {
        if let Some((_, layer)) = grouping.place(&entry.group).and_then(|place| layers.get_mut(place)) {
            layer.replace(path.clone(), entry.clone());
        }
    }
    layers
}

/// The same entries at the paths where they really come to lie.
fn through_links(tree: &Tree, base: Option<&FileMap>) -> Result<Tree, TreeError> {
    let mut view = base.cloned().unwrap_or_default();
    for (path, entry) in tree.iter() {
        if let Node::Symlink(target) = &entry.node {
            let kind = FileKind::Symlink(target.clone());
            view.insert(path.as_str(), FileInfo::new(kind, entry.mode));
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

/// A layer with all directories that it brings along, and without those that are the base's.
fn complete(mut selected: Tree, tree: &Tree, options: SplitOptions<'_>) -> Tree {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixture::{path, tree};
    use crate::tree::{Group, listing};

    fn render(plans: &[LayerPlan]) -> String {
        plans.iter().map(|plan| format!("{}:\n{}", plan.name, listing(&plan.tree))).collect()
    }

    fn base(paths: &[(&str, FileKind, u32)]) -> FileMap {
        let info = |kind: &FileKind, mode: &u32| FileInfo::new(kind.clone(), *mode);
        paths.iter().map(|(path, kind, mode)| (path.to_string(), info(kind, mode))).collect()
    }

    #[test]
    fn without_a_base_every_layer_brings_its_directories() {
        let plans = split(&tree(), SplitOptions::default()).expect("split");
        insta::assert_snapshot!(render(&plans), @r"
        native:
        0755 native etc/
        0644 native etc/passwd
        0755 native lib/
        0755 native lib/libc.so
        1777 native tmp/
        otp:
        0755 otp opt/
        0755 otp opt/app/
        0755 erts opt/app/erts/
        0755 erts opt/app/erts/bin/
        0755 erts opt/app/erts/bin/beam
        0755 otp opt/app/lib/
        0755 otp opt/app/lib/stdlib/
        0755 otp opt/app/lib/stdlib/ebin/
        0644 otp opt/app/lib/stdlib/ebin/stdlib.app
        dependency dep:
        0755 dependency:dep opt/
        0755 dependency:dep opt/app/
        0755 dependency:dep opt/app/lib/
        0755 dependency:dep opt/app/lib/dep/
        0755 dependency:dep opt/app/lib/dep/ebin/
        0644 dependency:dep opt/app/lib/dep/ebin/dep.app
        project app:
        0755 project:app opt/
        0755 project:app opt/app/
        0755 project:app opt/app/lib/
        0755 project:app opt/app/lib/app/
        0755 project:app opt/app/lib/app/ebin/
        0644 project:app opt/app/lib/app/ebin/app.app
        release:
        0755 release opt/
        0755 release opt/app/
        0755 release opt/app/bin/
        link release opt/app/bin/app -> ../erts/bin/beam
        ");
    }

    #[test]
    fn on_a_base_its_directories_and_links_stay_as_they_are() {
        let base = base(&[
            ("etc", FileKind::Directory, 0o755),
            ("tmp", FileKind::Directory, 0o1777),
            ("opt/app", FileKind::Directory, 0o700),
            ("opt", FileKind::Directory, 0o711),
            ("usr/lib", FileKind::Directory, 0o755),
            ("lib", FileKind::Symlink("usr/lib".into()), 0o777),
        ]);
        let prefix = path("opt/app");
        let options = SplitOptions { base: Some(&base), prefix: Some(&prefix), ..Default::default() };
        let plans = split(&tree(), options).expect("split");
        insta::assert_snapshot!(render(&plans), @r"
        native:
        0644 native etc/passwd
        0755 native usr/lib/libc.so
        otp:
        0711 otp opt/
        0755 otp opt/app/
        0755 erts opt/app/erts/
        0755 erts opt/app/erts/bin/
        0755 erts opt/app/erts/bin/beam
        0755 otp opt/app/lib/
        0755 otp opt/app/lib/stdlib/
        0755 otp opt/app/lib/stdlib/ebin/
        0644 otp opt/app/lib/stdlib/ebin/stdlib.app
        dependency dep:
        0711 dependency:dep opt/
        0755 dependency:dep opt/app/
        0755 dependency:dep opt/app/lib/
        0755 dependency:dep opt/app/lib/dep/
        0755 dependency:dep opt/app/lib/dep/ebin/
        0644 dependency:dep opt/app/lib/dep/ebin/dep.app
        project app:
        0711 project:app opt/
        0755 project:app opt/app/
        0755 project:app opt/app/lib/
        0755 project:app opt/app/lib/app/
        0755 project:app opt/app/lib/app/ebin/
        0644 project:app opt/app/lib/app/ebin/app.app
        release:
        0711 release opt/
        0755 release opt/app/
        0755 release opt/app/bin/
        link release opt/app/bin/app -> ../erts/bin/beam
        ");
    }

    #[test]
    fn the_release_owns_its_directories_behind_a_link_too() {
        let base = base(&[
            ("opt", FileKind::Symlink("usr/opt".into()), 0o777),
            ("usr/opt/app/lib", FileKind::Directory, 0o700),
        ]);
        let tree = Tree::from_iter([(path("opt/app/lib/x"), Entry::file("", 0o644, Group::Otp))]);
        let prefix = path("opt/app");
        let plans =
            split(&tree, SplitOptions { base: Some(&base), prefix: Some(&prefix), ..Default::default() })
                .expect("split");
        insta::assert_snapshot!(render(&plans), @r"
        otp:
        0755 otp usr/opt/app/
        0755 otp usr/opt/app/lib/
        0644 otp usr/opt/app/lib/x
        ");
    }

    #[test]
    fn layers_without_entries_are_left_out() {
        let tmp = Tree::from_iter([(path("tmp"), Entry::directory(Group::Native))]);
        let base = base(&[("tmp", FileKind::Directory, 0o1777)]);
        let options = SplitOptions { base: Some(&base), ..Default::default() };
        assert!(split(&tmp, options).expect("split").is_empty());
        assert_eq!(split(&tmp, SplitOptions::default()).expect("split").len(), 1);
    }

    #[test]
    fn two_files_that_meet_behind_a_link_are_an_error() {
        let file = || Entry::file("x", 0o644, Group::Native);
        let tree = Tree::from_iter([(path("lib/x"), file()), (path("usr/lib/x"), file())]);
        let base = base(&[("lib", FileKind::Symlink("usr/lib".into()), 0o777)]);
        let error =
            split(&tree, SplitOptions { base: Some(&base), ..Default::default() }).expect_err("they meet");
        assert_eq!(error.to_string(), "two things would be written to `usr/lib/x`");
    }

    #[test]
    fn a_file_that_an_engine_would_take_for_a_whiteout_is_an_error() {
        let tree = Tree::from_iter([(path("opt/.wh.x/y"), Entry::file("", 0o644, Group::Release))]);
        let error = split(&tree, SplitOptions::default()).expect_err("a reserved name");
        insta::assert_snapshot!(error, @"`opt/.wh.x/y` cannot be put into an image: there, names with `.wh.` at the beginning remove a file; rename it");
    }
}
