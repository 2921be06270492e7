//! Removing what rebar3 has made of the project itself, so that it makes all of it again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::snapshot::Snapshot;
use super::{generated, own_dirs, real, real_place, toolchain};
use crate::environment::Environment;
use crate::fs::{self, FsError};
use crate::project::Project;
use crate::project::applications::was_own;

/// Removes what rebar3 has compiled of the project's own applications in this profile, its notes on that, and what it has generated of
/// these inputs between their sources. Nothing if there is no rebar3 that could make it again.
///
/// # Errors
/// When something cannot be removed.
pub(super) fn forget(project: &Project, environment: &Environment, inputs: &Snapshot) -> Result<(), FsError> {
    if !toolchain::has_rebar3(environment) {
        return Ok(());
    }
    let own = Own::of(project);
    // Where nobody has compiled yet, somebody has committed what is generated.
    let generated = if own.is_compiled() { generated::outputs(project, inputs) } else { BTreeSet::new() };
    own.forget()?;
    generated.iter().try_for_each(|path| remove(path))
}

/// The project's own applications.
struct Own<'a> {
    project: &'a Project,
    names: BTreeSet<String>,
    /// Where their sources are, and those of checkouts, by real paths.
    dirs: Vec<PathBuf>,
    /// Where rebar3 builds, by its real path.
    base: PathBuf,
}

impl<'a> Own<'a> {
    fn of(project: &'a Project) -> Self {
        let dirs = own_dirs(project).iter().map(|dir| real(dir)).collect();
        let names = project.own_names().unwrap_or_default();
        Self { project, names, dirs, base: real(&project.base_dir) }
    }

    /// True if some profile has one of them compiled.
    fn is_compiled(&self) -> bool {
        let profiles = fs::list(&self.project.base_dir).unwrap_or_default();
        let has_compiled = |profile: &PathBuf| {
            let lib = self.project.lib_dir(profile);
            let is_any = self.names.iter().any(|name| lib.join(name).join("ebin").is_dir());
            is_any || self.project.checkouts_out_dir(profile).is_dir()
        };
        profiles.iter().any(has_compiled)
    }

    fn forget(&self) -> Result<(), FsError> {
        let Self { project, names, .. } = self;
        let profile_dir = project.profile_dir();
        let (lib, checkouts) = (project.lib_dir(&profile_dir), project.checkouts_out_dir(&profile_dir));
        for folder in [&lib, &checkouts] {
            self.remove(&folder.join(".rebar3"))?;
        }
        for checkout in fs::list(&project.checkouts_dir())? {
            self.remove_ebin(&checkouts.join(checkout.file_name().unwrap_or_default()))?;
        }
        names.iter().try_for_each(|name| self.forget_application(&lib.join(name)))?;
        let of_default = project.lib_dir(&project.base_dir.join("default"));
        [lib, of_default].iter().try_for_each(|lib| self.forget_former(lib))
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
        let is_made = place.starts_with(&self.base) && !self.dirs.iter().any(has_sources);
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
