//! What the files of a layer contain, read once from its beginning to its end.

use std::io::{self, Read};

use tar::{Archive, EntryType};

use super::error::ImageError;
use super::layer::Layer;
use crate::fs::FsError;

/// What stands at a path of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    File,
    Symlink(String),
    /// Another name of a file that stands before it in the layer.
    HardLink(String),
    Special,
}

/// An entry of a layer, and the bytes of a file.
pub(crate) struct Found<'a> {
    /// Without a `/` at its beginning and its end.
    pub(crate) path: String,
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    pub(crate) content: &'a mut dyn Read,
}

/// Shows every entry of a layer, in its order; the layer is verified.
///
/// # Errors
/// When it cannot be read or is damaged.
pub(crate) fn read_each(
    layer: &Layer,
    mut each: impl FnMut(Found<'_>) -> io::Result<()>,
) -> Result<(), ImageError> {
    let mut tar = layer.open_unpacked()?;
    let mut read = || {
        let mut archive = Archive::new(&mut tar);
        for entry in archive.entries()? {
            let mut entry = entry?;
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let path = path.trim_start_matches("./").trim_matches('/').to_string();
            let (kind, mode) = (kind(&entry), entry.header().mode()? & 0o7777);
            each(Found { path, kind, mode, content: &mut entry })?;
        }
        // What follows the end marker counts for the digest.
        io::copy(&mut tar, &mut io::sink()).map(drop)
    };
    Ok(read().map_err(FsError::while_doing("read the layer", layer.blob().path()))?)
}

fn kind<R: Read>(entry: &tar::Entry<'_, R>) -> Kind {
    let link = || String::from_utf8_lossy(&entry.link_name_bytes().unwrap_or_default()).into_owned();
    match entry.header().entry_type() {
        EntryType::Directory => Kind::Directory,
        EntryType::Symlink => Kind::Symlink(link()),
        EntryType::Link => Kind::HardLink(link()),
        EntryType::Char | EntryType::Block | EntryType::Fifo => Kind::Special,
        _ => Kind::File,
    }
}
