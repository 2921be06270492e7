//! Where sys.config and vm.args come from, and where they go: relx's dev_replace_os_vars_tests, replace_src_vars_tests
//! and vm_args_inclusion_tests. What stands in for a variable is in `rendering`.

use std::os::unix::fs::symlink;

use super::installation::{Installation, with_each_shell};

const VAR1: [&str; 2] = ["eval", "{ok, V} = application:get_env(depot, var1), V."];

fn var1(depot: &Installation) -> String {
    depot.says(&VAR1)
}

#[test]
fn relx_replace_os_vars_renders_plain_files_and_keeps_the_originals() {
    with_each_shell(|depot| {
        depot.says_with(&[("RELX_REPLACE_OS_VARS", "1"), ("VAR1", "101")], &["daemon"]);
        assert_eq!(var1(&depot), "\"101\"\n");
        assert!(depot.read("releases/0.1.0/sys.config.orig").contains("${VAR1}"));
        depot.says(&["stop"]);
        depot.says_with(&[("RELX_REPLACE_OS_VARS", "1"), ("VAR1", "102")], &["daemon"]);
        assert_eq!(var1(&depot), "\"102\"\n");
        depot.says(&["stop"]);
        depot.says_with(&[("VAR1", "201")], &["daemon"]);
        assert_eq!(var1(&depot), "\"${VAR1}\"\n", "without the variable the original is back");
        depot.says(&["stop"]);
    });
}

/// relx writes through the link, into the project's own file.
#[test]
fn in_a_release_for_development_the_project_s_own_files_stay_as_they_are() {
    with_each_shell(|depot| {
        let own = depot.root.join("project.config");
        let text = depot.read("releases/0.1.0/sys.config");
        std::fs::write(&own, &text).expect("written");
        let link = depot.root.join("releases/0.1.0/sys.config");
        std::fs::remove_file(&link).expect("removed");
        symlink(&own, &link).expect("linked");
        depot.says_with(&[("RELX_REPLACE_OS_VARS", "1"), ("VAR1", "101")], &["daemon"]);
        assert_eq!(var1(&depot), "\"101\"\n");
        assert_eq!(depot.read("releases/0.1.0/sys.config.orig"), text);
        assert_eq!(depot.read("project.config"), text);
    });
}

#[test]
fn src_files_are_rendered_into_relx_out_file_path() {
    with_each_shell(|depot| {
        for name in ["sys.config", "vm.args"] {
            std::fs::remove_file(depot.root.join("releases/0.1.0").join(name)).expect("removed");
        }
        let (node, host) = depot.node.split_once('@').expect("a whole name");
        depot.file("releases/0.1.0/sys.config.src", "[{depot, [{var1, ${VAR1:-888}}]}].");
        depot.file(
            "releases/0.1.0/vm.args.src",
            &format!("-sname ${{NODENAME}}@{host}\n-setcookie ${{COOKIE}}"),
        );
        let out = depot.root.join("out");
        std::fs::create_dir(&out).expect("created");
        let node = [("NODENAME", node), ("COOKIE", "cookie1")];
        let place = ("RELX_OUT_FILE_PATH", out.to_str().expect("UTF-8"));
        depot.says_with(&[node[0], node[1], place, ("VAR1", "101")], &["daemon"]);
        assert_eq!(depot.read("out/sys.config"), "[{depot, [{var1, 101}]}].\n");
        assert!(!depot.root.join("releases/0.1.0/sys.config").exists());
        assert_eq!(depot.says_with(&node, &VAR1), "101\n");
        assert_eq!(depot.says_with(&node, &["eval", "erlang:get_cookie()."]), "cookie1\n");
        depot.says_with(&node, &["stop"]);
        depot.says_with(&node, &["daemon"]);
        assert_eq!(depot.says_with(&node, &VAR1), "888\n");
        assert_eq!(depot.read("releases/0.1.0/sys.config"), "[{depot, [{var1, 888}]}].\n");
        assert!(
            super::installation::said(depot.command(&["stop"]).envs([("NODENAME", "nobody"), node[1]]))
                .failed(1)
                .contains("not running")
        );
        depot.says_with(&node, &["stop"]);
        depot.file("releases/0.1.0/vm.args", &format!("-sname {}\n-setcookie cookie1\n", depot.node));
    });
}

/// relx renders beside the source then, without a word.
#[test]
fn a_place_that_cannot_be_written_is_an_error() {
    with_each_shell(|depot| {
        depot.file("releases/0.1.0/sys.config.src", "[].\n");
        let nowhere = depot.root.join("nowhere");
        let mut command = depot.command(&["foreground"]);
        let said = super::installation::said(command.env("RELX_OUT_FILE_PATH", &nowhere)).failed(1);
        assert!(said.contains(&format!("cannot write {}/sys.config", nowhere.display())), "{said}");
        assert!(said.contains("let RELX_OUT_FILE_PATH name a writable directory"), "{said}");
    });
}

#[test]
fn with_relx_multi_node_rendered_files_have_the_node_in_their_name() {
    with_each_shell(|depot| {
        depot.file("releases/0.1.0/sys.config.src", "[{depot, [{var1, ${VAR1:-1}}]}].");
        depot.says_with(&[("RELX_MULTI_NODE", "1"), ("VAR1", "7")], &["daemon"]);
        assert_eq!(
            depot.read(&format!("releases/0.1.0/sys.{}.config", depot.node)),
            "[{depot, [{var1, 7}]}].\n"
        );
        assert!(!depot.root.join("releases/0.1.0/sys..config").exists());
        assert_eq!(var1(&depot), "7\n");
    });
}

#[test]
fn files_that_the_configuration_includes_are_not_rendered() {
    with_each_shell(|depot| {
        depot.file(
            "releases/0.1.0/sys.config",
            "[{depot, [{var1, \"${VAR1}\"}]}, \"releases/0.1.0/more.config\"].",
        );
        depot.file("releases/0.1.0/more.config", "[{depot, [{var2, \"${VAR1}\"}]}].");
        depot.says_with(&[("RELX_REPLACE_OS_VARS", "1"), ("VAR1", "101")], &["daemon"]);
        assert_eq!(var1(&depot), "\"101\"\n");
        assert_eq!(depot.says(&["rpc", "application", "get_env", "[depot, var2, no]"]), "\"${VAR1}\"\n");
    });
}

/// relx's vm_args_inclusion_tests: the path is relative to the release.
#[test]
fn arguments_come_from_included_files_too() {
    with_each_shell(|depot| {
        depot.vm_args("-args_file releases/0.1.0/more.args");
        depot.file("releases/0.1.0/more.args", "+spp true\n");
        depot.says(&["daemon"]);
        assert_eq!(depot.says(&["eval", "erlang:system_info(port_parallelism)."]), "true\n");
    });
}

#[test]
fn other_files_are_named_by_vmargs_path_and_relx_config_path() {
    with_each_shell(|depot| {
        let other = depot.node.replace("depot", "other");
        depot.file("else/vm.args", &format!("-sname {other}\n-setcookie depot\n"));
        depot.file("else/sys.config", "[{depot, [{var1, elsewhere}]}].");
        let mut command = depot.command(&["daemon"]);
        command
            .current_dir(&depot.root)
            .env("VMARGS_PATH", "else/vm.args")
            .env("RELX_CONFIG_PATH", "else/sys.config");
        super::installation::said(&mut command).done();
        let path = depot.root.join("else/vm.args");
        let there = [("VMARGS_PATH", path.to_str().expect("UTF-8"))];
        assert_eq!(depot.says_with(&there, &["rpc", "erlang", "node"]), format!("{other}\n"));
        assert_eq!(depot.says_with(&there, &VAR1), "elsewhere\n");
        depot.says_with(&there, &["stop"]);
        let said =
            super::installation::said(depot.command(&["foreground"]).env("RELX_CONFIG_PATH", "/no/such"));
        assert_eq!(said.failed(1), "depot: error: the configuration file /no/such does not exist\n");
        depot.file("sys.config", "[{depot, [{var1, root}]}].");
        depot.says(&["daemon"]);
        assert_eq!(var1(&depot), "root\n", "a file in the release's root comes before the one in releases");
    });
}
