//! `erlrel image`: the main job.

use std::path::Path;

use erlrel_core::container::{self, Plan};
use erlrel_core::destination::{self, Destination, Receipt, WriteOptions};
use erlrel_core::image::{Image, Reference};
use erlrel_core::release::{Prebuilt, Release};
use serde_json::{Value, json};

use crate::args::ImageArgs;
use crate::content::{build_options, plan_from, plan_project, read_from};
use crate::environment::docker_host;
use crate::error::CliError;
use crate::project;
use crate::report::{Report, bytes};
use crate::resolved::Resolved;

pub(crate) fn run(args: &ImageArgs, report: &Report) -> Result<(), CliError> {
    if args.to.contains(&Destination::Docker) {
        docker_host()?;
    }
    let subject = match &args.content.from {
        Some(path) => Subject::of_prebuilt(path, args, report)?,
        None => Subject::of_project(args, report)?,
    };
    let build = build_options(report)?;
    let image = container::build(&subject.plan, &build)?;
    let names = &subject.names;
    let destinations = if args.to.is_empty() { vec![subject.destination.clone()] } else { args.to.clone() };
    let options = WriteOptions { docker: build.docker, observer: report };
    let receipts = destinations
        .iter()
        .map(|to| destination::write(&image, names, to, &options))
        .collect::<Result<Vec<_>, _>>()?;
    if args.json {
        report.result(format!("{:#}", json_result(&image, names, &receipts)))
    } else {
        text_result(&image, &receipts, report)
    }
}

/// What the image is made of, whoever has assembled the release.
struct Subject {
    plan: Plan,
    names: Vec<Reference>,
    /// Where the image goes unless the user says otherwise.
    destination: Destination,
}

impl Subject {
    fn of_project(args: &ImageArgs, report: &Report) -> Result<Self, CliError> {
        let commands = &["release", "tar"];
        let project = project::open_compiled(&args.project, &args.compile, commands, report)?;
        let resolved = Resolved::of(project, &args.project, &args.select, report)?;
        let names = names(args, &resolved.release.spec.name, &resolved.release.spec.vsn)?;
        let plan = plan_project(&resolved, &args.content, report)?;
        let Release { project, spec, .. } = resolved.release;
        let file = format!("{}-{}.tar", spec.name, spec.vsn);
        let destination = Destination::Archive(project.profile_dir().join("erlrel").join(file));
        Ok(Self { plan, names, destination })
    }

    fn of_prebuilt(path: &Path, args: &ImageArgs, report: &Report) -> Result<Self, CliError> {
        let release = read_from(path)?;
        let names = names(args, &release.name, &release.vsn)?;
        let plan = plan_from(&release, &args.project, &args.content, report)?;
        let Prebuilt { name, vsn, .. } = release;
        // The name without `.image` would be that of the release's own tarball, unpacked.
        let destination = Destination::Archive(format!("{name}-{vsn}.image.tar").into());
        Ok(Self { plan, names, destination })
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

fn text_result(image: &Image, receipts: &[Receipt], report: &Report) -> Result<(), CliError> {
    report.result(image.digest())?;
    for receipt in receipts {
        report.result(format!(
            "{} ({}) {}",
            relative(&receipt.destination),
            bytes(image.size()),
            receipt.references.join(" ")
        ))?;
    }
    Ok(())
}

/// A destination below the current folder is shown without it.
fn relative(destination: &str) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    let prefix = format!("{}/", current.display());
    match destination.split_once(':') {
        Some((kind, path)) if Path::new(path).is_absolute() => {
            format!("{kind}:{}", path.strip_prefix(&prefix).unwrap_or(path))
        }
        _ => destination.into(),
    }
}

fn json_result(image: &Image, names: &[Reference], receipts: &[Receipt]) -> Value {
    let layers = image.layers().iter().map(|layer| {
        json!({
            "group": layer.name(),
            "digest": layer.digest().to_string(),
            "diff_id": layer.diff_id().to_string(),
            "size": layer.size(),
            "unpacked_size": layer.unpacked_size(),
            "entries": layer.entries(),
            "media_type": layer.media_type(),
        })
    });
    let destinations = receipts.iter().map(|receipt| {
        json!({
            "destination": receipt.destination,
            "references": receipt.references,
            "digest": receipt.digest.to_string(),
            "bytes": receipt.bytes,
        })
    });
    json!({
        "digest": image.digest().to_string(),
        "image_id": image.id().to_string(),
        "platform": image.platform().to_string(),
        "size": image.size(),
        "names": names.iter().map(Reference::familiar).collect::<Vec<_>>(),
        "layers": layers.collect::<Vec<_>>(),
        "destinations": destinations.collect::<Vec<_>>(),
    })
}
