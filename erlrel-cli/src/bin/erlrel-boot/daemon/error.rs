//! Why a release does not run in the background.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use thiserror::Error;

/// What was attempted, with which program or directory.
#[derive(Debug, Error)]
pub(crate) enum DaemonError {
    #[error("the container would end at once: it ends with its first process, which this command is")]
    FirstProcess,
    #[error("{run_erl} gives the release to /bin/sh, and there is none")]
    NoShell { run_erl: PathBuf },
    #[error("there is no {path}")]
    NoProgram { path: PathBuf },
    #[error("cannot make the directory {dir}")]
    Directory { dir: PathBuf, variable: &'static str, source: io::Error },
    #[error("{dir}, where the node's pipes are to be, belongs to another user")]
    Foreign { dir: PathBuf },
    #[error("other users may replace what is in {dir}, where the node's pipes are to be")]
    Replaceable { dir: PathBuf },
    #[error("this user may not write in {dir}, where the pipes of the node are")]
    NotWritable { dir: PathBuf, source: io::Error },
    #[error("{run_erl} has failed: {status}")]
    RunErl { run_erl: PathBuf, status: ExitStatus },
    #[error("{release} ended while it started")]
    Ended { release: String, log: PathBuf, name: OsString },
    #[error("{release} {} does not answer", process(vm.as_deref()))]
    NoAnswer { release: String, vm: Option<String>, log: PathBuf },
}

fn process(vm: Option<&str>) -> String {
    vm.map_or_else(|| "has not begun and".into(), |vm| format!("runs as process {vm}, but"))
}

impl DaemonError {
    /// What to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::FirstProcess => {
                "use foreground: `docker run --detach` puts the container into the background".into()
            }
            Self::NoShell { .. } => {
                "use foreground, or build the image with `--shell` or `{erlrel, [{shell, true}]}`".into()
            }
            Self::NoProgram { .. } => "use foreground, or an ERTS that has this program".into(),
            Self::Directory { variable, .. } => {
                format!("let {variable} name a directory that this user may write")
            }
            Self::Foreign { .. } | Self::Replaceable { .. } => "remove it, or set PIPE_DIR".into(),
            Self::NotWritable { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "nothing runs in the background: a node in the foreground has no pipes; use remote_console"
                    .into()
            }
            Self::NotWritable { .. } => "run this as their owner, or set PIPE_DIR".into(),
            Self::RunErl { .. } => "see what it has said to the system's log".into(),
            Self::Ended { log, name, .. } => format!(
                "what it said is in {}/erlang.log.*, unless another node is called {}",
                log.display(),
                name.display()
            ),
            Self::NoAnswer { log, .. } => format!(
                "what it says is in {}/erlang.log.*; RELX_RPC_TIMEOUT is how long it may take, in seconds",
                log.display()
            ),
        }
    }
}
