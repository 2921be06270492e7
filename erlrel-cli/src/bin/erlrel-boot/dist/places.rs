//! The addresses at which a node or its epmd may listen, tried one after the other.
//!
//! What is on this machine is found without asking for the address of its name: a container may have no name server,
//! and the time would pass with waiting for one.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::connection::Connection;
use super::deadline::Deadline;
use super::error::{DistError, Stage};
use super::peer::{Family, Peer};

/// Addresses and a port.
#[derive(Debug)]
pub(super) struct Places<'a> {
    peer: &'a Peer,
    port: u16,
    /// Tried first.
    near: Vec<IpAddr>,
    /// Tried when the name of the host has been looked up, unless it leads to these.
    far: Vec<IpAddr>,
    /// The only kind of addresses, if it matters.
    family: Option<Family>,
    /// What connecting to them is for.
    stage: Stage,
}

impl<'a> Places<'a> {
    /// Of the node itself.
    pub(super) fn of_node(peer: &'a Peer, port: u16) -> Self {
        let loopback = vec![peer.family.loopback()];
        let only = peer.interface.filter(|address| !address.is_unspecified());
        let (near, far) = match (only, is_own_host(peer), is_perhaps_own_host(peer)) {
            (Some(address), _, true) => (vec![address], loopback),
            (Some(address), _, false) => (vec![address], Vec::new()),
            (None, true, _) => (loopback, Vec::new()),
            (None, false, true) => (Vec::new(), loopback),
            (None, false, false) => (Vec::new(), Vec::new()),
        };
        Self { peer, port, near, far, family: Some(peer.family), stage: Stage::Connecting }
    }

    /// Of the epmd that knows it; `more` are those of ERL_EPMD_ADDRESS, which counts on this machine.
    pub(super) fn of_epmd(peer: &'a Peer, port: u16, more: &[IpAddr]) -> Self {
        let loopback = [Family::V4.loopback(), Family::V6.loopback()];
        let here: Vec<IpAddr> = loopback.into_iter().chain(more.iter().copied()).collect();
        let (near, far) = match (is_own_host(peer), is_perhaps_own_host(peer)) {
            (true, _) => (here, Vec::new()),
            (false, true) => (Vec::new(), here),
            (false, false) => (Vec::new(), Vec::new()),
        };
        Self { peer, port, near, far, family: None, stage: Stage::Epmd }
    }

    /// Connects to the first that accepts it, and says in words what was tried.
    ///
    /// # Errors
    /// The host has no address, nobody accepts a connection, or the time is over.
    pub(super) fn open(&self, deadline: Deadline) -> Result<(Connection, String), DistError> {
        let near = self.at_port(self.near.clone());
        let refused = match Connection::open(&near, deadline) {
            Ok(connection) => return Ok((connection, listed(&near))),
            Err(error) => error,
        };
        let mut far = self.resolved(deadline)?;
        far.extend(self.far.iter().map(|address| SocketAddr::new(*address, self.port)));
        far.retain(|address| !near.contains(address));
        let places = listed(&[near, far.clone()].concat());
        match Connection::open(&far, deadline) {
            Ok(connection) => Ok((connection, places)),
            Err(source) if deadline.left().is_err() => Err(self.peer.broken(self.stage, source)),
            Err(_) if far.is_empty() => Err(self.nobody(places, refused)),
            Err(source) => Err(self.nobody(places, source)),
        }
    }

    fn nobody(&self, places: String, source: io::Error) -> DistError {
        let node = self.peer.node.clone();
        match self.stage {
            Stage::Epmd => DistError::NoEpmd { node, places, source },
            _ => DistError::NoConnection { node, places, source },
        }
    }

    /// Of the host's name; nothing, if this machine does not know its own, as in a container without a hosts file.
    fn resolved(&self, deadline: Deadline) -> Result<Vec<SocketAddr>, DistError> {
        let late = |source| self.peer.broken(Stage::Lookup, source);
        let left = deadline.left().map_err(late)?;
        let is_perhaps_own = is_perhaps_own_host(self.peer);
        // There are other addresses to try.
        let part = if is_perhaps_own { left / 2 } else { left };
        let host = self.peer.host();
        let found = match looked_up(host, self.port, part) {
            Ok(found) => found,
            Err(_) if is_perhaps_own => Vec::new(),
            Err(source) if source.kind() == io::ErrorKind::TimedOut => return Err(late(source)),
            Err(source) => {
                return Err(DistError::Host { node: self.peer.node.clone(), host: host.into(), source });
            }
        };
        let fits = |address: &SocketAddr| self.family.is_none_or(|family| family.has(address.ip()));
        Ok(found.into_iter().filter(fits).collect())
    }

    fn at_port(&self, addresses: Vec<IpAddr>) -> Vec<SocketAddr> {
        addresses.into_iter().map(|address| SocketAddr::new(address, self.port)).collect()
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

fn is_own_host(peer: &Peer) -> bool {
    peer.host() == "localhost" || peer.host() == peer.own_host
}

/// One of both may have its domain, the other not.
fn is_perhaps_own_host(peer: &Peer) -> bool {
    let label = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    peer.host() == "localhost" || label(peer.host()) == label(&peer.own_host)
}

fn looked_up(host: &str, port: u16, patience: Duration) -> io::Result<Vec<SocketAddr>> {
    let host = host.to_owned();
    within(patience, move || (host.as_str(), port).to_socket_addrs().map(Iterator::collect))
}

/// Bounds what has no deadline of its own, such as the system's look-up: it is left behind, and ends with this program.
fn within<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (done, all_done) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        // Perhaps nobody waits any more.
        let _ = done.send(work());
    })?;
    match all_done.recv_timeout(patience) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
        Err(RecvTimeoutError::Disconnected) => {
            Err(io::Error::other("the look-up has ended without a result"))
        }
    }
}

/// In words, for messages.
fn listed(addresses: &[SocketAddr]) -> String {
    let texts: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
    if texts.is_empty() { "no address".into() } else { texts.join(" or ") }
}

#[cfg(test)]
mod tests {
    use super::within;
    use std::io::ErrorKind;
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn a_look_up_without_an_answer_is_left_when_the_time_is_over() {
        assert_eq!(within(Duration::from_secs(60), || Ok(1)).unwrap(), 1);
        let (_silent, answers) = mpsc::channel::<u8>();
        let work = move || answers.recv().map_err(|_| ErrorKind::BrokenPipe.into());
        assert_eq!(within(Duration::from_millis(100), work).unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
