//! Compiled dependencies that machines share. Nothing that goes wrong with a cache ends a build: rebar3 can do the
//! work, so it is told as a warning.

use std::time::SystemTime;

use erlrel_core::dependencies::{Dependencies, DependenciesError, Restored, find, pack, restore, save};
use erlrel_core::registry::Registry;
use erlrel_core::shared_cache::{CachePlace, Saved};
use erlrel_core::{Environment, Project};
use serde_json::{Value, json};

use crate::args::ProjectArgs;
use crate::commands::key::toolchain;
use crate::error::CliError;
use crate::project::load_otp;
use crate::report::Report;

/// The dependencies of a project, and the way to caches.
pub(crate) struct DependencyCache {
    dependencies: Dependencies,
    registry: Registry,
}

/// What a look into caches has come to.
pub(crate) enum Outcome {
    /// There was nothing to look for.
    Present,
    /// They are in `_build` now.
    Hit { place: String, restored: Restored },
    /// No cache has them.
    Miss,
}

impl DependencyCache {
    /// For a project that was not compiled since it was read; `environment` is what rebar3 sees or saw, `registry` that of
    /// caches.
    pub(crate) fn of(
        project: &Project,
        environment: &Environment,
        args: &ProjectArgs,
        registry: &Registry,
    ) -> Result<Self, CliError> {
        let toolchain = toolchain(&load_otp(args)?)?;
        let dependencies = Dependencies::of(project, &toolchain, environment)?;
        Ok(Self { dependencies, registry: registry.clone() })
    }

    pub(crate) fn key(&self) -> String {
        self.dependencies.key().to_string()
    }

    pub(crate) fn tag(&self) -> String {
        self.dependencies.tag()
    }

    pub(crate) fn missing(&self) -> Vec<String> {
        self.dependencies.missing()
    }

    /// Takes them from the first cache that has them, if one is missing.
    pub(crate) fn restore(&self, places: &[CachePlace], report: &Report) -> Outcome {
        if self.missing().is_empty() {
            return Outcome::Present;
        }
        for place in places {
            match self.restore_from(place) {
                Ok(Some(restored)) => return Outcome::Hit { place: place.to_string(), restored },
                Ok(None) => {}
                Err(error) => report.warning_of(&error.into()),
            }
        }
        Outcome::Miss
    }

    #[expect(clippy::disallowed_methods, reason = "files that arrive are as old as their arrival")]
    fn restore_from(&self, place: &CachePlace) -> Result<Option<Restored>, DependenciesError> {
        let found = find(place, &self.dependencies, &self.registry)?;
        found.map(|found| restore(&self.dependencies, &found, SystemTime::now())).transpose()
    }

    /// Puts what is compiled into a cache; the names with what became of them, `None` if there are none.
    pub(crate) fn save(
        &self,
        place: &CachePlace,
        report: &Report,
    ) -> Result<Option<(Vec<String>, Saved)>, CliError> {
        let packed = pack(&self.dependencies)?;
        packed.left_out.iter().for_each(|left_out| report.warning(left_out));
        let Some(artifact) = packed.artifact else { return Ok(None) };
        let saved = save(place, &self.dependencies, &artifact, &self.registry)?;
        Ok(Some((packed.names, saved)))
    }

    /// The same after a compilation: a cache that has them already is left alone, and one that cannot be written to is
    /// a warning.
    pub(crate) fn save_new(&self, place: &CachePlace, outcome: &Outcome, report: &Report) -> Option<Saved> {
        let is_source = matches!(outcome, Outcome::Hit { place: from, .. } if *from == place.to_string());
        // What was found and could not be taken is to be replaced, so a miss is not asked again.
        let has_them = || {
            !matches!(outcome, Outcome::Miss)
                && matches!(find(place, &self.dependencies, &self.registry), Ok(Some(_)))
        };
        if is_source || has_them() {
            return None;
        }
        match self.save(place, report) {
            Ok(saved) => saved.map(|(_, saved)| saved),
            Err(error) => {
                report.warning_of(&error);
                None
            }
        }
    }

    /// What happened, for machines.
    pub(crate) fn to_json(&self, outcome: &Outcome, saved: Option<&Saved>) -> Value {
        let (word, from, restored) = match outcome {
            Outcome::Present => ("present", None, None),
            Outcome::Hit { place, restored } => ("hit", Some(place), Some(restored)),
            Outcome::Miss => ("miss", None, None),
        };
        json!({
            "key": self.key(),
            "tag": self.tag(),
            "outcome": word,
            "from": from,
            "restored": restored.map(|restored| &restored.names),
            "bytes": restored.map(|restored| restored.bytes),
            "saved": saved.map(|saved| json!({ "to": saved.place, "bytes": saved.bytes })),
        })
    }
}
