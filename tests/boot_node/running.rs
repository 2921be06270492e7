//! A node that runs, and `erlrel-boot` in the release that it could be of.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::support::epmd::Epmd;
use crate::support::port::free_port;
pub(crate) use crate::support::said::{Said, said};
use crate::support::toolchain::{Toolchain, others};
use crate::support::{erlang, run, temp_dir, tool};

/// The runtime systems that nodes are tried with.
pub(crate) fn toolchains() -> Vec<&'static Toolchain> {
    [&Toolchain::Machine].into_iter().chain(others().iter().copied()).collect()
}

/// The cookie of all nodes.
pub(crate) const COOKIE: &str = "boot_node_cookie";

/// A release with vm.args for a node of its own, and perhaps the node; it is ended with it.
#[derive(Debug)]
pub(crate) struct Release {
    temp: tempfile::TempDir,
    /// The whole name of the node.
    pub(crate) node: String,
    environment: Vec<(String, String)>,
    running: Option<Child>,
    epmd: Option<Epmd>,
}

impl Release {
    /// With `-sname` or `-name` and the host, and more flags; the node does not run yet.
    pub(crate) fn new(flag: &str, host: &str, flags: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let node = format!("boot{}_{count}@{host}", std::process::id());
        let release = Self { temp: temp_dir(), environment: Vec::new(), running: None, epmd: None, node };
        let vsn = erts_vsn(erlang::root());
        let erl = erlang::root();
        release.file("releases/start_erl.data", &format!("{vsn} 1.0"));
        release.file("releases/1.0/shop.rel", "{release, {\"shop\", \"1.0\"}, {erts, \"0\"}, []}.\n");
        release.vm_args(&format!("{flag} {}\n-setcookie {COOKIE}\n{flags}", release.node));
        std::fs::copy(erl.join("bin/start_clean.boot"), release.path("releases/1.0/start_clean.boot"))
            .expect("copied");
        std::fs::create_dir(release.path("bin")).expect("created");
        // A copy could not be started as long as a process that was started meanwhile has it open.
        std::fs::hard_link(env!("CARGO_BIN_EXE_erlrel-boot"), release.path("bin/shop")).expect("linked");
        let link = |name: &str| std::os::unix::fs::symlink(erl.join(name), release.path(name));
        link(&format!("erts-{vsn}")).and_then(|()| link("lib")).expect("linked");
        release
    }

    /// With a short name on this machine and a running node of this machine's OTP.
    pub(crate) fn running() -> Self {
        Self::new("-sname", "localhost", "").started(&Toolchain::Machine)
    }

    /// Sets a variable for the node and for all that ask it.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Starts the node and waits until it answers.
    pub(crate) fn started(self, toolchain: &Toolchain) -> Self {
        let release = self.starting(toolchain, &[]);
        release.await_answer();
        release
    }

    /// Starts the node, with more arguments.
    pub(crate) fn starting(mut self, toolchain: &Toolchain, arguments: &[&str]) -> Self {
        let port = match toolchain {
            Toolchain::Machine => self.epmd.insert(Epmd::used()).port().to_owned(),
            // It ends with the tree's processes.
            Toolchain::Tree(_) => free_port().to_string(),
        };
        self = self.with("ERL_EPMD_PORT", &port);
        let mut erl = toolchain.command("erl", &self.root());
        erl.envs(self.environment.iter().cloned()).env("ERL_CRASH_DUMP_BYTES", "0");
        erl.args(["-noinput", "-boot", "start_sasl", "-sasl", "sasl_error_logger", "false"]);
        erl.args(["-args_file", "releases/1.0/vm.args"]).args(arguments);
        erl.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.running = Some(erl.spawn().expect("started"));
        self
    }

    pub(crate) fn await_answer(&self) {
        let mut said = self.run(&["ping"]);
        for _ in 0..300 {
            if said.out == "pong\n" {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
            said = self.run(&["ping"]);
        }
        panic!("the node does not start: {said:?}");
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.temp.path().into()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn file(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        std::fs::write(path, text).expect("written");
    }

    pub(crate) fn vm_args(&self, text: &str) {
        self.file("releases/1.0/vm.args", &format!("{text}\n"));
    }

    /// `bin/shop`, which is erlrel-boot.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path("bin/shop"));
        command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", self.root());
        command.envs(self.environment.iter().cloned()).current_dir("/");
        command
    }

    /// The `erl_call` of a toolchain, which finds the node as `bin/shop` does.
    pub(crate) fn erl_call(&self, toolchain: &Toolchain) -> Command {
        let vsn = erts_vsn(&toolchain.otp());
        let otp = match toolchain {
            Toolchain::Machine => toolchain.otp(),
            Toolchain::Tree(_) => "/usr/lib/erlang".into(),
        };
        let program = otp.join(format!("erts-{vsn}/bin/erl_call"));
        let mut command = match toolchain {
            Toolchain::Machine => Command::new(program),
            Toolchain::Tree(_) => toolchain.command(program.to_str().expect("UTF-8"), &self.root()),
        };
        command.envs(self.environment.iter().cloned());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }

    /// What a command prints that succeeds without complaint.
    pub(crate) fn says(&self, arguments: &[&str]) -> String {
        self.run(arguments).done()
    }

    pub(crate) fn says_with(&self, variable: (&str, &str), arguments: &[&str]) -> String {
        said(self.command(arguments).env(variable.0, variable.1)).done()
    }

    /// Sends a signal to the process of the VM, which is one of this machine.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.running.as_ref().expect("a node that runs").id().to_string();
        run(tool("kill", "procps").args([&format!("-{name}"), &pid]));
    }

    /// Waits until the process has ended.
    pub(crate) fn ended(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.wait().expect("waited");
        }
    }
}

impl Drop for Release {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Asserts how a command failed; gives what it printed, and what it said about it.
pub(crate) fn failed(said: Said, code: i32) -> (String, String) {
    assert_eq!(said.code, Some(code), "{}{}", said.out, said.err);
    assert!(!said.err.contains(COOKIE), "{}", said.err);
    (said.out, said.err)
}

fn erts_vsn(otp: &Path) -> String {
    let entries = std::fs::read_dir(otp).expect("an installation").flatten();
    let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.find_map(|name| name.strip_prefix("erts-").map(String::from)).expect("a runtime system")
}

/// The first label of this machine's name.
pub(crate) fn short_host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
    name.trim().split('.').next().unwrap_or_default().to_owned()
}
