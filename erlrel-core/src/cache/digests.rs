//! What files contain, as they go into a tree, known without reading them as long as they have not changed.
//!
//! A file has not changed if its size, times, inode and device are the same. That holds only for a file that was
//! older when it was read than the resolution of its times: others could change once more without a trace, so nothing
//! is recorded of them (as git does, "racy git"). Nobody can set the time of the last change (ctime) at will.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::Cache;
use super::collect::Kind;
use crate::digest::Digest;
use crate::fs::{Fields, Stat};
use crate::tree::{Content, Node, Tree, TreePath};

/// So many bytes that had to be read for their digest are kept, so that they need not be read again to be packed.
const KEPT_BYTES: usize = 64 << 20;

/// A file, and what becomes of its content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Source {
    /// Compared as it is written: to compare it part by part takes several times as long, and there are thousands.
    path: OsString,
    /// The key of the form that a BEAM file gets; empty for a file that is packed as it is.
    form: String,
}

impl Source {
    fn of(content: &Content) -> Option<Self> {
        let path = content.source()?.into();
        let form = if let Content::Beam { form, .. } = content { form.key() } else { String::new() };
        Some(Self { path, form })
    }

    fn path(&self) -> &Path {
        Path::new(&self.path)
    }

    /// The same for a file in one form, whatever the form has been told of the sources: one of these is remembered.
    fn kind(&self) -> (OsString, String) {
        (self.path.clone(), self.form.split(' ').take(2).collect())
    }
}

/// The files of one directory.
type Folder<'a> = BTreeMap<Source, &'a Content>;

/// The content of a file at the time it looked like that.
#[derive(Debug, Clone)]
struct Known {
    stat: Stat,
    digest: Digest,
    /// Whether it is a module that names the directory in which it was compiled, and need not.
    names_directory: bool,
    /// Whether a change since then can be seen.
    is_settled: bool,
    /// The content itself, if it is at hand.
    bytes: Option<Arc<[u8]>>,
}

/// The digests of all files of some trees.
#[derive(Debug, Default)]
pub(super) struct FileDigests {
    files: BTreeMap<Source, Known>,
}

impl FileDigests {
    /// The digest of a content as it is packed; `None` if the file could not be read.
    pub(super) fn of(&self, content: &Content) -> Option<Digest> {
        match content {
            Content::Bytes(bytes) => Some(Digest::of(bytes)),
            _ => Some(self.files.get(&Source::of(content)?)?.digest),
        }
    }

    /// Whether a content names the directory in which it was compiled, and need not.
    pub(super) fn names_directory(&self, content: &Content) -> bool {
        let known = Source::of(content).and_then(|source| self.files.get(&source));
        known.is_some_and(|known| known.names_directory)
    }

    /// The same tree, with the contents that are at hand.
    pub(super) fn fill(&self, tree: &Tree) -> Tree {
        let mut tree = tree.clone();
        tree.replace_contents(|_, content| {
            Some(Content::Bytes(self.files.get(&Source::of(content)?)?.bytes.clone()?))
        });
        tree
    }

    /// True if all that was read of the files of a tree since their digests were taken was what the digests say.
    pub(super) fn still_hold(&self, tree: &Tree) -> bool {
        sources(tree).all(|(source, _)| {
            self.files.get(&source).is_some_and(|known| {
                let is_same = || Stat::at(source.path()).as_ref() == Some(&known.stat);
                known.bytes.is_some() || known.is_settled && is_same()
            })
        })
    }
}

fn sources(tree: &Tree) -> impl Iterator<Item = (Source, &Content)> {
    tree.iter().filter_map(|(_, entry)| match &entry.node {
        Node::File(content) => Some((Source::of(content)?, content)),
        Node::Directory | Node::Symlink(_) => None,
    })
}

impl Cache {
    /// The digests of all files of these trees, from the cache as far as it has them. Files that cannot be read have
    /// none.
    pub(super) fn file_digests<'a>(&self, trees: impl Iterator<Item = &'a Tree>) -> FileDigests {
        let mut folders: BTreeMap<OsString, Folder<'_>> = BTreeMap::new();
        for (source, content) in trees.flat_map(sources) {
            let folder = source.path().parent().unwrap_or(Path::new("")).into();
            folders.entry(folder).or_default().insert(source, content);
        }
        let room = AtomicUsize::new(KEPT_BYTES);
        let files =
            folders.par_iter().flat_map_iter(|(path, sources)| self.folder(Path::new(path), sources, &room));
        FileDigests { files: files.collect() }
    }

    /// The modules of a tree that hold the path of the directory in which they were compiled, although their form could do
    /// without it. Those that cannot be read hold none.
    pub fn naming_directory(&self, tree: &Tree) -> Vec<TreePath> {
        let digests = self.file_digests([tree].into_iter());
        let names_it = |node: &Node| matches!(node, Node::File(content) if digests.names_directory(content));
        let bound = tree.iter().filter(|(_, entry)| names_it(&entry.node));
        bound.map(|(path, _)| path.clone()).collect()
    }

    /// The digests of files of one directory, which are one record.
    fn folder(&self, path: &Path, sources: &Folder<'_>, room: &AtomicUsize) -> Vec<(Source, Known)> {
        let name = Digest::of(format!("{}\n{}", self.maker, path.display()).as_bytes()).hex();
        let mut recorded =
            self.record(Kind::Digests, &name).map(|body| parse(path, &body)).unwrap_or_default();
        let look = |(source, content): (&Source, &&Content)| {
            let stat = Stat::at(source.path())?;
            let known = recorded.get(source).filter(|known| known.stat == stat).cloned();
            Some((source.clone(), known.map_or_else(|| self.read(content, stat, room), Some)?))
        };
        let found: Vec<(Source, Known)> = sources.par_iter().filter_map(look).collect();
        let is_new = |(source, known): &&(Source, Known)| {
            known.is_settled && recorded.get(source).is_none_or(|there| there.stat != known.stat)
        };
        let new: Vec<(Source, Known)> = found.iter().filter(is_new).cloned().collect();
        if !new.is_empty() {
            let replaced: BTreeSet<(OsString, String)> =
                new.iter().map(|(source, _)| source.kind()).collect();
            recorded.retain(|source, _| !replaced.contains(&source.kind()));
            recorded.extend(new);
            self.put_record(Kind::Digests, &name, &print(&recorded));
        }
        found
    }

    fn read(&self, content: &Content, stat: Stat, room: &AtomicUsize) -> Option<Known> {
        let path = content.source()?;
        let is_settled = stat.is_settled_at(self.directory.opened());
        // To bring a file into another form takes long; to read it once more does not, if it will be the same.
        let form = if let Content::Beam { form, .. } = content { Some(form) } else { None };
        let (digest, names_directory, bytes) = if form.is_some() || !is_settled && has(room, stat.size) {
            let bytes: Arc<[u8]> = content.read().ok()?.into();
            let names_directory = form.is_some_and(|form| form.names_directory(&bytes));
            (Digest::of(&bytes), names_directory, take(room, bytes.len()).then_some(bytes))
        } else {
            (digest(path)?, false, None)
        };
        let known = Known { stat, digest, names_directory, is_settled, bytes };
        (Stat::at(path)? == known.stat).then_some(known)
    }
}

/// Whether so much is there.
fn has(room: &AtomicUsize, size: u64) -> bool {
    usize::try_from(size).is_ok_and(|size| size <= room.load(Ordering::Relaxed))
}

/// Takes so much of what is there, if it is enough.
fn take(room: &AtomicUsize, size: usize) -> bool {
    let left = |room: usize| room.checked_sub(size);
    room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
}

fn digest(path: &Path) -> Option<Digest> {
    Digest::of_all(&mut std::fs::File::open(path).ok()?).ok()
}

/// One line of a record: name, form, digest, whether it names its directory, and what [`Stat`] has.
type Line = (String, String, String, bool, Fields);

fn parse(folder: &Path, body: &str) -> BTreeMap<Source, Known> {
    let line = |line: &str| {
        let (name, form, digest, names_directory, fields): Line = serde_json::from_str(line).ok()?;
        let source = Source { path: folder.join(name).into(), form };
        let (stat, digest) = (Stat::from(fields), Digest::parse(&digest)?);
        Some((source, Known { stat, digest, names_directory, is_settled: true, bytes: None }))
    };
    body.lines().filter_map(line).collect()
}

fn print(files: &BTreeMap<Source, Known>) -> String {
    let line = |(source, known): (&Source, &Known)| {
        // A name that is not UTF-8 is looked up each time.
        let name = source.path().file_name()?.to_str()?;
        let digest = known.digest.to_string();
        let line = (name, &source.form, digest, known.names_directory, known.stat.fields());
        Some(serde_json::to_string(&line).ok()? + "\n")
    };
    files.iter().filter_map(line).collect()
}
