//! Hooks that a shell reads, and those that the program does by itself.

use crate::start_script::installation::{Installation, Shell, said};

/// Prints something that only the node knows, and ends it.
fn printing(expression: &str) -> String {
    format!("io:format(\"~0p~n\", [{expression}]), halt().")
}

fn list(depot: &Installation, lines: &[&str]) {
    let text: String = lines.iter().map(|line| line.replace(' ', "\t") + "\n").collect();
    depot.file("releases/0.1.0/hooks_and_extensions", &text);
}

#[test]
fn what_a_hook_exports_reaches_the_virtual_machine_and_what_calls_it_does_not() {
    let depot = Installation::new(Shell::None);
    depot.file("bin/hooks/pre_start", "export DATABASE=\"it's here\"\nsecret=no\nexport HOME=/elsewhere\n");
    let print = printing(
        "{[os:getenv(V, none) || V <- [\"DATABASE\", \"HOME\", \"secret\", \"COOKIE\"]], init:get_plain_arguments()}",
    );
    let out = depot.says(&["foreground", "a b", "-eval", &print]);
    assert_eq!(out, "{[\"it's here\",\"/elsewhere\",none,none],[\"foreground\",\"a b\"]}\n");
}

#[test]
fn the_configuration_is_the_same_with_hooks_as_without() {
    let depot = Installation::new(Shell::None);
    std::fs::remove_file(depot.root.join("releases/0.1.0/vm.args")).expect("removed");
    let (name, host) = depot.node.split_once('@').expect("a host");
    let text = format!("-sname ${{NAME:-{name}}}@{host}\n-setcookie ${{COOKIE:-depot}}\n");
    depot.file("etc/vm.args.src", &text);
    let print = printing("{node(), erlang:get_cookie(), os:getenv(\"NAME\"), os:getenv(\"COOKIE\")}");
    for variables in [&[][..], &[("NAME", name), ("COOKIE", "given")]] {
        let run = |more: &[&str]| {
            let mut command = depot.command(&[&["foreground", "-eval", &print], more].concat());
            // It is relative to where the command is given, which is not where the VM runs.
            command.current_dir(depot.root.join("etc")).env("VMARGS_PATH", "vm.args");
            said(command.envs(variables.iter().copied())).done()
        };
        let with_hooks = run(&[]);
        assert!(depot.read("order").starts_with("{pre_start,"), "the hook has run");
        assert_eq!(with_hooks, run(&["--relx-disable-hooks"]));
        assert!(with_hooks.starts_with(&format!("{{{},", depot.node)), "{with_hooks}");
    }
}

/// In relx's script the configuration is rendered before.
#[test]
fn what_a_hook_exports_is_there_for_the_configuration() {
    let depot = Installation::new(Shell::None);
    depot.file("releases/0.1.0/sys.config.src", "[{depot, [{var1, ${PORT}}]}].\n");
    let start = ["foreground", "-eval", &printing("application:get_env(depot, var1)")];
    depot.run(&start).failed(1);
    depot.file("bin/hooks/pre_start", "export PORT=$(echo 4433)\n");
    assert_eq!(depot.says(&start), "{ok,4433}\n");
    assert_eq!(depot.says_with(&[("ERLREL_STRICT_ENV", "1")], &start), "{ok,4433}\n");
}

#[test]
fn no_process_shows_the_cookie_while_a_hook_runs() {
    let depot = Installation::new(Shell::None);
    depot.vm_args("-setcookie s3cret");
    depot.file("releases/0.1.0/vm.args", &format!("-sname {}\n-setcookie s3cret\n", depot.node));
    depot.file("bin/hooks/pre_start", "echo \"$COOKIE\"; tr '\\0' ' ' </proc/$$/cmdline; exit 3\n");
    let out = depot.run(&["foreground"]).failed(3);
    assert!(out.starts_with("s3cret\n") && out.contains("hooks/pre_start"), "{out}");
    assert_eq!(out.matches("s3cret").count(), 1, "{out}");
}

/// As in relx, whose script reads the hooks itself.
#[test]
fn a_hook_that_exits_ends_the_command() {
    let depot = Installation::new(Shell::None);
    depot.file("bin/hooks/pre_start", "echo instead; exit 0\n");
    assert_eq!(depot.says(&["foreground"]), "instead\n");
    depot.file("bin/hooks/pre_start", "");
    depot.file("bin/hooks/post_start", "exit 9\n");
    assert_eq!(depot.run(&["daemon"]).failed(9), "");
    depot.file("bin/hooks/pre_stop", "exit 8\n");
    assert_eq!(depot.run(&["stop"]).failed(8), "");
    assert_eq!(depot.says(&["ping"]), "pong\n", "the node was not asked");
    depot.says(&["stop", "--relx-disable-hooks"]);
}

/// relx runs none of several.
#[test]
fn the_built_in_status_hook_shows_what_runs_and_hooks_of_both_kinds_keep_their_order() {
    let depot = Installation::new(Shell::None);
    let status = ["status custom hooks/first", "status builtin_status", "status custom hooks/status last"];
    list(&depot, &[&["post_start wait_for_process depot_sup"], &status[..]].concat());
    depot.file("bin/hooks/first", "echo first; export FIRST=yes\n");
    depot.file("bin/hooks/status", "echo \"$1 $(erl_eval 'node().')\"\n");
    depot.says(&["daemon"]);
    let status = depot.says(&["status"]);
    assert!(status.starts_with("first\n["), "{status}");
    assert!(status.contains("{depot, \"Is started\", \"0.1.0\"}"), "{status}");
    assert!(status.ends_with(&format!("]\nlast {}\n", depot.node)), "{status}");
}

/// relx waits for ever.
#[test]
fn built_in_hooks_that_wait_give_up_when_the_node_is_gone() {
    let depot = Installation::new(Shell::None);
    for hook in ["wait_for_vm_start", "wait_for_process depot_sup", "pid gone.pid"] {
        list(&depot, &[&format!("post_stop {hook}")]);
        depot.says(&["daemon"]);
        let said = said(depot.command(&["stop"]).env("RELX_RPC_TIMEOUT", "1"));
        assert!(said.err.contains(&depot.node), "{hook}: {}", said.err);
        said.failed(1);
    }
    assert!(!depot.root.join("gone.pid").exists());
}

#[test]
fn a_process_id_that_cannot_be_written_is_an_error_with_its_path() {
    let depot = Installation::new(Shell::None);
    list(&depot, &["post_start pid no/such/$REL_NAME.pid"]);
    let said = depot.run(&["daemon"]).failed(1);
    let path = depot.root.join("no/such/depot.pid");
    assert!(said.contains(&format!("cannot write the process id to {}", path.display())), "{said}");
    assert_eq!(depot.says(&["ping"]), "pong\n", "the node runs");
}

#[test]
fn hooks_before_an_upgrade_wait_for_a_version_and_a_node() {
    let depot = Installation::new(Shell::None);
    assert!(depot.run(&["upgrade"]).failed(1).starts_with("Missing version argument\n"));
    assert!(depot.run(&["upgrade", "9"]).failed(1).starts_with("Node is not running!\n"));
    assert!(!depot.root.join("order").exists());
    depot.says(&["daemon", "--relx-disable-hooks"]);
    assert!(depot.run(&["upgrade", "9"]).failed(2).contains("release_package_not_found"));
    assert!(depot.read("order").starts_with("{pre_install_upgrade,"), "{}", depot.read("order"));
    assert!(!depot.read("order").contains("post_install_upgrade"), "it has failed");
}
