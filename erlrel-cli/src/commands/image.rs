//! `erlrel image`: the main job.

use std::path::Path;

use erlrel_core::container::tags::TagTemplate;
use erlrel_core::container::{self, ContainerWarning, Plan, SizeBudget, TagFacts};
use erlrel_core::destination::{self, Destination};
use erlrel_core::explain::explain;
use erlrel_core::image::Reference;
use erlrel_core::release::{Prebuilt, Release};
use erlrel_core::shared_cache::CachePlace;
use erlrel_core::targets::Target;

use serde_json::Value;

use crate::args::ImageArgs;
use crate::compile::{Compiled, paths_of};
use crate::content::{options_from, options_of, plan_from, plan_project, read_from};
use crate::environment::{docker_host, environment};
use crate::error::CliError;
use crate::host::Host;
use crate::project::{Opened, Opening};
use crate::receipt::Made;
use crate::report::Report;
use crate::resolved::{Resolved, warn_or_fail};
use crate::{explanation, last, over_budget, receipt, target};

pub(crate) fn run(args: &ImageArgs, report: &Report) -> Result<(), CliError> {
    if args.to.contains(&Destination::Docker) {
        docker_host()?;
    }
    let host = Host::new(&args.content.host, report)?.sharing(&args.compile.dependency_cache.cache_from);
    host.telling(|| make(args, &host, report))
}

fn make(args: &ImageArgs, host: &Host<'_>, report: &Report) -> Result<(), CliError> {
    let subject = match (&args.content.from, args.target) {
        (Some(path), _) => Subject::of_prebuilt(path, args, host, report)?,
        (None, Target::Runner) => Subject::of_project(args, host, report)?,
        (None, target) => target::subject(target, args, host, report)?,
    };
    let image = container::build(&subject.plan, &host.build_options())?;
    let bound = container::bound_modules(&subject.plan, &host.build_options());
    warn_or_fail(bound.as_slice(), |_| args.select.strict, report)?;
    let last = last::build(&subject.identity, host);
    over_budget::check(&subject.size_budget, &image, &subject.plan, last.as_ref())?;
    let names = &subject.names;
    let destinations = if args.to.is_empty() { vec![subject.destination.clone()] } else { args.to.clone() };
    let options = host.write_options();
    let write = |to| destination::write(&image, names, to, &options);
    let receipts = report
        .while_sending(&host.registry, || destinations.iter().map(write).collect::<Result<Vec<_>, _>>())?;
    if let Some(place) = &args.compile.dependency_cache.cache_to {
        share_base(&subject.plan, place, host, report);
    }
    let explanation =
        args.explain.then(|| explain(&image, last.as_ref(), host.cache.as_ref())).transpose()?;
    last::keep(&subject.identity, last.as_ref(), &image, host)?;
    if let Some(explanation) = explanation.as_ref().filter(|_| !args.json) {
        explanation::tell(explanation, &subject.compiled, &receipts, report);
    }
    let made = Made {
        image: &image,
        names,
        receipts: &receipts,
        bound: bound.as_ref(),
        compiled: Some(subject.compiled),
        dependency_cache: subject.dependency_cache,
        explanation: explanation.as_ref().map(explanation::json),
    };
    receipt::print(&made, args.json, report)
}

/// Tells other machines what the base holds. One that cannot be told is no reason to fail.
fn share_base(plan: &Plan, place: &CachePlace, host: &Host<'_>, report: &Report) {
    if let Err(error) = container::share_base(plan, place, &host.build_options()) {
        report.warning_of(&error.into());
    }
}

/// What the image is made of, whoever has assembled the release.
pub(crate) struct Subject {
    pub(crate) plan: Plan,
    pub(crate) names: Vec<Reference>,
    /// Where the image goes unless the user says otherwise.
    pub(crate) destination: Destination,
    /// Whether rebar3 was started, and why.
    pub(crate) compiled: Compiled,
    /// What became of the dependencies in caches, if any is named.
    pub(crate) dependency_cache: Option<Value>,
    /// What the image is made of, in words that are the same for the next one.
    pub(crate) identity: String,
    /// How large it may be.
    pub(crate) size_budget: SizeBudget,
}

impl Subject {
    fn of_project(args: &ImageArgs, host: &Host<'_>, report: &Report) -> Result<Self, CliError> {
        let commands = &["release", "tar"];
        let opening = Opening {
            project: &args.project,
            compile: &args.compile,
            registry: &host.cache_registry,
            commands,
            is_cached: host.cache.is_some(),
            written: paths_of(&args.to),
        };
        let Opened { project, compiled, dependency_cache } = opening.open(report)?;
        let resolved = Resolved::of(project, &args.project, &args.select, host.cache.as_ref(), report)?;
        let options = options_of(&resolved, &args.content)?;
        let Release { project, spec, .. } = &resolved.release;
        let usual = (spec.name.as_str(), spec.vsn.as_str());
        let (names, warnings) = names(args, &options.tags, &project.root, &spec.vsn, usual)?;
        resolved.warn(&warnings, report)?;
        let plan = plan_project(&resolved, &options, &args.content, host, report)?;
        let Release { project, spec, .. } = resolved.release;
        let file = format!("{}-{}.tar", spec.name, spec.vsn);
        let destination = Destination::Archive(project.profile_dir().join("erlrel").join(file));
        let identity = last::identity(&project, "runner", &spec.name);
        let size_budget = options.size_budget;
        Ok(Self { plan, names, destination, compiled, dependency_cache, identity, size_budget })
    }

    fn of_prebuilt(
        path: &Path,
        args: &ImageArgs,
        host: &Host<'_>,
        report: &Report,
    ) -> Result<Self, CliError> {
        let release = read_from(path)?;
        let options = options_from(&args.project, &args.content, report)?;
        let usual = (release.name.as_str(), release.vsn.as_str());
        let (names, warnings) = names(args, &options.tags, &args.project.dir, &release.vsn, usual)?;
        warnings.iter().for_each(|warning| report.warning(warning));
        let plan = plan_from(&release, &options, host, report)?;
        let Prebuilt { name, vsn, .. } = release;
        // The name without `.image` would be that of the release's own tarball, unpacked.
        let destination = Destination::Archive(format!("{name}-{vsn}.image.tar").into());
        let identity = last::identity_of_prebuilt(path, &name);
        Ok(Self {
            plan,
            names,
            destination,
            compiled: Compiled::default(),
            dependency_cache: None,
            identity,
            size_budget: options.size_budget,
        })
    }
}

/// Those that the user gives, on the command line or else in rebar.config, else the usual name and tag with what they cannot
/// have replaced.
pub(crate) fn names(
    args: &ImageArgs,
    configured: &[TagTemplate],
    root: &Path,
    version: &str,
    (name, tag): (&str, &str),
) -> Result<(Vec<Reference>, Vec<ContainerWarning>), CliError> {
    let templates = if args.tag.is_empty() { configured } else { &args.tag };
    if !templates.is_empty() {
        return Ok(TagFacts { version, root, environment: &environment() }.names(templates)?);
    }
    if args.to.contains(&Destination::Registry) {
        return Err(CliError::NoRegistryName);
    }
    let usual = Reference::nearest(name, tag);
    let none = || CliError::NoUsualName { name: name.into(), vsn: tag.into() };
    Ok((vec![usual.ok_or_else(none)?], Vec::new()))
}
