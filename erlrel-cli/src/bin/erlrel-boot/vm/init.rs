//! The duties of the first process of a container (PID 1) while the VM runs as its child.
//!
//! The kernel treats this process specially: signals without a handler do not reach it, and every process whose
//! parent ends becomes its child. So it passes signals on to the VM and collects whoever ends.

use std::io::{self, IsTerminal};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use rustix::termios;
use signal_hook::consts::{
    SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH,
};
use signal_hook::iterator::Signals;

use crate::vm::VmError;
use crate::vm::plan::Plan;

/// The first process of a container, ready to receive signals.
#[derive(Debug)]
pub(crate) struct Init {
    signals: Signals,
}

impl Init {
    /// Takes up the duties if this is the first process. From here on no signal is lost: one that asks for the
    /// end and comes before the VM is there is found by [`Init::run`].
    pub(crate) fn of_process() -> Result<Option<Self>, VmError> {
        if !rustix::process::getpid().is_init() {
            return Ok(None);
        }
        let signals = Signals::new(FORWARDED.iter().chain(&[SIGCHLD])).map_err(VmError::Signals)?;
        Ok(Some(Self { signals }))
    }

    /// Runs the program to its end; gives its exit code, or 128 and the number of the signal that ended it.
    pub(crate) fn run(mut self, plan: &Plan) -> Result<ExitCode, VmError> {
        if let Some(signal) = self.signals.pending().find(|signal| ENDING.contains(signal)) {
            return Ok(exit_code_of(signal).into());
        }
        let terminal = Terminal::of_stdin();
        let vm = spawn(plan.command(), terminal)
            .map_err(|source| VmError::Start { program: plan.program.clone(), source })?;
        if terminal == Terminal::Ours {
            hand_over_terminal(vm);
        }
        // Who ended before the VM was there is collected now: its signal was taken with the pending ones above.
        if let Some(code) = reap(vm) {
            return Ok(code.into());
        }
        let started = Instant::now();
        for signal in self.signals.forever() {
            match signal {
                SIGCHLD => {
                    if let Some(code) = reap(vm) {
                        return Ok(code.into());
                    }
                }
                SIGTERM if started.elapsed() < YOUTH => insist(vm),
                other => forward(vm, other),
            }
        }
        Ok(ExitCode::FAILURE)
    }
}

/// What ends a program that has not begun yet.
const ENDING: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// What the VM gets when this process gets it.
const FORWARDED: [i32; 9] = [SIGHUP, SIGINT, SIGQUIT, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH];

/// How long a VM may take until it listens to SIGTERM. Until then it drops one without a trace.
const YOUTH: Duration = Duration::from_secs(10);

/// Time between two attempts: short against the ten seconds after which an engine kills.
const AGAIN: Duration = Duration::from_millis(500);

/// Asks a VM that may not listen yet to end, again and again until it does: being asked twice does it no harm.
/// This process ends with the VM, and the thread with it, so no other process is ever asked.
fn insist(vm: Pid) {
    std::thread::spawn(move || {
        loop {
            forward(vm, SIGTERM);
            std::thread::sleep(AGAIN);
        }
    });
}

/// The terminal on standard input.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Terminal {
    None,
    /// Its foreground is this process, which may give it to another.
    Ours,
    /// Its foreground is decided elsewhere.
    NotOurs,
}

impl Terminal {
    fn of_stdin() -> Self {
        if !io::stdin().is_terminal() {
            return Self::None;
        }
        match termios::tcgetpgrp(io::stdin()) {
            Ok(foreground) if foreground == rustix::process::getpid() => Self::Ours,
            _ => Self::NotOurs,
        }
    }
}

/// Starts the child in a process group of its own, so that a terminal's signals reach it and not this process.
fn spawn(mut command: Command, terminal: Terminal) -> io::Result<Pid> {
    if terminal != Terminal::NotOurs {
        command.process_group(0);
    }
    // Dropping the handle neither ends nor awaits the child: `reap` does, as for all others.
    let child = command.spawn()?;
    Pid::from_raw(child.id().cast_signed()).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Makes the child's group the foreground of the terminal. The child may have used the terminal before it was
/// its turn, and was stopped then.
fn hand_over_terminal(vm: Pid) {
    // If it fails, the child has ended already or the terminal is gone; both show in the loop.
    let _ = termios::tcsetpgrp(io::stdin(), vm);
    let _ = rustix::process::kill_process_group(vm, Signal::CONT);
}

fn forward(vm: Pid, signal: i32) {
    if let Some(signal) = Signal::from_named_raw(signal) {
        // A child that has ended is still known, until `reap` collects it.
        let _ = rustix::process::kill_process(vm, signal);
    }
}

/// Collects every child that has ended; gives the exit code if the VM is among them.
fn reap(vm: Pid) -> Option<u8> {
    let options = WaitOptions::NOHANG | WaitOptions::UNTRACED;
    while let Ok(Some((pid, status))) = rustix::process::wait(options) {
        if pid != vm {
            continue;
        }
        if let Some(code) = exit_code(status) {
            return Some(code);
        }
        // Ctrl-Z: there is no shell that could let it go on later.
        if status.stopping_signal() == Some(Signal::TSTP.as_raw()) {
            let _ = rustix::process::kill_process_group(vm, Signal::CONT);
        }
    }
    None
}

fn exit_code(status: WaitStatus) -> Option<u8> {
    match status.exit_status() {
        Some(code) => Some(u8::try_from(code).unwrap_or(u8::MAX)),
        None => status.terminating_signal().map(exit_code_of),
    }
}

fn exit_code_of(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Terminal, exit_code, spawn};
    use std::process::Command;

    /// The exit code of a child that ends as `script` says.
    fn code_of(script: &str) -> Option<u8> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let pid = spawn(command, Terminal::None).unwrap();
        let (_, status) =
            rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty()).unwrap().unwrap();
        exit_code(status)
    }

    #[test]
    fn the_exit_code_is_that_of_the_child() {
        assert_eq!(code_of("exit 0"), Some(0));
        assert_eq!(code_of("exit 3"), Some(3));
        assert_eq!(code_of("exit 255"), Some(255));
    }

    #[test]
    fn a_signal_counts_from_128() {
        assert_eq!(code_of("kill -TERM $$"), Some(143));
        assert_eq!(code_of("kill -KILL $$"), Some(137));
    }
}
