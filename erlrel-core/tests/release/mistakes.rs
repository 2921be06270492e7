//! Mistakes in what is configured: each is shown under a caret, at the place that has to be changed.

use erlrel_core::release::{Form, warnings_of_form};

use crate::fixture::Fixture;

const LIB: &str = "_build/default/lib";

fn with(options: &str) -> Fixture {
    Fixture::new(&format!("{{relx, [{{release, {{shop, \"1\"}}, [shop]}},\n  {options}]}}."))
}

fn with_goals(goals: &str) -> Fixture {
    Fixture::new(&format!("{{relx, [{{release, {{shop, \"1\"}},\n  {goals}}}]}}."))
}

/// What is wrong with each of these options.
fn errors(options: &[&str]) -> String {
    options.iter().map(|option| with(option).error()).collect::<Vec<_>>().join("\n")
}

fn warnings(fixture: &Fixture) -> String {
    let spec = fixture.load().unwrap_or_else(|error| panic!("{error}")).spec;
    let dir = fixture.root().parent().expect("a parent").display().to_string();
    let warnings: Vec<String> = spec.warnings.iter().map(ToString::to_string).collect();
    warnings.join("\n").replace(&dir, "DIR")
}

#[test]
fn values_of_the_wrong_type_are_shown_for_every_option() {
    insta::assert_snapshot!(errors(&[
        "{dev_mode, yes}",
        "{src_tests, 1}",
        "{overrides, shop}",
        "{sys_config_src, [a]}",
        "{vm_args, true}",
        "{vm_args_src, {a}}",
        "{overlay_vars, 1}",
        "{overlay_vars_values, [a]}",
        "{extended_start_script, 1}",
        "{include_nodetool, no}",
        "{include_start_scripts_for, unix}",
    ]), @r"
    rebar.config:2:14: `dev_mode` must be true or false
      |
    2 |   {dev_mode, yes}]}.
      |              ^^^
    rebar.config:2:15: `src_tests` must be true or false
      |
    2 |   {src_tests, 1}]}.
      |               ^
    rebar.config:2:15: `overrides` must be a list of `{App, Dir}`
      |
    2 |   {overrides, shop}]}.
      |               ^^^^
    rebar.config:2:20: `sys_config_src` must be a path or false
      |
    2 |   {sys_config_src, [a]}]}.
      |                    ^^^
    rebar.config:2:13: `vm_args` must be a path or false
      |
    2 |   {vm_args, true}]}.
      |             ^^^^
    rebar.config:2:17: `vm_args_src` must be a path; leave it out, or set `vm_args` to false, to have none
      |
    2 |   {vm_args_src, {a}}]}.
      |                 ^^^
    rebar.config:2:18: `overlay_vars` must be a file name or a list of file names and `{Name, Value}`
      |
    2 |   {overlay_vars, 1}]}.
      |                  ^
    rebar.config:2:26: `overlay_vars_values` must be a list of `{Name, Value}`
      |
    2 |   {overlay_vars_values, [a]}]}.
      |                          ^
    rebar.config:2:27: `extended_start_script` must be true or false
      |
    2 |   {extended_start_script, 1}]}.
      |                           ^
    rebar.config:2:22: `include_nodetool` must be true or false
      |
    2 |   {include_nodetool, no}]}.
      |                      ^^
    rebar.config:2:31: expected a list of `unix`, `win32` and `powershell`
      |
    2 |   {include_start_scripts_for, unix}]}.
      |                               ^^^^
    ");
}

#[test]
fn a_path_that_is_empty_does_not_stand_for_the_project_s_folder() {
    insta::assert_snapshot!(errors(&[
        "{include_erts, \"\"}",
        "{system_libs, \"\"}",
        "{root_dir, \"\"}",
        "{lib_dirs, [\"\"]}",
    ]), @r#"
    rebar.config:2:18: `include_erts` must be true, false or the path of an Erlang installation
      |
    2 |   {include_erts, ""}]}.
      |                  ^^
    rebar.config:2:17: `system_libs` must be true, false or a directory
      |
    2 |   {system_libs, ""}]}.
      |                 ^^
    rebar.config:2:14: `root_dir` must be the path of a directory
      |
    2 |   {root_dir, ""}]}.
      |              ^^
    rebar.config:2:15: `lib_dirs` must be a list of directories
      |
    2 |   {lib_dirs, [""]}]}.
      |               ^^
    "#);
    assert_eq!(warnings(&with("{lib_dirs, \"\"}")), "", "the empty list is none");
}

/// relx crashes.
#[test]
fn lib_dirs_are_a_list_even_if_there_is_one() {
    insta::assert_snapshot!(errors(&["{lib_dirs, \"more\"}"]), @r#"
    rebar.config:2:14: `lib_dirs` must be a list of directories
      |
    2 |   {lib_dirs, "more"}]}.
      |              ^^^^^^
    "#);
}

#[test]
fn a_known_option_with_no_value_or_two_is_a_warning() {
    insta::assert_snapshot!(warnings(&with("{mode}, {mode, prod, x}, dev_mode, {include_nodetool}, {prod}, 1")), @r"
    rebar.config:2:3: `mode` takes one value: `{mode, VALUE}`; as it is, it is ignored
      |
    2 |   {mode}, {mode, prod, x}, dev_mode, {include_nodetool}, {prod}, 1]}.
      |   ^^^^^^
    rebar.config:2:11: `mode` takes one value: `{mode, VALUE}`; as it is, it is ignored
      |
    2 |   {mode}, {mode, prod, x}, dev_mode, {include_nodetool}, {prod}, 1]}.
      |           ^^^^^^^^^^^^^^^
    rebar.config:2:28: `dev_mode` takes one value: `{dev_mode, VALUE}`; as it is, it is ignored
      |
    2 |   {mode}, {mode, prod, x}, dev_mode, {include_nodetool}, {prod}, 1]}.
      |                            ^^^^^^^^
    rebar.config:2:38: `include_nodetool` takes one value: `{include_nodetool, VALUE}`; as it is, it is ignored
      |
    2 |   {mode}, {mode, prod, x}, dev_mode, {include_nodetool}, {prod}, 1]}.
      |                                      ^^^^^^^^^^^^^^^^^^
    rebar.config:2:58: relx has no such option; it is ignored
      |
    2 |   {mode}, {mode, prod, x}, dev_mode, {include_nodetool}, {prod}, 1]}.
      |                                                          ^^^^^^
    rebar.config:2:66: relx has no such option; it is ignored
      |
    2 |   {mode}, {mode, prod, x}, dev_mode, {include_nodetool}, {prod}, 1]}.
      |                                                                  ^
    ");
}

#[test]
fn no_option_of_relx_is_taken_for_an_unknown_one() {
    let names = "check_for_undefined_functions debug_info dev_mode exclude_apps exclude_modules exref \
                 extended_start_script extended_start_script_extensions extended_start_script_hooks \
                 generate_start_script include_erts include_nodetool include_src include_start_scripts_for lib_dirs \
                 mode output_dir overlay overlay_vars overlay_vars_values overrides root_dir src_tests sys_config \
                 sys_config_src system_libs upfrom vm_args vm_args_src warnings_as_errors";
    for name in names.split_whitespace() {
        let warning = warnings(&with(&format!("{{{name}}}")));
        assert!(warning.contains(&format!("`{name}` takes one value")), "{warning}");
    }
}

#[test]
fn directories_that_do_not_exist_are_a_warning() {
    insta::assert_snapshot!(warnings(&with("{lib_dirs, [\"more\", \"no*\"]}, {root_dir, \"rel\"}")), @r#"
    rebar.config:2:15: there is no directory `DIR/project/more`, so nothing is found in it
      |
    2 |   {lib_dirs, ["more", "no*"]}, {root_dir, "rel"}]}.
      |               ^^^^^^
    rebar.config:2:43: there is no directory `DIR/project/rel`, so nothing is found in it
      |
    2 |   {lib_dirs, ["more", "no*"]}, {root_dir, "rel"}]}.
      |                                           ^^^^^
    "#);
}

#[test]
fn a_runtime_system_that_is_not_there_is_shown_where_it_is_asked_for() {
    insta::assert_snapshot!(with("{include_erts, \"nowhere\"}").error(), @r#"
    rebar.config:2:18: cannot include ERTS from `DIR/project/nowhere`: it has no erts-VSN/bin
      |
    2 |   {include_erts, "nowhere"}]}.
      |                  ^^^^^^^^^
    "#);
    let fixture =
        Fixture::new("{relx, [{mode, prod},\n  {release, {shop, \"1\"}, {erts, \"9.9\"}, [shop]}]}.");
    insta::assert_snapshot!(fixture.error(), @r#"
    rebar.config:2:26: cannot include ERTS from `DIR/otp`: it has no erts-9.9/bin
      |
    2 |   {release, {shop, "1"}, {erts, "9.9"}, [shop]}]}.
      |                          ^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_goal_that_cannot_be_met_is_shown_at_its_place() {
    insta::assert_snapshot!(with_goals("[]").error(), @r"
    rebar.config:2:3: no applications are configured for the release `shop-1`
      |
    2 |   []}]}.
      |   ^^
    ");
    insta::assert_snapshot!(with_goals("[shop, {gone, load}]").error(), @r"
    rebar.config:2:10: the application `gone`, which the release needs, is not in `DIR/project/_build/default/lib` or `DIR/otp/lib`
      |
    2 |   [shop, {gone, load}]}]}.
      |          ^^^^^^^^^^^^
      hint: compile the project first (`rebar3 as PROFILE compile`), add the application to `deps`, or install the part of Erlang that has it
    ");
    insta::assert_snapshot!(with_goals("[{shop, \"9.9\"}]").error(), @r#"
    rebar.config:2:4: the release asks for `shop` 9.9, and `DIR/project/_build/default/lib/shop` has 1.0
      |
    2 |   [{shop, "9.9"}]}]}.
      |    ^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with_goals("[shop, {stdlib, \"1\"}]").error(), @r#"
    rebar.config:2:10: the release asks for `stdlib` 1, and `DIR/otp/lib/stdlib-4.2` has 4.2; relx does not check this, as another application of the release has brought it in before: correct the version, or leave it out
      |
    2 |   [shop, {stdlib, "1"}]}]}.
      |          ^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with_goals("[{kernel, load}, shop]").error(), @r"
    rebar.config:2:4: `kernel` must be permanent, since nothing starts without it; here it is load
      |
    2 |   [{kernel, load}, shop]}]}.
      |    ^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(with_goals("[{shop, [sasl]}, sasl]").error(), @r"
    rebar.config:2:4: the release includes `sasl` in `shop`, but `shop` does not have it in its `included_applications`
      |
    2 |   [{shop, [sasl]}, sasl]}]}.
      |    ^^^^^^^^^^^^^^
    ");
}

#[test]
fn what_nothing_starts_without_cannot_be_excluded() {
    insta::assert_snapshot!(errors(&["{exclude_apps, [sasl, kernel]}", "{exclude_apps, [stdlib]}"]), @r"
    rebar.config:2:25: `kernel` cannot be left out of a release: nothing starts without it
      |
    2 |   {exclude_apps, [sasl, kernel]}]}.
      |                         ^^^^^^
    rebar.config:2:19: `stdlib` cannot be left out of a release: nothing starts without it
      |
    2 |   {exclude_apps, [stdlib]}]}.
      |                   ^^^^^^
    ");
}

/// What it needs comes along, so relx looks for it.
#[test]
fn an_excluded_application_that_is_nowhere_is_said_to_be_excluded() {
    let fixture = with("{exclude_apps, [gone]}");
    fixture.app(&format!("{LIB}/shop"), "shop", "1.0", "{applications, [kernel, stdlib, gone]}", &[]);
    insta::assert_snapshot!(fixture.error(), @r"
    the application `gone`, which application `shop` (DIR/project/_build/default/lib/shop/ebin/shop.app) needs, is not in `DIR/project/_build/default/lib` or `DIR/otp/lib`
      hint: `exclude_apps` leaves out the application, but not what it needs in its turn, so it must be there: compile it, or take it out of the `applications` of what names it
    ");
}

#[test]
fn relx_config_beside_a_relx_entry_is_named_when_there_is_no_release() {
    let fixture = Fixture::new("{relx, [{mode, prod}]}.");
    fixture.file("relx.config", "{release, {shop, \"1\"}, [shop]}.");
    insta::assert_snapshot!(fixture.error(), @r"
    `rebar.config` configures no release: it has no `{relx, [{release, {Name, Vsn}, [App]}]}`
      hint: relx.config is not read, because rebar.config has a `relx` entry: move all that it says to rebar.config
    ");
}

/// They are atoms up to OTP 26, and the virtual machine of a newer one cannot read the file.
#[test]
fn a_reserved_word_in_sys_config_is_an_atom_unless_erlang_is_too_new() {
    let fixture = with("{sys_config, \"sys.config\"}");
    fixture.file("sys.config", "[{shop, [{a, 'maybe'},\n         {b, else}]}].");
    assert!(fixture.tree(Form::Tarball).is_ok(), "OTP 25");
    fixture.file("otp/releases/start_erl.data", "13.1.5 27");
    insta::assert_snapshot!(fixture.error(), @r"
    DIR/project/sys.config:2:14: `else` is a reserved word in OTP 27; the atom needs quotes: 'else'
      |
    2 |          {b, else}]}].
      |              ^^^^
    ");
    fixture.file("sys.config", "[{shop, [{a, 'maybe'}]}].");
    assert!(fixture.tree(Form::Tarball).is_ok());
}

#[test]
fn a_sys_config_that_stops_the_virtual_machine_is_shown_at_its_place() {
    let error = |text: &str| {
        let fixture = with("{sys_config, \"sys.config\"}");
        fixture.file("sys.config", text);
        fixture.error()
    };
    let texts = [
        "[{sasl, []},\n {shop, x}].",
        "[{sasl, []},\n shop].",
        "[{shop, [{a, 1},\n         b]}].",
        "[{shop, [{a, 1},\n         {a, 2}]}].",
    ];
    insta::assert_snapshot!(texts.map(error).join("\n"), @r"
    DIR/project/sys.config:2:9: the virtual machine would not start: the settings must be a list of `{Key, Value}`
      |
    2 |  {shop, x}].
      |         ^
    DIR/project/sys.config:2:2: the virtual machine would not start: expected `{Application, [{Key, Value}, …]}` or the name of another file as a string
      |
    2 |  shop].
      |  ^^^^
    DIR/project/sys.config:2:10: the virtual machine would not start: expected a `{Key, Value}`, with an atom as key
      |
    2 |          b]}].
      |          ^
    DIR/project/sys.config:2:10: the virtual machine would not start: this key of the application is set twice
      |
    2 |          {a, 2}]}].
      |          ^^^^^^
    ");
}

#[test]
fn the_sys_config_that_counts_is_the_one_that_an_overlay_leaves() {
    let made = |configured: &str, overlay: &str| {
        let fixture = with(&format!("{{sys_config, \"sys.config\"}}, {{overlay, [{overlay}]}}"));
        fixture.file("sys.config", configured);
        fixture.file("good.config", "[{shop, []}].");
        fixture.file("bad.config", "[shop].");
        fixture.file("later.config", "[{shop, [{port, ${PORT}}]}].");
        fixture
    };
    let to = "\"releases/1/sys.config\"";
    for from in ["good", "later"] {
        let fixture = made("[{shop, '{{to_be_rendered}}'}].", &format!("{{copy, \"{from}.config\", {to}}}"));
        assert!(fixture.tree(Form::Tarball).is_ok(), "{from}");
    }
    let rendered = made("[].", &format!("{{template, \"bad.config\", {to}}}"));
    insta::assert_snapshot!(rendered.error(), @r"
    releases/1/sys.config:1:2: the virtual machine would not start: expected `{Application, [{Key, Value}, …]}` or the name of another file as a string
      |
    1 | [shop].
      |  ^^^^
    ");
    let beside = made(
        "[].",
        &format!("{{copy, \"bad.config\", {to}}}, {{copy, \"later.config\", \"releases/1/sys.config.src\"}}"),
    );
    assert!(beside.tree(Form::Tarball).is_ok(), "it is replaced when the release starts");
}

/// As relx, which says nothing.
#[test]
fn a_link_that_leads_nowhere_is_left_out_with_a_warning() {
    let fixture = with("{mode, prod}");
    for (folder, link, target) in
        [("priv/sub", "gone", "../nowhere"), ("priv", "gone.so", "/no/such/file"), ("include", "a", "b")]
    {
        fixture.file(&format!("{LIB}/shop/{folder}/there"), "");
        let link = fixture.root().join(LIB).join("shop").join(folder).join(link);
        std::os::unix::fs::symlink(target, link).expect("linked");
    }
    // As rebar3 leaves it for an application without such a folder.
    let absent = fixture.root().join(LIB).join("shop/src");
    std::os::unix::fs::symlink("../../../../src", absent).expect("linked");
    let release = fixture.load().expect("a release");
    let dir = fixture.root().display().to_string();
    let links = |form| {
        let warnings = warnings_of_form(&release, &fixture.tree(form).expect("a release"), form);
        warnings.iter().map(|warning| warning.to_string().replace(&dir, "DIR")).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(links(Form::Directory), @r"
    `DIR/_build/default/lib/shop/include/a` is a link that leads nowhere (to `b`): the release does not have it
    `DIR/_build/default/lib/shop/priv/gone.so` is a link that leads nowhere (to `/no/such/file`): the release does not have it
    `DIR/_build/default/lib/shop/priv/sub/gone` is a link that leads nowhere (to `../nowhere`): the release does not have it
    ");
    assert_eq!(links(Form::Tarball).lines().count(), 2, "headers are not in it");
    assert_eq!(links(Form::Image), links(Form::Tarball));
    let there = [
        "lib/shop-1.0/priv/",
        "lib/shop-1.0/priv/sub/",
        "lib/shop-1.0/priv/sub/there",
        "lib/shop-1.0/priv/there",
    ];
    for form in [Form::Directory, Form::Tarball, Form::Image] {
        assert_eq!(fixture.paths(form, "/priv"), there);
    }
}

#[test]
fn a_circle_of_links_is_named_once() {
    let fixture = with("{mode, prod}");
    fixture.file(&format!("{LIB}/shop/priv/a"), "");
    std::os::unix::fs::symlink(".", fixture.root().join(LIB).join("shop/priv/circle")).expect("linked");
    insta::assert_snapshot!(fixture.error(), @r"
    cannot read `DIR/project/_build/default/lib/shop/priv/circle`
      caused by: the link leads to a directory that it is in
    ");
}
