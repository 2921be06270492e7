//! A release in the background: ERTS's `run_erl` runs it, with pipes in place of a terminal, and `to_erl` has the
//! other end of them.

mod error;
mod places;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::commands::ask::require;
use crate::commands::life::ask_pid;
use crate::configuration::Configuration;
use crate::dist::Call;
use crate::error::BootError;
use crate::hooks::{self, Phase};
use crate::node::name::NodeName;
use crate::node::patience;
use crate::process::Process;
use crate::shell::{self, SHELL};
use crate::site::Site;
use crate::vm::init::Init;
use crate::vm::plan::Plan;
use crate::vm::start::named_boot_file;
use crate::vm::{VmError, launch};

pub(crate) use crate::daemon::error::DaemonError;
pub(crate) use crate::daemon::places::Places;

/// Time between two looks at the VM.
const AGAIN: Duration = Duration::from_millis(100);

/// `daemon`: runs the release in the background with another command, and waits until it answers. `words` is how this
/// program was called.
///
/// # Errors
/// In the first process of a container, which would end with this command; without a shell or `run_erl`; when the VM
/// ends while it starts, or does not answer in time.
pub(crate) fn daemon(
    site: &Site,
    console: &str,
    words: &[OsString],
    init: Option<Init>,
) -> Result<ExitCode, BootError> {
    if init.is_some() {
        return Err(DaemonError::FirstProcess.into());
    }
    let run_erl = program(site, "run_erl")?;
    if !Path::new(SHELL).exists() {
        return Err(DaemonError::NoShell { run_erl }.into());
    }
    if let Some(hooks) = hooks::before(site, Phase::PreStart, words)? {
        Configuration::draft(site)?.publish()?;
        return Ok(launch::launch_other(&hooks, init)?);
    }
    let name = Configuration::for_vm(site)?.node;
    let places = Places::of(site, name.as_ref());
    places.make()?;
    let pid_file = places.pid_file();
    // One that is there is of a run that was ended; what cannot be removed shows when it is written.
    let _ = fs::remove_file(&pid_file);
    start(site, &run_erl, &places, console, &hooks::without_marks(words))?;
    let started = wait(site, name.as_ref(), &places);
    let _ = fs::remove_file(&pid_file);
    started?;
    hooks::after(site, Phase::PostStart, words)
}

/// `daemon_boot`: the same with a boot file.
///
/// # Errors
/// As [`daemon`], and when there is no such file.
pub(crate) fn daemon_boot(
    site: &Site,
    words: &[OsString],
    init: Option<Init>,
) -> Result<ExitCode, BootError> {
    named_boot_file(site, words)?;
    daemon(site, "console_boot", words, init)
}

/// `daemon_attach`: the shell of the release in the background, on this terminal.
///
/// # Errors
/// When this user may not write into the pipes, or there is no `to_erl`.
pub(crate) fn attach(site: &Site, init: Option<Init>) -> Result<ExitCode, BootError> {
    let node = site.node()?;
    require(site, &node, &Call::new("erlang", "is_alive", []))?;
    let places = Places::of(site, Some(&node.name));
    places.check()?;
    let plan = Plan {
        program: program(site, "to_erl")?,
        args: vec![places.pipes.into()],
        environment: site.environment.exports().clone(),
        directory: site.release.root.clone(),
    };
    Ok(launch::launch_other(&plan, init)?)
}

fn program(site: &Site, name: &'static str) -> Result<PathBuf, DaemonError> {
    let path = site.erts.bin().join(name);
    match path.exists() {
        true => Ok(path),
        false => Err(DaemonError::NoProgram { path }),
    }
}

fn start(
    site: &Site,
    run_erl: &Path,
    places: &Places,
    console: &str,
    words: &[OsString],
) -> Result<(), BootError> {
    let mut command = Command::new(run_erl);
    command.arg("-daemon").args([&places.pipes, &places.log]);
    command.arg(command_line(site, places, console, words));
    command.envs(site.environment_of_caller()).env("HEART_COMMAND", heart_command(site, words));
    let status = command.current_dir(&site.release.root).status();
    let status = status.map_err(|source| VmError::Start { program: run_erl.into(), source })?;
    match status.success() {
        true => Ok(()),
        false => Err(DaemonError::RunErl { run_erl: run_erl.into(), status }.into()),
    }
}

/// Shell text that leaves the number of its process in a file, and becomes the VM, whose number it is then. A file
/// that somebody has put there meanwhile stays what it is.
fn command_line(site: &Site, places: &Places, console: &str, words: &[OsString]) -> OsString {
    let (pid_file, program) = (places.pid_file().into_os_string(), site.release.program.clone().into());
    let arguments = words.iter().skip(2).cloned().chain([hooks::DISABLED.into()]);
    let words: Vec<OsString> = [pid_file, program, console.into()].into_iter().chain(arguments).collect();
    let mut text = OsString::from("set -- ");
    text.push(quoted(&words));
    text.push("; set -C; echo $$ >\"$1\" || exit; shift; exec \"$@\"");
    text
}

/// How `heart` starts the release again; by no old name, which would be remarked upon each time.
fn heart_command(site: &Site, words: &[OsString]) -> OsString {
    let program = site.release.root.join("bin").join(&site.release.name).into_os_string();
    let command = words.get(1).filter(|word| *word != "start").cloned().unwrap_or_else(|| "daemon".into());
    let words: Vec<OsString> = [program, command].into_iter().chain(words.iter().skip(2).cloned()).collect();
    quoted(&words)
}

/// Words as the shell reads them, with a blank after each.
fn quoted(words: &[OsString]) -> OsString {
    let mut text = OsString::new();
    for word in words {
        text.push(shell::quoted(word));
        text.push(" ");
    }
    text
}

/// Waits until the VM that was just started answers: not another one of its name.
fn wait(site: &Site, node: Option<&NodeName>, places: &Places) -> Result<(), BootError> {
    let end = Instant::now() + patience(&site.environment)?;
    let (release, log) = (&site.release.name, &places.log);
    loop {
        let vm = places.vm();
        if let Some(vm) = &vm {
            if Process::seen(vm).is_none() {
                let name = node.map_or_else(|| release.into(), |node| node.name.clone());
                return Err(DaemonError::Ended { release: release.clone(), log: log.clone(), name }.into());
            }
            if node.is_none() || is_node(site, vm) {
                return Ok(());
            }
        }
        if Instant::now() >= end {
            return Err(DaemonError::NoAnswer { release: release.clone(), vm, log: log.clone() }.into());
        }
        thread::sleep(AGAIN);
    }
}

/// Whether the node answers, and is this process. Until the VM has begun there may be no cookie to ask it with.
fn is_node(site: &Site, vm: &str) -> bool {
    site.node().and_then(|node| ask_pid(site, &node)).is_ok_and(|pid| pid == vm)
}
