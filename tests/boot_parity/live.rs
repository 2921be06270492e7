//! A node that runs, or does not, and both start programs to ask it with.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};

use super::installed::{Installed, Runtime, Starter};
use crate::support::epmd::Epmd;
use crate::support::said::{Said, said};

/// Two releases of one node, of which one runs at most.
#[derive(Debug)]
pub(super) struct Twins {
    relx: Installed,
    boot: Installed,
    /// The node's whole name.
    pub(super) name: String,
    running: Option<Running>,
    epmd: Epmd,
}

/// A node of these tests. Somebody has to collect it when it ends, for relx's script waits until it can be seen no more.
#[derive(Debug)]
struct Running {
    process: Pid,
    code: JoinHandle<Option<i32>>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("started");
        let process = Pid::from_raw(child.id().cast_signed()).expect("a process");
        Self { process, code: std::thread::spawn(move || child.wait().expect("waited").code()) }
    }
}

impl Twins {
    /// Both releases, with this in vm.args besides name and cookie. No node runs.
    pub(super) fn dead(vm_args: &str) -> Self {
        Self::with(Runtime::Real, vm_args)
    }

    fn with(runtime: Runtime, vm_args: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("parity{}_{count}@localhost", std::process::id());
        let installed = |starter| {
            let installed = Installed::new(starter, runtime);
            let text = format!("-sname {name}\n-setcookie depot\n{vm_args}\n");
            // In the root it comes before that of any version.
            installed.file("vm.args", text.as_bytes());
            installed
        };
        let (relx, boot) = (installed(Starter::Relx), installed(Starter::Boot));
        Self { relx, boot, name, running: None, epmd: Epmd::used() }
    }

    /// The same, and the node runs that this one has started.
    pub(super) fn live(starter: Starter, vm_args: &str) -> Self {
        Self::dead(vm_args).started(starter)
    }

    /// The node runs that this one has started, and can change its version.
    pub(super) fn upgradable(starter: Starter) -> Self {
        Self::with(Runtime::Upgradable, "").started(starter)
    }

    fn started(mut self, starter: Starter) -> Self {
        self.running = Some(Running::start(self.command(starter, &["foreground"])));
        while self.asked(starter, &["ping"]).code != Some(0) {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        self
    }

    pub(super) fn of(&self, starter: Starter) -> &Installed {
        match starter {
            Starter::Boot => &self.boot,
            Starter::Relx | Starter::RelxOnBusybox => &self.relx,
        }
    }

    pub(super) fn command(&self, starter: Starter, arguments: &[&str]) -> Command {
        let mut command = self.of(starter).command(arguments);
        command.env("ERL_EPMD_PORT", self.epmd.port());
        command
    }

    /// Waits until the node has ended; gives its exit code.
    pub(super) fn ended(&mut self) -> Option<i32> {
        self.running.take().expect("a node that runs").code.join().expect("waited")
    }

    pub(super) fn asked(&self, starter: Starter, arguments: &[&str]) -> Said {
        said(&mut self.command(starter, arguments))
    }
}

/// What is asked: variables, and the words of the command.
pub(super) type Question<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

/// What is said on standard output, and the exit code.
pub(super) type Answer = (String, Option<i32>);

impl Twins {
    /// Where the release lies is `PLACE` in the answer, and the node's name is `NODE`.
    pub(super) fn answer(&self, starter: Starter, (variables, arguments): Question<'_>) -> Answer {
        let mut command = self.command(starter, arguments);
        let said = said(command.envs(variables.iter().copied()).stdin(Stdio::null()));
        let place = self.of(starter).place().display().to_string();
        (said.out.replace(&place, "PLACE").replace(&self.name, "NODE"), said.code)
    }

    /// Asserts that erlrel-boot answers what relx's script answers.
    pub(super) fn assert_same_answers<'a>(&self, questions: impl IntoIterator<Item = Question<'a>>) {
        let different = questions.into_iter().filter_map(|question| {
            let [relx, boot] = [Starter::Relx, Starter::Boot].map(|starter| self.answer(starter, question));
            (relx != boot).then(|| format!("{question:?}\n  relx: {relx:?}\n  boot: {boot:?}"))
        });
        let different: Vec<String> = different.collect();
        assert!(different.is_empty(), "{}", different.join("\n"));
    }

    /// Asserts both answers, which differ for a reason.
    pub(super) fn assert_other_answers(&self, differences: &[Difference<'_>]) {
        let wrong = differences.iter().flat_map(|(question, by_relx, by_boot, reason)| {
            [(Starter::Relx, by_relx), (Starter::Boot, by_boot)].into_iter().filter_map(
                move |(starter, expected)| {
                    let (out, code) = self.answer(starter, *question);
                    let is_as_expected = (out.as_str(), code) == (expected.0, Some(expected.1));
                    (!is_as_expected).then(|| format!("{question:?} {starter:?} {out:?} {code:?} ({reason})"))
                },
            )
        });
        let wrong: Vec<String> = wrong.collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// What is asked, what relx's script answers, what erlrel-boot does, and the reason.
pub(super) type Difference<'a> = (Question<'a>, (&'a str, i32), (&'a str, i32), &'a str);

impl Drop for Twins {
    fn drop(&mut self) {
        if let Some(node) = self.running.take().filter(|node| !node.code.is_finished()) {
            let _ = kill_process(node.process, Signal::KILL);
            let _ = node.code.join();
        }
        let _ = std::fs::remove_dir_all(Path::new("/tmp/erl_pipes").join(&self.name));
    }
}
