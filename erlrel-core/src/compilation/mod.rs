//! Whether rebar3 must be started: what a compilation depends on, what it has made, and a record of both as they were
//! after the last one that went well.
//!
//! A compilation is left out only if nothing is different from then: no file of the project, no variable, nothing of the
//! toolchain, and nothing of what it made. What rebar3 does may depend on more than can be known – hooks, plugins, scripts, commands –:
//! where it does, nothing is recorded but the [`doubt`](Why::Doubt), and rebar3 is started each time. Files are compared by content; one is not read
//! whose [`Stat`](crate::fs) is as it was, unless it was too young then.
//!
//! | step | module |
//! |---|---|
//! | where inputs and products are | `areas`, with `toolchain` and `git` |
//! | what is there | `walk` |
//! | what it contains | `snapshot` |
//! | what may matter and cannot be known | `doubts`, with `configuration` |
//! | which variables matter | `variables` |
//! | which headers rebar3 has read | `graph` |
//! | what of all that was so the last time | `record` |
//! | what rebar3 would not see | `unseen` |

mod areas;
mod configuration;
mod doubts;
mod git;
mod graph;
mod record;
mod snapshot;
#[cfg(test)]
mod tests;
mod toolchain;
mod unseen;
mod variables;
mod walk;
mod why;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub(crate) use graph::plain as plain_term;
pub use snapshot::{Change, How};
pub use why::Why;

use crate::environment::Environment;
use crate::fs::FsError;
use crate::project::Project;
use areas::{Area, Areas};
use doubts::Doubts;
use record::{Place, Record};
use snapshot::Snapshot;
use variables::Variables;

/// One compilation.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The arguments of rebar3.
    pub arguments: &'a [String],
    /// All variables that rebar3 sees.
    pub environment: &'a Environment,
    /// What this run will write into the project: that is no input. Absolute paths.
    pub written: &'a [PathBuf],
}

/// What has become of the inputs and products of a compilation since the last one.
#[derive(Debug)]
pub struct Check<'a> {
    work: Work<'a>,
    /// What is there now, if that can be told.
    now: Option<Found>,
    whys: Vec<Why>,
    /// Whether there is a record to say what has changed since.
    is_comparable: bool,
}

/// A compilation that is about to be done.
#[derive(Debug)]
pub struct Compilation<'a> {
    work: Work<'a>,
    /// What is certain before it, or what is in doubt.
    before: Option<Before>,
    doubts: Vec<String>,
}

#[derive(Debug)]
struct Work<'a> {
    project: &'a Project,
    options: Options<'a>,
    place: Place,
    variables: Variables,
}

/// Inputs and products at one time.
#[derive(Debug)]
struct Found {
    inputs: Snapshot,
    products: Snapshot,
}

#[derive(Debug)]
struct Before {
    /// When `inputs` were looked at.
    time: SystemTime,
    inputs: Snapshot,
    /// Where inputs are besides the usual places.
    extra: Vec<Area>,
}

/// Compares everything with the record of the last good compilation. What has only new times, and what is old enough now to be
/// known by them, is put down in the record.
pub fn check<'a>(project: &'a Project, options: Options<'a>) -> Check<'a> {
    check_at(Place::of(project, options.arguments), project, options)
}

fn check_at<'a>(place: Place, project: &'a Project, options: Options<'a>) -> Check<'a> {
    let work = Work { project, options, place, variables: Variables::of(options.environment) };
    let record = work.place.read();
    let (now, whys) = match work.compare(record.as_ref()) {
        Ok((now, whys)) => (Some(now), whys),
        Err(error) => (None, vec![Why::Unreadable(error.path)]),
    };
    if let (Some(now), Some(record), true) = (&now, &record, whys.is_empty()) {
        let newer = Record { inputs: now.inputs.clone(), products: now.products.clone(), ..record.clone() };
        if newer != *record {
            work.place.write(&newer);
        }
    }
    let is_comparable = record.is_some_and(|record| record.doubts.is_empty());
    Check { work, now, whys, is_comparable }
}

impl Work<'_> {
    fn compare(&self, record: Option<&Record>) -> Result<(Found, Vec<Why>), FsError> {
        let none = Record::default();
        let known = record.unwrap_or(&none);
        let areas = Areas::of(self.project, &self.options).with(&known.extra);
        let time = self.place.time();
        let now = Found {
            inputs: areas.take_inputs(&known.inputs, time)?,
            products: areas.take_products(&known.products, time)?,
        };
        let whys = record.map_or_else(|| vec![Why::NoRecord], |record| self.whys(&now, record));
        Ok((now, whys))
    }

    fn whys(&self, now: &Found, record: &Record) -> Vec<Why> {
        if !record.doubts.is_empty() {
            return record.doubts.iter().cloned().map(Why::Doubt).collect();
        }
        // What this run writes may have been there as an input before.
        let is_input = |change: &Change| !is_below(&change.path, self.options.written);
        let inputs = now.inputs.changes_since(&record.inputs).into_iter().filter(is_input);
        let products = now.products.changes_since(&record.products).into_iter();
        let variables = self.variables.difference(&record.variables).into_iter();
        variables.chain(inputs.map(Why::Input)).chain(products.map(Why::Product)).collect()
    }
}

impl<'a> Check<'a> {
    /// Why rebar3 must be started; nothing if it need not be.
    pub fn whys(&self) -> &[Why] {
        &self.whys
    }

    /// Gets ready for rebar3. What it has compiled of the project itself is removed, if something has changed that it would not
    /// see: it looks at times only, in whole seconds, and at options only as far as they are new.
    ///
    /// # Errors
    /// When something of it cannot be removed.
    pub fn begin(self) -> Result<Compilation<'a>, FsError> {
        let Self { work, now, whys, is_comparable } = self;
        let Some(now) = now else { return Ok(Compilation { work, before: None, doubts: Vec::new() }) };
        let Doubts { found: doubts, follows_git } = doubts::of(work.project, &work.options, &now.inputs);
        let areas = Areas::of(work.project, &work.options);
        let git = git::areas(&work.project.root, work.options.environment);
        let mut extra = if follows_git { git } else { Vec::new() };
        // What rebar3 has read last is likely to be read again.
        extra.extend(areas.others(graph::headers(work.project).unwrap_or_default()));
        if is_comparable && unseen::is_any(&whys, &now, work.project) {
            unseen::forget(work.project)?;
        }
        let time = work.place.time();
        let inputs = areas.with(&extra).take_inputs(&now.inputs, time).ok();
        let before = inputs.zip(time).map(|(inputs, time)| Before { time, inputs, extra });
        Ok(Compilation { work, before, doubts })
    }
}

impl Compilation<'_> {
    /// Puts down that rebar3 has just compiled everything as it was when this began. If an input is not as it was then, or
    /// something cannot be told, there is no record afterwards. That none can be written costs time, and no more.
    pub fn record(self) {
        match self.recorded() {
            Some(record) => self.work.place.write(&record),
            None => self.work.place.remove(),
        }
    }

    fn recorded(&self) -> Option<Record> {
        let Work { project, options, place, variables } = &self.work;
        let in_doubt = |doubts: Vec<String>| Record { doubts, ..Record::default() };
        if !self.doubts.is_empty() {
            return Some(in_doubt(self.doubts.clone()));
        }
        let before = self.before.as_ref()?;
        let areas = Areas::of(project, options);
        let products = areas.take_products(&Snapshot::default(), place.time()).ok()?;
        let headers = match graph::headers(project) {
            Ok(headers) => headers,
            Err(doubt) => return Some(in_doubt(vec![doubt])),
        };
        let extra: BTreeSet<Area> = before.extra.iter().cloned().chain(areas.others(headers)).collect();
        let extra: Vec<Area> = extra.into_iter().collect();
        let inputs = areas.with(&extra).take_inputs(&before.inputs, place.time()).ok()?;
        let is_same = inputs.is_untouched_since(&before.inputs, before.time);
        let variables = variables.clone();
        is_same.then_some(Record { doubts: Vec::new(), variables, extra, inputs, products })
    }
}

/// The directories of the project's applications, those of `_checkouts` too, which rebar3 compiles with them.
fn own_dirs(project: &Project) -> BTreeSet<PathBuf> {
    let checkouts = project.config.get("checkouts_dir").and_then(|dir| dir.as_text());
    let checkouts = project.root.join(checkouts.unwrap_or_else(|| "_checkouts".into()));
    let own = project.own_dirs().unwrap_or_default().into_iter();
    own.chain(crate::fs::list(&checkouts).unwrap_or_default()).collect()
}

/// True for a path below one of these.
fn is_below(path: &Path, dirs: &[PathBuf]) -> bool {
    dirs.iter().any(|dir| path.starts_with(dir))
}
