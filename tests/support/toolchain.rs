//! Erlang/OTP and rebar3 of this machine, and those of other Debian suites. A suite's programs lie in a root
//! directory of their own, which `scripts/otp-tree` makes in half a minute; so it is kept for later runs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::{erlang, repository, run, tool};

/// Of the suites' directories; another recipe needs another name.
const RECIPE: &str = "2";

/// Where a suite's programs are found, in its root directory.
const PATH: &str = "/usr/sbin:/usr/bin";

/// One pair of OTP and rebar3.
#[derive(Debug)]
pub(crate) enum Toolchain {
    /// What is installed here.
    Machine,
    /// What is installed in this root directory.
    Tree(PathBuf),
}

/// Debian 13: OTP 27, rebar3 3.24; and RabbitMQ.
pub(crate) fn trixie() -> &'static Toolchain {
    static TREE: OnceLock<Toolchain> = OnceLock::new();
    TREE.get_or_init(|| Toolchain::Tree(tree("trixie", &["rabbitmq-server"])))
}

/// Those of other suites: Debian 13's, which stays as it is, or what `ERLREL_TEST_OTP` lists, with commas
/// between them: names of suites (`forky` has OTP 29 and rebar3 3.28), or directories that `scripts/otp-tree`
/// has made (with a `/`).
pub(crate) fn others() -> &'static [&'static Toolchain] {
    static OTHERS: OnceLock<Vec<&Toolchain>> = OnceLock::new();
    OTHERS.get_or_init(|| match std::env::var("ERLREL_TEST_OTP") {
        Ok(wanted) => wanted.split(',').map(named).collect(),
        Err(_) => vec![trixie()],
    })
}

fn named(wanted: &str) -> &'static Toolchain {
    match wanted {
        "trixie" => trixie(),
        directory if directory.contains('/') => Box::leak(Box::new(Toolchain::Tree(directory.into()))),
        suite => Box::leak(Box::new(Toolchain::Tree(tree(suite, &[])))),
    }
}

impl Toolchain {
    /// The directory's name, for messages and file names.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Machine => "machine",
            Self::Tree(root) => root.file_name().and_then(|name| name.to_str()).expect("a name"),
        }
    }

    /// Where OTP lies, seen from outside of the root directory.
    pub(crate) fn otp(&self) -> PathBuf {
        match self {
            Self::Machine => erlang::root().into(),
            Self::Tree(root) => root.join("usr/lib/erlang"),
        }
    }

    /// One of its programs, which is to run in `dir`. The programs of a tree see the build's directory for
    /// temporary files under the path that it has outside, and nothing else of this machine's files.
    pub(crate) fn command(&self, program: &str, dir: &Path) -> Command {
        let Self::Tree(root) = self else {
            let mut command = tool(program, program);
            command.current_dir(dir);
            return command;
        };
        let mut command = tool("unshare", "util-linux");
        if !is_root() {
            command.arg("--map-root-user");
        }
        let enter = r#"set -eu
            mount --rbind /dev "$1/dev"
            mount -t proc proc "$1/proc"
            : >>"$1/etc/hosts"
            mount --bind /etc/hosts "$1/etc/hosts"
            mkdir -p "$1$2"
            mount --bind "$2" "$1$2"
            root=$1
            shift 2
            exec chroot "$root" /usr/bin/env --chdir="$@""#;
        // What it starts ends with it: nothing else ends the port mapper of a node.
        command
            .args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", enter, "sh"])
            .arg(root)
            .arg(env!("CARGO_TARGET_TMPDIR"));
        command
            .arg(dir)
            .arg(program)
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", "/tmp")
            .env("LANG", "C.UTF-8");
        command
    }

    /// Runs its rebar3 in a project's folder to a good end and gives its stdout.
    pub(crate) fn rebar3(&self, dir: &Path, arguments: &[&str]) -> String {
        run(self.command("rebar3", dir).args(arguments))
    }
}

fn is_root() -> bool {
    run(tool("id", "coreutils").arg("-u")).trim() == "0"
}

fn tree(suite: &str, more: &[&str]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("otp-{suite}-{RECIPE}"));
    if !root.exists() {
        let made = tool("sh", "dash")
            .arg(repository().join("scripts/otp-tree"))
            .arg(suite)
            .arg(&root)
            .args(more)
            .output();
        let made = made.expect("started");
        let faster = root.exists(); // another run of the tests
        assert!(made.status.success() || faster, "{suite}: {}", String::from_utf8_lossy(&made.stderr));
    }
    root
}
