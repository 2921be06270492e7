//! Where `run_erl` has the pipes and the log of a release in the background.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::daemon::DaemonError;
use crate::node::name::NodeName;
use crate::site::Site;

/// Below it each node has a directory for its pipes, unless PIPE_DIR names another.
const SHARED: &str = "/tmp/erl_pipes";

/// The directories of one release.
#[derive(Debug, PartialEq)]
pub(crate) struct Places {
    /// With a slash at its end: `run_erl` then chooses the name of a pipe in it.
    pub(crate) pipes: PathBuf,
    pub(crate) log: PathBuf,
    /// Whether the directory of the pipes is one of those that all releases have.
    shared: bool,
}

impl Places {
    /// PIPE_DIR or `/tmp/erl_pipes/NODE`, and RUNNER_LOG_DIR or `log` in the release.
    pub(crate) fn of(site: &Site, node: Option<&NodeName>) -> Self {
        let release = &site.release;
        let named = |variable: &str| site.environment.get(variable).map(|dir| release.root.join(dir));
        let node = || node.map_or(release.name.as_ref(), |node| node.name.as_os_str());
        let own = named("PIPE_DIR");
        Self {
            shared: own.is_none(),
            pipes: own.unwrap_or_else(|| Path::new(SHARED).join(node())).join(""),
            log: named("RUNNER_LOG_DIR").unwrap_or_else(|| release.root.join("log")),
        }
    }

    /// Where a VM that starts says which process it is.
    pub(super) fn pid_file(&self) -> PathBuf {
        self.pipes.join(".pid")
    }

    /// The process that the VM has said it is.
    pub(super) fn vm(&self) -> Option<String> {
        Some(fs::read_to_string(self.pid_file()).ok()?.strip_suffix('\n')?.into())
    }

    /// Makes them.
    ///
    /// # Errors
    /// When they cannot be made, or the pipes would lie where another user could put others in their place: who has
    /// them has the node's shell.
    pub(super) fn make(&self) -> Result<(), DaemonError> {
        if self.shared {
            self.make_shared()?;
        }
        for (dir, variable) in [(&self.pipes, "PIPE_DIR"), (&self.log, "RUNNER_LOG_DIR")] {
            let failed = |source| DaemonError::Directory { dir: dir.clone(), variable, source };
            fs::create_dir_all(dir).map_err(failed)?;
        }
        self.check()
    }

    /// That this user may write into the pipes.
    pub(super) fn check(&self) -> Result<(), DaemonError> {
        let access = rustix::fs::access(&self.pipes, rustix::fs::Access::WRITE_OK);
        access.map_err(|error| DaemonError::NotWritable { dir: self.pipes.clone(), source: error.into() })
    }

    fn make_shared(&self) -> Result<(), DaemonError> {
        let failed =
            |source| DaemonError::Directory { dir: self.pipes.clone(), variable: "PIPE_DIR", source };
        // One that is there may be anybody's; `is_kept` looks.
        if fs::create_dir(SHARED).is_ok() {
            fs::set_permissions(SHARED, Permissions::from_mode(0o1777)).map_err(failed)?;
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&self.pipes).map_err(failed)?;
        if !is_kept(Path::new(SHARED)) {
            return Err(DaemonError::Replaceable { dir: SHARED.into() });
        }
        match is_ours(&self.pipes) {
            true => Ok(()),
            false => Err(DaemonError::Foreign { dir: self.pipes.clone() }),
        }
    }
}

/// True for a directory in which nobody but root and this user can rename what this user has there.
fn is_kept(dir: &Path) -> bool {
    fs::metadata(dir).is_ok_and(|found| {
        let (others_write, sticky) = (found.mode() & 0o022 != 0, found.mode() & 0o1000 != 0);
        (sticky || !others_write) && [0, user()].contains(&found.uid())
    })
}

/// True for a directory of this user's, and no link to one.
fn is_ours(dir: &Path) -> bool {
    let plain = dir.components().as_path();
    fs::symlink_metadata(plain).is_ok_and(|found| found.is_dir() && found.uid() == user())
}

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}
