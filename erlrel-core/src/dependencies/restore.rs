//! Taking over what a cache has: verified as a whole before anything is in its place, and each dependency complete
//! or not at all.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::time::SystemTime;

use super::check::{Parts, take_apart, why};
use super::pack::{fits, read_index};
use super::package_index::PackageIndex;
use super::pins::Pin;
use super::{ARTIFACT_TYPE, Dependencies, DependenciesError, INDEX, KEY, NAMES};
use crate::deflate;
use crate::fs::{self, FsError, ScratchDir};
use crate::image::Blob;
use crate::shared_cache::Found;
#[cfg(doc)]
use crate::shared_cache::SharedCacheError;
use crate::term;
use crate::tree::{Entry, Group, Node, Tree, TreeError, TreePath, clean_up, read_limited, write_directory};

/// How many bytes an entry may have: many times what any project's dependencies have.
const LARGEST: u64 = 1 << 30;

/// And what it may unpack to.
const LARGEST_UNPACKED: u64 = 4 << 30;

/// What became of an entry of a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The names of the dependencies that are in `_build` now and were not before, sorted.
    pub names: Vec<String>,
    /// Those that were there already: they stay as they are.
    pub kept: Vec<String>,
    /// How many bytes were read from the cache.
    pub bytes: u64,
}

/// Puts the dependencies of an entry into `_build`, with `at` as the time of every file: to whatever was compiled
/// before they are new.
///
/// Nothing is in its place before all digests are right and every path was found to be one of a dependency. A
/// dependency that is there already is left alone: rebar3 knows whether it is the right one. If the process is ended
/// in between, each dependency is there as a whole or not at all.
///
/// # Errors
/// [`SharedCacheError::Ignored`] if the entry is damaged or is another one than its tag says; else when it cannot be
/// read, or `_build` not be written.
pub fn restore(
    dependencies: &Dependencies,
    found: &Found,
    at: SystemTime,
) -> Result<Restored, DependenciesError> {
    let ignored = |why: String| DependenciesError::from(found.ignored(&dependencies.tag(), why));
    let layer = checked_layer(dependencies, found).map_err(ignored)?;
    fs::create_dir_all(&dependencies.base_dir)?;
    clean_up(&dependencies.base_dir)?;
    let scratch = ScratchDir::new_in(&dependencies.base_dir)?;
    let tree = unpack(layer, scratch.path(), ignored)?;
    let parts = take_apart(&tree, dependencies).map_err(ignored)?;
    check_names(found, &parts).map_err(ignored)?;
    let (restored, kept) = put(dependencies, parts, scratch.path(), at)?;
    merge_index(dependencies, &tree)?;
    let bytes = layer.size() + found.artifact.manifest().size();
    Ok(Restored { names: restored, kept, bytes })
}

/// The only layer of an entry that is for these dependencies.
fn checked_layer<'a>(dependencies: &Dependencies, found: &'a Found) -> Result<&'a Blob, String> {
    let artifact = &found.artifact;
    if artifact.artifact_type() != ARTIFACT_TYPE {
        return Err(format!("it is of the type `{}`", artifact.artifact_type()));
    }
    let key = artifact.annotations().get(KEY).map_or("none", String::as_str);
    if key != dependencies.key.to_string() {
        return Err(format!("its key is {key}, it should be {}", dependencies.key));
    }
    match artifact.layers() {
        [layer] if layer.size() > LARGEST => Err(format!("its layer has {} bytes", layer.size())),
        [layer] => Ok(layer),
        layers => Err(format!("it has {} layers instead of one", layers.len())),
    }
}

/// An entry with less than it says would count as one that has everything.
fn check_names(found: &Found, parts: &Parts) -> Result<(), String> {
    let names: BTreeSet<&str> = parts.keys().map(TreePath::file_name).collect();
    let said = found.artifact.annotations().get(NAMES).map_or("", String::as_str);
    let said: BTreeSet<&str> = said.split(' ').filter(|name| !name.is_empty()).collect();
    if names.is_empty() || names != said {
        return Err("it does not have the dependencies that it says it has".into());
    }
    Ok(())
}

/// The layer's files in `scratch`. The digest is verified before the first byte is looked at.
fn unpack(
    layer: &Blob,
    scratch: &Path,
    ignored: impl Fn(String) -> DependenciesError,
) -> Result<Tree, DependenciesError> {
    let (packed, files) = (scratch.join("layer"), scratch.join("files"));
    fs::create_dir_all(&files)?;
    let mut file = File::create(&packed).map_err(FsError::while_doing("write", &packed))?;
    layer.copy_to(&mut file, &packed).map_err(|error| match error.source.kind() {
        std::io::ErrorKind::InvalidData => ignored(error.source.to_string()),
        _ => error.into(),
    })?;
    let file = File::open(&packed).map_err(FsError::while_doing("read", &packed))?;
    let tar = deflate::reader(std::io::BufReader::new(file));
    read_limited(tar, &packed, &files, LARGEST_UNPACKED).map_err(|error| match error {
        TreeError::Fs(error) if error.action != "unpack" => error.into(),
        TreeError::Fs(error) => ignored(error.source.to_string()),
        error => ignored(why(&error)),
    })
}

/// Writes the dependencies aside and moves each that is not there into its place.
fn put(
    dependencies: &Dependencies,
    parts: Parts,
    scratch: &Path,
    at: SystemTime,
) -> Result<(Vec<String>, Vec<String>), DependenciesError> {
    let (mut restored, mut kept) = (BTreeSet::new(), BTreeSet::new());
    let aside = scratch.join("new");
    for (place, mut tree) in parts {
        let name = place.file_name().to_string();
        let to = dependencies.base_dir.join(place.as_str());
        if to.symlink_metadata().is_ok() {
            kept.insert(name);
            continue;
        }
        if let Some(Pin::Commit(commit)) = dependencies.pins.get(&name) {
            add_repository(&mut tree, None, commit)?;
        }
        let from = aside.join(place.as_str());
        write_directory(&tree, &from, |_| false)?;
        set_times(&tree, &from, at)?;
        to.parent().map_or(Ok(()), fs::create_dir_all)?;
        match std::fs::rename(&from, &to) {
            Err(_) if to.is_dir() => kept.insert(name), // another run was faster
            moved => moved.map(|()| restored.insert(name)).map_err(FsError::while_doing("write", &to))?,
        };
    }
    Ok((restored.into_iter().collect(), kept.into_iter().collect()))
}

/// As much of a git repository as git needs to name its commit: it has no objects, no address and no hooks. It lies in
/// the directory `place` of the tree.
pub(crate) fn add_repository(
    tree: &mut Tree,
    place: Option<&TreePath>,
    commit: &str,
) -> Result<(), TreeError> {
    let below =
        |path: &str| TreePath::new(path).map(|path| place.map_or(path.clone(), |place| path.under(place)));
    for directory in [".git", ".git/objects", ".git/refs"] {
        tree.insert(below(directory)?, Entry::directory(Group::Release))?;
    }
    let head = Entry::file(format!("{commit}\n"), 0o644, Group::Release);
    tree.insert(below(".git/HEAD")?, head)
}

fn set_times(tree: &Tree, root: &Path, at: SystemTime) -> Result<(), FsError> {
    for (path, _) in tree.iter().filter(|(_, entry)| matches!(entry.node, Node::File(_))) {
        let path = root.join(path.as_str());
        let set = File::open(&path).and_then(|file| file.set_modified(at));
        set.map_err(FsError::while_doing("set the time of", &path))?;
    }
    Ok(())
}

/// Adds the entry's packages to rebar3's index, if one of them is not in it. A lock that says another digest counts
/// for more.
fn merge_index(dependencies: &Dependencies, tree: &Tree) -> Result<(), DependenciesError> {
    let Some(path) = &dependencies.index else { return Ok(()) };
    let Some(Entry { node: Node::File(content), .. }) = tree.get(INDEX) else { return Ok(()) };
    let packages = packages_in(tree)?;
    let keep = |name: &str, item: &[u8]| packages.contains(name) && fits(dependencies, name, item);
    let Some(theirs) = PackageIndex::parse(&content.read()?).map(|index| index.only(keep)) else {
        return Ok(());
    };
    let own = read_index(Some(path))?;
    let both = own.iter().fold(theirs, |both, own| both.with(own));
    if own.as_ref() != Some(&both) && !both.is_empty() {
        fs::write_aside(path, |out| {
            std::io::Write::write_all(out, &both.encode()).map_err(FsError::while_doing("write", path))
        })?;
    }
    Ok(())
}

/// The names of the Hex packages in a tree of dependencies, as their own descriptions have them.
pub(super) fn packages_in(tree: &Tree) -> Result<BTreeSet<String>, TreeError> {
    let mut packages = BTreeSet::new();
    for (path, entry) in tree.iter().filter(|(path, _)| path.file_name() == "hex_metadata.config") {
        if let (Node::File(content), 3) = (&entry.node, path.as_str().matches('/').count()) {
            packages.extend(package_name(&content.read()?));
        }
    }
    Ok(packages)
}

/// The name in the description of a package: `{<<"name">>, <<"cowboy">>}.`
fn package_name(description: &[u8]) -> Option<String> {
    let document = term::consult(Path::new("hex_metadata.config"), description).ok()?;
    document.terms.iter().find_map(|term| match term.as_tuple()? {
        [key, name] if key.as_text().as_deref() == Some("name") => name.as_text(),
        _ => None,
    })
}
