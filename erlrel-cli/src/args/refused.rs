//! Flags that a command does not take, and that it answers with what to write instead.

use std::ffi::OsStr;

use clap::builder::TypedValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind, Result};
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};

use super::rebar3::FOREIGN;

/// Name, letter, what to write instead.
pub(super) type Flag = (&'static str, Option<char>, &'static str);

/// Refuses what erlrel does not take of rebar3's flags.
pub(crate) type ForeignArgs = Refused<0>;

/// Refuses what only images are made with.
pub(crate) type NoImageArgs = Refused<1>;

const REFUSED: [&[Flag]; 2] = [&FOREIGN, &OF_IMAGES];

const OF_IMAGES: [Flag; 1] =
    [("from", None, "it is one of `erlrel image` and `erlrel plan`: no other command starts from a release")];

/// Refuses one of the lists. It holds nothing, as no command line with one of its flags is good.
#[derive(Debug)]
pub(crate) struct Refused<const LIST: usize>;

impl<const LIST: usize> Args for Refused<LIST> {
    fn augment_args(command: Command) -> Command {
        REFUSED[LIST].iter().fold(command, |command, (name, letter, instead)| {
            let arg = Arg::new(*name).long(*name).hide(true).value_parser(Refusal { name, instead });
            // Some have a value, and one that is not there makes no difference.
            let arg = arg.num_args(0..=1).default_missing_value("");
            command.arg(letter.iter().fold(arg, |arg, letter| arg.short(*letter)))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<const LIST: usize> FromArgMatches for Refused<LIST> {
    fn from_arg_matches(_: &ArgMatches) -> Result<Self> {
        Ok(Self)
    }

    fn update_from_arg_matches(&mut self, _: &ArgMatches) -> Result<()> {
        Ok(())
    }
}

/// Answers any value of a flag with what to write instead.
#[derive(Debug, Clone)]
struct Refusal {
    name: &'static str,
    instead: &'static str,
}

impl TypedValueParser for Refusal {
    type Value = String;

    fn parse_ref(&self, command: &Command, _: Option<&Arg>, _: &OsStr) -> Result<String> {
        let mut error = Error::new(ErrorKind::UnknownArgument).with_cmd(command);
        let name = ContextValue::String(format!("--{}", self.name));
        error.insert(ContextKind::InvalidArg, name);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![self.instead.into()]));
        Err(error)
    }
}
