//! Registries of our own: Debian's docker-registry on a free port of this machine, each with storage of its own, which
//! ends with its value whatever happens.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::certificate::Certificate;
use super::issuer::Issuer;
use super::port::free_port;
use super::{run, tool};

/// The one who may come in.
pub(crate) const USER: &str = "ci";
/// And the password, which must stand nowhere but in configurations.
pub(crate) const PASSWORD: &str = "correct-horse-battery";

/// Starts the registry and, when its standard input ends, stops it and removes what it left.
const KEEPER: &str = r#"
dir=$1
shift
"$@" >"$dir/log" 2>&1 </dev/null &
trap : HUP INT TERM
cat
kill "$!"
wait "$!"
rm -rf -- "$dir"
"#;

/// How often the registry is asked whether it is there.
const QUESTIONS: u32 = 2_000;

/// A running registry.
#[derive(Debug)]
pub(crate) struct Registry {
    port: u16,
    dir: PathBuf,
    keeper: Child,
}

/// What one has to have to come in.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) enum Access<'a> {
    /// Nothing.
    #[default]
    Open,
    /// The password.
    Password,
    /// A token of this issuer, who gives it for the password.
    Token(&'a Issuer),
}

/// How it is spoken to. Default: plain HTTP.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Transport<'a> {
    /// What it shows; with it, it speaks TLS only.
    pub(crate) certificate: Option<&'a Certificate>,
    /// The authority that clients must have a certificate of.
    pub(crate) clients_of: Option<&'a Certificate>,
}

impl Registry {
    /// A registry for everybody, over plain HTTP.
    pub(crate) fn plain() -> Self {
        Self::start(Access::Open, Transport::default())
    }

    /// Starts a registry.
    pub(crate) fn start(access: Access<'_>, transport: Transport<'_>) -> Self {
        let dir = tempfile::Builder::new().prefix("erlrel-registry-").tempdir_in(env!("CARGO_TARGET_TMPDIR"));
        let dir = dir.expect("a temporary directory").keep();
        let port = free_port();
        let file = dir.join("config.json");
        std::fs::write(&file, configuration(&dir, port, access, transport).to_string()).expect("written");
        let registry = tool("docker-registry", "docker-registry");
        let mut keeper = tool("sh", "dash");
        keeper.args(["-c", KEEPER, "keeper"]).arg(&dir).arg(registry.get_program()).arg("serve").arg(&file);
        keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let keeper = super::docker::in_own_group(keeper).spawn().expect("sh starts");
        let registry = Self { port, dir, keeper };
        registry.await_answer();
        registry
    }

    fn await_answer(&self) {
        let listens = || std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok();
        let waited = (0..QUESTIONS).any(|_| {
            let there = listens();
            if !there {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            there
        });
        assert!(waited, "the registry does not answer; it said:\n{}", self.log());
    }

    /// Host and port, as they stand in names of images.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Everything that it has said.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It ends by itself, and removes its storage; a test does not fail for it.
        let _ = self.keeper.wait();
    }
}

/// JSON is YAML.
fn configuration(dir: &Path, port: u16, access: Access<'_>, transport: Transport<'_>) -> Value {
    let mut http = json!({"addr": format!("127.0.0.1:{port}"), "secret": "of the tests"});
    if let Some(certificate) = transport.certificate {
        http["tls"] = json!({"certificate": certificate.file, "key": certificate.key});
    }
    if let Some(authority) = transport.clients_of {
        http["tls"]["clientcas"] = json!([authority.file]);
    }
    let storage = json!({"filesystem": {"rootdirectory": dir.join("storage")}});
    let log = json!({"level": "warn"});
    let mut all = json!({"version": "0.1", "log": log, "storage": storage, "http": http});
    match access {
        Access::Open => {}
        Access::Password => all["auth"] = json!({"htpasswd": {"realm": "tests", "path": passwords(dir)}}),
        Access::Token(issuer) => all["auth"] = json!({"token": issuer.for_registry()}),
    }
    all
}

fn passwords(dir: &Path) -> PathBuf {
    let line = run(tool("htpasswd", "apache2-utils").args(["-nbB", USER, PASSWORD]));
    let file = dir.join("passwords");
    std::fs::write(&file, line).expect("written");
    file
}

/// A directory for `DOCKER_CONFIG` that lets these registries have the password.
pub(crate) fn docker_config(hosts: &[&str]) -> tempfile::TempDir {
    let dir = super::temp_dir();
    let auths: serde_json::Map<String, Value> =
        hosts.iter().map(|host| ((*host).to_string(), json!({"auth": basic()}))).collect();
    std::fs::write(dir.path().join("config.json"), json!({"auths": auths}).to_string()).expect("written");
    dir
}

/// User and password as the header has them behind `Basic`.
pub(crate) fn basic() -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"))
}

/// `skopeo`, without anybody's credentials but those that the arguments have.
pub(crate) fn skopeo() -> std::process::Command {
    let mut command = tool("skopeo", "skopeo");
    let none = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-credentials.json");
    command.env("REGISTRY_AUTH_FILE", none).env_remove("DOCKER_CONFIG");
    command
}
