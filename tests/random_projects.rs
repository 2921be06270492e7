//! Generated projects: the real rebar3 with its relx and erlrel make a release of each, side by side.
//!
//! `ERLREL_RANDOM_PROJECTS` is their number, 300 unless set; `ERLREL_RANDOM_SEED` is the first one's seed, each
//! next one has the next. A project with a difference that nothing explains stays in `target/tmp/random_projects`.

mod alterations;
mod app;
mod compare;
mod config;
mod explained;
mod installation;
mod options;
mod overlay;
mod project;
mod rebar3;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use compare::{Case, Kind};
use explained::{EXPLAINED, Share};
use installation::Installation;
use rebar3::Rebar3;

/// What came out of all projects.
#[derive(Debug, Default)]
struct Summary {
    built: usize,
    refused: usize,
    /// How often each reason of erlrel's was heard where both refuse.
    refusals: BTreeMap<String, Vec<String>>,
    /// How often each difference was met, and in how many projects.
    explained: BTreeMap<&'static str, (usize, usize)>,
    /// How many paths of each kind were compared.
    compared: BTreeMap<Kind, usize>,
    traits: BTreeMap<String, usize>,
    unexplained: Vec<String>,
    altered: usize,
    unnoticed: Vec<String>,
}

#[test]
fn generated_projects_get_the_release_that_relx_makes_or_are_refused_by_both() {
    let count = number("ERLREL_RANDOM_PROJECTS").unwrap_or(300);
    let first = number("ERLREL_RANDOM_SEED").unwrap_or(1);
    let root = fresh(Path::new(env!("CARGO_TARGET_TMPDIR")).join("random_projects"));
    let installation = Installation::new(&fresh(root.join("installation")));
    let next = AtomicU64::new(first);
    let summary = Mutex::new(Summary::default());
    let begin = std::time::Instant::now();
    let work = || {
        let mut rebar3 = Rebar3::start(&installation, &root);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                break;
            }
            one(seed, &root, &installation, &mut rebar3, &summary);
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    std::thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    let summary = summary.into_inner().expect("no worker panicked");
    println!(
        "{count} projects in {:.0?}: {} built by both, {} refused by both",
        begin.elapsed(),
        summary.built,
        summary.refused
    );
    let refusals: BTreeMap<&String, usize> =
        summary.refusals.iter().map(|(why, cases)| (why, cases.len())).collect();
    println!("refused: {refusals:#?}");
    println!("explained differences (how many, in how many projects): {:#?}", summary.explained);
    println!("generated: {:?}\ncompared: {:?}", summary.traits, summary.compared);
    let unexplained = &summary.unexplained;
    assert!(unexplained.is_empty(), "{}\n{} projects differ", unexplained.join("\n"), unexplained.len());
    let unnoticed = &summary.unnoticed;
    println!("alterations of erlrel's releases: {} made, {} unnoticed", summary.altered, unnoticed.len());
    assert!(unnoticed.is_empty(), "nobody noticed: {}", unnoticed.join("\n"));
    if count >= 300 {
        summary.assert_busy(count as usize);
    }
}

fn one(seed: u64, root: &Path, installation: &Installation, rebar3: &mut Rebar3, summary: &Mutex<Summary>) {
    let case_dir = fresh(root.join(seed.to_string()));
    let dir = fresh(case_dir.join("project"));
    let project = config::generate(seed);
    project.write(&dir, installation);
    let case = compare::compare(&project, &dir, &installation.root(), rebar3);
    let differs = summary.lock().expect("no worker panicked").add(seed, &case, &case_dir);
    if !differs && std::env::var_os("ERLREL_RANDOM_KEEP").is_none() {
        std::fs::remove_dir_all(&case_dir).expect("removed");
    }
}

impl Summary {
    /// Nothing is shown by projects that are hardly ever built, by few files, or by differences that are
    /// expected and never met.
    fn assert_busy(&self, count: usize) {
        let Self { built, refused, compared, .. } = self;
        assert!(built * 2 >= count && refused * 20 >= count, "{built} built, {refused} refused");
        for (kind, least) in
            [(Kind::Directory, 20), (Kind::Bytes, 30), (Kind::Term, 12), (Kind::Beam, 18), (Kind::Script, 3)]
        {
            let found = compared.get(&kind).copied().unwrap_or_default();
            assert!(found >= least * built, "{found} of {kind:?} in {built} releases");
        }
        let is_met = |share: Share| count >= 3000 || matches!(share, Share::Common);
        assert!(self.altered >= 50 * built, "{} alterations", self.altered);
        let idle = EXPLAINED.iter().filter(|explained| is_met(explained.share));
        let idle: Vec<&str> =
            idle.map(|explained| explained.name).filter(|name| !self.explained.contains_key(name)).collect();
        assert!(idle.is_empty(), "never met: {idle:#?}");
    }

    /// Counts a case; true if it has a difference that nothing explains.
    fn add(&mut self, seed: u64, case: &Case<'_>, dir: &Path) -> bool {
        self.built += usize::from(case.relx_built && case.erlrel_built);
        if !case.relx_built && !case.erlrel_built {
            self.refused += 1;
            let both = format!("{seed}: {}", last_lines(&case.log).replace('\n', " "));
            self.refusals.entry(reason(&case.messages)).or_default().push(both);
        }
        case.project.traits.iter().for_each(|name| *self.traits.entry(name.clone()).or_default() += 1);
        case.compared.iter().for_each(|(kind, count)| *self.compared.entry(*kind).or_default() += count);
        let mut unexplained = Vec::new();
        let mut met = BTreeSet::new();
        self.altered += case.alterations.tried;
        let unnoticed = case.alterations.unnoticed.iter().map(|what| format!("{seed}: {what}"));
        self.unnoticed.extend(unnoticed);
        for difference in &case.differences {
            match difference.explained {
                Some(name) => {
                    let (differences, projects) = self.explained.entry(name).or_default();
                    *differences += 1;
                    *projects += usize::from(met.insert(name));
                }
                None => unexplained
                    .push(format!("  {} {}: {}", difference.form, difference.path, difference.what)),
            }
        }
        if unexplained.is_empty() {
            return false;
        }
        let said = if case.relx_built == case.erlrel_built {
            String::new()
        } else {
            format!("\n  rebar3: {}\n  erlrel: {}", last_lines(&case.log), last_lines(&case.messages))
        };
        let text = format!("seed {seed}, kept in {}\n{}{said}", dir.display(), unexplained.join("\n"));
        self.unexplained.push(text);
        true
    }
}

/// The error without what stands in quotes and without its place.
fn reason(messages: &str) -> String {
    let error = messages.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or_default();
    let error = error
        .split_once(".config:")
        .map_or(error, |(_, rest)| rest.split_once(": ").map_or(rest, |(_, text)| text));
    error.split('`').step_by(2).collect::<Vec<_>>().join("…")
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> =
        text.trim().lines().filter(|line| !line.contains("Source code not found")).collect();
    lines[lines.len().saturating_sub(6)..].join("\n    ")
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, not `{text}`")))
}

/// The directory, empty.
fn fresh(dir: PathBuf) -> PathBuf {
    if dir.exists() {
        std::fs::remove_dir_all(&dir).expect("the last run's files can be removed");
    }
    std::fs::create_dir_all(&dir).expect("created");
    dir
}
