//! From a tree to layers: which entry goes into which layer.

use std::collections::BTreeMap;

use super::error::ImageError;
use super::files::{FileInfo, FileKind, FileMap};
pub use super::pack::{PackOptions, pack};
pub(crate) use super::pack::{Packed, pack_one, write_layer};
use crate::tree::{Entry, Group, Node, Tree, TreeError, TreePath};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixture::{path, tree};
    use crate::tree::listing;

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
        dependencies:
        0755 dependency:dep opt/
        0755 dependency:dep opt/app/
        0755 dependency:dep opt/app/lib/
        0755 dependency:dep opt/app/lib/dep/
        0755 dependency:dep opt/app/lib/dep/ebin/
        0644 dependency:dep opt/app/lib/dep/ebin/dep.app
        project:
        0755 project:app opt/
        0755 project:app opt/app/
        0755 release opt/app/bin/
        link release opt/app/bin/app -> ../erts/bin/beam
        0755 project:app opt/app/lib/
        0755 project:app opt/app/lib/app/
        0755 project:app opt/app/lib/app/ebin/
        0644 project:app opt/app/lib/app/ebin/app.app
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
        let options = SplitOptions { base: Some(&base), prefix: Some(&prefix) };
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
        dependencies:
        0711 dependency:dep opt/
        0755 dependency:dep opt/app/
        0755 dependency:dep opt/app/lib/
        0755 dependency:dep opt/app/lib/dep/
        0755 dependency:dep opt/app/lib/dep/ebin/
        0644 dependency:dep opt/app/lib/dep/ebin/dep.app
        project:
        0711 project:app opt/
        0755 project:app opt/app/
        0755 release opt/app/bin/
        link release opt/app/bin/app -> ../erts/bin/beam
        0755 project:app opt/app/lib/
        0755 project:app opt/app/lib/app/
        0755 project:app opt/app/lib/app/ebin/
        0644 project:app opt/app/lib/app/ebin/app.app
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
        let plans = split(&tree, SplitOptions { base: Some(&base), prefix: Some(&prefix) }).expect("split");
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
        let options = SplitOptions { base: Some(&base), prefix: None };
        assert!(split(&tmp, options).expect("split").is_empty());
        assert_eq!(split(&tmp, SplitOptions::default()).expect("split").len(), 1);
    }

    #[test]
    fn two_files_that_meet_behind_a_link_are_an_error() {
        let file = || Entry::file("x", 0o644, Group::Native);
        let tree = Tree::from_iter([(path("lib/x"), file()), (path("usr/lib/x"), file())]);
        let base = base(&[("lib", FileKind::Symlink("usr/lib".into()), 0o777)]);
        let error = split(&tree, SplitOptions { base: Some(&base), prefix: None }).expect_err("they meet");
        assert_eq!(error.to_string(), "two things would be written to `usr/lib/x`");
    }

    #[test]
    fn a_file_that_an_engine_would_take_for_a_whiteout_is_an_error() {
        let tree = Tree::from_iter([(path("opt/.wh.x/y"), Entry::file("", 0o644, Group::Release))]);
        let error = split(&tree, SplitOptions::default()).expect_err("a reserved name");
        insta::assert_snapshot!(error, @"`opt/.wh.x/y` cannot be put into an image: there, names with `.wh.` at the beginning remove a file; rename it");
    }
}
