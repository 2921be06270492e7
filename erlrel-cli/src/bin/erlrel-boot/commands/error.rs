//! Why a command has no answer, though the node may run.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// What is wrong with the words of a command, with the release, or with what the node has answered.
#[derive(Debug, Error)]
pub(crate) enum CommandError {
    #[error("escript needs the path of an escript in the release")]
    NoEscript,
    #[error("`rpc` needs a module")]
    NoModule,
    #[error("the name of a module or a function has no more than 255 characters")]
    LongName,
    #[error("the arguments `{text}` are no Erlang term: {problem}")]
    Arguments { text: String, problem: String },
    #[error("the release has no sasl, so nobody handles its versions")]
    NoReleaseHandler,
    #[error("the versions of the release are fixed, as {path} cannot be written")]
    FixedRelease { path: PathBuf, source: io::Error },
    #[error("RPC to {node} failed: {reason}")]
    Call { node: String, reason: String },
    #[error("the node answers something unexpected to {what}: {answer}")]
    Answer { what: &'static str, answer: String },
}

impl CommandError {
    /// What to do next.
    pub(crate) fn hint(&self) -> String {
        let text = match self {
            Self::NoEscript => "for example `escript bin/migrate`, for a file that an overlay brings",
            Self::NoModule | Self::LongName => "rpc MODULE [FUNCTION [ARGUMENTS]]",
            Self::Arguments { .. } => "they stand in brackets, for example `rpc lists seq '[1, 3]'`",
            Self::NoReleaseHandler => "add `sasl` to the applications of the release",
            Self::FixedRelease { .. } => {
                "start a container from an image of the new version; to change versions in a running node, its release \
                 must lie where its user may write, and not be read-only"
            }
            Self::Call { .. } => "the node runs, but the function does not",
            Self::Answer { .. } => "check that the node is the one of this release",
        };
        text.into()
    }

    /// The exit code: that of erl_call where it has its own.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Arguments { .. } => 255,
            _ => 1,
        }
    }
}
