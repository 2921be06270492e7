//! A rebar3 project as it stands on disk after compilation: configuration, lock, applications.

pub mod applications;
pub mod commands;
pub mod deps_key;
mod hex;
mod lock;
mod merge;
mod rebar_config;

use std::path::{Path, PathBuf};

pub use applications::{Origin, ProjectApps};
pub use hex::Requirement;
pub(crate) use hex::lenient as lenient_version;
pub use lock::{Lock, LockSource, Locked};
pub use rebar_config::RebarConfig;

use crate::application::ApplicationError;
use crate::environment::Environment;
use crate::fs::FsError;
use crate::term::{SourceError, Term};

/// What to load, and how.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The profiles after `as`, in their order; default none, which is rebar3's `default` profile.
    pub profiles: Vec<String>,
    /// `REBAR_BASE_DIR`, `REBAR_PROFILE` and `REBAR_CONFIG` are looked up here.
    pub environment: Environment,
}

/// A rebar3 project. See the [module](self).
#[derive(Debug, Clone)]
pub struct Project {
    /// The absolute path of the project.
    pub root: PathBuf,
    /// The active profiles besides `default`, in rebar3's order.
    pub profiles: Vec<String>,
    /// rebar3's base directory, without the profile: `_build` unless configured.
    pub base_dir: PathBuf,
    /// rebar.config with the profiles merged in.
    pub config: RebarConfig,
    /// rebar.lock; empty if there is none.
    pub lock: Lock,
    /// Where each application of the project and its dependencies was compiled to.
    pub apps: ProjectApps,
}

impl Project {
    /// `_build/<profile>`, where rebar3 puts what this set of profiles makes.
    pub fn profile_dir(&self) -> PathBuf {
        self.base_dir.join(profile_name(&self.profiles))
    }

    /// Hex packages whose locked version is not what rebar.config asks for: name, requirement, version.
    /// rebar3 keeps to the lock until it is told to upgrade.
    pub fn outdated_locks(&self) -> Vec<(String, String, String)> {
        let locked = |name: &str| {
            let entry = self.lock.entries.iter().find(|entry| entry.name == name)?;
            match &entry.source {
                LockSource::Hex { version, .. } => Some(version.clone()),
                LockSource::Other { .. } => None,
            }
        };
        let outdated = |dep: &Term| {
            let [name, requirement, ..] = dep.as_tuple()? else { return None };
            let (name, requirement) = (name.as_text()?, requirement.as_text()?);
            let version = locked(&name)?;
            let satisfied = Requirement::parse(&requirement)?.matches(&version);
            (!satisfied).then_some((name, requirement, version))
        };
        self.config.deps().iter().filter_map(outdated).collect()
    }
}

/// Reads a project.
///
/// # Errors
/// When the folder has no rebar.config, a file is malformed (with its place), or something cannot be
/// read. That nothing is compiled yet is no error here.
pub fn load(root: &Path, options: &LoadOptions) -> Result<Project, ProjectError> {
    let root = std::path::absolute(root).map_err(FsError::while_doing("find", root))?;
    let profiles = active_profiles(options);
    let file = options.environment.get("REBAR_CONFIG").unwrap_or("rebar.config");
    let config = RebarConfig::read(&root.join(file), &profiles)?;
    let base = options.environment.get("REBAR_BASE_DIR").map(String::from);
    let base = base.or_else(|| config.get("base_dir").and_then(|term| term.as_text()));
    let base_dir = root.join(base.unwrap_or_else(|| "_build".into()));
    let lock = Lock::read(&root.join("rebar.lock"))?;
    let profile_dir = base_dir.join(profile_name(&profiles));
    let apps = applications::discover(&root, &profile_dir, &config, &lock)?;
    Ok(Project { root, profiles, base_dir, config, lock, apps })
}

/// `REBAR_PROFILE`, then those after `as`; of equal ones the last stays (rebar3's rule).
fn active_profiles(options: &LoadOptions) -> Vec<String> {
    let first = options.environment.get("REBAR_PROFILE").map(String::from);
    let all: Vec<String> =
        first.into_iter().chain(options.profiles.iter().cloned()).filter(|name| name != "default").collect();
    let is_last = |(index, name): &(usize, &String)| !all[index + 1..].contains(name);
    all.iter().enumerate().filter(is_last).map(|(_, name)| name.clone()).collect()
}

/// The directory below the base directory: `prod`, `sd+prod`, `default`.
fn profile_name(profiles: &[String]) -> String {
    if profiles.is_empty() { "default".into() } else { profiles.join("+") }
}

/// A project that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// No rebar.config.
    #[error("there is no rebar3 project in `{}`: `{}` does not exist", root.display(), file.display())]
    NotAProject {
        /// The folder.
        root: PathBuf,
        /// The configuration file that was looked for.
        file: PathBuf,
    },
    /// A configuration file with a mistake.
    #[error(transparent)]
    Config(#[from] SourceError),
    /// A configuration that only Erlang can evaluate.
    #[error("`{}` is evaluated by Erlang, which erlrel does not do yet: put its result into `{}`", script.display(), file.display())]
    ScriptUnsupported {
        /// The script.
        script: PathBuf,
        /// The file it computes.
        file: PathBuf,
    },
    /// An application of the project that cannot be read.
    #[error(transparent)]
    Application(#[from] ApplicationError),
    /// A file that cannot be read.
    #[error(transparent)]
    Fs(#[from] FsError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_no_longer_fits_is_found() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let config = "{deps, [{a, \"~> 2.0\"}, {b, \"1.0.0\"}, {c, {git, \"u\", {tag, \"1\"}}}, d]}.";
        let lock =
            r#"{"1.2.0",[{<<"a">>,{pkg,<<"a">>,<<"1.4.0">>},0},{<<"b">>,{pkg,<<"b">>,<<"1.0.0">>},0}]}."#;
        std::fs::write(dir.path().join("rebar.config"), config).expect("written");
        std::fs::write(dir.path().join("rebar.lock"), lock).expect("written");
        let project = load(dir.path(), &LoadOptions::default()).expect("a project");
        assert_eq!(project.outdated_locks(), [("a".to_string(), "~> 2.0".to_string(), "1.4.0".to_string())]);
    }

    #[test]
    fn the_base_directory_comes_from_the_environment_then_from_the_configuration() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let profile_dir = |config: &str, variable: &str| {
            std::fs::write(dir.path().join("rebar.config"), config).expect("written");
            let environment = [("REBAR_BASE_DIR".to_string(), variable.to_string())].into_iter().collect();
            let options = LoadOptions { profiles: vec!["prod".into()], environment };
            load(dir.path(), &options).expect("a project").profile_dir()
        };
        assert_eq!(profile_dir("", ""), dir.path().join("_build/prod"));
        assert_eq!(profile_dir("{base_dir, \"out\"}.", ""), dir.path().join("out/prod"));
        assert_eq!(profile_dir("{base_dir, \"out\"}.", "/var/build"), PathBuf::from("/var/build/prod"));
    }

    #[test]
    fn profiles_are_ordered_as_rebar3_orders_them() {
        let active = |rebar_profile: &str, named: &[&str]| {
            let options = LoadOptions {
                profiles: named.iter().map(ToString::to_string).collect(),
                environment: [("REBAR_PROFILE".to_string(), rebar_profile.to_string())].into_iter().collect(),
            };
            profile_name(&active_profiles(&options))
        };
        assert_eq!(active("", &[]), "default");
        assert_eq!(active("", &["prod", "sd", "prod"]), "sd+prod");
        assert_eq!(active("sd", &["prod"]), "sd+prod");
    }
}
