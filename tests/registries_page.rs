//! docs/registries.md names the test that shows each of its answers.

use crate::support::repository;

#[test]
fn every_habit_of_registries_is_shown_by_a_test() {
    let page = std::fs::read_to_string(repository().join("docs/registries.md")).expect("the page");
    let (_, table) = page.split_once("## Habits of registries").expect("the table");
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 20, "{} rows", rows.len());
    let source = source();
    for row in rows {
        let shown_by = row.trim_end_matches(" |").rsplit(" | ").next().expect("a last column");
        let names: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test shows\n{row}");
        for name in names {
            assert!(source.contains(&format!("fn {name}()")), "there is no test `{name}` for\n{row}");
        }
    }
}

/// The registry client, and how manifests are read, with their tests.
fn source() -> String {
    let src = repository().join("erlrel-core/src");
    let client = std::fs::read_dir(src.join("registry")).expect("the client");
    let files = client.map(|entry| entry.expect("listed").path()).chain([src.join("image/manifest.rs")]);
    files.map(|path| std::fs::read_to_string(path).expect("source")).collect()
}
