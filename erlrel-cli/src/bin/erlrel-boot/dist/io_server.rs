//! What processes of a node ask of the terminal that this program stands for, in Erlang's I/O protocol.
//!
//! Source: "The Erlang I/O Protocol" of STDLIB.

use super::decode::Decoder;
use super::encode;
use super::value::Value;

/// A message of the protocol.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    /// Who gets the reply, as it is encoded.
    pub(super) from: Vec<u8>,
    /// What the reply names, likewise.
    pub(super) reference: Vec<u8>,
    pub(super) requests: Vec<Request>,
}

/// One thing to do.
#[derive(Debug, PartialEq)]
pub(super) enum Request {
    /// To show a text.
    Text(String),
    /// To show what a function gives, which only the node has; its parts as they are encoded.
    Format { module: Vec<u8>, function: Vec<u8>, arguments: Vec<u8> },
    /// To read something, of which there is nothing here.
    Input,
    /// To do something else.
    Unknown,
}

/// The request in a message; nothing for any other message.
pub(super) fn asked(payload: &[u8]) -> Option<Asked> {
    let mut parts = parts(payload)?.into_iter();
    if value(parts.next()?)? != Value::Atom("io_request".into()) {
        return None;
    }
    let (from, reference, request) = (parts.next()?, parts.next()?, parts.next()?);
    let mut requests = Vec::new();
    collect(request, &mut requests);
    Some(Asked { from: from.into(), reference: reference.into(), requests })
}

/// `{error, Reason}`, encoded.
pub(super) fn error(reason: &str) -> Vec<u8> {
    encode::tuple(&[&encode::atom("error"), &encode::atom(reason)])
}

/// A request, or each of `{requests, List}`.
fn collect(request: &[u8], requests: &mut Vec<Request>) {
    let parts = parts(request).unwrap_or_default();
    match parts.split_first().and_then(|(name, parts)| Some((value(name)?, parts))) {
        Some((Value::Atom(name), [list])) if name == "requests" => {
            elements(list).unwrap_or_default().into_iter().for_each(|request| requests.push(one(request)));
        }
        _ => requests.push(one(request)),
    }
}

fn one(request: &[u8]) -> Request {
    let parts = parts(request).unwrap_or_default();
    let Some((Some(Value::Atom(name)), parts)) =
        parts.split_first().map(|(name, parts)| (value(name), parts))
    else {
        return Request::Unknown;
    };
    match (name.as_str(), parts) {
        ("put_chars", [text] | [_, text]) => text_of(text),
        ("put_chars", [module, function, arguments] | [_, module, function, arguments]) => Request::Format {
            module: module.to_vec(),
            function: function.to_vec(),
            arguments: arguments.to_vec(),
        },
        ("get_line" | "get_chars" | "get_until" | "get_password", _) => Request::Input,
        _ => Request::Unknown,
    }
}

fn text_of(text: &[u8]) -> Request {
    value(text).and_then(|text| text.as_text()).map_or(Request::Unknown, Request::Text)
}

fn value(term: &[u8]) -> Option<Value> {
    Decoder::new(term).term().ok()
}

/// The elements of a tuple as they are encoded.
fn parts(term: &[u8]) -> Option<Vec<&[u8]>> {
    let mut decoder = Decoder::new(term);
    let count = decoder.tuple_header().ok()?;
    (0..count).map(|_| decoder.encoded().ok()).collect()
}

/// Those of a list.
fn elements(term: &[u8]) -> Option<Vec<&[u8]>> {
    let mut decoder = Decoder::new(term);
    let count = decoder.list_header().ok()?;
    (0..count).map(|_| decoder.encoded().ok()).collect()
}
