//! What an image is made of, for the commands that make one and that show what it would be.

use std::path::{Path, PathBuf};

use erlrel_core::cache::Cache;
use erlrel_core::container::{self, Base, BuildOptions, ContainerOptions, Plan, plan_prebuilt};
use erlrel_core::project::{self, ProjectError};
use erlrel_core::release::{Prebuilt, read_prebuilt};

use crate::args::{ContentArgs, ProjectArgs, RegistryArgs};
use crate::environment::{docker_host, epoch};
use crate::error::CliError;
use crate::project::load_options;
use crate::registry::registry;
use crate::report::Report;
use crate::resolved::Resolved;

/// Decides the image of a project's release.
pub(crate) fn plan_project(
    resolved: &Resolved,
    content: &ContentArgs,
    cache: Option<&Cache>,
    report: &Report,
) -> Result<Plan, CliError> {
    let options = content.over(ContainerOptions::of(&resolved.release.project)?);
    check_docker(&options)?;
    let boot_program = boot_program(content)?;
    let plan = container::plan(
        &resolved.release,
        &boot_program,
        &options,
        &build_options(&content.registry, report)?,
    )?;
    let plan = container::plan(&resolved.release, &boot_program, &options, &build_options(cache, report)?)?;
    resolved.warn(&plan.warnings, report)?;
    Ok(plan)
}

/// A base image in the Docker daemon needs one that can be reached.
fn check_docker(options: &ContainerOptions) -> Result<(), CliError> {
    if matches!(options.base, Base::Docker(_)) { docker_host().map(drop) } else { Ok(()) }
}

fn boot_program(content: &ContentArgs) -> Result<PathBuf, CliError> {
    if let Some(path) = &content.boot_program {
        return Ok(path.clone());
    }
    let own = std::env::current_exe().map_err(CliError::NoProgramPath)?;
    Ok(own.with_file_name("erlrel-boot"))
}

/// Reads what `--from` names.
pub(crate) fn read_from(path: &Path) -> Result<Prebuilt, CliError> {
    Ok(read_prebuilt(path, &std::env::temp_dir())?)
}

/// Decides the image of a release that something else has assembled.
pub(crate) fn plan_from(
    release: &Prebuilt,
    project: &ProjectArgs,
    content: &ContentArgs,
    cache: Option<&Cache>,
    report: &Report,
) -> Result<Plan, CliError> {
    let options = content.over(options_here(project, report)?);
    check_docker(&options)?;
    let plan = plan_prebuilt(release, &options, &build_options(&content.registry, report)?)?;
    let plan = plan_prebuilt(release, &options, &build_options(cache, report)?)?;
    plan.warnings.iter().for_each(|warning| report.warning(warning));
    Ok(plan)
}

/// What the rebar.config in the current folder wants of images, if there is one. A configuration that only Erlang
/// can evaluate is no obstacle where there is no Erlang: the release is there already.
fn options_here(project: &ProjectArgs, report: &Report) -> Result<ContainerOptions, CliError> {
    match project::load(&project.dir, &load_options(project)) {
        Ok(project) => Ok(ContainerOptions::of(&project)?),
        Err(ProjectError::NotAProject { .. }) => Ok(ContainerOptions::default()),
        Err(error @ ProjectError::NoErlForScript { .. }) => {
            report.warning(format!("{error}; its key `erlrel` is not read"));
            Ok(ContainerOptions::default())
        }
        Err(error) => Err(error.into()),
    }
}

impl ContentArgs {
    /// The command line wins over rebar.config.
    fn over(&self, mut options: ContainerOptions) -> ContainerOptions {
        if let Some(base) = &self.base {
            options.base = base.clone();
        }
        options.shell |= self.shell;
        options
    }
}

/// Facts about this build.
pub(crate) fn build_options<'a>(
    args: &RegistryArgs,
    report: &'a Report,
) -> Result<BuildOptions<'a>, CliError> {
    let registry = registry(args, report);
    let build = BuildOptions::new(std::env::temp_dir(), report);
    // A variable that makes no sense is an error where the daemon is asked.
    Ok(BuildOptions { epoch: epoch()?, docker: docker_host().unwrap_or_default(), registry, ..build })
    cache: Option<&'a Cache>,
    Ok(BuildOptions { epoch: epoch()?, docker: docker_host().unwrap_or_default(), cache, ..build })
}
