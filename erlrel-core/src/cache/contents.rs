//! What packed layers hold, so that it can be said why a later one is another.

use std::collections::BTreeMap;

use super::Cache;
use super::collect::Kind;
use super::digests::FileDigests;
use super::key::entries;
use crate::digest::{DiffId, Digest};
use crate::tree::Tree;

/// What an entry of a layer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackedKind {
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A regular file.
    File,
}

/// An entry of a packed layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedEntry {
    /// What it is.
    pub kind: PackedKind,
    /// Permission bits.
    pub mode: u32,
    /// The digest of a file's content, the target of a link.
    pub what: String,
}

impl Cache {
    /// What a layer holds that was packed before, by path; `None` if that is not known.
    pub fn contents(&self, layer: DiffId) -> Option<BTreeMap<String, PackedEntry>> {
        self.record(Kind::Contents, &name(layer))?.lines().map(parse).collect()
    }

    /// Counts as a use of what is known of a layer: it will be compared with the next one.
    pub(super) fn need_contents(&self, layer: DiffId) {
        self.directory.file(Kind::Contents, &name(layer));
    }

    /// Remembers what a layer holds that was packed of this tree.
    pub(super) fn put_contents(&self, layer: DiffId, tree: &Tree, digests: &FileDigests) {
        if let Some(body) = entries(tree, digests) {
            self.put_record(Kind::Contents, &name(layer), &body);
        }
    }
}

fn name(layer: DiffId) -> String {
    Digest::from(layer).hex()
}

fn parse(line: &str) -> Option<(String, PackedEntry)> {
    let (kind, mode, path, what): (char, u32, String, String) = serde_json::from_str(line).ok()?;
    let kind = match kind {
        'd' => PackedKind::Directory,
        'l' => PackedKind::Symlink,
        'f' => PackedKind::File,
        _ => return None,
    };
    Some((path, PackedEntry { kind, mode, what }))
}
