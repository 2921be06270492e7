//! What can go wrong between a configuration and a release.

use std::path::PathBuf;

use super::goal::StartType;
use crate::application::ApplicationError;
use crate::fs::FsError;
use crate::term::{Place, SourceError};
use crate::tree::TreeError;

/// A release that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// A configuration with a mistake.
    #[error(transparent)]
    Config(#[from] SourceError),
    /// Several overlays with mistakes.
    #[error("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"))]
    Overlays {
        /// One for each, in the order of the list.
        errors: Vec<SourceError>,
    },
    /// No release is configured.
    #[error("`{}` configures no release: it has no `{{relx, [{{release, {{Name, Vsn}}, [App]}}]}}`", path.display())]
    NoRelease {
        /// The configuration file.
        path: PathBuf,
        /// Whether there is a relx.config, which is not read beside a `relx` entry.
        unread: bool,
    },
    /// Releases with different names.
    #[error("several releases are configured, and none is selected: {names}")]
    SeveralReleases {
        /// Their names.
        names: String,
    },
    /// A release that is selected and not configured.
    #[error("there is no release `{wanted}`; configured are {configured}")]
    NoSuchRelease {
        /// `NAME` or `NAME:VSN`.
        wanted: String,
        /// What there is.
        configured: String,
    },
    /// A directory without the runtime system that is to be included.
    #[error("cannot include ERTS from `{}`: it has no {missing}", dir.display())]
    ErtsNotFound {
        /// The directory.
        dir: PathBuf,
        /// What it should have.
        missing: String,
    },
    /// A release without applications.
    #[error("no applications are configured for the release `{release}`")]
    NoGoals {
        /// Name and version.
        release: String,
    },
    /// A configured file that does not exist.
    #[error(transparent)]
    ConfigFileMissing(SourceError),
    /// A file or directory that does not exist and that is to stand in for a configured one.
    #[error("there is no {kind} `{}`, which is to be used for `{option}`", path.display())]
    OverrideMissing {
        /// The option of relx.
        option: &'static str,
        /// `file` or `directory`.
        kind: &'static str,
        /// Its path.
        path: PathBuf,
    },
    /// An application that is nowhere.
    #[error("the application `{name}`, which {needed_by} needs, is not in {}", list(searched))]
    AppNotFound {
        /// The application.
        name: String,
        /// What needs it.
        needed_by: String,
        /// The directories it was looked for in: rebar3's, `lib_dirs`, Erlang's own.
        searched: Vec<PathBuf>,
        /// Whether `exclude_apps` leaves it out.
        excluded: bool,
    },
    /// A goal that asks for another version.
    #[error("the release asks for `{name}` {wanted}, and `{}` has {found}{}", dir.display(), unchecked(*brought))]
    VersionMismatch {
        /// The application.
        name: String,
        /// The version in the goal.
        wanted: String,
        /// The version that is there.
        found: String,
        /// Where.
        dir: PathBuf,
        /// Whether another application had brought it into the release before.
        brought: bool,
    },
    /// kernel or stdlib is missing or not permanent.
    #[error("the release `{release}` needs `{name}` as a permanent application: nothing starts without it")]
    BasicAppMissing {
        /// `kernel` or `stdlib`.
        name: &'static str,
        /// The release.
        release: String,
    },
    /// kernel or stdlib with another start type.
    #[error("`{name}` must be permanent, since nothing starts without it; here it is {start}")]
    BasicAppNotPermanent {
        /// `kernel` or `stdlib`.
        name: &'static str,
        /// How it would be started.
        start: StartType,
    },
    /// An application that another one in the release needs.
    #[error("the application `{name}`, which `{needed_by}` needs, is not in the release `{release}`")]
    UndefinedApplication {
        /// The application.
        name: String,
        /// What needs it.
        needed_by: String,
        /// The release.
        release: String,
    },
    /// A goal that includes an application which its application does not include.
    #[error(
        "the release includes `{name}` in `{app}`, but `{app}` does not have it in its `included_applications`"
    )]
    NotIncluded {
        /// What is to be included.
        name: String,
        /// The application that the goal names.
        app: String,
    },
    /// Something that only one application may have.
    #[error("the {what} `{name}` is {}", places(apps))]
    Duplicate {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
        /// The two applications; the same one twice, if it has the name twice.
        apps: [String; 2],
    },
    /// Applications that need each other.
    #[error("these applications need each other in a circle, so none of them can start first: {}", apps.join(", "))]
    Circular {
        /// Their names.
        apps: Vec<String>,
    },
    /// A module that the `.app` file lists and nobody compiled.
    #[error("the application `{app}` lists the module `{module}`, but there is no `{}`", path.display())]
    ModuleMissing {
        /// The application.
        app: String,
        /// The module.
        module: String,
        /// Where it should be.
        path: PathBuf,
    },
    /// A file name that a release cannot have.
    #[error("the name of `{}` is not UTF-8, which a release cannot hold", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// Another error, at the place in the configuration that it is about.
    #[error("{shown}")]
    Placed {
        /// The place, with the error's message.
        shown: SourceError,
        /// The error.
        error: Box<ReleaseError>,
    },
    /// An application that cannot be read.
    #[error(transparent)]
    Application(#[from] ApplicationError),
    /// A tree that cannot be built.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A file that cannot be read.
    #[error(transparent)]
    Fs(#[from] FsError),
}

impl ReleaseError {
    /// The same error, shown at the place that it is about.
    pub(super) fn at(self, place: &Place) -> Self {
        Self::Placed { shown: place.error(self.to_string()), error: Box::new(self) }
    }
}

/// relx does not look at the version then.
fn unchecked(brought: bool) -> &'static str {
    if brought {
        "; relx does not check this, as another application of the release has brought it in before: correct the \
         version, or leave it out"
    } else {
        ""
    }
}

/// `` `a`, `b` or `c` ``.
fn list(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "any directory".into(),
    }
}

fn places([one, other]: &[String; 2]) -> String {
    if one == other {
        format!("twice in the application `{one}` of the release")
    } else {
        format!("in two applications of the release: `{one}` and `{other}`")
    }
}
