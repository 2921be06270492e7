//! What a base must have for those who work on a project.

use super::{Target, TargetError, TargetOptions};
use crate::container::Opened;
use crate::image::files::FileMap;

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
    let ours = &options.otp.erts_vsn;
    erlang(&base.files, ours).map_err(|theirs| TargetError::OtherErlang {
        base: name,
        theirs,
        ours: ours.clone(),
        otp: options.otp.version.clone(),
    })
}

/// The Erlang with this version of the runtime system, or the version that there is.
fn erlang(files: &FileMap, ours: &str) -> Result<BaseErlang, String> {
    let mut theirs = "?";
    for (root, version) in files.iter().filter_map(|(path, _)| runtime(path)) {
        if version == ours {
            return Ok(BaseErlang { root: format!("/{root}") });
        }
        theirs = version;
    }
    Err(theirs.into())
}

/// The directory of Erlang and the version of its runtime system, if this is the path of a virtual machine.
fn runtime(path: &str) -> Option<(&str, &str)> {
    let (root, version) = path.strip_suffix("/bin/beam.smp")?.rsplit_once("/erts-")?;
    Some((root, version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::files::{FileInfo, FileKind};

    fn files(paths: &[&str]) -> FileMap {
        let info = || FileInfo::new(FileKind::File, 0o755);
        paths.iter().map(|path| (path.to_string(), info())).collect()
    }

    #[test]
    fn erlang_is_found_by_its_virtual_machine_and_must_be_of_the_same_version() {
        let of = |paths: &[&str]| erlang(&files(paths), "13.1.5").map(|erlang| erlang.root);
        let (debian, other) =
            ("usr/lib/erlang/erts-13.1.5/bin/beam.smp", "usr/local/lib/erlang/erts-15.2/bin/beam.smp");
        assert_eq!(of(&[debian]), Ok("/usr/lib/erlang".into()));
        assert_eq!(of(&[other]), Err("15.2".into()));
        assert_eq!(of(&[debian, other]), Ok("/usr/lib/erlang".into()));
        assert_eq!(of(&["usr/bin/erl"]), Err("?".into()));
    }
}
