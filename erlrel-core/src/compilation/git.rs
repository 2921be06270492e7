//! What decides how git describes the commit that is checked out, which is what rebar3 asks for `{vsn, git}`: which commit
//! that is, which tags there are, how many objects are packed, and what the configuration says. Not whether files are modified.

use std::path::{Path, PathBuf};

use super::areas::{Area, Depth};
use crate::environment::Environment;

/// Where that is for a project: in the repository that it is in, and in the configuration of the user and the machine.
pub(super) fn areas(root: &Path, environment: &Environment) -> Vec<Area> {
    let found = root.ancestors().map(|dir| dir.join(".git")).find(|path| path.symlink_metadata().is_ok());
    let git = found.iter().flat_map(|path| of_repository(path));
    let home = environment.get("HOME").map(PathBuf::from);
    let own = environment.get("XDG_CONFIG_HOME").map(PathBuf::from);
    let own = own.or_else(|| Some(home.clone()?.join(".config")));
    let files = [home.map(|dir| dir.join(".gitconfig")), own.map(|dir| dir.join("git/config"))];
    let files = files.into_iter().flatten().chain(["/etc/gitconfig".into()]);
    git.chain(files.map(Area::of)).collect()
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
