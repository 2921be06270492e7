//! Changes that rebar3 does not see.
//!
//! It compiles a module if its source, or a file that this includes, is newer than the BEAM file, in whole seconds, or if an option
//! has come to those that the BEAM file was compiled with (`rebar_compiler_erl`, `rebar_compiler_dag`). So it overlooks much: a
//! source that was changed in the second in which it was compiled, or got an old time (`touch -d`, `mv`, `cp -p`, `git stash`);
//! a header that is gone, or that stands before another one now; an option that is gone; what a parse transform calls or reads. What it
//! surely sees is less, and listed here: with anything else it must compile everything.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::forget::forget;
use super::reading::Reading;
use super::snapshot::{Change, Fact, How, Snapshot};
use super::{Found, Why, Work, generated, with_end};
use crate::fs::FsError;

/// What rebar3 compiles, but for modules and headers.
const SOURCES: [&str; 6] = ["asn1", "mib", "funcs", "xrl", "yrl", "app"];

/// By what it can be told what rebar3 sees.
pub(super) struct Sight<'a> {
    /// The second in which rebar3 has last written something.
    made: i64,
    /// What has which name, if only one thing has it.
    names: BTreeMap<&'a OsStr, Option<&'a Path>>,
    /// The names of what links lead to: it is read under another one.
    linked: BTreeSet<&'a OsStr>,
    /// What rebar3 itself has written between the sources.
    generated: BTreeSet<PathBuf>,
    /// The inputs after the last good compilation.
    before: &'a Snapshot,
    now: &'a Found,
    reading: &'a Reading,
    work: &'a Work<'a>,
}

impl<'a> Sight<'a> {
    pub(super) fn new(
        before: &'a Snapshot,
        now: &'a Found,
        reading: &'a Reading,
        work: &'a Work<'a>,
    ) -> Self {
        let made = newest(&now.products, &work.project.profile_dir());
        let mut names = BTreeMap::new();
        let all = now.inputs.0.keys().chain(now.products.0.keys()).chain(before.0.keys());
        for path in all.chain(&reading.places) {
            let name = path.file_name().unwrap_or_default();
            let one = names.entry(name).or_insert(Some(path.as_path()));
            *one = one.filter(|other| *other == path);
        }
        let targets = before.0.values().chain(now.inputs.0.values()).filter_map(Fact::target);
        let linked = targets.filter_map(Path::file_name).collect();
        let generated = generated::outputs(&work.project, &now.inputs);
        Self { made, names, linked, generated, before, now, reading, work }
    }

    /// Removes what rebar3 has made of the project itself, unless it sees all of these changes.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub(super) fn forget(&self, changes: &[Why]) -> Result<(), FsError> {
        if changes.iter().all(|why| self.sees(why)) {
            return Ok(());
        }
        forget(&self.work.project, self.work.options.environment, &self.now.inputs)
    }

    fn sees(&self, why: &Why) -> bool {
        match why {
            Why::Input(change) => !self.reading.is_more && self.sees_input(change),
            // A BEAM file that is gone is made again.
            Why::Product(Change { path, how }) => {
                *how == How::Removed && path.extension().is_some_and(|end| end == "beam")
            }
            _ => false,
        }
    }

    fn sees_input(&self, change: &Change) -> bool {
        let Change { path, how } = change;
        let facts = [self.before.0.get(path), self.now.inputs.0.get(path)];
        let is = |is_kind: fn(&Fact) -> bool| facts.iter().flatten().all(|fact| is_kind(fact));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_in_git = path.iter().any(|part| part == ".git");
        if is(|fact| matches!(fact, Fact::Directory)) {
            // What is in it counts.
            return true;
        }
        if !is(|fact| matches!(fact, Fact::File(_))) {
            return is_in_git;
        }
        match (path.extension().and_then(|end| end.to_str()), how) {
            // It looks at these each time.
            _ if is_in_git || name.ends_with(".app.src") && *how != How::Removed => true,
            _ if self.is_configuration(path, &name) => false,
            _ if self.is_linked(path) || self.generated.contains(path) => false,
            (Some("erl" | "hrl"), _) if self.has_namesake(path) => false,
            (Some("erl"), How::Added) => !self.is_compiled(path),
            (Some("hrl"), How::Added) => true,
            (Some("erl"), How::Changed) => self.is_newer(path),
            (Some("hrl"), How::Changed) => self.reading.has_name(path) && self.is_newer(path),
            (Some("erl" | "hrl"), How::Removed) => false,
            (Some(end), _) if SOURCES.contains(&end) => false,
            _ => !self.reading.has_name(path) && path.starts_with(&self.work.project.root),
        }
    }

    fn is_configuration(&self, path: &Path, name: &str) -> bool {
        let configuration = self.work.configuration();
        let named = [with_end(&configuration, ".script"), configuration];
        name.starts_with("rebar.") || name.contains(".app.src") || named.iter().any(|file| file == path)
    }

    fn is_newer(&self, path: &Path) -> bool {
        matches!(self.now.inputs.0.get(path), Some(Fact::File(content)) if content.stat.modified.0 > self.made)
    }

    /// True if another file has this name, so that one may be read instead of the other.
    fn has_namesake(&self, path: &Path) -> bool {
        let one = path.file_name().and_then(|name| self.names.get(name));
        one.is_some_and(|one| *one != Some(path))
    }

    fn is_linked(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| self.linked.contains(name))
    }

    /// True if there is a BEAM file with the name of this module.
    fn is_compiled(&self, path: &Path) -> bool {
        let beam = path.with_extension("beam");
        beam.file_name().is_some_and(|name| self.names.contains_key(name))
    }
}

/// The second in which rebar3 has last written something.
fn newest(products: &Snapshot, profile_dir: &Path) -> i64 {
    let time = |(path, fact): (&PathBuf, &Fact)| match fact {
        Fact::File(content) if path.starts_with(profile_dir) => Some(content.stat.modified.0),
        _ => None,
    };
    products.0.iter().filter_map(time).max().unwrap_or(i64::MAX)
}
