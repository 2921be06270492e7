//! Distribution over other protocols than TCP with IPv4.

use std::process::Stdio;

use super::running::{Release, failed, said};
use crate::support::toolchain::Toolchain;
use crate::support::{run, tool};

#[test]
fn a_node_on_ipv6_answers_with_and_without_epmd() {
    for flags in ["", "-start_epmd false -erl_epmd_port PORT"] {
        let port = crate::support::port::free_port().to_string();
        let flags = format!("-proto_dist inet6_tcp {}", flags.replace("PORT", &port));
        let release = Release::new("-name", "::1", &flags).started(&Toolchain::Machine);
        assert_eq!(release.says(&["rpc", "erlang", "node"]), format!("'{}'\n", release.node));
    }
}

/// Through a VM of the release, with the output and the exit codes of the native way.
#[test]
fn a_node_on_tls_answers_through_a_vm() {
    let flags = "-proto_dist inet_tls -ssl_dist_optfile \"tls/its options\"";
    let release = Release::new("-sname", "localhost", flags);
    certificate(&release);
    let release = release.started(&Toolchain::Machine);
    assert_eq!(release.says(&["rpc", "erlang", "node"]).trim(), release.node);
    assert_eq!(
        release.says(&["eval", "{\"a\", <<1>>, #{b => 1.5}}."]),
        "{\"a\", #Bin<1>, #{b => 1.500000}}\n"
    );
    let shown = release.says_with(("USE_NODETOOL", "1"), &["rpc", "io", "format", r#"["hello~n"]"#]);
    assert_eq!(shown, "hello\nok\n");
    assert!(release.says(&["pid"]).trim().parse::<u32>().is_ok());

    let sleep = ["rpc", "timer", "sleep", "[600000]"];
    let (_, err) = failed(said(release.command(&sleep).env("RELX_RPC_TIMEOUT", "4")), 1);
    assert!(err.contains("gave no answer within 4 s to the VM that asked it"), "{err}");
    let (out, err) = failed(said(release.command(&["ping"]).env("RELX_COOKIE", "other")), 1);
    assert_eq!(out, "Node is not running!\n");
    assert!(err.contains("gets no connection to it") && !err.contains("other"), "{err}");

    std::fs::remove_file(release.path("releases/1.0/start_clean.boot")).expect("removed");
    let (_, err) = failed(release.run(&["ping"]), 1);
    assert!(err.contains("can only be asked by a VM") && err.contains("start_clean.boot"), "{err}");
}

/// The VM that asks sees it in its environment, which is only for the eyes of its user.
#[test]
fn the_cookie_is_not_on_the_command_line_of_the_vm_that_asks() {
    let flags = "-proto_dist inet_tls -ssl_dist_optfile \"tls/its options\"";
    let release = Release::new("-sname", "localhost", flags).with("RELX_COOKIE", "seen_nowhere");
    certificate(&release);
    let command_line = |pid: &str| {
        String::from_utf8_lossy(&std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default())
            .into_owned()
    };
    // Nobody answers; so the VM stays until the time is over, or the test ends.
    let mut asking = release.command(&["ping"]);
    let asking = asking.env("RELX_RPC_TIMEOUT", "30").stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut asking = asking.expect("started");
    let root = release.root().display().to_string();
    let line = loop {
        let processes = std::fs::read_dir("/proc").expect("listed").flatten();
        let mut lines = processes.map(|entry| command_line(&entry.file_name().to_string_lossy()));
        if let Some(line) = lines.find(|line| line.contains("undefined@localhost") && line.contains(&root)) {
            break line;
        }
        assert!(asking.try_wait().expect("asked").is_none(), "it has ended without a VM");
    };
    assert!(!line.contains("seen_nowhere"), "{line}");
    asking.wait().expect("ended");
}

fn certificate(release: &Release) {
    let options = format!(
        "[{{server, [{{certfile, \"{0}/cert.pem\"}}, {{keyfile, \"{0}/key.pem\"}}]}}, {{client, [{{verify, verify_none}}]}}].",
        release.path("tls").display()
    );
    release.file("tls/its options", &options);
    let mut openssl = tool("openssl", "openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]);
    openssl.args(["-keyout", "key.pem", "-out", "cert.pem"]).current_dir(release.path("tls"));
    run(&mut openssl);
}
