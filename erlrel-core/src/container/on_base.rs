//! What a base image lacks of what a release needs of a system, and whether what it has will do.

use std::collections::BTreeMap;

use super::{ContainerError, ContainerOptions, Opened};
use crate::image::files::{FileKind, FileMap};
use crate::image::native::{LibraryPlace, NativeFiles, NativeLibrary};
use crate::tree::{Entry, Group, Tree, TreePath};

/// Directories in which loaders look without being told to.
const LIBRARY_DIRS: [&str; 4] = ["lib", "lib64", "usr/lib", "usr/lib64"];

/// Where the native part keeps its package records.
const PACKAGE_RECORDS: &str = "var/lib/dpkg/status.d/";

/// The base, in which a release without a runtime system finds `erl` on the search path, as its start program does.
///
/// # Errors
/// When there is no base, or no `erl` in it.
pub(super) fn with_erlang<'a>(
    base: Option<&'a Opened>,
    options: &ContainerOptions,
    release: &str,
) -> Result<&'a Opened, ContainerError> {
    let base = base.ok_or_else(|| ContainerError::NoErts { release: release.into() })?;
    let own = options.env.iter().rev().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_str());
    let path = own.unwrap_or_else(|| base.search_path());
    if base.find_program(path, "erl").is_some() {
        return Ok(base);
    }
    Err(ContainerError::NoErlang {
        release: release.into(),
        base: base.image.path().into(),
        search_path: path.into(),
    })
}

/// The native files that the base does not have. What it has is its own business: a library of the same
/// name in a default directory, `/etc/passwd`, certificates.
///
/// # Errors
/// When a library of the base lacks a symbol version without which the loader refuses the release.
pub(super) fn missing(native: NativeFiles, files: &FileMap) -> Result<Tree, ContainerError> {
    let there = library_paths(files);
    let system = native.libraries.iter().filter(|library| library.place == LibraryPlace::System);
    let provided: BTreeMap<&TreePath, (&NativeLibrary, String)> = system
        .filter_map(|library| Some((&library.path, (library, there.get(library.path.file_name())?.clone()))))
        .collect();
    check_versions(provided.values(), files)?;
    let is_there = |path: &TreePath| provided.contains_key(path) || files.resolve(path.as_str()).is_some();
    let brings_library = native.libraries.iter().any(|library| !is_there(&library.path));
    // Without a library of the host in the image, its package records would describe nothing.
    let is_idle = |path: &TreePath, entry: &Entry| {
        !brings_library && entry.group == Group::Native && path.as_str().starts_with(PACKAGE_RECORDS)
    };
    let lacking = native.tree.iter().filter(|(path, entry)| !is_there(path) && !is_idle(path, entry));
    Ok(lacking.map(|(path, entry)| (path.clone(), entry.clone())).collect())
}

/// The libraries in the default directories and one level below, where Debian keeps them: name to path,
/// links followed.
fn library_paths(files: &FileMap) -> BTreeMap<&str, String> {
    let in_default = |path: &str| {
        let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
        let above = dir.rsplit_once('/').map_or("", |(above, _)| above);
        LIBRARY_DIRS.contains(&dir) || LIBRARY_DIRS.contains(&above)
    };
    let real = |path: &str| files.resolve(path).filter(|(_, info)| info.kind == FileKind::File);
    let candidates = files.iter().filter(|(path, _)| in_default(path));
    candidates.filter_map(|(path, _)| Some((path.rsplit('/').next()?, real(path)?.0.to_string()))).collect()
}

/// A library that cannot be read as one, or defines no versions at all, is given the benefit of the doubt.
fn check_versions<'a>(
    provided: impl Iterator<Item = &'a (&'a NativeLibrary, String)>,
    files: &FileMap,
) -> Result<(), ContainerError> {
    for (library, path) in provided {
        let has = files.get(path).map(|info| &info.symbol_versions).filter(|has| !has.is_empty());
        let Some(has) = has else { continue };
        for (needed_by, versions) in &library.needed_by {
            if let Some(version) = versions.iter().find(|version| !has.contains(*version)) {
                return Err(ContainerError::BaseTooOld {
                    library: format!("/{path}"),
                    version: version.clone(),
                    needed_by: needed_by.clone(),
                });
            }
        }
    }
    Ok(())
}
