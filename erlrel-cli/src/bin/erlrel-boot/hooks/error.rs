//! Why hooks or extensions cannot run.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::hooks::DISABLED;

/// What was attempted, with which file.
#[derive(Debug, Error)]
pub(crate) enum HookError {
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} has a line that says neither a hook nor an extension: {line:?}")]
    Line { path: PathBuf, line: String },
    #[error("bin/{path} is to be read by a shell, and there is no /bin/sh")]
    NoShell { path: String },
    #[error("there is no file {file}, which is to do the command `{name}`")]
    NoExtension { name: String, file: PathBuf },
    #[error("the hook `pid` cannot write the process id to {path}")]
    Pid { path: PathBuf, source: io::Error },
}

impl HookError {
    /// What to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Read { .. } => "check that the user of this process may read it".into(),
            Self::Line { .. } => "build the image anew, with one version of erlrel".into(),
            Self::NoShell { .. } => format!(
                "build the image with `--shell` or `{{erlrel, [{{shell, true}}]}}`; hooks are left out with {DISABLED}"
            ),
            Self::NoExtension { .. } => "copy it there with an overlay".into(),
            Self::Pid { .. } => {
                "name a file that this user may write: `{pid, \"/tmp/NAME.pid\"}` in the hooks of rebar.config".into()
            }
        }
    }
}
