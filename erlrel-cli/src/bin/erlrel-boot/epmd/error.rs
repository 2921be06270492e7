//! Why the port mapper does not work.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;

/// What is wrong with its words, or with the machine. It is told as epmd tells things: one line, without a hint.
#[derive(Debug, Error)]
pub(crate) enum EpmdError {
    #[error("{0}\n{USAGE}")]
    Usage(String),
    #[error("-systemd is not supported: in a container no systemd could hand over a socket")]
    Systemd,
    #[error("cannot parse the IP address \"{0}\"")]
    Address(String),
    #[error("cannot listen on more than {0} IP addresses")]
    ManyAddresses(usize),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("cannot wait for connections: {0}")]
    Poll(#[source] io::Error),
    #[error("cannot become a daemon: {0}")]
    Detach(#[source] io::Error),
}

/// How it is called.
const USAGE: &str = "usage: epmd [-d] [-port PORT] [-address ADDRESS,…] [-daemon] [-relaxed_command_check]
            [-packet_timeout SECONDS]
       epmd [-d] [-port PORT] -names | -dump | -started | -kill | -stop NAME";
