//! One release that relx made, started by relx's script or by erlrel-boot.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::busybox::applets;
use crate::support::depot::{self, rebar3, write};
use crate::support::{copy_dir, run, temp_dir, tool};

const REBAR_CONFIG: &str = r#"{relx, [{release, {depot, "0.1.0"}, [depot, sasl]}, {mode, prod},
  {sys_config, "config/sys.config"}, {vm_args, "config/vm.args"}]}.
"#;

/// What stands in for `erlexec`: it leaves behind what it was called with. Asked for the host's name, as relx's script does
/// where the node's name has none, it answers.
const STAND_IN: &str = r#"#!/bin/sh
case "$*" in *'node()'*) uname -n && exit ;; esac
said=${0%/*/*/*/*}/said
mkdir -p "$said"
printf '%s\0' "$@" >"$said/arguments"
cat "/proc/$$/environ" >"$said/environment"
pwd -P >"$said/directory"
exit 23
"#;

/// The exit code of the stand-in.
pub(super) const STOOD_IN: i32 = 23;

/// What `bin/depot` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Starter {
    /// The extended start script that relx wrote, read by the system's shell, with the system's awk.
    Relx,
    /// The same with those of busybox.
    RelxOnBusybox,
    /// erlrel-boot.
    Boot,
}

/// What runs when the release is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runtime {
    /// Erlang.
    Real,
    /// The same, with applications that no other release has, and a start program (`bin/kept`) that no upgrade replaces.
    Upgradable,
    /// Something that only says what it was given.
    StandIn,
}

/// The release in a directory of its own. Its runtime system and applications are shared by all.
#[derive(Debug)]
pub(super) struct Installed {
    temp: tempfile::TempDir,
    pub(super) root: PathBuf,
    program: PathBuf,
    starter: Starter,
}

impl Installed {
    pub(super) fn new(starter: Starter, runtime: Runtime) -> Self {
        let temp = temp_dir();
        let root = temp.path().join("depot");
        std::fs::create_dir_all(&root).expect("created");
        for name in ["bin", "releases"] {
            copy_dir(built().join(name), root.join(name));
        }
        // A new version is unpacked beside the old one, and not through links.
        let bring = |name: &str| match runtime {
            Runtime::Upgradable => copy_dir(built().join(name), root.join(name)),
            Runtime::Real | Runtime::StandIn => symlink(built().join(name), root.join(name)).expect("linked"),
        };
        bring("lib");
        match runtime {
            Runtime::Real | Runtime::Upgradable => bring(&erts()),
            Runtime::StandIn => {
                let bin = root.join(erts()).join("bin");
                std::fs::create_dir_all(&bin).expect("created");
                std::fs::hard_link(project().join("erlexec"), bin.join("erlexec")).expect("linked");
            }
        }
        let program = if runtime == Runtime::Upgradable { "bin/kept" } else { "bin/depot" };
        let installed = Self { program: root.join(program), temp, root, starter };
        installed.bring_program();
        installed
    }

    /// By a hard link: by one of the other kind erlrel-boot would find itself elsewhere, and a program that was just written
    /// cannot be started while another test, which is starting one too, still has it open.
    fn bring_program(&self) {
        std::fs::remove_file(self.root.join("bin/depot")).expect("removed");
        let program = match self.starter {
            Starter::Boot => env!("CARGO_BIN_EXE_erlrel-boot").into(),
            Starter::Relx => built().join("bin/depot"),
            Starter::RelxOnBusybox => project().join(ON_BUSYBOX),
        };
        let program = program.canonicalize().expect("there");
        std::fs::hard_link(program, &self.program).expect("linked");
    }

    /// Writes a file of the release, or one beside it (`../out/x`).
    pub(super) fn file(&self, path: &str, text: &[u8]) {
        let file = self.root.join(path);
        write(&file, text);
        // The VM takes no cookie from a file that others may read.
        if file.ends_with(".erlang.cookie") {
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).expect("closed");
        }
    }

    /// Where everything of this release lies; also the home directory.
    pub(super) fn place(&self) -> &Path {
        self.temp.path()
    }

    /// `bin/depot` in an environment where nothing is set that would decide something.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        self.prepared(Command::new(&self.program), arguments)
    }

    /// The same, ended after a second if it comes to no end by itself; the exit code is then 124.
    pub(super) fn limited(&self, arguments: &[&str]) -> Command {
        let mut command = tool("timeout", "coreutils");
        command.arg("1").arg(&self.program);
        self.prepared(command, arguments)
    }

    fn prepared(&self, mut command: Command, arguments: &[&str]) -> Command {
        command.args(arguments).env_clear().current_dir(&self.root).env("HOME", self.place());
        let path = match self.starter {
            Starter::RelxOnBusybox => format!("{}:/usr/bin:/bin", applets().display()),
            Starter::Relx | Starter::Boot => "/usr/bin:/bin".into(),
        };
        // relx knows of no quota that the machine of the tests may have.
        command
            .envs([("TERM", "xterm"), ("LANG", "C.UTF-8"), ("ERLREL_CPU_QUOTA", "ignore")])
            .env("PATH", path);
        command
    }

    /// Bytes for comparison and for the eye: where this release lies is `PLACE`, also without the first slash; busybox is not on
    /// the PATH.
    pub(super) fn shown(&self, bytes: &[u8]) -> String {
        let escaped = |path: &Path| path.as_os_str().as_bytes().escape_ascii().to_string();
        let (place, busybox) = (escaped(self.place()), escaped(applets()) + ":");
        let shown = bytes.escape_ascii().to_string().replace(&busybox, "").replace(&place, "PLACE");
        shown.replace(&place[1..], "PLACE-WITHOUT-SLASH")
    }

    /// A value of a variable, with the place for `PLACE`.
    pub(super) fn placed(&self, value: &[u8]) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(value) else { return value.into() };
        text.replace("PLACE", &self.place().display().to_string()).into()
    }

    /// Sets variables; `PLACE` in their values is where this release lies.
    pub(super) fn set(&self, command: &mut Command, variables: &[(&str, &[u8])]) {
        for (name, value) in variables {
            command.env(name, OsStr::from_bytes(&self.placed(value)));
        }
    }
}

/// relx's script for busybox.
const ON_BUSYBOX: &str = "depot_on_busybox";

fn project() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("boot_parity")
}

/// The release that rebar3 made, once for all tests. None of them changes it.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let dir = project();
        if dir.exists() {
            std::fs::remove_dir_all(&dir).expect("the last run's project can be removed");
        }
        write(&dir.join("rebar.config"), REBAR_CONFIG);
        depot::application(&dir, "0.1.0");
        write(&dir.join("config/sys.config"), "[].\n");
        write(&dir.join("config/vm.args"), "-sname depot@localhost\n-setcookie depot\n");
        program(&dir.join("erlexec"), STAND_IN);
        rebar3(&dir, &["release"]);
        let release = dir.join("_build/prod/rel/depot");
        run(tool("cp", "coreutils").arg("-L").arg(release.join("bin/depot")).arg(dir.join(ON_BUSYBOX)));
        run(tool("sed", "sed").args(["-i", "1s|.*|#!/usr/bin/busybox ash|"]).arg(dir.join(ON_BUSYBOX)));
        release
    })
}

/// The name of the runtime system's directory.
pub(super) fn erts() -> String {
    let data = std::fs::read_to_string(built().join("releases/start_erl.data")).expect("a file");
    format!("erts-{}", data.split(' ').next().expect("a version"))
}

fn program(path: &Path, text: &str) {
    write(path, text);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("executable");
}
