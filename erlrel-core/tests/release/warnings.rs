//! What is said about configurations that do something else than they say, or than relx does with them.

use erlrel_core::release::Form;

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
    let (_, _, spec, resolution) = fixture.load().unwrap_or_else(|error| panic!("{error}"));
    let of_spec = spec.warnings.iter().map(ToString::to_string);
    of_spec.chain(resolution.warnings.iter().map(ToString::to_string)).collect::<Vec<_>>().join("\n")
}

/// All warnings about its tarball.
fn about_tarball(fixture: &Fixture) -> String {
    let (_, _, _, resolution) = fixture.load().unwrap_or_else(|error| panic!("{error}"));
    let all: Vec<String> = resolution.tarball_warnings.iter().map(ToString::to_string).collect();
    all.join("\n")
}

#[test]
fn only_what_relx_fails_for_is_an_error_as_warnings_as_errors_has_it() {
    let failing = |fixture: &Fixture| {
        let (_, _, spec, resolution) = fixture.load().expect("a release");
        let of_spec = spec.warnings.iter().filter(|warning| warning.fails_in_relx()).count();
        let found = resolution.warnings.iter().filter(|warning| warning.fails_in_relx(&spec)).count();
        (of_spec, if spec.warnings_as_errors { found } else { 0 })
    };
    let strict = "{warnings_as_errors, true}";
    assert_eq!(failing(&with(&format!("{{no_such, 1}}, {strict}"))), (1, 0));
    assert_eq!(failing(&with("{no_such, 1}")), (0, 0));
    let no_sasl = format!("{{relx, [{{release, {{shop, \"1\"}}, [shop]}}, {strict}]}}.");
    assert_eq!(failing(&Fixture::new(&no_sasl)), (0, 1));
    let others = "{overlay_vars, \"nofile\"}, {mode, dev}, {debug_info, strip}, {exclude_apps, [nosuch]}";
    assert_eq!(failing(&with(&format!("{others}, {strict}"))), (0, 0));
    // relx looks for the first entry in advance, and comes to each one in the order of the names.
    let later = with_profile("{no_such, 1}, {warnings_as_errors, false}", strict);
    assert_eq!(failing(&later), (0, 0));
    assert_eq!(failing(&with_profile(strict, "{no_such, 1}, {warnings_as_errors, false}")), (1, 0));
}

#[test]
fn an_option_that_a_mode_of_the_same_list_undoes_is_a_warning() {
    insta::assert_snapshot!(warnings(&with_profile("", "{mode, prod}, {include_erts, false}, {include_src, true}")), @"");
    insta::assert_snapshot!(warnings(&with("{include_erts, true}, {mode, minimal}")), @"");
    insta::assert_snapshot!(warnings(&with_profile("", "{include_erts, true}, {mode, dev}")), @"");
    insta::assert_snapshot!(warnings(&with_profile("", "{debug_info, keep}, {mode, prod}")), @"");
    insta::assert_snapshot!(warnings(&with_profile("{mode, prod}", "{dev_mode, true}")), @"");
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
    insta::assert_snapshot!(warnings(&with("{mode, dev}, {debug_info, strip}")), @"");
    insta::assert_snapshot!(warnings(&with_profile("{dev_mode, true}", "{debug_info, strip}")), @"");
}

#[test]
fn an_option_with_two_values_in_one_list_is_a_warning() {
    insta::assert_snapshot!(warnings(&with("{mode, dev}, {mode, prod}, {system_libs, true}, {system_libs, true}")), @"");
    assert_eq!(warnings(&with_profile("{mode, dev}", "{mode, prod}")), "");
}

#[test]
fn options_that_another_one_makes_vain_are_a_warning() {
    let additions = "{extended_start_script_hooks, [{status, [builtin_status]}]}, {extended_start_script_extensions, [{a, \"b\"}]}";
    insta::assert_snapshot!(warnings(&with(&format!("{{generate_start_script, false}}, {additions}"))), @"");
    insta::assert_snapshot!(warnings(&with_profile("{extended_start_script, false}", additions)), @"");
    let empty = "{extended_start_script_hooks, []}, {extended_start_script_extensions, []}";
    assert_eq!(warnings(&with(&format!("{{generate_start_script, false}}, {empty}"))), "");
    insta::assert_snapshot!(warnings(&with("{check_for_undefined_functions, false}, {exref, [shop]}")), @"");
    assert_eq!(warnings(&with("{check_for_undefined_functions, false}, {exref, false}")), "");
}

#[test]
fn a_file_that_is_turned_off_and_set_at_once_is_a_warning() {
    let fixture =
        with("{sys_config, false}, {sys_config_src, \"a\"}, {vm_args, false}, {vm_args_src, \"a\"}");
    fixture.file("a", "[].");
    insta::assert_snapshot!(warnings(&fixture), @"");
    let fixture = with_profile("{sys_config, false}", "{sys_config_src, \"a\"}");
    fixture.file("a", "[].");
    assert_eq!(warnings(&fixture), "");
}

#[test]
fn names_that_stand_for_nothing_are_a_warning() {
    insta::assert_snapshot!(warnings(&with("{exclude_apps, [nosuch]}, {exref, [elsewhere, shop]}")), @"");
    insta::assert_snapshot!(warnings(&with("{exclude_modules, [{shop, [shop_app, shopp]}, {cart, [cart]}]}")), @"");
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
    insta::assert_snapshot!(warnings(&vsn("{cmd, \"echo 1.2\"}")), @"");
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
    insta::assert_snapshot!(about_tarball(&stray("{sys_config, false}", &["sys.config"])), @"");
    insta::assert_snapshot!(about_tarball(&stray("{mode, prod}", &["sys.config.src", "relup"])), @"");
    insta::assert_snapshot!(warnings(&stray("{mode, prod}", &["shop.rel"])), @"");
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
    insta::assert_snapshot!(about_tarball(&overlay("{copy, \"t\", \"{{output_dir}}/a\"}, {mkdir, \"b\"}")), @"");
    insta::assert_snapshot!(about_tarball(&overlay("{template, \"t\", \"a\", \"v\"}")), @"");
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
