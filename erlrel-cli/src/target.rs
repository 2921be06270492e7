//! The images for those who work on a project: `erlrel image --target builder|tester|plt|releaser`.

use erlrel_core::container::{ContainerOptions, Plan};
use erlrel_core::destination::Destination;
use erlrel_core::project::deps_key;
use erlrel_core::release::{Selection, spec};
use erlrel_core::targets::{self, Target, TargetOptions};
use erlrel_core::{OtpRoot, Project};

use crate::args::{ImageArgs, ProjectArgs};
use crate::commands::image::{Subject, names};
use crate::compile::paths_of;
use crate::content::options_for_work;
use crate::environment::environment;
use crate::error::CliError;
use crate::host::Host;
use crate::last;
use crate::project::{Opened, Opening, load_otp};
use crate::report::Report;
use crate::resolved::Resolved;

/// Compiles what the target needs, and decides its image.
pub(crate) fn subject(
    target: Target,
    args: &ImageArgs,
    host: &Host<'_>,
    report: &Report,
) -> Result<Subject, CliError> {
    let project_args =
        ProjectArgs { profile: target.profiles(&args.project.profile), ..args.project.clone() };
    let compilation = target.compilation(&project_args.profile);
    // Hooks of other commands do their work where rebar3 runs these.
    let commands: &[&str] = if target == Target::Releaser { &["release", "tar"] } else { &[] };
    let opening = Opening {
        project: &project_args,
        compile: &args.compile,
        registry: &host.cache_registry,
        commands,
        is_cached: host.cache.is_some(),
        written: paths_of(&args.to),
    };
    let Opened { project, compiled, dependency_cache } = opening.open_built(&compilation, report)?;
    let options = options_for_work(&project, &args.content)?;
    let about = About::of(&project, args);
    let (names, warnings) = names(
        args,
        &[],
        &project.root,
        about.version.as_deref().unwrap_or("0"),
        (&about.title, &about.tag(target, &project)?),
    )?;
    warnings.iter().for_each(|warning| report.warning(warning));
    let identity = last::identity(&project, &target.to_string(), &about.title);
    let file = format!("{}-{target}.tar", about.title);
    let destination = Destination::Archive(project.profile_dir().join("erlrel").join(file));
    let plan = match target {
        Target::Releaser => plan_releaser(project, &project_args, args, &options, host, report)?,
        target => plan(target, &project, &load_otp(&project_args)?, &about, &options, host)?,
    };
    plan.warnings.iter().for_each(|warning| report.warning(warning));
    let size_budget = options.size_budget;
    Ok(Subject { plan, names, destination, compiled, dependency_cache, identity, size_budget })
}

fn plan(
    target: Target,
    project: &Project,
    otp: &OtpRoot,
    about: &About,
    container: &ContainerOptions,
    host: &Host<'_>,
) -> Result<Plan, CliError> {
    let version = about.version.as_deref();
    let options = TargetOptions { title: &about.title, version, otp, environment: &environment(), container };
    Ok(targets::plan(target, project, &options, &host.build_options())?)
}

fn plan_releaser(
    project: Project,
    project_args: &ProjectArgs,
    args: &ImageArgs,
    container: &ContainerOptions,
    host: &Host<'_>,
    report: &Report,
) -> Result<Plan, CliError> {
    let resolved = Resolved::of(project, project_args, &args.select, host.cache.as_ref(), report)?;
    Ok(targets::plan_releaser(&resolved.release, container, &host.build_options())?)
}

/// What such an image is named after: the release, if the project has one.
struct About {
    title: String,
    version: Option<String>,
}

impl About {
    fn of(project: &Project, args: &ImageArgs) -> Self {
        let selection = args.select.release.as_deref().map(Selection::parse).unwrap_or_default();
        let folder = || project.root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match spec(project, &selection, &args.select.overrides.overrides()) {
            Ok(spec) => Self { title: spec.name, version: Some(spec.vsn) },
            Err(_) => Self { title: folder(), version: None },
        }
    }

    /// A builder changes with what decides the dependencies, the others with the release's version.
    fn tag(&self, target: Target, project: &Project) -> Result<String, CliError> {
        match (target, &self.version) {
            (Target::Builder, _) => Ok(format!("{target}-{}", deps_key::cksum(&project.root)?)),
            (_, Some(version)) => Ok(format!("{target}-{version}")),
            (_, None) => Ok(target.to_string()),
        }
    }
}
