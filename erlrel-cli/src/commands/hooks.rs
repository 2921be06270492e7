//! Hooks on making a release, which rebar3 runs and erlrel does not.

use super::{CliError, load_project};
use crate::args::ProjectArgs;
use crate::report::Report;

/// Refuses a project that hooks something into one of rebar3's `commands`, before any work begins; with
/// `--ignore-hooks` warns of it.
pub(crate) fn check(args: &ProjectArgs, commands: &[&str], report: &Report) -> Result<(), CliError> {
    let project = load_project(args)?;
    for hook in project.hooks.iter().filter(|hook| commands.contains(&hook.command.as_str())) {
        let message =
            |verb: &str| format!("`rebar3 {}` runs this hook of `{}`, erlrel {verb}", hook.command, hook.key);
        if !args.ignore_hooks {
            return Err(CliError::HookNotRun(hook.error(message("cannot")).into()));
        }
        report.warning(hook.error(message("does not")));
    }
    Ok(())
}
