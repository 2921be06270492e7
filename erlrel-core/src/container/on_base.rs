//! What a base image lacks of what a release needs of a system.

use std::collections::BTreeSet;

use crate::image::files::{FileKind, FileMap};
use crate::image::native::{LibraryPlace, NativeFiles};
use crate::tree::{Tree, TreePath};

/// Directories in which loaders look without being told to.
const LIBRARY_DIRS: [&str; 4] = ["lib", "lib64", "usr/lib", "usr/lib64"];

/// The native files that the base does not have. What it has is its own business: a library of the same
/// name in a default directory, `/etc/passwd`, certificates.
///
/// Paths are changed to where the base's links lead (`/lib -> usr/lib`), so that no link is replaced.
pub(super) fn missing(native: NativeFiles, base: &FileMap) -> Tree {
    let libraries = library_names(base);
    let provided: BTreeSet<&TreePath> = native
        .libraries
        .iter()
        .filter(|library| {
            library.place == LibraryPlace::System && libraries.contains(library.path.file_name())
        })
        .map(|library| &library.path)
        .collect();
    let lacking = native
        .tree
        .iter()
        .filter(|(path, _)| !provided.contains(path) && base.resolve(path.as_str()).is_none());
    lacking.map(|(path, entry)| (behind_links(path, base), entry.clone())).collect()
}

/// Names of the files in the default directories and one level below, where Debian keeps them.
fn library_names(base: &FileMap) -> BTreeSet<&str> {
    let in_default = |path: &str| {
        let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
        let above = dir.rsplit_once('/').map_or("", |(above, _)| above);
        LIBRARY_DIRS.contains(&dir) || LIBRARY_DIRS.contains(&above)
    };
    let files = base.iter().filter(|(path, info)| in_default(path) && info.kind != FileKind::Directory);
    files.filter_map(|(path, _)| path.rsplit('/').next()).collect()
}

/// The path with the links of its parents followed as far as the base has them.
fn behind_links(path: &TreePath, base: &FileMap) -> TreePath {
    let ancestors: Vec<TreePath> = path.ancestors().collect();
    for parent in ancestors.iter().rev() {
        if let Some((real, _)) = base.resolve(parent.as_str()) {
            let rest = path.as_str().strip_prefix(parent.as_str()).unwrap_or_default();
            return TreePath::new(format!("{real}{rest}")).unwrap_or_else(|_| path.clone());
        }
    }
    path.clone()
}
