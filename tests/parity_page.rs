//! docs/relx-parity.md says for each option whether erlrel does the same as relx; each row names its test.

mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

use crate::support::repository;

fn page() -> String {
    std::fs::read_to_string(repository().join("docs/relx-parity.md")).expect("the page")
}

/// The rows of all tables: their cells.
fn rows() -> Vec<Vec<String>> {
    rows_of(&page())
}

/// The rows of tables, without headings and rules: their cells.
fn rows_of(text: &str) -> Vec<Vec<String>> {
    let lines: Vec<&str> = text.lines().collect();
    let is_heading = |at: usize| lines.get(at + 1).is_some_and(|next| next.starts_with("|---"));
    let rows = lines
        .iter()
        .enumerate()
        .filter(|(at, line)| line.starts_with("| ") && !line.starts_with("|---") && !is_heading(*at));
    rows.map(|(_, line)| cells(line)).collect()
}

/// A `\|` inside a cell is no border.
fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_matches('|').replace("\\|", "\u{0}");
    inner.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}

/// The tests that a cell names: `` `file::test` ``.
fn named_tests(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).filter(|name| name.contains("::")).collect()
}

/// `name::function` of every function in the tests, where `name` is that of the file or of one of its folders, and
/// the files that have it.
fn functions() -> BTreeMap<String, BTreeSet<PathBuf>> {
    let root = repository();
    let folders = ["tests", "erlrel-core/tests", "erlrel-core/src", "erlrel-cli/src"];
    let files = folders.iter().flat_map(|folder| WalkDir::new(root.join(folder)));
    let files = files.map(|entry| entry.expect("an entry").into_path());
    let mut functions: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let path = path.strip_prefix(&root).expect("below it");
        for test in tests_in(&text) {
            for name in names_of(path) {
                functions.entry(format!("{name}::{test}")).or_default().insert(path.into());
            }
        }
    }
    functions
}

/// `file` and `folder` of `tests/folder/file.rs`.
fn names_of(path: &Path) -> Vec<String> {
    let names = path.with_extension("");
    let names = names.iter().map(|part| part.to_string_lossy().into_owned());
    names.skip_while(|name| !["tests", "src"].contains(&name.as_str())).skip(1).collect()
}

/// Functions under `#[test]`, also inside `proptest!`.
fn tests_in(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[test]").skip(1).filter_map(|after| {
        let (_, declaration) = after.split_once("fn ")?;
        declaration.split(['(', '<']).next()
    })
}

/// A name that two files have says nothing.
#[test]
fn every_row_of_the_parity_page_names_tests_that_exist() {
    let functions = functions();
    let mut wrong = Vec::new();
    for row in rows() {
        let shown = named_tests(row.last().expect("a cell"));
        let is_one = |name: &&str| functions.get(*name).is_some_and(|files| files.len() == 1);
        let others: Vec<&str> = shown.iter().copied().filter(|name| !is_one(name)).collect();
        if shown.is_empty() || !others.is_empty() {
            wrong.push(format!("{}: {others:?}", row[0]));
        }
    }
    assert!(
        wrong.is_empty(),
        "rows without a test, or with one that no or two files have:\n{}",
        wrong.join("\n")
    );
    assert!(functions.len() > 300, "the tests are found");
}

/// What is in backticks in the first cells of these sections: single words. `RELEASE_*` stays as it is.
fn names_with_a_row(sections: &[&str]) -> BTreeSet<String> {
    let page = page();
    let in_section = |title: &&str| {
        let start = page.find(&format!("\n## {title}\n")).unwrap_or_else(|| panic!("no section {title}"));
        page[start + 1..].split("\n## ").next().unwrap_or_default()
    };
    let rows = sections.iter().map(in_section).flat_map(rows_of);
    let is_part = |c: char| c.is_alphanumeric() || "_-*".contains(c);
    let words = |cell: String| -> Vec<String> {
        let quoted = cell.split('`').skip(1).step_by(2);
        quoted.flat_map(|text| text.split(|c| !is_part(c))).map(String::from).collect()
    };
    rows.flat_map(|row| words(row[0].clone())).collect()
}

/// Those that no row is about.
fn without_row(names: &BTreeSet<String>, sections: &[&str]) -> Vec<String> {
    let rows = names_with_a_row(sections);
    let starts: Vec<&str> = rows.iter().filter_map(|row| row.strip_suffix("_*")).collect();
    let has_row = |name: &&String| rows.contains(*name) || starts.iter().any(|start| name.starts_with(start));
    names.iter().filter(|name| !has_row(name)).cloned().collect()
}

#[test]
fn every_option_of_relx_has_a_row() {
    let mut options = sources::options();
    assert!(
        options.len() > 28 && options.contains("upfrom") && options.contains("include_nodetool"),
        "{options:?}"
    );
    options.insert("release".into());
    let sections = ["Releases, versions and goals", "Options", "Overlays"];
    assert_eq!(without_row(&options, &sections), [""; 0]);
}

#[test]
fn every_command_of_the_start_script_has_a_row() {
    let commands = sources::commands();
    assert!(
        commands.len() > 28 && commands.contains("downgrade") && commands.contains("attach"),
        "{commands:?}"
    );
    assert_eq!(without_row(&commands, &["The start script: commands"]), [""; 0]);
}

/// The program in an image has a list of its own, as it shares nothing with the library.
#[test]
fn every_command_of_the_start_script_is_one_that_erlrel_boot_has_or_says_it_has_not() {
    let said = |command: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_erlrel-boot")).arg(command).output().expect("started");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(said("no_such").contains("unknown command"));
    let commands = sources::commands();
    let unknown = commands.iter().filter(|command| said(command).contains("unknown command"));
    assert_eq!(unknown.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_variable_of_the_start_script_has_a_row() {
    let variables = sources::variables();
    let some = ["NAME_TYPE", "RELX_MULTI_NODE", "ROOTDIR", "HOME", "REL_NAME"];
    assert!(some.iter().all(|name| variables.contains(*name)), "{variables:?}");
    assert_eq!(without_row(&variables, &["The start script: variables, hooks, extensions"]), [""; 0]);
}

/// A row is the same, better or refused; those with another answer than relx say why, after a colon.
#[test]
fn every_row_of_the_parity_page_has_an_answer() {
    for row in rows().iter().filter(|row| row.len() == 3) {
        let answer = &row[1];
        let is_answer = answer.starts_with("**same**")
            || ["**better**", "**refused**"].iter().any(|word| {
                answer.strip_prefix(word).is_some_and(|reason| reason.contains(':') && reason.len() > 20)
            });
        assert!(is_answer, "{}: {answer}", row[0]);
    }
}
