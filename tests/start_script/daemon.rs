//! A release in the background.

use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use super::installation::{Installation, STARTERS, said, with_each_starter};
use crate::support::terminal::Terminal;
use crate::support::{put_program, tool};

/// relx: `daemon -replace_os_vars_tests baz "\"bat zing\""`.
#[test]
fn a_daemon_gets_its_arguments_as_they_are() {
    with_each_starter(|depot| {
        depot.says(&["daemon", "it's", "a \"b\" $c", "", "-depot", "baz", "\"bat zing\""]);
        assert_eq!(depot.says(&["rpc", "application", "get_env", "[depot, baz, no]"]), "\"bat zing\"\n");
        let arguments = r#"init:get_plain_arguments() =:= ["console", "it's", "a \"b\" $c", ""]."#;
        assert_eq!(depot.says(&["eval", arguments]), "true\n");
        depot.says(&["stop"]);
        depot.says(&["daemon"]);
        assert_eq!(depot.says(&["eval", "init:get_plain_arguments()."]), "[\"console\"]\n");
    });
}

#[test]
fn start_is_an_old_name_of_daemon_and_attach_of_daemon_attach() {
    with_each_starter(|depot| {
        let said = said(&mut depot.command(&["start"]));
        assert_eq!((said.code, said.out.as_str()), (Some(0), ""));
        assert!(said.err.contains("old name of daemon"), "{}", said.err);
        assert_eq!(depot.says(&["ping"]), "pong\n");
        for command in ["daemon_attach", "attach"] {
            let mut terminal = Terminal::start(depot.command(&[command]));
            terminal.shows("Attaching to");
            terminal.types("6 * 7.\r");
            terminal.shows("42");
            assert_eq!(terminal.ends_on("\x04"), Some(0));
        }
        assert_eq!(depot.says(&["ping"]), "pong\n");
    });
}

#[test]
fn daemon_boot_runs_another_boot_file() {
    with_each_starter(|depot| {
        depot.says(&["daemon_boot", "releases/0.1.0/start_clean", "--relx-disable-hooks"]);
        assert_eq!(depot.says(&["eval", "whereis(depot_sup)."]), "undefined\n");
        assert!(depot.run(&["daemon_boot", "no/such"]).failed(1).contains("there is no boot file"));
    });
}

/// relx waits for ever.
#[test]
fn a_daemon_that_ends_while_it_starts_is_an_error() {
    with_each_starter(|depot| {
        depot.vm_args("+S none");
        let message = depot.run(&["daemon"]).failed(1);
        assert!(message.contains("ended while it started"), "{message}");
        assert!(depot.read("log/erlang.log.1").contains("schedulers none"), "the log says why");
    });
}

/// relx is content with the other node's answer.
#[test]
fn a_daemon_whose_name_is_taken_is_an_error() {
    with_each_starter(|depot| {
        depot.says(&["daemon"]);
        let pid = depot.says(&["pid"]);
        assert!(depot.run(&["daemon"]).failed(1).contains("unless another node is called"));
        assert_eq!(depot.says(&["pid"]), pid);
    });
}

#[test]
fn a_daemon_that_does_not_answer_is_an_error_after_the_time_for_an_answer() {
    with_each_starter(|depot| {
        let mut command = depot.command(&["daemon"]);
        let said = said(command.env("RELX_COOKIE", "other").env("RELX_RPC_TIMEOUT", "2"));
        let message = said.failed(1);
        assert!(message.contains("does not answer"), "{message}");
        assert_eq!(depot.says(&["ping"]), "pong\n", "with its own cookie it does");
    });
}

#[test]
fn pipes_and_log_lie_where_pipe_dir_and_runner_log_dir_say() {
    with_each_starter(|depot| {
        let (pipes, log) = (depot.root.join("pipes"), depot.root.join("other log"));
        let places =
            [("PIPE_DIR", pipes.to_str().expect("UTF-8")), ("RUNNER_LOG_DIR", log.to_str().expect("UTF-8"))];
        depot.says_with(&places, &["daemon"]);
        assert!(log.join("erlang.log.1").is_file());
        let names =
            std::fs::read_dir(&pipes).expect("made").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        assert_eq!(names, ["erlang.pipe.1.r", "erlang.pipe.1.w"]);
        let command = format!("'{}/bin/depot' 'daemon' ", depot.root.display());
        assert_eq!(depot.says(&["eval", "os:getenv(\"HEART_COMMAND\")."]), format!("\"{command}\"\n"));
        assert_eq!(depot.says(&["eval", "os:getenv(\"RUN_ERL_DISABLE_FLOWCNTRL\")."]), "\"true\"\n");
        depot.says(&["stop"]);
    });
}

/// A directory that everyone may write in, and a user without rights.
const SHARED: &str = "/tmp/erl_pipes";
const NOBODY: u32 = 65534;

fn share() {
    if std::fs::create_dir(SHARED).is_ok() {
        std::fs::set_permissions(SHARED, PermissionsExt::from_mode(0o1777)).expect("everyone's");
    }
}

/// relx takes any in which it may write.
#[test]
fn a_directory_for_pipes_that_another_user_has_made_is_refused() {
    with_each_starter(|depot| {
        share();
        depot.file("precious", "as it was");
        std::fs::create_dir(depot.pipes()).expect("made");
        std::fs::set_permissions(depot.pipes(), PermissionsExt::from_mode(0o777)).expect("everyone's");
        chown(depot.pipes(), Some(NOBODY), Some(NOBODY)).expect("another's");
        symlink(depot.root.join("precious"), depot.pipes().join(".pid")).expect("linked");
        let message = depot.run(&["daemon"]).failed(1);
        for words in ["belongs to another user", "remove it, or set PIPE_DIR"] {
            assert!(message.contains(words), "{message}");
        }
        assert_eq!(depot.read("precious"), "as it was");
        std::fs::remove_dir_all(depot.pipes()).expect("removed");
        symlink(&depot.root, depot.pipes()).expect("linked");
        assert!(
            depot.run(&["daemon"]).failed(1).contains("belongs to another user"),
            "a link is another's too"
        );
        std::fs::remove_file(depot.pipes()).expect("removed");
    });
}

#[test]
fn a_directory_that_others_can_put_another_in_the_place_of_is_refused() {
    with_each_starter(|depot| {
        share();
        for options in ["uid=65534,mode=1777", "mode=0777"] {
            let message = said(&mut with_shared_directory(&depot, options)).failed(1);
            assert!(
                message.contains("other users may replace what is in /tmp/erl_pipes"),
                "{options}: {message}"
            );
        }
        assert_eq!(said(&mut with_shared_directory(&depot, "mode=0755")).done(), "");
        depot.says(&["stop"]);
    });
}

/// `daemon` where the directory that all share is another one.
fn with_shared_directory(depot: &Installation, options: &str) -> std::process::Command {
    let mut command =
        depot.program(Path::new(tool("unshare", "util-linux").get_program()), &["--mount", "sh", "-c"]);
    command.arg(r#"mount -t tmpfs -o "$1" none /tmp/erl_pipes && exec "$2" daemon"#);
    command.args(["sh", options]).arg(depot.root.join("bin/depot"));
    command
}

#[test]
fn what_somebody_links_in_the_place_of_the_process_id_is_not_written_to() {
    for shell in STARTERS {
        let depot = Installation::unpacked(shell, "depot");
        let run_erl = depot.erts().join("bin/run_erl");
        std::fs::rename(&run_erl, depot.root.join("run_erl")).expect("renamed");
        depot.file("precious", "as it was");
        let (root, pipes) = (depot.root.display(), depot.root.join("pipes"));
        let link = format!("#!/bin/sh\nln -s {root}/precious \"$2.pid\"\nexec {root}/run_erl \"$@\"\n");
        put_program(&run_erl, link);
        said(depot.command(&["daemon"]).env("PIPE_DIR", pipes)).failed(1);
        assert_eq!(depot.read("precious"), "as it was");
    }
}
