//! Resolution: which applications a release contains, in which order.

use std::collections::BTreeSet;

use super::goal::{Goal, StartType};
use super::spec::ReleaseSpec;
use super::{ReleaseError, Warning};
use crate::application::Application;
use crate::otp::OtpRoot;
use crate::project::{Origin, Project};

/// The applications of a release, in relx's order, with what the user should know about them.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// Dependencies before the applications that need them, otherwise as the goals have it.
    pub apps: Vec<ReleaseApp>,
    /// What the user should know.
    pub warnings: Vec<Warning>,
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
}

impl ReleaseApp {
    /// The start type with the default applied.
    pub fn start_type(&self) -> StartType {
        self.start.unwrap_or_default()
    }
}

/// Finds all applications that the goals need, each once, depth first.
///
/// An application is looked for in the project and its dependencies, then in the Erlang installation.
///
/// # Errors
/// When one is not found (and not optional for the application that names it), has another version than
/// a goal asks for, or has an unreadable `.app` file.
pub fn resolve(spec: &ReleaseSpec, project: &Project, otp: &OtpRoot) -> Result<Resolution, ReleaseError> {
    let mut resolver = Resolver { spec, project, otp, seen: BTreeSet::new(), apps: Vec::new() };
    for goal in &spec.goals {
        resolver.visit(&goal.name, &Needed::Goal)?;
        resolver.check_version(goal)?;
    }
    let mut apps = resolver.apps;
    mark_included(&mut apps);
    require_basics(&apps, spec)?;
    Ok(Resolution { warnings: warnings(&apps), apps })
}

struct Resolver<'a> {
    spec: &'a ReleaseSpec,
    project: &'a Project,
    otp: &'a OtpRoot,
    seen: BTreeSet<String>,
    apps: Vec<ReleaseApp>,
}

/// Why an application is looked for.
enum Needed<'a> {
    Goal,
    By(&'a Application),
}

impl Resolver<'_> {
    fn visit(&mut self, name: &str, needed: &Needed<'_>) -> Result<(), ReleaseError> {
        if self.seen.contains(name) {
            return Ok(());
        }
        let Some((app, origin)) = self.find(name)? else {
            return match needed {
                Needed::By(parent) if parent.optional.iter().any(|optional| optional == name) => Ok(()),
                _ => Err(self.not_found(name, needed)),
            };
        };
        self.seen.insert(name.into());
        for dependency in app.needs() {
            self.visit(dependency, &Needed::By(&app))?;
        }
        let goal = self.spec.goals.iter().find(|goal| goal.name == name);
        let start = goal.and_then(|goal| goal.start);
        let included = goal.and_then(|goal| goal.included.clone());
        self.apps.push(ReleaseApp { app, origin, start, included });
        Ok(())
    }

    fn find(&self, name: &str) -> Result<Option<(Application, Origin)>, ReleaseError> {
        if let Some(found) = self.project.apps.read(name)? {
            return Ok(Some(found));
        }
        Ok(self.otp.application(name)?.map(|app| (app, Origin::Otp)))
    }

    fn not_found(&self, name: &str, needed: &Needed<'_>) -> ReleaseError {
        ReleaseError::AppNotFound {
            name: name.into(),
            needed_by: match needed {
                Needed::Goal => "the release".into(),
                Needed::By(app) => format!("application `{}` ({})", app.name, app.source.path.display()),
            },
            project: self.project.profile_dir().join("lib"),
            otp: self.otp.root.join("lib"),
        }
    }

    fn check_version(&self, goal: &Goal) -> Result<(), ReleaseError> {
        let found = self.apps.iter().find(|app| app.app.name == goal.name).map(|app| &app.app);
        match (&goal.vsn, found) {
            (Some(wanted), Some(app)) if *wanted != app.vsn => Err(ReleaseError::VersionMismatch {
                name: goal.name.clone(),
                wanted: wanted.clone(),
                found: app.vsn.clone(),
                dir: app.dir.clone(),
            }),
            _ => Ok(()),
        }
    }
}

/// An application that no goal names and another one includes is loaded, not started.
fn mark_included(apps: &mut [ReleaseApp]) {
    let included: BTreeSet<String> = apps.iter().flat_map(|app| app.app.included.iter().cloned()).collect();
    for app in apps.iter_mut().filter(|app| app.start.is_none() && included.contains(&app.app.name)) {
        app.start = Some(StartType::Load);
    }
}

/// Nothing starts without kernel and stdlib, and they must be permanent.
fn require_basics(apps: &[ReleaseApp], spec: &ReleaseSpec) -> Result<(), ReleaseError> {
    for name in ["kernel", "stdlib"] {
        let app = apps.iter().find(|app| app.app.name == name);
        if app.is_none_or(|app| app.start_type() != StartType::Permanent) {
            return Err(ReleaseError::BasicAppMissing { name, release: spec.name.clone() });
        }
    }
    Ok(())
}

fn warnings(apps: &[ReleaseApp]) -> Vec<Warning> {
    let has_sasl = apps.iter().any(|app| app.app.name == "sasl");
    if has_sasl { Vec::new() } else { vec![Warning::NoSasl] }
}
