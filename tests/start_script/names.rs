//! The node's name and cookie, read from vm.args and what it includes: relx's extended_start_script_tests.

use super::installation::{Installation, said, with_each_shell};

#[test]
fn an_arguments_file_that_includes_itself_is_refused() {
    with_each_shell(|depot| {
        depot.vm_args("-args_file a.args");
        depot.file("a.args", "-args_file b.args\n");
        depot.file("b.args", "-args_file a.args\n");
        let message = depot.run(&["daemon"]).failed(5);
        assert!(message.contains("a.args includes itself"), "{message}");
    });
}

#[test]
fn an_arguments_file_that_cannot_be_read_is_refused() {
    with_each_shell(|depot| {
        depot.vm_args("-args_file secret.args");
        depot.file("secret.args", "+spp true\n");
        forbid_reading(&depot.root.join("secret.args"));
        let message = said(&mut depot.without_root_s_rights(&["ping"])).failed(3);
        assert!(message.contains("cannot read secret.args, which"), "{message}");
        forbid_reading(&depot.root.join("releases/0.1.0/vm.args"));
        let message = said(&mut depot.without_root_s_rights(&["ping"])).failed(3);
        assert!(message.ends_with("/vm.args\n"), "{message}");
        depot.vm_args("");
    });
}

fn forbid_reading(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o0)).expect("changed");
}

/// As in relx's script today; its test still expects exit code 3.
#[test]
fn an_arguments_file_that_is_not_there_is_the_virtual_machine_s_to_report() {
    with_each_shell(|depot| {
        depot.vm_args("-args_file missing.args");
        assert!(depot.run(&["ping"]).failed(1).contains("not running"));
        let message = depot.run(&["foreground"]).failed(1);
        assert!(message.contains("missing.args"), "{message}");
    });
}

#[test]
fn a_node_has_one_name_or_none() {
    with_each_shell(|depot| {
        depot.vm_args("-name other@127.0.0.1");
        assert!(depot.run(&["ping"]).failed(2).contains("two names"));
        depot.file("releases/0.1.0/vm.args", "-setcookie depot\n");
        assert!(depot.run(&["ping"]).failed(1).contains("no name (-sname or -name)"));
        let mut foreground = depot.command(&["foreground", "-eval", "io:format(\"~p\", [node()]), halt()."]);
        assert_eq!(said(&mut foreground).done(), "nonode@nohost", "relx's script needs a name");
        std::fs::remove_file(depot.root.join("releases/0.1.0/vm.args")).expect("removed");
        assert_eq!(said(&mut foreground).done(), "nonode@nohost", "as with vm_args false");
    });
}

/// relx starts a virtual machine to learn it.
#[test]
fn a_name_without_a_host_gets_that_of_the_machine() {
    with_each_shell(|depot| {
        let short = depot.node.split('@').next().expect("a name").to_string();
        depot.file("releases/0.1.0/vm.args", &format!("-sname {short}\n-setcookie depot\n"));
        depot.says(&["daemon"]);
        assert_eq!(
            depot.says(&["bar"]),
            format!("{{bar, depot, '{}', depot, }}.\n", depot.says(&["rpc", "erlang", "node"]).trim())
        );
        depot.says(&["stop"]);
    });
}

#[test]
fn a_whole_name_works_as_a_short_one() {
    with_each_shell(|depot| {
        let name = depot.node.replace("@localhost", "@127.0.0.1");
        depot.file("releases/0.1.0/vm.args", &format!("-name {name}\n-setcookie depot\n"));
        depot.says(&["daemon"]);
        assert_eq!(depot.says(&["rpc", "erlang", "node"]), format!("'{name}'\n"));
        assert_eq!(
            depot.says_with(&[("USE_NODETOOL", "1")], &["rpc", "erlang", "node"]),
            format!("'{name}'\n")
        );
    });
}

#[test]
fn the_cookie_comes_from_relx_cookie_vm_args_the_home_directory_or_cookie() {
    with_each_shell(|depot| {
        let ping =
            |environment: &[(&str, &str)]| said(depot.command(&["ping"]).envs(environment.iter().copied()));
        depot.says(&["daemon"]);
        assert_eq!(ping(&[("RELX_COOKIE", "depot")]).done(), "pong\n");
        assert!(
            ping(&[("RELX_COOKIE", "other")]).failed(1).contains("not running"),
            "it comes before vm.args"
        );
        assert_eq!(ping(&[("COOKIE", "other")]).done(), "pong\n", "vm.args comes before it");
        depot.file("releases/0.1.0/vm.args", &format!("-sname {}\n", depot.node));
        assert!(ping(&[]).failed(1).contains("no cookie"));
        assert_eq!(ping(&[("COOKIE", "depot")]).done(), "pong\n");
        let home = depot.root.join("home");
        cookie_file(&depot, "depot");
        assert_eq!(ping(&[("HOME", home.to_str().expect("UTF-8")), ("COOKIE", "other")]).done(), "pong\n");
        depot.vm_args("");
    });
}

fn cookie_file(depot: &Installation, cookie: &str) {
    use std::os::unix::fs::PermissionsExt;
    depot.file("home/.erlang.cookie", cookie);
    let path = depot.root.join("home/.erlang.cookie");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o400)).expect("private");
}
