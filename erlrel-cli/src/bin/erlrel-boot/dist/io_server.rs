//! What processes of a node ask of the terminal that this program stands for, in Erlang's I/O protocol.
//!
//! Source: "The Erlang I/O Protocol" of STDLIB.

use super::answer::Answer;
use super::encode;
use super::text::Text;

/// A message of the protocol.
#[derive(Debug)]
pub(super) struct Asked {
    /// Who gets the reply.
    pub(super) from: Answer,
    /// What the reply names.
    pub(super) reference: Answer,
    pub(super) requests: Vec<Request>,
}

/// One thing to do.
#[derive(Debug)]
pub(super) enum Request {
    /// To show a text.
    Text(Text),
    /// To show what a function gives, which only the node has.
    Format { module: Answer, function: Answer, arguments: Answer },
    /// To read something, of which there is nothing here.
    Input,
    /// To do something else.
    Unknown,
}

/// The request in a message; nothing for any other message.
pub(super) fn asked(message: &Answer) -> Option<Asked> {
    let [name, from, reference, request] = message.as_tuple()?.try_into().ok()?;
    name.is_atom("io_request").then(|| Asked { from, reference, requests: each(request) })
}

/// `{error, Reason}`, encoded.
pub(super) fn error(reason: &str) -> Vec<u8> {
    encode::tuple(&[&encode::atom("error"), &encode::atom(reason)])
}

/// A request, or each of `{requests, List}`.
fn each(request: Answer) -> Vec<Request> {
    match request.tagged("requests") {
        Some(list) => {
            list.as_list().map_or_else(|| vec![Request::Unknown], |list| list.into_iter().map(one).collect())
        }
        None => vec![one(request)],
    }
}

fn one(request: Answer) -> Request {
    let parts = request.as_tuple().unwrap_or_default();
    let Some((name, parts)) = parts.split_first() else { return Request::Unknown };
    match (name.as_atom().as_deref(), parts) {
        (Some("put_chars"), [text] | [_, text]) => {
            Text::of(text.clone()).map_or(Request::Unknown, Request::Text)
        }
        (Some("put_chars"), [module, function, arguments] | [_, module, function, arguments]) => {
            Request::Format {
                module: module.clone(),
                function: function.clone(),
                arguments: arguments.clone(),
            }
        }
        (Some("get_line" | "get_chars" | "get_until" | "get_password"), _) => Request::Input,
        _ => Request::Unknown,
    }
}
