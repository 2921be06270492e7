//! What can go wrong with the images for those who work on a project.

use super::Target;
use crate::container::ContainerError;
use crate::dependencies::DependenciesError;
use crate::fs::FsError;
use crate::project::ProjectError;
use crate::release::ReleaseError;
use crate::tree::TreeError;

/// An image that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// No base image.
    #[error("a {target} needs a base image with Erlang and rebar3")]
    NoBase {
        /// The target.
        target: Target,
    },
    /// A base image that lacks a program.
    #[error("a {target} needs `{program}`, and the base image {base} has none on its PATH ({search_path})")]
    NoProgram {
        /// The target.
        target: Target,
        /// The program.
        program: &'static str,
        /// The base.
        base: String,
        /// Where it was looked for.
        search_path: String,
    },
    /// A base image with another Erlang than the one that has compiled the project.
    #[error(
        "the base image {base} has ERTS {theirs}, and the project was compiled with ERTS {ours} (Erlang/OTP {otp}): rebar3 \
         would compile everything again"
    )]
    OtherErlang {
        /// The base.
        base: String,
        /// Its version of the runtime system.
        theirs: String,
        /// The version of the runtime system here.
        ours: String,
        /// The version of Erlang here.
        otp: String,
    },
    /// A project with checkouts.
    #[error("`_checkouts` cannot be put into an image: it stands in for dependencies only on this machine")]
    Checkouts,
    /// No PLT where rebar3 should have made one.
    #[error("there is no PLT at `{path}`")]
    NoPlt {
        /// Where it was looked for.
        path: String,
    },
    /// A PLT that is no part of the project.
    #[error("the PLT is at `{path}`, outside of the project: leave out `plt_location`")]
    PltElsewhere {
        /// Where it is.
        path: String,
    },
    /// A PLT that is not in the form of a PLT.
    #[error("the PLT `{path}` has another form than those of Erlang/OTP 25 to 29")]
    BadPlt {
        /// Where it is.
        path: String,
    },
    /// The image cannot be put together.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// The release cannot be assembled.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// The dependencies cannot be read.
    #[error(transparent)]
    Dependencies(#[from] DependenciesError),
    /// The project cannot be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// A file that no image can hold.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A file that cannot be read.
    #[error(transparent)]
    Fs(#[from] FsError),
}

impl TargetError {
    /// What to do next, where the message does not say it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoBase { .. } => Some("name one with --base, such as --base erlang:27"),
            Self::NoProgram { program: "git", .. } => Some(
                "rebar3 asks git for the commit of each dependency from git: take a base image that has git too",
            ),
            Self::NoProgram { .. } => Some("name another one with --base, such as --base erlang:27"),
            Self::OtherErlang { .. } => {
                Some("take a base image with this version of Erlang, or compile with that of the base")
            }
            Self::Checkouts => Some("move `_checkouts` away while the image is made"),
            Self::NoPlt { .. } => Some("make it with `rebar3 dialyzer`, or leave out --no-compile"),
            _ => None,
        }
    }
}
