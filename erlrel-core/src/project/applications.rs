//! Where rebar3 compiled each application to, and where each came from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::lock::{Lock, LockSource};
use super::{Project, RebarConfig};
use crate::application::{Application, ApplicationError};
use crate::fs::{self, FsError};

/// Where an application came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The project's own sources.
    Project,
    /// A fetched dependency.
    Dependency,
    /// A folder in `_checkouts`, which stands in for a dependency.
    Checkout,
    /// The Erlang installation.
    Otp,
}

/// The compiled applications of a project, by name.
#[derive(Debug, Clone, Default)]
pub struct ProjectApps {
    dirs: BTreeMap<String, (PathBuf, Origin)>,
}

impl ProjectApps {
    /// Directory and origin of an application that was compiled.
    pub fn get(&self, name: &str) -> Option<(&Path, Origin)> {
        self.dirs.get(name).map(|(dir, origin)| (dir.as_path(), *origin))
    }

    /// Reads an application's `.app` file.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn read(&self, name: &str) -> Result<Option<(Application, Origin)>, ApplicationError> {
        let Some((dir, origin)) = self.get(name) else { return Ok(None) };
        Ok(Application::read(dir, name)?.map(|app| (app, origin)))
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.dirs.keys().map(String::as_str)
    }
}

/// Finds the compiled applications below `_build/<profile>`: rebar3 puts project applications and
/// dependencies into `lib/` (`deps_dir`), checkouts into `checkouts/` (`checkouts_out_dir`).
pub(super) fn discover(project: &Project) -> Result<ProjectApps, FsError> {
    let Project { root, config, lock, .. } = project;
    let own = project_names(root, config)?;
    let (checkouts, profile_dir) = (project.checkouts_dir(), project.profile_dir());
    let folders = [
        (project.lib_dir(&profile_dir), Origin::Dependency),
        (project.checkouts_out_dir(&profile_dir), Origin::Checkout),
    ];
    let mut dirs = BTreeMap::new();
    for (folder, default) in folders {
        for dir in fs::list(&folder)? {
            let Some(name) = file_name(&dir).filter(|name| !name.starts_with('.')) else { continue };
            // What was a checkout once is left behind in the build.
            if default == Origin::Checkout && !checkouts.join(&name).is_dir() {
                continue;
            }
            let is_own = own.contains(&name);
            if !is_own && was_own(&dir) {
                continue;
            }
            let origin = if is_own { Origin::Project } else { default };
            let dir = dir_of(&dir, &name, lock);
            dirs.insert(name, (dir, origin));
        }
    }
    Ok(ProjectApps { dirs })
}

/// Whether this was compiled of an application of the project that is gone: rebar3 puts links to the sources of such into the
/// build, where dependencies have the sources themselves, and leaves all of it behind. A release is not to find it.
pub(crate) fn was_own(dir: &Path) -> bool {
    let sources = dir.join("src");
    sources.is_symlink() && !sources.exists()
}

/// The directory that has `ebin/`; for `git_subdir` dependencies it lies inside the checkout.
fn dir_of(dir: &Path, name: &str, lock: &Lock) -> PathBuf {
    let subdir = lock.entries.iter().find(|entry| entry.name == name).and_then(|entry| match &entry.source {
        LockSource::Other { subdir, .. } => subdir.as_deref(),
        LockSource::Hex { .. } => None,
    });
    let candidates = subdir.map(|sub| [dir.join(sub).join(name), dir.join(sub)]);
    let has_ebin = |dir: &PathBuf| dir.join("ebin").is_dir();
    candidates.and_then(|dirs| dirs.into_iter().find(has_ebin)).unwrap_or_else(|| dir.to_path_buf())
}

/// The names of the project's own applications: the folders of `project_app_dirs` with a
/// `src/*.app.src`, an `ebin/*.app`, or a `mix.exs`.
pub(super) fn project_names(root: &Path, config: &RebarConfig) -> Result<BTreeSet<String>, FsError> {
    let names = project_dirs(root, config)?.iter().map(|dir| app_name(dir)).collect::<Result<Vec<_>, _>>()?;
    Ok(names.into_iter().flatten().collect())
}

/// The folders that may have applications of the project.
pub(super) fn project_dirs(root: &Path, config: &RebarConfig) -> Result<Vec<PathBuf>, FsError> {
    let configured: Vec<String> =
        config.list("project_app_dirs").iter().filter_map(|dir| dir.as_text()).collect();
    let defaults = ["apps/*", "lib/*", "."].map(String::from).to_vec();
    let patterns = if configured.is_empty() { defaults } else { configured };
    let dirs = patterns.iter().map(|pattern| expand(root, pattern)).collect::<Result<Vec<_>, _>>()?;
    Ok(dirs.concat())
}

/// The directories that a pattern stands for; a name in it may have one `*`.
fn expand(root: &Path, pattern: &str) -> Result<Vec<PathBuf>, FsError> {
    let mut dirs = vec![root.to_path_buf()];
    for part in pattern.split('/').filter(|part| !part.is_empty() && *part != ".") {
        dirs = match part {
            "*" | "**" => dirs.iter().map(|dir| fs::list(dir)).collect::<Result<Vec<_>, _>>()?.concat(),
            name => match name.split_once('*') {
                Some((start, end)) => {
                    let fits = |dir: &PathBuf| {
                        file_name(dir).is_some_and(|dir| dir.starts_with(start) && dir.ends_with(end))
                    };
                    let all = dirs.iter().map(|dir| fs::list(dir)).collect::<Result<Vec<_>, _>>()?.concat();
                    all.into_iter().filter(fits).collect()
                }
                None => dirs.iter().map(|dir| dir.join(name)).collect(),
            },
        };
        dirs.retain(|dir| dir.is_dir());
    }
    Ok(dirs)
}

fn app_name(dir: &Path) -> Result<Option<String>, FsError> {
    for (folder, suffixes) in [("src", [".app.src", ".app.src.script"].as_slice()), ("ebin", &[".app"])] {
        for file in fs::list(&dir.join(folder))? {
            let name = file_name(&file).unwrap_or_default();
            if let Some(app) = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix)) {
                return Ok(Some(app.to_string()));
            }
        }
    }
    Ok(dir.join("mix.exs").is_file().then(|| file_name(dir)).flatten())
}

fn file_name(path: &Path) -> Option<String> {
    path.file_name().and_then(|name| name.to_str()).map(String::from)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use crate::project::{LoadOptions, Origin, load};

    #[test]
    fn an_application_that_was_removed_from_the_project_is_not_in_its_build() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = dir.path();
        fs::write(root.join("rebar.config"), "").expect("written");
        for name in ["shop", "till"] {
            fs::create_dir_all(root.join(format!("apps/{name}/src"))).expect("created");
            fs::write(root.join(format!("apps/{name}/src/{name}.app.src")), "").expect("written");
            fs::create_dir_all(root.join(format!("_build/default/lib/{name}/ebin"))).expect("created");
            let sources = format!("../../../../apps/{name}/src");
            symlink(sources, root.join(format!("_build/default/lib/{name}/src"))).expect("linked");
        }
        fs::create_dir_all(root.join("_build/default/lib/cowboy/src")).expect("created");
        let applications = || {
            let apps = load(root, &LoadOptions::default()).expect("a project").apps;
            apps.names().map(|name| (name.to_string(), apps.get(name).map(|app| app.1))).collect::<Vec<_>>()
        };
        let cowboy = ("cowboy".to_string(), Some(Origin::Dependency));
        let own = |name: &str| (name.to_string(), Some(Origin::Project));
        assert_eq!(applications(), [cowboy.clone(), own("shop"), own("till")]);
        fs::remove_dir_all(root.join("apps/till")).expect("removed");
        assert_eq!(applications(), [cowboy, own("shop")]);
    }
}
