//! Which layer each group of entries goes into: what changes rarely lies low, what changes together lies together.
//!
//! Applications get a layer each as long as there are not too many. Beyond that the largest keep theirs, and the others
//! share some: dependencies by whether they stand still, the project's own by a hash of their names, so that an
//! application that is added moves one layer and not all.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::tree::{Entry, Group, Node, Tree, TreePath};

/// How many layers the applications of an image have at most.
///
/// Container engines take 127 in all. Where these, those of the base image, and the three that are always there would be
/// more, there are fewer of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerBudget {
    /// Layers of dependencies; 0 and 1 put all into one. Default: 20.
    pub dependencies: usize,
    /// Layers of the project's own applications; 0 and 1 put all into one. Default: 20.
    pub project: usize,
}

impl Default for LayerBudget {
    fn default() -> Self {
        Self { dependencies: 20, project: 20 }
    }
}

/// What a module counts in the comparison of applications. Its size would depend on who compiled it, and where.
const MODULE: u64 = 4096;

/// Layers that no budget counts: `native`, `otp`, `release`.
const FIXED: usize = 3;

/// What decides the layers, besides the tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct GroupingOptions<'a> {
    pub(super) budget: LayerBudget,
    /// Dependencies that are asked for by something that moves. All others stand still.
    pub(super) moving: Option<&'a BTreeSet<String>>,
    /// How many layers there may be.
    pub(super) room: usize,
}

/// The layers, and which group is in which.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    /// The names of the layers, lowest first.
    pub(super) names: Vec<String>,
    places: BTreeMap<Group, usize>,
}

/// A layer of applications: its name, and theirs.
type Shelf<'a> = (String, Vec<&'a str>);

impl Grouping {
    /// Decides the layers of a tree.
    pub(super) fn of(tree: &Tree, options: &GroupingOptions<'_>) -> Self {
        let dependencies = Apps::of(tree, |group| match group {
            Group::Dependency(name) => Some(name),
            _ => None,
        });
        let project = Apps::of(tree, |group| match group {
            Group::Project(name) => Some(name),
            _ => None,
        });
        let counts = (dependencies.names.len(), project.names.len());
        let budget = fitted(options.budget, counts, options.room.saturating_sub(FIXED));
        let mut grouping = Self::default();
        grouping.add("native".into(), [Group::Native]);
        grouping.add("otp".into(), [Group::Erts, Group::Otp]);
        for (name, members) in of_dependencies(&dependencies, budget.dependencies, options.moving) {
            grouping.add(name, members.into_iter().map(|name| Group::Dependency(name.into())));
        }
        for (name, members) in of_project(&project, budget.project) {
            grouping.add(name, members.into_iter().map(|name| Group::Project(name.into())));
        }
        grouping.add("release".into(), [Group::Release]);
        grouping
    }

    fn add(&mut self, name: String, groups: impl IntoIterator<Item = Group>) {
        let place = self.names.len();
        self.names.push(name);
        self.places.extend(groups.into_iter().map(|group| (group, place)));
    }

    /// The place of a group's layer among the names.
    pub(super) fn place(&self, group: &Group) -> Option<usize> {
        self.places.get(group).copied()
    }
}

/// The applications of one kind in a tree.
struct Apps<'a> {
    tree: &'a Tree,
    name_of: fn(&Group) -> Option<&String>,
    names: BTreeSet<&'a str>,
}

impl<'a> Apps<'a> {
    fn of(tree: &'a Tree, name_of: fn(&Group) -> Option<&String>) -> Self {
        let names = tree.iter().filter_map(|(_, entry)| name_of(&entry.group)).map(String::as_str);
        Self { tree, name_of, names: names.collect() }
    }

    /// The largest, as many as there are to be. Sizes are compared by powers of two, so that a small change leaves the order
    /// as it is; of equal ones the first by name count.
    fn largest(&self, count: usize) -> BTreeSet<&'a str> {
        let mut weights: BTreeMap<&str, u64> = self.names.iter().map(|name| (*name, 1)).collect();
        for (path, entry) in self.tree.iter() {
            if let Some(sum) = (self.name_of)(&entry.group).and_then(|name| weights.get_mut(name.as_str())) {
                *sum += weight(path, entry);
            }
        }
        let mut names: Vec<&str> = self.names.iter().copied().collect();
        names.sort_by_key(|name| Reverse(weights.get(name).map(|weight| weight.ilog2())));
        names.into_iter().take(count).collect()
    }
}

/// What can be known of a file without reading it, and is the same on every machine.
fn weight(path: &TreePath, entry: &Entry) -> u64 {
    let Node::File(content) = &entry.node else { return 0 };
    match content.source() {
        _ if path.as_str().ends_with(".beam") => MODULE,
        // One that is not there is an error when it is packed.
        Some(source) => source.metadata().map_or(0, |metadata| metadata.len()),
        None => content.read().map_or(0, |bytes| bytes.len() as u64),
    }
}

/// The budget as far as there are applications to use it, and room for it: what is too much is taken from the larger half.
fn fitted(budget: LayerBudget, (dependencies, project): (usize, usize), room: usize) -> LayerBudget {
    let mut fitted = LayerBudget {
        dependencies: budget.dependencies.clamp(1, dependencies.max(1)),
        project: budget.project.clamp(1, project.max(1)),
    };
    while fitted.dependencies + fitted.project > room.max(2) {
        let larger =
            if fitted.project > fitted.dependencies { &mut fitted.project } else { &mut fitted.dependencies };
        *larger -= 1;
    }
    fitted
}

/// Those that stand still lie below those that move.
fn of_dependencies<'a>(apps: &Apps<'a>, budget: usize, moving: Option<&BTreeSet<String>>) -> Vec<Shelf<'a>> {
    let moves = |name: &str| moving.is_some_and(|moving| moving.contains(name));
    let (moving, released): (Vec<&str>, Vec<&str>) = apps.names.iter().copied().partition(|name| moves(name));
    if budget < 2 && apps.names.len() > budget {
        return vec![("dependencies".into(), [released, moving].concat())];
    }
    let kinds = usize::from(!moving.is_empty()) + usize::from(!released.is_empty());
    let own = if apps.names.len() > budget { apps.largest(budget - kinds) } else { apps.names.clone() };
    let mut shelves = Vec::new();
    for (name, members) in [("dependencies released", released), ("dependencies moving", moving)] {
        let (alone, together): (Vec<&str>, Vec<&str>) =
            members.into_iter().partition(|name| own.contains(name));
        shelves.push((name.to_string(), together));
        shelves.extend(alone.into_iter().map(|name| (format!("dependency {name}"), vec![name])));
    }
    shelves
}

/// Beyond the budget, half of it is for the largest.
fn of_project<'a>(apps: &Apps<'a>, budget: usize) -> Vec<Shelf<'a>> {
    if apps.names.len() > budget && budget < 2 {
        return vec![("project".into(), apps.names.iter().copied().collect())];
    }
    let own = if apps.names.len() > budget { apps.largest(budget / 2) } else { apps.names.clone() };
    let count = budget - own.len().min(budget);
    let mut shared: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for name in apps.names.iter().copied().filter(|name| !own.contains(name)) {
        shared.entry(bucket(name, count)).or_default().push(name);
    }
    let shared =
        shared.into_iter().map(|(number, names)| (format!("project {} of {count}", number + 1), names));
    shared.chain(own.iter().map(|name| (format!("project {name}"), vec![*name]))).collect()
}

/// One of `count`, by the name alone.
fn bucket(name: &str, count: usize) -> usize {
    let digest = Digest::of(name.as_bytes()).hex();
    let number = digest.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default();
    number as usize % count.max(1)
}

#[cfg(test)]
#[path = "grouping_tests.rs"]
mod tests;
