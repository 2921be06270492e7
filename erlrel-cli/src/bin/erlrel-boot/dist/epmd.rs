//! Asks epmd, the daemon that knows the nodes of a machine, for the port of one.

use std::net::IpAddr;

use erl_dist::epmd::{EpmdClient, EpmdError};
use futures::executor::block_on;
use futures::io::AllowStdIo;

use super::deadline::Deadline;
use super::error::{DistError, Stage, visible};
use super::peer::Peer;
use super::places::Places;

/// The port of the node.
///
/// # Errors
/// epmd is not reachable, answers with nonsense or too late, or does not know the node.
pub(super) fn port_of(peer: &Peer, port: u16, more: &[IpAddr], deadline: Deadline) -> Result<u16, DistError> {
    let node = peer.node.clone();
    let (connection, places) = Places::of_epmd(peer, port, more).open(deadline)?;
    match block_on(EpmdClient::new(AllowStdIo::new(connection)).get_node(peer.alive())) {
        Ok(Some(entry)) => Ok(entry.port),
        Ok(None) => Err(DistError::NotRegistered { node, places }),
        Err(EpmdError::Io(source)) if source.kind() == std::io::ErrorKind::TimedOut => {
            Err(peer.broken(Stage::Epmd, source))
        }
        Err(error) => Err(DistError::EpmdAnswer { node, places, problem: visible(&error.to_string()) }),
    }
}
