//! What the user should know about a release that can be made.

use std::fmt;
use std::path::PathBuf;

use super::assemble::Form;
use super::resolve::Release;
use super::spec::{ReleaseSpec, SpecWarning};
use super::undefined::undefined_functions;
use super::{broken_links, erts, mentions, overlay, relx_tarball, start_script};
use crate::fs::{NoNotes, Notes};
use crate::project::{ConfigWarning, Project};
use crate::term::SourceError;
use crate::tree::Tree;

/// Everything that is to be said of a release in whatever form it is made: about its configuration, its applications,
/// the project's lock, and calls into nothing.
pub fn warnings(release: &Release) -> Vec<Warning> {
    warnings_noted(release, &NoNotes)
}

/// The same, where something is known of modules from before.
pub fn warnings_noted(release: &Release, notes: &dyn Notes) -> Vec<Warning> {
    let Release { project, spec, .. } = release;
    let of_project = project.warnings.iter().cloned().map(Warning::Project);
    let of_spec = spec.warnings.iter().cloned().map(Warning::Spec);
    let of_parts = of_parts(release).into_iter().chain(outdated_locks(project));
    of_project.chain(of_spec).chain(of_parts).chain(undefined_functions(release, notes)).collect()
}

/// What is to be said of one form of it besides, whose files are `tree`: what they lack, and where relx's tarball,
/// for which an image stands too, would be another one.
pub fn warnings_of_form(release: &Release, tree: &Tree, form: Form) -> Vec<Warning> {
    let spec = &release.spec;
    let mut warnings = start_script::missing_files(spec, tree);
    warnings.extend(broken_links::warnings(release, form));
    if form != Form::Directory {
        warnings.extend(relx_tarball::warnings(release));
    }
    warnings
}

fn of_parts(release: &Release) -> Vec<Warning> {
    let Release { project, spec, apps, .. } = release;
    let has_sasl = apps.iter().any(|app| app.app.name == "sasl");
    let mut warnings = if has_sasl { Vec::new() } else { vec![Warning::NoSasl] };
    warnings.extend(erts::warning(spec, &release.erts));
    let empty = overlay::warnings(&spec.overlay, &release.variables);
    warnings.extend(empty.into_iter().map(Warning::EmptyVariable));
    warnings.extend(mentions::absent(&spec.mentions, &release.names));
    warnings.extend(relx_tarball::stray_release_file(spec, project));
    warnings
}

fn outdated_locks(project: &Project) -> impl Iterator<Item = Warning> {
    let warning = |(name, requirement, locked)| Warning::LockOutdated { name, requirement, locked };
    project.outdated_locks().into_iter().map(warning)
}

/// What the user should know about a release that can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Something in the project's configuration that has no effect.
    Project(ConfigWarning),
    /// Something in the release's configuration that does not do what its author may think.
    Spec(SpecWarning),
    /// Without sasl a release cannot be upgraded, and supervisor reports are missing.
    NoSasl,
    /// A module that is called and in no application of the release.
    MissingModule {
        /// The application whose module calls it.
        app: String,
        /// The module that calls it.
        caller: String,
        /// What is called.
        module: String,
        /// Why it is not there.
        absence: Absence,
    },
    /// A function that is called and that its module does not export.
    UndefinedFunction {
        /// The application whose module calls it.
        app: String,
        /// The module that calls it.
        caller: String,
        /// `module:function/arity`.
        function: String,
    },
    /// An application runs shell commands, and the image has no shell.
    RunsShell {
        /// The application.
        app: String,
        /// The module that calls `os:cmd`.
        module: String,
    },
    /// The directory in `include_erts` has another version than the release names; its own is taken, as by relx.
    OtherErts {
        /// The version that the release names.
        wanted: String,
        /// The version that is there.
        found: String,
        /// The directory.
        dir: PathBuf,
    },
    /// A name in the path of an overlay that stands for nothing, most often because it is mistyped.
    EmptyVariable(SourceError),
    /// A link in an application to something that does not exist: the release does not have it.
    BrokenLink {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// An option that names an application or a module which is not there, most often because it is mistyped.
    NoSuchName(SourceError),
    /// The release is another one than that of relx, which has a defect here.
    RelxDiffers(SourceError),
    /// A file in the project's folder that relx takes for one of the release's own.
    StrayFile {
        /// The file.
        name: String,
        /// What relx makes of it.
        relx: &'static str,
        /// What to write, if it is meant.
        instead: &'static str,
    },
    /// A hook or an extension of the start script whose file is not in the release.
    ScriptFileMissing {
        /// Which one.
        what: String,
        /// Where the file should be.
        path: String,
    },
    /// A hook or an extension needs a shell, and the image has none.
    NeedsShell {
        /// Which one.
        what: String,
        /// Its file.
        path: String,
    },
    /// rebar.lock pins a version that rebar.config no longer asks for.
    LockOutdated {
        /// The dependency.
        name: String,
        /// What rebar.config says.
        requirement: String,
        /// What rebar.lock says.
        locked: String,
    },
}

/// Why the release lacks a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absence {
    /// No application that is known has it.
    Nowhere,
    /// This application has it, which is not in the release.
    OtherApplication(String),
    /// This application has it, which `exclude_apps` leaves out.
    ExcludedApplication(String),
    /// `exclude_modules` leaves it out of this application.
    ExcludedModule(String),
}

impl Absence {
    /// Behind the name of the module; `caller` is the application that calls it.
    fn fmt(&self, caller: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str("a module that is nowhere"),
            Self::OtherApplication(app) => write!(
                f,
                "a module of `{app}`, which is not in the release: add `{app}` to the `applications` of `{caller}`"
            ),
            Self::ExcludedApplication(app) => {
                write!(f, "a module of `{app}`, which `exclude_apps` leaves out: the call will fail")
            }
            Self::ExcludedModule(app) => {
                write!(f, "which `exclude_modules` leaves out of `{app}`: the call will fail")
            }
        }
    }
}

impl Warning {
    /// Whether relx fails here, in this very configuration. With `warnings_as_errors` it does for an unknown option,
    /// and for what systools has as a warning too: that there is no sasl, and undefined functions in applications of
    /// `exref`. relx's own check only prints.
    pub fn fails_in_relx(&self, spec: &ReleaseSpec) -> bool {
        let is_of_systools = match self {
            Self::Spec(warning) => return warning.fails_in_relx(),
            Self::NoSasl => true,
            Self::MissingModule { app, .. } | Self::UndefinedFunction { app, .. } => {
                spec.undefined_functions.others.has(app)
            }
            _ => false,
        };
        is_of_systools && spec.warnings_as_errors
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project(warning) => warning.fmt(f),
            Self::Spec(warning) => warning.fmt(f),
            Self::EmptyVariable(error) | Self::NoSuchName(error) | Self::RelxDiffers(error) => {
                write!(f, "{error}")
            }
            Self::BrokenLink { path, target } => write!(
                f,
                "`{}` is a link that leads nowhere (to `{}`): the release does not have it",
                path.display(),
                target.display()
            ),
            Self::StrayFile { name, relx, instead } => write!(
                f,
                "`{name}` lies in the project's folder, and {relx}, as it happens to be the current one; erlrel does \
                 not look at it: {instead}, or give the file another name"
            ),
            Self::NoSasl => f.write_str("the release has no `sasl`: it cannot be upgraded while it runs"),
            Self::OtherErts { wanted, found, dir } => write!(
                f,
                "the release asks for ERTS {wanted}, and gets {found}, which is in `{}`, the directory of `include_erts`",
                dir.display()
            ),
            Self::MissingModule { app, caller, module, absence } => {
                write!(f, "application `{app}` (module `{caller}`) calls `{module}`, ")?;
                absence.fmt(app, f)
            }
            Self::UndefinedFunction { app, caller, function } => {
                write!(f, "application `{app}` (module `{caller}`) calls `{function}`, which does not exist")
            }
            Self::RunsShell { app, module } => write!(
                f,
                "application `{app}` runs shell commands (module `{module}` calls os:cmd), but the image has no \
                 shell and os:cmd then returns an empty result: add one with --shell or `{{erlrel, [{{shell, true}}]}}`"
            ),
            Self::NeedsShell { what, path } => write!(
                f,
                "`{path}`, which is {what}, is to be read by a shell, but the image has none, and the command that \
                 comes to it will fail: add one with --shell or `{{erlrel, [{{shell, true}}]}}`"
            ),
            Self::ScriptFileMissing { what, path } => write!(
                f,
                "the release has no `{path}`, which {what} of its start script is to run: an overlay must copy it there"
            ),
            Self::LockOutdated { name, requirement, locked } => write!(
                f,
                "rebar.lock pins `{name}` to {locked}, which does not satisfy `{requirement}` of rebar.config; \
                 `rebar3 upgrade {name}` updates it"
            ),
        }
    }
}
