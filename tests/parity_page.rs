//! docs/relx-parity.md says for each option whether erlrel does the same as relx; each row names its test.

use std::collections::BTreeSet;

use walkdir::WalkDir;

use crate::support::repository;

/// The rows of the page's tables, without headings and rules: their cells.
fn rows() -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(repository().join("docs/relx-parity.md")).expect("the page");
    let lines: Vec<&str> = page.lines().collect();
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

/// `file::function` of every function in the tests, by the file's name and by those of its folders.
fn functions() -> BTreeSet<String> {
    let root = repository();
    let folders = ["tests", "erlrel-core/tests", "erlrel-core/src", "erlrel-cli/src"];
    let files = folders.iter().flat_map(|folder| WalkDir::new(root.join(folder)));
    let files = files.map(|entry| entry.expect("an entry").into_path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .flat_map(|path| {
            let text = std::fs::read_to_string(&path).expect("a source file");
            let path = path.strip_prefix(&root).expect("below it").with_extension("");
            let names: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            let tests: Vec<String> = tests_in(&text).map(String::from).collect();
            names
                .into_iter()
                .flat_map(move |name| tests.clone().into_iter().map(move |test| format!("{name}::{test}")))
        })
        .collect()
}

/// Functions under `#[test]`, also inside `proptest!`.
fn tests_in(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[test]").skip(1).filter_map(|after| {
        let (_, declaration) = after.split_once("fn ")?;
        declaration.split(['(', '<']).next()
    })
}

#[test]
fn every_row_of_the_parity_page_names_tests_that_exist() {
    let functions = functions();
    let mut wrong = Vec::new();
    for row in rows() {
        let shown = named_tests(row.last().expect("a cell"));
        let missing: Vec<&str> = shown.iter().copied().filter(|name| !functions.contains(*name)).collect();
        if shown.is_empty() || !missing.is_empty() {
            wrong.push(format!("{}: {missing:?}", row[0]));
        }
    }
    assert!(wrong.is_empty(), "rows without a test that exists:\n{}", wrong.join("\n"));
    assert!(functions.len() > 300, "the tests are found");
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
