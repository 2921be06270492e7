//! A function applied on a node, as an old `rpc` client asks for it: a message to `rex`, which answers with one.

use std::collections::VecDeque;
use std::io;

use erlrel_core::term::{AtomEncoding, Term, encode as external};

use super::answer::Answer;
use super::connection::Connection;
use super::encode;
use super::error::{DistError, Stage};
use super::handshake::Identity;
use super::io_server::{self, Request};
use super::packet::{self, Message};
use super::peer::Peer;
use super::text::Text;

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
    arguments: Arguments,
}

/// An encoded term, in parts, so that an answer in it is not copied.
#[derive(Clone, Debug)]
struct Arguments {
    begin: Vec<u8>,
    answer: Option<Answer>,
    end: Vec<u8>,
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
        Self {
            module: module.into(),
            function: function.into(),
            arguments: Arguments::of(encoded(arguments)),
        }
    }

    /// The text that `io_lib:format/2` makes of an answer.
    pub(crate) fn format(format: &str, answer: &Answer) -> Self {
        // [Format, [Answer]]
        let begin = [&[108, 0, 0, 0, 2], &encoded(&Term::string(format))[..], &[108, 0, 0, 0, 1]].concat();
        let arguments = Arguments { begin, answer: Some(answer.clone()), end: vec![106, 106] };
        Self { module: "io_lib".into(), function: "format".into(), arguments }
    }

    /// `{Module, Function, Arguments}` in the external term format, with the version byte.
    pub(crate) fn encoded(&self) -> Vec<u8> {
        let (module, function) = (encode::atom(&self.module), encode::atom(&self.function));
        [&[131, 104, 3][..], &module, &function, &self.arguments.parts().concat()].concat()
    }
}

impl Arguments {
    fn of(encoded: Vec<u8>) -> Self {
        Self { begin: encoded, answer: None, end: Vec::new() }
    }

    fn parts(&self) -> [&[u8]; 3] {
        [&self.begin, self.answer.as_ref().map_or(&[], Answer::encoded), &self.end]
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
        self.ask(CALLER, [&module, &function], call.arguments.parts(), &leader)?;
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

    /// Sends a question to `rex`: `{From, {call, Module, Function, Arguments, Leader}}`; all but the number of the
    /// process that asks are encoded terms.
    fn ask(
        &mut self,
        asker: u32,
        [module, function]: [&[u8]; 2],
        arguments: [&[u8]; 3],
        leader: &[u8],
    ) -> Result<(), DistError> {
        let from = encode::pid(&self.identity, asker);
        let begin = [&[104, 2][..], &from, &[104, 5], &encode::atom("call"), module, function].concat();
        let [first, middle, last] = arguments;
        packet::send_to_name(&mut self.connection, &from, "rex", &[&begin, first, middle, last, leader])
            .map_err(|error| self.broken(error))
    }

    fn result(&self, payload: &Answer) -> Result<Answer, DistError> {
        payload.tagged("rex").ok_or_else(|| self.peer.malformed(Stage::Call, "an answer that is not rex's"))
    }

    /// Does what a process of the node wants of the terminal.
    fn serve(&mut self, message: &Answer, show: &mut dyn FnMut(&str)) -> Result<(), DistError> {
        let Some(asked) = io_server::asked(message) else { return Ok(()) };
        let mut reply = encode::atom("ok");
        for request in asked.requests {
            match request {
                Request::Text(text) => text.each_part(show),
                Request::Format { module, function, arguments } => {
                    match self.format([&module, &function, &arguments])? {
                        Some(text) => text.each_part(show),
                        None => reply = io_server::error("format"),
                    }
                }
                Request::Input => reply = encode::atom("eof"),
                Request::Unknown => reply = io_server::error("enotsup"),
            }
        }
        let reply = encode::tuple(&[&encode::atom("io_reply"), asked.reference.encoded(), &reply]);
        packet::send_to_pid(&mut self.connection, asked.from.encoded(), &reply)
            .map_err(|error| self.broken(error))
    }

    /// Lets the node make a text, as only it has the function; nothing if that is none.
    fn format(&mut self, of: [&Answer; 3]) -> Result<Option<Text>, DistError> {
        let [module, function, arguments] = of.map(Answer::encoded);
        self.ask(FORMATTER, [module, function], [arguments, &[], &[]], &encode::atom("user"))?;
        loop {
            match self.receive()? {
                Message { to: FORMATTER, payload } => {
                    return self.result(&payload).map(Text::of);
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
}
