//! relx's options: what each does, and what is said about those that are wrong.

use erlrel_core::release::{self, Form};
use proptest::prelude::*;

use crate::fixture::{Fixture, text};

fn with(options: &str) -> Fixture {
    Fixture::new(&format!("{{relx, [{{release, {{shop, \"1.0\"}}, [shop]}},\n        {options}]}}."))
}

#[test]
fn values_of_the_wrong_type_are_shown_under_a_caret() {
    insta::assert_snapshot!(with("{mode, production}").error(), @r"
    rebar.config:2:16: `mode` must be dev, prod or minimal
      |
    2 |         {mode, production}]}.
      |                ^^^^^^^^^^
    ");
    insta::assert_snapshot!(with("{include_erts, yes}").error(), @r"
    rebar.config:2:24: `include_erts` must be true, false or the path of an Erlang installation
      |
    2 |         {include_erts, yes}]}.
      |                        ^^^
    ");
    insta::assert_snapshot!(with("{debug_info, no}").error(), @r"
    rebar.config:2:22: `debug_info` must be strip or keep
      |
    2 |         {debug_info, no}]}.
      |                      ^^
    ");
    insta::assert_snapshot!(with("{sys_config, 1}").error(), @r"
    rebar.config:2:22: `sys_config` must be a path or false
      |
    2 |         {sys_config, 1}]}.
      |                      ^
    ");
    insta::assert_snapshot!(with("{overlay, [{copy, \"a\"}]}").error(), @r#"
    rebar.config:2:20: expected an overlay: `{mkdir, To}`, `{copy, From, To}`, `{link, From, To}`, `{template, From, To}`, `{template, From, To, VarsFile}` or `{chmod, Mode, Path}`
      |
    2 |         {overlay, [{copy, "a"}]}]}.
      |                    ^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{release, shop, []}").error(), @r"
    rebar.config:2:9: expected `{release, {Name, Vsn}, [App, …]}`, where `{erts, Vsn}` may stand before the applications and options for this release only behind them
      |
    2 |         {release, shop, []}]}.
      |         ^^^^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(Fixture::new("{relx, {release}}.").error(), @r"
    rebar.config:1:8: `relx` must be a list
      |
    1 | {relx, {release}}.
      |        ^^^^^^^^^
    ");
}

#[test]
fn an_option_that_relx_does_not_know_is_a_warning() {
    let release = with("{include_ert, true}").load().expect("a release");
    let warnings: Vec<String> = release.spec.warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"), @r"
    rebar.config:2:9: relx has no such option; it is ignored
      |
    2 |         {include_ert, true}]}.
      |         ^^^^^^^^^^^^^^^^^^^
    ");
    assert_eq!(release::warnings(&release).len(), 2, "and there is no sasl");
}

#[test]
fn options_without_effect_are_accepted() {
    let options = "{overrides, [{shop, \"elsewhere\"}]}, {upfrom, \"0.9\"}, {src_tests, true}, {include_nodetool, false}";
    let (plain, more) = (with("{mode, prod}"), with(&format!("{{mode, prod}}, {options}")));
    assert_eq!(more.listing(Form::Tarball), plain.listing(Form::Tarball));
    let spec = more.load().expect("a release").spec;
    assert!(spec.warnings.is_empty(), "{:?}", spec.warnings);
}

/// relx sorts merged options by name, so that `dev_mode` or `mode` comes behind `debug_info`.
#[test]
fn debug_info_is_heeded_as_it_is_written() {
    let strip = |base: &str, profile: &str| {
        let config = format!(
            "{{relx, [{{release, {{shop, \"1\"}}, [shop]}}{base}]}}.\n{{profiles, [{{release, [{{relx, [{profile}]}}]}}]}}."
        );
        let spec = Fixture::new(&config).with_profile("release").load().expect("a release").spec;
        let warnings: Vec<String> = spec.warnings.iter().map(ToString::to_string).collect();
        (spec.strip, warnings.join("\n"))
    };
    let (stripped, warning) = strip(", {dev_mode, true}", "{debug_info, strip}, {dev_mode, false}");
    assert!(stripped);
    insta::assert_snapshot!(warning, @r"
    rebar.config:2:32: relx would not heed this: it sorts the merged options of base and profiles by their names, and a `dev_mode` or `mode` then comes later and undoes it; erlrel does what is written here
      |
    2 | {profiles, [{release, [{relx, [{debug_info, strip}, {dev_mode, false}]}]}]}.
      |                                ^^^^^^^^^^^^^^^^^^^
    ");
    let (stripped, warning) = strip("", "{mode, prod}, {debug_info, keep}");
    assert!(!stripped && warning.contains("`mode` then comes later"), "{warning}");
    let (stripped, warning) = strip("", "{debug_info, keep}, {mode, prod}");
    assert!(stripped && warning.contains("`{mode,prod}` undoes this"), "relx agrees: {warning}");
    assert_eq!(strip(", {debug_info, keep}", "{mode, prod}"), (true, String::new()), "relx agrees");
}

#[test]
fn configurations_are_found_as_relx_finds_them() {
    let names = |fixture: &Fixture| {
        let paths = fixture.paths(Form::Tarball, "releases/1.0/");
        let is_config = |path: &&String| path.contains("sys.config") || path.contains("vm.args");
        paths
            .iter()
            .filter(is_config)
            .map(|path| path.replace("releases/1.0/", ""))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(names(&with("{mode, prod}")), "sys.config vm.args", "relx's defaults");
    assert_eq!(names(&with("{sys_config, false}, {vm_args, false}")), "");
    let fixture = with("{mode, prod}");
    fixture.file("config/sys.config.src", "[].");
    fixture.file("config/vm.args", "-sname x");
    assert_eq!(names(&fixture), "sys.config.src vm.args");
    let fixture = with("{sys_config, \"a\"}, {sys_config_src, \"b\"}, {vm_args_src, \"c\"}");
    ["a", "b", "c"].iter().for_each(|name| fixture.file(name, "[]."));
    assert_eq!(names(&fixture), "sys.config.src vm.args.src");
    let fixture = with("{sys_config, \"a\"}, {vm_args, false}");
    ["a", "config/sys.config.src", "config/vm.args.src"].iter().for_each(|name| fixture.file(name, "[]."));
    assert_eq!(names(&fixture), "sys.config", "what is configured comes before what is usual");
}

#[test]
fn an_image_gets_no_cookie_from_default_arguments() {
    let arguments = |form| text(&with("{mode, prod}").tree(form).expect("a release"), "releases/1.0/vm.args");
    assert!(arguments(Form::Tarball).contains("-setcookie shop"));
    assert!(!arguments(Form::Image).contains("cookie"));
}

/// With relx's default the virtual machine would refuse to start.
#[test]
fn default_arguments_give_the_node_a_name_that_it_can_have() {
    let fixture = Fixture::new("{relx, [{release, {'my.läden', \"1.0\"}, [shop]}, {mode, prod}]}.");
    let arguments = text(&fixture.tree(Form::Tarball).expect("a release"), "releases/1.0/vm.args");
    assert_eq!(arguments, "-sname my_l_den\n-setcookie my_l_den\n+C multi_time_warp\n");
}

#[test]
fn a_missing_or_broken_configuration_file_is_an_error() {
    insta::assert_snapshot!(with("{sys_config, \"config/prod.config\"}").error(), @r#"
    rebar.config:2:22: there is no file `DIR/project/config/prod.config`
      |
    2 |         {sys_config, "config/prod.config"}]}.
      |                      ^^^^^^^^^^^^^^^^^^^^
    "#);
    let fixture = with("{sys_config, \"prod.config\"}");
    fixture.file("prod.config", "[{shop, [{port, 80}]}\n].\n[].");
    insta::assert_snapshot!(fixture.error(), @r"
    DIR/project/prod.config:3:1: expected one list of `{Application, [{Key, Value}, …]}` and nothing else
      |
    3 | [].
      | ^^
    ");
}

#[test]
fn projects_without_a_release_or_with_two_are_refused() {
    insta::assert_snapshot!(Fixture::new("{deps, []}.").error(), @r"
    `rebar.config` configures no release: it has no `{relx, [{release, {Name, Vsn}, [App]}]}`
      hint: `rebar3 new release` shows what a release looks like
    ");
    let two = r#"{relx, [{release, {a, "1"}, [shop]}, {release, {b, "1"}, [shop]}]}."#;
    insta::assert_snapshot!(Fixture::new(two).error(), @r"
    several releases are configured, and none is selected: a, b
      hint: name the one to build with --release NAME[:VSN]
    ");
    insta::assert_snapshot!(Fixture::new(r#"{relx, [{release, {a, "1"}, []}]}."#).error(), @r#"
    rebar.config:1:29: no applications are configured for the release `a-1`
      |
    1 | {relx, [{release, {a, "1"}, []}]}.
      |                             ^^
    "#);
}

#[test]
fn of_several_versions_the_highest_is_built() {
    let config = r#"{relx, [{release, {a, "1.10.0"}, [shop]}, {release, {a, "1.9.0"}, [sasl]}]}."#;
    let spec = Fixture::new(config).load().expect("a release").spec;
    assert_eq!(spec.vsn, "1.10.0");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever stands in the configuration: an answer or an error, never a panic.
    #[test]
    fn damaged_configurations_never_panic(
        cut in 0usize..300,
        change in proptest::option::of((0usize..300, "[\\[\\]{},.a\"' 0-9%-]{0,3}")),
    ) {
        let mut text = String::from(
            r#"{relx, [{release, {shop, "1.0"}, [shop, {sasl, load}]}, {mode, prod}, {overlay, [{mkdir, "x"},
               {copy, "rebar.config", "y/"}]}, {sys_config, false}]}. {erlrel, [{env, [{"A", "b"}]}]}."#,
        );
        if let Some((at, with)) = change {
            let at = at.min(text.len());
            text.replace_range(at..(at + with.len()).min(text.len()), &with);
        }
        text.truncate(cut.max(20));
        let _ = Fixture::new(&text).tree(Form::Tarball).map_err(|error| error.to_string());
    }
}
