//! Why the VM, or another program, does not run.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use thiserror::Error;

/// What was attempted, with which program.
#[derive(Debug, Error)]
pub(crate) enum VmError {
    #[error("`{0}` needs a terminal, but standard input is none")]
    NoTerminal(String),
    #[error("`console` needs standard input, but it is closed or /dev/null")]
    NoInput,
    #[error("cannot start {program}")]
    Start { program: PathBuf, source: io::Error },
    #[error("the node {node:?} can only be asked by a VM, and the release has no {path} to start one with")]
    NoStartClean { node: OsString, path: PathBuf },
    #[error("a VM was started to ask the node {node:?}, but gets no connection to it{}", colon(said))]
    Unreachable { node: OsString, said: String },
    #[error("the node {node:?} gave no answer within {} s to the VM that asked it", patience.as_secs_f64())]
    Late { node: OsString, patience: Duration },
    #[error(
        "a VM was started to ask the node {node:?}, and ended without an answer ({status}){}",
        colon(said)
    )]
    NoAnswer { node: OsString, status: ExitStatus, said: String },
    #[error("the command needs a boot file, without its ending .boot")]
    BootFileMissing,
    #[error("there is no boot file {path}")]
    NoBootFile { path: PathBuf },
    #[error("cannot prepare to receive signals")]
    Signals(#[source] io::Error),
}

impl VmError {
    /// What to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::NoTerminal(command) => {
                format!("run it with a terminal, for example `docker exec -it CONTAINER … {command}`")
            }
            Self::NoInput => {
                "run it with a terminal (`docker run -it`), or run `foreground`, which has no shell".into()
            }
            Self::Start { .. } => "check that the file exists and may be executed on this machine".into(),
            Self::NoStartClean { .. } => {
                "assemble the release with start_clean.boot, which relx and erlrel put there unless told otherwise".into()
            }
            Self::Unreachable { .. } => {
                "check that the node runs, and that cookie, name and the options of its distribution are the same".into()
            }
            Self::Late { .. } => "RELX_RPC_TIMEOUT is the number of seconds that it has".into(),
            Self::NoAnswer { .. } => {
                "the release needs the applications of its distribution protocol, such as ssl for inet_tls".into()
            }
            Self::BootFileMissing | Self::NoBootFile { .. } => {
                "name one that the release has, such as releases/VSN/start_clean"
                    .into()
            }
            Self::Signals(_) => "give the container a larger limit of open files (`--ulimit nofile`)".into(),
        }
    }
}

/// What a program said, after a colon, if it said something.
fn colon(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}
