//! Why the configuration cannot be used.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use erlrel_core::term::SourceError;
use thiserror::Error;

/// What was attempted, on which file.
#[derive(Debug, Error)]
pub(crate) enum ConfigError {
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path}, named by {variable}, {problem}")]
    NoFile { variable: &'static str, path: PathBuf, problem: String },
    #[error("cannot write {path}, which {origin}: the directory {dir} {problem}")]
    Write { path: PathBuf, origin: String, dir: PathBuf, problem: String },
    #[error("cannot write {path}, which {origin}: {obstacle}")]
    InTheWay { path: PathBuf, origin: String, obstacle: String },
    #[error("cannot write {path}, which {origin}: no room is left in the directory {dir}")]
    Full { path: PathBuf, origin: String, dir: PathBuf },
    #[error("{path} has a NUL character, at which the VM would stop to read it")]
    Nul { path: PathBuf },
    #[error("{path} gives the node two names (-sname or -name)")]
    TwoNames { path: PathBuf },
    #[error("cannot read {path}, which {main} includes by -args_file")]
    ArgsFile { path: PathBuf, main: PathBuf, source: io::Error },
    #[error("{path} includes itself by -args_file (found while reading {main})")]
    CircularArgsFile { path: PathBuf, main: PathBuf },
    #[error("these variables have neither a value nor a default:{}", lines(.0))]
    MissingVariables(Vec<Missing>),
    #[error("the VM would not start with this configuration:\n{place}{}", on_this_line(.variables))]
    Invalid { place: SourceError, variables: Vec<String> },
}

/// A variable without value and without default.
#[derive(Debug, PartialEq)]
pub(crate) struct Missing {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) line: usize,
}

fn lines(missing: &[Missing]) -> String {
    let mut text = String::new();
    for Missing { name, path, line } in missing {
        let _ = write!(text, "\n  {name} ({}:{line})", path.display());
    }
    text
}

fn on_this_line(variables: &[String]) -> String {
    match variables {
        [] => String::new(),
        names => format!("\nsubstituted on this line: {}", names.join(", ")),
    }
}

impl ConfigError {
    /// What to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Read { .. } | Self::ArgsFile { .. } => {
                "check that the file exists and that the user of this process may read it".into()
            }
            Self::NoFile { variable, .. } => format!("correct or unset {variable}"),
            Self::Write { dir, .. } if dir.starts_with("/tmp") => format!(
                "give a read-only container a writable directory with `--tmpfs {}` (in Kubernetes: an emptyDir \
                 volume mounted there), or let RELX_OUT_FILE_PATH name a writable one",
                dir.display()
            ),
            Self::Write { .. } => "let RELX_OUT_FILE_PATH name a writable directory such as /tmp, which a \
                                   read-only container has with `--tmpfs /tmp` (in Kubernetes: an emptyDir \
                                   volume mounted there)"
                .into(),
            Self::InTheWay { path, .. } => format!(
                "remove {}, or let RELX_OUT_FILE_PATH name a directory of this user's own",
                path.display()
            ),
            Self::Full { dir, .. } => format!(
                "make room in it, or give it more: `--tmpfs {}:size=16m`, in Kubernetes the sizeLimit of the \
                 emptyDir volume",
                dir.display()
            ),
            Self::Nul { .. } => "remove the character; it may come from an encoding such as \
                                 UTF-16"
                .into(),
            Self::TwoNames { .. } => "keep one of -sname and -name".into(),
            Self::CircularArgsFile { .. } => "remove one of the -args_file lines".into(),
            Self::MissingVariables(_) => {
                "set them, give them defaults (`${VARIABLE:-default}`), or unset ERLREL_STRICT_ENV".into()
            }
            Self::Invalid { variables, .. } if variables.is_empty() => "correct the file".into(),
            Self::Invalid { .. } => "correct the file, or the values of these variables".into(),
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
