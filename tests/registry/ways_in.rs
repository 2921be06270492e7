//! The registries of the tests themselves: whom they let in, as another client sees it.

use crate::support::certificate::Certificate;
use crate::support::docker::daemon;
use crate::support::image;
use crate::support::issuer::Issuer;
use crate::support::proxy::{Proxy, bytes_by_path};
use crate::support::registry::{Access, PASSWORD, Registry, Transport, USER, docker_config, skopeo};
use crate::support::{fails, run, temp_dir};

fn copy(to: &str, options: &[&str]) -> std::process::Command {
    let mut command = skopeo();
    command.args(["copy", "--quiet"]).args(options);
    command
        .arg(format!("oci:{}:{}", image::hello().layout.display(), image::TAG))
        .arg(format!("docker://{to}"));
    command
}

#[test]
fn a_proxy_counts_what_is_uploaded() {
    let registry = Registry::plain();
    let proxy = Proxy::before(&registry.host());
    let name = format!("{}/hello:1", proxy.host());
    run(&mut copy(&name, &["--dest-tls-verify=false"]));
    let bytes = bytes_by_path(&proxy.take());
    assert_eq!(bytes.len(), 2, "{bytes:?}");
    run(&mut copy(&name, &["--dest-tls-verify=false"]));
    assert_eq!(bytes_by_path(&proxy.take()).get("uploads"), None);
    daemon().run(["pull", "--quiet", &name]);
}

#[test]
fn a_password_is_asked_for() {
    let registry = Registry::start(Access::Password, Transport::default());
    let name = format!("{}/hello:1", registry.host());
    let error = fails(&mut copy(&name, &["--dest-tls-verify=false"]), 1);
    assert!(error.contains("unauthorized") || error.contains("invalid username/password"), "{error}");
    run(&mut copy(&name, &["--dest-tls-verify=false", "--dest-creds", &format!("{USER}:{PASSWORD}")]));
    fails(daemon().docker().args(["pull", "--quiet", &name]), 1);
    let config = docker_config(&[&registry.host()]);
    run(daemon().docker().args(["pull", "--quiet", &name]).env("DOCKER_CONFIG", config.path()));
}

#[test]
fn a_token_is_asked_for() {
    let issuer = Issuer::start();
    let registry = Registry::start(Access::Token(&issuer), Transport::default());
    let name = format!("{}/hello:1", registry.host());
    let error = fails(&mut copy(&name, &["--dest-tls-verify=false"]), 1);
    assert!(error.contains("unauthorized") || error.contains("invalid username/password"), "{error}");
    run(&mut copy(&name, &["--dest-tls-verify=false", "--dest-creds", &format!("{USER}:{PASSWORD}")]));
    let config = docker_config(&[&registry.host()]);
    run(daemon().docker().args(["pull", "--quiet", &name]).env("DOCKER_CONFIG", config.path()));
    assert!(issuer.asked().iter().any(|target| target.contains("push")), "{:?}", issuer.asked());
}

#[test]
fn a_certificate_is_shown_and_asked_for() {
    let dir = temp_dir();
    let authority = Certificate::authority(dir.path(), "ca");
    let server = Certificate::signed_by(&authority, dir.path(), "server");
    let client = Certificate::signed_by(&authority, dir.path(), "client");
    let transport = Transport { certificate: Some(&server), clients_of: Some(&authority) };
    let registry = Registry::start(Access::Open, transport);
    let name = format!("{}/hello:1", registry.host());
    let certificates = temp_dir();
    let put = |from, to| std::fs::copy(from, certificates.path().join(to)).expect("copied");
    let options = ["--dest-cert-dir", certificates.path().to_str().expect("text")];
    let error = fails(&mut copy(&name, &options), 1);
    assert!(error.contains("unknown authority"), "{error}");
    put(&authority.file, "ca.crt");
    let error = fails(&mut copy(&name, &options), 1);
    assert!(error.contains("bad certificate"), "{error}");
    put(&client.file, "client.cert");
    put(&client.key, "client.key");
    run(&mut copy(&name, &options));
}
