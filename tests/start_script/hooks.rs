//! Hooks of the start script: relx's hooks_tests.

use super::installation::{said, with_each_shell, with_each_starter};

fn line(phase: &str, node: &str) -> String {
    format!("{{{phase}, depot, '{node}', depot}}.\n")
}

#[test]
fn hooks_run_in_their_order_and_know_the_node() {
    with_each_starter(|depot| {
        depot.says(&["daemon"]);
        assert_eq!(depot.read("order"), line("pre_start", &depot.node) + &line("post_start", &depot.node));
        assert_eq!(depot.read("depot.pid"), depot.says(&["pid"]), "the built-in hook pid has written it");
        assert_eq!(depot.says(&["status"]), line("status", &depot.node));
        depot.says(&["stop"]);
        let phases = ["pre_start", "post_start", "pre_stop", "post_stop"];
        assert_eq!(depot.read("order"), phases.map(|phase| line(phase, &depot.node)).concat());
    });
}

/// relx waits for ever.
#[test]
fn hooks_that_wait_give_up_when_the_node_is_gone() {
    with_each_shell(|depot| {
        for hook in ["wait_for_vm_start", "wait_for_process depot_sup", "pid gone.pid"] {
            let (file, argument) = hook.split_once(' ').unwrap_or((hook, ""));
            depot.file(
                "bin/extensions/bar",
                &format!("set -- {argument}; . \"$SCRIPT_DIR/hooks/builtin/{file}\"\n"),
            );
            let said = said(depot.command(&["bar"]).env("RELX_RPC_TIMEOUT", "1")).failed(1);
            assert!(said.contains(&format!("{} does not answer", depot.node)), "{hook}: {said}");
        }
        assert!(!depot.root.join("gone.pid").exists());
    });
}

#[test]
fn hooks_can_be_disabled_and_the_word_that_does_it_is_no_argument() {
    with_each_starter(|depot| {
        depot.says(&["daemon", "--relx-disable-hooks", "one"]);
        assert!(!depot.root.join("order").exists());
        assert!(!depot.root.join("depot.pid").exists());
        assert_eq!(depot.says(&["eval", "init:get_plain_arguments()."]), "[\"console\", \"one\"]\n");
        assert_eq!(depot.says(&["status", "--relx-disable-hooks"]), "");
        depot.says(&["stop", "--relx-disable-hooks"]);
        assert!(!depot.root.join("order").exists());
    });
}

#[test]
fn a_hook_that_fails_ends_the_command_and_one_that_is_not_there_is_a_warning() {
    with_each_starter(|depot| {
        depot.file("bin/hooks/pre_start", "echo \"${UNSET}no\"\nfalse\necho never\n");
        assert_eq!(depot.run(&["foreground"]).failed(1), "no\n");
        std::fs::remove_file(depot.root.join("bin/hooks/pre_start")).expect("removed");
        let said = said(&mut depot.command(&["daemon"]));
        assert_eq!(said.code, Some(0));
        let warning = format!(": warning: there is no hook {}/bin/hooks/pre_start\n", depot.root.display());
        assert!(said.err.ends_with(&warning) && said.err.lines().count() == 1, "{}", said.err);
    });
}

#[test]
fn the_built_in_status_hook_shows_what_runs_and_several_hooks_run_one_after_the_other() {
    with_each_shell(|depot| {
        let script = depot.read("bin/depot");
        let one = "            hook \"hooks/status\"\n";
        let two = format!("            hook \"hooks/builtin/status\"\n{one}");
        depot.file("bin/depot", &script.replace(one, &two));
        depot.file(
            "bin/hooks/builtin/status",
            include_str!("../../erlrel-core/src/release/start_script/hooks/status"),
        );
        depot.says(&["daemon"]);
        let status = depot.says(&["status"]);
        assert!(status.contains("{depot, \"Is started\", \"0.1.0\"}"), "{status}");
        assert!(status.ends_with(&line("status", &depot.node)), "{status}");
    });
}
