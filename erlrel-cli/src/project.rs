//! The project, which a command reads once: a `rebar.config.script` may do something that is to be done once.

use erlrel_core::project::{self, ConfigWarning, LoadOptions, commands};
use erlrel_core::registry::Registry;
use erlrel_core::targets::Target;
use erlrel_core::{Environment, OtpRoot, Project};
use serde_json::Value;

use crate::args::{CompileArgs, DependencyCacheArgs, ProjectArgs};
use crate::dependency_cache::{DependencyCache, Outcome};
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

/// The same, compiled by rebar3 unless the user has asked not to; and what became of its dependencies in caches, if any
/// is named, as JSON. `registry` is that of caches.
pub(crate) fn open_compiled(
    args: &ProjectArgs,
    compile: &CompileArgs,
    registry: &Registry,
    commands: &[&str],
    report: &Report,
) -> Result<(Project, Option<Value>), CliError> {
    let compilation = Target::Runner.compilation(&args.profile);
    open_built(args, (compile, &compilation), registry, commands, report)
}

/// The same, with other arguments for rebar3.
pub(crate) fn open_built(
    args: &ProjectArgs,
    (compile, compilation): (&CompileArgs, &[String]),
    registry: &Registry,
    commands: &[&str],
    report: &Report,
) -> Result<(Project, Option<Value>), CliError> {
    // Reading the project first gives a better message than rebar3 where there is none.
    let mut project = open(args, commands)?;
    let environment = compilation_environment(&mut project, compile);
    let run =
        |project: &mut Project| self::compile(project, args, (compile, compilation, &environment), report);
    let DependencyCacheArgs { cache_from, cache_to } = &compile.dependency_cache;
    if compile.no_compile || (cache_from.is_empty() && cache_to.is_none()) {
        run(&mut project)?;
        return Ok((project, None));
    }
    let cache = DependencyCache::of(&project, &environment, args, registry)?;
    let outcome = cache.restore(cache_from, report);
    if let Outcome::Hit { place, restored } = &outcome {
        report.told(format!("{} dependencies from {place}", restored.names.len()));
    }
    run(&mut project)?;
    let saved = cache_to.as_ref().and_then(|place| cache.save_new(place, &outcome, report));
    if let Some(saved) = &saved {
        report.told(format!("dependencies saved to {}", saved.place));
    }
    Ok((project, Some(cache.to_json(&outcome, saved.as_ref()))))
}

/// The variables that rebar3 is to see; what is wrong with them becomes a warning of the project.
fn compilation_environment(project: &mut Project, compile: &CompileArgs) -> Environment {
    if compile.no_deterministic || compile.no_compile {
        return environment();
    }
    let (environment, warning) = project.compilation_environment(&environment());
    project.warnings.extend(warning);
    environment
}

fn compile(
    project: &mut Project,
    args: &ProjectArgs,
    (compile, compilation, environment): (&CompileArgs, &[String], &Environment),
    report: &Report,
) -> Result<(), CliError> {
    if !compile.no_compile {
        commands::rebar3(&project.root, compilation, environment, report)?;
        project.refresh(&load_options(args))?;
    }
    Ok(())
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
