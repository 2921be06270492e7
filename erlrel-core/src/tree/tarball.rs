//! The tar writer behind tarballs and layers: every header field is decided here, none by the machine.
//!
//! Form: ustar, owner 0:0 without names, one modification time for all, entries in the order of their
//! paths; a PAX record only for what ustar cannot say (facts: POSIX.1-2017 pax, "ustar Interchange Format").

use std::io::{self, Write};

use rayon::prelude::*;
use tar::{Builder, EntryType, Header};

use super::{Entry, Node, Tree, TreeError, TreePath};
use crate::deflate;
use crate::fs::FsError;

/// Choices for a tar file.
#[derive(Debug, Clone, Copy, Default)]
pub struct TarOptions {
    /// Modification time of every entry, in seconds since 1970. Default 0.
    pub mtime: u64,
    /// Whether directories that are not empty get an entry of their own. Layers need it, so that an
    /// engine does not invent their modes and times; relx's tarballs have none. Default `false`.
    pub directories: bool,
}

/// How many files are read and stripped at once: bounds the memory, keeps all cores busy.
const BATCH: usize = 64;

/// Writes the entries of `tree` as an uncompressed tar file.
///
/// # Errors
/// When a file of the tree cannot be read, or `out` fails (named as `name`).
pub fn write_tar<W: Write>(tree: &Tree, options: TarOptions, out: W, name: &str) -> Result<W, TreeError> {
    let failed = |source| TreeError::Fs(FsError { action: "write", path: name.into(), source });
    let mut builder = Builder::new(out);
    let entries: Vec<(&TreePath, &Entry)> = tree
        .iter()
        .filter(|(path, entry)| {
            // A directory with a mode of its own needs an entry to have it.
            options.directories || !entry.is_directory() || entry.mode != 0o755 || !tree.has_below(path)
        })
        .collect();
    for batch in entries.chunks(BATCH) {
        let contents: Vec<_> = batch.par_iter().map(|(_, entry)| read(entry)).collect::<Result<_, _>>()?;
        for ((path, entry), content) in batch.iter().zip(&contents) {
            append(&mut builder, path, entry, content, options.mtime).map_err(failed)?;
        }
    }
    builder.into_inner().map_err(failed)
}

/// Writes the entries of `tree` as a gzip-compressed tar file.
///
/// # Errors
/// As [`write_tar`].
pub fn write_tar_gz<W: Write>(tree: &Tree, options: TarOptions, out: W, name: &str) -> Result<W, TreeError> {
    let encoder = write_tar(tree, options, deflate::writer(out), name)?;
    encoder.finish().map_err(|source| TreeError::Fs(FsError { action: "write", path: name.into(), source }))
}

fn read(entry: &Entry) -> Result<std::borrow::Cow<'_, [u8]>, TreeError> {
    match &entry.node {
        Node::File(content) => content.read(),
        Node::Directory | Node::Symlink(_) => Ok((&[][..]).into()),
    }
}

fn append<W: Write>(
    builder: &mut Builder<W>,
    path: &TreePath,
    entry: &Entry,
    content: &[u8],
    mtime: u64,
) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_mode(entry.mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(mtime);
    header.set_size(content.len() as u64);
    let mut extensions: Vec<(&str, &[u8])> = Vec::new();
    let name = match &entry.node {
        Node::Directory => {
            header.set_entry_type(EntryType::Directory);
            format!("{path}/")
        }
        Node::Symlink(target) => {
            header.set_entry_type(EntryType::Symlink);
            if target.len() > 100 || !target.is_ascii() {
                extensions.push(("linkpath", target.as_bytes()));
            } else {
                header.set_link_name_literal(target)?;
            }
            path.to_string()
        }
        Node::File(_) => {
            header.set_entry_type(EntryType::Regular);
            path.to_string()
        }
    };
    if !name.is_ascii() || header.set_path(&name).is_err() {
        extensions.push(("path", name.as_bytes()));
        header.set_path(fallback_name(&name))?;
    }
    if !extensions.is_empty() {
        append_extensions(builder, &extensions, mtime)?;
    }
    header.set_cksum();
    builder.append(&header, content)
}

/// A short ASCII name for readers that do not know PAX; all others take the record's.
fn fallback_name(name: &str) -> String {
    let tail: String = name.chars().rev().filter(char::is_ascii).take(90).collect();
    tail.chars().rev().collect::<String>().trim_start_matches('/').to_string()
}

/// A PAX extended header of our own, since the tar crate leaves its mode and owner to its own defaults.
fn append_extensions<W: Write>(
    builder: &mut Builder<W>,
    extensions: &[(&str, &[u8])],
    mtime: u64,
) -> io::Result<()> {
    let mut records = Vec::new();
    for (key, value) in extensions {
        records.extend(pax_record(key, value));
    }
    let mut header = Header::new_ustar();
    header.set_path("PaxHeaders/entry")?;
    header.set_entry_type(EntryType::XHeader);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(mtime);
    header.set_size(records.len() as u64);
    header.set_cksum();
    builder.append(&header, records.as_slice())
}

/// `LENGTH key=value\n`, where LENGTH counts the whole record, itself included.
fn pax_record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while rest + length.to_string().len() != length {
        length = rest + length.to_string().len();
    }
    let mut record = format!("{length} {key}=").into_bytes();
    record.extend_from_slice(value);
    record.push(b'\n');
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Group;

    fn tree(entries: Vec<(&str, Entry)>) -> Tree {
        entries.into_iter().map(|(path, entry)| (TreePath::new(path).expect("a path"), entry)).collect()
    }

    fn read_back(tree: &Tree, options: TarOptions) -> Vec<String> {
        let bytes = write_tar(tree, options, Vec::new(), "memory").expect("written");
        let mut archive = tar::Archive::new(bytes.as_slice());
        let describe = |entry: tar::Entry<'_, &[u8]>| {
            let header = entry.header();
            let link = entry.link_name().expect("link").map(|link| format!(" -> {}", link.display()));
            format!(
                "{:?} {:o} {}:{} {} {}{}",
                header.entry_type(),
                header.mode().expect("mode"),
                header.uid().expect("uid"),
                header.gid().expect("gid"),
                header.mtime().expect("mtime"),
                entry.path().expect("path").display(),
                link.unwrap_or_default()
            )
        };
        archive.entries().expect("entries").map(|entry| describe(entry.expect("entry"))).collect()
    }

    #[test]
    fn headers_hold_nothing_of_the_machine() {
        let tree = tree(vec![
            ("bin", Entry::directory(Group::Release)),
            ("bin/run", Entry::file("x", 0o755, Group::Release)),
            ("empty", Entry::directory(Group::Release)),
            ("link", Entry::symlink("bin/run", Group::Release)),
        ]);
        insta::assert_snapshot!(read_back(&tree, TarOptions { mtime: 7, directories: true }).join("\n"), @r"
        Directory 755 0:0 7 bin/
        Regular 755 0:0 7 bin/run
        Directory 755 0:0 7 empty/
        Symlink 777 0:0 7 link -> bin/run
        ");
        insta::assert_snapshot!(read_back(&tree, TarOptions::default()).join("\n"), @r"
        Regular 755 0:0 0 bin/run
        Directory 755 0:0 0 empty/
        Symlink 777 0:0 0 link -> bin/run
        ");
    }

    #[test]
    fn long_and_non_ascii_names_survive() {
        let long = format!("lib/{}/{}", "d".repeat(120), "f".repeat(180));
        let target = "t".repeat(150);
        let tree = tree(vec![
            (&long, Entry::file("x", 0o644, Group::Release)),
            ("priv/grüße", Entry::symlink(&target, Group::Release)),
        ]);
        let lines = read_back(&tree, TarOptions::default());
        assert_eq!(lines[0], format!("Regular 644 0:0 0 {long}"));
        assert_eq!(lines[1], format!("Symlink 777 0:0 0 priv/grüße -> {target}"));
    }

    #[test]
    fn a_pax_record_counts_itself() {
        assert_eq!(pax_record("path", b"x"), b"9 path=x\n");
        assert_eq!(pax_record("path", &[b'x'; 90]).len(), 99);
        assert!(pax_record("path", &[b'x'; 91]).starts_with(b"101 path="));
    }
}
