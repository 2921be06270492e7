//! Pushed by erlrel, pulled by docker, and pulled by erlrel as a base: into and from each kind of registry.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::support::certificate::Certificate;
use crate::support::docker::daemon;
use crate::support::issuer::Issuer;
use crate::support::registry::{Access, PASSWORD, Registry, Transport, basic, docker_config};
use crate::support::{erlrel, fails, run, sample, temp_dir};

/// A registry, and how the command is told to speak to it.
struct Place {
    dir: tempfile::TempDir,
    registry: Registry,
    options: Vec<String>,
    /// A directory with Docker's configuration, if somebody has logged in.
    config: Option<tempfile::TempDir>,
}

impl Place {
    fn new(registry: Registry) -> Self {
        Self { dir: temp_dir(), registry, options: Vec::new(), config: None }
    }

    fn with_login(registry: Registry) -> Self {
        let config = docker_config(&[&registry.host()]);
        Self { config: Some(config), ..Self::new(registry) }
    }

    fn name(&self) -> String {
        format!("{}/acme/hello:1.0", self.registry.host())
    }

    /// `erlrel image` of a compiled sample, with nobody's credentials but those of the place.
    fn image(&self, arguments: &[&str]) -> Command {
        let mut command = erlrel();
        command.args(["image", "--no-compile", "--quiet", "--json"]).args(&self.options).args(arguments);
        command
            .arg(&sample::hello().dir)
            .env("HOME", self.dir.path())
            .env("XDG_CACHE_HOME", self.file("cache"));
        for variable in ["DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR"] {
            command.env_remove(variable);
        }
        match &self.config {
            Some(config) => command.env("DOCKER_CONFIG", config.path()),
            None => &mut command,
        };
        command
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Pushes and pulls; the image is the same everywhere.
    fn works(&self) {
        let push = ["--to", "registry", "--tag", &self.name()];
        let pushed = json(&run(&mut self.image(&push)));
        let again = json(&run(&mut self.image(&push)));
        let blobs = again["destinations"][0]["blobs"].as_array().expect("a list");
        let uploaded: Vec<&Value> = blobs.iter().filter(|blob| blob["how"] == "uploaded").collect();
        assert!(uploaded.iter().all(|blob| blob["digest"] == pushed["digest"]), "{uploaded:?}");

        let to = format!("oci:{}", self.file("on-it").display());
        let on_it = json(&run(&mut self.image(&["--base", &self.name(), "--to", &to])));
        let layers = |report: &Value| report["layers"].as_array().expect("a list").clone();
        assert!(digests(&layers(&on_it)).starts_with(&digests(&layers(&pushed))));
        self.docker_pulls(pushed["digest"].as_str().expect("a digest"));
    }

    fn docker_pulls(&self, digest: &str) {
        let mut docker = daemon().docker();
        if let Some(config) = &self.config {
            docker.env("DOCKER_CONFIG", config.path());
        }
        run(docker.args(["pull", "--quiet", &self.name()]));
        let pulled = daemon().run(["image", "inspect", "--format={{index .RepoDigests 0}}", &self.name()]);
        assert!(pulled.ends_with(digest), "{pulled}");
        let help = daemon().run(["run", "--rm", "--network=host", &self.name(), "help"]);
        assert!(help.contains("remote_console"), "{help}");
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn digests(layers: &[Value]) -> Vec<&str> {
    layers.iter().map(|layer| layer["digest"].as_str().expect("a digest")).collect()
}

#[test]
fn into_an_open_registry() {
    Place::new(Registry::plain()).works();
}

#[test]
fn into_a_registry_with_a_password() {
    let place = Place::with_login(Registry::start(Access::Password, Transport::default()));
    place.works();
    let stranger = Place { config: None, ..place };
    let error = fails(&mut stranger.image(&["--to", "registry", "--tag", &stranger.name()]), 1);
    assert!(error.contains("401") && error.contains("hint: "), "{error}");
    for secret in [PASSWORD, &basic()] {
        assert!(!error.contains(secret), "{error}");
    }
}

#[test]
fn into_a_registry_with_tokens() {
    let issuer = Issuer::start();
    Place::with_login(Registry::start(Access::Token(&issuer), Transport::default())).works();
    assert!(!issuer.asked().is_empty());
}

#[test]
fn into_a_registry_with_a_certificate_of_its_own_authority() {
    let dir = temp_dir();
    let authority = Certificate::authority(dir.path(), "ca");
    let server = Certificate::signed_by(&authority, dir.path(), "server");
    let transport = Transport { certificate: Some(&server), clients_of: None };
    let mut place = Place::with_login(Registry::start(Access::Password, transport));
    let error = fails(&mut place.image(&["--to", "registry", "--tag", &place.name()]), 1);
    assert!(error.contains("hint: ") && error.contains("--registry-ca"), "{error}");
    place.options = vec![format!("--registry-ca={}", authority.file.display())];
    place.works();
}

#[test]
fn into_a_registry_that_wants_a_certificate() {
    let dir = temp_dir();
    let authority = Certificate::authority(dir.path(), "ca");
    let server = Certificate::signed_by(&authority, dir.path(), "server");
    let client = Certificate::signed_by(&authority, dir.path(), "client");
    let transport = Transport { certificate: Some(&server), clients_of: Some(&authority) };
    let mut place = Place::new(Registry::start(Access::Open, transport));
    place.options = vec![format!("--registry-ca={}", authority.file.display())];
    let push = ["--to", "registry", "--tag", &place.name()];
    let error = fails(&mut place.image(&push), 1);
    assert!(error.contains("--registry-cert"), "{error}");
    place.options.push(format!("--registry-cert={}", client.file.display()));
    place.options.push(format!("--registry-key={}", client.key.display()));
    run(&mut place.image(&push));
    let to = format!("oci:{}", place.file("on-it").display());
    run(&mut place.image(&["--base", &place.name(), "--to", &to]));
}
