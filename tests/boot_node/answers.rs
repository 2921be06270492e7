//! Commands on a node that runs.

use super::running::{COOKIE, Release, failed, said, short_host, toolchains};
use crate::support::port::free_port;
use crate::support::toolchain::Toolchain;

/// What `erlang:system_info(otp_release)` says to each command's route.
fn assert_answers(release: &Release) {
    assert_eq!(release.says(&["ping"]), "pong\n");
    assert_eq!(release.says(&["status"]), "");
    for dot in ["", "."] {
        assert_eq!(
            release.says(&["rpc", "lists", "append", &format!("[[a, \"b\"], [c]]{dot}")]),
            "[a, \"b\", c]\n"
        );
    }
    let name = release.says(&["rpc", "erlang", "node"]);
    assert_eq!(name.trim().trim_matches('\''), release.node);
    assert_eq!(release.says(&["eval", "X = 20,", "X + 1."]), "21\n");
    let pid = release.says(&["pid"]);
    assert!(pid.trim().parse::<u32>().is_ok(), "{pid}");
}

#[test]
fn nodes_with_short_and_long_names_answer() {
    for toolchain in toolchains() {
        for (flag, host) in [("-sname", "localhost"), ("-name", "127.0.0.1")] {
            let release = Release::new(flag, host, "").started(toolchain);
            assert_answers(&release);
            assert_eq!(release.says(&["stop"]), "");
            assert_eq!(failed(release.run(&["ping"]), 1).0, "Node is not running!\n");
        }
    }
}

#[test]
fn a_name_without_a_host_gets_that_of_the_machine() {
    let release = Release::new("-sname", &short_host(), "");
    let alive = release.node.split('@').next().expect("a name").to_owned();
    release.vm_args(&format!("-sname {alive}\n-setcookie {COOKIE}"));
    assert_answers(&release.started(&Toolchain::Machine));
}

#[test]
fn nodes_answer_at_a_port_without_epmd() {
    for toolchain in toolchains() {
        for flags in ["", "-kernel inet_dist_use_interface {127,0,0,1}"] {
            let flags = format!("-start_epmd false -erl_epmd_port PORT {flags}");
            let port = free_port().to_string();
            let by_variable = Release::new("-sname", "localhost", &flags.replace("PORT", &port))
                .with("ERL_DIST_PORT", &port)
                .started(toolchain);
            assert_answers(&by_variable);
            let port = free_port().to_string();
            let by_flag =
                Release::new("-name", "127.0.0.1", &flags.replace("PORT", &port)).started(toolchain);
            assert_answers(&by_flag);
        }
    }
}

#[test]
fn commands_leave_nothing_behind_on_the_node() {
    let release = Release::running();
    let counts = || {
        release
            .says(&["eval", "{erlang:system_info(atom_count), length(processes()), length(erlang:ports())}."])
    };
    // The node still starts, and the first calls load code.
    assert_eq!(release.says(&["healthcheck", "--wait"]), "healthy\n");
    counts();
    release.says(&["ping"]);
    let before = counts();
    for _ in 0..200 {
        release.says(&["ping"]);
    }
    assert_eq!(counts(), before);
}

#[test]
fn the_cookie_is_on_no_command_line() {
    let release = Release::new("-sname", "localhost", "");
    release.vm_args(&format!("-sname {}", release.node));
    release.file(".erlang.cookie", "seen_nowhere");
    std::fs::set_permissions(
        release.path(".erlang.cookie"),
        std::os::unix::fs::PermissionsExt::from_mode(0o400),
    )
    .expect("private");
    let home = release.root().display().to_string();
    let release =
        release.with("HOME", &home).with("RELX_COOKIE", "seen_nowhere").started(&Toolchain::Machine);
    let on_a_command_line = |text: &str| {
        let all = "unicode:characters_to_binary(os:cmd(\"cat /proc/[0-9]*/cmdline\"))";
        release.says(&["eval", &format!("binary:match({all}, list_to_binary({text})) =/= nomatch.")])
    };
    assert_eq!(on_a_command_line("\"bin/sh\" ++ \"op\\0eval\""), "true\n");
    assert_eq!(on_a_command_line("\"seen\" ++ \"_nowhere\""), "false\n");
}

#[test]
fn with_use_nodetool_the_function_s_own_output_is_shown() {
    for toolchain in toolchains() {
        let release = Release::new("-sname", "localhost", "").started(toolchain);
        let format = ["rpc", "io", "format", r#"["~ts ~p~n", ["grün", {a, 1}]]"#];
        assert_eq!(release.says(&format), "ok\n");
        let nodetool = ("USE_NODETOOL", "1");
        assert_eq!(release.says_with(nodetool, &format), "grün {a,1}\nok\n");
        assert_eq!(
            release.says_with(nodetool, &["eval", "io:put_chars(\"x\\n\"), io:get_line(\"> \")."]),
            "x\neof\n"
        );
        assert_eq!(
            release.says_with(nodetool, &["eval", "{a, \"b\", <<\"c\">>, self() =/= 1}."]),
            "{a,\"b\",<<\"c\">>,true}\n",
            "as Erlang prints it"
        );
        let wrong = ["eval", "catch io:format(\"~z\", [a]), io:getopts()."];
        assert!(release.says_with(nodetool, &wrong).starts_with("{error,"));
        for (answer, code) in [("rpc_ok", 0), ("{rpc_error, 7}", 7)] {
            let mut rpc = release.command(&["rpc", "erlang", "hd", &format!("[[{answer}]]")]);
            assert_eq!(said(rpc.env("USE_NODETOOL", "1")).code, Some(code));
            assert_eq!(
                release.says(&["rpc", "erlang", "hd", &format!("[[{answer}]]")]),
                format!("{answer}\n")
            );
        }
        let (_, err) =
            failed(said(release.command(&["rpc", "erlang", "error", "[wrong]"]).env("USE_NODETOOL", "1")), 1);
        assert!(err.contains(&format!("RPC to {} failed", release.node)), "{err}");
    }
}

#[test]
fn what_a_function_raises_is_an_answer() {
    let release = Release::running();
    assert!(release.says(&["rpc", "no_such_module", "f"]).starts_with("{badrpc, {'EXIT', {undef, "));
    assert!(release.says(&["rpc", "erlang", "error", "[wrong]"]).starts_with("{badrpc, {'EXIT', {wrong, "));
    assert!(release.says(&["eval", "unfinished"]).starts_with("{error, "));
    assert_eq!(release.says(&["eval", "length(\"grün ☃\")."]), "6\n");
}

#[test]
fn restart_keeps_the_process() {
    let release = Release::running();
    let pid = release.says(&["pid"]);
    release.says(&["eval", "persistent_term:put(mark, set)."]);
    release.says(&["restart"]);
    while release.run(&["eval", "persistent_term:get(mark, lost)."]).out != "lost\n" {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(release.says(&["pid"]), pid);
}

/// The VM ends by itself after `reboot` when no heart starts it again.
#[test]
fn reboot_ends_the_process() {
    let mut release = Release::running();
    release.says(&["reboot"]);
    release.ended();
}

#[test]
fn stop_waits_until_the_process_has_gone() {
    let mut release = Release::running();
    let pid = release.says(&["pid"]);
    assert_eq!(release.says(&["stop"]), "");
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    assert!(stat.is_ok_and(|stat| stat.contains(") Z ")), "only its parent has not noticed yet");
    release.ended();
}
