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

/// Size of what ends a tar file.
const END: u64 = 2 * RECORD;

const DIRECTORIES: [&str; 2] = ["blobs/", "blobs/sha256/"];

/// Writes `image` under each of `names` as an archive to `out`, which errors call `place`; says how many
/// bytes it has.
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
    let mut archive = Archive { out, place, written: 0 };
    DIRECTORIES.iter().try_for_each(|name| archive.directory(name))?;
    for (name, blob) in files(image, names)? {
        archive.file(&name, &blob)?;
    }
    archive.zeros(END)?;
    Ok(archive.written)
}

/// How many bytes [`write()`] would write.
///
/// # Errors
/// None in practice; the type keeps the caller free of panics.
pub(crate) fn size(image: &Image, names: &[Reference]) -> Result<u64, ImageError> {
    let directories = DIRECTORIES.len() as u64 * RECORD;
    let files = files(image, names)?;
    let files = files.iter().map(|(_, blob)| RECORD + blob.size().next_multiple_of(RECORD));
    Ok(directories + files.sum::<u64>() + END)
}

/// What lies in the archive, in its order.
fn files(image: &Image, names: &[Reference]) -> Result<Vec<(String, Blob)>, ImageError> {
    let names = distinct(names);
    let blobs = image.blobs().into_iter().map(|blob| (blob_name(blob.digest()), blob.clone()));
    let documents = [
        ("index.json", index(image, &names)?),
        ("manifest.json", docker_manifest(image, &names)),
        ("oci-layout", MARKER.into()),
    ];
    let documents = documents.into_iter().map(|(name, bytes)| (name.into(), Blob::from_bytes(bytes)));
    Ok(blobs.chain(documents).collect())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::image::fixture::image;
    use crate::image::{BaseImage, validate};
    use crate::platform::Platform;

    fn pack(names: &[&str]) -> Vec<u8> {
        let names: Vec<Reference> =
            names.iter().map(|name| Reference::parse(name).expect("a name")).collect();
        let mut bytes = Vec::new();
        let size = write(&image(), &names, &mut bytes, Path::new("memory")).expect("written");
        assert_eq!(size, bytes.len() as u64);
        bytes
    }

    fn document(bytes: &[u8], name: &str) -> String {
        let mut archive = tar::Archive::new(bytes);
        let mut entries = archive.entries().expect("entries").map(|entry| entry.expect("an entry"));
        let entry = entries.find(|entry| entry.path_bytes() == name.as_bytes()).expect("it is there");
        let text = io::read_to_string(entry).expect("text");
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&text).expect("JSON"))
            .expect("text")
    }

    #[test]
    fn an_archive_is_golden() {
        let bytes = pack(&["me/app:1.0", "app"]);
        insta::assert_snapshot!(Digest::of(&bytes), @"sha256:f45e4242edebb805d24fe29c4ef32a103cef674db9927a9f69f1719654cd40fd");
        insta::assert_snapshot!(document(&bytes, "manifest.json"), @r#"
        [
          {
            "Config": "blobs/sha256/cfea1efb21bf54b621ceaf0ec6a8bee7697a0b8b5418353c35135674e7225210",
            "Layers": [
              "blobs/sha256/d5e548d71df3ddd597840d7ef5aeb561811ca12eb489e4d6028a856de700e6fe",
              "blobs/sha256/ba160d271679c218a9dff559300d70943844dde49a878a53805a4f70bfe240c7",
              "blobs/sha256/b1d0c906f24b27980b1b71c2a162e684ed25543be076244e6b361d945bd6b53f",
              "blobs/sha256/bf54366a6c5d89538d73ef7c6287ab72c9d05d5030adfb80bf300a885a060c7b",
              "blobs/sha256/a4631b0c5018e767e99d56645a287be1d457b58caa4e749745196778d39077f9"
            ],
            "RepoTags": [
              "me/app:1.0",
              "app:latest"
            ]
          }
        ]
        "#);
        insta::assert_snapshot!(document(&bytes, "index.json"), @r#"
        {
          "manifests": [
            {
              "annotations": {
                "io.containerd.image.name": "docker.io/me/app:1.0",
                "org.opencontainers.image.ref.name": "1.0"
              },
              "digest": "sha256:096617169557f04633d793c224d20e2a01de56f36bbdce09d696a6eee58821f8",
              "mediaType": "application/vnd.oci.image.manifest.v1+json",
              "platform": {
                "architecture": "amd64",
                "os": "linux"
              },
              "size": 1017
            },
            {
              "annotations": {
                "io.containerd.image.name": "docker.io/library/app:latest",
                "org.opencontainers.image.ref.name": "latest"
              },
              "digest": "sha256:096617169557f04633d793c224d20e2a01de56f36bbdce09d696a6eee58821f8",
              "mediaType": "application/vnd.oci.image.manifest.v1+json",
              "platform": {
                "architecture": "amd64",
                "os": "linux"
              },
              "size": 1017
            }
          ],
          "mediaType": "application/vnd.oci.image.index.v1+json",
          "schemaVersion": 2
        }
        "#);
    }

    #[test]
    fn an_archive_is_valid_and_can_be_built_on() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("a.tar");
        std::fs::write(&file, pack(&["app:1.0"])).expect("written");
        assert_eq!(validate::check(&file).expect("checked"), []);
        let base = BaseImage::open(&file, Some("1.0"), &Platform::linux("amd64")).expect("opened");
        assert_eq!(base.digest(), image().digest());
        assert!(base.files().expect("read").is_directory("opt/app"));
    }

    #[test]
    fn a_name_given_twice_counts_once_and_none_is_fine() {
        assert_eq!(pack(&["app", "app:latest"]), pack(&["app"]));
        assert!(document(&pack(&[]), "manifest.json").contains(r#""RepoTags": []"#));
    }

    #[test]
    fn a_full_disk_is_named() {
        let mut full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("opened");
        let error = write(&image(), &[], &mut full, Path::new("/out/a.tar")).expect_err("no space");
        assert_eq!(error.to_string(), "cannot write `/out/a.tar`");
    }
}
