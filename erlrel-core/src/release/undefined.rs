//! Calls of functions that do not exist in a release, seen in the import and export tables of its modules.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::calls::{Calls, calls, exports, ignored};
use super::resolve::{Release, ReleaseApp};
use super::{Absence, Warning};
use crate::beam::Function;
use crate::fs::Notes;
use crate::project::Origin;

/// Whose calls are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndefinedFunctions {
    /// Those of the project's own applications. Default: yes (`check_for_undefined_functions`).
    pub project: bool,
    /// Those of other applications too. Default: none (`exref`).
    pub others: Scope,
}

impl Default for UndefinedFunctions {
    fn default() -> Self {
        Self { project: true, others: Scope::None }
    }
}

/// A choice of applications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// None.
    None,
    /// All.
    All,
    /// These.
    Some(BTreeSet<String>),
}

impl Scope {
    pub(super) fn has(&self, app: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(names) => names.contains(app),
        }
    }
}

/// Finds calls of functions that no module of the release exports.
///
/// For dependencies that are not checked, a call still counts when its module lies in an application that
/// exists and is not in the release: that is a dependency somebody forgot to name. What rebar3's
/// `xref_ignores` and a module's `-ignore_xref` name is left out. A module that cannot be read calls
/// nothing: packing it will say so.
pub(super) fn undefined_functions(release: &Release, notes: &dyn Notes) -> Vec<Warning> {
    let wanted = &release.spec.undefined_functions;
    if !wanted.project && wanted.others == Scope::None {
        return Vec::new();
    }
    let modules = Modules::of(release);
    let callers = Caller::all(release, notes);
    let called: BTreeSet<&str> =
        callers.iter().flat_map(|caller| &caller.calls).map(|call| &*call.module).collect();
    let exports = modules.exports(&called, notes);
    let check = Check { release, exports: &exports, modules: &modules };
    callers.iter().flat_map(|caller| check.caller(caller)).collect()
}

/// A module with the calls that are to be checked.
struct Caller<'a> {
    app: &'a ReleaseApp,
    module: &'a str,
    calls: Vec<Function>,
}

impl<'a> Caller<'a> {
    /// All of them but those of Erlang.
    fn all(release: &'a Release, notes: &dyn Notes) -> Vec<Self> {
        let ignores: Vec<_> =
            release.project.config.list("xref_ignores").iter().filter_map(ignored).collect();
        let apps = release.apps.iter().filter(|app| app.origin != Origin::Otp);
        let modules: Vec<(&ReleaseApp, &String)> =
            apps.flat_map(|app| app.app.modules.iter().map(move |module| (app, module))).collect();
        let files: Vec<PathBuf> = modules.iter().map(|(app, module)| app.app.beam(module)).collect();
        let caller = |((app, module), calls): ((&'a ReleaseApp, &'a String), _)| {
            let Calls { mut functions, ignored } = calls?;
            functions.retain(|call| !ignores.iter().chain(&ignored).any(|ignored| ignored.covers(call)));
            Some(Self { app, module, calls: functions })
        };
        modules.into_iter().zip(calls(&files, notes)).filter_map(caller).collect()
    }
}

/// The files of all modules of a release, by name; `None` for those inside the emulator whose file is not
/// installed.
struct Modules {
    files: BTreeMap<String, Option<PathBuf>>,
}

impl Modules {
    fn of(release: &Release) -> Self {
        let otp = &release.otp;
        let preloaded = otp.root.join("lib").join(format!("erts-{}", otp.erts_vsn)).join("ebin");
        let preloaded = otp.boot.preloaded.iter().map(|module| {
            let file = preloaded.join(format!("{module}.beam"));
            (module.clone(), file.is_file().then_some(file))
        });
        let modules = release.apps.iter().flat_map(|app| {
            app.app.modules.iter().map(|module| (module.clone(), Some(app.app.beam(module))))
        });
        Self { files: preloaded.chain(modules).collect() }
    }

    /// What each of these modules exports, where that can be read.
    fn exports(&self, names: &BTreeSet<&str>, notes: &dyn Notes) -> BTreeMap<&str, BTreeSet<(String, u32)>> {
        let called = self.files.iter().filter(|(name, _)| names.contains(name.as_str()));
        let (names, files): (Vec<&str>, Vec<PathBuf>) =
            called.filter_map(|(name, file)| Some((name.as_str(), file.clone()?))).unzip();
        let found = names.into_iter().zip(exports(&files, notes));
        found.filter_map(|(name, exports)| Some((name, exports?))).collect()
    }
}

struct Check<'a> {
    release: &'a Release,
    modules: &'a Modules,
    exports: &'a BTreeMap<&'a str, BTreeSet<(String, u32)>>,
}

impl Check<'_> {
    fn caller(&self, caller: &Caller<'_>) -> Vec<Warning> {
        let everything = self.is_checked(caller.app);
        let mut missing = BTreeSet::new();
        let mut warnings = Vec::new();
        for call in &caller.calls {
            if !self.modules.files.contains_key(&call.module) {
                missing.insert(call.module.as_str());
            } else if everything && !self.is_exported(call) {
                warnings.push(Warning::UndefinedFunction {
                    app: caller.app.app.name.clone(),
                    caller: caller.module.into(),
                    function: call.to_string(),
                });
            }
        }
        let missing = missing.into_iter().filter_map(|module| self.missing(caller, module, everything));
        missing.chain(warnings).collect()
    }

    fn missing(&self, caller: &Caller<'_>, module: &str, everything: bool) -> Option<Warning> {
        let absence = absence(module, self.release);
        let forgotten = matches!(absence, Absence::OtherApplication(_) | Absence::ExcludedApplication(_));
        (everything || forgotten).then(|| Warning::MissingModule {
            app: caller.app.app.name.clone(),
            caller: caller.module.into(),
            module: module.into(),
            absence,
        })
    }

    fn is_checked(&self, app: &ReleaseApp) -> bool {
        let wanted = &self.release.spec.undefined_functions;
        let own = matches!(app.origin, Origin::Project | Origin::Checkout) && wanted.project;
        own || wanted.others.has(&app.app.name)
    }

    fn is_exported(&self, call: &Function) -> bool {
        self.exports.get(call.module.as_str()).is_none_or(|exports| {
            exports.contains(&(call.name.clone(), call.arity))
                || exports.contains(&("$handle_undefined_function".into(), 2))
        })
    }
}

/// Why the release lacks the module.
fn absence(module: &str, release: &Release) -> Absence {
    let spec = &release.spec;
    let in_release = |app: &str| release.apps.iter().any(|other| other.app.name == app);
    let mut excluded = spec.exclude_modules.iter().filter(|(_, modules)| modules.contains(module));
    if let Some((app, _)) = excluded.find(|(app, _)| in_release(app)) {
        return Absence::ExcludedModule(app.clone());
    }
    match outside(module, release) {
        Some(app) if spec.exclude_apps.contains(&app) => Absence::ExcludedApplication(app),
        Some(app) => Absence::OtherApplication(app),
        None => Absence::Nowhere,
    }
}

/// An application that has the module and is not in the release: one of the project, else an installed one.
fn outside(module: &str, release: &Release) -> Option<String> {
    let Release { project, otp, apps, .. } = release;
    let file = Path::new("ebin").join(format!("{module}.beam"));
    let own = project.apps.names().filter_map(|name| Some((name, project.apps.get(name)?.0)));
    let all = own.chain(otp.directories());
    let mut candidates = all.filter(|(name, _)| !apps.iter().any(|app| app.app.name == *name));
    candidates.find(|(_, dir)| dir.join(&file).is_file()).map(|(name, _)| name.to_string())
}
