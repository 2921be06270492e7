//! Where a node listens.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::config::vm_args::VmArgs;
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

/// `IP:PORT`, or the port alone when no interface (an Erlang tuple of 4 or 8 numbers) is given.
pub(crate) fn address(port: u16, interface: Option<&OsStr>) -> String {
    let text = interface.map(|tuple| String::from_utf8_lossy(tuple.as_bytes()).into_owned());
    let numbers: Option<Vec<u16>> = text.as_deref().and_then(|text| {
        let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
        inside.split(',').map(|part| part.trim().parse().ok()).collect()
    });
    match numbers.as_deref() {
        Some([a, b, c, d]) => format!("{a}.{b}.{c}.{d}:{port}"),
        Some(groups) if groups.len() == 8 => {
            let groups: Vec<String> = groups.iter().map(|group| format!("{group:x}")).collect();
            format!("{}:{port}", groups.join(":"))
        }
        _ => port.to_string(),
    }
}
