//! Directories of applications besides the project's and the Erlang installation's.

use std::path::{Path, PathBuf};

use super::ReleaseError;
use super::spec::{ReleaseSpec, SystemLibs};
use super::wildcard::{WildcardError, wildcard};
use crate::application::Application;
use crate::fs::{self, FsError};
use crate::project::Origin;

/// The directories in whose folders applications are looked for, in this order: `DIR/*/ebin/NAME.app`.
#[derive(Debug)]
pub(super) struct LibDirs {
    dirs: Vec<(PathBuf, Origin)>,
}

impl LibDirs {
    /// The directory of `system_libs`, if there is one, then those of `lib_dirs`, which may be patterns.
    pub(super) fn of(spec: &ReleaseSpec) -> Result<Self, ReleaseError> {
        let mut dirs = Vec::new();
        if let SystemLibs::From(dir) = &spec.system_libs {
            dirs.push((dir.clone(), Origin::Otp));
        }
        for pattern in &spec.lib_dirs {
            dirs.extend(expand(pattern)?.into_iter().map(|dir| (dir, Origin::Dependency)));
        }
        Ok(Self { dirs })
    }

    /// The first application of this name, and of this version if one is asked for; folders are searched
    /// in the order of their names, as relx does, whatever versions these have in them.
    pub(super) fn find(
        &self,
        name: &str,
        vsn: Option<&str>,
    ) -> Result<Option<(Application, Origin)>, ReleaseError> {
        for (dir, origin) in &self.dirs {
            for folder in folders(dir)? {
                let app = Application::read(&folder, name)?;
                if let Some(app) = app.filter(|app| vsn.is_none_or(|vsn| app.vsn == vsn)) {
                    return Ok(Some((app, *origin)));
                }
            }
        }
        Ok(None)
    }
}

/// A pattern that cannot be read as one is the name of a directory, as in relx.
fn expand(pattern: &Path) -> Result<Vec<PathBuf>, FsError> {
    match wildcard(&pattern.display().to_string(), Path::new("/")) {
        Err(WildcardError::Fs(error)) => Err(error),
        found => Ok(found.unwrap_or_else(|_| vec![pattern.into()])),
    }
}

fn folders(dir: &Path) -> Result<Vec<PathBuf>, FsError> {
    Ok(fs::list(dir)?.into_iter().filter(|folder| folder.is_dir()).collect())
}
