//! What is said about configurations that do something else than they say, or than relx does with them.

use erlrel_core::release::{self, Form, SpecWarning, Warning};

use crate::fixture::Fixture;

/// One list of options, on line 2.
fn with(options: &str) -> Fixture {
    Fixture::new(&format!("{{relx, [{{release, {{shop, \"1.0\"}}, [shop, sasl]}},\n  {options}]}}."))
}

/// Options of the base on line 2, of a profile on line 3.
fn with_profile(base: &str, profile: &str) -> Fixture {
    let base = if base.is_empty() { String::new() } else { format!(",\n  {base}") };
    let config = format!(
        "{{relx, [{{release, {{shop, \"1.0\"}}, [shop, sasl]}}{base}]}}.\n{{profiles, [{{test, [{{relx, [{profile}]}}]}}]}}."
    );
    Fixture::new(&config).with_profile("test")
}

/// All warnings about the release.
fn warnings(fixture: &Fixture) -> String {
    let release = fixture.load().unwrap_or_else(|error| panic!("{error}"));
    release::warnings(&release).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// All warnings about its tarball.
fn about_tarball(fixture: &Fixture) -> String {
    let release = fixture.load().unwrap_or_else(|error| panic!("{error}"));
    let tree = fixture.tree(Form::Tarball).unwrap_or_else(|error| panic!("{error}"));
    let all = release::warnings_of_form(&release, &tree, Form::Tarball);
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn only_what_relx_fails_for_is_an_error_as_warnings_as_errors_has_it() {
    let failing = |fixture: &Fixture| {
        let release = fixture.load().expect("a release");
        let warnings = release::warnings(&release).into_iter();
        let failing = warnings.filter(|warning| warning.fails_in_relx(&release.spec));
        let kind = |warning| match warning {
            Warning::Spec(SpecWarning::UnknownOption { .. }) => "UnknownOption",
            Warning::NoSasl => "NoSasl",
            other => panic!("{other}"),
        };
        failing.map(kind).collect::<Vec<_>>()
    };
    let strict = "{warnings_as_errors, true}";
    assert_eq!(failing(&with(&format!("{{no_such, 1}}, {strict}"))), ["UnknownOption"]);
    assert_eq!(failing(&with("{no_such, 1}")), [""; 0]);
    assert_eq!(failing(&with("{no_such, 1}, warnings_as_errors")), ["UnknownOption"; 2]);
    assert_eq!(failing(&with("{no_such, 1}, {warnings_as_errors}, {warnings_as_errors, true}")), [""; 0]);
    let no_sasl = format!("{{relx, [{{release, {{shop, \"1\"}}, [shop]}}, {strict}]}}.");
    assert_eq!(failing(&Fixture::new(&no_sasl)), ["NoSasl"]);
    let others = "{overlay_vars, \"nofile\"}, {mode, dev}, {debug_info, strip}, {exclude_apps, [nosuch]}";
    assert_eq!(failing(&with(&format!("{others}, {strict}"))), [""; 0]);
    // relx looks for the first entry in advance, and comes to each one in the order of the names.
    let later = with_profile("{no_such, 1}, {warnings_as_errors, false}", strict);
    assert_eq!(failing(&later), [""; 0]);
    assert_eq!(
        failing(&with_profile(strict, "{no_such, 1}, {warnings_as_errors, false}")),
        ["UnknownOption"]
    );
}

#[test]
fn an_option_that_a_mode_of_the_same_list_undoes_is_a_warning() {
    insta::assert_snapshot!(warnings(&with_profile("", "{mode, prod}, {include_erts, false}, {include_src, true}")), @r"
    rebar.config:2:43: `{mode,prod}` undoes this: `{mode, minimal}` is `prod` without ERTS
      |
    2 | {profiles, [{test, [{relx, [{mode, prod}, {include_erts, false}, {include_src, true}]}]}]}.
      |                                           ^^^^^^^^^^^^^^^^^^^^^
    rebar.config:2:66: `{mode,prod}` undoes this: write the options that it stands for instead: `{include_erts,true}`, `{include_src,true}`, `{debug_info,strip}`
      |
    2 | {profiles, [{test, [{relx, [{mode, prod}, {include_erts, false}, {include_src, true}]}]}]}.
      |                                                                  ^^^^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(warnings(&with("{include_erts, true}, {mode, minimal}")), @r"
    rebar.config:2:3: `{mode,minimal}` undoes this: `{mode, prod}` is `minimal` with ERTS
      |
    2 |   {include_erts, true}, {mode, minimal}]}.
      |   ^^^^^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(warnings(&with_profile("", "{include_erts, true}, {mode, dev}")), @r"
    rebar.config:2:29: `{mode,dev}` undoes this: write `{dev_mode, true}`, and this behind it, instead of `{mode,dev}`
      |
    2 | {profiles, [{test, [{relx, [{include_erts, true}, {mode, dev}]}]}]}.
      |                             ^^^^^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(warnings(&with_profile("", "{debug_info, keep}, {mode, prod}")), @r"
    rebar.config:2:29: `{mode,prod}` undoes this: write the options that it stands for instead: `{include_erts,true}`, `{include_src,false}`, `{debug_info,keep}`
      |
    2 | {profiles, [{test, [{relx, [{debug_info, keep}, {mode, prod}]}]}]}.
      |                             ^^^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(warnings(&with_profile("{mode, prod}", "{dev_mode, true}")), @r"
    rebar.config:3:29: `{mode,prod}` undoes this: leave out one of the two
      |
    3 | {profiles, [{test, [{relx, [{dev_mode, true}]}]}]}.
      |                             ^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn an_option_that_a_later_list_changes_is_none() {
    let silent = |base: &str, profile: &str| {
        assert_eq!(warnings(&with_profile(base, profile)), "", "{base} {profile}")
    };
    silent("{include_erts, false}, {include_src, true}, {debug_info, keep}", "{mode, prod}");
    silent("{dev_mode, true}, {include_erts, false}", "{mode, prod}");
    silent("{mode, dev}, {debug_info, strip}, {include_erts, true}", "{mode, minimal}");
    silent("{debug_info, strip}", "{mode, dev}");
    silent("{dev_mode, true}", "{dev_mode, false}, {include_erts, true}, {include_src, false}");
    silent("{generate_start_script, true}, {sys_config, false}", "{generate_start_script, false}");
    silent("{extended_start_script_hooks, [{status, [builtin_status]}]}", "{extended_start_script, false}");
    silent(
        "",
        "{mode, prod}, {include_erts, true}, {debug_info, strip}, {include_src, false}, {dev_mode, false}",
    );
    // In the order of a list without profiles, both count.
    assert_eq!(warnings(&with("{mode, prod}, {include_erts, false}, {debug_info, keep}")), "");
    let own = "{relx, [{release, {shop, \"1\"}, [shop, sasl], [{system_libs, true}]}, {include_erts, false}, {mode, prod}]}.";
    assert!(warnings(&Fixture::new(own)).contains("`{mode,prod}` undoes this"));
}

#[test]
fn what_is_stripped_and_linked_at_once_is_a_warning() {
    insta::assert_snapshot!(warnings(&with("{mode, dev}, {debug_info, strip}")), @r"
    rebar.config:2:16: nothing is stripped in mode `dev`, where the release consists of links to what was compiled
      |
    2 |   {mode, dev}, {debug_info, strip}]}.
      |                ^^^^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(warnings(&with_profile("{dev_mode, true}", "{debug_info, strip}")), @r"
    rebar.config:3:29: nothing is stripped in mode `dev`, where the release consists of links to what was compiled
      |
    3 | {profiles, [{test, [{relx, [{debug_info, strip}]}]}]}.
      |                             ^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn an_option_with_two_values_in_one_list_is_a_warning() {
    insta::assert_snapshot!(warnings(&with("{mode, dev}, {mode, prod}, {system_libs, true}, {system_libs, true}")), @r"
    rebar.config:2:3: `mode` stands in this list again with another value, and the last one counts
      |
    2 |   {mode, dev}, {mode, prod}, {system_libs, true}, {system_libs, true}]}.
      |   ^^^^^^^^^^^
    ");
    assert_eq!(warnings(&with_profile("{mode, dev}", "{mode, prod}")), "");
}

#[test]
fn options_that_another_one_makes_vain_are_a_warning() {
    let additions = "{extended_start_script_hooks, [{status, [builtin_status]}]}, {extended_start_script_extensions, [{a, \"b\"}]}";
    insta::assert_snapshot!(warnings(&with(&format!("{{generate_start_script, false}}, {additions}"))), @r#"
    rebar.config:2:35: nothing uses this, as `{generate_start_script,false}` leaves out the start script
      |
    2 |   {generate_start_script, false}, {extended_start_script_hooks, [{status, [builtin_status]}]}, {extended_start_script_extensions, [{a, "b"}]}]}.
      |                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    rebar.config:2:96: nothing uses this, as `{generate_start_script,false}` leaves out the start script
      |
    2 |   {generate_start_script, false}, {extended_start_script_hooks, [{status, [builtin_status]}]}, {extended_start_script_extensions, [{a, "b"}]}]}.
      |                                                                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(warnings(&with_profile("{extended_start_script, false}", additions)), @r#"
    rebar.config:3:29: nothing uses this, as `{extended_start_script,false}` asks for the short start script
      |
    3 | {profiles, [{test, [{relx, [{extended_start_script_hooks, [{status, [builtin_status]}]}, {extended_start_script_extensions, [{a, "b"}]}]}]}]}.
      |                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    rebar.config:3:90: nothing uses this, as `{extended_start_script,false}` asks for the short start script
      |
    3 | {profiles, [{test, [{relx, [{extended_start_script_hooks, [{status, [builtin_status]}]}, {extended_start_script_extensions, [{a, "b"}]}]}]}]}.
      |                                                                                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
    let empty = "{extended_start_script_hooks, []}, {extended_start_script_extensions, []}";
    assert_eq!(warnings(&with(&format!("{{generate_start_script, false}}, {empty}"))), "");
    insta::assert_snapshot!(warnings(&with("{check_for_undefined_functions, false}, {exref, [shop]}")), @r"
    rebar.config:2:3: `{exref,[shop]}` asks for the same check, which is done for its applications all the same
      |
    2 |   {check_for_undefined_functions, false}, {exref, [shop]}]}.
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_eq!(warnings(&with("{check_for_undefined_functions, false}, {exref, false}")), "");
}

#[test]
fn a_file_that_is_turned_off_and_set_at_once_is_a_warning() {
    let fixture =
        with("{sys_config, false}, {sys_config_src, \"a\"}, {vm_args, false}, {vm_args_src, \"a\"}");
    fixture.file("a", "[].");
    insta::assert_snapshot!(warnings(&fixture), @r#"
    rebar.config:2:3: this turns nothing off, as `sys_config_src` is set too, and counts
      |
    2 |   {sys_config, false}, {sys_config_src, "a"}, {vm_args, false}, {vm_args_src, "a"}]}.
      |   ^^^^^^^^^^^^^^^^^^^
    rebar.config:2:47: this turns nothing off, as `vm_args_src` is set too, and counts
      |
    2 |   {sys_config, false}, {sys_config_src, "a"}, {vm_args, false}, {vm_args_src, "a"}]}.
      |                                               ^^^^^^^^^^^^^^^^
    "#);
    let fixture = with_profile("{sys_config, false}", "{sys_config_src, \"a\"}");
    fixture.file("a", "[].");
    assert_eq!(warnings(&fixture), "");
}

#[test]
fn names_that_stand_for_nothing_are_a_warning() {
    insta::assert_snapshot!(warnings(&with("{exclude_apps, [nosuch]}, {exref, [elsewhere, shop]}")), @r"
    rebar.config:2:19: nothing in the release needs `nosuch`, so there is nothing to exclude
      |
    2 |   {exclude_apps, [nosuch]}, {exref, [elsewhere, shop]}]}.
      |                   ^^^^^^
    rebar.config:2:38: the release has no application `elsewhere`, so there is nothing to check
      |
    2 |   {exclude_apps, [nosuch]}, {exref, [elsewhere, shop]}]}.
      |                                      ^^^^^^^^^
    ");
    insta::assert_snapshot!(warnings(&with("{exclude_modules, [{shop, [shop_app, shopp]}, {cart, [cart]}]}")), @r"
    rebar.config:2:40: the application `shop` has no module `shopp`, so there is nothing to exclude
      |
    2 |   {exclude_modules, [{shop, [shop_app, shopp]}, {cart, [cart]}]}]}.
      |                                        ^^^^^
    rebar.config:2:50: the release has no application `cart`, so there is nothing to exclude
      |
    2 |   {exclude_modules, [{shop, [shop_app, shopp]}, {cart, [cart]}]}]}.
      |                                                  ^^^^
    ");
    let optional = with("{exclude_apps, [tools]}");
    optional.app(
        "_build/default/lib/shop",
        "shop",
        "1.0",
        "{applications, [kernel, stdlib, tools]}, {optional_applications, [tools]}",
        &["shop"],
    );
    assert_eq!(warnings(&optional), "", "it is excluded from the list of `shop`");
}

#[test]
fn a_line_end_of_a_command_s_output_is_a_warning() {
    let vsn = |vsn: &str| Fixture::new(&format!("{{relx, [{{release, {{shop, {vsn}}}, [shop, sasl]}}]}}."));
    insta::assert_snapshot!(warnings(&vsn("{cmd, \"echo 1.2\"}")), @r#"
    rebar.config:1:26: relx makes the line end of this output a part of the version, and of the names of folders; erlrel leaves it out. `| tr -d '\\n'` at the end of the command gives the same version with both
      |
    1 | {relx, [{release, {shop, {cmd, "echo 1.2"}}, [shop, sasl]}]}.
      |                          ^^^^^^^^^^^^^^^^^
    "#);
    assert_eq!(warnings(&vsn("{cmd, \"printf 1.2\"}")), "");
    let told = vsn(r#"{cmd, "echo 1.2 | tr -d '\\n'"}"#);
    assert_eq!(warnings(&told), "", "what the warning says to do");
}

#[test]
fn files_that_lie_about_and_that_relx_takes_are_a_warning() {
    let stray = |options: &str, names: &[&str]| {
        let fixture = with(options);
        names.iter().for_each(|name| fixture.file(name, "[]."));
        fixture
    };
    insta::assert_snapshot!(about_tarball(&stray("{sys_config, false}", &["sys.config"])), @r#"
    rebar.config:2:16: relx would pack the `sys.config` in the project's folder all the same, as it happens to be the current one; erlrel packs none. To have it, write `{sys_config, "sys.config"}`
      |
    2 |   {sys_config, false}]}.
      |                ^^^^^
    "#);
    insta::assert_snapshot!(about_tarball(&stray("{mode, prod}", &["sys.config.src", "relup"])), @r#"
    `sys.config.src` lies in the project's folder, and relx would pack it in place of the release's `sys.config`, as it happens to be the current one; erlrel does not look at it: write `{sys_config_src, "sys.config.src"}` to have it, or give the file another name
    `relup` lies in the project's folder, and relx would pack it, as it happens to be the current one; erlrel does not look at it: `rebar3 relup` makes one where it belongs, or give the file another name
    "#);
    insta::assert_snapshot!(warnings(&stray("{mode, prod}", &["shop.rel"])), @"`shop.rel` lies in the project's folder, and relx would make the boot file from it, as it happens to be the current one; erlrel does not look at it: put what it says into `{release, …}`, or give the file another name");
    for (options, names) in [
        ("{mode, prod}", &["sys.config", "vm.args", "other.rel"][..]),
        ("{sys_config, \"sys.config\"}", &["sys.config"]),
        (
            "{sys_config_src, \"sys.config.src\"}, {vm_args, false}",
            &["sys.config.src", "sys.config", "vm.args"],
        ),
        ("{mode, prod}", &["relup", "_build/default/rel/shop/releases/1.0/relup"]),
    ] {
        let fixture = stray(options, names);
        assert_eq!(
            (about_tarball(&fixture), warnings(&fixture)),
            (String::new(), String::new()),
            "{options}"
        );
    }
}

#[test]
fn overlays_that_relx_s_tarball_has_elsewhere_or_not_at_all_are_a_warning() {
    let overlay = |list: &str| {
        let fixture = with(&format!("{{overlay, [{list}]}}"));
        fixture.file("t", "");
        fixture.file("v", "{a, 1}.");
        fixture
    };
    insta::assert_snapshot!(about_tarball(&overlay("{copy, \"t\", \"{{output_dir}}/a\"}, {mkdir, \"b\"}")), @r#"
    rebar.config:2:26: in relx's tarball this has the absolute path that it has on this machine; erlrel has it inside of the release, where it also is without `{{output_dir}}/`, with both
      |
    2 |   {overlay, [{copy, "t", "{{output_dir}}/a"}, {mkdir, "b"}]}]}.
      |                          ^^^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(about_tarball(&overlay("{template, \"t\", \"a\", \"v\"}")), @r#"
    rebar.config:2:14: relx's tarball does not have this file, as relx forgets templates with a file of variables; erlrel's has it. With the variables in `overlay_vars` both have it
      |
    2 |   {overlay, [{template, "t", "a", "v"}]}]}.
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
    for agrees in [
        "{chmod, 8#600, \"{{output_dir}}/bin/shop\"}",
        "{template, \"t\", \"bin/a\", \"v\"}, {template, \"t\", \"releases/1.0/vm.args\", \"v\"}",
        "{mkdir, \"etc\"}, {template, \"t\", \"etc/a\", \"v\"}",
        "{template, \"t\", \"lib/shop-1.0/priv/a\", \"v\"}",
    ] {
        let fixture = overlay(agrees);
        assert_eq!(about_tarball(&fixture), "", "{agrees}");
        fixture.tree(Form::Directory).expect("a release");
    }
    assert!(
        about_tarball(&overlay("{mkdir, \"et\"}, {template, \"t\", \"etc/a\", \"v\"}")).contains("forgets")
    );
    assert!(about_tarball(&overlay("{template, \"t\", \"lib/shop-1.0/a\", \"v\"}")).contains("forgets"));
    assert_eq!(warnings(&overlay("{template, \"t\", \"a\", \"v\"}")), "", "the directory is as relx's");
}
