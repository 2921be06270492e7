//! Changes that rebar3 does not see.
//!
//! It compiles a module if its source, or a file that this includes, is newer than the BEAM file, in whole seconds, or if an option
//! has come to those that the BEAM file was compiled with (`rebar_compiler_erl`, `rebar_compiler_dag`). So it overlooks a
//! source that was changed in the second in which it was compiled, or got an old time (`touch -d`, `mv`, `cp -p`, `git stash`);
//! a header that is gone, or that stands before another one now; an option that is gone; another parse transform in a dependency.

use std::path::Path;

use super::snapshot::{Change, Fact, How, Snapshot};
use super::{Found, Why, own_dirs, variables};
use crate::fs::FsError;
use crate::project::Project;

/// What rebar3 compiles, and whose times it looks at.
const SOURCES: [&str; 6] = ["erl", "hrl", "xrl", "yrl", "asn1", "mib"];

/// True if one of these is such a change.
pub(super) fn is_any(whys: &[Why], now: &Found, project: &Project) -> bool {
    let made = newest(&now.products, &project.profile_dir());
    whys.iter().any(|why| match why {
        Why::Input(change) => !is_seen(change, &now.inputs, made, project),
        // A BEAM file that is gone is made again.
        Why::Product(change) => change.how != How::Removed,
        Why::Variable(name) => variables::is_decisive(name),
        Why::Values { of_erlang } => *of_erlang,
        Why::NoRecord | Why::Doubt(_) | Why::Unreadable(_) => false,
    })
}

/// The second in which rebar3 has last written something.
fn newest(products: &Snapshot, profile_dir: &Path) -> i64 {
    let time = |(path, fact): (&std::path::PathBuf, &Fact)| match fact {
        Fact::File(content) if path.starts_with(profile_dir) => Some(content.stat.modified.0),
        _ => None,
    };
    products.0.iter().filter_map(time).max().unwrap_or(i64::MAX)
}

fn is_seen(change: &Change, inputs: &Snapshot, made: i64, project: &Project) -> bool {
    let Change { path, how } = change;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_source = path.extension().is_some_and(|end| SOURCES.iter().any(|source| end == *source));
    let is_configuration = name.starts_with("rebar.") || name.contains(".app.src");
    match (how, inputs.0.get(path)) {
        // It looks at these each time.
        _ if name.ends_with(".app.src") && *how != How::Removed => true,
        _ if is_configuration => false,
        // Documents, tests' data, configurations of a release; outside of the project a toolchain, but for what git says.
        _ if !is_source => path.starts_with(&project.root) || path.iter().any(|part| part == ".git"),
        (How::Added, Some(Fact::File(_))) => !(name.ends_with(".hrl") && has_namesake(path, inputs)),
        (How::Changed, Some(Fact::File(content))) => content.stat.modified.0 > made,
        _ => false,
    }
}

/// True if another header has this name.
fn has_namesake(path: &Path, inputs: &Snapshot) -> bool {
    inputs.0.keys().any(|other| other != path && other.file_name() == path.file_name())
}

/// Removes what rebar3 has compiled of the project's own applications in this profile, and its notes on that, so that it
/// compiles all of them. Links are left alone: they lead to sources.
///
/// # Errors
/// When something cannot be removed.
pub(super) fn forget(project: &Project) -> Result<(), FsError> {
    let folder = |key: &str, usual: &str| {
        let dir = project.config.get(key).and_then(|dir| dir.as_text());
        project.profile_dir().join(dir.unwrap_or_else(|| usual.into()))
    };
    let folders = [folder("deps_dir", "lib"), folder("checkouts_out_dir", "checkouts")];
    let mut names = project.own_names().unwrap_or_default();
    let of_checkouts =
        own_dirs(project).into_iter().filter_map(|dir| Some(dir.file_name()?.to_str()?.to_string()));
    names.extend(of_checkouts);
    for folder in folders {
        remove(&folder.join(".rebar3"))?;
        for name in &names {
            let app = folder.join(name);
            if is_directory(&app) {
                remove(&app.join("ebin"))?;
            }
        }
    }
    Ok(())
}

fn remove(dir: &Path) -> Result<(), FsError> {
    if is_directory(dir) {
        std::fs::remove_dir_all(dir).map_err(FsError::while_doing("remove the directory", dir))?;
    }
    Ok(())
}

fn is_directory(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}
