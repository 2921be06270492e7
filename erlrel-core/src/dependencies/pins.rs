//! What rebar.lock says of each dependency, as far as rebar3 asks for it again.

use std::collections::BTreeMap;

use crate::project::{Lock, LockSource, Locked};
use crate::term::Term;

/// How rebar3 finds out whether a locked dependency is the right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pin {
    /// By the commit that git names.
    Commit(String),
    /// By the version in the application, and the package's entry in the index. The digests are those that an entry
    /// must have, as they stand in the lock.
    Package { package: String, hashes: Vec<String> },
    /// By means of its own.
    Other(&'static str),
}

/// The locked dependencies by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Pins(BTreeMap<String, Pin>);

impl Pins {
    pub(super) fn of(lock: &Lock) -> Self {
        Self(lock.entries.iter().map(|entry| (entry.name.clone(), pin(entry))).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Pin> {
        self.0.get(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The digests that the index may have for a package; none if the lock does not say.
    pub(super) fn hashes(&self, name: &str) -> &[String] {
        let of_package = self.0.values().find_map(|pin| match pin {
            Pin::Package { package, hashes } if package == name => Some(hashes.as_slice()),
            _ => None,
        });
        of_package.unwrap_or_default()
    }
}

fn pin(entry: &Locked) -> Pin {
    match &entry.source {
        LockSource::Hex { package, .. } => {
            Pin::Package { package: package.clone(), hashes: entry.hashes.clone() }
        }
        LockSource::Other { term, .. } => match commit(term) {
            Some(commit) => Pin::Commit(commit),
            None => Pin::Other("rebar3 does not find it by a commit of git or in the index of packages"),
        },
    }
}

/// The commit of `{git, Url, {ref, Commit}}` and `{git_subdir, Url, {ref, Commit}, Dir}`.
fn commit(source: &Term) -> Option<String> {
    let [kind, _, at, ..] = source.as_tuple()? else { return None };
    let [word, commit] = at.as_tuple()? else { return None };
    let commit = commit.as_text().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let is_git = kind.is_atom("git") || kind.is_atom("git_subdir");
    (is_git && word.is_atom("ref") && commit.len() == 40).then_some(commit)
}
