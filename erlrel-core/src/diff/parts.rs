//! Files, gathered into the applications and releases that they are of, and compared.

use std::collections::{BTreeMap, BTreeSet};

use super::Change;
use super::modules::{self, ModuleChange};
use super::view::{File, Item, Node, View};

/// What a part of an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartKind {
    /// The Erlang runtime system.
    Erts,
    /// An application.
    Application,
    /// A version of a release: its boot files and configuration.
    Release,
}

/// An application, runtime system or release that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartChange {
    /// What it is.
    pub kind: PartKind,
    /// The name of an application; empty for others.
    pub name: String,
    /// Whether it was added, removed or changed.
    pub change: Change,
    /// Its version in the old image, where a directory or a link says so.
    pub old_vsn: Option<String>,
    /// Its version in the new image.
    pub new_vsn: Option<String>,
    /// Modules that are not the same, if both images have the part.
    pub modules: Vec<ModuleChange>,
    /// Other files that are not the same, by their path in the part, if both images have it.
    pub files: Vec<FileChange>,
}

/// A file, link or directory that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Its path.
    pub path: String,
    /// Whether it was added, removed or changed.
    pub change: Change,
    /// In the old image.
    pub old: Option<FileFacts>,
    /// In the new image.
    pub new: Option<FileFacts>,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// `file`, `link`, `directory` or `special`.
    pub kind: &'static str,
    /// Permission bits.
    pub mode: u32,
    /// The bytes of a file.
    pub size: u64,
    /// The target of a link.
    pub target: Option<String>,
}

impl FileChange {
    /// What of it has changed: `content`, `mode`, `target`, or what it is.
    pub fn why(&self) -> &'static str {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) if old.kind != new.kind => "kind",
            (Some(old), Some(new)) if old.target != new.target => "target",
            (Some(old), Some(new))
                if old == &FileFacts { mode: old.mode, ..new.clone() } && old.mode != new.mode =>
            {
                "mode"
            }
            _ => "content",
        }
    }
}

/// Compares two views: parts, and the files that are in none.
pub(super) fn compare(old: &View, new: &View) -> (Vec<PartChange>, Vec<FileChange>) {
    let (old, new) = (Gathered::of(old), Gathered::of(new));
    let mut changes = Vec::new();
    let ids: BTreeSet<Id> = old.parts.keys().chain(new.parts.keys()).cloned().collect();
    for id in ids {
        let (old, new) = (old.parts.get(&id), new.parts.get(&id));
        for (old, new) in pairs(old.map_or(&[][..], Vec::as_slice), new.map_or(&[][..], Vec::as_slice)) {
            changes.extend(part(&id, old, new));
        }
    }
    let files = files(&old.others, &new.others);
    (changes, files)
}

/// Kind and name.
type Id = (PartKind, String);

/// A directory that is a part of its own.
#[derive(Debug, Default)]
struct Part<'a> {
    path: String,
    vsn: Option<String>,
    /// By path in the directory.
    items: BTreeMap<&'a str, Shown<'a>>,
}

/// What stands at a path, and whether anything stands below it.
#[derive(Debug, Clone, Copy)]
struct Shown<'a> {
    item: &'a Item,
    has_below: bool,
}

impl Shown<'_> {
    fn is_removed(self) -> bool {
        matches!(self.item.node, Node::Removed)
    }
}

#[derive(Debug, Default)]
struct Gathered<'a> {
    parts: BTreeMap<Id, Vec<Part<'a>>>,
    others: BTreeMap<&'a str, Shown<'a>>,
}

impl<'a> Gathered<'a> {
    fn of(view: &'a View) -> Self {
        let dirs: BTreeMap<String, (Id, Option<String>)> =
            view.iter().filter_map(|(path, _)| directory(path)).collect();
        let mut parts: BTreeMap<&str, Part<'a>> = BTreeMap::new();
        let mut others = BTreeMap::new();
        for (dir, (_, vsn)) in &dirs {
            parts.insert(dir, Part { path: dir.clone(), vsn: vsn.clone(), items: BTreeMap::new() });
        }
        for (path, item) in view.iter() {
            if let Some((dir, vsn)) = version_link(path, item)
                && let Some(part) = parts.get_mut(dir.as_str())
            {
                part.vsn = Some(vsn);
                continue;
            }
            let has_below = matches!(item.node, Node::Directory) && view.has_below(path);
            let ends = path.match_indices('/').rev().map(|(at, _)| at);
            let owner = ends.filter_map(|at| path.get(..at)).find(|above| dirs.contains_key(*above));
            match owner.and_then(|owner| parts.get_mut(owner)) {
                Some(part) => {
                    let inner = path.get(part.path.len() + 1..).unwrap_or_default();
                    part.items.insert(inner, Shown { item, has_below });
                }
                None => drop(others.insert(path, Shown { item, has_below })),
            }
        }
        let mut gathered = Self { parts: BTreeMap::new(), others };
        for (dir, part) in parts {
            if let Some((id, _)) = dirs.get(dir) {
                gathered.parts.entry(id.clone()).or_default().push(part);
            }
        }
        gathered
    }
}

/// The part that a path shows: `lib/NAME-VSN/ebin`, `erts-VSN`, `releases/VSN/start.boot`.
fn directory(path: &str) -> Option<(String, (Id, Option<String>))> {
    let names: Vec<&str> = path.split('/').collect();
    let up_to = |at: usize| names.get(..=at).map(|names| names.join("/"));
    if let Some(at) = names.iter().position(|name| name.starts_with("erts-")) {
        let vsn =
            names[at].strip_prefix("erts-").filter(|vsn| vsn.starts_with(|c: char| c.is_ascii_digit()))?;
        return Some((up_to(at)?, ((PartKind::Erts, String::new()), Some(vsn.into()))));
    }
    if let Some(at) =
        names.iter().rposition(|name| *name == "ebin").filter(|at| *at >= 2 && names[at - 2] == "lib")
    {
        let (name, vsn) =
            names[at - 1].split_once('-').map_or((names[at - 1], None), |(name, vsn)| (name, Some(vsn)));
        return Some((up_to(at - 1)?, ((PartKind::Application, name.into()), vsn.map(String::from))));
    }
    match names.as_slice() {
        [.., "releases", vsn, "start.boot"] => {
            let dir = up_to(names.len() - 2)?;
            Some((dir, ((PartKind::Release, String::new()), Some(vsn.to_string()))))
        }
        _ => None,
    }
}

/// The directory of an application that lies in `lib/NAME`, and the version that a link to it has in its name.
fn version_link(path: &str, item: &Item) -> Option<(String, String)> {
    let Node::Symlink(target) = &item.node else { return None };
    let (lib, name) = path.rsplit_once('/')?;
    let (name, vsn) = name.split_once('-')?;
    (target == name).then(|| (format!("{lib}/{name}"), vsn.into()))
}

/// What is there once in each image belongs together, else what has the same path.
fn pairs<'p, 'a>(
    old: &'p [Part<'a>],
    new: &'p [Part<'a>],
) -> Vec<(Option<&'p Part<'a>>, Option<&'p Part<'a>>)> {
    if let ([old], [new]) = (old, new) {
        return vec![(Some(old), Some(new))];
    }
    let at = |parts: &'p [Part<'a>], path: &str| parts.iter().find(|part| part.path == path);
    let mut pairs: Vec<_> = old.iter().map(|part| (Some(part), at(new, &part.path))).collect();
    pairs.extend(new.iter().filter(|part| at(old, &part.path).is_none()).map(|part| (None, Some(part))));
    pairs
}

fn part((kind, name): &Id, old: Option<&Part<'_>>, new: Option<&Part<'_>>) -> Option<PartChange> {
    let vsn = |part: Option<&Part<'_>>| part.and_then(|part| part.vsn.clone());
    let mut change = PartChange {
        kind: *kind,
        name: name.clone(),
        change: Change::Changed,
        old_vsn: vsn(old),
        new_vsn: vsn(new),
        modules: Vec::new(),
        files: Vec::new(),
    };
    match (old, new) {
        (Some(_), None) => change.change = Change::Removed,
        (None, _) => change.change = Change::Added,
        (Some(old), Some(new)) => {
            (change.modules, change.files) = split(&old.items, &new.items);
            let is_same = change.old_vsn == change.new_vsn;
            if is_same && change.modules.is_empty() && change.files.is_empty() {
                return None;
            }
        }
    }
    Some(change)
}

type Items<'a> = BTreeMap<&'a str, Shown<'a>>;

/// Modules, and all other files.
fn split(old: &Items<'_>, new: &Items<'_>) -> (Vec<ModuleChange>, Vec<FileChange>) {
    let mut found = Vec::new();
    let mut rest = Vec::new();
    for change in files(old, new) {
        let file = |items: &Items<'_>| items.get(change.path.as_str()).and_then(|shown| module(shown.item));
        match module_change(&change, file(old), file(new)) {
            Some(module) => found.push(module),
            None => rest.push(change),
        }
    }
    (found, rest)
}

fn module(item: &Item) -> Option<File> {
    match &item.node {
        Node::File(file) if file.outline.is_some() => Some(file.clone()),
        _ => None,
    }
}

fn module_change(change: &FileChange, old: Option<File>, new: Option<File>) -> Option<ModuleChange> {
    let name = change.path.strip_prefix("ebin/")?.strip_suffix(".beam")?;
    let outlines = match (&old, &new) {
        (None, None) => return None,
        (Some(old), Some(new)) if old.digest == new.digest => return None,
        (Some(old), Some(new)) => old.outline.as_ref().zip(new.outline.as_ref()),
        _ => None,
    };
    let (functions, other) = outlines.map(|(old, new)| modules::compare(old, new)).unwrap_or_default();
    let size = |file: Option<File>| file.map(|file| file.size);
    Some(ModuleChange {
        name: name.into(),
        change: change.change,
        old_size: size(old),
        new_size: size(new),
        functions,
        other,
    })
}

/// Whatever stands at a path in one of them and not in the other.
fn files(old: &Items<'_>, new: &Items<'_>) -> Vec<FileChange> {
    let paths: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let change = |path: &str| file(path, old.get(path).copied(), new.get(path).copied());
    paths.into_iter().filter_map(change).collect()
}

fn file(path: &str, old: Option<Shown<'_>>, new: Option<Shown<'_>>) -> Option<FileChange> {
    let (was_removed, is_removed) = (old.is_some_and(Shown::is_removed), new.is_some_and(Shown::is_removed));
    let change = match (there(old), there(new)) {
        (None, None) if was_removed == is_removed => return None,
        (None, None) if was_removed => Change::Added,
        (None, None) => Change::Removed,
        // A directory with something in it comes and goes with that.
        (None, Some(new)) if new.has_below => return None,
        (Some(old), None) if old.has_below => return None,
        (None, Some(_)) => Change::Added,
        (Some(_), None) => Change::Removed,
        (Some(old), Some(new)) if is_same(old.item, new.item) => return None,
        (Some(_), Some(_)) => Change::Changed,
    };
    let facts = |shown: Option<Shown<'_>>| there(shown).map(|shown| facts(shown.item));
    Some(FileChange { path: path.into(), change, old: facts(old), new: facts(new) })
}

fn there(shown: Option<Shown<'_>>) -> Option<Shown<'_>> {
    shown.filter(|shown| !shown.is_removed())
}

fn is_same(old: &Item, new: &Item) -> bool {
    let is_same = match (&old.node, &new.node) {
        (Node::File(old), Node::File(new)) => old.digest == new.digest,
        (Node::Symlink(old), Node::Symlink(new)) => return old == new,
        (Node::Directory, Node::Directory) | (Node::Special, Node::Special) => true,
        _ => false,
    };
    is_same && old.mode == new.mode
}

fn facts(item: &Item) -> FileFacts {
    let (kind, size, target) = match &item.node {
        Node::File(file) => ("file", file.size, None),
        Node::Symlink(target) => ("link", 0, Some(target.clone())),
        Node::Directory => ("directory", 0, None),
        Node::Special | Node::Removed => ("special", 0, None),
    };
    FileFacts { kind, mode: item.mode, size, target }
}
