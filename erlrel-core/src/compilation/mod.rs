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
//! | which headers rebar3 has read | `graph`, `reading` |
//! | what of all that was so the last time | `record` |
//! | what rebar3 would not see | `unseen`, with `generated` |
//! | what it has made and is to make again | `forget` |

mod areas;
mod configuration;
mod doubts;
mod forget;
mod generated;
mod git;
mod graph;
mod reading;
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
use reading::Reading;
use record::{Place, Record};
use snapshot::Snapshot;
use unseen::Sight;
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
    /// The record that says what has changed since, if there is one.
    record: Option<Record>,
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
    /// By its real path, which is the one that rebar3 sees and writes down.
    project: Project,
    options: Options<'a>,
    /// The same of what this run will write.
    written: Vec<PathBuf>,
    place: Place,
}

/// Inputs and products at one time.
#[derive(Debug)]
struct Found {
    inputs: Snapshot,
    products: Snapshot,
    variables: Variables,
}

#[derive(Debug)]
struct Before {
    /// When `inputs` were looked at.
    time: SystemTime,
    inputs: Snapshot,
    /// What rebar3 has left as it was need not be read again.
    products: Snapshot,
    /// Where inputs are besides the usual places.
    extra: Vec<Area>,
    variables: Variables,
}

/// Removes what rebar3 has made of the project itself, also what it has generated between the sources, for a compilation of which nothing
/// is known and no record is kept; nothing if there is no rebar3 with these variables that could make it again.
///
/// # Errors
/// When something cannot be removed.
pub fn forget(project: &Project, options: Options<'_>) -> Result<(), FsError> {
    let Check { work, now, .. } = check(project, options);
    let inputs = now.map(|now| now.inputs).unwrap_or_default();
    forget::forget(&work.project, work.options.environment, &inputs)
}

/// Compares everything with the record of the last good compilation. What has only new times, and what is old enough now to be
/// known by them, is put down in the record.
pub fn check<'a>(project: &Project, options: Options<'a>) -> Check<'a> {
    let project = by_real_path(project);
    check_at(Place::of(&project, options.arguments), project, options)
}

fn check_at(place: Place, project: Project, options: Options<'_>) -> Check<'_> {
    let written = options.written.iter().map(|path| real_place(path)).collect();
    let work = Work { project, options, written, place };
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
    Check { work, now, whys, record }
}

impl Work<'_> {
    /// The file that rebar3 takes for the project's rebar.config.
    fn configuration(&self) -> PathBuf {
        self.project.root.join(self.options.environment.get("REBAR_CONFIG").unwrap_or("rebar.config"))
    }

    fn compare(&self, record: Option<&Record>) -> Result<(Found, Vec<Why>), FsError> {
        let none = Record::default();
        let known = record.unwrap_or(&none);
        let areas = Areas::of(self).with(&known.extra);
        let time = self.place.time();
        let inputs = areas.take_inputs(&known.inputs, time)?;
        let products = areas.take_products(&known.products, time)?;
        let variables = Variables::of(self.options.environment, &doubts::variables(&inputs));
        let now = Found { inputs, products, variables };
        let whys = record.map_or_else(|| vec![Why::NoRecord], |record| self.whys(&now, record));
        Ok((now, whys))
    }

    fn whys(&self, now: &Found, record: &Record) -> Vec<Why> {
        if !record.doubts.is_empty() {
            return record.doubts.iter().cloned().map(Why::Doubt).collect();
        }
        self.changes(now, record)
    }

    fn changes(&self, now: &Found, record: &Record) -> Vec<Why> {
        // What this run writes may have been there as an input before.
        let is_input = |change: &Change| !is_below(&change.path, &self.written);
        let inputs = now.inputs.changes_since(&record.inputs).into_iter().filter(is_input);
        let products = now.products.changes_since(&record.products).into_iter();
        let variables = now.variables.difference(&record.variables).into_iter();
        variables.chain(inputs.map(Why::Input)).chain(products.map(Why::Product)).collect()
    }
}

impl<'a> Check<'a> {
    /// Why rebar3 must be started; nothing if it need not be.
    pub fn whys(&self) -> &[Why] {
        &self.whys
    }

    /// Gets ready for rebar3. What it has compiled of the project itself is removed, unless everything that has changed is something
    /// that it surely sees: it looks at times only, in whole seconds, and at options only as far as they are new.
    ///
    /// # Errors
    /// When something of it cannot be removed.
    pub fn begin(self) -> Result<Compilation<'a>, FsError> {
        let Self { work, now, record, .. } = self;
        let Some(now) = now else {
            forget::forget(&work.project, work.options.environment, &Snapshot::default())?;
            return Ok(Compilation { work, before: None, doubts: Vec::new() });
        };
        let Doubts { found: doubts, follows_git } = doubts::of(&work, &now.inputs);
        let areas = Areas::of(&work);
        let mut extra = if follows_git { git::areas(&work) } else { Vec::new() };
        // What rebar3 has read last is likely to be read again.
        let reading = Reading::of(&work);
        extra.extend(areas.others(&reading.files, [&now.inputs, &now.products]));
        if let Some(record) = record {
            let changes = work.changes(&now, &record);
            Sight::new(&record.inputs, &now, &reading, &work).forget(&changes)?;
            extra.extend(record.extra.into_iter().filter(|area| reading.files.contains(&area.root)));
        } else {
            forget::forget(&work.project, work.options.environment, &now.inputs)?;
        }
        let time = work.place.time();
        let inputs = areas.with(&extra).take_inputs(&now.inputs, time).ok();
        let Found { products, variables, .. } = now;
        let before =
            inputs.zip(time).map(|(inputs, time)| Before { time, inputs, products, extra, variables });
        Ok(Compilation { work, before, doubts })
    }
}

impl Compilation<'_> {
    /// Puts down that rebar3 has just compiled everything as it was when this began. An input that is not as it was then will count
    /// as changed, since nobody knows what rebar3 has read; if something cannot be told, there is no record afterwards. That none can
    /// be written costs time, and no more.
    pub fn record(self) {
        match self.recorded() {
            Some(record) => self.work.place.write(&record),
            None => self.work.place.remove(),
        }
    }

    fn recorded(&self) -> Option<Record> {
        let Work { project, place, .. } = &self.work;
        let mut doubts = self.doubts.clone();
        let before = self.before.as_ref()?;
        let areas = Areas::of(&self.work);
        let products = areas.take_products(&before.products, place.time()).ok()?;
        let headers = graph::headers(project).unwrap_or_else(|doubt| {
            doubts.push(doubt);
            BTreeSet::new()
        });
        let new = areas.others(&headers, [&before.inputs, &products]);
        let extra: BTreeSet<Area> = before.extra.iter().cloned().chain(new).collect();
        let extra: Vec<Area> = extra.into_iter().collect();
        let inputs = areas.with(&extra).take_inputs(&before.inputs, place.time()).ok()?;
        let touched = inputs.touched_since(&before.inputs, before.time).into_iter();
        // Hooks and plugins are there to write files.
        let generated = generated::outputs(project, &inputs);
        let is_made = |path: &PathBuf| !doubts.is_empty() || generated.contains(path);
        let touched: Vec<PathBuf> = touched.filter(|path| !is_made(path)).collect();
        let inputs = inputs.with_unknown(touched);
        Some(Record { doubts, variables: before.variables.clone(), extra, inputs, products })
    }
}

/// The directories of the project's applications, those of `_checkouts` too, which rebar3 compiles with them.
fn own_dirs(project: &Project) -> BTreeSet<PathBuf> {
    let own = project.own_dirs().unwrap_or_default().into_iter();
    own.chain(crate::fs::list(&project.checkouts_dir()).unwrap_or_default()).collect()
}

/// The project as one finds it who has come through no link. That is how rebar3 finds it.
fn by_real_path(project: &Project) -> Project {
    let root = real(&project.root);
    let below = project.base_dir.strip_prefix(&project.root);
    let base_dir = below.map_or_else(|_| real(&project.base_dir), |below| root.join(below));
    Project { root, base_dir, ..project.clone() }
}

/// Where something lies that need not be there.
fn real_place(path: &Path) -> PathBuf {
    match (path.parent(), path.file_name()) {
        (Some(dir), Some(name)) => real(dir).join(name),
        _ => real(path),
    }
}

/// A path with something at its end.
fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(end);
    path.into()
}

fn has_end(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|found| found == end)
}

/// A path without links; one that leads nowhere stays what it is.
fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.into())
}

/// True for a path below one of these.
fn is_below(path: &Path, dirs: &[PathBuf]) -> bool {
    dirs.iter().any(|dir| path.starts_with(dir))
}
