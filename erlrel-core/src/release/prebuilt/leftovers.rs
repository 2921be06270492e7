//! What lies in a release and does not belong into an image.

use super::Maker;
use super::description::Description;
use crate::tree::{Tree, TreePath};

/// Removes a secret, what was rendered for another machine, old versions, and from a directory what a run of the
/// release has left behind.
pub(super) fn remove(mut tree: Tree, release: &Description, is_directory: bool) -> Tree {
    let rendered: Vec<String> = ["sys.config", "vm.args"]
        .map(|name| format!("releases/{}/{name}", release.vsn))
        .into_iter()
        .filter(|path| tree.get(&format!("{path}.src")).is_some())
        .collect();
    tree.retain(|path, entry| {
        let of_a_run = is_directory && !entry.is_directory() && is_of_a_run(path, release);
        let is_cookie = release.maker == Maker::Mix && path.as_str() == "releases/COOKIE";
        let is_rendered = rendered.iter().any(|rendered| rendered == path.as_str());
        !(of_a_run || is_cookie || is_rendered || is_old(path, release))
    });
    tree
}

/// Logs, temporary files and crash dumps; and the tarball that `rebar3 tar` leaves in the directory.
fn is_of_a_run(path: &TreePath, release: &Description) -> bool {
    let path = path.as_str();
    let tarball = path.strip_prefix(&release.name).is_some_and(|rest| rest.starts_with('-'))
        && path.ends_with(".tar.gz")
        && !path.contains('/');
    path.starts_with("log/") || path.starts_with("tmp/") || path == "erl_crash.dump" || tarball
}

/// `lib/APP-VSN` of an application that the release has in another version: relx does not remove what an
/// earlier build has left.
fn is_old(path: &TreePath, release: &Description) -> bool {
    let dir = path.as_str().strip_prefix("lib/").and_then(|rest| rest.split('/').next());
    let Some((name, vsn)) = dir.and_then(|dir| dir.split_once('-')) else { return false };
    let versions = || release.apps.iter().filter(|app| app.name == name);
    versions().next().is_some() && versions().all(|app| app.vsn != vsn)
}
