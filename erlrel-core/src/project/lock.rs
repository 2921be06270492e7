//! rebar.lock in its three formats.

use std::sync::Arc;

use super::ProjectError;
use super::script::Reader;
use crate::fs::{self, FsError};
use crate::term::{self, Document, Source, SourceError, Term};

/// What rebar.lock pins.
#[derive(Debug, Clone, Default)]
pub struct Lock {
    /// The locked dependencies, sorted by name.
    pub entries: Vec<Locked>,
    /// What stands in the file, to see whether it has changed.
    file: Option<Vec<u8>>,
}

/// One locked dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    /// The application's name.
    pub name: String,
    /// Where exactly it comes from.
    pub source: LockSource,
    /// 0 for a dependency of the project itself, 1 for one of its dependencies, and so on.
    pub level: u64,
    /// SHA-256 of the package's contents and of its tarball, for Hex packages.
    pub hashes: Vec<String>,
}

/// Where a locked dependency comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockSource {
    /// A Hex package.
    Hex {
        /// The package, which may be named otherwise than the application.
        package: String,
        /// The version.
        version: String,
    },
    /// Anything else, as the term stands in the file: git, git_subdir, hg, a plugin's resource.
    Other {
        /// The directory below the checkout that has the application, for `git_subdir`.
        subdir: Option<String>,
        /// The source term, for example `{git,"URL",{ref,"SHA"}}`.
        term: Term,
    },
}

impl Lock {
    /// Reads the file; an absent one locks nothing.
    ///
    /// # Errors
    /// When it, or what `rebar.lock.script` makes of it, cannot be read or has a form that rebar3 never wrote.
    pub(super) fn read(reader: &Reader<'_>) -> Result<Self, ProjectError> {
        let file = Self::file(reader)?;
        let entries = reader.read("rebar.lock")?.map(|document| parse(&document)).transpose()?;
        Ok(Self { entries: entries.unwrap_or_default(), file })
    }

    /// Reads the file again if it has changed.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(super) fn refresh(&mut self, reader: &Reader<'_>) -> Result<(), ProjectError> {
        if self.file != Self::file(reader)? {
            *self = Self::read(reader)?;
        }
        Ok(())
    }

    fn file(reader: &Reader<'_>) -> Result<Option<Vec<u8>>, FsError> {
        fs::read_optional(&reader.root.join("rebar.lock"))
    }
}

/// Formats: `[Lock, …].` (also written today when no Hex package is locked) · `{"1.1.0", [Lock, …]}.` and
/// `[{pkg_hash, […]}].` · the same with `pkg_hash_ext`. Newer ones are read as the last.
fn parse(document: &Document) -> Result<Vec<Locked>, SourceError> {
    let source = &document.source;
    let Some(first) = document.terms.first() else { return Ok(Vec::new()) };
    let locks = match first.as_tuple() {
        Some([_, locks]) => locks,
        _ => first,
    };
    let wrong =
        || source.error(first.span(), "this is no rebar.lock: expected a list of locked dependencies");
    let attributes = document.terms.get(1).and_then(Term::as_list).unwrap_or_default();
    let entries = locks.as_list().ok_or_else(wrong)?;
    let mut entries: Vec<Locked> =
        entries.iter().map(|lock| entry(source, lock, &attributes)).collect::<Result<_, _>>()?;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

fn entry(source: &Arc<Source>, lock: &Term, attributes: &[Term]) -> Result<Locked, SourceError> {
    let wrong = || source.error(lock.span(), "expected a locked dependency `{<<\"name\">>, Source, Level}`");
    let Some([name, from, level]) = lock.as_tuple() else { return Err(wrong()) };
    let name = name.as_text().ok_or_else(wrong)?;
    let hashes = ["pkg_hash", "pkg_hash_ext"].iter().filter_map(|key| hash(attributes, key, &name)).collect();
    Ok(Locked { source: lock_source(from), level: level.as_u64().ok_or_else(wrong)?, name, hashes })
}

fn lock_source(term: &Term) -> LockSource {
    match term.as_tuple() {
        Some([kind, package, version, ..]) if kind.is_atom("pkg") => LockSource::Hex {
            package: package.as_text().unwrap_or_default(),
            version: version.as_text().unwrap_or_default(),
        },
        Some([kind, _, _, subdir]) if kind.is_atom("git_subdir") => {
            LockSource::Other { subdir: subdir.as_text(), term: term.clone() }
        }
        _ => LockSource::Other { subdir: None, term: term.clone() },
    }
}

fn hash(attributes: &[Term], key: &str, name: &str) -> Option<String> {
    let hashes = term::lookup(attributes, key)?.as_list()?;
    hashes.iter().filter_map(Term::as_tuple).find_map(|pair| match pair {
        [package, hash] if package.as_text().as_deref() == Some(name) => hash.as_text(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn show(text: &str) -> String {
        let entries =
            term::consult(Path::new("rebar.lock"), text.as_bytes()).and_then(|document| parse(&document));
        match entries {
            Ok(entries) => entries
                .iter()
                .map(|e| format!("{} {} {:?}", e.name, e.level, e.hashes))
                .collect::<Vec<_>>()
                .join("\n"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn all_three_formats_are_read() {
        assert_eq!(show("[]."), "");
        assert_eq!(show(r#"[{<<"a">>,{git,"url",{ref,"sha"}},0}]."#), "a 0 []");
        let hex = r#"{"1.2.0",[{<<"b">>,{pkg,<<"b">>,<<"1.0.0">>},1},{<<"a">>,{git,"url",{ref,"sha"}},0}]}.
            [{pkg_hash,[{<<"b">>, <<"AA">>}]},{pkg_hash_ext,[{<<"b">>, <<"BB">>}]}]."#;
        assert_eq!(show(hex), "a 0 []\nb 1 [\"AA\", \"BB\"]");
    }

    #[test]
    fn a_damaged_lock_is_shown_at_its_place() {
        insta::assert_snapshot!(show("[{<<\"a\">>,{git}}]."), @r#"
        rebar.lock:1:2: expected a locked dependency `{<<"name">>, Source, Level}`
          |
        1 | [{<<"a">>,{git}}].
          |  ^^^^^^^^^^^^^^^
        "#);
    }
}
