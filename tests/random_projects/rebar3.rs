//! The real rebar3 with its relx, kept running: one virtual machine makes the releases of many projects.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::installation::Installation;
use crate::support::erlang;

/// A virtual machine that runs rebar3 when told to.
pub(super) struct Rebar3 {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// When two files are the same.
#[derive(Debug)]
pub(super) enum Same {
    /// The same terms (`=:=`), of a text or of a boot file.
    Terms,
    /// The same terms but for the values of `optional_applications`, and these excluded ones in `applications`.
    TermsButOptional(Vec<String>),
    /// As `TermsButOptional`, and but for what boot files have of these applications (`NAME-VSN`).
    TermsButOf(Vec<String>),
    /// The same terms once Erlang's own applications lie in the release.
    TermsButSystemLibs,
    /// The same modules.
    Beams,
    /// The same modules once both are stripped.
    Stripped,
}

impl Same {
    /// The words of the order.
    fn words(&self) -> Vec<String> {
        let word = match self {
            Self::Terms => "terms",
            Self::TermsButOptional(apps) => return [vec!["but_optional".into()], apps.clone()].concat(),
            Self::TermsButOf(apps) => return [vec!["but_of".into()], apps.clone()].concat(),
            Self::TermsButSystemLibs => "but_system_libs",
            Self::Beams => "beams",
            Self::Stripped => "stripped",
        };
        vec![word.into()]
    }
}

impl Rebar3 {
    pub(super) fn start(installation: &Installation, home: &Path) -> Self {
        let real = erlang::root();
        let erts = erts(real);
        let mut command = Command::new(erts.join("bin/erlexec"));
        command.args(["-noshell", "+sbtu", "+A1", "+S", "1", "+fnu", "-mode", "interactive", "-boot"]);
        command.arg(installation.dir().join("worker")).arg("-pa").args(installation.rebar3_paths());
        command.arg(installation.dir()).arg("-pz").args(ebins(real)).args(["-run", "worker", "main"]);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("ROOTDIR", installation.root()).env("BINDIR", erts.join("bin"));
        command.env("EMU", "beam").env("PROGNAME", "erl").env("HOME", home).env("LANG", "C.UTF-8");
        command.env("GIT_CEILING_DIRECTORIES", home).env("ERL_CRASH_DUMP_SECONDS", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the virtual machine starts");
        let (orders, answers) = (child.stdin.take(), child.stdout.take().expect("its output"));
        Self { child, orders, answers: BufReader::new(answers) }
    }

    /// `rebar3 ARGUMENT…` in a project; true if it succeeded. Its messages go to `log`.
    pub(super) fn run(&mut self, project: &Path, log: &Path, arguments: &[String]) -> bool {
        let mut order = vec!["rebar3".to_string(), project.display().to_string(), log.display().to_string()];
        order.extend_from_slice(arguments);
        self.answer(&order) == "built"
    }

    /// Whether two files are the same in this way; copies of them are made in `scratch`.
    pub(super) fn same(&mut self, how: &Same, files: [&[u8]; 2], scratch: &Path) -> bool {
        let paths = ["theirs", "ours"]
            .map(|name| scratch.join(name).with_extension("compared").display().to_string());
        for (path, bytes) in paths.iter().zip(files) {
            std::fs::write(path, bytes).expect("written");
        }
        let [theirs, ours] = paths;
        let order = [vec!["same".into(), theirs, ours], how.words()].concat();
        self.answer(&order) == "same"
    }

    fn answer(&mut self, order: &[String]) -> String {
        let orders = self.orders.as_mut().expect("it runs");
        writeln!(orders, "{}", order.join("\t"))
            .and_then(|()| orders.flush())
            .expect("the virtual machine runs");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer");
        assert!(!line.is_empty(), "the virtual machine ended at {order:?}");
        line.trim().into()
    }
}

impl Drop for Rebar3 {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.child.wait();
    }
}

fn erts(root: &Path) -> PathBuf {
    let entries = std::fs::read_dir(root).expect("listed").map(|entry| entry.expect("listed").path());
    let is_erts = |path: &PathBuf| path.join("bin/erlexec").is_file();
    entries.filter(|path| is_erts(path)).max().expect("an installation has ERTS")
}

fn ebins(root: &Path) -> Vec<PathBuf> {
    let apps = std::fs::read_dir(root.join("lib")).expect("listed");
    apps.map(|app| app.expect("listed").path().join("ebin")).filter(|ebin| ebin.is_dir()).collect()
}
