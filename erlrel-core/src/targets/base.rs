//! What a base must have for those who work on a project.

use super::{Target, TargetError, TargetOptions};
use crate::container::Opened;

/// The Erlang of a base.
#[derive(Debug)]
pub(super) struct BaseErlang {
    /// Its directory, such as `/usr/lib/erlang`.
    pub(super) root: String,
}

/// Finds Erlang, rebar3 and, if rebar3 will ask it for commits, git.
///
/// # Errors
/// When one is missing, or Erlang is of another version than the one that has compiled the project.
pub(super) fn check(
    base: &Opened,
    options: &TargetOptions<'_>,
    target: Target,
    needs_git: bool,
) -> Result<BaseErlang, TargetError> {
    let own = options.container.env.iter().rev().find(|(name, _)| name == "PATH");
    let search_path = own.map_or_else(|| base.search_path(), |(_, value)| value.as_str());
    let name = options.container.base.to_string();
    for program in ["erl", "rebar3"].into_iter().chain(needs_git.then_some("git")) {
        if base.find_program(search_path, program).is_none() {
            let search_path = search_path.into();
            return Err(TargetError::NoProgram { target, program, base: name, search_path });
        }
    }
    let (ours, otp) = (options.otp.erts_vsn.clone(), options.otp.version.clone());
    let found: Vec<(&str, &str)> = base.files.iter().filter_map(|(path, _)| runtime(path)).collect();
    if let Some((root, _)) = found.iter().find(|(_, version)| *version == ours) {
        return Ok(BaseErlang { root: format!("/{root}") });
    }
    let theirs = found.first().map_or("?", |(_, version)| version).to_string();
    Err(TargetError::OtherErlang { base: name, theirs, ours, otp })
}

/// The directory of Erlang and the version of its runtime system, if this is the path of a virtual machine.
fn runtime(path: &str) -> Option<(&str, &str)> {
    let (root, version) = path.strip_suffix("/bin/beam.smp")?.rsplit_once("/erts-")?;
    Some((root, version))
}
