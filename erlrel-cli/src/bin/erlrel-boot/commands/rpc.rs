//! `rpc` and `eval`: functions and expressions that run on the node.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use erlrel_core::term::{Term, consult};

use crate::commands::ask::{output, require};
use crate::dist::{Call, Value};
use crate::error::BootError;
use crate::report;
use crate::site::Site;

/// `rpc MODULE [FUNCTION [ARGUMENTS]]`: shows the result as `erl_call` does, with exit code 0 whatever it is.
///
/// With USE_NODETOOL, `rpc_ok` and `{rpc_error, Code}` stand for an exit code, and a call that failed is an error.
pub(crate) fn rpc(site: &Site, words: &[OsString]) -> Result<ExitCode, BootError> {
    let call = call(&joined(words))?;
    let nodetool = site.environment.get("USE_NODETOOL").is_some();
    let answer = require(site, &site.node()?, &call, output(site, &mut report::output))?;
    match outcome(&answer).filter(|_| nodetool) {
        Some(code) => Ok(code),
        None => {
            report::result(&answer);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// `eval EXPRESSIONS`: shows the value, or the error that the node gives in its place.
pub(crate) fn eval(site: &Site, words: &[OsString]) -> Result<ExitCode, BootError> {
    // A list of characters, since the node takes the bytes of a binary for Latin-1.
    let call = Call::new("erl_eval", "eval_str", [Term::string(format!("{}\n", joined(words)))]);
    let answer = require(site, &site.node()?, &call, output(site, &mut report::output))?;
    match answer.as_tuple() {
        Some([ok, value]) if ok.is_atom("ok") => report::result(value),
        _ => report::result(&answer),
    }
    Ok(ExitCode::SUCCESS)
}

/// `rpc_ok`, `{rpc_error, Code}` and `{rpc_error, Code, Output}` mean an exit code.
fn outcome(answer: &Value) -> Option<ExitCode> {
    if answer.is_atom("rpc_ok") {
        return Some(ExitCode::SUCCESS);
    }
    let (code, more) = match answer.as_tuple()? {
        [name, Value::Integer(code), more @ ..] if name.is_atom("rpc_error") => (*code, more),
        _ => return None,
    };
    if let [text] = more {
        report::note(text);
    }
    Some(u8::try_from(code & 255).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// As a shell joins its arguments.
fn joined(words: &[OsString]) -> String {
    words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// `start` without a function, no arguments without any.
fn call(text: &str) -> Result<Call, BootError> {
    let (module, rest) = word(text);
    if module.is_empty() {
        return Err(BootError::NoModule);
    }
    let (function, arguments) = word(rest);
    Ok(Call {
        module: name(module),
        function: name(if function.is_empty() { "start" } else { function }),
        arguments: parsed(if arguments.is_empty() { "[]" } else { arguments })?,
    })
}

fn word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

/// An atom in quotes, as Elixir's modules need them, is meant without them.
fn name(word: &str) -> String {
    let inside = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\''));
    inside.unwrap_or(word).to_owned()
}

/// One term; a full stop after it may be left out.
fn parsed(text: &str) -> Result<Term, BootError> {
    let whole = format!("{}.\n", text.trim_end().trim_end_matches('.'));
    let document = consult(Path::new("ARGS"), whole.as_bytes())
        .map_err(|error| BootError::Arguments { text: text.into(), problem: error.message().into() })?;
    match &document.terms[..] {
        [term] => Ok(term.clone()),
        _ => Err(BootError::Arguments { text: text.into(), problem: "more than one term".into() }),
    }
}
