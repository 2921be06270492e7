//! Commands that ask a running node.

use std::os::unix::fs::PermissionsExt;

use super::installation::{Installation, SHELLS, with_each_shell, with_each_starter};
use crate::support::port::free_port;
use crate::support::{put_program, run, tool};

/// relx: ping, pid, rpc with and without a dot, eval, versions, stop, and each of them on a node that is down.
#[test]
fn a_running_node_answers_ping_pid_rpc_and_eval_until_it_is_stopped() {
    with_each_shell(|depot| {
        assert_eq!(depot.says(&["daemon"]), "");
        assert_eq!(depot.says(&["ping"]), "pong\n");
        let pid = depot.says(&["pid"]);
        assert!(runs(&pid), "{pid}");
        for dot in ["", "."] {
            let arguments = format!("[depot, var1, nothing]{dot}");
            assert_eq!(depot.says(&["rpc", "application", "get_env", &arguments]), "\"${VAR1}\"\n");
        }
        assert_eq!(depot.says(&["rpc", "erlang", "node"]), format!("{}\n", depot.node));
        assert_eq!(depot.says(&["eval", "1 + 1."]), "2\n");
        assert_eq!(
            depot.says(&["eval", r#""a\\nb"."#]),
            "\"a\\nb\"\n",
            "backslashes are the expression's own"
        );
        assert_eq!(depot.says(&["eval", "erlang:get_cookie()."]), "depot\n");
        assert_eq!(depot.says(&["versions"]), "Installed versions:\n* 0.1.0\tpermanent\n");
        assert_eq!(depot.says(&["stop"]), "");
        assert!(!runs(&pid), "the process has ended");
    });
}

/// A process whose end its parent has not noticed yet runs no more.
fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_node_that_is_down_is_not_running_for_any_command() {
    with_each_shell(|depot| {
        for command in [
            "ping",
            "pid",
            "stop",
            "restart",
            "reboot",
            "status",
            "versions",
            "daemon_attach",
            "attach",
            "rpc",
            "eval",
        ] {
            let said = depot.run(&[command]).failed(1);
            assert!(said.contains("Node is not running!\n"), "{command}: {said}");
        }
        for command in ["unpack", "install", "upgrade", "downgrade", "uninstall"] {
            assert!(depot.run(&[command, "1"]).failed(1).contains("Node is not running!\n"), "{command}");
        }
    });
}

#[test]
fn a_command_ends_at_its_first_error_also_where_nobody_can_read_it() {
    with_each_shell(|depot| {
        for stderr in ["2>&-", "2>/dev/full"] {
            for command in ["ping", "pid", "eval", "versions"] {
                let mut shell = depot.program(std::path::Path::new("/bin/sh"), &["-c"]);
                shell.arg(format!("exec '{}/bin/depot' {command} {stderr}", depot.root.display()));
                let said = super::installation::said(&mut shell);
                assert_eq!(said.failed(1), "Node is not running!\n", "{command} {stderr}");
            }
        }
    });
}

/// relx prints the same, exits with 0 for what the node could not do, and with 1 where there was no answer in time.
#[test]
fn an_answer_that_takes_too_long_fails() {
    with_each_shell(|depot| {
        depot.says(&["daemon"]);
        let sleep = ["rpc", "timer", "sleep", "[20000]."];
        for variable in [("NODETOOL_TIMEOUT", "1000"), ("NODETOOL_TIMEOUT", "500"), ("RELX_RPC_TIMEOUT", "1")]
        {
            let said = super::installation::said(depot.command(&sleep).env(variable.0, variable.1)).failed(1);
            assert!(said.contains("timeout"), "{variable:?}: {said}");
        }
        for variable in ["NODETOOL_TIMEOUT", "RELX_RPC_TIMEOUT"] {
            let said = super::installation::said(depot.command(&sleep).env(variable, "foo")).failed(2);
            assert_eq!(said, format!("depot: error: {variable} is no number: foo\n"));
        }
        assert_eq!(
            super::installation::said(depot.command(&["ping"]).env("NODETOOL_TIMEOUT", "500")).failed(0),
            "pong\n"
        );
        let said = depot.run(&["rpc", "erlang", "halt", "[a"]).failed(255);
        assert!(said.contains("parse") && !said.contains("timeout"), "{said}");
        let said = depot.says(&["rpc", "erlang", "error", "[wrong]"]);
        assert!(said.starts_with("{badrpc,"), "{said}");
        assert!(depot.says(&["eval", "unfinished"]).starts_with("{error, "));
    });
}

/// The cookie that vm.args has is on the command line of the node itself.
#[test]
fn a_cookie_from_elsewhere_is_on_no_command_line() {
    with_each_shell(|depot| {
        let (home, temp) = (depot.root.join("home"), depot.root.join("temp"));
        let [home, temp] = [&home, &temp].map(|path| path.to_str().expect("UTF-8"));
        std::fs::create_dir(temp).expect("created");
        depot.file("releases/0.1.0/vm.args", &format!("-sname {}\n", depot.node));
        depot.file("home/.erlang.cookie", "hidden_here");
        std::fs::set_permissions(depot.root.join("home/.erlang.cookie"), PermissionsExt::from_mode(0o400))
            .expect("private");
        depot.says_with(&[("HOME", home)], &["daemon"]);
        let cookie = ("RELX_COOKIE", "hidden_here");
        let asking = format!("\"erl_call\\0-sname\\0{}\\0-R\\0-timeout\\x{{0}}60\\0-e\"", depot.node);
        for (text, found) in [("\"hidden\" ++ \"_here\"", "false\n"), (&asking, "true\n")] {
            let question = on_a_command_line(text);
            assert_eq!(depot.says_with(&[cookie, ("TMPDIR", temp)], &["eval", &question]), found, "{text}");
        }
        assert_eq!(std::fs::read_dir(temp).expect("listed").count(), 0, "nothing is left");
        assert_eq!(depot.says_with(&[cookie, ("TMPDIR", "/proc")], &["ping"]), "pong\n", "nowhere to write");
        depot.says_with(&[("HOME", home)], &["stop"]);
        depot.vm_args("");
    });
}

/// An expression that tells whether a text is part of the command line of a process.
pub(crate) fn on_a_command_line(text: &str) -> String {
    let all = "unicode:characters_to_binary(os:cmd(\"cat /proc/[0-9]*/cmdline\"))";
    format!("binary:match({all}, list_to_binary({text})) =/= nomatch.")
}

/// relx's force_nodetool_tests; without nodetool.
#[test]
fn with_use_nodetool_the_function_s_own_output_is_shown() {
    with_each_shell(|depot| {
        depot.says(&["daemon"]);
        let format = ["rpc", "io", "format", r#"["hello\n"]"#];
        assert_eq!(depot.says(&format), "ok\n");
        assert_eq!(depot.says_with(&[("USE_NODETOOL", "true")], &format), "hello\nok\n");
        assert_eq!(depot.says_with(&[("USE_NODETOOL", "true")], &["eval", "{a, 1}."]), "{a,1}\n");
        let prefixed = [("USE_NODETOOL", "true"), ("NODETOOL_NODE_PREFIX", "prefix")];
        let asking = depot.says_with(&prefixed, &["rpc", "erlang", "nodes", "[hidden]"]);
        assert!(asking.contains("@localhost'") && !asking.contains("prefix"), "it is given a name: {asking}");
        let fails = super::installation::said(
            depot.command(&["rpc", "erlang", "error", "[wrong]"]).env("USE_NODETOOL", "true"),
        );
        assert!(fails.failed(1).contains(&format!("RPC to {} failed", depot.node)));
    });
}

/// relx's ERL_DIST_PORT cases: the node listens there, and no epmd is started.
#[test]
fn with_erl_dist_port_epmd_takes_no_part() {
    with_each_shell(|depot| {
        let [port, epmd] = [free_port(), free_port()].map(|port| port.to_string());
        let there = [("ERL_DIST_PORT", port.as_str()), ("ERL_EPMD_PORT", &epmd)];
        for arguments in ["", "-kernel inet_dist_use_interface {127,0,0,1}"] {
            depot.vm_args(arguments);
            depot.says_with(&there, &["daemon"]);
            assert_eq!(depot.says_with(&there, &["ping"]), "pong\n");
            assert!(std::net::TcpStream::connect(format!("127.0.0.1:{epmd}")).is_err(), "there is no epmd");
            assert_eq!(depot.says_with(&there, &["eval", "2 * 3."]), "6\n");
            depot.says_with(&there, &["stop"]);
        }
    });
}

/// relx's reboot_restart_test.
#[test]
fn restart_keeps_the_process_and_reboot_does_not() {
    with_each_shell(|depot| {
        depot.vm_args("-heart");
        depot.says(&["daemon"]);
        let first = depot.says(&["pid"]);
        depot.says(&["eval", "persistent_term:put(mark, set)."]);
        depot.says(&["restart"]);
        await_answer(&depot, &["eval", "persistent_term:get(mark, lost)."], "lost\n");
        assert_eq!(depot.says(&["pid"]), first);
        depot.says(&["reboot"]);
        let other = |pid: &str| !pid.is_empty() && pid != first;
        while !other(&depot.run(&["pid"]).out.replace("Node is not running!\n", "")) {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        await_answer(&depot, &["eval", "whereis(heart) =/= undefined."], "true\n");
        depot.says(&["eval", "heart:clear_cmd()."]);
        depot.says(&["stop"]);
    });
}

fn await_answer(depot: &Installation, question: &[&str], answer: &str) {
    while depot.run(question).out != answer {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[test]
fn escript_runs_a_script_of_the_release() {
    with_each_starter(|depot| {
        assert_eq!(depot.says(&["escript", "bin/greet", "a b", "c"]), "[\"a b\",\"c\"] depot\n");
        depot.file("bin/fails", "#!/usr/bin/env escript\nmain(_) -> halt(7).\n");
        depot.run(&["escript", "bin/fails"]).failed(1);
        assert!(depot.run(&["escript"]).failed(1).contains("escript needs the path"));
    });
}

/// A release that runs on the ERTS of the system, which lies beside it nowhere.
#[test]
fn without_its_own_erts_a_release_runs_on_the_erl_of_the_path() {
    with_each_shell(|depot| {
        std::fs::remove_file(depot.erts()).expect("removed");
        depot.says(&["daemon"]);
        assert_eq!(depot.says(&["ping"]), "pong\n");
        depot.says(&["stop"]);
        let wrapper = depot.root.join("wrapper/erl");
        put_program(&wrapper, "#!/bin/sh\nexec /usr/bin/erl \"$@\"\n");
        let path = format!("{}:/usr/bin:/bin", wrapper.parent().expect("a parent").display());
        assert_eq!(depot.says_with(&[("PATH", &path)], &["daemon"]), "");
        depot.says(&["stop"]);
    });
}

/// That of OTP 22 and older lies elsewhere, and could not do what is asked of it.
#[test]
fn without_erl_call_a_virtual_machine_asks() {
    for shell in SHELLS {
        let depot = Installation::unpacked(shell, "depot");
        let erts = std::fs::read_dir(&depot.root).expect("the release");
        let mut erts = erts.map(|entry| entry.expect("an entry").path());
        let erts = erts.find(|path| path.to_string_lossy().contains("/erts-")).expect("ERTS");
        std::fs::remove_file(erts.join("bin/erl_call")).expect("removed");
        assert_eq!(answers(&depot, &[]), format!("{}\n", depot.node));
        let format = ["rpc", "io", "format", r#"["hello\n"]"#];
        depot.says(&["daemon"]);
        assert_eq!(depot.says(&format), "hello\nok\n");
        assert_eq!(depot.says(&["eval", "1 + 1."]), "2\n");
        assert!(runs(&depot.says(&["pid"])));
        depot.says(&["stop"]);
        assert!(depot.run(&["ping"]).failed(1).contains("Node is not running!\n"));
    }
}

/// erl_call speaks neither of them; relx needs nodetool for that, and its cookie stands on the command line.
#[test]
fn a_node_that_speaks_another_protocol_answers_too() {
    with_each_shell(|depot| {
        let name = depot.node.replace("@localhost", "@::1");
        depot.file(
            "releases/0.1.0/vm.args",
            &format!("-name {name}\n-setcookie depot\n-proto_dist inet6_tcp\n"),
        );
        assert_eq!(answers(&depot, &[]), format!("'{name}'\n"));
        certificate(&depot);
        let libraries = crate::support::erlang::root().join("lib").display().to_string();
        let with_ssl = [("ERL_LIBS", libraries.as_str()), ("CODE_LOADING_MODE", "interactive")];
        let options =
            "-ssl_dist_opt server_certfile tls/cert.pem server_keyfile tls/key.pem client_verify verify_none";
        for tls in ["-ssl_dist_optfile \"tls/its options\"", options] {
            depot.vm_args(&format!("-proto_dist inet_tls\n{tls}"));
            assert_eq!(answers(&depot, &with_ssl), format!("{}\n", depot.node), "{tls}");
        }
    });
}

fn answers(depot: &Installation, environment: &[(&str, &str)]) -> String {
    depot.says_with(environment, &["daemon"]);
    assert_eq!(depot.says_with(environment, &["ping"]), "pong\n");
    assert_eq!(depot.says_with(environment, &["versions"]), "Installed versions:\n* 0.1.0\tpermanent\n");
    let answer = depot.says_with(environment, &["rpc", "erlang", "node"]);
    depot.says_with(environment, &["stop"]);
    answer
}

fn certificate(depot: &Installation) {
    let options = "[{server, [{certfile, \"tls/cert.pem\"}, {keyfile, \"tls/key.pem\"}]}, {client, [{verify, verify_none}]}].";
    depot.file("tls/its options", options);
    let mut openssl = tool("openssl", "openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]);
    openssl.args(["-keyout", "key.pem", "-out", "cert.pem"]).current_dir(depot.root.join("tls"));
    run(&mut openssl);
}
