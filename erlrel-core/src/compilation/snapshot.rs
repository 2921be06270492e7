//! What a compilation depends on or has made, as it is at one time: every path with its content's digest.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rayon::prelude::*;

use super::walk::Node;
use crate::digest::Digest;
use crate::fs::{FsError, Stat};
use crate::term::{self, Term};

/// What is at a path. Of what is absent nothing is put down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fact {
    Directory,
    Link(PathBuf),
    File(Content),
    Other,
    /// What nobody knows: only in records, so that whatever is there now has changed.
    Unknown,
}

/// A file and what it contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) mode: u32,
    pub(super) stat: Stat,
    pub(super) digest: Digest,
    /// Whether a change since then can be seen.
    pub(super) is_settled: bool,
}

impl Fact {
    /// What a link leads to.
    pub(super) fn target(&self) -> Option<&Path> {
        if let Self::Link(target) = self { Some(target) } else { None }
    }

    /// True if a compilation finds the same.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(one), Self::File(other)) => (one.mode, one.digest) == (other.mode, other.digest),
            (one, other) => one == other,
        }
    }
}

/// A path that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path.
    pub path: PathBuf,
    /// How it has changed.
    pub how: How,
}

/// How a path has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It was not there.
    Added,
    /// It has another content, mode or target, or is of another kind.
    Changed,
    /// It is gone.
    Removed,
}

/// All paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Snapshot(pub(super) BTreeMap<PathBuf, Fact>);

impl Snapshot {
    /// Adds to every node what it contains, which is known where nothing has changed since it was read. `time` is the present, by the clock of the file
    /// system; without it nothing can be known by its times later.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn take(
        nodes: BTreeMap<PathBuf, Node>,
        known: &Self,
        time: Option<SystemTime>,
    ) -> Result<Self, FsError> {
        let nodes: Vec<(PathBuf, Node)> = nodes.into_iter().collect();
        let facts: Result<Vec<_>, FsError> =
            nodes.into_par_iter().map(|(path, node)| fact(path, node, known, time)).collect();
        Ok(Self(facts?.into_iter().flatten().collect()))
    }

    /// What is at a path and below it, sorted.
    pub(super) fn below(&self, dir: &Path) -> impl Iterator<Item = (&Path, &Fact)> {
        let dir = dir.to_path_buf();
        let from = self.0.range(dir.clone()..).map(|(path, fact)| (path.as_path(), fact));
        from.take_while(move |(path, _)| path.starts_with(&dir))
    }

    /// True if something is at this path.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    /// What is different from `before`, sorted by path.
    pub(super) fn changes_since(&self, before: &Self) -> Vec<Change> {
        let change = |(path, how): (&PathBuf, How)| Change { path: path.clone(), how };
        let now = self.0.iter().filter_map(|(path, fact)| match before.0.get(path) {
            None => Some((path, How::Added)),
            Some(was) => (!was.is_same(fact)).then_some((path, How::Changed)),
        });
        let gone = before.0.keys().filter(|path| !self.has(path)).map(|path| (path, How::Removed));
        let mut changes: Vec<Change> = now.chain(gone).map(change).collect();
        changes.sort_by(|one, other| one.path.cmp(&other.path));
        changes
    }

    /// What somebody has touched since `before` was taken at that time, if only to write the same again. What was not looked
    /// at then must be older.
    pub(super) fn touched_since(&self, before: &Self, time: SystemTime) -> Vec<PathBuf> {
        let is_untouched = |(path, fact): (&PathBuf, &Fact)| match (before.0.get(path), fact) {
            (Some(Fact::File(was)), Fact::File(now)) => was.stat == now.stat && was.digest == now.digest,
            (Some(was), now) => was == now,
            (None, Fact::File(now)) => now.stat.is_settled_at(time),
            (None, _) => true,
        };
        let touched = self.0.iter().filter(|entry| !is_untouched(*entry)).map(|(path, _)| path);
        touched.chain(before.0.keys().filter(|path| !self.has(path))).cloned().collect()
    }

    /// The same, but that nothing will be found to be as it was at these paths.
    pub(super) fn with_unknown(mut self, paths: Vec<PathBuf>) -> Self {
        self.0.extend(paths.into_iter().map(|path| (path, Fact::Unknown)));
        self
    }
}

fn fact(
    path: PathBuf,
    node: Node,
    known: &Snapshot,
    time: Option<SystemTime>,
) -> Result<Option<(PathBuf, Fact)>, FsError> {
    let fact = match node {
        Node::Absent => return Ok(None),
        Node::Directory => Fact::Directory,
        Node::Link(target) => Fact::Link(target),
        Node::Other => Fact::Other,
        Node::File { mode, stat } => match known.0.get(&path) {
            Some(Fact::File(content)) if content.is_settled && content.stat == stat => {
                Fact::File(Content { mode, ..content.clone() })
            }
            _ => Fact::File(Content {
                digest: digest(&path)?,
                is_settled: time.is_some_and(|time| stat.is_settled_at(time)),
                mode,
                stat,
            }),
        },
    };
    Ok(Some((path, fact)))
}

/// Of a configuration that is made of terms only these count, and not the comments between them; and of them nothing that is about releases,
/// which rebar3 does not make.
fn digest(path: &Path) -> Result<Digest, FsError> {
    if path.file_name().is_some_and(|name| name == "rebar.config") && !has_script(path) {
        let bytes = crate::fs::read(path)?;
        return Ok(meaning(path, &bytes).unwrap_or_else(|| Digest::of(&bytes)));
    }
    let read = || Digest::of_all(&mut File::open(path)?);
    read().map_err(FsError::while_doing("read", path))
}

/// A script may read the text.
fn has_script(path: &Path) -> bool {
    path.with_file_name("rebar.config.script").symlink_metadata().is_ok()
}

fn meaning(path: &Path, bytes: &[u8]) -> Option<Digest> {
    let terms = term::consult(path, bytes).ok()?.terms;
    let counting: Vec<String> = terms.iter().filter(|term| counts(term)).map(meaning_of).collect();
    Some(Digest::of(counting.join("\n").as_bytes()))
}

/// A profile may have a release of its own.
fn meaning_of(term: &Term) -> String {
    let Some(("profiles", profiles)) = term.as_pair() else { return term.to_string() };
    let profile = |profile: &Term| match profile.as_pair().map(|(name, options)| (name, options.as_list())) {
        Some((name, Some(options))) => Term::pair(name, Term::list(options.into_iter().filter(counts))),
        _ => profile.clone(),
    };
    let all = profiles.as_list().map(|list| Term::list(list.iter().map(profile)));
    format!("profiles {}", all.unwrap_or_else(|| profiles.clone()))
}

fn counts(term: &Term) -> bool {
    !matches!(term.as_pair(), Some(("relx" | "erlrel", _)))
}
