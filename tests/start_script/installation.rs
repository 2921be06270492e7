//! A release that was unpacked somewhere, and its start script run by one of the shells.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::project::{self, built, write};
use crate::support::busybox::applets;
use crate::support::epmd::Epmd;
pub(crate) use crate::support::said::{Said, said};
use crate::support::{copy_dir, put_program, temp_dir, tool};

/// What reads the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shell {
    Dash,
    /// busybox's, with its `awk`, `sed`, `readlink` and all others before those of the system.
    Ash,
    /// Nothing: erlrel-boot is there in its place, and the release is as in an image. It gives hooks to the system's shell.
    None,
}

pub(crate) const SHELLS: [Shell; 2] = [Shell::Dash, Shell::Ash];

/// What starts a release, script or program.
pub(crate) const STARTERS: [Shell; 3] = [Shell::Dash, Shell::Ash, Shell::None];

/// An unpacked release with a node name of its own. Its node is killed in the end if a test left it running.
#[derive(Debug)]
pub(crate) struct Installation {
    _temp: tempfile::TempDir,
    /// The release.
    pub(crate) root: PathBuf,
    /// The node's whole name.
    pub(crate) node: String,
    shell: Shell,
    epmd: Epmd,
}

impl Installation {
    /// Shares everything that the tests do not change with the unpacked tarball.
    pub(crate) fn new(shell: Shell) -> Self {
        let temp = temp_dir();
        let root = temp.path().join("depot");
        std::fs::create_dir(&root).expect("created");
        for entry in std::fs::read_dir(shell.release()).expect("unpacked") {
            let (from, name) = entry.map(|entry| (entry.path(), entry.file_name())).expect("an entry");
            if name == "bin" || name == "releases" {
                copy_dir(from, root.join(name));
            } else {
                symlink(from, root.join(name)).expect("linked");
            }
        }
        Self::at(temp, root, shell)
    }

    /// Has all files to itself, in a directory of this name.
    pub(crate) fn unpacked(shell: Shell, directory: impl AsRef<Path>) -> Self {
        let temp = temp_dir();
        let root = temp.path().join(directory);
        match shell {
            Shell::None => copy_dir(&built().imaged, &root),
            Shell::Dash | Shell::Ash => project::unpack(&built().tarballs[0], &root),
        }
        Self::at(temp, root, shell)
    }

    fn at(temp: tempfile::TempDir, root: PathBuf, shell: Shell) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let node = format!("depot{}_{count}@localhost", std::process::id());
        let installation = Self { _temp: temp, root, node, shell, epmd: Epmd::used() };
        installation.vm_args("");
        if shell != Shell::None {
            for script in ["depot", "depot-0.1.0"] {
                shell.reads(&installation.root.join("bin").join(script));
            }
        }
        installation
    }

    /// The version of the runtime system that it has.
    pub(crate) fn erts_vsn(&self) -> String {
        let data = std::fs::read_to_string(self.root.join("releases/start_erl.data")).expect("a file");
        data.split(' ').next().expect("a version").to_string()
    }

    /// Writes vm.args with the node's name, a cookie, and more.
    pub(crate) fn vm_args(&self, more: &str) {
        let text = format!("-sname {}\n-setcookie depot\n{more}\n", self.node);
        self.file("releases/0.1.0/vm.args", &text);
    }

    pub(crate) fn file(&self, path: &str, text: &str) {
        write(&self.root.join(path), text);
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// `bin/depot` with arguments, in an environment where nothing is set that would decide something.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.program(&self.root.join("bin/depot"), arguments)
    }

    pub(crate) fn program(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs([("TERM", "xterm"), ("LANG", "C.UTF-8")]);
        command.env("HOME", self.root.parent().expect("a parent")).env("PATH", self.shell.path());
        command.env("ERL_EPMD_PORT", self.epmd.port()).current_dir("/");
        command
    }

    /// The same where permissions bind root as everybody else.
    pub(crate) fn without_root_s_rights(&self, arguments: &[&str]) -> Command {
        let rights = "-dac_override,-dac_read_search";
        let mut command = self.program(Path::new(tool("setpriv", "util-linux").get_program()), &[]);
        command.args(["--bounding-set", rights, "--inh-caps", rights]);
        command.arg(self.root.join("bin/depot")).args(arguments);
        command
    }

    /// Its runtime system.
    pub(crate) fn erts(&self) -> PathBuf {
        let entries = std::fs::read_dir(&self.root).expect("the release");
        let mut paths = entries.map(|entry| entry.expect("an entry").path());
        paths.find(|path| path.to_string_lossy().contains("/erts-")).expect("ERTS")
    }

    /// Where the pipes of its node are unless told otherwise.
    pub(crate) fn pipes(&self) -> PathBuf {
        Path::new("/tmp/erl_pipes").join(&self.node)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }

    /// What a command prints that succeeds without complaint.
    pub(crate) fn says(&self, arguments: &[&str]) -> String {
        said(&mut self.command(arguments)).done()
    }

    pub(crate) fn says_with(&self, environment: &[(&str, &str)], arguments: &[&str]) -> String {
        said(self.command(arguments).envs(environment.iter().copied())).done()
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let pid = self.run(&["pid"]).out;
        if let Ok(pid) = pid.trim().parse::<u32>() {
            let _ = tool("kill", "procps").arg("-9").arg(pid.to_string()).status();
        }
        let _ = std::fs::remove_dir_all(self.pipes());
    }
}

impl Shell {
    /// The release that it starts, which tests do not change.
    fn release(self) -> &'static Path {
        match self {
            Self::None => &built().imaged,
            Self::Dash | Self::Ash => &built().unpacked,
        }
    }

    /// Makes this shell the interpreter of a script.
    pub(crate) fn reads(self, script: &Path) {
        let interpreter = match self {
            Self::Dash => "#!/usr/bin/dash\n",
            Self::Ash => "#!/usr/bin/busybox ash\n",
            Self::None => panic!("erlrel-boot is no script"),
        };
        let text = std::fs::read_to_string(script).expect("a script");
        let rest = text.strip_prefix("#!/bin/sh\n").expect("the usual first line");
        put_program(script, format!("{interpreter}{rest}"));
    }

    fn path(self) -> String {
        match self {
            Self::Dash | Self::None => "/usr/bin:/bin".into(),
            Self::Ash => format!("{}:/usr/bin:/bin", applets().display()),
        }
    }
}

/// Runs a test with each shell.
pub(crate) fn with_each_shell(test: impl Fn(Installation)) {
    for shell in SHELLS {
        test(Installation::new(shell));
    }
}

/// Runs a test with each shell, and with the program that needs none.
pub(crate) fn with_each_starter(test: impl Fn(Installation)) {
    for starter in STARTERS {
        test(Installation::new(starter));
    }
}
