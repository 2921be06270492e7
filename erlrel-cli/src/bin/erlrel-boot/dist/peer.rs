//! The node to talk to, and where it may listen.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use super::error::{DistError, Stage};

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
    /// How long everything may take together.
    pub(crate) patience: Duration,
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

    /// The addresses at which the node may listen on a port, best first.
    pub(super) fn addresses(&self, port: u16) -> Result<Vec<SocketAddr>, DistError> {
        let mut found = match self.interface.filter(|address| !address.is_unspecified()) {
            Some(address) => vec![SocketAddr::new(address, port)],
            None => self.resolved(port)?,
        };
        found.retain(|address| self.family.has(address.ip()));
        if self.is_here() {
            found.push(SocketAddr::new(self.family.loopback(), port));
        }
        Ok(without_repetition(found))
    }

    /// The addresses at which its epmd may listen, best first.
    pub(super) fn epmd_addresses(&self, port: u16, more: &[IpAddr]) -> Result<Vec<SocketAddr>, DistError> {
        let mut found = self.resolved(port)?;
        if self.is_here() {
            let loopback = [Family::V4.loopback(), Family::V6.loopback()];
            let here = loopback.into_iter().chain(more.iter().copied());
            found.extend(here.map(|address| SocketAddr::new(address, port)));
        }
        Ok(without_repetition(found))
    }

    /// The error for a time that is over, or for a connection that broke.
    pub(super) fn broken(&self, stage: Stage, source: io::Error) -> DistError {
        let node = self.node.clone();
        match source.kind() {
            io::ErrorKind::TimedOut => DistError::Late { node, patience: self.patience, stage },
            io::ErrorKind::InvalidData => DistError::Malformed { node, stage, problem: source.to_string() },
            io::ErrorKind::UnexpectedEof => {
                let source = io::Error::new(source.kind(), "it was closed at the other end");
                DistError::Lost { node, stage, source }
            }
            _ => DistError::Lost { node, stage, source },
        }
    }

    /// Nothing, if this machine does not find itself by its name, as in a container without a hosts file.
    fn resolved(&self, port: u16) -> Result<Vec<SocketAddr>, DistError> {
        match (self.host(), port).to_socket_addrs() {
            Ok(found) => Ok(found.collect()),
            Err(_) if self.is_here() => Ok(Vec::new()),
            Err(source) => Err(DistError::Host { node: self.node.clone(), host: self.host().into(), source }),
        }
    }

    fn is_here(&self) -> bool {
        let short = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
        self.host() == "localhost" || short(self.host()) == short(&self.own_host)
    }
}

impl Family {
    fn has(self, address: IpAddr) -> bool {
        address.is_ipv4() == (self == Self::V4)
    }

    fn loopback(self) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::LOCALHOST.into(),
            Self::V6 => Ipv6Addr::LOCALHOST.into(),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// The addresses in words, for messages.
pub(super) fn listed(addresses: &[SocketAddr]) -> String {
    let texts: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
    texts.join(" or ")
}

fn without_repetition(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let mut kept = Vec::new();
    for address in addresses {
        if !kept.contains(&address) {
            kept.push(address);
        }
    }
    kept
}
