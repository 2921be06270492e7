//! Why a compilation is not left out.

use std::fmt;
use std::path::PathBuf;

use super::snapshot::{Change, How};

/// A reason to start rebar3.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// Nothing is known of a good compilation with these arguments.
    NoRecord,
    /// What rebar3 does may depend on something that cannot be known.
    Doubt(String),
    /// Something cannot be read.
    Unreadable(PathBuf),
    /// An environment variable has come or has gone.
    Variable(String),
    /// The values of environment variables, of which none is kept.
    Values {
        /// Whether it is one of Erlang or rebar3.
        of_erlang: bool,
    },
    /// A file that a compilation depends on.
    Input(Change),
    /// A file that the last compilation has made, or found made.
    Product(Change),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecord => f.write_str("erlrel knows of no earlier compilation"),
            Self::Doubt(doubt) => write!(f, "{doubt}"),
            Self::Unreadable(path) => write!(f, "`{}` cannot be read", path.display()),
            Self::Variable(name) => write!(f, "the environment variable {name} has come or gone"),
            Self::Values { of_erlang: true } => {
                f.write_str("an environment variable of Erlang or rebar3 has another value")
            }
            Self::Values { of_erlang: false } => f.write_str("an environment variable has another value"),
            Self::Input(Change { path, how }) => write!(f, "`{}` {how}", path.display()),
            Self::Product(Change { path, how }) => {
                write!(f, "`{}`, which rebar3 has made, {how}", path.display())
            }
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added => "is new",
            Self::Changed => "has changed",
            Self::Removed => "is gone",
        })
    }
}
