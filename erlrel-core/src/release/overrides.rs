//! What stands in for the configuration in one build, as a command line has it.

use std::path::{Path, PathBuf};

use super::ReleaseError;
use super::overlay::overlay_vars::VarsEntry;
use super::relx_config::Fold;
use super::spec::{IncludeErts, SystemLibs};

/// Options that count whatever the configuration and the release's own options say. Default: none.
///
/// Paths are absolute.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// More files of variables for overlays. A variable of a later one replaces one of the same name of an
    /// earlier one, of `overlay_vars` too.
    pub overlay_vars: Vec<PathBuf>,
    /// In place of `sys_config` and `sys_config_src`. A file that ends with `.src` is rendered when the release
    /// starts.
    pub sys_config: Option<PathBuf>,
    /// In place of `vm_args` and `vm_args_src`, in the same way.
    pub vm_args: Option<PathBuf>,
    /// In place of `include_erts`, and of what `mode` says about it.
    pub include_erts: Option<IncludeErts>,
    /// In place of `system_libs`.
    pub system_libs: Option<SystemLibs>,
}

impl Overrides {
    /// Changes what the options of the configuration have come to.
    ///
    /// # Errors
    /// When a file or a directory does not exist.
    pub(super) fn apply(&self, fold: &mut Fold) -> Result<(), ReleaseError> {
        self.check()?;
        fold.overlay_vars.extend(self.overlay_vars.iter().map(|path| VarsEntry::file(path)));
        fold.sys_config.overridden = self.sys_config.clone();
        fold.vm_args.overridden = self.vm_args.clone();
        if let Some(erts) = &self.include_erts {
            fold.include_erts = erts.clone();
            fold.include_erts_at = None;
        }
        if let Some(libs) = &self.system_libs {
            fold.system_libs = libs.clone();
        }
        Ok(())
    }

    fn check(&self) -> Result<(), ReleaseError> {
        let files = self.overlay_vars.iter().map(|path| ("overlay_vars", path));
        let files = files.chain(self.sys_config.iter().map(|path| ("sys_config", path)));
        let mut files = files.chain(self.vm_args.iter().map(|path| ("vm_args", path)));
        files.try_for_each(|(option, path)| found(path.is_file(), option, "file", path))?;
        match &self.system_libs {
            Some(SystemLibs::From(path)) => found(path.is_dir(), "system_libs", "directory", path),
            _ => Ok(()),
        }
    }
}

fn found(there: bool, option: &'static str, kind: &'static str, path: &Path) -> Result<(), ReleaseError> {
    if there { Ok(()) } else { Err(ReleaseError::OverrideMissing { option, kind, path: path.into() }) }
}
