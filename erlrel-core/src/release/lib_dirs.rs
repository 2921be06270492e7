//! Directories of applications besides the project's and the Erlang installation's.

use std::path::{Path, PathBuf};

use super::ReleaseError;
use super::files::utf8;
use super::spec::{ReleaseSpec, SystemLibs};
use super::wildcard::{WildcardError, wildcard};
use crate::application::Application;
use crate::fs;
use crate::project::Origin;

/// The folders in which applications are looked for, in this order: `FOLDER/ebin/NAME.app`.
#[derive(Debug)]
pub(super) struct LibDirs {
    folders: Vec<(PathBuf, Origin)>,
}

impl LibDirs {
    /// What is in the directory of `system_libs`, if there is one, then in those of `lib_dirs`, which may be
    /// patterns; those below the project's directory, `root`, are patterns only from there on.
    pub(super) fn of(spec: &ReleaseSpec, root: &Path) -> Result<Self, ReleaseError> {
        let mut dirs = Vec::new();
        if let SystemLibs::From(dir) = &spec.system_libs {
            dirs.push((dir.clone(), Origin::Otp));
        }
        for pattern in &spec.lib_dirs {
            dirs.extend(expand(pattern, root)?.into_iter().map(|dir| (dir, Origin::Dependency)));
        }
        let mut folders = Vec::new();
        for (dir, origin) in dirs {
            let all = fs::list(&dir)?.into_iter().filter(|folder| folder.is_dir());
            folders.extend(all.map(|folder| (folder, origin)));
        }
        Ok(Self { folders })
    }

    /// The first application of this name, and of this version if one is asked for; folders are searched
    /// in the order of their names, as relx does, whatever versions these have in them.
    pub(super) fn find(
        &self,
        name: &str,
        vsn: Option<&str>,
    ) -> Result<Option<(Application, Origin)>, ReleaseError> {
        for (folder, origin) in &self.folders {
            let app = Application::read(folder, name)?;
            if let Some(app) = app.filter(|app| vsn.is_none_or(|vsn| app.vsn == vsn)) {
                return Ok(Some((app, *origin)));
            }
        }
        Ok(None)
    }
}

/// A pattern that cannot be read as one is the name of a directory, as in relx.
fn expand(dir: &Path, root: &Path) -> Result<Vec<PathBuf>, ReleaseError> {
    let pattern = dir.strip_prefix(root).unwrap_or(dir);
    match wildcard(utf8(pattern)?, root) {
        Err(WildcardError::Fs(error)) => Err(error.into()),
        found => Ok(found.unwrap_or_else(|_| vec![dir.into()])),
    }
}
