//! The subcommands, one file each, and what they share.

pub(crate) mod image;
pub(crate) mod key;
pub(crate) mod plan;
pub(crate) mod release;
pub(crate) mod tar;

use std::path::PathBuf;

use erlrel_core::project::{self, LoadOptions, commands};
use erlrel_core::release::{ReleaseSpec, Resolution, Warning};
use erlrel_core::{
    Environment, Error, OtpRoot, Project, container, destination, fs, image as core_image, otp, tree,
};

use crate::args::{CompileArgs, ContentArgs, ProjectArgs};
use crate::report::Report;

/// A command that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error(transparent)]
    Core(#[from] Error),
    #[error("SOURCE_DATE_EPOCH is `{0}`, which is not a number of seconds")]
    BadEpoch(String),
    #[error("`{}` is there and is no release: it will not be replaced", path.display())]
    NotARelease { path: PathBuf },
    #[error("cannot find out where erlrel itself is installed")]
    NoProgramPath(#[source] std::io::Error),
    #[error("cannot print the result")]
    ResultNotPrinted(#[source] std::io::Error),
}

impl CliError {
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Core(error) => error.hint(),
            Self::BadEpoch(_) => {
                Some("set it to the seconds since 1970, for example `$(git log -1 --format=%ct)`")
            }
            Self::NotARelease { .. } => Some("name a directory that is empty or does not exist"),
            Self::NoProgramPath(_) => Some("name the start program with --boot-program FILE"),
            Self::ResultNotPrinted(_) => None,
        }
    }
}

/// Every error of the library becomes one of the command.
macro_rules! from_core {
    ($($error:ty),*) => { $(
        impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                Self::Core(error.into())
            }
        }
    )* };
}

from_core!(
    project::ProjectError,
    commands::CommandError,
    otp::OtpError,
    erlrel_core::release::ReleaseError,
    tree::TreeError,
    container::ContainerError,
    destination::DestinationError,
    core_image::reference::ReferenceError
);

impl From<fs::FsError> for CliError {
    fn from(error: fs::FsError) -> Self {
        tree::TreeError::from(error).into()
    }
}

/// A project with its release resolved.
pub(crate) struct Resolved {
    pub(crate) project: Project,
    pub(crate) otp: OtpRoot,
    pub(crate) spec: ReleaseSpec,
    pub(crate) resolution: Resolution,
}

impl Resolved {
    /// Reads the project and resolves its release, with the warnings printed.
    pub(crate) fn load(args: &ProjectArgs, report: &Report) -> Result<Self, CliError> {
        let project = load_project(args)?;
        let otp = load_otp(args)?;
        let spec = erlrel_core::release::spec(&project)?;
        let resolution = erlrel_core::release::resolve(&spec, &project, &otp)?;
        spec.warnings.iter().for_each(|warning| report.warning(warning));
        resolution.warnings.iter().for_each(|warning| report.warning(warning));
        outdated_locks(&project).iter().for_each(|warning| report.warning(warning));
        Ok(Self { project, otp, spec, resolution })
    }

    /// `_build/<profile>/rel/<rel>`, where rebar3 puts the release.
    pub(crate) fn rel_dir(&self) -> PathBuf {
        self.project.profile_dir().join("rel").join(&self.spec.name)
    }

    /// Decides the image.
    pub(crate) fn plan(
        &self,
        content: &ContentArgs,
        report: &Report,
    ) -> Result<(container::Plan, Build), CliError> {
        let mut options = container::ContainerOptions::of(&self.project)?;
        if let Some(base) = &content.base {
            options.base = base.clone();
        }
        options.shell |= content.shell;
        let build = Build { boot_program: boot_program(content)?, epoch: epoch()? };
        let Self { project, otp, spec, resolution } = self;
        let plan = container::plan(spec, project, resolution, otp, &options, &build.options(report))?;
        plan.warnings.iter().for_each(|warning| report.warning(warning));
        Ok((plan, build))
    }
}

/// Facts about this build.
pub(crate) struct Build {
    boot_program: PathBuf,
    epoch: u64,
}

impl Build {
    pub(crate) fn options<'a>(&self, report: &'a Report) -> container::BuildOptions<'a> {
        container::BuildOptions {
            boot_program: self.boot_program.clone(),
            epoch: self.epoch,
            scratch_dir: std::env::temp_dir(),
            observer: report,
        }
    }
}

pub(crate) fn load_options(args: &ProjectArgs) -> LoadOptions {
    LoadOptions { profiles: args.profile.clone(), environment: environment() }
}

pub(crate) fn load_project(args: &ProjectArgs) -> Result<Project, CliError> {
    Ok(project::load(&args.dir, &load_options(args))?)
}

pub(crate) fn load_otp(args: &ProjectArgs) -> Result<OtpRoot, CliError> {
    Ok(match &args.otp {
        Some(root) => OtpRoot::load(root)?,
        None => OtpRoot::from_path(&environment())?,
    })
}

/// Variables that are not UTF-8 decide nothing here.
pub(crate) fn environment() -> Environment {
    std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect()
}

/// Runs `rebar3 compile`, unless asked not to.
pub(crate) fn compile(project: &ProjectArgs, args: &CompileArgs, report: &Report) -> Result<(), CliError> {
    if args.no_compile {
        return Ok(());
    }
    // Reading the project first gives a better message than rebar3 where there is none.
    let loaded = load_project(project)?;
    let profiles: Vec<String> = project.profile.iter().filter(|name| *name != "default").cloned().collect();
    Ok(commands::rebar3_compile(&loaded.root, &profiles, report)?)
}

/// The time of everything that is written: SOURCE_DATE_EPOCH, else 0.
pub(crate) fn epoch() -> Result<u64, CliError> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) if !text.is_empty() => text.parse().map_err(|_| CliError::BadEpoch(text)),
        _ => Ok(0),
    }
}

fn boot_program(content: &ContentArgs) -> Result<PathBuf, CliError> {
    if let Some(path) = &content.boot_program {
        return Ok(path.clone());
    }
    let own = std::env::current_exe().map_err(CliError::NoProgramPath)?;
    Ok(own.with_file_name("erlrel-boot"))
}

fn outdated_locks(project: &Project) -> Vec<Warning> {
    project
        .outdated_locks()
        .into_iter()
        .map(|(name, requirement, locked)| Warning::LockOutdated { name, requirement, locked })
        .collect()
}
