//! Links in an application's folders that lead nowhere.

use std::path::Path;

use super::Warning;
use super::assemble::{Form, folders};
use super::files;
use super::resolve::Release;

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
    dirs.flat_map(|dir| files::walk(&dir, ""))
        .filter_map(|found| warning(found.err()?.broken_link()?))
        .collect()
}

fn warning(link: &Path) -> Option<Warning> {
    Some(Warning::BrokenLink { path: link.into(), target: link.read_link().ok()? })
}
