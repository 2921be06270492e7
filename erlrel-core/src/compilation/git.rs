//! What decides how git describes the commit that is checked out, which is what rebar3 asks for `{vsn, git}`: which commit
//! that is, which tags there are, how many objects are packed, and what the configuration says. Not whether files are modified.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::areas::{Area, Depth};
use super::{Work, own_dirs, real};

/// Where that is for a project: in the repositories that its applications are in, which need not be the project's own, and in the
/// configuration of the user and the machine.
pub(super) fn areas(work: &Work<'_>) -> Vec<Area> {
    let dirs = own_dirs(&work.project).into_iter().chain([work.project.root.clone()]);
    let found: BTreeSet<PathBuf> = dirs.filter_map(|dir| repository(&real(&dir))).collect();
    let git = found.iter().flat_map(|path| of_repository(path));
    let environment = work.options.environment;
    let home = environment.get("HOME").map(PathBuf::from);
    let own = environment.get("XDG_CONFIG_HOME").map(PathBuf::from);
    let own = own.or_else(|| Some(home.clone()?.join(".config")));
    let files = [home.map(|dir| dir.join(".gitconfig")), own.map(|dir| dir.join("git/config"))];
    let files = files.into_iter().flatten().chain(["/etc/gitconfig".into()]);
    git.chain(files.map(Area::of)).collect()
}

/// What git finds first above a directory.
fn repository(dir: &Path) -> Option<PathBuf> {
    dir.ancestors().map(|dir| dir.join(".git")).find(|path| path.symlink_metadata().is_ok())
}

/// `.git` is a directory, or a file that names one, as in a further work tree, which shares tags with the first.
fn of_repository(path: &Path) -> Vec<Area> {
    let named = std::fs::read_to_string(path).ok();
    let named = named.as_deref().and_then(|text| text.trim().strip_prefix("gitdir:")).map(str::trim);
    let dir = path.parent().unwrap_or(path).join(named.unwrap_or(".git"));
    let shared = std::fs::read_to_string(dir.join("commondir")).ok().map(|text| dir.join(text.trim()));
    let file = named.is_some().then(|| Area::of(path.into()));
    file.into_iter().chain([dir].into_iter().chain(shared).map(|dir| Area::to(dir, Depth::Git))).collect()
}
