//! One error for everything the library does, for hosts that report or branch.

use std::path::Path;

use crate::application::ApplicationError;
use crate::cache::CacheError;
use crate::container::ContainerError;
use crate::dependencies::DependenciesError;
use crate::destination::DestinationError;
use crate::docker::DockerError;
use crate::fs::FsError;
use crate::image::ImageError;
use crate::image::reference::ReferenceError;
use crate::otp::OtpError;
use crate::project::ProjectError;
use crate::project::commands::CommandError;
use crate::registry::{Reason, RegistryError};
use crate::release::{PrebuiltError, ReleaseError};
use crate::shared_cache::SharedCacheError;
use crate::targets::TargetError;
use crate::term::SourceError;
use crate::tree::TreeError;

/// Anything that can go wrong. Displayed: what was attempted and on what; [`hint`](Error::hint) says what
/// to do next, [`source`](std::error::Error::source) what lies behind it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading the project.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// Running rebar3.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// Finding Erlang.
    #[error(transparent)]
    Otp(#[from] OtpError),
    /// Making the release.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// Reading a release that something else has assembled.
    #[error(transparent)]
    Prebuilt(#[from] PrebuiltError),
    /// Writing a directory or a tarball.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Putting an image on another base.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// Making the image.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// Making an image for those who work on the project.
    #[error(transparent)]
    Target(TargetError),
    /// Writing the image.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// Opening or collecting the local cache.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// Sharing compiled dependencies.
    #[error(transparent)]
    Dependencies(#[from] DependenciesError),
    /// An image name that is none.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// Speaking to a registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// A short list for those who branch on an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something that was named does not exist.
    NotFound,
    /// An input has a mistake.
    Invalid,
    /// Valid, and not supported.
    Unsupported,
    /// The operating system refused.
    Io,
    /// A command failed.
    Command,
    /// A registry cannot be reached, or does not do what it should.
    Network,
    /// A registry does not allow it.
    Auth,
    /// What a registry sent is not what was asked for.
    Integrity,
    /// The observer asked to stop.
    Stopped,
}

impl Error {
    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Command(CommandError::Stopped)
            | Self::Project(ProjectError::Command(CommandError::Stopped)) => ErrorKind::Stopped,
            _ if matches!(self.tree(), Some(TreeError::Stopped)) => ErrorKind::Stopped,
            Self::Command(_) | Self::Project(ProjectError::Command(_) | ProjectError::ScriptEnded { .. }) => {
                ErrorKind::Command
            }
            Self::Project(ProjectError::NotAProject { .. } | ProjectError::NoErlForScript { .. })
            | Self::Otp(OtpError::NoErl) => ErrorKind::NotFound,
            _ if self.release().is_some_and(is_missing) => ErrorKind::NotFound,
            Self::Dependencies(DependenciesError::Cache(SharedCacheError::Ignored { .. })) => {
                ErrorKind::Integrity
            }
            _ if matches!(self.image(), Some(ImageError::Unsupported { .. })) => ErrorKind::Unsupported,
            Self::Container(ContainerError::NoSuchBase { .. }) | Self::Target(TargetError::NoPlt { .. }) => {
                ErrorKind::NotFound
            }
            _ => match (self.registry(), self.fs()) {
                (Some(error), _) => registry_kind(&error.reason),
                (None, Some(_)) => ErrorKind::Io,
                (None, None) => ErrorKind::Invalid,
            },
        }
    }

    /// The path that the error is about, where it is about one.
    pub fn path(&self) -> Option<&Path> {
        if let Self::Release(ReleaseError::OverrideMissing { path, .. }) = self {
            return Some(path);
        }
        self.fs().map(|error| error.path.as_path()).or_else(|| self.place().map(SourceError::path))
    }

    /// The place in a configuration file, where the error is about one.
    pub fn place(&self) -> Option<&SourceError> {
        match self {
            Self::Project(
                ProjectError::Config(error)
                | ProjectError::ScriptFailed { error, .. }
                | ProjectError::Application(ApplicationError::Syntax(error)),
            ) => Some(error),
            Self::Container(ContainerError::Config(error)) => Some(error),
            _ => match self.release()? {
                ReleaseError::Config(error)
                | ReleaseError::ConfigFileMissing(error)
                | ReleaseError::Placed { shown: error, .. }
                | ReleaseError::Application(ApplicationError::Syntax(error)) => Some(error),
                ReleaseError::Overlays { errors } => errors.first(),
                _ => None,
            },
        }
    }

    fn release(&self) -> Option<&ReleaseError> {
        match self {
            Self::Release(error) | Self::Container(ContainerError::Release(error)) => Some(error),
            _ => None,
        }
    }

    fn image(&self) -> Option<&ImageError> {
        match self {
            Self::Image(error)
            | Self::Dependencies(
                DependenciesError::Image(error) | DependenciesError::Cache(SharedCacheError::Image(error)),
            )
            | Self::Container(
                ContainerError::Image(error) | ContainerError::Docker(DockerError::Image(error)),
            )
            | Self::Destination(
                DestinationError::Image(error) | DestinationError::Docker(DockerError::Image(error)),
            ) => Some(error),
            _ => None,
        }
    }

    /// What went wrong in a tree, wherever that is part of something larger. These errors show themselves in
    /// place of the one around them, so `source` would not come by them.
    fn tree(&self) -> Option<&TreeError> {
        match self {
            Self::Tree(error)
            | Self::Prebuilt(PrebuiltError::Unreadable { source: error, .. })
            | Self::Dependencies(DependenciesError::Tree(error))
            | Self::Container(ContainerError::Tree(error)) => Some(error),
            _ => match (self.release(), self.image()) {
                (Some(ReleaseError::Tree(error)), _) | (_, Some(ImageError::Tree(error))) => Some(error),
                _ => None,
            },
        }
    }

    /// What went wrong with a registry, also while something was read from it.
    fn registry(&self) -> Option<&RegistryError> {
        match self {
            Self::Registry(error)
            | Self::Dependencies(DependenciesError::Cache(SharedCacheError::Registry(error)))
            | Self::Container(ContainerError::Registry(error))
            | Self::Destination(DestinationError::Registry(error)) => Some(error),
            _ => self.fs()?.source.get_ref()?.downcast_ref(),
        }
    }

    fn fs(&self) -> Option<&FsError> {
        if let Some(TreeError::Fs(error) | TreeError::NotPutBack { source: error, .. }) = self.tree() {
            return Some(error);
        }
        match self {
            Self::Project(
                ProjectError::Fs(error) | ProjectError::Application(ApplicationError::Fs(error)),
            )
            | Self::Otp(OtpError::Fs(error))
            | Self::Dependencies(DependenciesError::Fs(error))
            | Self::Cache(CacheError::Fs(error)) => Some(error),
            Self::Registry(error) => match &*error.reason {
                Reason::File(error) => Some(error),
                _ => None,
            },
            _ => match (self.release(), self.image()) {
                (
                    Some(ReleaseError::Fs(error) | ReleaseError::Application(ApplicationError::Fs(error))),
                    _,
                )
                | (_, Some(ImageError::Fs(error))) => Some(error),
                _ => None,
            },
        }
    }

    /// What to do next, where the message does not say it already.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Project(ProjectError::NotAProject { .. }) => {
                Some("run erlrel in the folder of a rebar3 project, or name the folder")
            }
            Self::Otp(OtpError::NoErl) | Self::Project(ProjectError::NoErlForScript { .. }) => {
                Some("install Erlang, or name an installation with --otp DIR")
            }
            Self::Otp(OtpError::UnknownScript { .. }) => Some(
                "name the installation with --otp DIR; `erl -noshell -eval 'io:put_chars(code:root_dir()), halt().'` prints it",
            ),
            Self::Command(CommandError::NotStarted { .. }) => {
                Some("install rebar3 and have it on PATH, or compile by other means and add --no-compile")
            }
            _ if matches!(self.image(), Some(ImageError::SeveralPlatforms { .. })) => Some(
                "name that of one platform by its digest, as NAME@DIGEST; `erlrel diff` takes --platform OS/ARCH",
            ),
            _ if matches!(self.tree(), Some(TreeError::Beam { .. })) => {
                Some("remove the file and compile again")
            }
            Self::Tree(TreeError::NotPutBack { .. }) => {
                Some("take out of it what you need: the next release that is written there removes it")
            }
            Self::Command(CommandError::Failed { .. }) => Some("rebar3's own messages are above"),
            Self::Release(error) | Self::Container(ContainerError::Release(error)) => release_hint(error),
            _ if self.registry().is_some() => self.registry().and_then(RegistryError::hint),
            Self::Destination(DestinationError::Docker(DockerError::TooOldForZstd { .. })) => Some(
                "make the layers with `--compression gzip` (on a base without zstd layers), or load the image into Docker 23 or newer",
            ),
            Self::Prebuilt(error) => error.hint(),
            Self::Cache(error) => error.hint(),
            Self::Container(ContainerError::NoErts { .. } | ContainerError::NoErlang { .. }) => Some(
                "set `{mode, prod}` or `{include_erts, true}` in the profile's relx configuration (`include_erts: true` in \
                 mix.exs), or name a base image with Erlang by --base",
            ),
            Self::Container(ContainerError::NoSystemLibs { .. }) => Some(
                "leave out `system_libs`, or set `{include_erts, false}` and name a base image with Erlang by --base",
            ),
            Self::Container(ContainerError::BaseTooOld { .. }) => Some(
                "take a base at least as new as this machine, build on an older one, or use `--base scratch`",
            ),
            Self::Container(ContainerError::NoInterpreter { .. }) => {
                Some("take a base image that has it: `--base oci:DIR[:TAG]`")
            }
            Self::Container(ContainerError::Secrets { .. }) => Some(
                "take them out of the release; what may be public is allowed by its name: `--allow-secret PATH`, or \
                 `{allow_secrets, [\"PATH\"]}` in rebar.config",
            ),
            Self::Container(ContainerError::Tag(error)) => error.hint(),
            Self::Container(ContainerError::NoHealthCommand { .. }) => Some(
                "name it: `{healthcheck, [{cmd, [\"PROGRAM\", \"ARGUMENT\"]}]}`, or `--health-cmd 'PROGRAM ARGUMENT'`",
            ),
            Self::Target(error) => error.hint(),
            Self::Container(ContainerError::NoBootProgram { .. }) => {
                Some("it is installed together with erlrel; name it with --boot-program FILE")
            }
            _ => None,
        }
    }
}

/// What went wrong with a part of such an image is what it is anywhere else.
impl From<TargetError> for Error {
    fn from(error: TargetError) -> Self {
        match error {
            TargetError::Container(error) => error.into(),
            TargetError::Release(error) => error.into(),
            TargetError::Project(error) => error.into(),
            TargetError::Dependencies(error) => error.into(),
            TargetError::Tree(error) => error.into(),
            TargetError::Fs(error) => TreeError::from(error).into(),
            error => Self::Target(error),
        }
    }
}

fn registry_kind(reason: &Reason) -> ErrorKind {
    match reason {
        Reason::Connection { .. } | Reason::Refused { .. } | Reason::Invalid { .. } => ErrorKind::Network,
        Reason::Denied { .. } | Reason::Credentials(_) => ErrorKind::Auth,
        Reason::Missing { .. } => ErrorKind::NotFound,
        Reason::Damaged { .. } => ErrorKind::Integrity,
        Reason::Content(_) | Reason::File(_) => ErrorKind::Io,
        Reason::Certificate { .. } => ErrorKind::Invalid,
        Reason::Stopped => ErrorKind::Stopped,
    }
}

fn is_missing(error: &ReleaseError) -> bool {
    match error {
        ReleaseError::Placed { error, .. } => is_missing(error),
        ReleaseError::AppNotFound { .. }
        | ReleaseError::ConfigFileMissing(_)
        | ReleaseError::OverrideMissing { .. } => true,
        _ => false,
    }
}

fn release_hint(error: &ReleaseError) -> Option<&'static str> {
    match error {
        ReleaseError::Placed { error, .. } => release_hint(error),
        ReleaseError::AppNotFound { excluded: true, .. } => Some(
            "`exclude_apps` leaves out the application, but not what it needs in its turn, so it must be there: compile \
             it, or take it out of the `applications` of what names it",
        ),
        ReleaseError::AppNotFound { .. } => Some(
            "compile the project first (`rebar3 as PROFILE compile`), add the application to `deps`, or install the \
             part of Erlang that has it",
        ),
        ReleaseError::ModuleMissing { .. } => Some("compile the project first: `rebar3 as PROFILE compile`"),
        ReleaseError::SeveralReleases { .. } => Some("name the one to build with --release NAME[:VSN]"),
        ReleaseError::NoRelease { unread: true, .. } => Some(
            "relx.config is not read, because rebar.config has a `relx` entry: move all that it says to rebar.config",
        ),
        ReleaseError::NoRelease { .. } => Some("`rebar3 new release` shows what a release looks like"),
        ReleaseError::BasicAppMissing { .. } => {
            Some("name it in `applications` of an application's .app.src")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn io() -> FsError {
        FsError { action: "read", path: "x".into(), source: std::io::ErrorKind::PermissionDenied.into() }
    }

    #[test]
    fn errors_are_of_one_kind_wherever_they_come_from() {
        use ErrorKind::{Command, Invalid, Io, NotFound, Stopped, Unsupported};
        let image = |error: ImageError| Error::from(ContainerError::from(error));
        let written = |error: ImageError| Error::from(DestinationError::from(error));
        let read = |source| Error::from(PrebuiltError::Unreadable { path: "x".into(), source });
        let assembled = |error: TreeError| Error::from(ContainerError::from(ReleaseError::from(error)));
        let unsupported = || ImageError::Unsupported { path: "x".into(), what: "zstd".into() };
        let failed = CommandError::NotStarted {
            program: "rebar3".into(),
            purpose: "to compile",
            source: std::io::ErrorKind::NotFound.into(),
        };
        let missing = || ReleaseError::ConfigFileMissing(no_place());
        let table = [
            (CommandError::Stopped.into(), Stopped),
            (TreeError::Stopped.into(), Stopped),
            (ContainerError::from(TreeError::Stopped).into(), Stopped),
            (image(TreeError::Stopped.into()), Stopped),
            (written(TreeError::Stopped.into()), Stopped),
            (assembled(TreeError::Stopped), Stopped),
            (read(TreeError::Stopped), Stopped),
            (OtpError::NoErl.into(), NotFound),
            (missing().into(), NotFound),
            (ContainerError::from(missing()).into(), NotFound),
            (image(unsupported()), Unsupported),
            (written(unsupported()), Unsupported),
            (ProjectError::from(io()).into(), Io),
            (OtpError::from(io()).into(), Io),
            (CacheError::from(io()).into(), Io),
            (ReleaseError::from(io()).into(), Io),
            (ContainerError::from(ReleaseError::from(io())).into(), Io),
            (TreeError::from(io()).into(), Io),
            (read(io().into()), Io),
            (image(io().into()), Io),
            (image(TreeError::from(io()).into()), Io),
            (written(io().into()), Io),
            (written(TreeError::from(io()).into()), Io),
            (assembled(io().into()), Io),
            (ProjectError::Command(CommandError::Stopped).into(), Stopped),
            (failed.into(), Command),
            (ReleaseError::NoGoals { release: "x".into() }.into(), Invalid),
            (TreeError::BadPath { path: "..".into() }.into(), Invalid),
        ];
        for (error, kind) in table {
            let error: Error = error;
            assert_eq!(error.kind(), kind, "{error:?}");
            assert_eq!(error.path() == Some(Path::new("x")), kind == Io, "{error:?}");
        }
    }

    fn no_place() -> SourceError {
        let source = crate::term::Source { path: "rebar.config".into(), text: String::new() };
        std::sync::Arc::new(source).error(crate::term::Span::default(), "there is no such file")
    }
}
