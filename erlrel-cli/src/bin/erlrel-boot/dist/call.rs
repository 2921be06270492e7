//! A function applied on a node, as an old `rpc` client asks for it: a message to `rex`, which answers with one.

use std::collections::VecDeque;
use std::io;

use erlrel_core::term::{AtomEncoding, Term, encode as external};

use super::answer::Answer;
use super::connection::Connection;
use super::decode::Decoder;
use super::encode;
use super::error::{DistError, Stage};
use super::handshake::Identity;
use super::io_server::{self, Request};
use super::packet::{self, Message};
use super::peer::Peer;

/// The processes that this program pretends to have: who calls, who stands for the terminal, and who lets the node
/// make text of formats for the latter.
const CALLER: u32 = 1;
const TERMINAL: u32 = 2;
const FORMATTER: u32 = 3;

/// What is applied.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    module: String,
    function: String,
    /// As it is encoded.
    arguments: Vec<u8>,
}

/// Where the function's own output goes.
pub(crate) enum Output<'a> {
    /// To the node's `user`, as that of its other processes.
    Node,
    /// To whoever asks.
    Here(&'a mut dyn FnMut(&str)),
}

/// A connection that is ready for calls.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    peer: &'a Peer,
    connection: Connection,
    identity: Identity,
    /// What came while something else was awaited.
    waiting: VecDeque<Message>,
}

impl Call {
    /// With arguments that are known to be right.
    pub(crate) fn new(module: &str, function: &str, arguments: impl IntoIterator<Item = Term>) -> Self {
        Self::with_list(module, function, &Term::list(arguments))
    }

    /// With a term that ought to be a list; what else it is, the node refuses itself.
    pub(crate) fn with_list(module: &str, function: &str, arguments: &Term) -> Self {
        Self { module: module.into(), function: function.into(), arguments: encoded(arguments) }
    }

    /// The text that `io_lib:format/2` makes of an answer.
    pub(crate) fn format(format: &str, answer: &Answer) -> Self {
        let list = |element: &[u8], rest: &[u8]| [&[108, 0, 0, 0, 1], element, rest].concat();
        let arguments = list(&encoded(&Term::string(format)), &list(&list(&answer.encoded, &[106]), &[106]));
        Self { module: "io_lib".into(), function: "format".into(), arguments }
    }

    /// `{Module, Function, Arguments}` in the external term format, with the version byte.
    pub(crate) fn encoded(&self) -> Vec<u8> {
        let (module, function) = (encode::atom(&self.module), encode::atom(&self.function));
        [&[131][..], &encode::tuple(&[&module, &function, &self.arguments])].concat()
    }
}

/// Without the version byte.
fn encoded(term: &Term) -> Vec<u8> {
    external(term, AtomEncoding::Utf8).split_off(1)
}

impl<'a> Session<'a> {
    /// Over a connection on which the handshake is done.
    pub(super) fn new(peer: &'a Peer, connection: Connection, identity: Identity) -> Self {
        Self { peer, connection, identity, waiting: VecDeque::new() }
    }

    /// Applies the function and waits for its result, or for what `rpc` says in its place: `{badrpc, Reason}`.
    ///
    /// # Errors
    /// The node gives no answer in time, is lost, or answers with nonsense.
    pub(crate) fn call(&mut self, call: &Call, mut output: Output<'_>) -> Result<Answer, DistError> {
        let leader = match output {
            Output::Node => encode::atom("user"),
            Output::Here(_) => encode::pid(&self.identity, TERMINAL),
        };
        let (module, function) = (encode::atom(&call.module), encode::atom(&call.function));
        self.ask(CALLER, &module, &function, &call.arguments, &leader)?;
        loop {
            let message = match self.waiting.pop_front() {
                Some(message) => message,
                None => self.receive()?,
            };
            match (message.to, &mut output) {
                (TERMINAL, Output::Here(show)) => self.serve(&message.payload, show)?,
                (CALLER, _) => return self.result(&message.payload),
                _ => {}
            }
        }
    }

    /// Sends a question to `rex`; all but the number of the process that asks are encoded terms.
    fn ask(
        &mut self,
        asker: u32,
        module: &[u8],
        function: &[u8],
        arguments: &[u8],
        leader: &[u8],
    ) -> Result<(), DistError> {
        let from = encode::pid(&self.identity, asker);
        let call = encode::tuple(&[&encode::atom("call"), module, function, arguments, leader]);
        let question = encode::tuple(&[&from, &call]);
        packet::send_to_name(&mut self.connection, &from, "rex", &question)
            .map_err(|error| self.broken(error))
    }

    fn result(&self, payload: &[u8]) -> Result<Answer, DistError> {
        let value = Decoder::new(payload).term().map_err(|error| self.malformed(&error.to_string()))?;
        let answer = Answer { value, encoded: payload.to_vec() }.tagged("rex");
        answer.ok_or_else(|| self.malformed("an answer that is not rex's"))
    }

    /// Does what a process of the node wants of the terminal.
    fn serve(&mut self, payload: &[u8], show: &mut dyn FnMut(&str)) -> Result<(), DistError> {
        let Some(asked) = io_server::asked(payload) else { return Ok(()) };
        let mut reply = encode::atom("ok");
        for request in asked.requests {
            match request {
                Request::Text(text) => show(&text),
                Request::Format { module, function, arguments } => {
                    match self.format(&module, &function, &arguments)? {
                        Some(text) => show(&text),
                        None => reply = io_server::error("format"),
                    }
                }
                Request::Input => reply = encode::atom("eof"),
                Request::Unknown => reply = io_server::error("enotsup"),
            }
        }
        let reply = encode::tuple(&[&encode::atom("io_reply"), &asked.reference, &reply]);
        packet::send_to_pid(&mut self.connection, &asked.from, &reply).map_err(|error| self.broken(error))
    }

    /// Lets the node make a text, as only it has the function; nothing if that is none.
    fn format(
        &mut self,
        module: &[u8],
        function: &[u8],
        arguments: &[u8],
    ) -> Result<Option<String>, DistError> {
        self.ask(FORMATTER, module, function, arguments, &encode::atom("user"))?;
        loop {
            match self.receive()? {
                Message { to: FORMATTER, payload } => {
                    return self.result(&payload).map(|answer| answer.value.as_text());
                }
                message => self.waiting.push_back(message),
            }
        }
    }

    fn receive(&mut self) -> Result<Message, DistError> {
        packet::receive(&mut self.connection).map_err(|error| self.broken(error))
    }

    fn broken(&self, error: io::Error) -> DistError {
        self.peer.broken(Stage::Call, error)
    }

    fn malformed(&self, problem: &str) -> DistError {
        DistError::Malformed { node: self.peer.node.clone(), stage: Stage::Call, problem: problem.into() }
    }
}
