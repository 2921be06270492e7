//! Commands that become the virtual machine, or a shell on it.

use super::installation::{Installation, SHELLS, STARTERS, said, with_each_shell, with_each_starter};
use crate::support::terminal::Terminal;

const STOP: &str = "init:stop().";

#[test]
fn foreground_is_the_release_without_a_shell_and_gets_the_arguments() {
    with_each_starter(|depot| {
        let print = r#"io:format("~p ~p ~p ~s~n", [init:get_plain_arguments(), application:get_env(depot, baz), init:get_argument(mode), os:getenv("NAME")]), init:stop(3)."#;
        let mut command =
            depot.command(&["foreground", "a b", "it's", "-depot", "baz", "\"bat zing\"", "-eval", print]);
        let out = said(&mut command).failed(3);
        let expected = format!(
            "[\"foreground\",\"a b\",\"it's\"] {{ok,\"bat zing\"}} {{ok,[[\"embedded\"]]}} {}\n",
            depot.node
        );
        assert_eq!(out, expected, "and nothing else is printed");
        let mut command = depot.command(&["foreground", "-eval", print]);
        assert!(said(command.env("CODE_LOADING_MODE", "interactive")).failed(3).contains("interactive"));
    });
}

#[test]
fn the_virtual_machine_finds_what_relx_exports() {
    let depot = Installation::new(SHELLS[0]);
    let print = r#"[io:format("~s=~s~n", [V, os:getenv(V, "?")]) || V <- ["REL_NAME", "REL_VSN", "ERTS_VSN",
        "RELEASE_NAME", "RELEASE_VSN", "RELEASE_PROG", "ROOTDIR", "BINDIR", "EMU", "PROGNAME", "ESCRIPT_NAME", "TERM", "LD_LIBRARY_PATH"]], halt()."#;
    let mut command = depot.command(&["foreground", "-eval", print]);
    command.env("TERM", "dumb").env("LD_LIBRARY_PATH", "/x");
    // Which release this is, is no question to the environment.
    command.envs([
        ("REL_NAME", "other"),
        ("REL_VSN", "9"),
        ("ERTS_VSN", "9"),
        ("ROOTDIR", "/"),
        ("BINDIR", "/"),
    ]);
    let out = said(&mut command).done();
    let root = depot.root.display().to_string();
    let out = out.replace(root.trim_start_matches('/'), "ROOT").replace(&depot.erts_vsn(), "ERTS");
    insta::assert_snapshot!(out, @r"
    REL_NAME=depot
    REL_VSN=0.1.0
    ERTS_VSN=ERTS
    RELEASE_NAME=depot
    RELEASE_VSN=0.1.0
    RELEASE_PROG=/ROOT/bin/depot
    ROOTDIR=/ROOT
    BINDIR=/ROOT/erts-ERTS/bin
    EMU=beam
    PROGNAME=ROOT/bin/depot
    ESCRIPT_NAME=/ROOT/bin/depot
    TERM=screen
    LD_LIBRARY_PATH=/ROOT/erts-ERTS/lib:/x
    ");
}

#[test]
fn what_the_virtual_machine_itself_reads_reaches_it() {
    with_each_starter(|depot| {
        let print = r#"[io:format("~p ", [init:get_argument(F)]) || F <- [a, flags, z]],
            io:format("~p ~s", [lists:member("/extra/app/ebin", code:get_path()), os:getenv("ERL_CRASH_DUMP")]), halt()."#;
        let library = depot.root.parent().expect("a parent").join("extra");
        depot.file("../extra/app/ebin/app.app", "");
        let library = library.display().to_string();
        let print = print.replace("/extra/app", &format!("{library}/app"));
        let environment = [
            ("ERL_AFLAGS", "-a 1"),
            ("ERL_FLAGS", "-flags 2"),
            ("ERL_ZFLAGS", "-z 3"),
            ("ERL_LIBS", library.as_str()),
            ("ERL_CRASH_DUMP", "/tmp/dump"),
            ("CODE_LOADING_MODE", "interactive"),
        ];
        let said = depot.says_with(&environment, &["foreground", "-eval", &print]);
        assert_eq!(said, "{ok,[[\"1\"]]} {ok,[[\"2\"]]} {ok,[[\"3\"]]} true /tmp/dump");
    });
}

#[test]
fn console_is_the_release_with_a_shell() {
    with_each_starter(|depot| {
        let mut terminal = Terminal::start(depot.command(&["console"]));
        terminal.shows(&depot.node);
        terminal.types("{whereis(depot_sup) =/= undefined, 6 * 7}.\r");
        terminal.shows("{true,42}");
        terminal.types("q().\r");
        assert_eq!(terminal.ends(), Some(0));
    });
}

#[test]
fn console_clean_starts_none_of_the_applications_but_finds_their_code() {
    with_each_starter(|depot| {
        let mut terminal = Terminal::start(depot.command(&["console_clean"]));
        terminal.shows(&depot.node);
        terminal.types(
            "{whereis(depot_sup), depot:vsn(), init:get_argument(mode), init:get_plain_arguments()}.\r",
        );
        terminal.shows("{undefined,\"0.1.0\",{ok,[[\"interactive\"]]},[\"console_clean\"]}");
        terminal.types("halt(4).\r");
        assert_eq!(terminal.ends(), Some(4));
    });
}

#[test]
fn console_boot_takes_a_boot_file_of_the_release() {
    with_each_starter(|depot| {
        let print = "io:format(\"~p ~p\", [whereis(depot_sup), init:get_plain_arguments()]), halt(5).";
        let boot = ["console_boot", "releases/0.1.0/start_clean", "one", "-noinput", "-eval", print];
        assert_eq!(depot.run(&boot).failed(5), "undefined [\"one\"]");
        assert!(depot.run(&["console_boot", "no/such"]).failed(1).contains("error: there is no boot file "));
        assert!(depot.run(&["console_boot"]).failed(1).contains("needs a boot file"));
    });
}

#[test]
fn remote_console_is_a_shell_on_the_running_node_and_shows_no_cookie_to_others() {
    with_each_shell(|depot| {
        depot.says(&["daemon"]);
        depot.file("place/for/cookies", "");
        let place = depot.root.join("place");
        let files = || std::fs::read_dir(&place).expect("listed").count();
        for command in ["remote_console", "remote", "remsh"] {
            let mut remote = depot.command(&[command]);
            remote.env("TMPDIR", &place);
            let mut terminal = Terminal::start(remote);
            terminal.shows(&format!("({})", depot.node));
            terminal.types("os:cmd(\"ps -eo args | grep -c '[s]etcookie depot.*remsh'\").\r");
            terminal.shows("\"0\\n\"");
            assert_eq!(files(), 2, "the cookie lies in TMPDIR");
            terminal.types("\x07");
            terminal.shows(" --> ");
            terminal.types("q\r");
            assert_eq!(terminal.ends(), Some(0));
            assert_eq!(files(), 1, "and is gone again");
        }
        assert!(depot.run(&["remsh"]).failed(1).contains("needs a terminal"));
        assert_eq!(depot.says(&["ping"]), "pong\n", "the node runs on");
    });
}

/// relx's extended_start_script_tests_pathname_escape: all bytes but those that ERTS itself takes badly.
#[test]
fn a_release_runs_below_a_directory_with_odd_bytes_in_its_name() {
    let name: String = (1..=127u8).map(char::from).filter(|c| !"\"/`".contains(*c)).collect();
    for shell in STARTERS {
        let depot = Installation::unpacked(shell, &name);
        assert_eq!(depot.says(&["daemon"]), "");
        assert_eq!(depot.says(&["ping"]), "pong\n");
        assert_eq!(depot.says(&["eval", "application:get_env(depot, var1)."]), "{ok, \"${VAR1}\"}\n");
        assert_eq!(depot.says(&["stop"]), "");
    }
}

#[test]
fn a_link_to_the_script_is_as_good_as_the_script() {
    with_each_starter(|depot| {
        let link = depot.root.parent().expect("a parent").join("link to depot");
        std::os::unix::fs::symlink(depot.root.join("bin/depot"), &link).expect("linked");
        assert_eq!(said(&mut depot.program(&link, &["version"])).done(), "depot 0.1.0\n");
        let mut command = depot.program(&link, &["foreground", "-eval", STOP]);
        assert_eq!(said(&mut command).done(), "");
    });
}
