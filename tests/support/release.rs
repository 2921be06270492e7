//! Releases as they lie on disk or in a tarball.

use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use walkdir::WalkDir;

/// What a path of a release holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    File { mode: u32, bytes: Vec<u8> },
    Link(String),
    Directory,
}

/// What a release holds, by path.
pub(crate) type Release = BTreeMap<String, Node>;

/// Of equal paths the last counts, as in unpacking.
pub(crate) fn read_tarball(path: &Path) -> Release {
    let file = std::fs::File::open(path).expect("a tarball");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut release = Release::new();
    for entry in archive.entries().expect("a tar file") {
        let mut entry = entry.expect("an entry");
        let path = entry.path().expect("a path").display().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("content");
        let header = entry.header();
        let node = match header.entry_type() {
            tar::EntryType::Regular => Node::File { mode: header.mode().expect("a mode") & 0o7777, bytes },
            tar::EntryType::Directory => Node::Directory,
            other => panic!("{path}: {other:?} in a release tarball"),
        };
        release.insert(path, node);
    }
    release
}

pub(crate) fn read_directory(root: &Path) -> Release {
    let node = |entry: &walkdir::DirEntry| match entry.file_type() {
        kind if kind.is_dir() => Node::Directory,
        kind if kind.is_symlink() => {
            Node::Link(std::fs::read_link(entry.path()).expect("a link").display().to_string())
        }
        _ => Node::File {
            mode: entry.metadata().expect("metadata").mode() & 0o7777,
            bytes: std::fs::read(entry.path()).expect("a file"),
        },
    };
    let entries = WalkDir::new(root).min_depth(1).into_iter().map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| (entry.path().strip_prefix(root).expect("below it").display().to_string(), node(&entry)))
        .collect()
}
