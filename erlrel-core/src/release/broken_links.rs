//! The files in an application's folders, where links are followed, and those links that lead nowhere.

use std::io;
use std::path::Path;

use walkdir::WalkDir;

use super::Warning;
use super::assemble::{Form, folders};
use super::resolve::Release;
use crate::fs::FsError;

/// Links in applications that lead nowhere: relx leaves them out without a word, in every form of a release.
pub(super) fn warnings(release: &Release, form: Form) -> Vec<Warning> {
    let spec = &release.spec;
    if form.links(spec) {
        return Vec::new();
    }
    let packed = release.apps.iter().filter(|app| app.packed);
    let dirs = packed.flat_map(|app| folders(spec, form).into_iter().map(|folder| app.app.dir.join(folder)));
    // rebar3 itself links to folders that an application may not have.
    let dirs = dirs.filter(|dir| dir.is_dir());
    dirs.flat_map(|dir| walk(&dir)).filter_map(|entry| warning(link_in(&entry.err()?)?)).collect()
}

fn warning(link: &Path) -> Option<Warning> {
    Some(Warning::BrokenLink { path: link.into(), target: link.read_link().ok()? })
}

/// Everything in a directory, by name.
pub(super) fn walk(dir: &Path) -> impl Iterator<Item = walkdir::Result<walkdir::DirEntry>> + use<> {
    WalkDir::new(dir).follow_links(true).sort_by_file_name().into_iter()
}

/// The link that leads nowhere, if that is what could not be read.
pub(super) fn link_in(error: &walkdir::Error) -> Option<&Path> {
    let is_absent = error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
    error.path().filter(|path| is_absent && path.is_symlink())
}

/// An error that says once what could not be read, and why.
pub(super) fn fs_error(error: walkdir::Error, dir: &Path) -> FsError {
    let path = error.path().unwrap_or(dir).into();
    let circle = || io::Error::other("the link leads to a directory that it is in");
    FsError { action: "read", path, source: error.into_io_error().unwrap_or_else(circle) }
}
