//! What becomes of a request: the rules of the port mapper, without a socket.

use crate::epmd::protocol::{self, Registration, Request};
use crate::epmd::registry::{Line, Registry};

/// Knows the nodes, and answers.
#[derive(Debug)]
pub(super) struct Mapper {
    port: u16,
    relaxed: bool,
    registry: Registry,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    pub(super) line: Line,
    /// It is on this machine. Only such may be nodes, and order.
    pub(super) is_local: bool,
    /// When, in seconds.
    pub(super) now: u32,
}

/// What to send, and what then.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) bytes: Vec<u8>,
    pub(super) then: Then,
}

/// What follows an answer.
#[derive(Debug, PartialEq)]
pub(super) enum Then {
    /// The connection is closed.
    Close,
    /// It is a node's, and stays.
    Keep,
    /// It is closed, and so is another one, of a node.
    CloseBoth(Line),
    /// The port mapper ends.
    End,
}

impl Answer {
    fn last(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), then: Then::Close }
    }
}

impl Mapper {
    /// One that says that it listens on `port`; a `relaxed` one ends while nodes live, and forgets a node, if told so.
    pub(super) fn new(port: u16, relaxed: bool) -> Self {
        Self { port, relaxed, registry: Registry::default() }
    }

    /// Carries out a request.
    pub(super) fn answer(&mut self, request: Request, caller: Caller) -> Answer {
        match request {
            Request::Port(name) => {
                let node = self.registry.find(&name).map(|node| &node.registration);
                Answer::last(protocol::port(node))
            }
            Request::Names => Answer::last(self.names()),
            _ if !caller.is_local => Answer::last([]),
            Request::Register(registration) => self.register(registration, caller),
            Request::Dump => Answer::last(self.dump()),
            Request::Kill => self.kill(),
            Request::Stop(name) => self.stop(&name),
        }
    }

    /// A connection is gone, and with it its node.
    pub(super) fn release(&mut self, line: Line) {
        self.registry.release(line);
    }

    fn register(&mut self, registration: Registration, caller: Caller) -> Answer {
        let highest = registration.highest;
        let creation = match registration.is_valid() {
            true => self.registry.register(registration, caller.line, caller.now),
            false => None,
        };
        let then = if creation.is_some() { Then::Keep } else { Then::Close };
        Answer { bytes: protocol::registered(creation, highest), then }
    }

    fn names(&self) -> Vec<u8> {
        let lines = self.registry.living().map(|node| protocol::name_line(&node.registration));
        [self.own_port()].into_iter().chain(lines).flatten().collect()
    }

    /// Each entry ends with a 0, as OTP's do.
    fn dump(&self) -> Vec<u8> {
        let entry = |before: &str, name: &[u8], after: String| {
            [before.as_bytes(), name, after.as_bytes(), &[0]].concat()
        };
        let living = self.registry.living().map(|node| {
            let (port, line) = (node.registration.port, node.line);
            let after = format!("> at port {port}, fd = {line}\n");
            entry("active name     <", &node.registration.name, after)
        });
        let gone = self.registry.gone().map(|node| {
            let (port, line) = (node.registration.port, node.line);
            let after = format!(">, port = {port}, fd = {line} \n");
            entry("old/unused name <", &node.registration.name, after)
        });
        [self.own_port()].into_iter().chain(living).chain(gone).flatten().collect()
    }

    fn own_port(&self) -> Vec<u8> {
        u32::from(self.port).to_be_bytes().into()
    }

    fn kill(&self) -> Answer {
        match self.relaxed || self.registry.living().len() == 0 {
            true => Answer { bytes: b"OK".into(), then: Then::End },
            false => Answer::last(b"NO"),
        }
    }

    fn stop(&mut self, name: &[u8]) -> Answer {
        if !self.relaxed {
            return Answer::last([]);
        }
        let Some(line) = self.registry.find(name).map(|node| node.line) else {
            return Answer::last(b"NOEXIST");
        };
        self.registry.release(line);
        Answer { bytes: b"STOPPED".into(), then: Then::CloseBoth(line) }
    }
}

#[cfg(test)]
#[path = "mapper_tests.rs"]
mod tests;
