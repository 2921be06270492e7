//! The commands: on a node that runs, on one that does not, and what is no command.

use std::collections::BTreeSet;

use super::installed::Starter;
use super::live::{Difference, Question, Twins};
use crate::support::said::{Said, said};

/// Names that relx's help does not tell.
const ALIASES: [&str; 5] = ["remote", "remsh", "start", "attach", "help"];

/// On a node that runs.
const LIVE: [Question<'_>; 19] = [
    (&[], &["ping"]),
    (&[], &["ping", "more"]),
    (&[], &["pid"]),
    (&[], &["pid", "more"]),
    (&[], &["status"]),
    (&[], &["versions"]),
    (&[], &["unpack"]),
    (&[], &["install"]),
    (&[], &["upgrade"]),
    (&[], &["downgrade"]),
    (&[], &["uninstall"]),
    (&[], &["unpack", "9"]),
    (&[], &["install", "9"]),
    (&[], &["install", "9", "--no-permanent"]),
    (&[], &["upgrade", "9"]),
    (&[], &["downgrade", "9"]),
    (&[], &["uninstall", "9"]),
    (&[], &["uninstall", "0.1.0"]),
    (&[], &["upgrade", "0.1.0"]),
];

/// On a node that does not run.
const DEAD: [Question<'_>; 18] = [
    (&[], &["daemon_attach"]),
    (&[], &["escript", "bin/greet", "a b", "", "c"]),
    (&[], &["escript", "bin/fails"]),
    (&[], &["escript", "bin/none"]),
    (&[], &["ping"]),
    (&[], &["eval", "1."]),
    (&[], &["eval"]),
    (&[], &["rpc", "erlang", "node"]),
    (&[], &["rpc"]),
    (&[], &["rpc", "erlang", "node", "[a"]),
    (&[], &["status"]),
    (&[], &["versions"]),
    (&[], &["unpack"]),
    (&[], &["unpack", "9"]),
    (&[], &["uninstall", "9"]),
    (&[("RELX_COOKIE", "other")], &["ping"]),
    (&[("USE_NODETOOL", "true")], &["ping"]),
    (&[("ERL_DIST_PORT", "1")], &["ping"]),
];

/// It shows what it is given and finds.
const GREETING: &str = r#"#!/usr/bin/env escript
main(Words) ->
    Names = ["REL_NAME", "RELEASE_ROOT_DIR", "ROOTDIR", "ESCRIPT_NAME", "RELEASE_PROG", "RELEASE_VSN"],
    io:format("~p ~p ~p~n", [Words, [os:getenv(Name) || Name <- Names], file:get_cwd()]).
"#;

const RELX_ON_ATTACH: &str = "'attach' has been deprecated, replaced by 'daemon_attach' and will be removed in the short-term, \
    please consult rebar3.org on why you should be using 'foreground' and an init tool such as 'systemd'\n\
    Node is not running!\n";

const DEAD_OTHERWISE: &[Difference<'_>] = &[
    ((&[], &["attach"]), (RELX_ON_ATTACH, 1), ("Node is not running!\n", 1), "advice is no output"),
    ((&[], &["escript"]), ("", 2), ("", 1), "relx's script fails at its own error"),
    ((&[], &["console_boot"]), ("", 2), ("", 1), "relx's script fails at its own error"),
    ((&[], &["pid"]), ("\n", 1), ("Node is not running!\n", 1), "as for all others"),
    ((&[], &["stop"]), ("", 1), ("Node is not running!\n", 1), "as for all others"),
    ((&[], &["restart"]), ("", 1), ("Node is not running!\n", 1), "as for all others"),
    ((&[], &["reboot"]), ("", 1), ("Node is not running!\n", 1), "as for all others"),
    ((&[], &["remote_console"]), ("Node is not running!\n", 1), ("", 1), "there is no terminal either"),
];

#[test]
fn a_command_answers_as_relx_s_script_does_on_a_node_that_runs() {
    let node = Twins::live(Starter::Relx, "");
    node.assert_same_answers(LIVE);
}

#[test]
fn a_command_answers_as_relx_s_script_does_on_a_node_that_does_not_run() {
    let node = Twins::dead("");
    for starter in [Starter::Relx, Starter::Boot] {
        let installed = node.of(starter);
        installed.file("bin/greet", GREETING.as_bytes());
        installed.file("bin/fails", b"#!/usr/bin/env escript\nmain(_) -> halt(7).\n");
    }
    node.assert_same_answers(DEAD);
    node.assert_other_answers(DEAD_OTHERWISE);
}

/// relx's is then the shell of a node of its own, and a success.
#[test]
fn a_remote_console_without_a_terminal_is_an_error() {
    let node = Twins::live(Starter::Boot, "");
    let (out, code) = node.answer(Starter::Relx, (&[], &["remote_console"]));
    assert!(code == Some(0) && out.contains("(nonode@nohost)"), "{out}");
    assert_eq!(node.answer(Starter::Boot, (&[], &["remote_console"])), (String::new(), Some(1)));
}

#[test]
fn every_command_of_relx_s_script_is_there() {
    let twins = Twins::dead("");
    let help = twins.asked(Starter::Relx, &["help"]).out;
    let (_, commands) = help.split_once("Commands:\n").expect("a list");
    let commands = commands.lines().filter_map(|line| line.split_whitespace().next());
    let commands: BTreeSet<&str> = commands.filter(|word| *word != "undefined").chain(ALIASES).collect();
    assert!(commands.len() > 25 && commands.contains("remsh") && commands.contains("versions"), "{help}");
    let is_unknown = |command: &&str| {
        // What starts something needs a file that is not there.
        let mut asked = twins.command(Starter::Boot, &[command]);
        said(asked.env("VMARGS_PATH", "/nowhere")).err.contains("unknown command")
    };
    assert!(is_unknown(&"no_such"));
    assert_eq!(commands.into_iter().filter(is_unknown).collect::<Vec<_>>(), [""; 0]);
}

/// Words, the exit codes of relx's script and of erlrel-boot, and whether this one says something on standard output.
const NO_COMMAND: [(&[&str], i32, i32, bool); 8] = [
    // It was asked for.
    (&["help"], 1, 0, true),
    (&["--help"], 1, 0, true),
    (&["-h"], 1, 0, true),
    (&["help", "rpc"], 0, 0, true),
    // Of an error nobody wants to read the output.
    (&[], 1, 1, false),
    (&["no_such"], 1, 1, false),
    (&["Ping"], 1, 1, false),
    (&["--relx-disable-hooks"], 1, 1, false),
];

#[test]
fn help_is_a_success_and_what_is_no_command_is_an_error() {
    let twins = Twins::dead("");
    for (words, by_relx, by_boot, is_output) in NO_COMMAND {
        let [relx, boot] = [Starter::Relx, Starter::Boot].map(|starter| twins.asked(starter, words));
        assert_eq!((relx.code, boot.code), (Some(by_relx), Some(by_boot)), "{words:?}");
        assert!(relx.out.starts_with("Usage: depot "), "{words:?} {relx:?}");
        let Said { out, err, .. } = boot;
        let usage = if is_output { out.starts_with("Usage: depot ") } else { out.is_empty() };
        assert!(usage && err.is_empty() == is_output, "{words:?} {out}{err}");
    }
}
