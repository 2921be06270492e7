//! The real relx, as rebar3 brings it: it builds what a test configures, so that both results can be compared.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Mutex;

use crate::support::toolchain::Toolchain;
use crate::support::{run, tool};

/// What relx is told to build.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order<'a> {
    /// Whose relx.
    pub(super) toolchain: &'a Toolchain,
    /// `release` or `tar`.
    pub(super) task: &'a str,
    /// The folder with rebar.config.
    pub(super) project: &'a Path,
    /// relx's option of this name: the folder for releases.
    pub(super) output_dir: &'a Path,
    /// The release; of several versions the highest.
    pub(super) name: &'a str,
}

/// Builds it; fails with relx's message, in one line.
pub(super) fn build(order: Order<'_>) -> Result<(), String> {
    static ORACLES: Mutex<BTreeMap<String, Oracle>> = Mutex::new(BTreeMap::new());
    let mut oracles = ORACLES.lock().expect("no earlier order broke it");
    let name = order.toolchain.name().to_string();
    let answer = oracles.entry(name).or_insert_with(|| Oracle::start(order.toolchain)).answer(order);
    if answer == "ok" { Ok(()) } else { Err(answer) }
}

/// A virtual machine with relx, which ends with the tests, when its stdin is closed.
struct Oracle {
    _child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    fn start(toolchain: &Toolchain) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("relx_cases_oracle").join(toolchain.name());
        unpack(toolchain, &dir);
        let mut erl = toolchain.command("erl", &dir);
        erl.args(["-noshell", "+S", "1", "-mode", "interactive", "-pa"]).arg(&dir).args(applications(&dir));
        erl.args(["-run", "oracle", "main"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = erl.spawn().expect("the virtual machine starts");
        let orders = child.stdin.take().expect("its stdin");
        let answers = BufReader::new(child.stdout.take().expect("its stdout"));
        Self { _child: child, orders, answers }
    }

    fn answer(&mut self, order: Order<'_>) -> String {
        let Order { task, project, output_dir, name, .. } = order;
        let (project, output_dir) = (project.display(), output_dir.display());
        writeln!(self.orders, "{task}\t{project}\t{output_dir}\t{name}").expect("it runs");
        self.orders.flush().expect("it runs");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer");
        line.trim().into()
    }
}

/// rebar3's own modules out of its escript.
fn unpack(toolchain: &Toolchain, dir: &Path) {
    std::fs::create_dir_all(dir).expect("created");
    let source = dir.join("oracle.erl");
    std::fs::write(&source, include_str!("oracle.erl")).expect("written");
    run(tool("erlc", "erlang-base").arg("-o").arg(dir).arg(&source));
    let rebar3 = match toolchain {
        Toolchain::Machine => tool("rebar3", "rebar3").get_program().into(),
        // As it is called inside of the tree.
        Toolchain::Tree(_) => PathBuf::from("/usr/bin/rebar3"),
    };
    let mut erl = toolchain.command("erl", dir);
    erl.args(["-noshell", "-pa"]).arg(dir).args(["-run", "oracle", "unpack", "-extra"]).arg(rebar3).arg(dir);
    run(&mut erl);
}

fn applications(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("listed").map(|entry| entry.expect("listed").path());
    entries.map(|app| app.join("ebin")).filter(|ebin| ebin.is_dir()).collect()
}
