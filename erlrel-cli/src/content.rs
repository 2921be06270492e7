//! What an image is made of, for the commands that make one and that show what it would be.

use std::path::{Path, PathBuf};

use erlrel_core::Project;
use erlrel_core::container::{self, Base, ContainerOptions, Plan, plan_prebuilt};
use erlrel_core::project::{self, ProjectError};
use erlrel_core::release::{Prebuilt, read_prebuilt};

use crate::args::{ContentArgs, ProjectArgs};
use crate::environment::{docker_host, environment};
use crate::error::CliError;
use crate::host::Host;
use crate::project::load_options;
use crate::report::Report;
use crate::resolved::Resolved;

/// What a project's release is to become.
pub(crate) fn options_of(resolved: &Resolved, content: &ContentArgs) -> Result<ContainerOptions, CliError> {
    content.over(ContainerOptions::of(&resolved.release.project, &environment())?)
}

/// What an image for those who work on a project is to become. Of rebar.config only the base counts and what may look like
/// a secret: all else there is about the image that runs the release.
pub(crate) fn options_for_work(
    project: &Project,
    content: &ContentArgs,
) -> Result<ContainerOptions, CliError> {
    let ContainerOptions { base, allow_secrets, .. } = ContainerOptions::of(project, &environment())?;
    content.over(ContainerOptions { base, allow_secrets, ..ContainerOptions::default() })
}

/// Decides the image of a project's release.
pub(crate) fn plan_project(
    resolved: &Resolved,
    options: &ContainerOptions,
    content: &ContentArgs,
    host: &Host<'_>,
    report: &Report,
) -> Result<Plan, CliError> {
    let boot_program = boot_program(content)?;
    let plan = container::plan(&resolved.release, &boot_program, options, &host.build_options())?;
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

/// What a release that something else has assembled is to become.
pub(crate) fn options_from(
    project: &ProjectArgs,
    content: &ContentArgs,
    report: &Report,
) -> Result<ContainerOptions, CliError> {
    content.over(options_here(project, report)?)
}

/// Decides the image of a release that something else has assembled.
pub(crate) fn plan_from(
    release: &Prebuilt,
    options: &ContainerOptions,
    host: &Host<'_>,
    report: &Report,
) -> Result<Plan, CliError> {
    let plan = plan_prebuilt(release, options, &host.build_options())?;
    plan.warnings.iter().for_each(|warning| report.warning(warning));
    Ok(plan)
}

/// What the rebar.config in the current folder wants of images, if there is one. A configuration that only Erlang
/// can evaluate is no obstacle where there is no Erlang: the release is there already.
fn options_here(project: &ProjectArgs, report: &Report) -> Result<ContainerOptions, CliError> {
    match project::load(&project.dir, &load_options(project)) {
        Ok(project) => Ok(ContainerOptions::of(&project, &environment())?),
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
    fn over(&self, mut options: ContainerOptions) -> Result<ContainerOptions, CliError> {
        if let Some(base) = &self.base {
            options.base = base.clone();
        }
        options.shell |= self.shell;
        options.compression = self.compression.unwrap_or(options.compression);
        check_docker(&options)?;
        Ok(self.options.over(options, &environment())?)
    }
}
