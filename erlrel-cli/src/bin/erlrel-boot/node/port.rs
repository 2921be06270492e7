//! Where a node listens.

use std::ffi::{OsStr, OsString};
use std::net::IpAddr;

use crate::config::vm_args::VmArgs;
use crate::dist::{EPMD_PORT, Port};
use crate::environment::Environment;
use crate::erts::Erts;
use crate::node::NodeError;

/// The value of ERL_DIST_PORT.
pub(crate) fn dist_port(environment: &Environment) -> Result<Option<u16>, NodeError> {
    let Some(value) = environment.get("ERL_DIST_PORT") else { return Ok(None) };
    match value.to_str().map(str::parse) {
        Some(Ok(port)) if port > 0 => Ok(Some(port)),
        _ => Err(NodeError::DistPort(value.into())),
    }
}

/// The flags by which a VM listens on that port and does without epmd, unless vm.args decides about epmd; older
/// VMs only listen on it.
pub(crate) fn port_flags(port: Option<u16>, flags: &VmArgs, erts: &Erts) -> Vec<OsString> {
    let Some(port) = port.map(|port| port.to_string()) else { return Vec::new() };
    let words: &[&str] = match (without_epmd(erts), &flags.start_epmd) {
        (true, None) => &["-erl_epmd_port", &port, "-start_epmd", "false"],
        (true, Some(_)) => &["-erl_epmd_port", &port],
        (false, _) => &["-kernel", "inet_dist_listen_min", &port, "-kernel", "inet_dist_listen_max", &port],
    };
    words.iter().map(OsString::from).collect()
}

/// Whether the VM can reach a node by its port alone.
pub(crate) fn without_epmd(erts: &Erts) -> bool {
    erts.at_least(11, 1)
}

/// The address in the value of `inet_dist_use_interface`, an Erlang tuple of 4 or 8 numbers.
pub(crate) fn interface(tuple: &OsStr) -> Option<IpAddr> {
    let inside = tuple.to_str()?.trim().strip_prefix('{')?.strip_suffix('}')?;
    let numbers: Vec<&str> = inside.split(',').map(str::trim).collect();
    match numbers.len() {
        4 => numbers
            .iter()
            .map(|part| part.parse().ok())
            .collect::<Option<Vec<u8>>>()
            .and_then(|bytes| <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from)),
        8 => numbers
            .iter()
            .map(|part| part.parse().ok())
            .collect::<Option<Vec<u16>>>()
            .and_then(|groups| <[u16; 8]>::try_from(groups).ok().map(IpAddr::from)),
        _ => None,
    }
}

/// How epmd is found: at ERL_EPMD_PORT, and for a node of this machine at ERL_EPMD_ADDRESS too. What is no number, or
/// 0, is passed over.
pub(crate) fn by_epmd(environment: &Environment) -> Port {
    let text = |name: &str| environment.get(name).and_then(OsStr::to_str).unwrap_or_default();
    let addresses = text("ERL_EPMD_ADDRESS").split(',').filter_map(|address| address.trim().parse().ok());
    let port = text("ERL_EPMD_PORT").trim().parse().ok().filter(|port| *port > 0).unwrap_or(EPMD_PORT);
    Port::ByEpmd { port, addresses: addresses.collect() }
}
