//! relx's options for start scripts: what they put into `bin/`, and what is said about those that are wrong.

use erlrel_core::release::{Form, warnings_of_form};

use crate::fixture::{Fixture, text};

fn with(options: &str) -> Fixture {
    Fixture::new(&format!("{{relx, [{{release, {{shop, \"1.0\"}}, [shop]}},\n        {options}]}}."))
}

fn hooks(phases: &str) -> Fixture {
    with(&format!("{{extended_start_script_hooks, {phases}}}"))
}

fn programs(fixture: &Fixture) -> Vec<String> {
    let mut paths = fixture.paths(Form::Tarball, "bin/");
    paths.retain(|path| path.starts_with("bin/") && !path.ends_with(".boot") && !path.ends_with('/'));
    paths
}

fn warnings(fixture: &Fixture) -> String {
    let spec = fixture.load().expect("a release").spec;
    spec.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

const SCRIPTS: [&str; 2] = ["bin/shop", "bin/shop-1.0"];

#[test]
fn a_release_has_a_start_script_under_two_names_unless_told_otherwise() {
    assert_eq!(programs(&with("{mode, prod}")), SCRIPTS);
    assert_eq!(programs(&with("{include_start_scripts_for, [unix]}")), SCRIPTS);
    assert_eq!(programs(&with("{include_nodetool, true}")), SCRIPTS, "the script does without nodetool");
    let none = "{generate_start_script, false}, {include_start_scripts_for, [unix]}, \
                {extended_start_script_hooks, [{post_start, [pid]}]}";
    assert_eq!(programs(&with(none)), [""; 0], "it wins, and there is nothing to have hooks");
}

#[test]
fn scripts_for_other_systems_are_a_warning() {
    let fixture = with("{include_start_scripts_for, [unix, powershell]}");
    assert_eq!(programs(&fixture), SCRIPTS);
    insta::assert_snapshot!(warnings(&fixture), @r"
    rebar.config:2:44: erlrel makes releases for Linux, and writes no start script for powershell
      |
    2 |         {include_start_scripts_for, [unix, powershell]}]}.
      |                                            ^^^^^^^^^^
    ");
    let fixture = with("{include_start_scripts_for, [win32]}");
    assert_eq!(programs(&fixture), [""; 0]);
    assert!(warnings(&fixture).contains("no start script for win32"));
}

#[test]
fn the_minimal_script_starts_the_virtual_machine_and_has_no_commands() {
    let fixture =
        with("{extended_start_script, false}, {extended_start_script_hooks, [{post_start, [pid]}]}");
    assert_eq!(programs(&fixture), SCRIPTS);
    let script = text(&fixture.tree(Form::Tarball).expect("a release"), "bin/shop");
    assert!(script.contains("exec \"$BINDIR/erlexec\"") && !script.contains("erl_call"), "{script}");
}

#[test]
fn built_in_hooks_that_are_used_are_in_the_release() {
    let fixture = hooks(
        "[{post_start, [wait_for_vm_start, {pid, \"x.pid\"}, {wait_for_process, shop}]}, {status, [builtin_status]}]",
    );
    let builtin = ["pid", "status", "wait_for_process", "wait_for_vm_start"];
    let builtin = builtin.map(|name| format!("bin/hooks/builtin/{name}"));
    assert_eq!(programs(&fixture), [&builtin[..], &SCRIPTS.map(String::from)].concat());
    assert_eq!(programs(&hooks("[{post_start, [pid]}]"))[0], "bin/hooks/builtin/pid");
}

#[test]
fn the_phase_status_may_have_any_built_in_hook() {
    let builtin = ["pid", "wait_for_process", "wait_for_vm_start"];
    let builtin = builtin.map(|name| format!("bin/hooks/builtin/{name}"));
    let any = hooks("[{status, [pid, wait_for_vm_start, {wait_for_process, shop}]}]");
    assert_eq!(programs(&any), [&builtin[..], &SCRIPTS.map(String::from)].concat());
    assert_eq!(warnings(&any), "");
    assert_eq!(programs(&hooks("[{post_start, [builtin_status]}]")), SCRIPTS, "that one has no other phase");
}

#[test]
fn hooks_and_extensions_are_functions_in_the_script() {
    let fixture = with(
        "{extended_start_script_hooks, [{post_start, [{custom, \"hooks/a b|one|$NAME\"}, pid, {pid, \"\\\"`x\"}]}, {post_stop, []}]},
         {extended_start_script_extensions, [{ext, \"ext/a\"}, {'od\\'d', \"b\"}, {ext, \"ext/c\"}]}",
    );
    let script = text(&fixture.tree(Form::Tarball).expect("a release"), "bin/shop");
    let begin = script.find("REL_NAME=").expect("its name");
    let end = script.find("\n# Where standard error is closed").expect("the first common lines");
    insta::assert_snapshot!(script[begin..end], @r#"
    REL_NAME='shop' REL_VSN='1.0' ERTS_VSN='13.1.5'

    _extension='' _extensions='od'\''d ext'
    # Sets _extension to the file that does a command.
    extension_of() {
        case $1 in
            'od'\''d') _extension="b" ;;
            'ext') _extension="ext/c" ;;
            *) return 1 ;;
        esac
    }

    # The hooks of a phase.
    hooks_of() {
        case $1 in
            post_start)
                hook "hooks/a b" "one" "$NAME"
                hook "hooks/builtin/pid"
                hook "hooks/builtin/pid" "\"\`x"
                ;;
            post_stop)
                ;;
            *) ;;
        esac
    }
    "#);
}

#[test]
fn hooks_and_extensions_are_lines_for_the_start_program_of_an_image() {
    let fixture = with(
        "{extended_start_script_hooks, [{pre_start, []}, {post_start, [{custom, \"hooks/a b|one||$NAME\"}, pid,
            {pid, \"a\\tb\\n\\\\c\"}, wait_for_vm_start, {wait_for_process, shop}]}, {status, [builtin_status]}]},
         {extended_start_script_extensions, [{ext, \"ext/a\"}]}",
    );
    let tree = fixture.tree(Form::Image).expect("a release");
    insta::assert_snapshot!(text(&tree, "releases/1.0/hooks_and_extensions").replace('\t', " ⇥ "), @r"
    post_start ⇥ custom ⇥ hooks/a b ⇥ one ⇥  ⇥ $NAME
    post_start ⇥ pid
    post_start ⇥ pid ⇥ a\tb\n\\c
    post_start ⇥ wait_for_vm_start
    post_start ⇥ wait_for_process ⇥ shop
    status ⇥ builtin_status
    extension ⇥ ext ⇥ ext/a
    ");
    assert!(tree.get("bin/hooks").is_none(), "the program does by itself what the built-in hooks do");
    let none = hooks("[{pre_start, []}]").tree(Form::Image).expect("a release");
    assert!(none.get("releases/1.0/hooks_and_extensions").is_none());
}

#[test]
fn hooks_of_another_form_are_shown_under_a_caret() {
    insta::assert_snapshot!(hooks("[{before_start, []}]").error(), @r"
    rebar.config:2:41: there is no such phase; relx has pre_start, post_start, pre_stop, post_stop, pre_install_upgrade, post_install_upgrade, status
      |
    2 |         {extended_start_script_hooks, [{before_start, []}]}]}.
      |                                         ^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(hooks("[{pre_start, [\"hooks/a\"]}]").error(), @r#"
    rebar.config:2:53: expected a hook: `{custom, Path}`, `pid`, `{pid, Path}`, `wait_for_vm_start`, `{wait_for_process, Name}` or `builtin_status`
      |
    2 |         {extended_start_script_hooks, [{pre_start, ["hooks/a"]}]}]}.
      |                                                     ^^^^^^^^^
    "#);
    insta::assert_snapshot!(hooks("[{pre_start, pid}]").error(), @r"
    rebar.config:2:52: expected `[{Phase, [Hook, …]}, …]`
      |
    2 |         {extended_start_script_hooks, [{pre_start, pid}]}]}.
      |                                                    ^^^
    ");
    insta::assert_snapshot!(with("{extended_start_script_extensions, [{foo, 1}]}").error(), @r#"
    rebar.config:2:51: expected `[{Name, "path below bin"}, …]`
      |
    2 |         {extended_start_script_extensions, [{foo, 1}]}]}.
      |                                                   ^
    "#);
    insta::assert_snapshot!(with("{include_start_scripts_for, [linux]}").error(), @r"
    rebar.config:2:38: expected a list of `unix`, `win32` and `powershell`
      |
    2 |         {include_start_scripts_for, [linux]}]}.
      |                                      ^^^^^
    ");
    for option in ["generate_start_script", "extended_start_script", "include_nodetool"] {
        let error = with(&format!("{{{option}, yes}}")).error();
        assert!(error.contains(&format!("`{option}` must be true or false")), "{error}");
    }
}

#[test]
fn hooks_and_extensions_that_never_run_are_a_warning() {
    insta::assert_snapshot!(warnings(&hooks("[{pre_start, [wait_for_vm_start]}]")), @r"
    rebar.config:2:53: this hook does nothing in the phase `pre_start`, and is left out
      |
    2 |         {extended_start_script_hooks, [{pre_start, [wait_for_vm_start]}]}]}.
      |                                                     ^^^^^^^^^^^^^^^^^
    ");
    assert!(warnings(&hooks("[{status, []}, {status, []}]")).contains("the phase `status` is there twice"));
    let taken = with("{extended_start_script_extensions, [{ping, \"a\"}]}");
    assert!(warnings(&taken).contains("has a command `ping` already; this one is never run"));
}

#[test]
fn a_hook_or_an_extension_that_no_overlay_brings_is_a_warning() {
    let missing = |overlay: &str| {
        let fixture = with(&format!(
            "{{extended_start_script_hooks, [{{pre_stop, [{{custom, \"hooks/a\"}}, {{custom, \"$B\"}}]}}]}},
             {{extended_start_script_extensions, [{{foo, \"foo\"}}]}}, {{overlay, [{overlay}]}}"
        ));
        fixture.file("a", "");
        let release = fixture.load().expect("a release");
        let tree = fixture.tree(Form::Tarball).expect("a release");
        warnings_of_form(&release, &tree, Form::Tarball).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    insta::assert_snapshot!(missing("").join("\n"), @r"
    the release has no `bin/hooks/a`, which a hook of its start script is to run: an overlay must copy it there
    the release has no `bin/foo`, which the extension `foo` of its start script is to run: an overlay must copy it there
    ");
    assert_eq!(missing("{copy, \"a\", \"bin/hooks/a\"}, {copy, \"a\", \"bin/foo\"}"), [""; 0]);
}

#[test]
fn an_image_has_neither_script_nor_hooks() {
    let fixture = hooks("[{post_start, [pid]}]");
    assert_eq!(fixture.paths(Form::Image, "bin/hooks"), [""; 0]);
}
