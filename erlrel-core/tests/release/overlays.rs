//! What overlays do to a release, and what is said about those that are wrong.

use std::os::unix::fs::{PermissionsExt, symlink};

use erlrel_core::release::{self, Form};
use erlrel_core::tree::{Node, Tree};

use crate::fixture::{Fixture, text};

const FILES: [&str; 5] = ["sql/V1.sql", "sql/V2.sql", "sql/.hidden", "sql/old/V0.sql", "notes.txt"];

/// More options of relx before the overlays, which stand on line 2.
fn with_options(options: &str, overlay: &str) -> Fixture {
    let fixture = Fixture::new(&format!(
        "{{relx, [{{release, {{shop, \"1.0\"}}, [shop]}}{options},\n  {{overlay, [{overlay}]}}]}}."
    ));
    for file in FILES {
        fixture.file(file, file);
    }
    fixture.file("config/my.config", "[].");
    fixture
}

fn with(overlay: &str) -> Fixture {
    with_options("", overlay)
}

/// The release directory of a project in development, where files are linked.
fn linked(overlay: &str) -> Fixture {
    with_options(", {mode, dev}, {sys_config, \"config/my.config\"}", overlay)
}

fn added(overlay: &str) -> String {
    new_lines(&with(overlay), &with(""), Form::Tarball)
}

fn new_lines(fixture: &Fixture, without: &Fixture, form: Form) -> String {
    let plain = without.listing(form);
    let listing = fixture.listing(form);
    let new = listing.lines().filter(|line| !plain.lines().any(|old| old == *line));
    new.map(|line| line.replacen(" release ", " ", 1)).collect::<Vec<_>>().join("\n")
}

fn tree(fixture: &Fixture, form: Form) -> Tree {
    fixture.tree(form).unwrap_or_else(|error| panic!("{error}"))
}

fn rendered(fixture: &Fixture, path: &str) -> String {
    text(&tree(fixture, Form::Tarball), path)
}

fn warnings(fixture: &Fixture) -> String {
    let release = fixture.load().expect("a release");
    let shown: Vec<String> = release::warnings(&release).iter().map(ToString::to_string).collect();
    let root = fixture.root().display().to_string();
    shown
        .join("\n")
        .replace(&root, "DIR")
        .replace("the release has no `sasl`: it cannot be upgraded while it runs", "")
}

#[test]
fn directories_are_made_and_files_copied() {
    insta::assert_snapshot!(added("{mkdir, \"var/cache\"}, {copy, \"notes.txt\", \"doc/notes\"}"), @r"
    0755 doc/
    0644 doc/notes
    0755 var/
    0755 var/cache/
    ");
}

#[test]
fn a_pattern_copies_what_matches_into_a_directory() {
    insta::assert_snapshot!(added("{copy, \"./sql/*\", \"db/\"}"), @r"
    0755 db/
    0644 db/.hidden
    0644 db/V1.sql
    0644 db/V2.sql
    0755 db/old/
    0644 db/old/V0.sql
    ");
    insta::assert_snapshot!(added("{copy, \"sql/V{1,3}.s?l\", \"db/\"}"), @r"
    0755 db/
    0644 db/V1.sql
    ");
    insta::assert_snapshot!(added("{copy, \"nothing/*\", \"db/\"}"), @"0755 db/");
}

#[test]
fn a_place_with_a_name_too_long_for_any_file_system_is_an_error() {
    let (long, deep) = ("a".repeat(256), "a/".repeat(2040));
    let error = with(&format!("{{mkdir, \"{long}\"}}")).error();
    assert!(
        error.starts_with("rebar.config:2:22: the path `aaa") && error.contains("it has 256 bytes"),
        "{error}"
    );
    let fixture = with(&format!("{{copy, \"sql\", \"{deep}x\"}}"));
    fixture.file("sql/a long name for a file/x", "");
    let error = fixture.error();
    assert!(
        error.starts_with("rebar.config:2:21: the path `a/a") && error.contains("is too long"),
        "{error}"
    );
}

#[test]
fn a_directory_is_copied_with_its_contents() {
    insta::assert_snapshot!(added("{copy, \"sql\", \"db\"}"), @r"
    0755 db/
    0644 db/.hidden
    0644 db/V1.sql
    0644 db/V2.sql
    0755 db/old/
    0644 db/old/V0.sql
    ");
    insta::assert_snapshot!(added("{copy, \"sql\", \".\"}"), @r"
    0644 .hidden
    0644 V1.sql
    0644 V2.sql
    0755 old/
    0644 old/V0.sql
    ");
}

#[test]
fn paths_may_hold_relx_variables() {
    let overlay = "{copy, \"{{root_dir}}/notes.txt\", \"{{output_dir}}/releases/{{release_version}}/{{ release_name }}.txt\"},
                   {copy, \"{{shop}}/ebin/shop.app\", \"copied.app\"}";
    insta::assert_snapshot!(added(overlay), @r"
    0644 copied.app
    0644 releases/1.0/shop.txt
    ");
}

#[test]
fn a_destination_below_the_output_directory_is_one_inside_the_release() {
    insta::assert_snapshot!(added("{mkdir, \"{{target_dir}}/a\"}, {copy, \"sql/V1.sql\", \"{{output_dir}}/\"}"), @r"
    0644 V1.sql
    0755 a/
    ");
    insta::assert_snapshot!(with("{mkdir, \"{{target_dir}}ping/a\"}").error(), @r#"
    rebar.config:2:22: `DIR/project/_build/default/rel/shopping/a` is not inside the release: name a place that is relative to it, without `..`
      |
    2 |   {overlay, [{mkdir, "{{target_dir}}ping/a"}]}]}.
      |                      ^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_later_overlay_replaces_what_was_there() {
    let fixture = with(
        "{copy, \"sql/V1.sql\", \"releases/1.0/vm.args\"}, {copy, \"notes.txt\", \"releases/1.0/vm.args\"},
         {template, \"sql/V2.sql\", \"bin/shop-1.0\"}, {copy, \"sql/V1.sql\", \"lib/shop-1.0/ebin/shop.app\"}",
    );
    for form in [Form::Directory, Form::Tarball, Form::Image] {
        let tree = tree(&fixture, form);
        assert_eq!(text(&tree, "releases/1.0/vm.args"), "notes.txt");
        assert_eq!(text(&tree, "bin/shop-1.0"), "sql/V2.sql");
        assert_eq!(text(&tree, "lib/shop-1.0/ebin/shop.app"), "sql/V1.sql");
    }
}

#[test]
fn a_link_is_one_only_in_a_directory_for_development() {
    let overlay = "{link, \"notes.txt\", \"links/notes\"}, {link, \"./sql\", \"links/sql\"}, {link, \"sql/V*\", \"links/all/\"}";
    insta::assert_snapshot!(new_lines(&linked(overlay), &linked(""), Form::Directory), @r"
    0755 links/
    0755 links/all/
    link links/all/V1.sql -> DIR/project/sql/V1.sql
    link links/all/V2.sql -> DIR/project/sql/V2.sql
    link links/notes -> DIR/project/notes.txt
    link links/sql -> DIR/project/sql
    ");
    insta::assert_snapshot!(new_lines(&linked(overlay), &linked(""), Form::Tarball), @r"
    0755 links/
    0755 links/all/
    0644 links/all/V1.sql
    0644 links/all/V2.sql
    0644 links/notes
    0755 links/sql/
    0644 links/sql/.hidden
    0644 links/sql/V1.sql
    0644 links/sql/V2.sql
    0755 links/sql/old/
    0644 links/sql/old/V0.sql
    ");
}

#[test]
fn a_link_replaces_a_directory_with_all_that_is_in_it() {
    let tree = tree(&linked("{copy, \"sql\", \"db\"}, {link, \"config\", \"db\"}"), Form::Directory);
    assert!(
        matches!(&tree.get("db").expect("there").node, Node::Symlink(target) if target.ends_with("/config"))
    );
    assert!(tree.get("db/V1.sql").is_none());
}

#[test]
fn in_development_overlays_never_write_through_a_link() {
    let overlay = "{copy, \"notes.txt\", \"lib/shop-1.0/priv/notes\"}, {copy, \"notes.txt\", \"releases/1.0/sys.config\"},
                   {chmod, 8#400, \"lib/shop-1.0/ebin/shop.app\"}";
    let fixture = linked(overlay);
    let tree = tree(&fixture, Form::Directory);
    assert_eq!(text(&tree, "lib/shop-1.0/priv/notes"), "notes.txt");
    assert_eq!(text(&tree, "releases/1.0/sys.config"), "notes.txt");
    assert_eq!(tree.get("lib/shop-1.0/ebin/shop.app").expect("there").mode, 0o400);
    assert!(matches!(tree.get("lib/shop-1.0/ebin/shop.beam").expect("there").node, Node::Symlink(_)));
}

#[test]
fn a_template_is_rendered_and_keeps_the_mode_of_its_source() {
    let fixture =
        with("{template, \"run.sh\", \"bin/run\"}, {template, \"vm.args\", \"releases/1.0/vm.args\"}");
    fixture.file("run.sh", "echo {{release}} {{&html}}{{#absent}}x{{/absent}}");
    fixture.file("vm.args", "-sname {{release_name}}");
    let script = fixture.root().join("run.sh");
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o700)).expect("a mode");
    let tree = tree(&fixture, Form::Tarball);
    assert_eq!(text(&tree, "bin/run"), "echo shop-1.0 ");
    assert_eq!(tree.get("bin/run").expect("there").mode, 0o755);
    assert_eq!(text(&tree, "releases/1.0/vm.args"), "-sname shop");
    assert_eq!(tree.get("releases/1.0/vm.args").expect("there").mode, 0o644);
}

#[test]
fn a_template_with_a_file_of_variables_has_them_before_all_others() {
    let fixture = with_options(
        ", {overlay_vars, [{color, \"red\"}, {size, 1}]}",
        "{template, \"t\", \"{{color}}\", \"own.config\"}, {template, \"t\", \"plain\"}",
    );
    fixture.file("t", "{{color}} {{size}} {{release_name}}");
    fixture.file("own.config", "{color, \"blue\"}. {release_name, \"{{color}} {{size}}\"}.");
    assert_eq!(rendered(&fixture, "blue"), "blue 1 blue 1");
    assert_eq!(rendered(&fixture, "plain"), "red 1 shop");
}

#[test]
fn modes_are_numbers_or_templates_of_decimal_ones() {
    let overlay =
        "{copy, \"sql\", \"db\"}, {chmod, 8#600, \"db/V1.sql\"}, {chmod, \"{{mode}}\", \"db/V2.sql\"},
                   {chmod, 8#700, \"db/old\"}, {chmod, 8#700, \"lib\"}, {chmod, 8#755, \"bin/nodetool\"}";
    let fixture = with_options(", {overlay_vars, [{mode, 292}]}", overlay);
    let tree = tree(&fixture, Form::Directory);
    let mode = |path: &str| tree.get(path).expect("there").mode;
    assert_eq!(
        [mode("db/V1.sql"), mode("db/V2.sql"), mode("db/old"), mode("lib")],
        [0o600, 0o444, 0o700, 0o700]
    );
}

#[test]
fn the_mode_of_what_only_a_directory_has_does_not_stop_a_tarball_or_an_image() {
    let fixture = with("{chmod, 8#700, \"bin/shop\"}, {chmod, 8#600, \"releases/1.0/start.script\"}");
    assert_eq!(tree(&fixture, Form::Directory).get("releases/1.0/start.script").expect("there").mode, 0o600);
    assert_eq!(tree(&fixture, Form::Tarball).get("bin/shop").expect("there").mode, 0o700);
    assert!(tree(&fixture, Form::Image).get("bin/shop").is_none());
    let nowhere = with("{chmod, 8#700, \"bin/absent\"}");
    for form in [Form::Directory, Form::Tarball, Form::Image] {
        let error = nowhere.tree(form).expect_err("no such file").to_string();
        assert!(error.contains("there is no `bin/absent` in the release"), "{error}");
    }
}

#[test]
fn own_variables_come_before_those_of_relx_and_values_after_them() {
    let fixture = with_options(
        ", {overlay_vars, [{release_name, \"mine\"}, {base_dir, \"base\"}]},
         {overlay_vars_values, [{release_version, \"never\"}, {low, \"{{release_name}}\"}]}",
        "{template, \"t\", \"out\"}",
    );
    fixture.file("t", "{{release_name}} {{base_dir}} {{release_version}} {{low}} {{profile_string}}");
    assert_eq!(rendered(&fixture, "out"), "mine base 1.0 {{release_name}} default");
}

/// Of one name in two files the later file's counts; a file's variables are moved behind those before it, in one
/// file the first counts, and a variable sees what stands before it.
#[test]
fn variables_are_defined_again_in_relx_s_order() {
    let fixture = with_options(
        ", {overlay_vars, [\"vars/a.config\", {inline, \"{{x}}{{y}}\"}, {z, \"z\"}, \"vars/b.config\"]}",
        "{template, \"t\", \"out\"}",
    );
    fixture.file("vars/a.config", "{x, \"x of a\"}. {y, \"y of a\"}. {twice, 1}. {twice, 2}.");
    fixture.file("vars/b.config", "{y, \"{{x}} {{w}}\"}.\n\"more/c.config\".\n{u, \"{{w}}\"}.");
    fixture.file("vars/more/c.config", "{w, \"w of c\"}.");
    fixture.file("t", "{{x}}|{{y}}|{{inline}}|{{twice}}|{{u}}|{{z}}");
    assert_eq!(rendered(&fixture, "out"), "x of a|x of a |x of a|1|w of c|z");
}

#[test]
fn a_file_of_variables_that_cannot_be_read_is_a_warning() {
    let fixture = with_options(", {overlay_vars, [\"absent.config\", {x, 1}]}", "{template, \"t\", \"out\"}");
    fixture.file("t", "{{x}}");
    insta::assert_snapshot!(warnings(&fixture), @r#"
    rebar.config:1:59: cannot read `DIR/absent.config` (No such file or directory (os error 2)); its variables are missing
      |
    1 | {relx, [{release, {shop, "1.0"}, [shop]}, {overlay_vars, ["absent.config", {x, 1}]},
      |                                                           ^^^^^^^^^^^^^^^
    "#);
    assert_eq!(rendered(&fixture, "out"), "1");
    let fixture = with("{template, \"t\", \"out\", \"absent.config\"}");
    fixture.file("t", "{{x}}-");
    insta::assert_snapshot!(warnings(&fixture), @r#"
    rebar.config:2:37: cannot read `DIR/absent.config` (No such file or directory (os error 2)); its variables are missing
      |
    2 |   {overlay, [{template, "t", "out", "absent.config"}]}]}.
      |                                     ^^^^^^^^^^^^^^^
    "#);
    assert_eq!(rendered(&fixture, "out"), "-", "as in relx");
}

#[test]
fn a_name_in_a_path_that_stands_for_nothing_is_a_warning() {
    let fixture = with(
        "{mkdir, \"var/{{relese_name}}\"}, {copy, \"{{root_dir}}/notes.txt\", \"a{{#no}}{{b}}{{/no}}\"}",
    );
    insta::assert_snapshot!(warnings(&fixture), @r#"
    rebar.config:2:22: `{{relese_name}}` stands for nothing in this path
      |
    2 |   {overlay, [{mkdir, "var/{{relese_name}}"}, {copy, "{{root_dir}}/notes.txt", "a{{#no}}{{b}}{{/no}}"}]}]}.
      |                      ^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn options_that_have_variables_are_shown_by_them() {
    let fixture = with_options(
        ", {sys_config, \"./config/my.config\"}, {vm_args, false}, {overrides, [{shop, \"../shop\"}, {other, \"x\"}]}",
        "{template, \"t\", \"out\"}",
    );
    fixture.file("t", "{{sys_config}} {{vm_args}} {{overridden}}{{#overridden}}{{.}},{{/overridden}} {{#overrides}}{{shop}}{{/overrides}} [{{lib_dirs}}]");
    let unset = with_options("", "{template, \"u\", \"out\"}");
    unset.file("u", "{{sys_config}} {{vm_args}}");
    assert_eq!(rendered(&unset, "out"), "undefined undefined");
    insta::assert_snapshot!(fixture.error(), @r"
    t:1:28: the value of `overridden` is neither text nor a number: [shop,other]
      |
    1 | {{sys_config}} {{vm_args}} {{overridden}}{{#overridden}}{{.}},{{/overridden}} {{#overrides}}{{shop}}{{/overrides}} [{{lib_dirs}}]
      |                            ^^^^^^^^^^^^^^
    ");
    fixture.file("t", "{{sys_config}} {{vm_args}} {{#overridden}}{{.}},{{/overridden}} {{#overrides}}{{shop}}{{/overrides}} [{{lib_dirs}}]");
    let expected = format!("{}/config/my.config false shop,other, ../shop []", fixture.root().display());
    assert_eq!(rendered(&fixture, "out"), expected);
}

#[test]
fn mistakes_are_shown_at_their_place() {
    insta::assert_snapshot!(with("{copy, \"missing.txt\", \"x\"}").error(), @r#"
    rebar.config:2:21: there is no file or directory `DIR/project/missing.txt`
      |
    2 |   {overlay, [{copy, "missing.txt", "x"}]}]}.
      |                     ^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{copy, \"notes.txt\", \"../x\"}").error(), @r#"
    rebar.config:2:34: `../x` is not inside the release: name a place that is relative to it, without `..`
      |
    2 |   {overlay, [{copy, "notes.txt", "../x"}]}]}.
      |                                  ^^^^^^
    "#);
    insta::assert_snapshot!(with("{copy, \"sql\", \"/etc/x\"}").error(), @r#"
    rebar.config:2:28: `/etc/x` is not inside the release: name a place that is relative to it, without `..`
      |
    2 |   {overlay, [{copy, "sql", "/etc/x"}]}]}.
      |                            ^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{copy, \"notes.txt\", \"lib\"}").error(), @r#"
    rebar.config:2:21: `lib` is a directory in the release; a file cannot take its place
      |
    2 |   {overlay, [{copy, "notes.txt", "lib"}]}]}.
      |                     ^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{mkdir, \"releases/RELEASES\"}").error(), @r#"
    rebar.config:2:22: `releases/RELEASES` is a file in the release, not a directory
      |
    2 |   {overlay, [{mkdir, "releases/RELEASES"}]}]}.
      |                      ^^^^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{mkdir, \"releases/RELEASES/below\"}").error(), @r#"
    rebar.config:2:22: `releases/RELEASES` is a file in the release, so there can be nothing below it
      |
    2 |   {overlay, [{mkdir, "releases/RELEASES/below"}]}]}.
      |                      ^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{copy, \"sql/{V1\", \"x/\"}").error(), @r#"
    rebar.config:2:21: the pattern has a `{` without its `}`
      |
    2 |   {overlay, [{copy, "sql/{V1", "x/"}]}]}.
      |                     ^^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{link, \"missing.txt\", \"x\"}").error(), @r#"
    rebar.config:2:21: there is no file or directory `DIR/project/missing.txt`
      |
    2 |   {overlay, [{link, "missing.txt", "x"}]}]}.
      |                     ^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{mkdir, \"{{release_name\"}").error(), @r#"
    rebar.config:2:22: this tag is never closed
      |
    2 |   {overlay, [{mkdir, "{{release_name"}]}]}.
      |                      ^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{chmod, 8#600, \"doc/absent\"}").error(), @r#"
    rebar.config:2:29: there is no `doc/absent` in the release
      |
    2 |   {overlay, [{chmod, 8#600, "doc/absent"}]}]}.
      |                             ^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{chmod, \"0755\", \"lib\"}").error(), @r#"
    rebar.config:2:22: a mode is a whole number up to 8#7777, for example 8#755; a template must render to one in decimal, without leading zeros: 493
      |
    2 |   {overlay, [{chmod, "0755", "lib"}]}]}.
      |                      ^^^^^^
    "#);
    insta::assert_snapshot!(with("{chmod, 8#10000, \"lib\"}").error(), @r#"
    rebar.config:2:22: a mode is a whole number up to 8#7777, for example 8#755; a template must render to one in decimal, without leading zeros: 493
      |
    2 |   {overlay, [{chmod, 8#10000, "lib"}]}]}.
      |                      ^^^^^^^
    "#);
    insta::assert_snapshot!(with("{template, \"missing.tpl\", \"x\"}").error(), @r#"
    rebar.config:2:25: there is no file or directory `DIR/project/missing.tpl`
      |
    2 |   {overlay, [{template, "missing.tpl", "x"}]}]}.
      |                         ^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{template, \"notes.txt\", \"lib\"}").error(), @r#"
    rebar.config:2:38: `lib` is a directory in the release; a file cannot take its place
      |
    2 |   {overlay, [{template, "notes.txt", "lib"}]}]}.
      |                                      ^^^^^
    "#);
    insta::assert_snapshot!(with("{move, \"a\", \"b\"}").error(), @r#"
    rebar.config:2:14: expected an overlay: `{mkdir, To}`, `{copy, From, To}`, `{link, From, To}`, `{template, From, To}`, `{template, From, To, VarsFile}` or `{chmod, Mode, Path}`
      |
    2 |   {overlay, [{move, "a", "b"}]}]}.
      |              ^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn mistakes_in_templates_are_shown_in_the_template() {
    let error = |template: &str| {
        let fixture = with("{template, \"config/t.txt\", \"out\"}");
        fixture.file("config/t.txt", template);
        fixture.error()
    };
    insta::assert_snapshot!(error("first\nsecond {{release_name\n"), @r"
    config/t.txt:2:8: this tag is never closed
      |
    2 | second {{release_name
      |        ^^
    ");
    insta::assert_snapshot!(error("first\n{{#open}}\n"), @r"
    config/t.txt:2:1: the section `open` is never closed
      |
    2 | {{#open}}
      | ^^^^^^^^^
    ");
    insta::assert_snapshot!(error("{{#a}}{{/b}}"), @r"
    config/t.txt:1:7: this ends `b`, but the open section is `a`
      |
    1 | {{#a}}{{/b}}
      |       ^^^^^^
    ");
    insta::assert_snapshot!(error("x\n{{/never}}"), @r"
    config/t.txt:2:1: no section `never` is open here
      |
    2 | {{/never}}
      | ^^^^^^^^^^
    ");
    insta::assert_snapshot!(error("{{=<%=}}"), @r"
    config/t.txt:1:1: new delimiters are written `{{=<% %>=}}`: two, neither with a blank or `=` in it
      |
    1 | {{=<%=}}
      | ^^^^^^^^
    ");
}

#[test]
fn mistakes_in_variables_are_shown_in_their_file() {
    let error = |vars: &str| {
        let fixture = with_options(", {overlay_vars, \"vars.config\"}", "");
        fixture.file("vars.config", vars);
        fixture.error()
    };
    insta::assert_snapshot!(error("{a, 1}.\n{b, \"{{a\"}."), @r#"
    vars.config:2:5: `b` is a template with a mistake: this tag is never closed
      |
    2 | {b, "{{a"}.
      |     ^^^^^
    "#);
    insta::assert_snapshot!(error("{a, 1"), @r"
    vars.config:1:6: expected `}` to close tuple, found the end of the file
      |
    1 | {a, 1
      |      ^
    ");
    insta::assert_snapshot!(error("{a, 1, 2}."), @r"
    vars.config:1:1: expected a variable, `{Name, Value}`, or the name of a file of variables
      |
    1 | {a, 1, 2}.
      | ^^^^^^^^^
    ");
    insta::assert_snapshot!(error("\"vars.config\"."), @r#"
    vars.config:1:1: `vars.config` includes itself
      |
    1 | "vars.config".
      | ^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with_options(", {overlay_vars, [undefined]}", "").error(), @r#"
    rebar.config:1:59: expected a variable, `{Name, Value}`, or the name of a file of variables
      |
    1 | {relx, [{release, {shop, "1.0"}, [shop]}, {overlay_vars, [undefined]},
      |                                                           ^^^^^^^^^
    "#);
    insta::assert_snapshot!(with_options(", {overlay_vars_values, [x]}", "").error(), @r#"
    rebar.config:1:66: `overlay_vars_values` must be a list of `{Name, Value}`
      |
    1 | {relx, [{release, {shop, "1.0"}, [shop]}, {overlay_vars_values, [x]},
      |                                                                  ^
    "#);
}

#[test]
fn all_mistakes_of_a_list_are_told_together() {
    insta::assert_snapshot!(with("{copy, \"a\", \"x\"},\n {mkdir, \"fine\"}, {copy},\n {mkdir, \"../y\"}").error(), @r#"
    rebar.config:2:21: there is no file or directory `DIR/project/a`
      |
    2 |   {overlay, [{copy, "a", "x"},
      |                     ^^^

    rebar.config:3:19: expected an overlay: `{mkdir, To}`, `{copy, From, To}`, `{link, From, To}`, `{template, From, To}`, `{template, From, To, VarsFile}` or `{chmod, Mode, Path}`
      |
    3 |  {mkdir, "fine"}, {copy},
      |                   ^^^^^^

    rebar.config:4:10: `../y` is not inside the release: name a place that is relative to it, without `..`
      |
    4 |  {mkdir, "../y"}]}]}.
      |          ^^^^^^
    "#);
}

#[test]
fn what_cannot_be_read_inside_a_directory_is_an_error() {
    let fixture = with("{copy, \"sql\", \"db\"}");
    symlink("nowhere", fixture.root().join("sql/broken")).expect("linked");
    insta::assert_snapshot!(fixture.error(), @r#"
    rebar.config:2:21: `DIR/project/sql/broken` is a link that leads nowhere
      |
    2 |   {overlay, [{copy, "sql", "db"}]}]}.
      |                     ^^^^^
    "#);
}
