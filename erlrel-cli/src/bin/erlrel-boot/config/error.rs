//! Why the configuration cannot be used.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// What was attempted, on which file.
#[derive(Debug, Error)]
pub(crate) enum ConfigError {
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path}, named by {variable}, does not exist")]
    NoFile { variable: &'static str, path: PathBuf },
    #[error("cannot write {path}, which {origin}: the directory {dir} {problem}")]
    Write { path: PathBuf, origin: String, dir: PathBuf, problem: String },
    #[error("{path} gives the node two names (-sname or -name)")]
    TwoNames { path: PathBuf },
    #[error("cannot read {path}, which {main} includes by -args_file")]
    ArgsFile { path: PathBuf, main: PathBuf, source: io::Error },
    #[error("{path} includes itself by -args_file (found while reading {main})")]
    CircularArgsFile { path: PathBuf, main: PathBuf },
}

impl ConfigError {
    /// What to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Read { .. } | Self::ArgsFile { .. } => {
                "check that the file exists and that the user of this process may read it".into()
            }
            Self::NoFile { variable, .. } => format!("correct or unset {variable}"),
            Self::Write { dir, .. } => format!(
                "give a read-only container a writable directory with `--tmpfs {}`, or let \
                 RELX_OUT_FILE_PATH name a writable one",
                if dir.starts_with("/tmp") { dir.display().to_string() } else { "/tmp".into() }
            ),
            Self::TwoNames { .. } => "keep one of -sname and -name".into(),
            Self::CircularArgsFile { .. } => "remove one of the -args_file lines".into(),
        }
    }

    /// The exit code: those of relx's script where it has its own.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::TwoNames { .. } => 2,
            Self::ArgsFile { .. } => 3,
            Self::CircularArgsFile { .. } => 5,
            _ => 1,
        }
    }
}
