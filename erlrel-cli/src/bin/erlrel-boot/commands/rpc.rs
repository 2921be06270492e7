//! `rpc` and `eval`: functions and expressions that run on the node.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use erlrel_core::term::{Term, consult};

use crate::commands::ask::require;
use crate::dist::{Call, Output, Value};
use crate::error::BootError;
use crate::report;
use crate::site::Site;

/// `rpc MODULE [FUNCTION [ARGUMENTS]]`: shows the result as `erl_call` does, with exit code 0 whatever it is.
///
/// With USE_NODETOOL, `rpc_ok` and `{rpc_error, Code}` stand for an exit code, and a call that failed is an error.
pub(crate) fn rpc(site: &Site, words: &[OsString]) -> Result<ExitCode, BootError> {
    let answer = answer(site, &call(&joined(words))?)?;
    match outcome(&answer).filter(|_| with_nodetool(site)) {
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
    let text = Term::string(format!("{}\n", joined(words)));
    let answer = answer(site, &Call::new("erl_eval", "eval_str", [text]))?;
    match answer.as_tuple() {
        Some([ok, value]) if ok.is_atom("ok") => report::result(value),
        _ => report::result(&answer),
    }
    Ok(ExitCode::SUCCESS)
}

/// With nodetool, which erlrel has no need of, the output of what is called comes here, and a failure is one.
fn answer(site: &Site, call: &Call) -> Result<Value, BootError> {
    let node = site.node()?;
    if !with_nodetool(site) {
        return require(site, &node, call, Output::Node);
    }
    let answer = require(site, &node, call, Output::Here(&mut report::output))?;
    match answer.as_tuple() {
        Some([name, reason]) if name.is_atom("badrpc") => Err(BootError::Call {
            node: node.name.name.to_string_lossy().into_owned(),
            reason: reason.to_string(),
        }),
        _ => Ok(answer),
    }
}

fn with_nodetool(site: &Site) -> bool {
    site.environment.get("USE_NODETOOL").is_some()
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
