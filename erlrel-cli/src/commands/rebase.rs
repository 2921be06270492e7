//! `erlrel rebase`: another base image below an image that is there.

use erlrel_core::container::{Base, BuildOptions};
use erlrel_core::destination::{self, Destination};
use erlrel_core::image::{BaseImage, Reference, rebase};
use erlrel_core::platform::Platform;

use crate::args::RebaseArgs;
use crate::environment::docker_host;
use crate::error::CliError;
use crate::host::Host;
use crate::receipt;
use crate::report::Report;

pub(crate) fn run(args: &RebaseArgs, report: &Report) -> Result<(), CliError> {
    let (usual, name) = place(&args.image)?;
    let names = if args.tag.is_empty() { name.into_iter().collect() } else { args.tag.clone() };
    let to = if args.to.is_empty() { vec![usual] } else { args.to.clone() };
    if to.contains(&Destination::Registry) && names.is_empty() {
        return Err(CliError::NoRegistryName);
    }
    if to.contains(&Destination::Docker) {
        docker_host()?;
    }
    let host = Host::new(&args.host, report)?;
    host.telling(|| make(args, &names, &to, &host, report))
}

fn make(
    args: &RebaseArgs,
    names: &[Reference],
    to: &[Destination],
    host: &Host<'_>,
    report: &Report,
) -> Result<(), CliError> {
    let build = host.build_options();
    let image = open(&args.image, None, &build)?;
    let base = open(&args.base, Some(image.platform()), &build)?;
    let rebased = rebase(&image, &base)?;
    let options = host.write_options();
    let write = |to| destination::write(&rebased, names, to, &options);
    let receipts =
        report.while_sending(&host.registry, || to.iter().map(write).collect::<Result<Vec<_>, _>>())?;
    let made = receipt::Made {
        image: &rebased,
        names,
        receipts: &receipts,
        bound: None,
        compiled: None,
        dependency_cache: None,
        explanation: None,
    };
    receipt::print(&made, args.json, report)
}

/// Where an image is, and the name that it has there.
fn place(image: &Base) -> Result<(Destination, Option<Reference>), CliError> {
    Ok(match image {
        Base::Scratch => return Err(CliError::NotAnImage),
        Base::Layout(name) => (Destination::Layout(name.clone()), None),
        Base::Docker(name) => (Destination::Docker, Some(name.clone())),
        Base::Registry(name) => (Destination::Registry, name.name().cloned()),
    })
}

fn open(image: &Base, platform: Option<&Platform>, build: &BuildOptions<'_>) -> Result<BaseImage, CliError> {
    if matches!(image, Base::Docker(_)) {
        docker_host()?;
    }
    image.open(platform, build)?.ok_or(CliError::NotAnImage)
}
