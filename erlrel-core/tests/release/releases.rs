//! Which release is meant: forms of `release`, several of them, what one has for itself.

use erlrel_core::release::{self, Form, Overrides, Selection};

use crate::fixture::{Fixture, text};

fn with(releases: &str) -> Fixture {
    Fixture::new(&format!("{{relx, [{releases}]}}."))
}

/// `NAME-VSN: goals`, or what is wrong.
fn chosen(releases: &str, selection: &str) -> String {
    let fixture = with(releases);
    let selection = if selection.is_empty() { Selection::default() } else { Selection::parse(selection) };
    match release::spec(&fixture.project().expect("a project"), &selection, &Overrides::default()) {
        Ok(spec) => {
            let goals: Vec<&str> = spec.goals.iter().map(|goal| goal.name.as_str()).collect();
            format!("{}-{}: {}", spec.name, spec.vsn, goals.join(" "))
        }
        Err(error) => error.to_string(),
    }
}

const THREE: &str =
    "{release, {shop, \"1.9.0\"}, [a]}, {release, {shop, \"1.10.0\"}, [b]}, {release, {till, \"3\"}, [c]}";

#[test]
fn a_release_is_selected_by_name_and_version() {
    assert_eq!(chosen(THREE, "shop"), "shop-1.10.0: b", "the highest version");
    assert_eq!(chosen(THREE, "shop:1.9.0"), "shop-1.9.0: a");
    assert_eq!(chosen(THREE, "till"), "till-3: c");
    assert_eq!(
        chosen(THREE, "till:1"),
        "there is no release `till:1`; configured are shop:1.9.0, shop:1.10.0, till:3"
    );
    assert_eq!(chosen(THREE, ""), "several releases are configured, and none is selected: shop, till");
    assert_eq!(
        chosen("", "shop"),
        "`rebar.config` configures no release: it has no `{relx, [{release, {Name, Vsn}, [App]}]}`"
    );
}

#[test]
fn of_the_same_release_the_later_definition_counts() {
    assert_eq!(chosen("{release, {shop, \"1\"}, [a]}, {release, {shop, \"1\"}, [b]}", ""), "shop-1: b");
}

#[test]
fn a_release_extends_one_that_was_defined_before() {
    let base = "{release, {base, \"1\"}, [a, {b, load}]}";
    let same = format!("{base}, {{release, {{shop, \"1\", {{extend, base}}}}, [b, c]}}");
    assert_eq!(chosen(&same, "shop"), "shop-1: a b c");
    let other = format!("{base}, {{release, {{shop, \"2\", {{extend, {{base, \"1\"}}}}}}, [c]}}");
    assert_eq!(chosen(&other, "shop"), "shop-2: a b c");
    let missing = format!("{base}, {{release, {{shop, \"2\", {{extend, base}}}}, [c]}}");
    insta::assert_snapshot!(chosen(&missing, "shop"), @r#"
    rebar.config:1:71: no release `base` of version 2 is defined before this one
      |
    1 | {relx, [{release, {base, "1"}, [a, {b, load}]}, {release, {shop, "2", {extend, base}}, [c]}]}.
      |                                                                       ^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_release_has_options_for_itself() {
    let fixture = with(
        "{overlay, [{mkdir, \"common\"}]}, {release, {shop, \"1\"}, [shop], [{mode, prod}, {overlay, [{mkdir, \"own\"}]}, {vm_args, false}]}",
    );
    let paths = fixture.paths(Form::Tarball, "");
    assert!(paths.iter().any(|path| path.starts_with("erts-13.1.5/")), "mode prod");
    assert!(paths.contains(&"own/".into()) && !paths.contains(&"common/".into()), "{paths:?}");
    assert!(!paths.contains(&"releases/1/vm.args".into()));
    let spec = fixture.load().expect("a release").spec;
    insta::assert_snapshot!(spec.warnings[0], @r#"
    rebar.config:1:73: relx's tarball ignores `mode` in the options of a single release; erlrel's tarball and image heed it
      |
    1 | {relx, [{overlay, [{mkdir, "common"}]}, {release, {shop, "1"}, [shop], [{mode, prod}, {overlay, [{mkdir, "own"}]}, {vm_args, false}]}]}.
      |                                                                         ^^^^^^^^^^^^
    "#);
    assert_eq!(spec.warnings.len(), 2, "vm_args is heeded by relx too");
}

#[test]
fn a_release_asks_for_a_version_of_the_runtime_system() {
    let fixture = with("{release, {shop, \"1\"}, {erts, \"9.9\"}, [shop]}");
    let tree = fixture.tree(Form::Tarball).expect("it runs on one that is there already");
    assert_eq!(text(&tree, "releases/start_erl.data"), "9.9 1");
    assert!(text(&tree, "releases/1/shop.rel").contains("{erts,\"9.9\"}"));
    let included = with("{release, {shop, \"1\"}, {erts, \"9.9\"}, [shop]}, {include_erts, true}");
    insta::assert_snapshot!(included.error(), @r#"
    rebar.config:1:32: cannot include ERTS from `DIR/otp`: it has no erts-9.9/bin
      |
    1 | {relx, [{release, {shop, "1"}, {erts, "9.9"}, [shop]}, {include_erts, true}]}.
      |                                ^^^^^^^^^^^^^
    "#);
    let same = with("{release, {shop, \"1\"}, {erts, \"13.1.5\"}, [shop], [{mode, prod}]}");
    assert!(!same.paths(Form::Tarball, "erts-13.1.5/bin/erlexec").is_empty());
}

#[test]
fn the_runtime_system_comes_from_a_directory() {
    let fixture = with("{release, {shop, \"1\"}, [shop]}, {include_erts, \"other\"}");
    fixture.file("other/erts-14.0/bin/erlexec", "");
    assert_eq!(
        fixture.paths(Form::Tarball, "erts-"),
        ["erts-14.0/", "erts-14.0/bin/", "erts-14.0/bin/erlexec"]
    );
    let tree = fixture.tree(Form::Tarball).expect("a release");
    assert_eq!(text(&tree, "releases/start_erl.data"), "14.0 1");
    let fixture = with("{release, {shop, \"1\"}, {erts, \"9.9\"}, [shop, sasl]}, {include_erts, \"other\"}");
    fixture.file("other/erts-14.0/bin/erlexec", "");
    let release = fixture.load().expect("a release");
    let warnings = release::warnings(&release);
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    let warning = warning.to_string().replace(&fixture.root().display().to_string(), "DIR");
    insta::assert_snapshot!(warning, @"the release asks for ERTS 9.9, and gets 14.0, which is in `DIR/other`, the directory of `include_erts`");
    assert_eq!(release.erts.vsn, "14.0");
    insta::assert_snapshot!(with("{release, {shop, \"1\"}, [shop]}, {include_erts, \"none\"}").error(), @r#"
    rebar.config:1:56: cannot include ERTS from `DIR/project/none`: it has no erts-VSN/bin
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {include_erts, "none"}]}.
      |                                                        ^^^^^^
    "#);
}

#[test]
fn forms_that_are_none_are_shown_at_their_place() {
    let messages: Vec<String> = [
        "{release, {shop}, [shop]}",
        "{release, {shop, \"1\"}}",
        "{release, {shop, \"1\"}, shop}",
        "{release, {\"shop\", \"1\"}, [shop]}",
        "{release, {shop, 1}, [shop]}",
        "{release, {shop, \"1\"}, {erts, 13}, [shop]}",
        "{release, {shop, \"1\", {extends, base}}, [shop]}",
        "{release, {shop, \"1\"}, [shop], [{mode, fast}]}",
        "{release, {shop, \"1\"}, [{shop, sometimes}]}",
    ]
    .iter()
    .map(|form| with(form).error())
    .collect();
    insta::assert_snapshot!(messages.join("\n"), @r#"
    rebar.config:1:9: expected `{release, {Name, Vsn}, [App, …]}`, where `{erts, Vsn}` may stand before the applications and options for this release only behind them
      |
    1 | {relx, [{release, {shop}, [shop]}]}.
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^
    rebar.config:1:9: expected `{release, {Name, Vsn}, [App, …]}`, where `{erts, Vsn}` may stand before the applications and options for this release only behind them
      |
    1 | {relx, [{release, {shop, "1"}}]}.
      |         ^^^^^^^^^^^^^^^^^^^^^^
    rebar.config:1:9: expected `{release, {Name, Vsn}, [App, …]}`, where `{erts, Vsn}` may stand before the applications and options for this release only behind them
      |
    1 | {relx, [{release, {shop, "1"}, shop}]}.
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    rebar.config:1:20: a release's name must be an atom
      |
    1 | {relx, [{release, {"shop", "1"}, [shop]}]}.
      |                    ^^^^^^
    rebar.config:1:26: expected a version: a string, `{git, short}`, `{git, long}`, `git` or `semver` (from the last tag), `{file, "F"}` or `{cmd, "C"}`
      |
    1 | {relx, [{release, {shop, 1}, [shop]}]}.
      |                          ^
    rebar.config:1:32: `erts` must be a version string
      |
    1 | {relx, [{release, {shop, "1"}, {erts, 13}, [shop]}]}.
      |                                ^^^^^^^^^^
    rebar.config:1:31: expected `{extend, Name}` or `{extend, {Name, Vsn}}`
      |
    1 | {relx, [{release, {shop, "1", {extends, base}}, [shop]}]}.
      |                               ^^^^^^^^^^^^^^^
    rebar.config:1:48: `mode` must be dev, prod or minimal
      |
    1 | {relx, [{release, {shop, "1"}, [shop], [{mode, fast}]}]}.
      |                                                ^^^^
    rebar.config:1:33: expected an application: `App`, or `{App, …}` with a version string, a start type (permanent, transient, temporary, load, none) or a list of included applications
      |
    1 | {relx, [{release, {shop, "1"}, [{shop, sometimes}]}]}.
      |                                 ^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_name_or_version_that_no_directory_can_have_is_shown_at_its_place() {
    let messages: Vec<String> = [
        "{release, {'a/b', \"1\"}, [shop]}",
        "{release, {'', \"1\"}, [shop]}",
        "{release, {'.', \"1\"}, [shop]}",
        "{release, {'..', \"1\"}, [shop]}",
        "{release, {shop, \"1/2\"}, [shop]}",
        "{release, {shop, \"\"}, [shop]}",
        "{release, {shop, \"..\"}, [shop]}",
        "{release, {shop, {cmd, \"true\"}}, [shop]}",
    ]
    .iter()
    .map(|form| with(form).error())
    .collect();
    insta::assert_snapshot!(messages.join("\n"), @r#"
    rebar.config:1:20: `a/b` cannot be the name of a release, as directories and files are named after it
      |
    1 | {relx, [{release, {'a/b', "1"}, [shop]}]}.
      |                    ^^^^^
    rebar.config:1:20: an empty text cannot be the name of a release, as directories and files are named after it
      |
    1 | {relx, [{release, {'', "1"}, [shop]}]}.
      |                    ^^
    rebar.config:1:20: `.` cannot be the name of a release, as directories and files are named after it
      |
    1 | {relx, [{release, {'.', "1"}, [shop]}]}.
      |                    ^^^
    rebar.config:1:20: `..` cannot be the name of a release, as directories and files are named after it
      |
    1 | {relx, [{release, {'..', "1"}, [shop]}]}.
      |                    ^^^^
    rebar.config:1:26: `1/2` cannot be the version of a release, as directories and files are named after it
      |
    1 | {relx, [{release, {shop, "1/2"}, [shop]}]}.
      |                          ^^^^^
    rebar.config:1:26: an empty text cannot be the version of a release, as directories and files are named after it
      |
    1 | {relx, [{release, {shop, ""}, [shop]}]}.
      |                          ^^
    rebar.config:1:26: `..` cannot be the version of a release, as directories and files are named after it
      |
    1 | {relx, [{release, {shop, ".."}, [shop]}]}.
      |                          ^^^^
    rebar.config:1:26: an empty text cannot be the version of a release, as directories and files are named after it
      |
    1 | {relx, [{release, {shop, {cmd, "true"}}, [shop]}]}.
      |                          ^^^^^^^^^^^^^
    "#);
    for other in ["{release, {shop, \"\"}, [shop]}", "{release, {shop, \"0/9\"}, [shop]}"] {
        let fixture = with(&format!("{other}, {{release, {{shop, \"1\"}}, [shop]}}"));
        assert_eq!(fixture.load().expect("one that is not made does not matter").spec.vsn, "1");
    }
}
