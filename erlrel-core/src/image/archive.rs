//! Image archives: one tar file that docker, containerd, skopeo and podman all load.
//!
//! It is an OCI layout packed with tar, together with Docker's older `manifest.json`, which points into the
//! same blobs: dockerd before version 25 reads nothing else.

use std::io::{self, Write};
use std::path::Path;

use serde_json::json;
use tar::{EntryType, Header};

use super::error::ImageError;
use super::json::canonical;
use super::layout::{MARKER, index_annotations};
use super::manifest::encode_index;
use super::store::blob_name;
use super::{Blob, Image, Layer, Reference};
use crate::fs::FsError;

/// Size of a tar record.
const RECORD: u64 = 512;

/// Writes `image` under each of `names` as an archive to `out`, which errors call `place`; says how many bytes
/// it has.
///
/// The bytes depend on nothing but the image and its names. Layers are streamed, never held in memory.
///
/// # Errors
/// When a layer cannot be read, or `out` fails.
pub fn write(
    image: &Image,
    names: &[Reference],
    out: &mut impl Write,
    place: &Path,
) -> Result<u64, ImageError> {
    let names = distinct(names);
    let index = Blob::from_bytes(index(image, &names)?);
    let docker = Blob::from_bytes(docker_manifest(image, &names));
    let marker = Blob::from_bytes(MARKER.as_bytes());
    let mut archive = Archive { out, place, written: 0 };
    archive.directory("blobs/")?;
    archive.directory("blobs/sha256/")?;
    for blob in image.blobs() {
        archive.file(&blob_name(blob.digest()), blob)?;
    }
    archive.file("index.json", &index)?;
    archive.file("manifest.json", &docker)?;
    archive.file("oci-layout", &marker)?;
    archive.zeros(2 * RECORD)?; // the end marker
    Ok(archive.written)
}

fn distinct(names: &[Reference]) -> Vec<&Reference> {
    let first = |(at, name): &(usize, &Reference)| names.iter().position(|other| other == *name) == Some(*at);
    names.iter().enumerate().filter(first).map(|(_, name)| name).collect()
}

/// One entry for each name: an entry holds one name only.
fn index(image: &Image, names: &[&Reference]) -> Result<Vec<u8>, ImageError> {
    let mut entries: Vec<_> =
        names.iter().map(|name| image.index_entry(index_annotations(name.tag(), Some(name)))).collect();
    if entries.is_empty() {
        entries.push(image.index_entry(Default::default()));
    }
    encode_index(&entries)
}

fn docker_manifest(image: &Image, names: &[&Reference]) -> Vec<u8> {
    canonical(json!([{
        "Config": blob_name(image.id()),
        "RepoTags": names.iter().map(|name| name.familiar()).collect::<Vec<_>>(),
        "Layers": image.layers().iter().map(|layer: &Layer| blob_name(layer.digest())).collect::<Vec<_>>(),
    }]))
}

/// A tar writer that tells a failing source from a failing output.
struct Archive<'a, W> {
    out: &'a mut W,
    place: &'a Path,
    written: u64,
}

impl<W: Write> Archive<'_, W> {
    fn directory(&mut self, name: &str) -> Result<(), ImageError> {
        self.header(name, EntryType::Directory, 0o755, 0)
    }

    fn file(&mut self, name: &str, blob: &Blob) -> Result<(), ImageError> {
        self.header(name, EntryType::Regular, 0o644, blob.size())?;
        blob.copy_to(self.out, self.place)?;
        self.written += blob.size();
        self.zeros(blob.size().next_multiple_of(RECORD) - blob.size())
    }

    fn header(&mut self, name: &str, kind: EntryType, mode: u32, size: u64) -> Result<(), ImageError> {
        let header = header(name, kind, mode, size).map_err(FsError::while_doing("write", self.place))?;
        self.write(header.as_bytes())
    }

    fn zeros(&mut self, count: u64) -> Result<(), ImageError> {
        let zeros = vec![0; usize::try_from(count).unwrap_or_default()];
        self.write(&zeros)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ImageError> {
        self.out.write_all(bytes).map_err(FsError::while_doing("write", self.place))?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

/// Every field is set here: owner 0:0 without names, time 0.
fn header(name: &str, kind: EntryType, mode: u32, size: u64) -> io::Result<Header> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    Ok(header)
}
