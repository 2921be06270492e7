//! What the layers of a base hold, as text: so that it can be kept, and given to others.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;

use super::Blob;
use super::error::ImageError;
use super::files::{FileInfo, FileKind, FileMap, LayerFiles, Removal};
use super::pack::pack_tree;
use crate::deflate;
use crate::tree::{Entry, Group, Tree, TreePath};

/// The only file of a packed listing.
const NAME: &str = "files";

/// The longest listing that is read: a base with half a million files.
const LONGEST: u64 = 64 << 20;

/// The files of a base as one gzip-compressed tar, in an unnamed file in `dir`; `None` if one of them has no name that
/// text could show.
///
/// # Errors
/// When the directory cannot be written.
pub(crate) fn pack(files: &FileMap, dir: &Path) -> Result<Option<Blob>, ImageError> {
    let entries = files.iter().map(|(path, info)| (path.to_string(), info.clone())).collect();
    let Some(text) = print(&LayerFiles { removals: Vec::new(), entries }) else { return Ok(None) };
    let tree = Tree::from_iter([(TreePath::new(NAME)?, Entry::file(text, 0o644, Group::Release))]);
    pack_tree(&tree, dir).map(Some)
}

/// Reads what [`pack`] has written, verified.
///
/// # Errors
/// When it cannot be read, or is something else.
pub(crate) fn unpack(blob: &Blob) -> io::Result<FileMap> {
    let invalid = || io::Error::new(io::ErrorKind::InvalidData, "it is no listing of a base image");
    if blob.size() > LONGEST {
        return Err(invalid());
    }
    let packed = blob.read().map_err(|error| error.source)?;
    let mut archive = tar::Archive::new(deflate::reader(packed.as_slice()));
    let entry = archive.entries()?.next().ok_or_else(invalid)??;
    let mut text = String::new();
    entry.take(LONGEST).read_to_string(&mut text)?;
    let mut files = FileMap::default();
    files.apply(parse(&text).ok_or_else(invalid)?);
    Ok(files)
}

/// One line: what it is, the path, the target of a link, mode, user, group, symbol versions.
type Line = (char, String, String, u32, u64, u64, BTreeSet<String>);

/// The files of a layer as text, a line each; `None` if one of them has no name that text could show.
pub(crate) fn print(files: &LayerFiles) -> Option<String> {
    let removal = |removal: &Removal| match removal {
        Removal::Path(path) => ('w', path.clone()),
        Removal::Children(path) => ('o', path.clone()),
    };
    let removals = files.removals.iter().map(removal);
    let removals = removals.map(|(what, path)| (what, path, String::new(), 0, 0, 0, BTreeSet::new()));
    let lines = removals.chain(files.entries.iter().map(|(path, info)| line(path, info)));
    lines.map(|line: Line| Some(serde_json::to_string(&line).ok()? + "\n")).collect()
}

fn line(path: &str, info: &FileInfo) -> Line {
    let (what, target) = match &info.kind {
        FileKind::Directory => ('d', ""),
        FileKind::File => ('f', ""),
        FileKind::Symlink(target) => ('l', target.as_str()),
        FileKind::Special => ('s', ""),
    };
    let (user, group) = info.owner;
    (what, path.into(), target.into(), info.mode, user, group, info.symbol_versions.clone())
}

/// The kernel's limit. A listing may come from somebody else, and what no file system could have may take for ever.
const LONGEST_PATH: usize = 4096;

/// Reads what [`print()`] has written; `None` for any other text.
pub(crate) fn parse(body: &str) -> Option<LayerFiles> {
    let mut files = LayerFiles::default();
    for line in body.lines() {
        let (what, path, target, mode, user, group, symbol_versions): Line =
            serde_json::from_str(line).ok()?;
        if target.len() > LONGEST_PATH || path.len() > LONGEST_PATH {
            return None;
        }
        let kind = match what {
            'w' => {
                files.removals.push(Removal::Path(path));
                continue;
            }
            'o' => {
                files.removals.push(Removal::Children(path));
                continue;
            }
            'd' => FileKind::Directory,
            'f' => FileKind::File,
            'l' => FileKind::Symlink(target),
            's' => FileKind::Special,
            _ => return None,
        };
        let info = FileInfo { kind, mode, owner: (user, group), symbol_versions };
        files.entries.push((path, info));
    }
    Some(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> FileMap {
        let library = FileInfo {
            symbol_versions: BTreeSet::from(["GLIBC_2.34".to_string()]),
            owner: (1, 2),
            ..FileInfo::new(FileKind::File, 0o755)
        };
        let entries = vec![
            ("usr".into(), FileInfo::new(FileKind::Directory, 0o755)),
            ("usr/lib".into(), FileInfo::new(FileKind::Directory, 0o711)),
            ("usr/lib/libc.so.6".into(), library),
            ("lib".into(), FileInfo::new(FileKind::Symlink("usr/lib".into()), 0o777)),
        ];
        let mut files = FileMap::default();
        files.apply(LayerFiles { removals: Vec::new(), entries });
        files
    }

    #[test]
    fn a_listing_is_packed_and_read_back() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let blob = pack(&files(), dir.path()).expect("packed").expect("names are text");
        assert_eq!(unpack(&blob).expect("read"), files());
        assert_eq!(
            pack(&files(), dir.path()).expect("packed").map(|blob| blob.digest()),
            Some(blob.digest())
        );
    }

    #[test]
    fn what_is_no_listing_is_refused() {
        for bytes in [Vec::new(), b"x".to_vec(), deflate::compress(&[0; 1024]).expect("memory")] {
            assert!(unpack(&Blob::from_bytes(bytes)).is_err());
        }
    }
}
