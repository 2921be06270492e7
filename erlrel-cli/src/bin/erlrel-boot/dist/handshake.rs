//! Lets a node know this program: as a hidden node that gets its name from the other one.
//!
//! A name of its own would stay behind as an atom in the node, one for each call; names that a node gives come
//! from a pool that it uses again (OTP 23 and newer).

use std::io;

use erl_dist::handshake::{ClientSideHandshake, HandshakeError, HandshakeStatus};
use erl_dist::node::{Creation, LocalNode, NodeName, PeerNode};
use erl_dist::{DistributionFlags, LOWEST_DISTRIBUTION_PROTOCOL_VERSION};
use futures::executor::block_on;
use futures::io::AllowStdIo;

use super::connection::Connection;
use super::error::{DistError, Stage, visible};
use super::peer::Peer;

/// What this program is to the node.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Identity {
    /// The whole name.
    pub(super) node: String,
    pub(super) creation: u32,
}

/// Shakes hands over a fresh connection.
///
/// # Errors
/// The node has another cookie or another name, lets nobody in, or ends the connection.
pub(super) fn introduce(peer: &Peer, connection: Connection) -> Result<(Connection, Identity), DistError> {
    let sent = connection.sent();
    let mut handshake =
        ClientSideHandshake::new(AllowStdIo::new(connection), nameless(peer)?, &peer.cookie.0);
    let status = block_on(handshake.execute_send_name(LOWEST_DISTRIBUTION_PROTOCOL_VERSION))
        .map_err(|error| failed(peer, error))?;
    let (name, creation) = match status {
        HandshakeStatus::Named { name, creation } => (name, creation),
        status => return Err(not_allowed(peer, &status)),
    };
    let before = sent.get();
    match block_on(handshake.execute_rest(true)) {
        Ok((connection, found)) => {
            expect_name(peer, &found)?;
            let node = format!("{name}@{}", peer.host());
            Ok((connection.into_inner(), Identity { node, creation: creation.get() }))
        }
        Err(HandshakeError::CookieMismatch) => Err(DistError::CookieDiffers { node: peer.node.clone() }),
        // The answer to its challenge had been sent, so that it did not like this one.
        Err(HandshakeError::Io(source)) if is_end(&source) && sent.get() > before => {
            Err(DistError::CookieRefused { node: peer.node.clone() })
        }
        Err(error) => Err(failed(peer, error)),
    }
}

/// The host decides whether the node takes the name for a short or a long one: its own is of the right kind.
fn nameless(peer: &Peer) -> Result<LocalNode, DistError> {
    let name = NodeName::new("erlrel-boot", peer.host())
        .map_err(|error| peer.malformed(Stage::Handshake, &error.to_string()))?;
    let mut local = LocalNode::new(name, Creation::random());
    local.flags |= DistributionFlags::NAME_ME
        | DistributionFlags::SMALL_ATOM_TAGS
        // Without it a node writes to this program in Latin-1.
        | DistributionFlags::UNICODE_IO;
    Ok(local)
}

/// Only the name itself: what follows the `@` may be written in more than one way.
fn expect_name(peer: &Peer, found: &PeerNode) -> Result<(), DistError> {
    if found.name.name() == peer.alive() {
        return Ok(());
    }
    Err(DistError::OtherNode { node: peer.node.clone(), found: visible(&found.name.to_string()) })
}

fn not_allowed(peer: &Peer, status: &HandshakeStatus) -> DistError {
    let status = match status {
        HandshakeStatus::Nok => "nok",
        HandshakeStatus::NotAllowed => "not_allowed",
        HandshakeStatus::Alive => "alive",
        _ => "ok, but no name",
    };
    DistError::NotAllowed { node: peer.node.clone(), status: status.into() }
}

fn failed(peer: &Peer, error: HandshakeError) -> DistError {
    match error {
        HandshakeError::Io(source) => peer.broken(Stage::Handshake, source),
        HandshakeError::NotAllowed | HandshakeError::OngoingHandshake => {
            DistError::NotAllowed { node: peer.node.clone(), status: error.to_string() }
        }
        HandshakeError::UnknownStatus { status } => DistError::NotAllowed { node: peer.node.clone(), status },
        error => peer.malformed(Stage::Handshake, &error.to_string()),
    }
}

fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}
