//! `NAME=VALUE` and `NAME`, whose values no message shows: they may be secrets.

use std::ffi::OsStr;
use std::fmt;

use clap::builder::TypedValueParser;
use clap::error::{ErrorKind, Result};
use clap::{Arg, Command, Error};
use erlrel_core::container::values;

/// A variable of an image.
#[derive(Clone)]
pub(super) enum Variable {
    /// With this value.
    Set(String, String),
    /// With the value that it has here.
    FromHere(String),
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(name, _) => write!(f, "{name}=…"),
            Self::FromHere(name) => f.write_str(name),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct VariableParser;

impl TypedValueParser for VariableParser {
    type Value = Variable;

    fn parse_ref(&self, command: &Command, _: Option<&Arg>, value: &OsStr) -> Result<Variable> {
        let wrong = |why: &str| {
            let message = format!("a value of '--env <NAME[=VALUE]>' is wrong: {why}\n");
            Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        };
        let text = value.to_str().ok_or_else(|| wrong("it is not UTF-8"))?;
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let name =
            values::variable(name).map_err(|what| wrong(&format!("in front of `=` there must be {what}")))?;
        Ok(value.map_or_else(
            || Variable::FromHere(name.clone()),
            |value| Variable::Set(name.clone(), value.into()),
        ))
    }
}
