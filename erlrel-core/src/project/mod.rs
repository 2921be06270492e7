//! A rebar3 project as it stands on disk after compilation: configuration, lock, applications.

pub mod applications;
pub mod commands;
mod compiler_options;
pub mod deps_key;
mod directories;
mod global;
mod hex;
pub mod hooks;
mod lock;
mod merge;
mod moving;
mod rebar_config;
mod script;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

pub use applications::{Origin, ProjectApps};
pub use hex::Requirement;
pub(crate) use hex::lenient as lenient_version;
pub use hooks::Hook;
pub use lock::{Lock, LockSource, Locked};
pub use rebar_config::RebarConfig;

use crate::application::ApplicationError;
use crate::environment::Environment;
use crate::fs::FsError;
use commands::CommandError;

use crate::term::{Document, SourceError, Term};

use script::Reader;

/// What to load, and how.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The profiles after `as`, in their order; default none, which is rebar3's `default` profile.
    pub profiles: Vec<String>,
    /// `REBAR_BASE_DIR`, `REBAR_PROFILE`, `REBAR_CONFIG` and `PATH` are looked up here; it is also all that
    /// configuration scripts see of the environment.
    pub environment: Environment,
    /// The Erlang installation that evaluates configuration scripts; default: the one of `erl` on `PATH`.
    pub otp: Option<PathBuf>,
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
    /// Hooks that rebar3 would run before or after it makes a release.
    pub hooks: Vec<Hook>,
    /// What its configuration says in vain.
    pub warnings: Vec<ConfigWarning>,
}

/// Something in the configuration that has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigWarning {
    /// Both rebar.config and relx.config configure a release.
    TwoReleases,
    /// The user's global configuration has keys that would change what a release contains.
    GlobalKey {
        /// The file.
        file: PathBuf,
        /// The key.
        key: &'static str,
    },
    /// A hook that rebar3 runs, and that the host goes on without.
    HookNotRun(SourceError),
    /// Options for the compiler that are no Erlang term, so that the compiler ignores them.
    CompilerOptions {
        /// The value of ERL_COMPILER_OPTIONS.
        value: String,
    },
}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwoReleases => f.write_str(
                "relx.config is ignored, because rebar.config has a `relx` entry: remove one of the two",
            ),
            Self::GlobalKey { file, key } => write!(
                f,
                "`{key}` in `{}` is ignored, so that the project alone decides its release: move it to rebar.config",
                file.display()
            ),
            Self::HookNotRun(error) => write!(f, "{error}"),
            Self::CompilerOptions { value } => write!(
                f,
                "the variable ERL_COMPILER_OPTIONS is ignored by the compiler, since `{value}` is no Erlang term; so it cannot be \
                 asked for `deterministic` output either: write `[debug_info, {{d, 'NAME'}}]`"
            ),
        }
    }
}

fn warnings(config: &RebarConfig, global: Option<&Document>, profiles: &[String]) -> Vec<ConfigWarning> {
    let two = config.has_two_releases().then_some(ConfigWarning::TwoReleases);
    let of_global = global.into_iter().flat_map(|document| {
        let file = document.source.path.clone();
        let keys = global::release_keys(document, profiles).into_iter();
        keys.map(move |key| ConfigWarning::GlobalKey { file: file.clone(), key })
    });
    two.into_iter().chain(of_global).collect()
}

impl Project {
    /// `_build/<profile>`, where rebar3 puts what this set of profiles makes.
    pub fn profile_dir(&self) -> PathBuf {
        self.base_dir.join(self.profile_name())
    }

    /// The name of that directory: `prod`, `sd+prod`, `default`.
    pub fn profile_name(&self) -> String {
        profile_name(&self.profiles)
    }

    /// Where rebar3 puts applications in the directory of a profile: `lib`, or what `deps_dir` says.
    pub(crate) fn lib_dir(&self, profile_dir: &Path) -> PathBuf {
        profile_dir.join(self.folder("deps_dir", "lib"))
    }

    /// Where rebar3 puts checkouts there: `checkouts`, or what `checkouts_out_dir` says.
    pub(crate) fn checkouts_out_dir(&self, profile_dir: &Path) -> PathBuf {
        profile_dir.join(self.folder("checkouts_out_dir", "checkouts"))
    }

    /// Where rebar3 puts plugins there: `plugins`, or what `plugins_dir` says.
    pub(crate) fn plugins_dir(&self, profile_dir: &Path) -> PathBuf {
        profile_dir.join(self.folder("plugins_dir", "plugins"))
    }

    /// Where checkouts are: `_checkouts`, or what `checkouts_dir` says.
    pub(crate) fn checkouts_dir(&self) -> PathBuf {
        self.root.join(self.folder("checkouts_dir", "_checkouts"))
    }

    fn folder(&self, key: &str, usual: &str) -> String {
        self.config.get(key).and_then(|dir| dir.as_text()).unwrap_or_else(|| usual.into())
    }

    /// The names of the project's own applications, compiled or not.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn own_names(&self) -> Result<BTreeSet<String>, ProjectError> {
        Ok(applications::project_names(&self.root, &self.config)?)
    }

    /// The folders that may have applications of the project: what `project_app_dirs` stands for.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn own_dirs(&self) -> Result<Vec<PathBuf>, ProjectError> {
        Ok(applications::project_dirs(&self.root, &self.config)?)
    }

    /// Reads again what compiling changes: the lock and the applications. The configuration stays as it is, since
    /// rebar3 has not read it again either, and a script in it may do something that is to be done once.
    ///
    /// # Errors
    /// When rebar.lock has changed and is malformed, or something cannot be read.
    pub fn refresh(&mut self, options: &LoadOptions) -> Result<(), ProjectError> {
        let reader = Reader { root: &self.root, options, base_dir: &self.base_dir };
        self.lock.refresh(&reader)?;
        self.apps = applications::discover(self)?;
        Ok(())
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
    // rebar3 goes on without a global configuration that it cannot read.
    let global = global::read(&options.environment).ok().flatten();
    let kept = directories::unevaluated_base(&root, config_file(options), global.as_ref(), options);
    let reader = Reader { root: &root, options, base_dir: &kept };
    let config = RebarConfig::read(&reader, config_file(options), &profiles)?;
    let lock = Lock::read(&reader)?;
    let base_dir = directories::base(&root, &config, global.as_ref(), options);
    let hooks = hooks::all(&reader, &config, &profiles)?;
    let warnings = warnings(&config, global.as_ref(), &profiles);
    let apps = ProjectApps::default();
    let mut project = Project { root, profiles, base_dir, config, lock, apps, hooks, warnings };
    project.apps = applications::discover(&project)?;
    Ok(project)
}

fn config_file(options: &LoadOptions) -> &str {
    options.environment.get("REBAR_CONFIG").unwrap_or("rebar.config")
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
    /// No Erlang to evaluate a configuration script with.
    #[error("`{script}` must be evaluated by Erlang, and there is no `erl` in {place}")]
    NoErlForScript {
        /// The script.
        script: String,
        /// Where Erlang was looked for.
        place: String,
    },
    /// A configuration script that fails.
    #[error("{error}{printed}")]
    ScriptFailed {
        /// The line, and what Erlang says about it.
        error: SourceError,
        /// What the script printed; empty, or with a line of its own before it.
        printed: String,
    },
    /// A configuration script that stops Erlang.
    #[error("`{script}` ended Erlang ({status}) instead of giving a configuration{printed}")]
    ScriptEnded {
        /// The script.
        script: String,
        /// How it ended.
        status: ExitStatus,
        /// What the script printed; empty, or with a line of its own before it.
        printed: String,
    },
    /// An Erlang that cannot be started.
    #[error(transparent)]
    Command(#[from] CommandError),
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
    fn what_compiling_changes_is_read_again_and_nothing_else() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            std::fs::write(path, text).expect("written");
        };
        write("rebar.config", "{deps, [a]}.");
        let mut project = load(dir.path(), &LoadOptions::default()).expect("a project");
        write("rebar.config", "{deps, [a, b]}.");
        write("rebar.lock", r#"{"1.2.0",[{<<"a">>,{pkg,<<"a">>,<<"1.4.0">>},0}]}."#);
        write("_build/default/lib/a/ebin/a.app", "");
        project.refresh(&LoadOptions::default()).expect("read again");
        assert_eq!(project.config.deps().len(), 1);
        assert_eq!(project.lock.entries.len(), 1);
        assert_eq!(project.apps.names().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn the_base_directory_comes_from_the_environment_then_from_the_configuration() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let profile_dir = |config: &str, variable: &str| {
            std::fs::write(dir.path().join("rebar.config"), config).expect("written");
            let environment = [("REBAR_BASE_DIR".to_string(), variable.to_string())].into_iter().collect();
            let options = LoadOptions { profiles: vec!["prod".into()], environment, otp: None };
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
                otp: None,
            };
            profile_name(&active_profiles(&options))
        };
        assert_eq!(active("", &[]), "default");
        assert_eq!(active("", &["prod", "sd", "prod"]), "sd+prod");
        assert_eq!(active("sd", &["prod"]), "sd+prod");
    }
}
