//! Why the VM, or another program, does not run.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// What was attempted, with which program.
#[derive(Debug, Error)]
pub(crate) enum VmError {
    #[error("`{0}` needs a terminal, but standard input is none")]
    NoTerminal(String),
    #[error("cannot start {program}")]
    Start { program: PathBuf, source: io::Error },
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
            Self::Start { .. } => "check that the file exists and may be executed on this machine".into(),
            Self::Signals(_) => "give the container a larger limit of open files (`--ulimit nofile`)".into(),
        }
    }
}
