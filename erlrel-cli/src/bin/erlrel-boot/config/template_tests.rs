use std::path::Path;

use super::Template;
use crate::config::ConfigError;
use crate::config::file::{ConfigFile, SYS_CONFIG};
use crate::config::{strict, sys_config};
use crate::environment::Environment;
use crate::erts::Erts;
use crate::release::Release;

/// A release with this `sys.config.src`.
struct Fixture {
    root: tempfile::TempDir,
}

impl Fixture {
    fn new(text: &[u8]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("releases/1");
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("sys.config.src"), text).unwrap();
        Self { root }
    }

    fn template<const N: usize>(&self, variables: [(&str, &str); N]) -> Template {
        let release = Release {
            root: self.root.path().into(),
            name: "hello".into(),
            vsn: "1".into(),
            erts_vsn: "13.1.5".into(),
            program: self.root.path().join("bin/hello"),
        };
        let environment = Environment::from(variables);
        let file = ConfigFile::locate(SYS_CONFIG, &release, &environment).unwrap().unwrap();
        Template::read(file, &environment).unwrap()
    }

    /// What is wrong, without the directory.
    fn shown(&self, error: &ConfigError) -> String {
        error.to_string().replace(&self.root.path().display().to_string(), "ROOT")
    }
}

/// What is told of a configuration, where it is not the usual ERTS of OTP 25.
fn told_by<const N: usize>(erts: &str, text: &[u8], variables: [(&str, &str); N]) -> String {
    let fixture = Fixture::new(text);
    let erts = Erts { dir: "/e".into(), vsn: erts.into() };
    let root = Path::new("/nowhere");
    match sys_config::check(&fixture.template(variables), root, &erts) {
        Ok(()) => "nothing".into(),
        Err(error) => fixture.shown(&error),
    }
}

fn told<const N: usize>(text: &str, variables: [(&str, &str); N]) -> String {
    told_by("13.1.5", text.as_bytes(), variables)
}

#[test]
fn an_error_shows_the_line_of_the_template_and_names_its_variables() {
    let text = "[{hello, [\n  {port, ${PORT:-8080}}, {host, \"${HOST}\"}\n ]}\n{x, []}].\n";
    insta::assert_snapshot!(told(text, [("HOST", "h")]), @"
    the VM would not start with this configuration:
    ROOT/releases/1/sys.config.src:4:1: expected `]` to close list, found `{`
      |
    4 | {x, []}].
      | ^
    ");
    let text = "[{hello, [\n  {port, ${PORT:-8080}}, {host, \"${HOST}\"}]}].\n";
    insta::assert_snapshot!(told(text, [("PORT", "80, s3cret")]), @r#"
    the VM would not start with this configuration:
    ROOT/releases/1/sys.config.src:2:3: with the value of PORT this is not what the VM reads
      |
    2 |   {port, ${PORT:-8080}}, {host, "${HOST}"}]}].
      |   ^^^^^^^^^^^^^^^^^^^^^
    substituted on this line: PORT, HOST
    "#);
    insta::assert_snapshot!(told(text, [("HOST", "s3cret\" s3cret")]), @r#"
    the VM would not start with this configuration:
    ROOT/releases/1/sys.config.src:2:41: no closing quotation
      |
    2 |   {port, ${PORT:-8080}}, {host, "${HOST}"}]}].
      |                                         ^
    substituted on this line: PORT, HOST
    "#);
    insta::assert_snapshot!(told(text, [("PORT", "1\n2\n"), ("HOST", "\"\n\n")]), @r#"
    the VM would not start with this configuration:
    ROOT/releases/1/sys.config.src:2:41: no closing quotation
      |
    2 |   {port, ${PORT:-8080}}, {host, "${HOST}"}]}].
      |                                         ^
    substituted on this line: PORT, HOST
    "#);
}

#[test]
fn lines_count_in_the_template_whatever_lines_the_values_have() {
    let text = "[{hello, [{cert, <<\"${CERT}\">>}]},\n {other}].\n";
    insta::assert_snapshot!(told(text, [("CERT", "a\nb\nc")]), @"
    the VM would not start with this configuration:
    ROOT/releases/1/sys.config.src:2:2: the virtual machine would not start: expected `{Application, [{Key, Value}, …]}` or the name of another file as a string
      |
    2 |  {other}].
      |  ^^^^^^^
    ");
}

#[test]
fn latin1_is_placed_too() {
    let text = b"%% coding: latin-1\n[{hello, [{a, \"\xe4\xf6\xfc\"}, ${B}]}].";
    insta::assert_snapshot!(told_by("13.1.5", text, [("B", "s3cret s3cret")]), @r#"
    the VM would not start with this configuration:
    ROOT/releases/1/sys.config.src:2:23: with the value of B this is not what the VM reads
      |
    2 | [{hello, [{a, "���"}, ${B}]}].
      |                       ^^^^
    substituted on this line: B
    "#);
    insta::assert_snapshot!(told_by("13.1.5", b"[{hello, [{a, \"\xe4\"}, ${B}]}].", [("B", "{b, 1}")]), @r#"
    the VM would not start with this configuration:
    ROOT/releases/1/sys.config.src:1:16: the file is not UTF-8 here; convert it, or declare `%% coding: latin-1` in its first line
      |
    1 | [{hello, [{a, "�"}, ${B}]}].
      |                ^
    substituted on this line: B
    "#);
}

#[test]
fn reserved_words_are_those_of_the_runtime() {
    let text = b"[{hello, [{a, maybe}]}].\n";
    assert_eq!(told_by("14.2", text, []), "nothing");
    insta::assert_snapshot!(told_by("15.0", text, []), @"
    the VM would not start with this configuration:
    ROOT/releases/1/sys.config.src:1:15: `maybe` is a reserved word in OTP 27; the atom needs quotes: 'maybe'
      |
    1 | [{hello, [{a, maybe}]}].
      |               ^^^^^
    ");
}

#[test]
fn included_files_are_looked_for_and_read() {
    let text = "[{hello, []}, \"other\"].\n";
    insta::assert_snapshot!(told(text, []), @r#"
    the VM would not start with this configuration:
    ROOT/releases/1/sys.config.src:1:15: this file is neither in ROOT/releases/1 nor in /nowhere
      |
    1 | [{hello, []}, "other"].
      |               ^^^^^^^
    "#);
    let fixture = Fixture::new(text.as_bytes());
    let erts = Erts { dir: "/e".into(), vsn: "13.1.5".into() };
    let check = |root: &Path| sys_config::check(&fixture.template([]), root, &erts);
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join("other.config"), "[].").unwrap();
    assert!(check(elsewhere.path()).is_ok(), "the working directory of the VM comes second");
    std::fs::write(fixture.root.path().join("releases/1/other.config"), "[{a, 1}].").unwrap();
    insta::assert_snapshot!(fixture.shown(&check(elsewhere.path()).unwrap_err()), @"
    the VM would not start with this configuration:
    ROOT/releases/1/other.config:1:6: the virtual machine would not start: the settings must be a list of `{Key, Value}`
      |
    1 | [{a, 1}].
      |      ^
    ");
    std::fs::write(fixture.root.path().join("releases/1/other.config"), "[\"third\"].").unwrap();
    insta::assert_snapshot!(fixture.shown(&check(elsewhere.path()).unwrap_err()), @r#"
    the VM would not start with this configuration:
    ROOT/releases/1/other.config:1:2: the virtual machine would not start: expected `{Application, [{Key, Value}, …]}` or the name of another file as a string
      |
    1 | ["third"].
      |  ^^^^^^^
    "#);
}

#[test]
fn what_cannot_be_judged_is_left_to_the_vm() {
    for text in [
        "[{hello, [{a, <<1:3>>}, {b, << <<1>>/binary >>}]}].",
        "[[\"deep\"]].",
        &format!("[{{a, [{{b, {}{}}}]}}].", "[".repeat(300), "]".repeat(300)),
        &format!("[{{a, [{{b, \"{}\"}}, x]}}].", "long".repeat(100_000)),
    ] {
        assert_eq!(told(text, []), "nothing", "{}", &text[..text.len().min(60)]);
    }
}

#[test]
fn strict_names_all_missing_variables_with_their_lines() {
    let fixture = Fixture::new(b"[${A},\n ${B:-b}, ${C},\n ${C}, ${D:-}].\n");
    let template = fixture.template([("A", "")]);
    let strict =
        |value| strict::check(&[&template, &template], &Environment::from([("ERLREL_STRICT_ENV", value)]));
    insta::assert_snapshot!(fixture.shown(&strict("1").unwrap_err()), @"
    these variables have neither a value nor a default:
      A (ROOT/releases/1/sys.config.src:1)
      C (ROOT/releases/1/sys.config.src:2)
      C (ROOT/releases/1/sys.config.src:3)
      A (ROOT/releases/1/sys.config.src:1)
      C (ROOT/releases/1/sys.config.src:2)
      C (ROOT/releases/1/sys.config.src:3)
    ");
    for value in ["", "0", "false"] {
        assert!(strict(value).is_ok(), "{value:?}");
    }
    assert!(strict("yes").is_err());
    assert!(
        strict::check(
            &[&fixture.template([("A", "1"), ("C", "2")])],
            &Environment::from([("ERLREL_STRICT_ENV", "1")])
        )
        .is_ok()
    );
}
