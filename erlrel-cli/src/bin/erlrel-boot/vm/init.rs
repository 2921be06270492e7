//! The duties of the first process of a container (PID 1) while the VM runs as its child.
//!
//! The kernel treats this process specially: signals without a handler do not reach it, and every process whose
//! parent ends becomes its child. So it passes signals on to the VM and collects whoever ends.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitCode, ExitStatus};
use std::time::Instant;

use rustix::process::{Pid, Signal, WaitOptions};
use signal_hook::consts::{
    SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH,
};

use crate::report;
use crate::vm::VmError;
use crate::vm::ending::{Ending, Progress, Push};
use crate::vm::launch::{exit_code, signalled};
use crate::vm::plan::Plan;
use crate::vm::signals::Signals;
use crate::vm::terminal::Terminal;
use crate::vm::{memory, watch};

/// The first process of a container, ready to receive signals.
#[derive(Debug)]
pub(crate) struct Init {
    signals: Signals,
}

/// What the first process has to know of the VM that it runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits {
    /// It has a shell, which Ctrl-C is for; else Ctrl-C asks for the end.
    pub(crate) shell: bool,
    /// It has a name, and so listens for other nodes.
    pub(crate) listens: bool,
}

impl Init {
    /// Takes up the duties if this is the first process. From here on no signal is lost: one that asks for the
    /// end and comes before the VM is there is found by [`Init::run`].
    pub(crate) fn of_process() -> Result<Option<Self>, VmError> {
        if !rustix::process::getpid().is_init() {
            return Ok(None);
        }
        let signals = Signals::take_up(FORWARDED.into_iter().chain([SIGCHLD])).map_err(VmError::Signals)?;
        Ok(Some(Self { signals }))
    }

    /// Runs the program to its end; gives its exit code, or 128 and the number of the signal that ended it.
    pub(crate) fn run(mut self, plan: &Plan, traits: Traits) -> Result<ExitCode, VmError> {
        if let Some(signal) = self.signals.pending().into_iter().find(|signal| ENDING.contains(signal)) {
            return Ok(signalled(signal).into());
        }
        let terminal = Terminal::of_stdin();
        let vm = spawn(plan.command(), terminal)
            .map_err(|source| VmError::Start { program: plan.program.clone(), source })?;
        let mut child = Child { vm, traits, terminal, ending: Ending::of_vm_started(Instant::now()) };
        if traits.shell {
            terminal.hand_over(vm);
        }
        loop {
            // Also who ended before the VM was there: its signal was taken with the pending ones above.
            if let Some(code) = child.reap() {
                return Ok(code.into());
            }
            let came = self.signals.wait(child.ending.due());
            came.into_iter().for_each(|signal| child.pass_on(signal));
            child.insist();
        }
    }
}

/// What ends a program that has not begun yet.
const ENDING: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// What the VM gets when this process gets it.
const FORWARDED: [i32; 9] = [SIGHUP, SIGINT, SIGQUIT, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH];

/// The exit code of what SIGKILL has ended.
const KILLED: u8 = 137;

/// Starts the child in a process group of its own, so that a terminal's signals reach only one of both.
fn spawn(mut command: Command, terminal: Terminal) -> io::Result<Pid> {
    if terminal != Terminal::NotOurs {
        command.process_group(0);
    }
    // Dropping the handle neither ends nor awaits the child: `reap` does, as for all others.
    let child = command.spawn()?;
    Pid::from_raw(child.id().cast_signed()).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// The VM that this process looks after.
struct Child {
    vm: Pid,
    traits: Traits,
    terminal: Terminal,
    ending: Ending,
}

impl Child {
    fn pass_on(&mut self, signal: i32) {
        match signal {
            SIGCHLD => {}
            SIGINT if self.traits.shell => self.forward(signal),
            SIGTERM | SIGINT => {
                let push = self.ending.ask(signal, self.progress(), Instant::now());
                self.push(push);
            }
            other => self.forward(other),
        }
    }

    fn insist(&mut self) {
        let now = Instant::now();
        if self.ending.due().is_some_and(|due| due <= now)
            && let Some(push) = self.ending.insist(self.progress(), now)
        {
            self.push(push);
        }
    }

    fn progress(&self) -> Progress {
        match self.traits.listens {
            true => watch::progress_of_listener(self.vm),
            false => Progress::Unknown,
        }
    }

    fn push(&self, push: Push) {
        match push {
            Push::Term => self.forward(SIGTERM),
            Push::Kill => {
                report::warning(self.ending.reason_to_kill());
                let _ = rustix::process::kill_process(self.vm, Signal::KILL);
            }
        }
    }

    fn forward(&self, signal: i32) {
        if let Some(signal) = Signal::from_named_raw(signal) {
            // A child that has ended is still known, until `reap` collects it.
            let _ = rustix::process::kill_process(self.vm, signal);
        }
    }

    /// Collects every child that has ended; gives the exit code if the VM is among them.
    fn reap(&self) -> Option<u8> {
        let options = WaitOptions::NOHANG | WaitOptions::UNTRACED;
        while let Ok(Some((pid, status))) = rustix::process::wait(options) {
            if pid != self.vm {
                continue;
            }
            if let Some(code) = exit_code(ExitStatus::from_raw(status.as_raw())) {
                return Some(if code == KILLED { self.killed() } else { code });
            }
            self.go_on(status.stopping_signal());
        }
        None
    }

    /// The exit code of a VM that was killed: by us for another signal, or by somebody else.
    fn killed(&self) -> u8 {
        if let Some(signal) = self.ending.killed_for() {
            return signalled(signal);
        }
        report::warning(match memory::ran_out() {
            true => "the VM was killed, and the container had reached its memory limit",
            false => "the VM was killed from outside",
        });
        KILLED
    }

    /// There is no shell that could let a stopped VM go on later.
    fn go_on(&self, stopped_by: Option<i32>) {
        let by = |signals: &[Signal]| signals.iter().any(|signal| stopped_by == Some(signal.as_raw()));
        if by(&[Signal::TTIN, Signal::TTOU]) {
            self.terminal.hand_over(self.vm);
        } else if by(&[Signal::TSTP]) {
            let _ = rustix::process::kill_process_group(self.vm, Signal::CONT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ExitStatus, ExitStatusExt, SIGUSR2, Signals, Terminal, exit_code, spawn};
    use std::process::Command;

    /// The exit code of a child that ends as `script` says.
    fn code_of(script: &str) -> Option<u8> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let pid = spawn(command, Terminal::None).unwrap();
        let (_, status) =
            rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty()).unwrap().unwrap();
        exit_code(ExitStatus::from_raw(status.as_raw()))
    }

    #[test]
    fn the_exit_code_is_that_of_the_child() {
        assert_eq!(code_of("exit 0"), Some(0));
        assert_eq!(code_of("exit 3"), Some(3));
        assert_eq!(code_of("exit 255"), Some(255));
    }

    #[test]
    fn the_child_inherits_no_signal_and_no_open_file_of_ours() {
        let dir = tempfile::tempdir().unwrap();
        let inherited = |name: &str| {
            let file = dir.path().join(name);
            let lines = "grep -e SigIgn -e SigBlk -e SigCgt /proc/self/status && ls /proc/self/fd | wc -l";
            assert_eq!(code_of(&format!("{{ {lines}; }} >{}", file.display())), Some(0));
            std::fs::read_to_string(file).unwrap()
        };
        let before = inherited("before");
        let _signals = Signals::take_up([SIGUSR2]).unwrap();
        assert_eq!(inherited("after"), before);
        // Rust ignores SIGPIPE, which the VM and what it starts are not to inherit.
        assert_eq!(ignored(&before) & 1 << 12, 0, "{before}");
    }

    fn ignored(status: &str) -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
        u64::from_str_radix(line.trim(), 16).unwrap()
    }

    #[test]
    fn a_signal_counts_from_128() {
        assert_eq!(code_of("kill -TERM $$"), Some(143));
        assert_eq!(code_of("kill -KILL $$"), Some(137));
    }
}
