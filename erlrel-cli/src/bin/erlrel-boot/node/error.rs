//! Why it cannot be said how to reach the node.

use std::ffi::OsString;
use std::path::PathBuf;

use thiserror::Error;

/// What is missing or wrong in the description of the node.
#[derive(Debug, Error)]
pub(crate) enum NodeError {
    #[error("{path} gives the node no name (-sname or -name), so that it cannot be reached")]
    NoName { path: PathBuf },
    #[error("no cookie to reach the node {node:?} with")]
    NoCookie { node: OsString },
    #[error("the cookie that {origin} gives cannot be used: it {problem}")]
    Cookie { origin: String, problem: &'static str },
    #[error("ERL_DIST_PORT is {0:?}, which is no port number")]
    DistPort(OsString),
    #[error("{variable} is {value:?}, which is no number of {unit}")]
    Timeout { variable: &'static str, value: OsString, unit: &'static str },
    #[error("{variable} is 0, which leaves the node no time for an answer")]
    NoTime { variable: &'static str },
}

impl NodeError {
    /// What to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::NoName { .. } => "add for example `-sname hello`".into(),
            Self::NoCookie { .. } => {
                "set RELX_COOKIE, or -setcookie in vm.args, or run this as the user of the node, or as root"
                    .into()
            }
            Self::Cookie { .. } => "a cookie is up to 255 printable ASCII characters on one line".into(),
            Self::DistPort(_) => "set it to a number from 1 to 65535, or unset it".into(),
            Self::Timeout { variable, .. } | Self::NoTime { variable } => {
                format!("set {variable} to a whole number from 1 on, or unset it")
            }
        }
    }

    /// The exit code: those of relx's script where it has its own.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Timeout { .. } | Self::NoTime { .. } => 2,
            _ => 1,
        }
    }
}
