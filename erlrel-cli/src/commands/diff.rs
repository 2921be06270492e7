//! `erlrel diff`: what differs between two images.

pub(crate) mod json;
mod text;

use erlrel_core::container::{Base, BuildOptions};
use erlrel_core::diff::{ImageDiff, compare};
use erlrel_core::image::BaseImage;

use crate::args::DiffArgs;
use crate::environment::docker_host;
use crate::error::CliError;
use crate::host::Host;
use crate::report::Report;

/// Prints the differences; true if there are any.
pub(crate) fn run(args: &DiffArgs, report: &Report) -> Result<bool, CliError> {
    let host = Host::new(&args.host, report)?;
    let compared = host.telling(|| Compared::of(args, &host.build_options()))?;
    if args.json {
        report.result(format!("{:#}", json::whole(&compared)))?;
    } else {
        report.result(text::summary(&compared))?;
    }
    Ok(!compared.diff.is_empty())
}

/// Two images, and what differs.
struct Compared {
    /// What they are called, the old one first.
    names: [String; 2],
    old: BaseImage,
    new: BaseImage,
    diff: ImageDiff,
}

impl Compared {
    fn of(args: &DiffArgs, build: &BuildOptions<'_>) -> Result<Self, CliError> {
        let open = |image: &Base| -> Result<BaseImage, CliError> {
            if matches!(image, Base::Docker(_)) {
                docker_host()?;
            }
            image.open(args.platform.as_ref(), build)?.ok_or(CliError::NothingToCompare)
        };
        let (old, new) = (open(&args.old)?, open(&args.new)?);
        let diff = compare(&old, &new)?;
        let names = [name(&args.old, &old), name(&args.new, &new)];
        Ok(Self { names, old, new, diff })
    }
}

/// Where an image is; of a layout that has several, which of them.
fn name(given: &Base, image: &BaseImage) -> String {
    match given {
        Base::Layout(name) => name.to_string(),
        _ => image.path().display().to_string(),
    }
}
