//! The files of an image as its layers leave them: overlays, whiteouts and symbolic links resolved
//! (image-spec, "layer.md", "Applying Changesets").

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use tar::{Archive, EntryType};

use crate::elf;

/// How many symbolic links may be followed for one path: the Linux kernel's limit.
const MAX_LINKS: usize = 40;

/// The largest shared library that is looked into.
const MAX_LIBRARY: u64 = 256 << 20;

/// What stands at a path of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileKind {
    /// A directory.
    Directory,
    /// A regular file, or a hard link to one.
    File,
    /// A symbolic link with its target as it is written.
    Symlink(String),
    /// A device or pipe.
    Special,
}

/// What stands at a path, and its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInfo {
    /// What it is.
    pub kind: FileKind,
    /// Permission bits.
    pub mode: u32,
    /// Numeric user and group.
    pub owner: (u64, u64),
    /// The symbol versions that a shared library defines; none for any other file, and for a hard link to one.
    pub symbol_versions: BTreeSet<String>,
}

impl FileInfo {
    /// The directory that engines make where a layer has none: 0755, owned by root.
    pub(crate) fn implied_directory() -> Self {
        Self::new(FileKind::Directory, 0o755)
    }

    /// Something that belongs to root.
    pub(crate) fn new(kind: FileKind, mode: u32) -> Self {
        Self { kind, mode, owner: (0, 0), symbol_versions: BTreeSet::new() }
    }
}

/// All paths of an image, without a leading `/`, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileMap {
    entries: BTreeMap<String, FileInfo>,
}

impl FileMap {
    /// What stands at `path` itself; links in its parents are not followed.
    pub fn get(&self, path: &str) -> Option<&FileInfo> {
        self.entries.get(path.trim_matches('/'))
    }

    /// What `path` leads to when all symbolic links are followed, with the path where it is; `None` if there
    /// is nothing. A link cannot leave the image: its root is `/`.
    pub fn resolve(&self, path: &str) -> Option<(&str, &FileInfo)> {
        let at = self.walk(path, true)?;
        self.entries.get_key_value(&at).map(|(path, info)| (path.as_str(), info))
    }

    /// True if `path` leads to a directory.
    pub fn is_directory(&self, path: &str) -> bool {
        self.resolve(path).is_some_and(|(_, info)| info.kind == FileKind::Directory)
    }

    /// All paths with what stands there.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &FileInfo)> {
        self.entries.iter().map(|(path, info)| (path.as_str(), info))
    }

    /// Puts a layer on top.
    pub(crate) fn apply(&mut self, layer: LayerFiles) {
        for change in &layer.removals {
            match change {
                Removal::Path(path) => self.remove(path),
                Removal::Children(path) => self.remove_children(path),
            }
        }
        for (path, info) in layer.entries {
            self.insert(&path, info);
        }
    }

    fn remove(&mut self, path: &str) {
        if let Some(at) = self.walk(path, false) {
            self.remove_below(&at);
            self.entries.remove(&at);
        }
    }

    fn remove_children(&mut self, path: &str) {
        if let Some(at) = self.walk(path, true) {
            self.remove_below(&at);
        }
    }

    fn remove_below(&mut self, path: &str) {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let below = self.entries.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
        for path in below.map(|(path, _)| path.clone()).collect::<Vec<_>>() {
            self.entries.remove(&path);
        }
    }

    /// Puts one entry on top, in place of what is there; only a directory keeps what a directory has.
    pub(crate) fn insert(&mut self, path: &str, info: FileInfo) {
        let Some(at) = self.walk(path, false).filter(|at| !at.is_empty()) else { return };
        for (end, _) in at.match_indices('/') {
            let parent = at.get(..end).unwrap_or_default();
            if self.entries.get(parent).is_none_or(|info| info.kind != FileKind::Directory) {
                self.entries.insert(parent.into(), FileInfo::implied_directory());
            }
        }
        if info.kind != FileKind::Directory {
            self.remove_below(&at);
        }
        self.entries.insert(at, info);
    }

    /// `path` without symbolic links in its parents, and without one at its end if `follow_last`; `None` for
    /// links that go in circles.
    pub(crate) fn walk(&self, path: &str, follow_last: bool) -> Option<String> {
        let mut pending: Vec<String> = parts_reversed(path);
        let mut at: Vec<String> = Vec::new();
        let mut links = 0;
        while let Some(part) = pending.pop() {
            if part == ".." {
                at.pop();
                continue;
            }
            at.push(part);
            if pending.is_empty() && !follow_last {
                break;
            }
            if let Some(FileInfo { kind: FileKind::Symlink(target), .. }) = self.entries.get(&at.join("/")) {
                links += 1;
                if links > MAX_LINKS {
                    return None;
                }
                if target.starts_with('/') {
                    at.clear()
                } else {
                    drop(at.pop())
                }
                pending.extend(parts_reversed(target));
            }
        }
        Some(at.join("/"))
    }
}

impl FromIterator<(String, FileInfo)> for FileMap {
    fn from_iter<I: IntoIterator<Item = (String, FileInfo)>>(entries: I) -> Self {
        let mut map = Self::default();
        entries.into_iter().for_each(|(path, info)| map.insert(&path, info));
        map
    }
}

fn parts_reversed(path: &str) -> Vec<String> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").rev().map(String::from).collect()
}

/// What one layer changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LayerFiles {
    /// What it takes away of the layers below.
    pub(crate) removals: Vec<Removal>,
    /// What it brings.
    pub(crate) entries: Vec<(String, FileInfo)>,
}

/// A whiteout.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// A path of a lower layer, and all below it.
    Path(String),
    /// All below a directory of a lower layer.
    Children(String),
}

impl LayerFiles {
    /// Reads a layer's tar to its end.
    pub(crate) fn read(mut tar: impl Read) -> io::Result<Self> {
        let mut files = Self::default();
        let mut archive = Archive::new(&mut tar);
        for entry in archive.entries()? {
            let mut entry = entry?;
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            files.add(&path, file_info(&mut entry, &path)?);
        }
        // What follows the end marker counts for the digest.
        io::copy(&mut tar, &mut io::sink())?;
        Ok(files)
    }

    fn add(&mut self, path: &str, info: FileInfo) {
        let path = path.trim_end_matches('/');
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        match name.strip_prefix(".wh.") {
            Some(".wh..opq") => self.removals.push(Removal::Children(parent.into())),
            Some(name) => self.removals.push(Removal::Path(format!("{parent}/{name}"))),
            None => self.entries.push((path.into(), info)),
        }
    }
}

fn file_info<R: Read>(entry: &mut tar::Entry<'_, R>, path: &str) -> io::Result<FileInfo> {
    let kind = match entry.header().entry_type() {
        EntryType::Directory => FileKind::Directory,
        EntryType::Symlink => {
            let target = entry.link_name_bytes().unwrap_or_default();
            FileKind::Symlink(String::from_utf8_lossy(&target).into_owned())
        }
        EntryType::Char | EntryType::Block | EntryType::Fifo => FileKind::Special,
        _ => FileKind::File,
    };
    let header = entry.header();
    let (mode, owner) = (header.mode()? & 0o7777, (header.uid()?, header.gid()?));
    let symbol_versions = if header.entry_type().is_file() && is_library(path, entry.size()) {
        symbol_versions(entry)?
    } else {
        BTreeSet::new()
    };
    Ok(FileInfo { kind, mode, owner, symbol_versions })
}

/// By its name, `libc.so.6`; one that is larger than any that a release could need is read by nobody.
fn is_library(path: &str, size: u64) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    (name.ends_with(".so") || name.contains(".so.")) && size <= MAX_LIBRARY
}

/// None for what is no shared library, or a damaged one.
fn symbol_versions(file: &mut impl Read) -> io::Result<BTreeSet<String>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(elf::parse(&bytes).map(|library| library.provided_versions).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn info(text: &str) -> FileInfo {
        match text {
            "/" => FileInfo::implied_directory(),
            "" => FileInfo::new(FileKind::File, 0o644),
            target => FileInfo::new(FileKind::Symlink(target.into()), 0o777),
        }
    }

    fn map(layers: &[&[(&str, &str)]]) -> FileMap {
        let mut map = FileMap::default();
        for layer in layers {
            let mut files = LayerFiles::default();
            layer.iter().for_each(|(path, what)| files.add(path, info(what)));
            map.apply(files);
        }
        map
    }

    fn paths(map: &FileMap) -> Vec<&str> {
        map.iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn whiteouts_remove_what_lower_layers_have_and_nothing_of_their_own() {
        let map = map(&[
            &[("a/", "/"), ("a/b", ""), ("a/c/d", ""), ("e/f", ""), ("e/g", "")],
            &[("a/.wh.c", ""), ("e/new", ""), ("e/.wh..wh..opq", "")],
        ]);
        assert_eq!(paths(&map), ["a", "a/b", "e", "e/new"]);
    }

    #[test]
    fn files_under_a_linked_directory_land_where_the_link_leads() {
        let map = map(&[&[("usr/lib/", "/"), ("lib", "usr/lib")], &[("lib/x.so", ""), ("lib/.wh.y.so", "")]]);
        assert_eq!(paths(&map), ["lib", "usr", "usr/lib", "usr/lib/x.so"]);
        assert_eq!(map.resolve("/lib/x.so").map(|(path, _)| path), Some("usr/lib/x.so"));
        assert!(map.is_directory("lib"));
        assert_eq!(map.get("lib/x.so"), None);
    }

    #[test]
    fn links_are_followed_within_the_image_and_not_for_ever() {
        let map = map(&[&[
            ("etc/x", ""),
            ("abs", "/etc/x"),
            ("up", "../../../etc"),
            ("one", "two"),
            ("two", "one"),
            ("nowhere", "gone"),
        ]]);
        assert_eq!(map.resolve("abs").map(|(path, _)| path), Some("etc/x"));
        assert_eq!(map.resolve("up/x").map(|(path, _)| path), Some("etc/x"));
        assert_eq!(map.resolve("one"), None);
        assert_eq!(map.resolve("nowhere"), None);
    }

    #[test]
    fn a_file_replaces_a_directory_and_a_directory_a_link() {
        let map = map(&[&[("a/b/c", ""), ("l", "a")], &[("a/b", ""), ("l/", "/")]]);
        assert_eq!(paths(&map), ["a", "a/b", "l"]);
        assert_eq!(map.get("l").map(|info| &info.kind), Some(&FileKind::Directory));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_as_tar_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
            let _ = LayerFiles::read(bytes.as_slice());
        }

        #[test]
        fn arbitrary_paths_never_panic(paths in proptest::collection::vec(("[a/.wh]{0,8}", "[a/.]{0,4}"), 0..20)) {
            let layer: Vec<(&str, &str)> = paths.iter().map(|(path, what)| (path.as_str(), what.as_str())).collect();
            let map = map(&[&layer, &layer]);
            for (path, _) in map.iter() {
                prop_assert!(!path.is_empty() && !path.starts_with('/'));
            }
        }
    }
}
