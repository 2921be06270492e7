//! The release of a project, with its warnings told.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use erlrel_core::Project;
use erlrel_core::cache::Cache;
use erlrel_core::fs::{NoNotes, Notes};
use erlrel_core::release::{
    Form, Release, Selection, Warning, resolve, spec, warnings_noted, warnings_of_form,
};
use erlrel_core::tree::Tree;

use crate::args::{CompileArgs, ProjectArgs, RegistryArgs, SelectArgs};
use crate::compile::path_of;
use crate::error::CliError;
use crate::project::{Opening, load_otp};
use crate::registry::{cache_registry, tell_trouble};
use crate::report::Report;

/// A release, and how much is put up with.
pub(crate) struct Resolved {
    pub(crate) release: Release,
    strict: bool,
}

/// What a command is asked that writes a release to one place.
pub(crate) struct Request<'a> {
    pub(crate) project: &'a ProjectArgs,
    pub(crate) compile: &'a CompileArgs,
    pub(crate) registry: &'a RegistryArgs,
    pub(crate) select: &'a SelectArgs,
    /// The command of rebar3 that it stands in for.
    pub(crate) command: &'a str,
    /// Where the user wants it.
    pub(crate) out: Option<&'a Path>,
}

impl Resolved {
    /// Has the project compiled first.
    pub(crate) fn compiled(request: &Request<'_>, report: &Report) -> Result<Self, CliError> {
        let registry = cache_registry(request.registry, report);
        let opening = Opening {
            project: request.project,
            compile: request.compile,
            registry: &registry,
            commands: &[request.command],
            is_cached: true,
            written: path_of(request.out),
        };
        let project = opening.open(report)?.project;
        tell_trouble(&registry, report);
        Self::of(project, request.project, request.select, None, report)
    }

    /// Resolves a project's release, with the warnings printed. `cache` may know something of its modules.
    pub(crate) fn of(
        project: Project,
        args: &ProjectArgs,
        select: &SelectArgs,
        cache: Option<&Cache>,
        report: &Report,
    ) -> Result<Self, CliError> {
        let otp = load_otp(args)?;
        let selection = select.release.as_deref().map(Selection::parse).unwrap_or_default();
        let spec = spec(&project, &selection, &select.overrides.overrides())?;
        let resolved = Self { release: resolve(project, otp, spec)?, strict: select.strict };
        let fails = |warning: &Warning| warning.fails_in_relx(&resolved.release.spec);
        let notes = cache.map_or(&NoNotes as &dyn Notes, |cache| cache);
        resolved.warn_or_fail(&warnings_noted(&resolved.release, notes), fails, report)?;
        Ok(resolved)
    }

    /// Prints what is to be said of one form of the release.
    pub(crate) fn warn_of_form(&self, tree: &Tree, form: Form, report: &Report) -> Result<(), CliError> {
        self.warn(&warnings_of_form(&self.release, tree, form), report)
    }

    /// Prints warnings, which are errors with `--strict`.
    pub(crate) fn warn(&self, warnings: &[impl Display], report: &Report) -> Result<(), CliError> {
        self.warn_or_fail(warnings, |_| false, report)
    }

    /// The same, with some that are errors anyway.
    fn warn_or_fail<W: Display>(
        &self,
        warnings: &[W],
        fails: impl Fn(&W) -> bool,
        report: &Report,
    ) -> Result<(), CliError> {
        warn_or_fail(warnings, |warning| self.strict || fails(warning), report)
    }

    /// `_build/<profile>/rel/<rel>`, where rebar3 puts the release.
    pub(crate) fn rel_dir(&self) -> PathBuf {
        let spec = &self.release.spec;
        spec.output_dir.join(&spec.name)
    }
}

/// Prints warnings, or errors of those that fail.
pub(crate) fn warn_or_fail<W: Display>(
    warnings: &[W],
    fails: impl Fn(&W) -> bool,
    report: &Report,
) -> Result<(), CliError> {
    let mut count = 0;
    for warning in warnings {
        if fails(warning) {
            count += 1;
            report.error_before(warning);
        } else {
            report.warning(warning);
        }
    }
    if count > 0 { Err(CliError::Strict { count }) } else { Ok(()) }
}
