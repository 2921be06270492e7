//! The project, which a command reads once: a `rebar.config.script` may do something that is to be done once.

use erlrel_core::project::{self, ConfigWarning, LoadOptions, commands};
use erlrel_core::{OtpRoot, Project};

use crate::args::{CompileArgs, ProjectArgs};
use crate::environment::environment;
use crate::error::CliError;
use crate::report::Report;

/// Reads a project of which a release is to be made as it stands. One that hooks something into one of rebar3's
/// `commands` is refused before any work begins, since rebar3 runs hooks and erlrel does not; with `--ignore-hooks`
/// that is one of the project's warnings.
pub(crate) fn open(args: &ProjectArgs, commands: &[&str]) -> Result<Project, CliError> {
    let mut project = load(args)?;
    for hook in project.hooks.iter().filter(|hook| commands.contains(&hook.command.as_str())) {
        let message =
            |verb: &str| format!("`rebar3 {}` runs this hook of `{}`, erlrel {verb}", hook.command, hook.key);
        if !args.ignore_hooks {
            return Err(CliError::HookNotRun(hook.error(message("cannot")).into()));
        }
        project.warnings.push(ConfigWarning::HookNotRun(hook.error(message("does not"))));
    }
    Ok(project)
}

/// The same, compiled by rebar3 unless the user has asked not to.
pub(crate) fn open_compiled(
    args: &ProjectArgs,
    compile: &CompileArgs,
    commands: &[&str],
    report: &Report,
) -> Result<Project, CliError> {
    // Reading the project first gives a better message than rebar3 where there is none.
    let mut project = open(args, commands)?;
    if !compile.no_compile {
        let profiles: Vec<String> = args.profile.iter().filter(|name| *name != "default").cloned().collect();
        commands::rebar3_compile(&project.root, &profiles, report)?;
        project.refresh(&load_options(args))?;
    }
    Ok(project)
}

/// Reads a project, whatever it hooks.
pub(crate) fn load(args: &ProjectArgs) -> Result<Project, CliError> {
    Ok(project::load(&args.dir, &load_options(args))?)
}

pub(crate) fn load_options(args: &ProjectArgs) -> LoadOptions {
    LoadOptions { profiles: args.profile.clone(), environment: environment(), otp: args.otp.clone() }
}

pub(crate) fn load_otp(args: &ProjectArgs) -> Result<OtpRoot, CliError> {
    Ok(match &args.otp {
        Some(root) => OtpRoot::load(root)?,
        None => OtpRoot::from_path(&environment())?,
    })
}
