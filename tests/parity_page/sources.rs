//! What the sources know of relx: its options, the commands and variables of the start script.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::support::repository;

fn release_sources() -> PathBuf {
    repository().join("erlrel-core/src/release")
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text between two others.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end} after {start}")).0
}

/// The strings in a piece of Rust.
fn strings(text: &str) -> impl Iterator<Item = String> {
    text.split('"').skip(1).step_by(2).map(String::from)
}

/// relx's options: those with an arm of their own where they are folded, which are all of the list of their names.
pub(super) fn options() -> BTreeSet<String> {
    let (fold, script) =
        (read(release_sources().join("relx_config.rs")), read(release_sources().join("start_script.rs")));
    let arms = [between(&fold, "match key {\n", "_ if "), between(&script, "match key {\n", "_ =>")];
    let arms = arms.into_iter().flat_map(str::lines);
    let names = arms.filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" =>"));
    let names: BTreeSet<String> = names.map(|(name, _)| name.into()).collect();
    assert_eq!(names, strings(between(&fold, "const OPTIONS: ", ";\n\n")).collect());
    names
}

fn scripts() -> Vec<String> {
    let dir = release_sources().join("start_script");
    let files = [dir.join("hooks"), dir].map(|dir| std::fs::read_dir(dir).expect("listed"));
    let paths = files.into_iter().flatten().map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.is_file()).map(read).collect()
}

/// Commands that the start script distinguishes, and those that its help names.
pub(super) fn commands() -> BTreeSet<String> {
    let dir = release_sources().join("start_script");
    let (dispatch, help) = (read(dir.join("commands.sh")), read(dir.join("help.sh")));
    let dispatch = dispatch.replace("\\\n", "");
    let cases = dispatch.split("case $_command in\n").skip(1);
    let cases = cases.map(|rest| rest.split("\nesac").next().unwrap_or_default());
    let patterns =
        cases.flat_map(str::lines).filter_map(|line| line.split_once(')')).map(|(pattern, _)| pattern);
    let is_command =
        |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || "_-".contains(c));
    let dispatched = patterns.flat_map(|pattern| pattern.split('|')).map(str::trim);
    let listed = between(&help, "<<USAGE\n", "\nUSAGE").lines().filter_map(|line| line.strip_prefix("  "));
    let listed = listed.filter_map(|line| line.split(' ').next());
    dispatched.chain(listed).filter(is_command).map(String::from).collect()
}

/// The shell's own, which nobody sets for the sake of a release.
const OF_THE_SHELL: [&str; 2] = ["IFS", "PWD"];

/// Variables in capital letters that the start script or a built-in hook reads or sets. Its own are in small ones.
pub(super) fn variables() -> BTreeSet<String> {
    let all = scripts().into_iter().flat_map(|text| {
        let names = text.match_indices(|c: char| c.is_ascii_uppercase());
        let found: Vec<String> = names.filter_map(|(at, _)| variable(&text, at)).collect();
        found
    });
    all.filter(|name| !OF_THE_SHELL.contains(&name.as_str())).collect()
}

/// The name that begins here, if it is a variable's: after `$` or `${`, in front of `=`, or after `export`.
fn variable(text: &str, at: usize) -> Option<String> {
    let (before, after) = text.split_at(at);
    let end = after.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
    let (name, after) = after.split_at(end.unwrap_or(after.len()));
    let begins = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let is_read = before.ends_with('$') || before.ends_with("${");
    let is_set = after.starts_with('=') && before.ends_with([' ', '\n']);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let is_exported = line.trim_start().starts_with("export ") && before.ends_with(' ');
    (begins && name.len() > 1 && (is_read || is_set || is_exported)).then(|| name.into())
}
