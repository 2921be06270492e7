//! The key `erlrel` of rebar.config, read into [`ContainerOptions`].

use super::health_terms::health;
use super::layer_terms::layers;
use super::options::ContainerOptions;
use super::size_budget::{SHARES, Share, SizeBudget};
use super::terms::Entry;
use super::values;
use super::{Base, ContainerError, env_file};
use crate::environment::Environment;
use crate::project::Project;
use crate::term::{SourceError, Term};

/// All options, sorted.
const KEYS: [&str; 22] = [
    "allow_secrets",
    "annotations",
    "base",
    "beams",
    "cmd",
    "compression",
    "deterministic",
    "entrypoint",
    "env",
    "env_file",
    "expose",
    "healthcheck",
    "labels",
    "layers",
    "prefix",
    "shell",
    "size_budget",
    "stop_signal",
    "tags",
    "user",
    "volumes",
    "workdir",
];

/// Reads the options of a project.
///
/// # Errors
/// For the first mistake in the file, at its place.
pub(super) fn read(project: &Project, environment: &Environment) -> Result<ContainerOptions, ContainerError> {
    let Some(list) = project.config.get("erlrel") else { return Ok(ContainerOptions::default()) };
    let source = project.config.source();
    let wrong = |term: &Term| source.error(term.span(), "`erlrel` must be a list of `{Key, Value}`");
    let list = list.as_list().ok_or_else(|| wrong(&list))?;
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for term in &list {
        let (key, value) = term.as_pair().ok_or_else(|| wrong(term))?;
        let entry = Entry { source, key, value, whole: term };
        entry.check_key("erlrel", &KEYS)?;
        // rebar3 puts a profile's entries first, and the first of equal keys counts.
        if entries.iter().all(|there| there.key != key) {
            entries.push(entry);
        }
    }
    entries.sort_by_key(|entry| entry.whole.span().start);
    let mut reading =
        Reading { project, environment, options: ContainerOptions::default(), from_files: Vec::new() };
    entries.iter().try_for_each(|entry| reading.set(entry))?;
    Ok(reading.done())
}

struct Reading<'a> {
    project: &'a Project,
    environment: &'a Environment,
    options: ContainerOptions,
    /// Variables that files set.
    from_files: Vec<(String, String)>,
}

impl Reading<'_> {
    /// What the option `env` says counts more than files, wherever it stands.
    fn done(mut self) -> ContainerOptions {
        self.from_files.append(&mut self.options.env);
        ContainerOptions { env: self.from_files, ..self.options }
    }

    fn set(&mut self, entry: &Entry<'_>) -> Result<(), ContainerError> {
        let options = &mut self.options;
        match entry.key {
            "base" => {
                let base = Base::parse(&entry.text()?, &self.project.root);
                options.base = base.map_err(|error| entry.error(error.to_string()))?;
            }
            "beams" => options.beams = entry.checked(values::beams)?,
            "shell" => options.shell = entry.bool()?,
            // It counts when the project is compiled.
            "deterministic" => drop(entry.bool()?),
            "env" => options.env = entry.pairs(values::variable)?,
            "env_file" => self.add_files(entry)?,
            "size_budget" => options.size_budget = size_budget(entry)?,
            "layers" => options.layers = layers(entry)?,
            "labels" => options.labels = entry.pairs(values::key)?.into_iter().collect(),
            "annotations" => options.annotations = entry.pairs(values::key)?.into_iter().collect(),
            "expose" => options.expose = entry.ports()?.into_iter().collect(),
            "volumes" => options.volumes = entry.each(values::volume)?.into_iter().collect(),
            "user" => options.user = Some(entry.checked(values::user)?),
            "workdir" => options.workdir = Some(entry.checked(values::workdir)?),
            "prefix" => options.prefix = Some(entry.checked(values::prefix)?),
            "stop_signal" => options.stop_signal = Some(entry.checked(values::stop_signal)?),
            "healthcheck" => options.healthcheck = Some(health(entry)?),
            "entrypoint" => options.entrypoint = Some(entry.program()?),
            "cmd" => options.cmd = Some(entry.texts()?),
            "compression" => options.compression = entry.compression()?,
            "tags" => options.tags = entry.tags()?,
            // All other keys were refused before.
            _ => options.allow_secrets = entry.texts()?.into_iter().collect(),
        }
        Ok(())
    }

    fn add_files(&mut self, entry: &Entry<'_>) -> Result<(), ContainerError> {
        for (path, term) in entry.one_or_several("a path, or a list of paths")? {
            let read = env_file::read(&self.project.root.join(path), self.environment);
            let variables = read.map_err(|error| entry.source.error(term.span(), error.to_string()))?;
            self.from_files.extend(variables.set);
            self.options.unset_env.extend(variables.unset);
        }
        Ok(())
    }
}

/// One size for all, or a list of sizes by part.
fn size_budget(entry: &Entry<'_>) -> Result<SizeBudget, SourceError> {
    let what = "a size such as `\"60MB\"`, or a list such as `[{total, \"60MB\"}, {dependencies, \"5MB\"}]`, in bytes or whole kB, \
                MB, GB, TB, KiB, MiB, GiB, TiB";
    let size = |term: &Term| term.as_u64().or_else(|| values::size(&term.as_text()?).ok());
    let is_text = entry.value.as_text().is_some_and(|text| !text.is_empty());
    if is_text || entry.value.as_u64().is_some() {
        let size = size(entry.value).ok_or_else(|| entry.wrong(what))?;
        return Ok(SizeBudget([(Share::Total, size)].into()));
    }
    let read = |term: &Term| {
        let wrong = |why: String| entry.source.error(term.span(), format!("`size_budget` must be {why}"));
        let (key, value) = term.as_pair().ok_or_else(|| wrong(what.into()))?;
        let share = Share::parse(key).ok_or_else(|| wrong(format!("of one of {SHARES}")))?;
        let size = size(value).ok_or_else(|| wrong(what.into()))?;
        Ok((share, size))
    };
    let list = entry.value.as_list().ok_or_else(|| entry.wrong(what))?;
    // As everywhere, the first of equal keys counts.
    Ok(SizeBudget(list.iter().rev().map(read).collect::<Result<_, SourceError>>()?))
}

#[cfg(test)]
#[path = "option_terms_tests.rs"]
mod tests;
