//! `erlrel image`: the main job.

use std::path::Path;

use erlrel_core::container::{self, Plan};
use erlrel_core::destination::{self, Destination};
use erlrel_core::image::Reference;
use erlrel_core::release::{Prebuilt, Release};

use serde_json::Value;

use crate::args::ImageArgs;
use crate::content::{plan_from, plan_project, read_from};
use crate::environment::docker_host;
use crate::error::CliError;
use crate::host::Host;
use crate::receipt::Made;
use crate::report::Report;
use crate::resolved::Resolved;
use crate::{project, receipt};

pub(crate) fn run(args: &ImageArgs, report: &Report) -> Result<(), CliError> {
    if args.to.contains(&Destination::Docker) {
        docker_host()?;
    }
    if args.to.contains(&Destination::Registry) && args.tag.is_empty() {
        return Err(CliError::NoRegistryName);
    }
    let host = Host::new(&args.content.host, report)?;
    let subject = match &args.content.from {
        Some(path) => Subject::of_prebuilt(path, args, &host, report)?,
        None => Subject::of_project(args, &host, report)?,
    };
    let image = container::build(&subject.plan, &host.build_options())?;
    let names = &subject.names;
    let destinations = if args.to.is_empty() { vec![subject.destination.clone()] } else { args.to.clone() };
    let options = host.write_options();
    let receipts = destinations
        .iter()
        .map(|to| destination::write(&image, names, to, &options))
        .collect::<Result<Vec<_>, _>>()?;
    host.tell_trouble();
    let made = Made { image: &image, names, receipts: &receipts, dependency_cache: subject.dependency_cache };
    receipt::print(&made, args.json, report)
}

/// What the image is made of, whoever has assembled the release.
struct Subject {
    plan: Plan,
    names: Vec<Reference>,
    /// Where the image goes unless the user says otherwise.
    destination: Destination,
    /// What became of the dependencies in caches, if any is named.
    dependency_cache: Option<Value>,
}

impl Subject {
    fn of_project(args: &ImageArgs, host: &Host<'_>, report: &Report) -> Result<Self, CliError> {
        let commands = &["release", "tar"];
        let registry = &args.content.host.registry;
        let (project, dependency_cache) =
            project::open_compiled(&args.project, &args.compile, registry, commands, report)?;
        let resolved = Resolved::of(project, &args.project, &args.select, report)?;
        let names = names(args, &resolved.release.spec.name, &resolved.release.spec.vsn)?;
        let plan = plan_project(&resolved, &args.content, host, report)?;
        let Release { project, spec, .. } = resolved.release;
        let file = format!("{}-{}.tar", spec.name, spec.vsn);
        let destination = Destination::Archive(project.profile_dir().join("erlrel").join(file));
        Ok(Self { plan, names, destination, dependency_cache })
    }

    fn of_prebuilt(
        path: &Path,
        args: &ImageArgs,
        host: &Host<'_>,
        report: &Report,
    ) -> Result<Self, CliError> {
        let release = read_from(path)?;
        let names = names(args, &release.name, &release.vsn)?;
        let plan = plan_from(&release, &args.project, &args.content, host, report)?;
        let Prebuilt { name, vsn, .. } = release;
        // The name without `.image` would be that of the release's own tarball, unpacked.
        let destination = Destination::Archive(format!("{name}-{vsn}.image.tar").into());
        Ok(Self { plan, names, destination, dependency_cache: None })
    }
}

/// Those that the user gives, else `<rel>:<vsn>` with what a name cannot have replaced.
fn names(args: &ImageArgs, name: &str, vsn: &str) -> Result<Vec<Reference>, CliError> {
    if !args.tag.is_empty() {
        return Ok(args.tag.clone());
    }
    let usual = Reference::nearest(name, vsn);
    Ok(vec![usual.ok_or_else(|| CliError::NoUsualName { name: name.into(), vsn: vsn.into() })?])
}
