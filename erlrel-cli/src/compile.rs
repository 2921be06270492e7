//! Has rebar3 compile a project, unless it is compiled.

use std::path::{Path, PathBuf};

use erlrel_core::compilation::{self, Options, Why};
use erlrel_core::destination::Destination;
use erlrel_core::project::commands;
use erlrel_core::{Environment, Project};

use crate::args::When;
use crate::error::CliError;
use crate::report::Report;

/// What is to be compiled, and when.
pub(crate) struct Request<'a> {
    /// The arguments of rebar3.
    pub(crate) arguments: &'a [String],
    /// All variables that rebar3 is to see.
    pub(crate) environment: &'a Environment,
    pub(crate) when: When,
    /// Whether a record of earlier compilations is used and kept.
    pub(crate) is_cached: bool,
    /// What this run writes afterwards.
    pub(crate) written: &'a [PathBuf],
}

/// What became of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Compiled {
    /// Whether rebar3 was started.
    pub(crate) ran: bool,
    /// Why, as far as that was asked.
    pub(crate) whys: Vec<Why>,
}

/// Starts rebar3 if it must be.
pub(crate) fn compile(
    project: &Project,
    request: &Request<'_>,
    report: &Report,
) -> Result<Compiled, CliError> {
    let rebar3 = || commands::rebar3(&project.root, request.arguments, request.environment, report);
    if request.when == When::Never {
        return Ok(Compiled::default());
    }
    let Request { arguments, environment, written, .. } = *request;
    let options = Options { arguments, environment, written };
    if !request.is_cached {
        compilation::forget(project, options)?;
        rebar3()?;
        return Ok(Compiled { ran: true, whys: Vec::new() });
    }
    let check = compilation::check(project, options);
    let whys = check.whys().to_vec();
    if request.when == When::Auto && whys.is_empty() {
        report.told("nothing to compile: all is as it was after the last compilation");
        return Ok(Compiled::default());
    }
    let compilation = check.begin()?;
    rebar3()?;
    compilation.record();
    Ok(Compiled { ran: true, whys })
}

/// The paths that an image is written to.
pub(crate) fn paths_of(destinations: &[Destination]) -> Vec<PathBuf> {
    let path = |destination: &Destination| match destination {
        Destination::Layout(name) => Some(name.dir.clone()),
        Destination::Archive(file) => Some(file.clone()),
        _ => None,
    };
    destinations.iter().filter_map(path).filter_map(|path| absolute(&path)).collect()
}

/// What `--out` names.
pub(crate) fn path_of(out: Option<&Path>) -> Vec<PathBuf> {
    out.and_then(absolute).into_iter().collect()
}

fn absolute(path: &Path) -> Option<PathBuf> {
    std::path::absolute(path).ok()
}
