//! The node to talk to, and where it may listen.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use super::error::{DistError, Stage, visible};

/// The port of epmd unless ERL_EPMD_PORT says otherwise.
pub(crate) const EPMD_PORT: u16 = 4369;

/// A node, and what a client needs to talk to it.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// The whole name.
    pub(crate) node: String,
    pub(crate) cookie: Secret,
    /// The name of this machine: a node on it is also looked for at its loopback addresses.
    pub(crate) own_host: String,
    pub(crate) family: Family,
    pub(crate) port: Port,
    /// The only address that the node listens at, if that is so.
    pub(crate) interface: Option<IpAddr>,
    /// How long everything may take together, for messages.
    pub(crate) patience: Duration,
    /// What is left of it after other tries.
    pub(crate) left: Duration,
}

/// How its port is found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Port {
    Known(u16),
    /// epmd tells it, at this port of the node's host; for a node of this machine also at these addresses.
    ByEpmd {
        port: u16,
        addresses: Vec<IpAddr>,
    },
}

/// The kind of addresses of the distribution: `inet_tcp` or `inet6_tcp`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Family {
    V4,
    V6,
}

/// A text that is never shown.
#[derive(Clone, PartialEq)]
pub(crate) struct Secret(pub(crate) String);

impl Peer {
    /// What stands before the `@` of the name.
    pub(crate) fn alive(&self) -> &str {
        self.node.split_once('@').map_or(&self.node, |(alive, _)| alive)
    }

    /// What follows it.
    pub(crate) fn host(&self) -> &str {
        self.node.split_once('@').map_or("", |(_, host)| host)
    }

    /// The error for what cannot be understood.
    pub(super) fn malformed(&self, stage: Stage, problem: &str) -> DistError {
        DistError::Malformed { node: self.node.clone(), stage, problem: visible(problem) }
    }

    /// The error for a time that is over, or for a connection that broke.
    pub(super) fn broken(&self, stage: Stage, source: io::Error) -> DistError {
        let node = self.node.clone();
        match source.kind() {
            io::ErrorKind::TimedOut => DistError::Late { node, patience: self.patience, stage },
            io::ErrorKind::InvalidData => self.malformed(stage, &source.to_string()),
            io::ErrorKind::FileTooLarge => DistError::TooLarge { node },
            io::ErrorKind::UnexpectedEof => {
                let source = io::Error::new(source.kind(), "it was closed at the other end");
                DistError::Lost { node, stage, source }
            }
            _ => DistError::Lost { node, stage, source },
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}
