//! Files and directories that a project adds to its release.

use erlrel_core::release::Form;

use crate::fixture::{Fixture, text};

fn with(overlay: &str) -> Fixture {
    let fixture = Fixture::new(&format!(
        "{{relx, [{{release, {{shop, \"1.0\"}}, [shop]}},\n  {{overlay, [{overlay}]}}]}}."
    ));
    for file in ["sql/V1.sql", "sql/V2.sql", "sql/.hidden", "sql/old/V0.sql", "notes.txt"] {
        fixture.file(file, file);
    }
    fixture
}

fn added(overlay: &str) -> String {
    let fixture = with(overlay);
    let plain = with("").listing(Form::Tarball);
    let listing = fixture.listing(Form::Tarball);
    let new = listing.lines().filter(|line| !plain.contains(line));
    new.map(|line| line.replacen(" release ", " ", 1)).collect::<Vec<_>>().join("\n")
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
fn a_later_overlay_replaces_what_was_there() {
    let fixture = with(
        "{copy, \"sql/V1.sql\", \"releases/1.0/vm.args\"}, {copy, \"notes.txt\", \"releases/1.0/vm.args\"}",
    );
    let tree = fixture.tree(Form::Tarball).expect("a release");
    assert_eq!(text(&tree, "releases/1.0/vm.args"), "notes.txt");
}

#[test]
fn mistakes_are_shown_at_their_place() {
    insta::assert_snapshot!(with("{copy, \"missing.txt\", \"x\"}").error(), @r#"
    rebar.config:2:14: there is no file or directory `DIR/project/missing.txt` to copy
      |
    2 |   {overlay, [{copy, "missing.txt", "x"}]}]}.
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{copy, \"notes.txt\", \"../x\"}").error(), @r#"
    rebar.config:2:14: `../x` is not inside the release
      |
    2 |   {overlay, [{copy, "notes.txt", "../x"}]}]}.
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{copy, \"{{color}}.txt\", \"x\"}").error(), @r#"
    rebar.config:2:14: erlrel knows no variable `{{color}}` (variables of your own are not supported yet)
      |
    2 |   {overlay, [{copy, "{{color}}.txt", "x"}]}]}.
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{copy, \"sql\", \"../x\"}").error(), @r#"
    rebar.config:2:14: `../x` is not inside the release
      |
    2 |   {overlay, [{copy, "sql", "../x"}]}]}.
      |              ^^^^^^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(with("{copy, \"notes.txt\", \"lib\"}").error(), @"`lib` would be a file, but `lib/kernel-8.5/ebin/error_handler.beam` is to be written below it");
    insta::assert_snapshot!(with("{mkdir, \"/var/x\"}").error(), @r#"
    rebar.config:2:14: `/var/x` is not inside the release
      |
    2 |   {overlay, [{mkdir, "/var/x"}]}]}.
      |              ^^^^^^^^^^^^^^^^^
    "#);
}
