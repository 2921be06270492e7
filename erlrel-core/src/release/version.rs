//! The version of a release: a string, or what a file, a command or git says.

use std::path::Path;
use std::sync::Arc;

use super::spec::SpecWarning;
use crate::fs;
use crate::project::commands;
use crate::term::{Source, SourceError, Term};

/// What relx gives a release whose version cannot be found out.
const UNKNOWN: &str = "0.0.0";

/// Evaluates a version in the folder `root`: a string, `{git, short|long}`, `{file, F}`, `{cmd, C}`, or
/// `git`, `semver`, `{semver, _}` for one made from the last tag: `1.2.0`, with commits since then
/// `1.2.0+build.3.ref1a2b3c4`.
///
/// Where git, the file or the command give nothing, the version is `0.0.0`, as with relx, and there is a
/// warning; unlike relx a short sha of any length counts, and the line end of a command's output does not, with
/// a warning where that makes a difference.
///
/// # Errors
/// For any other form, at its place.
pub(super) fn evaluate(
    root: &Path,
    source: &Arc<Source>,
    term: &Term,
) -> Result<(String, Option<SpecWarning>), SourceError> {
    if let Some(text) = literal(term) {
        return Ok((text, None));
    }
    Ok(match found(root, source, term)? {
        Ok(text) => (text.trim_end_matches('\n').to_string(), differs(source, term, &text)),
        Err(why) => {
            let message = format!("{why}, so the release has the version {UNKNOWN}");
            (UNKNOWN.into(), Some(SpecWarning::VersionUnknown(source.error(term.span(), message))))
        }
    })
}

/// That relx makes another version of what was found.
fn differs(source: &Arc<Source>, term: &Term, found: &str) -> Option<SpecWarning> {
    let message = match term.as_pair() {
        Some(("cmd", _)) if found.ends_with('\n') => LINE_END.into(),
        // relx takes anything else for a message of git's.
        Some(("git", _)) if ![7, 40].contains(&found.len()) => format!(
            "relx would give this release the version 0.0.0, as it only takes hashes of 7 or 40 digits, and this \
             one has {}; erlrel takes it as it is",
            found.len()
        ),
        _ => return None,
    };
    Some(SpecWarning::RelxDiffers(source.error(term.span(), message)))
}

const LINE_END: &str = r"relx makes the line end of this output a part of the version, and of the names of folders; erlrel leaves it out. `| tr -d '\\n'` at the end of the command gives the same version with both";

/// A version that is written out; the strings "git" and "semver" are none.
fn literal(term: &Term) -> Option<String> {
    if term.as_atom().is_some() || is_tag(term) { None } else { term.as_text() }
}

/// What a file, a command or git says, or why it says nothing.
fn found(root: &Path, source: &Arc<Source>, term: &Term) -> Result<Result<String, String>, SourceError> {
    let commit = |arguments: &[&str]| commands::git(root, arguments).ok_or_else(|| no_git("commit"));
    Ok(match (term.as_pair(), term.as_pair().and_then(|(_, value)| value.as_text())) {
        (Some(("git", form)), _) if form.is_atom("short") => commit(&["rev-parse", "--short", "HEAD"]),
        (Some(("git", form)), _) if form.is_atom("long") => commit(&["rev-parse", "HEAD"]),
        (Some(("file", _)), Some(file)) => first_lines(root, &file),
        (Some(("cmd", _)), Some(command)) => {
            commands::shell(root, &command).map_err(|error| error.to_string())
        }
        _ if is_tag(term) => since_tag(root).ok_or_else(|| no_git("tag")),
        _ => return Err(source.error(term.span(), EXPECTED)),
    })
}

fn no_git(what: &str) -> String {
    format!(
        "git finds no {what} here (does it refuse to read this folder, which may belong to another user?)"
    )
}

const EXPECTED: &str = "expected a version: a string, `{git, short}`, `{git, long}`, `git` or `semver` (from the last \
                        tag), `{file, \"F\"}` or `{cmd, \"C\"}`";

fn is_tag(term: &Term) -> bool {
    matches!(term.as_text().as_deref(), Some("git" | "semver"))
        || term.as_pair().is_some_and(|(key, _)| key == "semver")
}

/// The last tag without its leading `v`, and what came after it.
fn since_tag(root: &Path) -> Option<String> {
    let tag = commands::git(root, &["describe", "--abbrev=0", "--tags"])?;
    let commits = commands::git(root, &["rev-list", "--count", &format!("{tag}..HEAD")])?;
    let sha = commands::git(root, &["log", "-n", "1", "--pretty=format:%h"])?;
    let vsn = tag.trim_start_matches('v');
    Some(if commits == "0" { vsn.into() } else { format!("{vsn}+build.{commits}.ref{sha}") })
}

fn first_lines(root: &Path, file: &str) -> Result<String, String> {
    match fs::read_optional(&root.join(file)) {
        Ok(Some(bytes)) => Ok(String::from_utf8_lossy(&bytes).trim_matches('\n').to_string()),
        Ok(None) => Err(format!("there is no file `{file}`")),
        Err(_) => Err(format!("the file `{file}` cannot be read")),
    }
}

/// The key of the highest of several versions: `MAJOR.MINOR.PATCH`, then a pre-release before the release, then the
/// build; what is no such version counts as `0.0.0`.
pub(super) fn precedence(vsn: &str) -> semver::Version {
    crate::project::lenient_version(vsn).unwrap_or(semver::Version::new(0, 0, 0))
}

/// The same key in relx, which does not look at builds, and of a pre-release compares the first and the last part as
/// texts.
pub(super) fn precedence_in_relx(vsn: &str) -> impl Ord + use<> {
    let version = precedence(vsn);
    let (first, rest) = version.pre.split_once('.').unwrap_or((&version.pre, ""));
    let last = rest.rsplit('.').next().unwrap_or_default().to_string();
    let numbers = (version.major, version.minor, version.patch);
    (numbers, version.pre.is_empty(), first.to_string(), last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::consult;

    fn version(root: &Path, text: &str) -> Result<String, String> {
        let document = consult(Path::new("rebar.config"), format!("{text}.").as_bytes()).expect("a term");
        let evaluated = evaluate(root, &document.source, &document.terms[0]);
        evaluated.map(|(vsn, _)| vsn).map_err(|error| error.to_string())
    }

    #[test]
    fn versions_come_from_strings_files_and_commands() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("VERSION"), "\n1.2.3\n").expect("written");
        let version = |text: &str| version(dir.path(), text);
        assert_eq!(version("\"1.0\""), Ok("1.0".into()));
        assert_eq!(version("<<\"1.0\">>"), Ok("1.0".into()));
        assert_eq!(version("{file, \"VERSION\"}"), Ok("1.2.3".into()));
        assert_eq!(version("{file, \"MISSING\"}"), Ok("0.0.0".into()));
        assert_eq!(version("{cmd, \"echo 4.5\"}"), Ok("4.5".into()));
        assert_eq!(version("{cmd, \"exit 3\"}"), Ok("0.0.0".into()));
        assert_eq!(version("{cmd, \"true\"}"), Ok("".into()));
        let warning = |text: &str| {
            let document = consult(Path::new("rebar.config"), format!("{text}.").as_bytes()).expect("a term");
            let (_, warning) = evaluate(dir.path(), &document.source, &document.terms[0]).expect("a version");
            let warning = warning.expect("a warning").to_string();
            warning.lines().next().expect("a line").replace(&dir.path().display().to_string(), "DIR")
        };
        let texts = ["{file, \"MISSING\"}", "{file, \".\"}", "{cmd, \"exit 3\"}", "{git, long}", "semver"];
        insta::assert_snapshot!(texts.map(warning).join("\n"), @r"
        rebar.config:1:1: there is no file `MISSING`, so the release has the version 0.0.0
        rebar.config:1:1: the file `.` cannot be read, so the release has the version 0.0.0
        rebar.config:1:1: `exit 3` failed in `DIR` (exit status: 3), so the release has the version 0.0.0
        rebar.config:1:1: git finds no commit here (does it refuse to read this folder, which may belong to another user?), so the release has the version 0.0.0
        rebar.config:1:1: git finds no tag here (does it refuse to read this folder, which may belong to another user?), so the release has the version 0.0.0
        ");
        insta::assert_snapshot!(version("{git, hash}").expect_err("no version"), @r#"
        rebar.config:1:1: expected a version: a string, `{git, short}`, `{git, long}`, `git` or `semver` (from the last tag), `{file, "F"}` or `{cmd, "C"}`
          |
        1 | {git, hash}.
          | ^^^^^^^^^^^
        "#);
    }

    #[test]
    fn the_highest_version_is_found_as_relx_finds_it() {
        let highest = |vsns: &[&'static str]| *vsns.iter().max_by_key(|vsn| precedence(vsn)).expect("one");
        assert_eq!(highest(&["1.9.0", "1.10.0", "1.2"]), "1.10.0");
        assert_eq!(highest(&["1.0.0-rc1", "1.0.0"]), "1.0.0");
        assert_eq!(highest(&["abc", "0.1"]), "0.1");
        assert_eq!(highest(&["1.0.0+1", "1.0.0+2", "1.0.0"]), "1.0.0+2");
        assert_eq!(highest(&["1.0.0-rc.9", "1.0.0-rc.10"]), "1.0.0-rc.10");
    }

    /// relx takes `1 0` and `100` for 1.0, which is less than 1.1 and 2.
    #[test]
    fn only_a_point_is_a_point_in_a_version() {
        let highest = |vsns: &[&'static str]| *vsns.iter().max_by_key(|vsn| precedence(vsn)).expect("one");
        assert_eq!(highest(&["100", "2", "1.1"]), "100");
        assert_eq!(highest(&["2", "1x0", "1.1"]), "2");
        assert_eq!(highest(&["1 9", "1.1"]), "1.1", "a blank makes it a text, which is less than any number");
    }
}
