//! Talks to an Erlang node in the protocol of its distribution, as a hidden node without a name of its own.
//!
//! A [`Peer`] says which node and how to reach it; [`connect`] asks [`epmd`] for its port, shakes hands
//! ([`handshake`]) and gives a [`Session`], whose [`Session::call`] applies functions on the node. Everything
//! together takes no longer than the peer's patience, and nothing is left behind on the node.

mod answer;
mod call;
mod connection;
mod deadline;
mod decode;
mod encode;
mod epmd;
mod error;
mod handshake;
mod io_server;
mod packet;
mod peer;
mod places;
mod printing;
mod text;

use deadline::Deadline;
use places::Places;

pub(crate) use answer::Answer;
pub(crate) use call::{Call, Output, Session};
pub(crate) use error::DistError;
pub(crate) use peer::{EPMD_PORT, Family, Peer, Port, Secret};
pub(crate) use text::Text;

/// Connects to a node.
///
/// # Errors
/// The node cannot be found or reached, does not accept this program, or is too slow.
pub(crate) fn connect(peer: &Peer) -> Result<Session<'_>, DistError> {
    let deadline = Deadline::after(peer.left);
    let port = match &peer.port {
        Port::Known(port) => *port,
        Port::ByEpmd { port, addresses } => epmd::port_of(peer, *port, addresses, deadline)?,
    };
    let (connection, _) = Places::of_node(peer, port).open(deadline)?;
    handshake::introduce(peer, connection)
        .map(|(connection, identity)| Session::new(peer, connection, identity))
}

/// Connects to a node and applies one function on it.
///
/// # Errors
/// Those of [`connect`] and [`Session::call`].
pub(crate) fn call(peer: &Peer, call: &Call, output: Output<'_>) -> Result<Answer, DistError> {
    connect(peer)?.call(call, output)
}

#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
