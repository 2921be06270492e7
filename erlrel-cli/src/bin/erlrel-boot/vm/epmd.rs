//! The daemon that tells the ports of the nodes of a machine.
//!
//! erlexec starts it for a node that has a name, but by way of `/bin/sh`; where there is none, no node could
//! start. There it is done here.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;

use crate::config::vm_args::VmArgs;
use crate::report;
use crate::shell::SHELL;
use crate::site::Site;
use crate::vm::plan::Plan;

/// Starts epmd, if the node needs it and erlexec could not do it. One that runs already just stays.
pub(crate) fn start_without_shell(site: &Site, flags: &VmArgs, port_flags: &[OsString]) {
    if Path::new(SHELL).exists() || !wanted(flags, port_flags) {
        return;
    }
    let plan = Plan::epmd(site);
    let done = plan.command().stdin(Stdio::inherit()).status();
    let program = plan.program.display();
    match done {
        Ok(status) if status.success() => {}
        Ok(status) => report::warning(format_args!("{program} does not run, it ended with {status}")),
        Err(error) => report::warning(format_args!("cannot start {program}: {error}")),
    }
}

/// Whether erlexec would start it, by the flags.
fn wanted(flags: &VmArgs, port_flags: &[OsString]) -> bool {
    let unwanted = |value: &OsString| value == "false";
    let by_port = port_flags.iter().any(|flag| flag == "-start_epmd");
    flags.name.is_some() && !flags.start_epmd.as_ref().is_some_and(unwanted) && !by_port
}

#[cfg(test)]
mod tests {
    use super::wanted;
    use crate::config::vm_args::VmArgs;
    use std::ffi::OsString;
    use std::path::Path;

    fn flags(text: &str) -> VmArgs {
        let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
        VmArgs::parse(text.as_bytes(), Path::new("/r/vm.args"), &nothing).unwrap()
    }

    #[test]
    fn only_a_node_with_a_name_wants_it() {
        assert!(wanted(&flags("-sname a"), &[]));
        assert!(wanted(&flags("-name a@b -start_epmd true"), &[]));
        assert!(!wanted(&flags("+K true"), &[]));
        assert!(!wanted(&flags("-sname a -start_epmd false"), &[]));
        let by_port = ["-erl_epmd_port", "9100", "-start_epmd", "false"].map(OsString::from);
        assert!(!wanted(&flags("-sname a"), &by_port));
    }
}
