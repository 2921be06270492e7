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

use super::reading::{Reading, Transforms};
use super::snapshot::{Change, Fact, How, Snapshot};
use super::{Found, Why, Work, generated, is_below, own_dirs, real, toolchain, with_end};
use crate::environment::Environment;
use crate::fs::FsError;
use crate::project::Project;

/// Files that nothing is compiled from, whatever a parse transform reads: how their names begin.
const DOCUMENTS: [&str; 8] =
    ["AUTHORS", "CHANGELOG", "CONTRIBUTING", "Dockerfile", "LICENSE", "Makefile", "NOTICE", "README"];

/// The same, by the whole name.
const CONFIGURATIONS: [&str; 4] = ["sys.config", "sys.config.src", "vm.args", "vm.args.src"];

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
        for path in all.chain(&reading.files) {
            let name = path.file_name().unwrap_or_default();
            let one = names.entry(name).or_insert(Some(path.as_path()));
            *one = one.filter(|other| *other == path);
        }
        let targets = before.0.values().chain(now.inputs.0.values()).filter_map(Fact::target);
        let linked = targets.filter_map(Path::file_name).collect();
        Self { made, names, linked, before, now, reading, work }
    }

    /// Removes what rebar3 has made of the project itself, unless it sees all of these changes.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub(super) fn forget(&self, changes: &[Why]) -> Result<(), FsError> {
        if changes.iter().all(|why| self.sees(why)) {
            return Ok(());
        }
        let gone = changes.iter().filter_map(|why| match why {
            Why::Input(Change { path, how: How::Removed }) => Some(path.as_path()),
            _ => None,
        });
        let dirs = compiled_dirs(self.work, &self.now.inputs);
        generated::forget_of(gone.filter(|path| is_below(path, &dirs)), &self.now.inputs)?;
        forget(self.work, Some(&self.now.inputs))
    }

    fn sees(&self, why: &Why) -> bool {
        match why {
            Why::Input(change) => self.sees_input(change),
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
            (Some("erl"), How::Changed) => self.is_newer(path) && self.is_plain(),
            _ if self.is_linked(path) => false,
            (Some("erl"), How::Added) => {
                !self.has_namesake(path) && !self.is_compiled(path) && self.is_plain()
            }
            (Some("hrl"), How::Added) => !self.has_namesake(path),
            (Some("hrl"), How::Changed) => {
                let is_read = self.reading.has_name(path) && !self.has_namesake(path);
                is_read && self.is_newer(path) && self.is_plain()
            }
            (Some("erl" | "hrl"), How::Removed) => false,
            (Some(end), _) if SOURCES.contains(&end) => false,
            _ if self.reading.has_name(path) => false,
            _ => path.starts_with(&self.work.project.root) && self.is_unread(&name),
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

    /// rebar3 does not know what a parse transform calls.
    fn is_plain(&self) -> bool {
        self.reading.transforms != Transforms::Own
    }

    /// True for a file that nobody reads while something is compiled: that only a parse transform could.
    fn is_unread(&self, name: &str) -> bool {
        let is_document = DOCUMENTS.iter().any(|start| name.starts_with(start)) || name.ends_with(".md");
        self.reading.transforms == Transforms::None || is_document || CONFIGURATIONS.contains(&name)
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

/// Removes what rebar3 has made of the project itself, if it has made anything; of what it has generated only what was made of these
/// inputs.
///
/// # Errors
/// When something cannot be removed.
pub(super) fn forget(work: &Work<'_>, inputs: Option<&Snapshot>) -> Result<(), FsError> {
    let is_any = forget_compiled(&work.project, work.options.environment)?;
    let Some(inputs) = inputs.filter(|_| is_any) else { return Ok(()) };
    compiled_dirs(work, inputs).iter().try_for_each(|dir| generated::forget_below(dir, inputs))
}

/// Where what rebar3 generates comes from: what lies elsewhere it would not make again.
fn compiled_dirs(work: &Work<'_>, inputs: &Snapshot) -> Vec<PathBuf> {
    let has_application = |dir: &PathBuf| {
        let src = dir.join("src");
        let from = inputs.0.range(src.clone()..).map(|(path, _)| path);
        from.take_while(|path| path.starts_with(&src)).any(|path| path.to_string_lossy().contains(".app.src"))
    };
    let dirs = own_dirs(&work.project).into_iter().map(|dir| real(&dir)).filter(has_application);
    dirs.flat_map(|dir| [dir.join("src"), dir.join("mibs")]).collect()
}

/// Removes what rebar3 has compiled of the project's own applications in this profile, and its notes on that, so that it
/// compiles all of them. Links are left alone: they lead to sources. True if there was anything, and a rebar3 that can make it
/// again.
pub(super) fn forget_compiled(project: &Project, environment: &Environment) -> Result<bool, FsError> {
    let mut is_any = false;
    if !toolchain::has_rebar3(environment) {
        return Ok(is_any);
    }
    let folder = |key: &str, usual: &str| {
        let dir = project.config.get(key).and_then(|dir| dir.as_text());
        project.profile_dir().join(dir.unwrap_or_else(|| usual.into()))
    };
    let folders = [folder("deps_dir", "lib"), folder("checkouts_out_dir", "checkouts")];
    let mut names = project.own_names().unwrap_or_default();
    let of_checkouts =
        own_dirs(project).into_iter().filter_map(|dir| Some(dir.file_name()?.to_str()?.to_string()));
    names.extend(of_checkouts);
    for folder in folders {
        is_any |= remove(&folder.join(".rebar3"))?;
        for name in &names {
            let app = folder.join(name);
            if is_directory(&app) {
                is_any |= remove(&app.join("ebin"))?;
            }
        }
    }
    Ok(is_any)
}

fn remove(dir: &Path) -> Result<bool, FsError> {
    let is_there = is_directory(dir);
    if is_there {
        std::fs::remove_dir_all(dir).map_err(FsError::while_doing("remove the directory", dir))?;
    }
    Ok(is_there)
}

fn is_directory(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}
