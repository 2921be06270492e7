//! The project, which a command reads once: a `rebar.config.script` may do something that is to be done once.

use std::path::PathBuf;

use erlrel_core::project::{self, ConfigWarning, LoadOptions};
use erlrel_core::registry::Registry;
use erlrel_core::targets::Target;
use erlrel_core::{Environment, OtpRoot, Project};
use serde_json::Value;

use crate::args::{CompileArgs, DependencyCacheArgs, ProjectArgs, When};
use crate::compile::{Compiled, Request, compile};
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

/// What a command wants of its project besides reading it.
pub(crate) struct Opening<'a> {
    pub(crate) project: &'a ProjectArgs,
    pub(crate) compile: &'a CompileArgs,
    /// That of caches.
    pub(crate) registry: &'a Registry,
    /// The commands of rebar3 whose hooks would be left out.
    pub(crate) commands: &'a [&'a str],
    /// Whether anything may be kept of one run for the next.
    pub(crate) is_cached: bool,
    /// What the command will write.
    pub(crate) written: Vec<PathBuf>,
}

/// A project that is compiled.
pub(crate) struct Opened {
    pub(crate) project: Project,
    pub(crate) compiled: Compiled,
    /// What became of its dependencies in caches, if any is named, as JSON.
    pub(crate) dependency_cache: Option<Value>,
}

impl Opening<'_> {
    /// Reads the project, and has rebar3 compile it unless the user or its state says that this is not needed.
    pub(crate) fn open(&self, report: &Report) -> Result<Opened, CliError> {
        self.open_built(&Target::Runner.compilation(&self.project.profile), report)
    }

    /// The same, with other arguments for rebar3.
    pub(crate) fn open_built(&self, arguments: &[String], report: &Report) -> Result<Opened, CliError> {
        // Reading the project first gives a better message than rebar3 where there is none.
        let mut project = open(self.project, self.commands)?;
        let environment = self.environment(&mut project);
        let request = Request {
            arguments,
            environment: &environment,
            when: self.compile.when(),
            is_cached: self.is_cached,
            written: &self.written,
        };
        let DependencyCacheArgs { cache_from, cache_to } = &self.compile.dependency_cache;
        if self.compile.when() == When::Never || (cache_from.is_empty() && cache_to.is_none()) {
            let compiled = self.compile(&mut project, &request, report)?;
            return Ok(Opened { project, compiled, dependency_cache: None });
        }
        let cache = DependencyCache::of(&project, &environment, self.project, self.registry)?;
        let outcome = cache.restore(cache_from, report);
        if let Outcome::Hit { place, restored } = &outcome {
            report.told(format!("{} dependencies from {place}", restored.names.len()));
        }
        let compiled = self.compile(&mut project, &request, report)?;
        let saved = cache_to.as_ref().and_then(|place| cache.save_new(place, &outcome, report));
        if let Some(saved) = &saved {
            report.told(format!("dependencies saved to {}", saved.place));
        }
        let dependency_cache = Some(cache.to_json(&outcome, saved.as_ref()));
        Ok(Opened { project, compiled, dependency_cache })
    }

    /// The variables that rebar3 is to see; what is wrong with them becomes a warning of the project.
    fn environment(&self, project: &mut Project) -> Environment {
        if self.compile.no_deterministic || self.compile.when() == When::Never {
            return environment();
        }
        let (environment, warning) = project.compilation_environment(&environment());
        project.warnings.extend(warning);
        environment
    }

    fn compile(
        &self,
        project: &mut Project,
        request: &Request<'_>,
        report: &Report,
    ) -> Result<Compiled, CliError> {
        let compiled = compile(project, request, report)?;
        if compiled.ran {
            project.refresh(&load_options(self.project))?;
        }
        Ok(compiled)
    }
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
