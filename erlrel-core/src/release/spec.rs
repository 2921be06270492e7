//! What is asked for: the release as its configuration describes it, with all defaults applied.

use std::path::PathBuf;

use super::ReleaseError;
use super::goal::Goal;
use super::overlay::OverlayAction;
use super::relx_config::{self, Fold};
use super::version;
use crate::project::Project;
use crate::term::SourceError;

/// The release that a project's configuration describes.
#[derive(Debug, Clone)]
pub struct ReleaseSpec {
    /// Its name.
    pub name: String,
    /// Its version, evaluated.
    pub vsn: String,
    /// The applications it is asked to contain, in order.
    pub goals: Vec<Goal>,
    /// Whether files are copied or, for development, linked.
    pub mode: Mode,
    /// Whether the runtime system comes along. Default: only in mode `prod`.
    pub include_erts: bool,
    /// Whether sources come along; `None` where nothing says: relx then takes them into the directory,
    /// not into the tarball.
    pub include_src: Option<bool>,
    /// Whether BEAM files are stripped. Default: in modes `prod` and `minimal`.
    pub strip: bool,
    /// The configuration of the applications.
    pub sys_config: ConfigFile,
    /// The arguments of the virtual machine.
    pub vm_args: ConfigFile,
    /// Whether there is a start script in `bin/`. Default: yes.
    pub start_script: bool,
    /// Files and directories to add, in order.
    pub overlay: Vec<OverlayAction>,
    /// What the user should know about the configuration.
    pub warnings: Vec<SpecWarning>,
}

/// Whether a release's files are copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Copied, into a release that can be moved.
    #[default]
    Copy,
    /// Linked to where they were built: `{mode, dev}`, `{dev_mode, true}`.
    Link,
}

/// Where `sys.config` or `vm.args` come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigFile {
    /// None.
    Absent,
    /// A file that is rendered when the release starts; it keeps the ending `.src`.
    Source(PathBuf),
    /// A file that is taken as it is.
    Plain(PathBuf),
    /// relx's default content.
    Default,
}

/// Something in the configuration that does not do what its author may think.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SpecWarning {
    /// relx knows no such option.
    UnknownOption(SourceError),
    /// Both the rendered and the plain form of a file are configured; the rendered one counts.
    BothForms {
        /// `sys_config` or `vm_args`.
        option: &'static str,
    },
    /// `{debug_info, strip}` is there and a later `dev_mode` undoes it, because relx evaluates the merged
    /// options in the order of their names.
    StripUndone(SourceError),
    /// git, the file or the command that is to say the version says nothing.
    VersionUnknown(SourceError),
}

impl std::fmt::Display for SpecWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownOption(error) => write!(f, "{error}"),
            Self::BothForms { option } => {
                write!(f, "both `{option}_src` and `{option}` are set; `{option}_src` is used")
            }
            Self::StripUndone(error) | Self::VersionUnknown(error) => write!(f, "{error}"),
        }
    }
}

/// Reads the release from a project's configuration.
///
/// Several versions of one release may be configured; the highest is taken.
///
/// # Errors
/// When there is no release, or several of different names; when an option has a wrong value or is one
/// that erlrel does not support yet (with its place); when a configured file does not exist.
pub fn spec(project: &Project) -> Result<ReleaseSpec, ReleaseError> {
    let fold = relx_config::fold(project)?;
    let mut warnings = fold.warnings.clone();
    let (name, vsn, goals) = choose(project, &fold, &mut warnings)?;
    Ok(ReleaseSpec {
        sys_config: fold.sys_config.choose("sys_config", project, &mut warnings)?,
        vm_args: fold.vm_args.choose("vm_args", project, &mut warnings)?,
        mode: if fold.linked { Mode::Link } else { Mode::Copy },
        include_erts: fold.include_erts,
        include_src: fold.include_src,
        strip: fold.strip && !fold.linked,
        start_script: fold.start_script,
        overlay: fold.overlay,
        name,
        vsn,
        goals,
        warnings,
    })
}

fn choose(
    project: &Project,
    fold: &Fold,
    warnings: &mut Vec<SpecWarning>,
) -> Result<(String, String, Vec<Goal>), ReleaseError> {
    let mut evaluated = Vec::new();
    for release in &fold.releases {
        let vsn = version::evaluate(&project.root, &fold.source, &release.vsn, warnings)?;
        evaluated.push((release, vsn));
    }
    let mut names: Vec<String> = fold.releases.iter().map(|release| release.name.clone()).collect();
    names.sort();
    names.dedup();
    if names.len() > 1 {
        return Err(ReleaseError::SeveralReleases { names: names.join(", ") });
    }
    // Of equal versions the later entry replaces the earlier one, and `max_by_key` takes the last.
    let highest = evaluated.into_iter().max_by_key(|(_, vsn)| version::precedence(vsn));
    let (release, vsn) =
        highest.ok_or_else(|| ReleaseError::NoRelease { path: project.config.path().into() })?;
    if release.goals.is_empty() {
        return Err(ReleaseError::NoGoals { release: format!("{}-{vsn}", release.name) });
    }
    Ok((release.name.clone(), vsn, release.goals.clone()))
}
