//! The subcommands, one file each, and what they share.

pub(crate) mod image;
pub(crate) mod key;
pub(crate) mod plan;
pub(crate) mod prebuilt;
pub(crate) mod release;
pub(crate) mod tar;

use std::fmt::Display;
use std::path::PathBuf;

use erlrel_core::container::{BuildOptions, ContainerOptions, Plan};
use erlrel_core::project::{ProjectError, commands::CommandError};
use erlrel_core::release::{Form, Release, Selection, resolve, warnings, warnings_of_form};
use erlrel_core::{Error, Project, container, destination, fs, image as core_image, otp, tree};

use crate::args::{ContentArgs, ProjectArgs, SelectArgs};
use crate::project::load_otp;
use crate::report::Report;

/// A command that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error(transparent)]
    Core(#[from] Error),
    #[error("SOURCE_DATE_EPOCH is `{0}`, which is not a number of seconds")]
    BadEpoch(String),
    #[error("`{}` is there and is no release: nothing will be written into it", path.display())]
    NotARelease { path: PathBuf },
    #[error("warnings are errors here, and there {} of them", if *count == 1 { "is 1".into() } else { format!("are {count}") })]
    Strict { count: usize },
    #[error(transparent)]
    HookNotRun(Box<erlrel_core::term::SourceError>),
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
            Self::HookNotRun(_) => Some(
                "make the release with rebar3 and the image of it with `erlrel image --from`, or leave the hook out \
                 with --ignore-hooks",
            ),
            Self::NoProgramPath(_) => Some("name the start program with --boot-program FILE"),
            Self::Strict { .. } => {
                Some("leave out --strict and `warnings_as_errors` to build in spite of them")
            }
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
    ProjectError,
    CommandError,
    otp::OtpError,
    erlrel_core::release::ReleaseError,
    erlrel_core::release::PrebuiltError,
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

/// A release, and how much is put up with.
pub(crate) struct Resolved {
    pub(crate) release: Release,
    strict: bool,
}

impl Resolved {
    /// Resolves a project's release, with the warnings printed.
    pub(crate) fn of(
        project: Project,
        args: &ProjectArgs,
        select: &SelectArgs,
        report: &Report,
    ) -> Result<Self, CliError> {
        let otp = load_otp(args)?;
        let selection = select.release.as_deref().map(Selection::parse).unwrap_or_default();
        let spec = erlrel_core::release::spec(&project, &selection, &select.overrides.overrides())?;
        let resolved = Self { release: resolve(project, otp, spec)?, strict: select.strict };
        let Release { spec, .. } = &resolved.release;
        resolved.warn(&warnings(&resolved.release), |warning| warning.fails_in_relx(spec), report)?;
        Ok(resolved)
    }

    /// Prints what is to be said of one form of the release.
    pub(crate) fn warn_of_form(
        &self,
        tree: &tree::Tree,
        form: Form,
        report: &Report,
    ) -> Result<(), CliError> {
        self.warn(&warnings_of_form(&self.release, tree, form), |_| false, report)
    }

    /// Prints warnings, of which all are errors with `--strict`, and some if rebar.config wants it so.
    fn warn<W: Display>(
        &self,
        warnings: &[W],
        fails: impl Fn(&W) -> bool,
        report: &Report,
    ) -> Result<(), CliError> {
        let mut count = 0;
        for warning in warnings {
            if self.strict || fails(warning) {
                count += 1;
                report.error_before(warning);
            } else {
                report.warning(warning);
            }
        }
        if count > 0 { Err(CliError::Strict { count }) } else { Ok(()) }
    }

    /// `_build/<profile>/rel/<rel>`, where rebar3 puts the release.
    pub(crate) fn rel_dir(&self) -> PathBuf {
        let spec = &self.release.spec;
        spec.output_dir.join(&spec.name)
    }

    /// Decides the image.
    pub(crate) fn plan(&self, content: &ContentArgs, report: &Report) -> Result<Plan, CliError> {
        let options = content.over(ContainerOptions::of(&self.release.project)?);
        let boot_program = boot_program(content)?;
        let plan = container::plan(&self.release, &boot_program, &options, &build_options(report)?)?;
        self.warn(&plan.warnings, |_| false, report)?;
        Ok(plan)
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
pub(crate) fn build_options(report: &Report) -> Result<BuildOptions<'_>, CliError> {
    Ok(BuildOptions { epoch: epoch()?, scratch_dir: std::env::temp_dir(), observer: report })
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
