//! Modules that would be other ones if they had been compiled in another directory.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{BuildOptions, ContainerWarning, Plan};
use crate::beam::BeamForm;
use crate::tree::{Content, Node, Tree, TreePath};

/// Looks into all modules of an image that were compiled here, and says which of them hold the path of the project's
/// directory. With a cache it looks only into those that it has not seen.
pub fn bound_modules(plan: &Plan, build: &BuildOptions<'_>) -> Option<ContainerWarning> {
    let (modules, directory) = compiled_here(&plan.tree)?;
    let bound = match build.cache {
        Some(cache) => cache.naming_directory(&modules),
        None => naming_directory(&modules),
    };
    let mut by_app: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in &bound {
        let (app, module) = names(path)?;
        by_app.entry(app.into()).or_default().push(module.into());
    }
    (!by_app.is_empty()).then_some(ContainerWarning::BoundModules { directory, modules: by_app })
}

/// Those modules, and the directory.
fn compiled_here(tree: &Tree) -> Option<(Tree, String)> {
    let mut modules = tree.clone();
    modules.retain(|_, entry| form(&entry.node).is_some_and(|form| form.directory().is_some()));
    let directory = modules.iter().find_map(|(_, entry)| form(&entry.node)?.directory().map(String::from))?;
    Some((modules, directory))
}

fn form(node: &Node) -> Option<&BeamForm> {
    if let Node::File(Content::Beam { form, .. }) = node { Some(form) } else { None }
}

fn naming_directory(modules: &Tree) -> Vec<TreePath> {
    let entries: Vec<_> = modules.iter().collect();
    let names_it = |node: &Node| match node {
        Node::File(content @ Content::Beam { form, .. }) => {
            content.read().is_ok_and(|module| form.names_directory(&module))
        }
        _ => false,
    };
    let bound = entries.into_par_iter().filter(|(_, entry)| names_it(&entry.node));
    bound.map(|(path, _)| path.clone()).collect()
}

/// Application and module of `…/NAME/ebin/MODULE.beam` or `…/NAME-VSN/ebin/MODULE.beam`.
fn names(path: &TreePath) -> Option<(&str, &str)> {
    let (folder, file) = path.as_str().rsplit_once("/ebin/")?;
    let app = folder.rsplit('/').next()?;
    let app = app.split_once('-').map_or(app, |(name, _)| name);
    Some((app, file.strip_suffix(".beam")?))
}

/// So many modules are shown.
const SHOWN: usize = 12;

/// `a` and `b` of `app`, `c` of `other`, and 3 more.
pub(super) fn listed(modules: &BTreeMap<String, Vec<String>>) -> String {
    let mut room = SHOWN;
    let mut parts = Vec::new();
    for (app, modules) in modules {
        let shown: Vec<String> = modules.iter().take(room).map(|module| format!("`{module}`")).collect();
        room -= shown.len();
        if !shown.is_empty() {
            parts.push(format!("{} of `{app}`", shown.join(", ")));
        }
    }
    let count: usize = modules.values().map(Vec::len).sum();
    if count > SHOWN {
        parts.push(format!("and {} more", count - SHOWN));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_listed_by_application_up_to_a_dozen() {
        let modules = |counts: [usize; 2]| {
            let names = |count| (0..count).map(|number| format!("m{number}")).collect();
            BTreeMap::from([("dep".to_string(), names(counts[0])), ("shop".to_string(), names(counts[1]))])
        };
        assert_eq!(listed(&modules([2, 1])), "`m0`, `m1` of `dep`; `m0` of `shop`");
        assert!(listed(&modules([11, 3])).ends_with("`m10` of `dep`; `m0` of `shop`; and 2 more"));
        assert!(listed(&modules([12, 3])).ends_with("`m11` of `dep`; and 3 more"));
    }

    #[test]
    fn applications_are_named_without_their_versions() {
        for path in ["opt/shop/lib/till-1.0-rc1/ebin/till_app.beam", "opt/shop/lib/till/ebin/till_app.beam"] {
            assert_eq!(names(&TreePath::new(path).expect("a path")), Some(("till", "till_app")));
        }
    }
}
