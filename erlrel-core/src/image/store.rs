//! Where an image is stored: an OCI layout directory, an archive of one (image-spec, "image-layout.md"), or a
//! registry.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::blob::Blob;
use super::config_json::ParsedConfig;
use super::error::ImageError;
use super::manifest::{self, CONTAINERD_NAME, Descriptor, Manifest};
use super::remote::{Remote, RemoteManifest, RemoteName};
use crate::deflate;
use crate::digest::Digest;
use crate::fs::FsError;

/// The largest JSON document that is read: registries accept manifests of 4 MiB.
const MAX_DOCUMENT: u64 = 16 << 20;

/// A layout directory or archive that was found to be one, or an image in a registry.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Directory,
    /// Offset and size of every file in the archive.
    Archive(BTreeMap<String, (u64, u64)>),
    /// One manifest or index, and where the others are.
    Remote {
        remote: Arc<dyn Remote>,
        name: RemoteName,
        top: RemoteManifest,
    },
}

/// A file of a store: where it begins, and its size.
struct Place {
    path: PathBuf,
    offset: u64,
    size: u64,
}

impl Store {
    /// Opens the layout directory or archive file at `path`.
    ///
    /// # Errors
    /// [`ImageError::NotALayout`] if it is neither, [`ImageError::Fs`] if it cannot be read.
    pub(crate) fn open(path: &Path) -> Result<Self, ImageError> {
        let kind = match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => Kind::Directory,
            Ok(meta) if meta.is_file() => Kind::Archive(members(path)?),
            Ok(_) => return Err(not_a_layout(path, "it is neither a directory nor a regular file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(not_a_layout(path, "there is no such file or directory"));
            }
            Err(error) => return Err(FsError::while_doing("read", path)(error).into()),
        };
        let store = Self { path: path.into(), kind };
        store.check_marker()?;
        Ok(store)
    }

    /// An image in a registry, which looks like a layout that has this image only.
    pub(crate) fn remote(remote: Arc<dyn Remote>, name: RemoteName, top: RemoteManifest) -> Self {
        Self { path: name.to_string().into(), kind: Kind::Remote { remote, name, top } }
    }

    /// Where the store is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What is in `index.json`.
    ///
    /// # Errors
    /// When it is missing, cannot be read, or is damaged.
    pub(crate) fn index(&self) -> Result<Vec<Descriptor>, ImageError> {
        if let Kind::Remote { name, top, .. } = &self.kind {
            let mut entry = Descriptor::new(&top.media_type, top.digest, top.bytes.len() as u64);
            entry.annotations.insert(CONTAINERD_NAME.into(), name.base_name());
            return Ok(vec![entry]);
        }
        manifest::parse_index(&self.index_json()?).map_err(|why| self.damaged("index.json", why))
    }

    /// The bytes of `index.json`.
    ///
    /// # Errors
    /// When it is missing or cannot be read.
    pub(crate) fn index_json(&self) -> Result<Vec<u8>, ImageError> {
        self.document("index.json")?.ok_or_else(|| not_a_layout(&self.path, "it has no file `index.json`"))
    }

    /// The content of a small file of the store; `None` if there is none of this name.
    ///
    /// # Errors
    /// When it is too large or cannot be read.
    pub(crate) fn document(&self, name: &str) -> Result<Option<Vec<u8>>, ImageError> {
        let Some(place) = self.find(name)? else { return Ok(None) };
        if place.size > MAX_DOCUMENT {
            return Err(self.damaged(name, format!("{} bytes are too many for it", place.size)));
        }
        Ok(Some(place.read().map_err(FsError::while_doing("read", &place.path))?))
    }

    /// The blob that a descriptor names, after a look at its size; reading it verifies the digest.
    ///
    /// # Errors
    /// [`ImageError::Damaged`] if it is missing or has another size.
    pub(crate) fn blob(&self, what: &str, descriptor: &Descriptor) -> Result<Blob, ImageError> {
        let Descriptor { digest, size, .. } = descriptor;
        if let Kind::Remote { remote, .. } = &self.kind {
            return Ok(Blob::remote(remote.clone(), *digest, *size));
        }
        let what = format!("{what} {digest}");
        let name = blob_name(*digest);
        let place =
            self.find(&name)?.ok_or_else(|| self.damaged(&what, format!("there is no file `{name}`")))?;
        if place.size != *size {
            return Err(self.damaged(&what, format!("it has {} bytes instead of {size}", place.size)));
        }
        Ok(Blob::in_named_file(place.path, place.offset, *digest, *size))
    }

    /// The verified content of a JSON document that a descriptor names.
    ///
    /// # Errors
    /// [`ImageError::Damaged`] if it is missing, too large, or not what the descriptor says.
    pub(crate) fn json(&self, what: &str, descriptor: &Descriptor) -> Result<Vec<u8>, ImageError> {
        if descriptor.size > MAX_DOCUMENT {
            let why = format!("{} bytes are too many for it", descriptor.size);
            return Err(self.damaged(&format!("{what} {}", descriptor.digest), why));
        }
        self.content(what, descriptor)?.read().map_err(|error| match error.source.kind() {
            io::ErrorKind::InvalidData => {
                self.damaged(&format!("{what} {}", descriptor.digest), error.source.to_string())
            }
            _ => error.into(),
        })
    }

    /// A blob, or a manifest, which registries serve apart from blobs.
    fn content(&self, what: &str, descriptor: &Descriptor) -> Result<Blob, ImageError> {
        let Descriptor { media_type, digest, .. } = descriptor;
        match &self.kind {
            Kind::Remote { top, .. } if top.digest == *digest => Ok(Blob::from_bytes(top.bytes.clone())),
            Kind::Remote { remote, .. }
                if manifest::is_manifest(media_type) || manifest::is_index(media_type) =>
            {
                let bytes = remote.manifest(*digest);
                let bytes = bytes.map_err(FsError::while_doing("fetch a manifest from", &self.path))?;
                let blob = Blob::from_bytes(bytes);
                let why = || format!("the registry gave one with the digest {}", blob.digest());
                let what = format!("{what} {digest}");
                if blob.digest() == *digest { Ok(blob) } else { Err(self.damaged(&what, why())) }
            }
            _ => self.blob(what, descriptor),
        }
    }

    /// The manifest that a descriptor names.
    ///
    /// # Errors
    /// As [`json`](Self::json), or when it is no manifest.
    pub(crate) fn manifest(&self, descriptor: &Descriptor) -> Result<Manifest, ImageError> {
        let bytes = self.json("manifest", descriptor)?;
        Manifest::parse(&bytes).map_err(|why| self.damaged(&format!("manifest {}", descriptor.digest), why))
    }

    /// The configuration of a manifest's image.
    ///
    /// # Errors
    /// As [`json`](Self::json), or when it is no image configuration.
    pub(crate) fn config(&self, manifest: &Manifest) -> Result<ParsedConfig, ImageError> {
        let bytes = self.json("configuration", &manifest.config)?;
        let damaged = |why| self.damaged(&format!("configuration {}", manifest.config.digest), why);
        ParsedConfig::parse(&bytes).map_err(damaged)
    }

    /// An error about a part of this store.
    pub(crate) fn damaged(&self, what: &str, why: impl Into<String>) -> ImageError {
        ImageError::Damaged { path: self.path.clone(), what: what.into(), why: why.into() }
    }

    /// Whether the archive holds a file of this name, or the directory does.
    pub(crate) fn contains(&self, name: &str) -> Result<bool, ImageError> {
        Ok(self.find(name)?.is_some())
    }

    /// True for an archive.
    pub(crate) fn is_archive(&self) -> bool {
        matches!(self.kind, Kind::Archive(_))
    }

    fn check_marker(&self) -> Result<(), ImageError> {
        let Some(bytes) = self.document("oci-layout")? else {
            let docker = self.document("manifest.json")?.is_some();
            let hint = if docker { " (a docker archive can be converted with skopeo)" } else { "" };
            return Err(not_a_layout(&self.path, format!("it has no file `oci-layout`{hint}")));
        };
        let marker: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|error| self.damaged("oci-layout", error.to_string()))?;
        match marker.get("imageLayoutVersion").and_then(serde_json::Value::as_str) {
            Some(version) if version.starts_with("1.") => Ok(()),
            other => {
                Err(self.damaged("oci-layout", format!("unknown version `{}`", other.unwrap_or("none"))))
            }
        }
    }

    fn find(&self, name: &str) -> Result<Option<Place>, ImageError> {
        match &self.kind {
            Kind::Archive(members) => Ok(members.get(name).map(|(offset, size)| Place {
                path: self.path.clone(),
                offset: *offset,
                size: *size,
            })),
            Kind::Remote { .. } => Ok(None),
            Kind::Directory => {
                let path = self.path.join(name);
                match std::fs::metadata(&path) {
                    Ok(meta) if meta.is_file() => Ok(Some(Place { path, offset: 0, size: meta.len() })),
                    Ok(_) => Err(self.damaged(name, "it is no regular file")),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(FsError::while_doing("read", &path)(error).into()),
                }
            }
        }
    }
}

impl Place {
    fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.size).map_err(io::Error::other)?];
        File::open(&self.path)?.read_exact_at(&mut bytes, self.offset)?;
        Ok(bytes)
    }
}

/// The name of a blob's file in a layout.
pub(crate) fn blob_name(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

fn not_a_layout(path: &Path, why: impl Into<String>) -> ImageError {
    ImageError::NotALayout { path: path.into(), why: why.into() }
}

fn members(path: &Path) -> Result<BTreeMap<String, (u64, u64)>, ImageError> {
    let mut file = File::open(path).map_err(FsError::while_doing("read", path))?;
    if is_gzip(&mut file).map_err(FsError::while_doing("read", path))? {
        return Err(not_a_layout(path, "the archive is compressed: unpack it with gunzip first"));
    }
    let mut archive = tar::Archive::new(file);
    let entries = archive.entries_with_seek().map_err(FsError::while_doing("read", path))?;
    entries
        .filter_map(|entry| entry.map(|entry| member(&entry)).transpose())
        .collect::<io::Result<_>>()
        .map_err(|error| not_a_layout(path, format!("it cannot be read as an archive: {error}")))
}

fn member(entry: &tar::Entry<'_, impl Read>) -> Option<(String, (u64, u64))> {
    let path = String::from_utf8(entry.path_bytes().into_owned()).ok()?;
    let name = path.trim_start_matches("./").to_string();
    entry.header().entry_type().is_file().then(|| (name, (entry.raw_file_position(), entry.size())))
}

fn is_gzip(file: &mut File) -> io::Result<bool> {
    let mut magic = [0; 2];
    Ok(file.read_at(&mut magic, 0)? == 2 && deflate::is_gzip(&magic))
}
