//! Resolution: which applications a release contains, in which order.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::goal::{Goal, StartType};
use super::lib_dirs::LibDirs;
use super::mentions::Names;
use super::overlay::Variables;
use super::spec::{ReleaseSpec, SystemLibs};
use super::{ReleaseError, erts};
use crate::application::Application;
use crate::otp::OtpRoot;
use crate::project::{Origin, Project};

/// A release with everything that its files are decided from.
#[derive(Debug, Clone)]
pub struct Release {
    /// The project that it is made of.
    pub project: Project,
    /// The Erlang installation that its other applications come from.
    pub otp: OtpRoot,
    /// What is asked for.
    pub spec: ReleaseSpec,
    /// Its applications, in relx's order: dependencies before those that need them, otherwise as the goals have it.
    pub apps: Vec<ReleaseApp>,
    /// The runtime system.
    pub erts: Erts,
    /// What the names in its overlays stand for.
    pub(super) variables: Variables,
    /// What its options can name.
    pub(super) names: Names,
}

/// The runtime system of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erts {
    /// Its version.
    pub vsn: String,
    /// The directory with its programs; `None` where it is not part of the release.
    pub bin: Option<PathBuf>,
}

/// An application in a release.
#[derive(Debug, Clone)]
pub struct ReleaseApp {
    /// What its `.app` file says.
    pub app: Application,
    /// Where it came from.
    pub origin: Origin,
    /// How it is started; `None` where no goal says, which means permanent.
    pub start: Option<StartType>,
    /// The included applications, where a goal names them.
    pub included: Option<Vec<String>>,
    /// Whether its files are part of the release. Erlang's own are not with `{system_libs, false}`.
    pub packed: bool,
    /// Whether its `.app` file must be written anew, as something in it is left out of the release.
    pub edited: bool,
}

impl ReleaseApp {
    /// An application that is packed as it is, and about which no goal says anything.
    pub fn new(app: Application, origin: Origin) -> Self {
        Self { app, origin, start: None, included: None, packed: true, edited: false }
    }

    /// The start type with the default applied.
    pub fn start_type(&self) -> StartType {
        self.start.unwrap_or_default()
    }
}

/// Finds all applications that the goals need, each once, depth first.
///
/// An application is looked for in the project and its dependencies, then in `lib_dirs`, then in the Erlang
/// installation; where a goal asks for a version, until one has it.
///
/// # Errors
/// When one is not found (and not optional for the application that names it), has another version than
/// a goal asks for, or has an unreadable `.app` file; when the runtime system is not where it should be; when
/// a template that is the value of a variable for overlays has a mistake.
pub fn resolve(project: Project, otp: OtpRoot, spec: ReleaseSpec) -> Result<Release, ReleaseError> {
    let (apps, names) = find(&spec, &project, &otp)?;
    require_basics(&apps, &spec)?;
    let erts = erts::find(&spec, &otp)?;
    let mut release = Release { project, otp, spec, apps, erts, names, variables: Variables::default() };
    release.variables = Variables::of(&release)?;
    Ok(release)
}

fn find(
    spec: &ReleaseSpec,
    project: &Project,
    otp: &OtpRoot,
) -> Result<(Vec<ReleaseApp>, Names), ReleaseError> {
    let mut resolver = Resolver {
        spec,
        project,
        otp,
        lib_dirs: LibDirs::of(spec, &project.root)?,
        seen: BTreeSet::new(),
        names: Names::default(),
        apps: Vec::new(),
    };
    for goal in &spec.goals {
        resolver.visit(&goal.name, &Needed::Goal(goal))?;
        resolver.check_version(goal)?;
    }
    let (mut apps, mut names) = (resolver.apps, resolver.names);
    names.apps = apps.iter().map(|app| app.app.name.clone()).collect();
    mark_included(&mut apps, spec);
    Ok((apps, names))
}

struct Resolver<'a> {
    spec: &'a ReleaseSpec,
    project: &'a Project,
    otp: &'a OtpRoot,
    lib_dirs: LibDirs,
    seen: BTreeSet<String>,
    names: Names,
    apps: Vec<ReleaseApp>,
}

/// Why an application is looked for.
enum Needed<'a> {
    Goal(&'a Goal),
    By(&'a Application),
}

impl Resolver<'_> {
    fn visit(&mut self, name: &str, needed: &Needed<'_>) -> Result<(), ReleaseError> {
        if self.seen.contains(name) {
            return Ok(());
        }
        self.names.needed.insert(name.into());
        let vsn = match needed {
            Needed::Goal(goal) => goal.vsn.as_deref(),
            Needed::By(_) => None,
        };
        let Some((app, origin)) = self.find(name, vsn)? else {
            return match needed {
                Needed::By(parent) if parent.optional.iter().any(|optional| optional == name) => Ok(()),
                _ => Err(self.not_found(name, needed)),
            };
        };
        self.seen.insert(name.into());
        for dependency in app.needs() {
            self.visit(dependency, &Needed::By(&app))?;
        }
        if !self.spec.exclude_apps.contains(name) {
            let app = self.release_app(app, origin);
            self.apps.push(app);
        }
        Ok(())
    }

    fn release_app(&mut self, mut app: Application, origin: Origin) -> ReleaseApp {
        let goal = self.spec.goals.iter().find(|goal| goal.name == app.name);
        let excluded = self.spec.exclude_modules.get(&app.name);
        self.names.modules.extend(app.modules.iter().map(|module| (app.name.clone(), module.clone())));
        let edited = app.leave_out(&self.spec.exclude_apps, excluded.unwrap_or(&BTreeSet::new()));
        ReleaseApp {
            origin,
            start: goal.and_then(|goal| goal.start),
            included: goal.and_then(|goal| goal.included.clone()),
            packed: origin != Origin::Otp || self.spec.system_libs != SystemLibs::Leave,
            edited,
            app,
        }
    }

    /// The application in this version, if one is asked for, in the order of relx's search. An installation
    /// that `system_libs` names is Erlang's too.
    fn find(&self, name: &str, vsn: Option<&str>) -> Result<Option<(Application, Origin)>, ReleaseError> {
        let fits = |app: &Application| vsn.is_none_or(|vsn| app.vsn == vsn);
        if let Some(found) = self.project.apps.read(name)?.filter(|(app, _)| fits(app)) {
            return Ok(Some(found));
        }
        if let Some(found) = self.lib_dirs.find(name, vsn)? {
            return Ok(Some(found));
        }
        if matches!(self.spec.system_libs, SystemLibs::From(_)) {
            return Ok(None);
        }
        Ok(self.otp.application(name)?.filter(fits).map(|app| (app, Origin::Otp)))
    }

    fn not_found(&self, name: &str, needed: &Needed<'_>) -> ReleaseError {
        if let Needed::Goal(Goal { vsn: Some(wanted), place, .. }) = needed
            && let Ok(Some((app, _))) = self.find(name, None)
        {
            return mismatch(wanted, &app, false).at(place);
        }
        let otp = match &self.spec.system_libs {
            SystemLibs::From(dir) => dir.clone(),
            _ => self.otp.root.join("lib"),
        };
        let mut searched = vec![self.project.profile_dir().join("lib")];
        searched.extend(self.spec.lib_dirs.iter().cloned().chain([otp]));
        let error = ReleaseError::AppNotFound {
            name: name.into(),
            excluded: self.spec.exclude_apps.contains(name),
            needed_by: match needed {
                Needed::Goal(_) => "the release".into(),
                Needed::By(app) => format!("application `{}` ({})", app.name, app.source.path.display()),
            },
            searched,
        };
        match needed {
            Needed::Goal(goal) => error.at(&goal.place),
            Needed::By(_) => error,
        }
    }

    /// A goal's version counts even if another application pulled it in before.
    fn check_version(&self, goal: &Goal) -> Result<(), ReleaseError> {
        let found = self.apps.iter().find(|app| app.app.name == goal.name).map(|app| &app.app);
        match (&goal.vsn, found) {
            (Some(wanted), Some(app)) if *wanted != app.vsn => {
                Err(mismatch(wanted, app, true).at(&goal.place))
            }
            _ => Ok(()),
        }
    }
}

fn mismatch(wanted: &str, app: &Application, brought: bool) -> ReleaseError {
    ReleaseError::VersionMismatch {
        name: app.name.clone(),
        wanted: wanted.into(),
        found: app.vsn.clone(),
        dir: app.dir.clone(),
        brought,
    }
}

/// An application that no goal names and another one includes is loaded, not started.
fn mark_included(apps: &mut [ReleaseApp], spec: &ReleaseSpec) {
    let included: BTreeSet<String> = apps.iter().flat_map(|app| app.app.included.iter().cloned()).collect();
    let is_goal = |name: &str| spec.goals.iter().any(|goal| goal.name == name);
    for app in apps.iter_mut().filter(|app| included.contains(&app.app.name) && !is_goal(&app.app.name)) {
        app.start = Some(StartType::Load);
    }
}

/// Nothing starts without kernel and stdlib, and they must be permanent.
fn require_basics(apps: &[ReleaseApp], spec: &ReleaseSpec) -> Result<(), ReleaseError> {
    for name in ["kernel", "stdlib"] {
        let app = apps.iter().find(|app| app.app.name == name);
        let start = app.map(ReleaseApp::start_type);
        let goal = spec.goals.iter().find(|goal| goal.name == name);
        match (start, goal) {
            (Some(StartType::Permanent), _) => {}
            (Some(start), Some(goal)) => {
                return Err(ReleaseError::BasicAppNotPermanent { name, start }.at(&goal.place));
            }
            _ => return Err(ReleaseError::BasicAppMissing { name, release: spec.name.clone() }),
        }
    }
    Ok(())
}
