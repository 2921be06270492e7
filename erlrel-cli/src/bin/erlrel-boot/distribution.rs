//! How to reach a running node: its name, cookie, port and the patience to have with it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use crate::environment::Environment;
use crate::error::BootError;
use crate::erts::Erts;
use crate::vm_args::{NodeName, VmArgs};

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

/// The shared secret of a cluster; never shown.
#[derive(Clone, PartialEq)]
pub(crate) struct Cookie {
    pub(crate) value: OsString,
    /// Whether a program that looks into `$HOME/.erlang.cookie` finds it there by itself.
    pub(crate) in_home: bool,
}

impl Node {
    /// The node that `flags`, read from the file `vm_args`, describe; `host` is the name of this machine.
    pub(crate) fn described(
        flags: &VmArgs,
        vm_args: &Path,
        host: &OsStr,
        erts: &Erts,
        environment: &Environment,
    ) -> Result<Self, BootError> {
        let name = flags.name.as_ref().ok_or_else(|| BootError::NoName { path: vm_args.into() })?;
        let name = name.on_host(host);
        if let Some(protocol) = flags.proto_dist.clone().filter(|protocol| protocol != "inet_tcp") {
            return Err(BootError::Protocol { node: name.name, protocol });
        }
        let port = dist_port(environment)?;
        let mut client_flags = flags.client_flags();
        client_flags.extend(port_flags(port, flags, erts));
        Ok(Self {
            cookie: Cookie::find(flags, environment)
                .ok_or_else(|| BootError::NoCookie { node: name.name.clone() })?,
            address: port.map(|port| address(port, flags.interface.as_deref())),
            timeout_seconds: rpc_timeout(environment)?,
            client_flags,
            name,
        })
    }
}

impl Cookie {
    /// RELX_COOKIE, else `-setcookie`, else `$HOME/.erlang.cookie`, else COOKIE.
    fn find(flags: &VmArgs, environment: &Environment) -> Option<Self> {
        let named = |value: &OsStr| Self { value: value.into(), in_home: false };
        let given = environment.get("RELX_COOKIE").or(flags.cookie.as_deref());
        let given = given.filter(|cookie| !cookie.is_empty()).map(named);
        given.or_else(|| in_home(environment)).or_else(|| environment.get("COOKIE").map(named))
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Cookie(…)")
    }
}

fn in_home(environment: &Environment) -> Option<Cookie> {
    let text = std::fs::read(Path::new(environment.get("HOME")?).join(".erlang.cookie")).ok()?;
    let value = text.trim_ascii();
    (!value.is_empty()).then(|| Cookie { value: OsString::from_vec(value.into()), in_home: true })
}

/// The value of ERL_DIST_PORT.
pub(crate) fn dist_port(environment: &Environment) -> Result<Option<u16>, BootError> {
    let Some(value) = environment.get("ERL_DIST_PORT") else { return Ok(None) };
    match value.to_str().map(str::parse) {
        Some(Ok(port)) if port > 0 => Ok(Some(port)),
        _ => Err(BootError::DistPort(value.into())),
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
fn address(port: u16, interface: Option<&OsStr>) -> String {
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

/// RELX_RPC_TIMEOUT in seconds, else NODETOOL_TIMEOUT in milliseconds, else a minute.
fn rpc_timeout(environment: &Environment) -> Result<u64, BootError> {
    let number = |variable, unit| {
        let Some(value) = environment.get(variable) else { return Ok(None) };
        match value.to_str().map(str::parse::<u64>) {
            Some(Ok(number)) => Ok(Some(number)),
            _ => Err(BootError::Timeout { variable, value: value.into(), unit }),
        }
    };
    match number("RELX_RPC_TIMEOUT", "seconds")? {
        Some(seconds) => Ok(seconds),
        None => Ok(number("NODETOOL_TIMEOUT", "milliseconds")?.map_or(60, |milli| milli / 1000)),
    }
}

#[cfg(test)]
#[path = "distribution_tests.rs"]
mod tests;
