//! What a project adds to the commands: hooks, which run around them, and extensions, which are commands of its own.
//!
//! Those that relx brings along are done here. The project's own are files for a shell, which reads them one
//! after the other, in a program that [`shell`] writes. Hooks before a command run in a shell that becomes this
//! program again, so that the command finds what they have exported, and a signal finds whoever runs: no process
//! stands in between.

mod additions;
mod builtin;
mod error;
mod mark;
mod shell;
mod variables;

use std::ffi::OsString;
use std::process::ExitCode;

pub(crate) use erlrel_core::release::Phase;

use crate::error::BootError;
use crate::hooks::additions::{Additions, Hook};
use crate::hooks::shell::Script;
use crate::hooks::variables::Variables;
use crate::release::Release;
use crate::report;
use crate::site::Site;
use crate::vm::init::Init;
use crate::vm::launch;
use crate::vm::plan::Plan;

pub(crate) use crate::hooks::error::HookError;
pub(crate) use crate::hooks::mark::{DISABLED, without_marks};

/// What to do before a command, in a phase that begins with `Pre`: nothing, or to [`launch`] the plan in place of
/// the command. It runs the hooks, and then this program again with the same `words`, for which there is nothing
/// more to do before. The hooks of the phase after the command are looked at too: what cannot run is known before
/// anything is done.
///
/// # Errors
/// When there are hooks for a shell and there is no shell, or the configuration, of which they are told, is wrong.
///
/// [`launch`]: crate::vm::launch::launch
pub(crate) fn before(site: &Site, phase: Phase, words: &[OsString]) -> Result<Option<Plan>, BootError> {
    if mark::are_disabled(words) || mark::are_done(words) {
        return Ok(None);
    }
    let additions = Additions::of(&site.release)?;
    let hooks = present(site, additions.hooks(phase));
    let after = at_the_end(phase).map(|after| additions.hooks(after)).unwrap_or_default();
    for hook in hooks.iter().chain(&after) {
        shell::check(hook.path())?;
    }
    if hooks.is_empty() {
        return Ok(None);
    }
    let script = Script::of(&Variables::of(site)?).hooks(&hooks).again();
    Ok(Some(script.plan(site, mark::done(words))))
}

/// The phase that a command comes to at its end if it comes to this one at its beginning. Of those that start the VM
/// only `daemon` comes to one, and cannot without a shell in any case.
fn at_the_end(phase: Phase) -> Option<Phase> {
    match phase {
        Phase::PreStop => Some(Phase::PostStop),
        Phase::PreInstallUpgrade => Some(Phase::PostInstallUpgrade),
        _ => None,
    }
}

/// How this program was called, and where.
#[derive(Debug)]
pub(crate) struct Invocation<'a> {
    pub(crate) site: &'a Site,
    pub(crate) words: &'a [OsString],
    pub(crate) init: Option<Init>,
}

/// Carries out a command with the hooks of a phase that begins with `Pre` before it, and of the one that belongs to
/// it after it, unless the command has failed.
///
/// # Errors
/// Those of [`before`], of the command, and of [`after`].
pub(crate) fn around(
    phase: Phase,
    Invocation { site, words, init }: Invocation<'_>,
    command: impl FnOnce(&Site) -> Result<ExitCode, BootError>,
) -> Result<ExitCode, BootError> {
    if let Some(plan) = before(site, phase, words)? {
        return Ok(launch::launch_other(&plan, init)?);
    }
    match (command(site)?, at_the_end(phase)) {
        (ExitCode::SUCCESS, Some(phase)) => after(site, phase, words),
        (code, _) => Ok(code),
    }
}

/// Runs the hooks of a phase to their end, and gives the exit code: that of the first that failed.
///
/// # Errors
/// As [`before`], and when a hook that is built in cannot do what it is to do.
pub(crate) fn after(site: &Site, phase: Phase, words: &[OsString]) -> Result<ExitCode, BootError> {
    if mark::are_disabled(words) {
        return Ok(ExitCode::SUCCESS);
    }
    let hooks = present(site, Additions::of(&site.release)?.hooks(phase));
    // What stands side by side is read by one shell, and shares its variables.
    for group in hooks.chunk_by(|one, other| one.path().is_some() && other.path().is_some()) {
        match group {
            [hook] if hook.path().is_none() => builtin::run(site, hook)?,
            custom => {
                let code = run_custom(site, custom)?;
                if code != ExitCode::SUCCESS {
                    return Ok(code);
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The plan for a command of the release's own, with its arguments.
///
/// # Errors
/// When it is none of [`extensions`], its file is not there, or no shell is there to read it.
pub(crate) fn extension(site: &Site, name: &str, arguments: &[OsString]) -> Result<Plan, BootError> {
    let additions = Additions::of(&site.release)?;
    let path = additions.extension(name).ok_or_else(|| BootError::UnknownCommand(name.into()))?;
    let file = site.release.root.join("bin").join(path);
    if !path.contains('$') && !file.is_file() {
        return Err(HookError::NoExtension { name: name.into(), file }.into());
    }
    shell::check(Some(path))?;
    let script = Script::of(&Variables::of(site)?).extension(path);
    Ok(script.plan(site, arguments.to_vec()))
}

/// The names of the release's own commands.
///
/// # Errors
/// When the file that lists them cannot be read.
pub(crate) fn extensions(release: &Release) -> Result<Vec<String>, HookError> {
    Ok(Additions::of(release)?.extension_names())
}

/// The hooks whose file is there; what a variable in its name stands for, the shell finds out.
fn present(site: &Site, hooks: Vec<Hook>) -> Vec<Hook> {
    let is_there = |hook: &Hook| {
        let Some(path) = hook.path().filter(|path| !path.contains('$')) else { return true };
        let file = site.release.root.join("bin").join(path);
        let is_there = file.is_file();
        if !is_there {
            report::warning(format_args!("there is no hook {}", file.display()));
        }
        is_there
    };
    hooks.into_iter().filter(is_there).collect()
}

fn run_custom(site: &Site, hooks: &[Hook]) -> Result<ExitCode, BootError> {
    for hook in hooks {
        shell::check(hook.path())?;
    }
    let plan = Script::of(&Variables::of(site)?).hooks(hooks).plan(site, Vec::new());
    Ok(launch::run(&plan, None)?)
}
