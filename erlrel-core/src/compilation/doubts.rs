//! What a compilation may depend on that cannot be known.

use std::collections::BTreeSet;
use std::path::Path;

use super::configuration::{self, is_path_out};
use super::snapshot::Snapshot;
use super::{Work, own_dirs, real, toolchain, with_end};
use crate::environment::Environment;
use crate::fs;
use crate::project::Project;
use crate::term::{self, Dependence, Term};

/// All doubts, and what was found out on the way.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    pub(super) found: Vec<String>,
    /// Whether the version of an application is what git says.
    pub(super) follows_git: bool,
}

/// Looks for doubts in everything that decides what rebar3 will do.
pub(super) fn of(work: &Work<'_>, inputs: &Snapshot) -> Doubts {
    let Work { project, options, .. } = work;
    let mut doubts = Doubts::default();
    doubts.found.extend(of_arguments(options.arguments));
    doubts.found.extend(of_variables(options.environment));
    doubts.found.extend(toolchain::doubt(options.environment));
    doubts.found.extend(of_place(project));
    let own = project.own_names().unwrap_or_default();
    let dirs = own_dirs(project);
    let checkouts = dirs.iter().filter_map(|dir| dir.file_name()?.to_str());
    let names: Vec<&str> = own.iter().map(String::as_str).chain(checkouts).collect();
    let is_own = |name: &str| names.contains(&name);
    doubts.found.extend(configuration::doubt(&project.config.terms(), &is_own));
    let global = inputs.0.keys().filter(|path| path.ends_with(".config/rebar3/rebar.config")).cloned();
    let configurations = dirs.iter().filter(|dir| **dir != project.root).map(|dir| dir.join("rebar.config"));
    doubts.found.extend(configurations.chain(global).find_map(|file| of_configuration(&file, &is_own)));
    for dir in &dirs {
        doubts.add_application(dir, inputs, project);
    }
    doubts.found.extend(
        [work.configuration(), project.root.join("rebar.lock")]
            .iter()
            .find_map(|file| of_script(&with_end(file, ".script"))),
    );
    doubts
}

/// The compilation of tests and the types of everything are other things than a compilation.
fn of_arguments(arguments: &[String]) -> Option<String> {
    let command = arguments.iter().find(|word| ["compile", "ct", "dialyzer"].contains(&word.as_str()));
    let is_known = command.is_some_and(|command| command == "compile");
    (!is_known).then(|| format!("`rebar3 {}` is run each time", arguments.join(" ")))
}

/// What Erlang takes from variables besides their text.
fn of_variables(environment: &Environment) -> Option<String> {
    let is_set = |name: &str| environment.get(name).is_some();
    let names_files = |name: &str| {
        let runs = |word: &str| ["-eval", "-run", "-s", "-pa", "-pz"].contains(&word) || word.contains('/');
        environment.get(name).is_some_and(|value| value.split_whitespace().any(runs))
    };
    let libs = is_set("ERL_LIBS").then_some("ERL_LIBS");
    let flags = ["ERL_FLAGS", "ERL_AFLAGS", "ERL_ZFLAGS", "ERL_COMPILER_OPTIONS"];
    let name = libs.or_else(|| flags.into_iter().find(|name| names_files(name)))?;
    Some(format!("the environment variable {name} names files"))
}

fn of_place(project: &Project) -> Option<String> {
    let is_around = project.root.starts_with(&project.base_dir);
    is_around.then(|| format!("rebar3 builds in `{}`, where the project is", project.base_dir.display()))
}

/// The configuration of an application or of the user; there need be none.
fn of_configuration(file: &Path, is_own: &dyn Fn(&str) -> bool) -> Option<String> {
    let script = with_end(file, ".script");
    if script.exists() {
        return Some(format!("`{}` may read anything", script.display()));
    }
    let bytes = fs::read_optional(file).ok().flatten()?;
    let doubt = match term::consult(file, &bytes) {
        Ok(document) => configuration::doubt(&document.terms, is_own)?,
        Err(_) => "it is malformed".into(),
    };
    Some(format!("`{}`: {doubt}", file.display()))
}

/// A script that depends on nothing but variables is evaluated by erlrel too.
fn of_script(file: &Path) -> Option<String> {
    let is_doubtful = dependence(file)? == Dependence::Anything;
    is_doubtful.then(|| format!("`{}` may read anything", file.display()))
}

fn dependence(file: &Path) -> Option<Dependence> {
    let bytes = fs::read_optional(file).ok().flatten()?;
    Some(str::from_utf8(&bytes).map_or(Dependence::Anything, term::dependence))
}

/// The environment variables that the project's scripts read, as far as that can be told.
pub(super) fn variables(inputs: &Snapshot) -> BTreeSet<String> {
    let scripts = inputs.0.keys().filter(|path| path.extension().is_some_and(|end| end == "script"));
    let names = scripts.filter_map(|path| match dependence(path)? {
        Dependence::Variables(names) => Some(names),
        Dependence::Anything => None,
    });
    names.flatten().collect()
}

impl Doubts {
    fn add_application(&mut self, dir: &Path, inputs: &Snapshot, project: &Project) {
        // `_checkouts` often has links. Below the project's own directory other applications begin.
        let (top, is_root) = (real(dir), dir == project.root);
        let is_here = |path: &&Path| !is_root || path.ancestors().nth(2) == Some(&top);
        for path in inputs.below(&top).map(|(path, _)| path).filter(is_here) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(".app.src.script") {
                self.found.extend(of_script(path));
                self.follows_git = true;
            } else if name.ends_with(".app.src") {
                self.add_version(path);
            }
        }
    }

    fn add_version(&mut self, file: &Path) {
        let bytes = fs::read(file).unwrap_or_default();
        let terms = term::consult(file, &bytes).map(|document| document.terms).unwrap_or_default();
        let mut doubt = |what: &str| self.found.push(format!("`{}`: {what}", file.display()));
        match configuration::version(&terms) {
            Some(vsn) if vsn.as_string().is_some() => {}
            Some(vsn) if is_of_git(&vsn) => self.follows_git = true,
            Some(vsn) => match vsn.as_pair() {
                Some(("file", path)) if path.as_string().is_some_and(|path| !is_path_out(&path)) => {}
                _ => doubt("its version may come from anywhere"),
            },
            None => doubt("it has no version"),
        }
    }
}

/// `git`, `semver`, `{git, short}`, `{git, long}`.
fn is_of_git(vsn: &Term) -> bool {
    let is_named = |name: &str| ["git", "semver"].contains(&name);
    vsn.as_atom().is_some_and(is_named) || vsn.as_pair().is_some_and(|(name, _)| is_named(name))
}
