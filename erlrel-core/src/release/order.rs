//! The order in which a boot script loads and starts applications, and the checks before it.

use std::collections::{BTreeMap, BTreeSet};

use super::ReleaseError;
use super::boot_script::BootApp;
use super::goal::StartType;
use crate::application::Application;

/// An application at its place in the boot order, with its lists as they stand in the boot script.
#[derive(Debug, Clone)]
pub(super) struct Sorted<'a> {
    pub(super) app: &'a Application,
    pub(super) packed: bool,
    pub(super) start: StartType,
    /// `applications`, where an included one is replaced by the application on top that includes it.
    pub(super) uses: Vec<String>,
    pub(super) included: Vec<String>,
}

/// Checks the applications of a release and sorts them: what an application uses or includes comes
/// before it, otherwise they stay in the order of the release.
///
/// # Errors
/// See [`super::boot_script::boot_files`].
pub(super) fn sort<'a>(release: &str, apps: &[BootApp<'a>]) -> Result<Vec<Sorted<'a>>, ReleaseError> {
    check_included(apps)?;
    check_undefined(release, apps)?;
    check_unique(apps, "registered name", |app| app.app.registered.clone())?;
    check_unique(apps, "included application", |app| app.included.clone())?;
    check_unique(apps, "module", |app| app.app.modules.clone())?;
    let prepared = prepare(apps);
    topological(&prepared)
}

/// A release may include fewer applications than an application's own list has, not others.
fn check_included(apps: &[BootApp<'_>]) -> Result<(), ReleaseError> {
    for BootApp { app, included, .. } in apps {
        if let Some(name) = included.iter().find(|name| !app.included.contains(name)) {
            return Err(ReleaseError::NotIncluded { name: name.clone(), app: app.name.clone() });
        }
    }
    Ok(())
}

fn check_undefined(release: &str, apps: &[BootApp<'_>]) -> Result<(), ReleaseError> {
    let names: BTreeSet<&str> = apps.iter().map(|app| app.app.name.as_str()).collect();
    for app in apps {
        let uses = without(app.app.applications.iter().collect(), &app.app.optional);
        if let Some(missing) =
            uses.into_iter().chain(&app.included).find(|name| !names.contains(name.as_str()))
        {
            return Err(ReleaseError::UndefinedApplication {
                name: missing.clone(),
                needed_by: app.app.name.clone(),
                release: release.into(),
            });
        }
    }
    Ok(())
}

fn check_unique(
    apps: &[BootApp<'_>],
    what: &'static str,
    list: impl Fn(&BootApp<'_>) -> Vec<String>,
) -> Result<(), ReleaseError> {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for app in apps {
        for name in list(app) {
            if let Some(other) = owners.insert(name.clone(), &app.app.name) {
                let apps = [other.to_string(), app.app.name.clone()];
                return Err(ReleaseError::Duplicate { what, name, apps });
            }
        }
    }
    Ok(())
}

/// Replaces included applications in `uses` by the ones on top of them, and sorts both lists by the
/// order of the release.
fn prepare<'a>(apps: &[BootApp<'a>]) -> Vec<Sorted<'a>> {
    let parents: BTreeMap<&str, &str> = apps
        .iter()
        .flat_map(|app| app.included.iter().map(|included| (included.as_str(), app.app.name.as_str())))
        .collect();
    let position = |name: &String| apps.iter().position(|app| app.app.name == *name).unwrap_or(usize::MAX);
    let sorted = |mut names: Vec<String>| {
        names.sort_by_key(position);
        names
    };
    let prepare = |app: &BootApp<'a>| Sorted {
        app: app.app,
        packed: app.packed,
        start: app.start,
        uses: sorted(substitute(app.app, &parents)),
        included: sorted(app.included.clone()),
    };
    apps.iter().map(prepare).collect()
}

fn substitute(app: &Application, parents: &BTreeMap<&str, &str>) -> Vec<String> {
    let own_top = top(&app.name, parents);
    let mut uses = app.applications.clone();
    for used in &app.applications {
        let used_top = top(used, parents);
        let is_included = parents.contains_key(used.as_str());
        if used == own_top || (is_included && uses.iter().any(|name| name == used_top)) {
            remove_first(&mut uses, used);
        } else if is_included && used_top != own_top {
            remove_first(&mut uses, used);
            uses.push(used_top.into());
        }
    }
    uses
}

/// The application at the end of the chain of those that include `name`. A circle ends where it began.
fn top<'a>(name: &'a str, parents: &BTreeMap<&'a str, &'a str>) -> &'a str {
    let mut top = name;
    for _ in 0..parents.len() {
        match parents.get(top) {
            Some(parent) => top = parent,
            None => break,
        }
    }
    top
}

/// Each of `removed` takes one name away, so that one which stands twice remains, as with Erlang's `--`.
fn without<'a>(mut names: Vec<&'a String>, removed: &[String]) -> Vec<&'a String> {
    for name in removed {
        if let Some(at) = names.iter().position(|found| *found == name) {
            names.remove(at);
        }
    }
    names
}

fn remove_first(names: &mut Vec<String>, name: &str) {
    if let Some(at) = names.iter().position(|found| found == name) {
        names.remove(at);
    }
}

/// The worklist algorithm of `systools`, which fixes the order among independent applications too.
fn topological<'a>(apps: &[Sorted<'a>]) -> Result<Vec<Sorted<'a>>, ReleaseError> {
    let mut list = Worklist { apps, work: (0..apps.len()).rev().collect(), visited: BTreeSet::new() };
    let mut circular = BTreeSet::new();
    let mut order = Vec::new();
    while let Some(current) = list.work.pop() {
        let app = &apps[current];
        let (mut found, mut unreachable) = list.pick(app, &app.uses);
        unreachable = without(unreachable, &app.app.optional);
        let (included, more) = list.pick(app, &app.included);
        found.extend(included);
        unreachable.extend(more);
        circular.extend(unreachable.iter().flat_map(|name| [name.to_string(), app.app.name.clone()]));
        list.visited.insert(current);
        if found.is_empty() {
            order.push(app.clone());
            continue;
        }
        let again: Vec<usize> = found.iter().copied().filter(|index| list.visited.contains(index)).collect();
        if !again.is_empty() {
            circular.extend(again.iter().chain([&current]).map(|index| apps[*index].app.name.clone()));
        }
        list.work.push(current);
        list.work.extend(found.iter().rev().filter(|index| !again.contains(index)));
    }
    if circular.is_empty() {
        Ok(order)
    } else {
        Err(ReleaseError::Circular { apps: circular.into_iter().collect() })
    }
}

/// The applications that are still to be sorted, the next one last.
struct Worklist<'a, 'b> {
    apps: &'b [Sorted<'a>],
    work: Vec<usize>,
    visited: BTreeSet<usize>,
}

impl<'a, 'b> Worklist<'a, 'b> {
    /// Takes the named applications out of the list, except those that include `app`; in the order of
    /// `names`. Second, the names of those that were neither taken nor visited before: as all are in the
    /// release, `app` is needed for them.
    fn pick(&mut self, app: &Sorted<'a>, names: &'b [String]) -> (Vec<usize>, Vec<&'b String>) {
        let (mut found, mut unreachable) = (Vec::new(), Vec::new());
        for name in names.iter().rev() {
            let is_named = |index: &usize| self.apps[*index].app.name == *name;
            match self.work.iter().rposition(is_named) {
                Some(at) if !self.apps[self.work[at]].included.contains(&app.app.name) => {
                    found.insert(0, self.work.remove(at));
                }
                _ if self.visited.iter().any(is_named) => {}
                _ => unreachable.push(name),
            }
        }
        (found, unreachable)
    }
}
