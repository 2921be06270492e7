//! `rpc` and `eval`: functions and expressions that run on the node.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use erlrel_core::term::{Term, consult};

use crate::commands::CommandError;
use crate::commands::ask::{require, require_showing};
use crate::dist::{Answer, Call, Output, Text};
use crate::error::BootError;
use crate::node::Node;
use crate::report;
use crate::site::Site;

/// How many characters an atom has at most.
const MAX_ATOM: usize = 255;

/// `rpc MODULE [FUNCTION [ARGUMENTS]]`: shows the result as `erl_call` does, with exit code 0 whatever it is.
pub(crate) fn rpc(site: &Site, words: &[OsString]) -> Result<ExitCode, BootError> {
    let node = site.node()?;
    // That there is no node to ask comes first, as in relx's script.
    let call = call(&joined(words)).or_else(|error| reach(site, &node).and(Err(error.into())))?;
    if with_nodetool(site) {
        return rpc_as_nodetool(site, &node, &call);
    }
    report::result(require(site, &node, &call)?);
    Ok(ExitCode::SUCCESS)
}

/// `eval EXPRESSIONS`: shows the value, or the error that the node gives in its place.
pub(crate) fn eval(site: &Site, words: &[OsString]) -> Result<ExitCode, BootError> {
    // A list of characters, since the node takes the bytes of a binary for Latin-1.
    let text = Term::string(format!("{}\n", joined(words)));
    let call = Call::new("erl_eval", "eval_str", [text]);
    let node = site.node()?;
    let output = if with_nodetool(site) { Output::Here(&mut report::output) } else { Output::Node };
    let answer = require_showing(site, &node, &call, output)?;
    if with_nodetool(site) {
        return eval_as_nodetool(site, &node, &answer);
    }
    report::result(answer.tagged("ok").unwrap_or(answer));
    Ok(ExitCode::SUCCESS)
}

fn reach(site: &Site, node: &Node) -> Result<(), BootError> {
    require(site, node, &Call::new("erlang", "is_alive", [])).map(drop)
}

/// relx has nodetool for nodes that its `erl_call` cannot ask, and for whom wants to see what a function prints.
fn with_nodetool(site: &Site) -> bool {
    site.environment.get("USE_NODETOOL").is_some()
}

/// The function's own output comes here, a call that failed is an error, and `rpc_ok` and `{rpc_error, Code}` stand for
/// an exit code.
fn rpc_as_nodetool(site: &Site, node: &Node, call: &Call) -> Result<ExitCode, BootError> {
    let answer = require_showing(site, node, call, Output::Here(&mut report::output))?;
    if let Some(reason) = answer.tagged("badrpc") {
        return Err(failed(node, reason.to_string()));
    }
    match outcome(&answer) {
        Some(code) => Ok(code),
        None => show_as_nodetool(site, node, &answer).map(|()| ExitCode::SUCCESS),
    }
}

/// Expressions without a value are an error.
fn eval_as_nodetool(site: &Site, node: &Node, answer: &Answer) -> Result<ExitCode, BootError> {
    match (answer.tagged("ok"), answer.tagged("error")) {
        (Some(value), _) => show_as_nodetool(site, node, &value).map(|()| ExitCode::SUCCESS),
        (None, reason) => {
            let reason = reason.map_or_else(|| answer.to_string(), text_of);
            Err(failed(node, reason))
        }
    }
}

fn text_of(answer: Answer) -> String {
    let shown = answer.to_string();
    Text::of(answer).map_or(shown, |text| text.to_string())
}

fn failed(node: &Node, reason: String) -> BootError {
    CommandError::Call { node: node.name.name.to_string_lossy().into_owned(), reason }.into()
}

/// As Erlang itself prints it, on one line.
fn show_as_nodetool(site: &Site, node: &Node, answer: &Answer) -> Result<(), BootError> {
    let text = require(site, node, &Call::format("~1000000tp", answer))?;
    match Text::of(text) {
        Some(text) => report::result(text),
        None => report::result(answer),
    }
    Ok(())
}

/// `rpc_ok`, `{rpc_error, Code}` and `{rpc_error, Code, Output}` mean an exit code.
fn outcome(answer: &Answer) -> Option<ExitCode> {
    if answer.is_atom("rpc_ok") {
        return Some(ExitCode::SUCCESS);
    }
    let elements = answer.as_tuple()?;
    let (code, more) = match &elements[..] {
        [name, code, more @ ..] if name.is_atom("rpc_error") => (code.as_integer()?, more),
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
fn call(text: &str) -> Result<Call, CommandError> {
    let (module, rest) = word(text);
    if module.is_empty() {
        return Err(CommandError::NoModule);
    }
    let (function, arguments) = word(rest);
    let function = if function.is_empty() { "start" } else { function };
    let arguments = parsed(if arguments.is_empty() { "[]" } else { arguments })?;
    Ok(Call::with_list(name(module)?, name(function)?, &arguments))
}

fn word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

/// An atom in quotes, as Elixir's modules need them, is meant without them.
fn name(word: &str) -> Result<&str, CommandError> {
    let inside = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\''));
    let name = inside.unwrap_or(word);
    if name.chars().nth(MAX_ATOM).is_some() { Err(CommandError::LongName) } else { Ok(name) }
}

/// One term; a full stop after it may be left out.
fn parsed(text: &str) -> Result<Term, CommandError> {
    let whole = format!("{}.\n", text.trim_end().trim_end_matches('.'));
    let document = consult(Path::new("ARGS"), whole.as_bytes())
        .map_err(|error| CommandError::Arguments { text: text.into(), problem: error.message().into() })?;
    match &document.terms[..] {
        [term] => Ok(term.clone()),
        _ => Err(CommandError::Arguments { text: text.into(), problem: "more than one term".into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::call;
    use crate::dist::Call;
    use erlrel_core::term::Term;

    fn shown(text: &str) -> Result<String, String> {
        call(text).map(|call| format!("{call:?}")).map_err(|error| error.to_string())
    }

    fn expected(
        module: &str,
        function: &str,
        arguments: impl IntoIterator<Item = Term>,
    ) -> Result<String, String> {
        Ok(format!("{:?}", Call::new(module, function, arguments)))
    }

    #[test]
    fn module_function_and_arguments_as_erl_call_reads_them() {
        assert_eq!(shown("m"), expected("m", "start", []));
        assert_eq!(shown(" m  f "), expected("m", "f", []));
        assert_eq!(shown("m f [a, \"b c\"]"), expected("m", "f", [Term::atom("a"), Term::string("b c")]));
        assert_eq!(shown("m f [1]."), expected("m", "f", [Term::integer(1)]));
        assert_eq!(shown("'Elixir.Shop' 'run!' []"), expected("Elixir.Shop", "run!", []));
    }

    #[test]
    fn what_cannot_be_called() {
        assert_eq!(shown(""), Err("`rpc` needs a module".into()));
        assert!(shown("m f [a").unwrap_err().starts_with("the arguments `[a` are no Erlang term: "));
        assert_eq!(
            shown("m f [a]. [b]"),
            Err("the arguments `[a]. [b]` are no Erlang term: more than one term".into())
        );
        let (most, more) = ("ж".repeat(255), "ж".repeat(256));
        assert!(shown(&format!("{most} '{most}'")).is_ok());
        let told = "the name of a module or a function has no more than 255 characters";
        assert_eq!(shown(&more), Err(told.into()));
        assert_eq!(shown(&format!("m {more}")), Err(told.into()));
    }
}
