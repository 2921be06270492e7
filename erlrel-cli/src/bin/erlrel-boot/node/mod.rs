//! How to reach a running node: its name, cookie, port and the patience to have with it.

pub(crate) mod cookie;
mod error;
pub(crate) mod home;
pub(crate) mod home_file;
pub(crate) mod name;
pub(crate) mod port;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use crate::config::vm_args::VmArgs;
use crate::dist::{Family, Peer, Port, Secret};
use crate::environment::Environment;
use crate::erts::Erts;
use crate::node::cookie::Cookie;
use crate::node::name::NodeName;
use crate::node::port::{by_epmd, dist_port, interface, port_flags};

pub(crate) use crate::node::error::NodeError;

/// Longer than anybody waits; it keeps additions of time from overflowing.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// A node, and what a client needs to talk to it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: NodeName,
    pub(crate) cookie: Cookie,
    /// How this program reaches it; nothing, if only a VM speaks its protocol or knows how to find it.
    pub(crate) peer: Option<Peer>,
    /// The flags with which another VM reaches the node.
    pub(crate) client_flags: Vec<OsString>,
    /// How long it has for an answer.
    pub(crate) patience: Duration,
    /// What is left of it after other tries.
    pub(crate) left: Duration,
}

impl Node {
    /// The node that `flags`, read from the file `vm_args`, describe; `host` is the name of this machine.
    pub(crate) fn described(
        flags: &VmArgs,
        vm_args: &Path,
        host: &OsStr,
        erts: &Erts,
        environment: &Environment,
    ) -> Result<Self, NodeError> {
        let name = flags.name.as_ref().ok_or_else(|| NodeError::NoName { path: vm_args.into() })?;
        let name = name.on_host(host);
        let cookie = Cookie::find(flags, environment)?
            .ok_or_else(|| NodeError::NoCookie { node: name.name.clone() })?;
        let patience = patience(environment)?;
        let fixed = dist_port(environment)?;
        let peer = family(flags).zip(port(fixed, flags, environment)).map(|(family, port)| Peer {
            node: name.name.to_string_lossy().into_owned(),
            cookie: Secret(cookie.value.to_string_lossy().into_owned()),
            own_host: host.to_string_lossy().into_owned(),
            family,
            port,
            interface: flags.interface.as_deref().and_then(interface),
            patience,
            left: patience,
        });
        let mut client_flags = flags.client_flags();
        client_flags.extend(port_flags(fixed, flags, erts));
        Ok(Self { name, cookie, peer, client_flags, patience, left: patience })
    }

    /// The same node with another time for an answer.
    pub(crate) fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self.peer = self.peer.map(|peer| Peer { patience, ..peer });
        self.with_left(patience)
    }

    /// The same node when only so much is left of the time for an answer.
    pub(crate) fn with_left(mut self, left: Duration) -> Self {
        self.left = left;
        self.peer = self.peer.map(|peer| Peer { left, ..peer });
        self
    }
}

/// The protocols that need nothing but TCP.
fn family(flags: &VmArgs) -> Option<Family> {
    match flags.proto_dist.as_deref().map(OsStr::to_str) {
        None | Some(Some("inet_tcp")) => Some(Family::V4),
        Some(Some("inet6_tcp")) => Some(Family::V6),
        Some(_) => None,
    }
}

/// ERL_DIST_PORT, else `-erl_epmd_port`, else what epmd says – unless the release has a module in its place.
fn port(fixed: Option<u16>, flags: &VmArgs, environment: &Environment) -> Option<Port> {
    let named = || flags.epmd_port.as_ref().and_then(|port| port.to_str()?.parse().ok());
    match (fixed.or_else(named), &flags.epmd_module) {
        (Some(port), _) => Some(Port::Known(port)),
        (None, None) => Some(by_epmd(environment)),
        (None, Some(module)) => (module == "erl_epmd").then(|| by_epmd(environment)),
    }
}

/// The time for an answer, as [`patience_given`]; none at all is refused.
pub(crate) fn patience(environment: &Environment) -> Result<Duration, NodeError> {
    let patience = patience_given(environment)?;
    // The other one may be exported as whole seconds of this one.
    let is_given = environment.is_inherited("RELX_RPC_TIMEOUT");
    let variable = if is_given { "RELX_RPC_TIMEOUT" } else { "NODETOOL_TIMEOUT" };
    if patience.is_zero() { Err(NodeError::NoTime { variable }) } else { Ok(patience.min(LONGEST)) }
}

/// RELX_RPC_TIMEOUT in seconds, else NODETOOL_TIMEOUT in milliseconds, else a minute.
pub(crate) fn patience_given(environment: &Environment) -> Result<Duration, NodeError> {
    let number = |variable, unit| {
        let Some(value) = environment.get(variable) else { return Ok(None) };
        match value.to_str().map(str::parse::<u64>) {
            Some(Ok(number)) => Ok(Some(number)),
            _ => Err(NodeError::Timeout { variable, value: value.into(), unit }),
        }
    };
    match number("RELX_RPC_TIMEOUT", "seconds")? {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => {
            let given = number("NODETOOL_TIMEOUT", "milliseconds")?;
            Ok(given.map_or(Duration::from_secs(60), Duration::from_millis))
        }
    }
}

#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
