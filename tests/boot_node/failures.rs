//! Nodes that do not answer: message, exit code, and how long it takes.

use std::time::{Duration, Instant};

use super::running::{Release, failed, said, toolchains};
use crate::support::port::free_port;
use crate::support::toolchain::Toolchain;

#[test]
fn a_node_that_is_down_is_not_running_for_any_command() {
    let release = Release::new("-sname", "localhost", "").with("ERL_EPMD_PORT", &free_port().to_string());
    for command in [
        &["ping"][..],
        &["pid"],
        &["stop"],
        &["restart"],
        &["reboot"],
        &["status"],
        &["versions"],
        &["rpc", "erlang", "node"],
        &["eval", "1."],
        &["unpack", "1"],
        &["install", "1"],
        &["upgrade", "1"],
        &["downgrade", "1"],
        &["uninstall", "1"],
    ] {
        let (out, err) = failed(release.run(command), 1);
        assert_eq!(out, "Node is not running!\n", "{command:?}");
        assert!(err.contains(&format!("cannot ask epmd for the port of the node {}", release.node)), "{err}");
    }
}

#[test]
fn a_wrong_cookie_is_said_to_be_wrong() {
    for toolchain in toolchains() {
        let release = Release::new("-sname", "localhost", "").started(toolchain);
        let (out, err) = failed(said(release.command(&["ping"]).env("RELX_COOKIE", "other")), 1);
        assert_eq!(out, "Node is not running!\n");
        let expected = format!("erlrel-boot: error: the node {} refuses the cookie", release.node);
        assert!(err.starts_with(&expected), "{err}");
        assert!(!err.contains("other"), "{err}");
    }
}

#[test]
fn a_wrong_name_is_said_to_be_unknown() {
    let release = Release::running();
    let wrong = release.node.replace("boot", "tub");
    release.vm_args(&format!("-sname {wrong}\n-setcookie x"));
    let (out, err) = failed(release.run(&["ping"]), 1);
    assert_eq!(out, "Node is not running!\n");
    assert!(err.contains(&format!("the node {wrong} does not run: epmd at ")), "{err}");
}

#[test]
fn the_port_of_another_node_is_noticed() {
    let port = free_port().to_string();
    let flags = format!("-start_epmd false -erl_epmd_port {port}");
    let release = Release::new("-sname", "localhost", &flags).started(&Toolchain::Machine);
    let text = std::fs::read_to_string(release.path("releases/1.0/vm.args")).expect("a file");
    release.vm_args(&text.replace("-sname boot", "-sname tub"));
    let (_, err) = failed(release.run(&["ping"]), 1);
    assert!(err.contains(&format!("was expected, but it is {} that listens there", release.node)), "{err}");
}

/// The acceptance of a bound is the one place where time is measured; it is generous.
#[test]
fn a_node_that_hangs_is_waited_for_as_long_as_relx_rpc_timeout_says() {
    let release = Release::running();
    release.signal("STOP");
    for (variable, value, told) in [("RELX_RPC_TIMEOUT", "1", "1 s"), ("NODETOOL_TIMEOUT", "1500", "2 s")] {
        for command in [&["ping"][..], &["rpc", "erlang", "node"], &["stop"]] {
            let start = Instant::now();
            let (out, err) = failed(said(release.command(command).env(variable, value)), 1);
            assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
            assert_eq!(out, "Node is not running!\n");
            assert!(err.contains(&format!("{} gave no answer within {told}: ", release.node)), "{err}");
        }
    }
    let waiting = said(release.command(&["healthcheck", "--wait"]).env("RELX_RPC_TIMEOUT", "1"));
    let (out, err) = failed(waiting, 1);
    assert_eq!(out, "unhealthy\n");
    assert!(err.contains(&format!("{} gave no answer within 1 s: ", release.node)), "{err}");
    release.signal("CONT");
    assert_eq!(release.says(&["ping"]), "pong\n");
}

#[test]
fn an_answer_that_takes_too_long_is_not_waited_for() {
    let release = Release::running();
    let sleep = ["rpc", "timer", "sleep", "[600000]"];
    let (out, err) = failed(said(release.command(&sleep).env("RELX_RPC_TIMEOUT", "1")), 1);
    assert_eq!(out, "", "the node runs");
    let expected =
        format!("the node {} gave no answer within 1 s: it was carrying out the call", release.node);
    assert!(err.contains(&expected), "{err}");
    for variable in ["RELX_RPC_TIMEOUT", "NODETOOL_TIMEOUT"] {
        let (_, err) = failed(said(release.command(&["ping"]).env(variable, "foo")), 2);
        assert!(err.contains(&format!("{variable} is \"foo\", which is no number of")), "{err}");
        let (_, err) = failed(said(release.command(&["ping"]).env(variable, "0")), 2);
        assert!(err.contains(&format!("{variable} is 0, which leaves the node no time")), "{err}");
    }
}

#[test]
fn a_node_that_dies_in_the_middle_of_a_call_is_told() {
    for toolchain in toolchains() {
        let release = Release::new("-sname", "localhost", "").started(toolchain);
        let (out, err) = failed(release.run(&["eval", "erlang:halt(1, [{flush, false}])."]), 1);
        assert_eq!(out, "");
        let expected =
            format!("the connection to the node {} broke: it was carrying out the call", release.node);
        assert!(err.contains(&expected), "{err}");
    }
    let release = Release::running();
    let mut asking = release.command(&["rpc", "timer", "sleep", "[600000]"]);
    let asking = asking.stderr(std::process::Stdio::piped()).spawn().expect("started");
    while release.says(&["rpc", "erlang", "nodes", "[hidden]"]).matches('@').count() < 2 {
        std::thread::sleep(Duration::from_millis(50));
    }
    release.signal("KILL");
    let output = asking.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(1));
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.contains("broke: it was carrying out the call"), "{err}");
}

#[test]
fn arguments_that_are_no_terms_are_refused_before_the_node_is_asked() {
    let release = Release::running();
    let (out, err) = failed(release.run(&["rpc", "erlang", "halt", "[a"]), 255);
    assert_eq!(out, "");
    assert!(err.contains("the arguments `[a` are no Erlang term"), "{err}");
    let (_, err) = failed(release.run(&["rpc"]), 1);
    assert!(err.contains("`rpc` needs a module"), "{err}");
}
