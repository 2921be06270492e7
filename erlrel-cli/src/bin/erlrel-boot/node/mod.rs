//! How to reach a running node: its name, cookie, port and the patience to have with it.

pub(crate) mod cookie;
mod error;
pub(crate) mod name;
pub(crate) mod port;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::config::vm_args::VmArgs;
use crate::environment::Environment;
use crate::erts::Erts;
use crate::node::cookie::Cookie;
use crate::node::name::NodeName;
use crate::node::port::{address, dist_port, port_flags};

pub(crate) use crate::node::error::NodeError;

/// A node, and what a client needs to talk to it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: NodeName,
    pub(crate) cookie: Cookie,
    /// `[IP:]PORT`, where the node listens when ERL_DIST_PORT fixes it.
    pub(crate) address: Option<String>,
    /// The flags with which another VM reaches the node.
    pub(crate) client_flags: Vec<OsString>,
    pub(crate) timeout_seconds: u64,
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
        if let Some(protocol) = flags.proto_dist.clone().filter(|protocol| protocol != "inet_tcp") {
            return Err(NodeError::Protocol { node: name.name, protocol });
        }
        let port = dist_port(environment)?;
        let mut client_flags = flags.client_flags();
        client_flags.extend(port_flags(port, flags, erts));
        Ok(Self {
            cookie: Cookie::find(flags, environment)
                .ok_or_else(|| NodeError::NoCookie { node: name.name.clone() })?,
            address: port.map(|port| address(port, flags.interface.as_deref())),
            timeout_seconds: rpc_timeout(environment)?,
            client_flags,
            name,
        })
    }
}

/// RELX_RPC_TIMEOUT in seconds, else NODETOOL_TIMEOUT in milliseconds, else a minute.
fn rpc_timeout(environment: &Environment) -> Result<u64, NodeError> {
    let number = |variable, unit| {
        let Some(value) = environment.get(variable) else { return Ok(None) };
        match value.to_str().map(str::parse::<u64>) {
            Some(Ok(number)) => Ok(Some(number)),
            _ => Err(NodeError::Timeout { variable, value: value.into(), unit }),
        }
    };
    match number("RELX_RPC_TIMEOUT", "seconds")? {
        Some(seconds) => Ok(seconds),
        None => Ok(number("NODETOOL_TIMEOUT", "milliseconds")?.map_or(60, |milli| milli / 1000)),
    }
}

#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
