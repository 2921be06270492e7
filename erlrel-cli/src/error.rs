//! What can go wrong in a command, and what to do next.

use std::path::PathBuf;

use erlrel_core::container::Overrun;
use erlrel_core::project::{ProjectError, commands::CommandError};
use erlrel_core::{Error, cache, container, dependencies, destination, fs, image, otp, release, tree};

use crate::over_budget;

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
    #[error(
        "no image can be named after the release `{name}` of version `{vsn}`: names have letters from a to z and digits"
    )]
    NoUsualName { name: String, vsn: String },
    #[error("`scratch` is no image: there is nothing to put on another base, and nothing to put it on")]
    NotAnImage,
    #[error("`scratch` is no image: there is nothing to compare")]
    NothingToCompare,
    #[error("an image that goes to a registry needs a name that says where")]
    NoRegistryName,
    #[error("cannot find out where erlrel itself is installed")]
    NoProgramPath(#[source] std::io::Error),
    #[error("there is no place for a cache: neither XDG_CACHE_HOME nor HOME names a directory")]
    NoCacheDirectory,
    #[error("cannot find out what the current folder is")]
    NoCurrentFolder(#[source] std::io::Error),
    #[error("dependencies are not compiled: {}", names.join(", "))]
    NotCompiled { names: Vec<String> },
    #[error("{}", over_budget::message(overruns, applications))]
    OverBudget { overruns: Vec<Overrun>, applications: Vec<(String, u64)> },
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
            Self::NoRegistryName => {
                Some("name it with --tag REGISTRY/PATH[:TAG], such as --tag registry.example.com/shop:1.4")
            }
            Self::NoUsualName { .. } => Some("name the image with --tag NAME[:TAG]"),
            Self::NoProgramPath(_) => Some("name the start program with --boot-program FILE"),
            Self::Strict { .. } => {
                Some("leave out --strict and `warnings_as_errors` to build in spite of them")
            }
            Self::OverBudget { .. } => Some(
                "nothing was written; `erlrel plan --html FILE` draws what takes the space, `--size-budget` and \
                 `{size_budget, …}` in rebar.config set the limit",
            ),
            Self::NothingToCompare => Some("name two images: `erlrel diff OLD NEW`"),
            Self::NotAnImage => Some("make the image again with `erlrel image`"),
            Self::NoCacheDirectory => Some("name a directory with --cache-dir DIR"),
            Self::NotCompiled { .. } => Some("compile the project first: `rebar3 as PROFILE compile`"),
            Self::ResultNotPrinted(_) | Self::NoCurrentFolder(_) => None,
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
    erlrel_core::targets::TargetError,
    ProjectError,
    CommandError,
    otp::OtpError,
    release::ReleaseError,
    release::PrebuiltError,
    tree::TreeError,
    container::ContainerError,
    image::ImageError,
    cache::CacheError,
    dependencies::DependenciesError,
    destination::DestinationError
);

impl From<fs::FsError> for CliError {
    fn from(error: fs::FsError) -> Self {
        tree::TreeError::from(error).into()
    }
}
