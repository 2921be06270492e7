//! `foreground` and `console`: starts the VM of the release.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::config::ConfigError;
use crate::config::file::ConfigFile;
use crate::config::vm_args::VmArgs;
use crate::error::BootError;
use crate::node::NodeError;
use crate::node::name::NodeName;
use crate::node::port::{dist_port, port_flags, without_epmd};
use crate::report;
use crate::site::{Site, host};
use crate::vm::init::{Init, Traits};
use crate::vm::plan::{Plan, Start};
use crate::vm::{VmError, epmd, launch, terminal};

/// Renders the configuration and runs the release; `words` is how this program was called.
pub(crate) fn start(
    site: &Site,
    interactive: bool,
    words: &[OsString],
    init: Option<Init>,
) -> Result<ExitCode, BootError> {
    if interactive && terminal::stdin_is_void() {
        return Err(VmError::NoInput.into());
    }
    let (vm_args, sys_config) = (site.vm_args()?, site.sys_config()?);
    let flags = match &vm_args {
        Some((file, text)) => site.flags(file, text)?,
        None => VmArgs::default(),
    };
    let node = flags.name.as_ref().map(|name| name.on_host(&host()));
    let start = Start {
        interactive,
        boot_file: site.boot_file(),
        port_flags: listening(site, &flags)?,
        vm_args: publish(vm_args, node.as_ref())?,
        sys_config: publish(sys_config, node.as_ref())?,
        node,
        words,
    };
    let traits = Traits { shell: interactive, listens: start.node.is_some() };
    epmd::start_without_shell(site, &flags, &start.port_flags);
    Ok(launch::launch(&Plan::start(site, start), init, traits)?)
}

/// The flags for the port that ERL_DIST_PORT gives.
fn listening(site: &Site, flags: &VmArgs) -> Result<Vec<OsString>, NodeError> {
    let port = dist_port(&site.environment)?;
    if port.is_some() && !without_epmd(&site.erts) {
        report::warning(format_args!(
            "the node listens on ERL_DIST_PORT, but clients on ERTS {} cannot find it without epmd",
            site.erts.vsn
        ));
    }
    Ok(port_flags(port, flags, &site.erts))
}

fn publish(
    file: Option<(ConfigFile, Vec<u8>)>,
    node: Option<&NodeName>,
) -> Result<Option<PathBuf>, ConfigError> {
    let node = node.map(|node| node.name.as_os_str());
    file.map(|(file, text)| file.of_node(node).publish(&text)).transpose()
}
