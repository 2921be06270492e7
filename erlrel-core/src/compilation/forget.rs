//! Removing what rebar3 has made of the project itself, so that it makes all of it again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{generated, own_dirs, real, real_place, toolchain};
use crate::environment::Environment;
use crate::fs::{self, FsError};
use crate::project::Project;
use crate::project::applications::was_own;

/// Removes what rebar3 has compiled of the project's own applications in this profile, its notes on that, and what it has generated
/// between their sources, also of those that are gone. Nothing if there is no rebar3 that could make it again.
///
/// # Errors
/// When something cannot be removed.
pub(super) fn forget(project: &Project, environment: &Environment, gone: &[&Path]) -> Result<(), FsError> {
    if !toolchain::has_rebar3(environment) {
        return Ok(());
    }
    let own = Own::of(project);
    // Where nobody has compiled yet, somebody has committed what is generated.
    let generated = if own.is_compiled() { generated::outputs(project, gone) } else { BTreeSet::new() };
    own.forget()?;
    generated.iter().try_for_each(|path| remove(path))
}

/// The project's own applications.
struct Own<'a> {
    project: &'a Project,
    names: BTreeSet<String>,
    /// Where their sources are, and those of checkouts.
    dirs: Vec<PathBuf>,
}

impl<'a> Own<'a> {
    fn of(project: &'a Project) -> Self {
        let dirs = own_dirs(project).iter().map(|dir| real(dir)).collect();
        Self { project, names: project.own_names().unwrap_or_default(), dirs }
    }

    /// Where rebar3 compiles to in the directory of a profile.
    fn folder(&self, profile_dir: &Path, key: &str, usual: &str) -> PathBuf {
        let dir = self.project.config.get(key).and_then(|dir| dir.as_text());
        profile_dir.join(dir.unwrap_or_else(|| usual.into()))
    }

    fn lib(&self, profile_dir: &Path) -> PathBuf {
        self.folder(profile_dir, "deps_dir", "lib")
    }

    fn checkouts(&self, profile_dir: &Path) -> PathBuf {
        self.folder(profile_dir, "checkouts_out_dir", "checkouts")
    }

    /// True if some profile has one of them compiled.
    fn is_compiled(&self) -> bool {
        let profiles = fs::list(&self.project.base_dir).unwrap_or_default();
        let has_compiled = |profile: &PathBuf| {
            let lib = self.lib(profile);
            self.names.iter().any(|name| lib.join(name).join("ebin").is_dir())
                || self.checkouts(profile).is_dir()
        };
        profiles.iter().any(has_compiled)
    }

    fn forget(&self) -> Result<(), FsError> {
        let profile_dir = self.project.profile_dir();
        let (lib, checkouts) = (self.lib(&profile_dir), self.checkouts(&profile_dir));
        for folder in [&lib, &checkouts] {
            self.remove(&folder.join(".rebar3"))?;
        }
        fs::list(&checkouts)?.iter().try_for_each(|app| self.remove_ebin(app))?;
        self.names.iter().try_for_each(|name| self.forget_application(&lib.join(name)))?;
        [lib, self.lib(&self.project.base_dir.join("default"))]
            .iter()
            .try_for_each(|lib| self.forget_former(lib))
    }

    fn forget_application(&self, app: &Path) -> Result<(), FsError> {
        let src = app.join("src");
        // It was a dependency before: such are links, or have their sources.
        let was_dependency = app.is_symlink() || src.is_dir() && !src.is_symlink();
        if was_dependency { self.remove(app) } else { self.remove_ebin(app) }
    }

    /// A link leads to sources.
    fn remove_ebin(&self, app: &Path) -> Result<(), FsError> {
        let ebin = app.join("ebin");
        if app.is_symlink() || ebin.is_symlink() { Ok(()) } else { self.remove(&ebin) }
    }

    /// Applications that are gone from the project: dependencies may have their names now.
    fn forget_former(&self, lib: &Path) -> Result<(), FsError> {
        let is_own =
            |app: &PathBuf| app.file_name().is_some_and(|name| self.names.contains(&*name.to_string_lossy()));
        let former =
            fs::list(lib)?.into_iter().filter(|app| !is_own(app) && !app.is_symlink() && was_own(app));
        former.into_iter().try_for_each(|app| self.remove(&app))
    }

    /// Removes what rebar3 has made, and nothing where its configuration or a link leads out of that to.
    fn remove(&self, path: &Path) -> Result<(), FsError> {
        let place = real_place(path);
        let has_sources = |dir: &PathBuf| dir.starts_with(&place);
        let is_made = place.starts_with(&self.project.base_dir) && !self.dirs.iter().any(has_sources);
        if is_made { remove(path) } else { Ok(()) }
    }
}

/// A link is removed, and not what it leads to.
fn remove(path: &Path) -> Result<(), FsError> {
    let removed = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(_) => return Ok(()),
    };
    removed.map_err(FsError::while_doing("remove", path))
}
