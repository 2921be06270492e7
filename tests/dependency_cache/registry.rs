//! The cache in a registry, Debian's docker-registry.

use std::process::Command;

use super::checkout::{Checkouts, DEPENDENCIES};
use crate::support::registry::{Access, Registry, Transport, docker_config};
use crate::support::{run, tool};

#[test]
fn a_registry_keeps_dependencies_for_all_machines() {
    let (registry, machines) = (Registry::plain(), Checkouts::new());
    let cache = format!("{}/team/dependencies", registry.host());
    let both = ["--cache-from", &cache, "--cache-to", &cache];
    let first = machines.image(&machines.checkout("app"), &both);
    assert_eq!(first.outcome(), "miss");
    machines.lose_repositories();
    let second = machines.image(&machines.checkout("app"), &both);
    assert_eq!((second.outcome(), second.work_on(&DEPENDENCIES).len()), ("hit", 0), "{}", second.log);
    assert_eq!(second.json["dependency_cache"]["from"], cache.as_str());
    assert!(second.json["dependency_cache"]["saved"].is_null());
    assert_eq!(second.digest(), first.digest());
    let tag = first.json["dependency_cache"]["tag"].as_str().expect("a tag");
    let inspect = ["inspect", "--raw", "--tls-verify=false", &format!("docker://{cache}:{tag}")];
    let manifest: serde_json::Value =
        serde_json::from_str(&run(tool("skopeo", "skopeo").args(inspect))).expect("JSON");
    assert_eq!(manifest["artifactType"], "application/vnd.erlrel.dependencies.v1");
    assert_eq!(manifest["annotations"]["org.erlrel.dependencies.key"], first.json["dependency_cache"]["key"]);
}

#[test]
fn a_registry_that_lets_nobody_in_is_a_warning() {
    let registry = Registry::start(Access::Password, Transport::default());
    let (machines, cache) = (Checkouts::new(), format!("{}/dependencies", registry.host()));
    let both = ["--cache-from", &cache, "--cache-to", &cache];
    let stranger = machines.image(&machines.checkout("app"), &both);
    assert_eq!(stranger.outcome(), "miss");
    assert!(stranger.log.contains("warning: cannot fetch the manifest deps-prod-"), "{}", stranger.log);
    assert!(stranger.json["dependency_cache"]["saved"].is_null());
    // A command that has nothing else to do fails.
    let config = docker_config(&[&registry.host()]);
    let save = ["cache", "save", "--to", &cache];
    let dir = machines.path("app");
    assert!(!machines.erlrel(&dir, &save).output().expect("erlrel starts").status.success());
    run(machines.erlrel(&dir, &save).env("DOCKER_CONFIG", config.path()));
    let restore = ["cache", "restore", "--json", "--from", &cache];
    let restored =
        run(machines.erlrel(&machines.checkout("app"), &restore).env("DOCKER_CONFIG", config.path()));
    let restored: serde_json::Value = serde_json::from_str(&restored).expect("JSON");
    assert_eq!(restored["outcome"], "hit");
}

#[test]
fn a_registry_that_does_not_answer_is_a_warning() {
    let (machines, nowhere) = (Checkouts::new(), "127.0.0.1:1/dependencies");
    let built = machines.image(&machines.checkout("app"), &["--cache-from", nowhere, "--cache-to", nowhere]);
    assert_eq!(built.outcome(), "miss");
    assert_eq!(built.log.matches("caused by: the connection failed").count(), 2, "{}", built.log);
}

#[test]
fn machines_that_save_at_once_do_each_other_no_harm() {
    let (registry, machines) = (Registry::plain(), Checkouts::new());
    let dir = machines.checkout("app");
    machines.image(&dir, &[]);
    let cache = format!("{}/dependencies", registry.host());
    let start = |mut command: Command| command.spawn().expect("erlrel starts");
    let save = || start(machines.erlrel(&dir, &["cache", "save", "--quiet", "--to", &cache]));
    let savers: Vec<_> = (0..6).map(|_| save()).collect();
    for mut saver in savers {
        assert!(saver.wait().expect("it ends").success());
    }
    machines.lose_repositories();
    let second = machines.image(&machines.checkout("app"), &["--cache-from", &cache]);
    assert_eq!((second.outcome(), second.work_on(&DEPENDENCIES).len()), ("hit", 0), "{}", second.log);
}
