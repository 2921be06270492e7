//! `foreground` and the kinds of `console`: starts the VM of the release.

use std::ffi::OsString;
use std::mem;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::config::vm_args::VmArgs;
use crate::configuration::{Configuration, Published};
use crate::error::BootError;
use crate::hooks::{self, Phase};
use crate::node::NodeError;
use crate::node::port::{dist_port, port_flags, without_epmd};
use crate::report;
use crate::site::Site;
use crate::vm::init::{Init, Traits};
use crate::vm::plan::{Plan, Start};
use crate::vm::{VmError, cookie, cpu, epmd, launch, terminal};

/// What is to run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Boot {
    /// The release, without a shell.
    Foreground,
    /// The release, with a shell.
    Console,
    /// A shell with the release's code, and none of its applications.
    Clean,
    /// A shell from the boot file that the first argument names, relative to the release.
    File,
}

/// Renders the configuration and runs the release; `words` is how this program was called.
///
/// # Errors
/// When the configuration is wrong, a boot file is not there, or a program cannot be started.
pub(crate) fn start(
    site: &Site,
    boot: Boot,
    words: &[OsString],
    init: Option<Init>,
) -> Result<ExitCode, BootError> {
    // A boot file may be one of something that reads nothing.
    if [Boot::Console, Boot::Clean].contains(&boot) && terminal::stdin_is_void() {
        return Err(VmError::NoInput.into());
    }
    let boot_file = boot_file(site, boot, words)?;
    if let Some(hooks) = hooks::before(site, Phase::PreStart, words)? {
        let draft = Configuration::draft(site)?;
        let traits = Traits { shell: boot != Boot::Foreground, listens: draft.node.is_some() };
        draft.publish()?;
        return Ok(launch::launch(&hooks, init, traits)?);
    }
    let mut configuration = Configuration::for_vm(site)?;
    let (flags, node) = (mem::take(&mut configuration.flags), configuration.node.take());
    let port_flags = listening(site, &flags)?;
    let Published { vm_args, sys_config } = configuration.publish()?;
    let start = Start {
        interactive: boot != Boot::Foreground,
        mode: if boot == Boot::Clean { "interactive" } else { "embedded" },
        boot_file,
        port_flags,
        cpu_flags: cpu_flags(site, &flags, words),
        vm_args,
        sys_config,
        node,
        // What cannot be written is an error above, and a warning here.
        variables: cookie::provide(site, &flags)?.into_iter().collect(),
        words: &passed_on(boot, words),
    };
    let traits = Traits { shell: start.interactive, listens: start.node.is_some() };
    epmd::start_without_shell(site, &flags, &start.port_flags);
    Ok(launch::launch(&Plan::start(site, start), init, traits)?)
}

fn boot_file(site: &Site, boot: Boot, words: &[OsString]) -> Result<PathBuf, VmError> {
    match boot {
        Boot::Foreground | Boot::Console => Ok(site.boot_file()),
        Boot::Clean => Ok(site.release.dir().join("start_clean")),
        Boot::File => named_boot_file(site, words),
    }
}

/// The boot file that the first argument of a command names, without `.boot`.
///
/// # Errors
/// When there is no argument, or no such file.
pub(crate) fn named_boot_file(site: &Site, words: &[OsString]) -> Result<PathBuf, VmError> {
    let words = hooks::without_marks(words);
    let [_, _, file, ..] = words.as_slice() else { return Err(VmError::BootFileMissing) };
    let mut path = site.release.root.join(file).into_os_string();
    path.push(".boot");
    match Path::new(&path).is_file() {
        true => Ok(file.into()),
        false => Err(VmError::NoBootFile { path: path.into() }),
    }
}

/// The program and what the VM is told of the words after it: of a boot file nothing, nor of the command with it.
fn passed_on(boot: Boot, words: &[OsString]) -> Vec<OsString> {
    let mut words = hooks::without_marks(words);
    if boot == Boot::File {
        words.drain(1..words.len().min(3));
    }
    words
}

fn cpu_flags(site: &Site, flags: &VmArgs, words: &[OsString]) -> Vec<OsString> {
    let given = [&flags.emulator, words].concat();
    cpu::flags(&cpu::Machine::of_process(), &given, &site.environment, &site.erts)
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
