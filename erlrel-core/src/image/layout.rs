//! OCI image layouts: directories that hold images as content-addressed files (image-spec, "image-layout.md").

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::ImageError;
use super::json::canonical;
use super::manifest::{CONTAINERD_NAME, Descriptor, INDEX, REF_NAME};
use super::store::blob_name;
use super::{Blob, Image, Reference};
use crate::fs::{self, FsError};

/// The content of the file `oci-layout`.
pub(crate) const MARKER: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

/// A layout and, if one is meant, the tag of an image in it: `DIR[:TAG]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutName {
    /// The directory.
    pub dir: PathBuf,
    /// The tag.
    pub tag: Option<String>,
}

impl LayoutName {
    /// Reads `DIR[:TAG]`. A directory whose name has a colon is written with a `/` at its end.
    ///
    /// # Errors
    /// [`ImageError::BadLayoutName`].
    pub fn parse(text: &str) -> Result<Self, ImageError> {
        let bad = |why| ImageError::BadLayoutName { text: text.into(), why };
        let (dir, tag) = match text.rsplit_once(':') {
            Some((dir, tag)) if !tag.contains('/') => (dir, Some(tag)),
            _ => (text, None),
        };
        if dir.is_empty() {
            return Err(bad("the directory is missing"));
        }
        if tag.is_some_and(|tag| !is_ref_name(tag)) {
            return Err(bad("a tag has letters and digits, separated by one of `-._@+`"));
        }
        Ok(Self { dir: dir.into(), tag: tag.map(String::from) })
    }
}

impl std::fmt::Display for LayoutName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.tag {
            Some(tag) => write!(f, "{}:{tag}", self.dir.display()),
            None => write!(f, "{}", self.dir.display()),
        }
    }
}

/// The grammar of `org.opencontainers.image.ref.name` (image-spec, "annotations.md"), without `/` and `:`.
fn is_ref_name(text: &str) -> bool {
    text.split(['-', '.', '_', '@', '+'])
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Adds an image to a layout, which is created if it is not there; says how many bytes of blobs were written.
///
/// The image gets the tag of `to` or, without one, the tag of each of `names`, or `latest`; an image that
/// had the tag loses it, all others stay. Blobs that are there already are kept. The index is written last, so
/// that a failure leaves the layout as it was, and under a lock, so that two writers do not lose each other's
/// entry.
///
/// # Errors
/// When the directory is in use for something else, its index is damaged, or a file cannot be written.
pub fn write(image: &Image, names: &[Reference], to: &LayoutName) -> Result<u64, ImageError> {
    prepare(&to.dir)?;
    let mut written = 0;
    for blob in image.blobs() {
        written += write_blob(&to.dir, blob)?;
    }
    let lock = lock(&to.dir)?;
    let path = to.dir.join("index.json");
    let old = fs::read_optional(&path)?;
    let entries: Vec<Descriptor> = tags(names, to)
        .into_iter()
        .map(|(tag, name)| image.index_entry(index_annotations(tag, name)))
        .collect();
    let index = update_index(old.as_deref(), &entries).map_err(|why| ImageError::Damaged {
        path: to.dir.clone(),
        what: "index.json".into(),
        why,
    })?;
    write_file(&path, &index)?;
    drop(lock);
    Ok(written)
}

/// A directory is taken if it is a layout, empty, or not there.
fn prepare(dir: &Path) -> Result<(), ImageError> {
    let marker = dir.join("oci-layout");
    if fs::read_optional(&marker)?.is_some() {
        return Ok(());
    }
    if !fs::list(dir)?.is_empty() {
        let why = "the directory has other files; name a new or empty directory".into();
        return Err(ImageError::NotALayout { path: dir.into(), why });
    }
    write_file(&marker, MARKER.as_bytes())
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ImageError> {
    fs::write_aside(path, |out| out.write_all(bytes).map_err(FsError::while_doing("write", path)))?;
    Ok(())
}

fn write_blob(dir: &Path, blob: &Blob) -> Result<u64, ImageError> {
    let path = dir.join(blob_name(blob.digest()));
    if std::fs::metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() == blob.size()) {
        return Ok(0);
    }
    fs::write_aside(&path, |out| blob.copy_to(out, &path))?;
    Ok(blob.size())
}

/// An exclusive lock on the directory, until the file is dropped. File systems without locks are used without.
fn lock(dir: &Path) -> Result<File, FsError> {
    let file = File::open(dir).map_err(FsError::while_doing("read", dir))?;
    match file.lock() {
        Err(error) if error.kind() != std::io::ErrorKind::Unsupported => {
            Err(FsError::while_doing("lock", dir)(error))
        }
        _ => Ok(file),
    }
}

/// The tags that [`write`] gives an image, each with the name that belongs to it.
pub(crate) fn tags<'a>(
    names: &'a [Reference],
    to: &'a LayoutName,
) -> BTreeMap<&'a str, Option<&'a Reference>> {
    match (&to.tag, names) {
        (Some(tag), names) => [(tag.as_str(), names.first())].into(),
        (None, []) => [("latest", None)].into(),
        // Of two names with one tag the first counts.
        (None, names) => names.iter().rev().map(|name| (name.tag(), Some(name))).collect(),
    }
}

/// How an index names an image: the tag for tools that follow the specification, the full name for containerd.
pub(crate) fn index_annotations(tag: &str, name: Option<&Reference>) -> BTreeMap<String, String> {
    let mut annotations = BTreeMap::from([(REF_NAME.to_string(), tag.to_string())]);
    annotations.extend(name.map(|name| (CONTAINERD_NAME.to_string(), name.to_string())));
    annotations
}

/// The index with these entries in place of those of the same tag; all else in it stays as it is.
fn update_index(old: Option<&[u8]>, entries: &[Descriptor]) -> Result<Vec<u8>, String> {
    let mut index = match old {
        Some(bytes) => serde_json::from_slice(bytes).map_err(|error| error.to_string())?,
        None => json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}),
    };
    let manifests =
        index.get_mut("manifests").and_then(Value::as_array_mut).ok_or("it has no list `manifests`")?;
    for entry in entries {
        let tag = entry.annotations.get(REF_NAME).map(String::as_str);
        let at = manifests.iter().position(|there| tag_of(there) == tag).unwrap_or(manifests.len());
        manifests.retain(|there| tag_of(there) != tag);
        manifests.insert(at, entry.to_json().map_err(|error| error.to_string())?);
    }
    Ok(canonical(index))
}

fn tag_of(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(REF_NAME)?.as_str()
}
