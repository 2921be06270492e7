//! The dependency cache: a project's compiled dependencies, as an artifact that other machines take over.
//!
//! [`Dependencies::of`] says what they are and which key they have, before anything is compiled. [`restore()`] looks
//! for that key in the places that it is given and puts what it finds into `_build`, where rebar3 takes it for its own:
//! it fetches and compiles none of them. [`save()`] packs what a compilation has made.
//!
//! What travels is the directory of each dependency, without what version control keeps in it. rebar3 asks git for
//! the commit of a dependency that is locked, and its package index for a Hex package; so much of both is made on the
//! way in, from the project's own lock.

mod check;
mod error;
mod pack;
mod package_index;
mod pins;
mod restore;

use std::collections::BTreeSet;
use std::path::PathBuf;

pub use error::DependenciesError;
pub(crate) use pack::in_place;
pub use pack::{LeftOut, Packed, pack};
pub(crate) use restore::add_repository;
pub use restore::{Restored, restore};

use crate::digest::Digest;
use crate::environment::Environment;
use crate::fs;
use crate::image::Artifact;
use crate::project::deps_key::{self, Toolchain};
use crate::project::{Project, ProjectError};
use crate::registry::Registry;
use crate::shared_cache::{self, CachePlace, Found, Saved};
use crate::term::Term;
use pins::Pins;

/// What the artifact is, in its manifest.
const ARTIFACT_TYPE: &str = "application/vnd.erlrel.dependencies.v1";

/// Annotation of the manifest: the whole key.
const KEY: &str = "org.erlrel.dependencies.key";

/// Annotation of the manifest: the profile that they were compiled for.
const PROFILE: &str = "org.erlrel.dependencies.profile";

/// Annotation of the manifest: the names of the dependencies.
const NAMES: &str = "org.erlrel.dependencies.names";

/// Annotation of the manifest: the version of Erlang that has compiled them.
const OTP: &str = "org.erlrel.dependencies.otp";

/// Annotation of the manifest: the version of erlrel that has packed them.
const VERSION: &str = "org.erlrel.version";

/// Where the package index is in the artifact; everything else in it lies two directories deeper.
const INDEX: &str = "packages.idx";

/// The dependencies of a project, as its configuration and lock have them.
#[derive(Debug, Clone)]
pub struct Dependencies {
    key: Digest,
    profile: String,
    otp: String,
    base_dir: PathBuf,
    /// The directories below that of a profile: for dependencies, and for plugins.
    lib: String,
    plugins: String,
    pins: Pins,
    /// Names that the project itself uses: no cache may say what they are.
    own: BTreeSet<String>,
    /// Names that the configuration asks for without a lock.
    unlocked: BTreeSet<String>,
    wanted_plugins: BTreeSet<String>,
    /// rebar3's index of Hex packages.
    index: Option<PathBuf>,
}

impl Dependencies {
    /// The dependencies of a project that was read and not compiled since: compiling may change the lock.
    ///
    /// # Errors
    /// When a folder of the project cannot be listed, or a file that its key depends on cannot be read.
    pub fn of(
        project: &Project,
        toolchain: &Toolchain,
        environment: &Environment,
    ) -> Result<Self, ProjectError> {
        let config = &project.config;
        let folder =
            |key: &str, usual: &str| config.get(key).and_then(|dir| dir.as_text()).unwrap_or(usual.into());
        let mut own = project.own_names()?;
        for dir in [folder("checkouts_dir", "_checkouts"), "plugins".into()] {
            own.extend(
                fs::list(&project.root.join(dir))?
                    .iter()
                    .filter_map(|path| path.file_name().map(|name| name.to_string_lossy().into_owned())),
            );
        }
        let pins = Pins::of(&project.lock);
        let plugins = ["plugins", "project_plugins"];
        let plugins = plugins.iter().flat_map(|key| config.each(key)).filter_map(Term::as_list).flatten();
        Ok(Self {
            key: deps_key::semantic(project, toolchain, environment)?,
            otp: toolchain.otp.clone(),
            profile: project.profile_name(),
            base_dir: project.base_dir.clone(),
            lib: folder("deps_dir", "lib"),
            plugins: folder("plugins_dir", "plugins"),
            own,
            unlocked: config.deps().iter().filter_map(name).filter(|name| !pins.has(name)).collect(),
            wanted_plugins: plugins.filter_map(|plugin| name(&plugin)).collect(),
            pins,
            index: environment
                .get("HOME")
                .map(|home| [home, ".cache", "rebar3", "hex", "packages.idx"].iter().collect()),
        })
    }

    /// The key: what decides their bytes.
    pub fn key(&self) -> Digest {
        self.key
    }

    /// The tag that they have in a cache: `deps-<profile>-<the first 32 digits of the key>`.
    pub fn tag(&self) -> String {
        let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let profile: String = self.profile.chars().map(word).collect();
        let profile = profile.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
        let profile: String = profile.chars().take(64).collect();
        let key: String = self.key.hex().chars().take(32).collect();
        ["deps", profile.trim_end_matches('-'), &key]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join("-")
    }

    /// True if the project has none.
    pub fn is_empty(&self) -> bool {
        self.pins.is_empty() && self.unlocked.is_empty() && self.wanted_plugins.is_empty()
    }

    /// Those that are not in `_build`, by name.
    pub fn missing(&self) -> Vec<String> {
        let is_in = |folders: &[[&str; 2]], name: &str| {
            folders
                .iter()
                .any(|[profile, folder]| self.base_dir.join(profile).join(folder).join(name).is_dir())
        };
        let (profile, lib, plugins) = (self.profile.as_str(), self.lib.as_str(), self.plugins.as_str());
        let locked = self.pins.names().filter(|name| !is_in(&[["default", lib]], name));
        let unlocked = self.unlocked.iter().filter(|name| !is_in(&[["default", lib], [profile, lib]], name));
        let plugins = self
            .wanted_plugins
            .iter()
            .filter(|name| !is_in(&[["default", plugins], [profile, plugins]], name));
        let missing = locked.map(String::from).chain(unlocked.cloned()).chain(plugins.cloned());
        missing.filter(|name| !self.own.contains(name)).collect()
    }

    /// The folders that a cache may have something in: those of the profile, and of `default`, in which rebar3 keeps
    /// what all profiles share.
    fn folders(&self) -> BTreeSet<[&str; 2]> {
        let folders = |profile| [[profile, self.lib.as_str()], [profile, self.plugins.as_str()]];
        folders("default").into_iter().chain(folders(&self.profile)).collect()
    }
}

/// Looks for dependencies in a cache; `None` if it has none of this key.
///
/// # Errors
/// When the cache cannot be read, or what it has is damaged.
pub fn find(
    place: &CachePlace,
    dependencies: &Dependencies,
    registry: &Registry,
) -> Result<Option<Found>, DependenciesError> {
    Ok(shared_cache::find(place, &dependencies.tag(), registry)?)
}

/// Puts dependencies into a cache, in place of what it has under their tag.
///
/// # Errors
/// When the cache cannot be written.
pub fn save(
    place: &CachePlace,
    dependencies: &Dependencies,
    artifact: &Artifact,
    registry: &Registry,
) -> Result<Saved, DependenciesError> {
    Ok(shared_cache::save(place, &dependencies.tag(), artifact, registry)?)
}

/// The name in `name`, `{name, …}`.
fn name(dependency: &Term) -> Option<String> {
    dependency.as_tuple().and_then(<[Term]>::first).unwrap_or(dependency).as_text()
}

#[cfg(test)]
mod tests;
