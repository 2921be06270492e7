//! Where the applications of a project lie in an image: in `lib/NAME`, to which `lib/NAME-VSN` is a link.
//!
//! A version that is a commit of git is another one with each commit, and would move every file of every application of the
//! project. So what has a version in it, the link and the `.app` file, is apart from the modules: in the group of the
//! release. Everything that Erlang is told has `lib/NAME-VSN`, as in any other release: the boot script, RELEASES,
//! `code:lib_dir/1`. A version that is unpacked beside has real directories, and where one is removed the link goes.

use std::collections::BTreeMap;

use crate::project::Origin;
use crate::release::Release;
use crate::tree::{Entry, Group, Tree, TreeError, TreePath};

/// The directory of an application below `lib`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AppDir {
    /// The application's name.
    pub(super) name: String,
    /// Its name and its version.
    pub(super) versioned: String,
}

/// Those of the project's own applications.
pub(super) fn own(release: &Release) -> Vec<AppDir> {
    let is_own = |origin: Origin| matches!(origin, Origin::Project | Origin::Checkout);
    let apps = release.apps.iter().filter(|app| is_own(app.origin));
    apps.map(|app| AppDir { name: app.app.name.clone(), versioned: app.app.dir_name() }).collect()
}

/// Moves these applications, which are in the release at `home`, to directories without versions. One whose place is
/// taken stays where it is.
///
/// # Errors
/// None in practice: only for names that are no paths.
pub(super) fn without_versions(tree: Tree, home: &TreePath, apps: &[AppDir]) -> Result<Tree, TreeError> {
    let lib = format!("{home}/lib");
    let apps = apps.iter().filter(|app| is_movable(&tree, &lib, app));
    let apps: BTreeMap<&str, &str> = apps.map(|app| (app.versioned.as_str(), app.name.as_str())).collect();
    let mut placed = Tree::new();
    for (path, entry) in tree.iter() {
        let below = path.as_str().strip_prefix(&lib).and_then(|below| below.strip_prefix('/'));
        let (dir, rest) = below.map_or(("", ""), |below| below.split_once('/').unwrap_or((below, "")));
        match apps.get(dir) {
            Some(name) => {
                placed.insert(TreePath::new(format!("{lib}/{name}/{rest}"))?, of(entry, name, rest))?
            }
            None => placed.insert(path.clone(), entry.clone())?,
        }
    }
    for (versioned, name) in apps {
        placed.insert(TreePath::new(format!("{lib}/{versioned}"))?, Entry::symlink(name, Group::Release))?;
    }
    Ok(placed)
}

fn is_movable(tree: &Tree, lib: &str, app: &AppDir) -> bool {
    let Ok(place) = TreePath::new(format!("{lib}/{}", app.name)) else { return false };
    let is_free = tree.get(place.as_str()).is_none() && !tree.has_below(&place);
    is_free && tree.get(&format!("{lib}/{}", app.versioned)).is_some_and(Entry::is_directory)
}

/// The `.app` file has the version in it.
fn of(entry: &Entry, name: &str, rest: &str) -> Entry {
    let app_file = rest.strip_prefix("ebin/").and_then(|file| file.strip_suffix(".app"));
    let group = if app_file == Some(name) { Group::Release } else { entry.group.clone() };
    Entry { group, ..entry.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::listing;

    fn moved(paths: &[&str], apps: &[(&str, &str)]) -> String {
        let entry = |path: &&str| {
            let group = if path.contains("/lib/") && !path.ends_with("/overlay") {
                Group::Project("shop".into())
            } else {
                Group::Release
            };
            (TreePath::new(path).expect("a path"), Entry::file("x", 0o644, group))
        };
        let mut tree: Tree = paths.iter().map(entry).collect();
        tree.add_parents().expect("no file is above another");
        let app =
            |(name, vsn): &(&str, &str)| AppDir { name: (*name).into(), versioned: format!("{name}-{vsn}") };
        let home = TreePath::new("opt/shop").expect("a path");
        let apps: Vec<AppDir> = apps.iter().map(app).collect();
        let tree = without_versions(tree, &home, &apps).expect("moved");
        listing(&tree).lines().filter(|line| !line.ends_with('/')).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_has_a_version_in_it_is_apart_from_the_modules() {
        let paths = [
            "opt/shop/lib/shop-1a2b/ebin/shop.app",
            "opt/shop/lib/shop-1a2b/ebin/shop.beam",
            "opt/shop/lib/shop-1a2b/priv/overlay",
            "opt/shop/lib/shop-1a2b/priv/lib/shop.app",
            "opt/shop/lib/shop-1a2b-rc/x",
            "opt/shop/lib/till-1.0/ebin/till.app",
            "opt/shop/library/shop-1a2b/x",
            "lib/shop-1a2b/x",
        ];
        insta::assert_snapshot!(moved(&paths, &[("shop", "1a2b"), ("not_packed", "1")]), @r"
        0644 release lib/shop-1a2b/x
        link release opt/shop/lib/shop-1a2b -> shop
        0644 project:shop opt/shop/lib/shop-1a2b-rc/x
        0644 release opt/shop/lib/shop/ebin/shop.app
        0644 project:shop opt/shop/lib/shop/ebin/shop.beam
        0644 project:shop opt/shop/lib/shop/priv/lib/shop.app
        0644 release opt/shop/lib/shop/priv/overlay
        0644 project:shop opt/shop/lib/till-1.0/ebin/till.app
        0644 release opt/shop/library/shop-1a2b/x
        ");
    }

    #[test]
    fn an_application_whose_place_is_taken_stays_where_it_is() {
        let paths = [
            "opt/shop/lib/shop-1/ebin/shop.app",
            "opt/shop/lib/shop",
            "opt/shop/lib/till-1/ebin/till.app",
            "opt/shop/lib/till/x",
            "opt/shop/lib/sack-1",
        ];
        insta::assert_snapshot!(moved(&paths, &[("shop", "1"), ("till", "1"), ("sack", "1")]), @r"
        0644 project:shop opt/shop/lib/sack-1
        0644 project:shop opt/shop/lib/shop
        0644 project:shop opt/shop/lib/shop-1/ebin/shop.app
        0644 project:shop opt/shop/lib/till-1/ebin/till.app
        0644 project:shop opt/shop/lib/till/x
        ");
    }
}
