//! `--from`: an image of a release that something else has assembled.

use std::path::Path;

use erlrel_core::container::{ContainerOptions, Plan, plan_prebuilt};
use erlrel_core::project::{self, ProjectError};
use erlrel_core::release::{Prebuilt, read_prebuilt};

use super::{CliError, build_options};
use crate::args::{ContentArgs, ProjectArgs};
use crate::project::load_options;
use crate::report::Report;

pub(crate) fn read(path: &Path) -> Result<Prebuilt, CliError> {
    Ok(read_prebuilt(path, &std::env::temp_dir())?)
}

/// Decides the image.
pub(crate) fn plan(
    release: &Prebuilt,
    project: &ProjectArgs,
    content: &ContentArgs,
    report: &Report,
) -> Result<Plan, CliError> {
    let options = content.over(options_here(project, report)?);
    let plan = plan_prebuilt(release, &options, &build_options(report)?)?;
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
