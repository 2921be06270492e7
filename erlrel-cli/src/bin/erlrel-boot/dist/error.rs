//! Everything that can go wrong between this program and a node.

use std::fmt;
use std::io;
use std::time::Duration;

use thiserror::Error;

use super::packet::MAX_PACKET;

/// What was attempted, with which node and where; [`DistError::hint`] says what to do next. No text has the cookie.
#[derive(Debug, Error)]
pub(crate) enum DistError {
    #[error("cannot find the address of the host {host:?} of the node {node}")]
    Host { node: String, host: String, source: io::Error },
    #[error("cannot ask epmd for the port of the node {node}: nothing answers at {places}")]
    NoEpmd { node: String, places: String, source: io::Error },
    #[error("epmd at {places} gives no proper answer about the node {node}: {problem}")]
    EpmdAnswer { node: String, places: String, problem: String },
    #[error("the node {node} does not run: epmd at {places} does not know it")]
    NotRegistered { node: String, places: String },
    #[error("the node {node} accepts no connection at {places}")]
    NoConnection { node: String, places: String, source: io::Error },
    #[error("the node {node} refuses the cookie: it ended the connection when it had seen the proof of it")]
    CookieRefused { node: String },
    #[error("the node {node} has another cookie: its own proof is not that of the cookie used here")]
    CookieDiffers { node: String },
    #[error("the node {node} was expected, but it is {found} that listens there")]
    OtherNode { node: String, found: String },
    #[error("the node {node} does not let this program in: it answers {status:?}")]
    NotAllowed { node: String, status: String },
    #[error("the node {node} gave no answer within {}: {stage}", seconds(*patience))]
    Late { node: String, patience: Duration, stage: Stage },
    #[error("the connection to the node {node} broke: {stage}")]
    Lost { node: String, stage: Stage, source: io::Error },
    #[error("the node {node} sent something that cannot be understood: {stage}: {problem}")]
    Malformed { node: String, stage: Stage, problem: String },
    #[error("the node {node} sent more than {} MiB at once, which is not taken", MAX_PACKET >> 20)]
    TooLarge { node: String },
}

/// How far it had come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stage {
    Lookup,
    Epmd,
    Connecting,
    Handshake,
    Call,
}

impl DistError {
    /// Whether there is no node to ask; not that it did not answer the question itself.
    pub(crate) fn is_about_reaching_the_node(&self) -> bool {
        match self {
            Self::Late { stage, .. } | Self::Lost { stage, .. } | Self::Malformed { stage, .. } => {
                *stage != Stage::Call
            }
            Self::TooLarge { .. } => false,
            _ => true,
        }
    }

    /// What to do next.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Host { .. } => {
                "name the node with a host that can be looked up here, or add it to /etc/hosts"
            }
            Self::NoEpmd { .. } => {
                "check that the node runs; ERL_EPMD_PORT must be the same for both, and ERL_DIST_PORT too if the \
                 node listens without epmd"
            }
            Self::EpmdAnswer { .. } => "check that ERL_EPMD_PORT is the port of epmd and of nothing else",
            Self::NotRegistered { .. } => {
                "check that the node runs, and that vm.args gives it this name; `epmd -names` lists the nodes"
            }
            Self::NoConnection { .. } => {
                "check that the node runs; ERL_DIST_PORT and inet_dist_use_interface must be the same for both"
            }
            Self::CookieRefused { .. } | Self::CookieDiffers { .. } => {
                "use the cookie that the node was started with: RELX_COOKIE, or -setcookie in vm.args"
            }
            Self::OtherNode { .. } => {
                "let ERL_DIST_PORT be the port of this node, or correct its name in vm.args"
            }
            Self::NotAllowed { .. } => {
                "the node must be of OTP 23 or newer, and its name short or long as vm.args says here"
            }
            Self::Late { .. } => "RELX_RPC_TIMEOUT is the number of seconds that it has",
            Self::Lost { .. } => "the node has ended, or the network between it and here; see its log",
            Self::Malformed { .. } => "check that it is an Erlang node of OTP 23 or newer that listens there",
            Self::TooLarge { .. } => "ask for a part of it, or let the node write it to a file",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Lookup => "the address of its host was being looked up",
            Self::Epmd => "epmd was asked for its port",
            Self::Connecting => "the connection was being made",
            Self::Handshake => "each was proving its cookie to the other",
            Self::Call => "it was carrying out the call",
        })
    }
}

/// What came from elsewhere, for a message: without characters that a terminal obeys.
pub(super) fn visible(text: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.into() };
    text.chars().map(shown).collect()
}

fn seconds(patience: Duration) -> String {
    format!("{} s", patience.as_secs_f64())
}
