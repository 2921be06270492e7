//! The `erlrel` key of rebar.config: what the project wants of its image.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::tags::TagTemplate;
use super::{Base, Beams, ContainerError, SizeBudget, option_terms};
use crate::environment::Environment;
use crate::image::Compression;
use crate::image::config::{Healthcheck, Port};
use crate::image::layers::LayerBudget;
use crate::project::Project;

/// What an image is to be like; the command line's wishes are laid over those of rebar.config.
#[derive(Debug, Clone)]
pub struct ContainerOptions {
    /// Default: [`Base::Scratch`].
    pub base: Base,
    /// The form of BEAM files. Default: [`Beams::Canonical`].
    pub beams: Beams,
    /// Whether `/bin/sh` is added. Default: no. An image of a release from elsewhere always has one, since its start
    /// script needs it: the base's own, or one that comes along.
    pub shell: bool,
    /// The absolute path of the release's directory in the image. Default: `/opt/NAME`. Working directory and entry
    /// point follow it.
    pub prefix: Option<String>,
    /// Variables besides `RELX_OUT_FILE_PATH`, `HOME` and `LANG`, which they may replace; so they may `RELEASE_TMP`,
    /// which takes the place of the first in an image of mix's release, and `PATH`, which one of a release from
    /// elsewhere has if it stands on nothing. Of equal names the last counts.
    pub env: Vec<(String, String)>,
    /// Variables that were to be taken from the environment and have no value there.
    pub unset_env: BTreeSet<String>,
    /// Ports that the image says it listens on.
    pub expose: BTreeSet<Port>,
    /// Labels besides the automatic `org.opencontainers.image.*` ones, which they may replace.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the manifest besides the automatic `org.opencontainers.image.*` ones, which they may replace but
    /// for those of the base.
    pub annotations: BTreeMap<String, String>,
    /// Absolute paths that engines mount a volume on. Each is a directory of the image that everybody can write to, since
    /// a new volume gets its mode and owner from there.
    pub volumes: BTreeSet<String>,
    /// Default: `65532:65532`, who is nobody and owns nothing; with the targets for developers, that of the base.
    pub user: Option<String>,
    /// Default: the release's directory.
    pub workdir: Option<String>,
    /// Default: none, so that engines send `SIGTERM`.
    pub stop_signal: Option<String>,
    /// Default: none, or that of the base.
    pub healthcheck: Option<Health>,
    /// Default: the release's start program.
    pub entrypoint: Option<Vec<String>>,
    /// Default: `foreground`, or what the start script of a release from elsewhere calls it; nothing if there is another
    /// entry point, as in a Dockerfile.
    pub cmd: Option<Vec<String>>,
    /// How layers are compressed. Default: with gzip.
    pub compression: Compression,
    /// The names that the image gets. Default: none, which leaves it to the host.
    pub tags: Vec<TagTemplate>,
    /// Files in the release that may be there although they look like secrets: see
    /// [`ContainerError::Secrets`].
    pub allow_secrets: BTreeSet<String>,
    /// How many layers applications have at most. Default: 20 for dependencies, 20 for the project's own.
    pub layers: LayerBudget,
    /// How large the image may be. Default: as large as it is.
    pub size_budget: SizeBudget,
}

/// What an image says of its health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// That nobody is to check it, whatever the base says.
    Off,
    /// How it is checked. Without a command, that is the start program with `healthcheck`, or with `ping` for a release of
    /// relx's own.
    Check(Healthcheck),
}

impl Default for ContainerOptions {
    fn default() -> Self {
        Self {
            base: Base::Scratch,
            beams: Beams::Canonical,
            shell: false,
            prefix: None,
            env: Vec::new(),
            unset_env: BTreeSet::new(),
            expose: BTreeSet::new(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            volumes: BTreeSet::new(),
            user: None,
            workdir: None,
            stop_signal: None,
            healthcheck: None,
            entrypoint: None,
            cmd: None,
            compression: Compression::default(),
            tags: Vec::new(),
            allow_secrets: BTreeSet::new(),
            layers: LayerBudget::default(),
            size_budget: SizeBudget::default(),
        }
    }
}

impl ContainerOptions {
    /// Reads `{erlrel, [Option]}` of a project, with its profiles merged in as rebar3 merges any other key: an option of a
    /// profile takes the place of the one outside. `environment` has the variables that an `env_file` names without a
    /// value.
    ///
    /// # Errors
    /// For a key that does not exist, a value of the wrong type, and a file that cannot be read, at their place.
    pub fn of(project: &Project, environment: &Environment) -> Result<Self, ContainerError> {
        option_terms::read(project, environment)
    }

    /// Adds the variables of a file, behind those that are there.
    ///
    /// # Errors
    /// [`ContainerError::EnvFile`].
    pub fn add_env_file(&mut self, path: &Path, environment: &Environment) -> Result<(), ContainerError> {
        let variables = super::env_file::read(path, environment)?;
        self.env.extend(variables.set);
        self.unset_env.extend(variables.unset);
        Ok(())
    }

    /// Adds a variable with the value that it has in `environment`. One without a value there is left out, as Docker does.
    pub fn add_env_of(&mut self, name: &str, environment: &Environment) {
        match environment.iter().find(|(there, _)| *there == name) {
            Some((name, value)) => self.env.push((name.into(), value.into())),
            None => drop(self.unset_env.insert(name.into())),
        }
    }
}
