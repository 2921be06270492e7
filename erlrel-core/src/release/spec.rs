//! What is asked for: the release as its configuration describes it, with all defaults applied.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::definition::{self, Selection};
use super::goal::Goal;
use super::mentions::Mention;
use super::overlay::overlay_vars::{self, OptionVars, OverlayVars};
use super::overlay::{self, OverlayAction};
use super::overrides::Overrides;
use super::relx_config::Fold;
use super::start_script::StartScript;
use super::undefined::UndefinedFunctions;
use super::{ReleaseError, contradictions, relx_config};
use crate::project::Project;
use crate::term::{Place, SourceError, Span};

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
    /// The version of the runtime system that the release asks for; default: that of the installation.
    pub erts_vsn: Option<String>,
    /// Whether the runtime system comes along. Default: only in mode `prod`.
    pub include_erts: IncludeErts,
    /// Where the configuration says which runtime system that is, if it does.
    pub(super) erts_place: Option<Place>,
    /// Whether Erlang's own applications come along, and from where. Default: yes, from the installation.
    pub system_libs: SystemLibs,
    /// More directories in whose folders applications are looked for, before the Erlang installation.
    pub lib_dirs: Vec<PathBuf>,
    /// Applications that are left out, also of other applications' lists.
    pub exclude_apps: BTreeSet<String>,
    /// Modules that are left out, by application.
    pub exclude_modules: BTreeMap<String, BTreeSet<String>>,
    /// Whether sources come along; `None` where nothing says: relx then takes them into the directory,
    /// not into the tarball.
    pub include_src: Option<bool>,
    /// Whether BEAM files are stripped. Default: in modes `prod` and `minimal`.
    pub strip: bool,
    /// The configuration of the applications.
    pub sys_config: ConfigFile,
    /// The arguments of the virtual machine.
    pub vm_args: ConfigFile,
    /// The start script in `bin/`.
    pub start_script: StartScript,
    /// Files and directories to add, in order.
    pub overlay: Vec<OverlayAction>,
    /// The variables that overlays may use besides the built-in ones.
    pub overlay_vars: OverlayVars,
    /// Where overlays' sources and default configuration files are. Default: the project.
    pub root_dir: PathBuf,
    /// The directory in which the release's own directory lies. Default: `_build/<profile>/rel`.
    pub output_dir: PathBuf,
    /// Whose calls of functions that do not exist are looked for.
    pub undefined_functions: UndefinedFunctions,
    /// Whether those warnings are to be treated as errors for which relx fails then
    /// ([`Warning::fails_in_relx`](super::Warning::fails_in_relx)); that is up to who reports them. Default: no.
    pub warnings_as_errors: bool,
    /// What the user should know about the configuration.
    pub warnings: Vec<SpecWarning>,
    /// Applications and modules that options name, to see whether the release has them.
    pub(super) mentions: BTreeMap<&'static str, Vec<Mention>>,
    /// Where `sys_config` is turned off.
    pub(super) no_sys_config: Option<Place>,
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

/// Whether the runtime system becomes part of a release.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum IncludeErts {
    /// No: the release runs on one that is there already.
    #[default]
    No,
    /// The one of the Erlang installation.
    Yes,
    /// The one in another directory, as `erts-<vsn>` in it.
    From(PathBuf),
}

/// Whether Erlang's own applications become part of a release.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SystemLibs {
    /// Those of the Erlang installation.
    #[default]
    Include,
    /// None: they are where the runtime system is.
    Leave,
    /// Those in another directory, which is searched instead of the installation and before `lib_dirs`.
    From(PathBuf),
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
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpecWarning {
    /// relx knows no such option.
    UnknownOption {
        /// The option.
        error: SourceError,
        /// Whether relx fails for it, as `warnings_as_errors` is set.
        fails_in_relx: bool,
    },
    /// Both the rendered and the plain form of a file are configured; the rendered one counts.
    BothForms(SourceError),
    /// An application that is to be in the release and is excluded from it.
    GoalExcluded(SourceError),
    /// `debug_info` is heeded as it is written, unlike by relx.
    DebugInfo(SourceError),
    /// Options that contradict each other, of which one counts for nothing.
    Contradiction(SourceError),
    /// The release is another one than that of relx, which has a defect here.
    RelxDiffers(SourceError),
    /// An option of a single release that relx's tarball ignores.
    OwnOption(SourceError),
    /// git, the file or the command that is to say the version says nothing.
    VersionUnknown(SourceError),
    /// A file of variables for overlays that cannot be read.
    OverlayVars(SourceError),
    /// A directory that does not exist, so that nothing is found in it.
    NoDirectory(SourceError),
    /// Something about the start script that has no effect.
    StartScript(SourceError),
}

impl std::fmt::Display for SpecWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownOption { error, .. }
            | Self::Contradiction(error)
            | Self::RelxDiffers(error)
            | Self::BothForms(error)
            | Self::GoalExcluded(error)
            | Self::DebugInfo(error)
            | Self::OwnOption(error)
            | Self::NoDirectory(error)
            | Self::StartScript(error)
            | Self::VersionUnknown(error)
            | Self::OverlayVars(error) => write!(f, "{error}"),
        }
    }
}

impl SpecWarning {
    /// Whether it stands for an error of relx's in this very configuration: relx fails for an unknown option
    /// with `warnings_as_errors`, and only prints everything else.
    pub fn fails_in_relx(&self) -> bool {
        matches!(self, Self::UnknownOption { fails_in_relx: true, .. })
    }
}

/// Reads the release from a project's configuration, and from what stands in for parts of it.
///
/// # Errors
/// When there is no such release, or several of different names and none is selected; when an option has a
/// wrong value (with its place); when a configured file, or one of `overrides`, does not exist.
pub fn spec(
    project: &Project,
    selection: &Selection,
    overrides: &Overrides,
) -> Result<ReleaseSpec, ReleaseError> {
    let mut fold = relx_config::fold(project)?;
    let mut warnings = Vec::new();
    let release =
        definition::choose(&fold.definitions, selection, &project.root, &fold.source, &mut warnings);
    let release = release.map_err(|error| about_relx_config(error, project))?;
    fold.own_options(&release.options)?;
    let mut lists = project.config.relx_lists();
    lists.push(release.options.clone());
    contradictions::check(&mut fold, &lists);
    overrides.apply(&mut fold)?;
    fold.check_excluded(&release.goals);
    warnings.splice(0..0, std::mem::take(&mut fold.warnings));
    overlay::load_vars(&mut fold.overlay, &fold.root_dir, &mut warnings)?;
    let overlay_vars = overlay_variables(&fold, &mut warnings)?;
    Ok(ReleaseSpec {
        no_sys_config: fold.sys_config.turned_off(&fold.source),
        sys_config: fold.sys_config.choose("sys_config", &fold.root_dir, &fold.source, &mut warnings)?,
        vm_args: fold.vm_args.choose("vm_args", &fold.root_dir, &fold.source, &mut warnings)?,
        mode: if fold.linked { Mode::Link } else { Mode::Copy },
        erts_place: erts_place(&fold, release.erts.as_ref().map(|(_, span)| *span)),
        erts_vsn: release.erts.map(|(vsn, _)| vsn),
        include_erts: fold.include_erts,
        system_libs: fold.system_libs,
        lib_dirs: fold.lib_dirs,
        exclude_apps: fold.exclude_apps,
        exclude_modules: fold.exclude_modules,
        include_src: fold.include_src,
        strip: fold.strip && !fold.linked,
        start_script: fold.start_script.script(),
        overlay: fold.overlay,
        overlay_vars,
        root_dir: fold.root_dir,
        output_dir: fold.output_dir,
        undefined_functions: fold.undefined_functions,
        warnings_as_errors: fold.warnings_as_errors,
        mentions: fold.mentions,
        name: release.name,
        vsn: release.vsn,
        goals: release.goals,
        warnings,
    })
}

/// That there is no release, while there is a relx.config which probably has one.
fn about_relx_config(error: ReleaseError, project: &Project) -> ReleaseError {
    match error {
        ReleaseError::NoRelease { path, .. } => {
            ReleaseError::NoRelease { path, unread: project.config.has_two_releases() }
        }
        other => other,
    }
}

/// A directory in `include_erts` decides about the version too.
fn erts_place(fold: &Fold, erts: Option<Span>) -> Option<Place> {
    let span = match fold.include_erts {
        IncludeErts::From(_) => fold.include_erts_at,
        _ => erts,
    };
    span.map(|span| Place::new(&fold.source, span))
}

fn overlay_variables(fold: &Fold, warnings: &mut Vec<SpecWarning>) -> Result<OverlayVars, SourceError> {
    Ok(OverlayVars {
        own: overlay_vars::load(&fold.overlay_vars, &fold.root_dir, warnings)?,
        values: fold.overlay_vars_values.clone(),
        options: OptionVars {
            sys_config: fold.sys_config.variable(),
            vm_args: fold.vm_args.variable(),
            ..fold.option_vars.clone()
        },
    })
}
