//! `{extended_start_script, false}`.

use super::installation::{SHELLS, Shell, said};
use super::project::built;
use crate::support::epmd::Epmd;
use crate::support::{copy_dir, temp_dir};

fn run(shell: Shell, arguments: &[&str], prepare: impl Fn(&std::path::Path)) -> super::installation::Said {
    let temp = temp_dir();
    let root = temp.path().join("depot");
    copy_dir(&built().minimal, &root);
    shell.reads(&root.join("bin/depot"));
    prepare(&root.join("releases/0.1.1"));
    let (mut command, epmd) = (std::process::Command::new(root.join("bin/depot")), Epmd::used());
    command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", temp.path());
    said(command.env("ERL_EPMD_PORT", epmd.port()))
}

const PRINT: &str = "io:format(\"~p ~p ~p ~p\", [whereis(depot_sup) =/= undefined, application:get_env(depot, var1), \
                     node(), init:get_plain_arguments()]), halt(6).";

#[test]
fn it_starts_the_virtual_machine_with_the_arguments_that_it_is_given() {
    for shell in SHELLS {
        let arguments = ["-sname", "undefined", "-noinput", "-eval", PRINT, "-extra", "a b", "foreground"];
        let said = run(shell, &arguments, |dir| std::fs::remove_file(dir.join("vm.args")).expect("removed"));
        assert_eq!(said.failed(6), "true {ok,\"${VAR1}\"} nonode@nohost [\"a b\",\"foreground\"]");
        let said = run(shell, &["-noinput", "-eval", PRINT], |dir| {
            std::fs::remove_file(dir.join("vm.args")).expect("removed");
            std::fs::remove_file(dir.join("sys.config")).expect("removed");
        });
        assert_eq!(said.failed(6), "true undefined nonode@nohost []");
    }
}

/// A link that an extended script had moved away, in a release for development.
#[test]
fn it_puts_a_moved_link_back() {
    for shell in SHELLS {
        let said = run(shell, &["-noinput", "-eval", PRINT], |dir| {
            std::fs::remove_file(dir.join("vm.args")).expect("removed");
            std::fs::rename(dir.join("sys.config"), dir.join("sys.config.orig")).expect("renamed");
        });
        assert_eq!(said.failed(6), "true {ok,\"${VAR1}\"} nonode@nohost []");
    }
}

#[test]
fn it_has_neither_hooks_nor_extensions() {
    let names = std::fs::read_dir(built().minimal.join("bin")).expect("listed");
    let names: Vec<_> = names.map(|entry| entry.expect("an entry").file_name()).collect();
    assert!(names.iter().any(|name| name == "depot-0.1.1"), "{names:?}");
    assert!(!built().minimal.join("bin/hooks/builtin").exists());
}
