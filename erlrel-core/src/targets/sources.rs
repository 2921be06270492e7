//! The files of a project that somebody wrote: those that git tracks, and those that it does not ignore. Where git does
//! not know the project, all but what is built.

use std::path::{Path, PathBuf};

use super::TargetError;
use crate::fs;
use crate::project::{Project, commands};
use crate::tree::{Tree, TreeError, read_entry};

/// What no project wrote itself, wherever it lies.
const NOT_WRITTEN: [&str; 4] = [".git", ".hg", ".svn", ".rebar3"];

/// Adds the sources, by their paths in the project.
///
/// # Errors
/// When something cannot be read, or a link leads out of the project.
pub(super) fn add(tree: &mut Tree, project: &Project) -> Result<(), TargetError> {
    let listed =
        commands::git(&project.root, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let paths: Vec<PathBuf> = match listed {
        Some(text) => {
            text.split('\0').filter(|path| !path.is_empty()).map(|path| project.root.join(path)).collect()
        }
        None => fs::list(&project.root)?,
    };
    let built = [project.base_dir.clone(), project.root.join("_build")];
    let is_built = |path: &Path| built.iter().any(|dir| path.starts_with(dir));
    for path in paths.iter().filter(|path| !is_built(path)) {
        // git lists twice what is in conflict, and what was deleted too.
        if path.symlink_metadata().is_ok() {
            add_below(tree, &project.root, path)?;
        }
    }
    Ok(())
}

/// Adds a file, or a directory with everything in it that somebody wrote.
///
/// # Errors
/// When something cannot be read, or a link leads out of `root`.
pub(super) fn add_below(tree: &mut Tree, root: &Path, path: &Path) -> Result<(), TreeError> {
    let mut waiting = vec![path.to_path_buf()];
    while let Some(path) = waiting.pop() {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if NOT_WRITTEN.contains(&name) || fs::is_aside(&path) {
            continue;
        }
        let mut one = Tree::new();
        if read_entry(root, &path, &mut one)? {
            waiting.extend(fs::list(&path)?);
        }
        one.iter().for_each(|(at, entry)| tree.replace(at.clone(), entry.clone()));
    }
    Ok(())
}
