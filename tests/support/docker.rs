//! A Docker daemon of our own: one for each run of the tests, which ends with it whatever happens.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::{run, tool};

/// A running daemon.
#[derive(Debug)]
pub(crate) struct Daemon {
    /// For sockets: its path is short.
    dir: PathBuf,
    /// Waits for the end of its standard input, a pipe that the kernel closes when the tests end.
    _keeper: Child,
}

/// Starts the daemon and, when its standard input ends, stops it and removes what it left.
const KEEPER: &str = r#"
dir=$1 data=$2
shift 2
"$@" >"$dir/log" 2>&1 </dev/null &
trap : HUP INT TERM
cat
kill "$!"
wait "$!"
cut -d ' ' -f 2 /proc/mounts | grep -F -e "$dir/" -e "$data/" | sort -r | xargs -r umount -l
rm -rf --one-file-system -- "$dir" "$data"
"#;

/// How often the daemon is asked whether it is there; asking takes some hundredths of a second.
const QUESTIONS: u32 = 5_000;

/// The daemon of this run; the first caller starts it.
pub(crate) fn daemon() -> &'static Daemon {
    static DAEMON: OnceLock<Daemon> = OnceLock::new();
    DAEMON.get_or_init(Daemon::start)
}

impl Daemon {
    fn start() -> Self {
        assert!(
            rustix::process::geteuid().is_root(),
            "a Docker daemon is started only by root: run the tests as root"
        );
        let dir = keep("erlrel-docker", &std::env::temp_dir());
        let data = keep("docker", Path::new(env!("CARGO_TARGET_TMPDIR")));
        let mut keeper = tool("sh", "dash");
        keeper.args(["-c", KEEPER, "keeper"]).args([&dir, &data]).arg(program("dockerd").get_program());
        keeper.args(["--iptables=false", "--bridge=none", "--data-root"]).arg(&data);
        keeper.arg("--exec-root").arg(dir.join("exec")).arg("--pidfile").arg(dir.join("pid"));
        keeper.arg("-H").arg(host(&dir)).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let keeper = in_own_group(keeper).spawn().expect("sh starts");
        let daemon = Self { _keeper: keeper, dir };
        daemon.await_answer();
        daemon
    }

    fn await_answer(&self) {
        let answers = || self.docker().arg("info").output().is_ok_and(|output| output.status.success());
        if !(0..QUESTIONS).any(|_| answers()) {
            let log = std::fs::read_to_string(self.dir.join("log")).unwrap_or_default();
            panic!("the Docker daemon does not answer; it said:\n{log}");
        }
    }

    /// `docker`, talking to this daemon, with no configuration of the tester's.
    pub(crate) fn docker(&self) -> Command {
        let mut command = program("docker");
        for variable in ["DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"] {
            command.env_remove(variable);
        }
        command.env("DOCKER_HOST", self.host()).env("DOCKER_CONFIG", self.dir.join("client"));
        command
    }

    /// Runs `docker` with these arguments to a good end and gives its stdout, without white space around it.
    pub(crate) fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> String {
        run(self.docker().args(arguments)).trim().to_string()
    }

    /// The value of `DOCKER_HOST` for this daemon.
    pub(crate) fn host(&self) -> String {
        host(&self.dir)
    }

    /// The socket of the containerd that the daemon has started.
    pub(crate) fn containerd_socket(&self) -> PathBuf {
        self.dir.join("exec/containerd/containerd.sock")
    }
}

fn host(dir: &Path) -> String {
    format!("unix://{}/socket", dir.display())
}

/// A new directory, which the keeper removes.
fn keep(name: &str, parent: &Path) -> PathBuf {
    let dir = tempfile::Builder::new().prefix(&format!("{name}-")).tempdir_in(parent);
    dir.expect("a temporary directory").keep()
}

/// Debian's own client and daemon, which fit together, before any other on PATH.
fn program(name: &str) -> Command {
    let debian = ["/usr/bin", "/usr/sbin"].map(|dir| Path::new(dir).join(name));
    debian.iter().find(|path| path.is_file()).map_or_else(|| tool(name, "docker.io"), Command::new)
}

/// Ctrl-C in the tester's terminal ends the tests, not the keeper.
pub(crate) fn in_own_group(mut command: Command) -> Command {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
    command
}
