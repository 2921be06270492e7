//! OCI image layouts: directories that hold images as content-addressed files (image-spec,
//! "image-layout.md").

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::ImageError;
use super::json::canonical;
use super::manifest::{CONTAINERD_NAME, Descriptor, INDEX, MANIFEST, REF_NAME};
use super::store::blob_name;
use super::{Artifact, Blob, Image, Reference};
use crate::fs::{self, FsError};
use crate::tree::clean_up;

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
/// The image gets the tag of `to` or, without one, the tag of each of `names`, or `latest`; an image that had
/// the tag loses it, all others stay. Blobs that are there already are kept. A new directory appears when it
/// is complete; in an existing one the index is written last, so that a failure leaves it as it was, and
/// under a lock, so that two writers do not lose each other's entry.
///
/// # Errors
/// When the directory is in use for something else, its index is damaged, or a file cannot be written.
pub fn write(image: &Image, names: &[Reference], to: &LayoutName) -> Result<u64, ImageError> {
    let entries: Vec<Descriptor> = tags(names, to)
        .into_iter()
        .map(|(tag, name)| image.index_entry(index_annotations(tag, name)))
        .collect();
    store(&image.blobs(), &entries, &to.dir)
}

/// Adds an artifact to a layout under a tag, as [`write()`] adds an image; says how many bytes were written. A blob that
/// is there and damaged is replaced.
///
/// # Errors
/// As [`write()`].
pub fn write_artifact(artifact: &Artifact, tag: &str, dir: &Path) -> Result<u64, ImageError> {
    let manifest = artifact.manifest();
    let mut entry = Descriptor::new(MANIFEST, manifest.digest(), manifest.size());
    entry.annotations = index_annotations(tag, None);
    artifact.blobs().into_iter().try_for_each(|blob| remove_damaged(dir, blob))?;
    store(&artifact.blobs(), &[entry], dir)
}

fn store(blobs: &[&Blob], entries: &[Descriptor], dir: &Path) -> Result<u64, ImageError> {
    if dir.symlink_metadata().is_ok() { add(blobs, entries, dir) } else { create(blobs, entries, dir) }
}

/// Writes the layout beside its place and renames it.
fn create(blobs: &[&Blob], entries: &[Descriptor], dir: &Path) -> Result<u64, ImageError> {
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    clean_up(parent)?;
    let staging = fs::ScratchDir::new_in(parent).map_err(|error| FsError {
        action: "write",
        path: dir.into(),
        ..error
    })?;
    let new = staging.path().join("new");
    fs::create_dir_all(&new)?;
    let written = add(blobs, entries, &new).map_err(|error| named(error, &new, dir))?;
    fs::set_mode(&new, 0o755)?;
    match std::fs::rename(&new, dir) {
        Err(_) if dir.is_dir() => add(blobs, entries, dir), // somebody else was faster
        renamed => Ok(renamed.map(|()| written).map_err(FsError::while_doing("write", dir))?),
    }
}

/// The error about the place that the user knows, not the one beside it.
fn named(error: ImageError, staging: &Path, dir: &Path) -> ImageError {
    match error {
        ImageError::Fs(mut error) => {
            error.path = error.path.strip_prefix(staging).map(|path| dir.join(path)).unwrap_or(error.path);
            error.into()
        }
        other => other,
    }
}

fn add(blobs: &[&Blob], entries: &[Descriptor], dir: &Path) -> Result<u64, ImageError> {
    let lock = fs::lock_directory(dir)?;
    prepare(dir)?;
    drop(lock);
    let written = blobs.iter().map(|blob| write_blob(dir, blob)).sum::<Result<u64, ImageError>>()?;
    let lock = fs::lock_directory(dir)?;
    let path = dir.join("index.json");
    let index = update_index(fs::read_optional(&path)?.as_deref(), entries)
        .map_err(|why| ImageError::Damaged { path: dir.into(), what: "index.json".into(), why })?;
    write_file(&path, &index)?;
    drop(lock);
    Ok(written)
}

/// A directory is taken if it is a layout or empty; what a killed writer left behind does not count.
fn prepare(dir: &Path) -> Result<(), ImageError> {
    let marker = dir.join("oci-layout");
    if fs::read_optional(&marker)?.is_some() {
        return Ok(());
    }
    if !fs::list(dir)?.iter().all(|path| fs::is_aside(path)) {
        let why = "the directory has other files; name a new or empty directory".into();
        return Err(ImageError::NotALayout { path: dir.into(), why });
    }
    write_file(&marker, MARKER.as_bytes())
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ImageError> {
    fs::write_aside(path, |out| out.write_all(bytes).map_err(FsError::while_doing("write", path)))?;
    Ok(())
}

fn remove_damaged(dir: &Path, blob: &Blob) -> Result<(), ImageError> {
    let path = dir.join(blob_name(blob.digest()));
    let there = Blob::in_named_file(path.clone(), 0, blob.digest(), blob.size());
    if path.is_file() && there.copy_to(&mut std::io::sink(), &path).is_err() {
        std::fs::remove_file(&path).map_err(FsError::while_doing("remove", &path))?;
    }
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

/// The tags that [`write()`] gives an image, each with the name that belongs to it.
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

/// How an index names an image: the tag for tools that follow the specification, the full name for
/// containerd.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixture::{RawLayout, image, options, tagged};
    use crate::image::{BaseImage, build, validate};
    use crate::platform::Platform;

    fn name(text: &str) -> LayoutName {
        LayoutName::parse(text).expect("a name")
    }

    fn names(texts: &[&str]) -> Vec<Reference> {
        texts.iter().map(|text| Reference::parse(text).expect("a name")).collect()
    }

    fn index(dir: &Path) -> Value {
        serde_json::from_slice(&std::fs::read(dir.join("index.json")).expect("read")).expect("JSON")
    }

    fn tags_in(dir: &Path) -> Vec<String> {
        let index = index(dir);
        let entries = index["manifests"].as_array().expect("a list");
        entries.iter().map(|entry| tag_of(entry).unwrap_or("none").to_string()).collect()
    }

    #[test]
    fn names_of_layouts() {
        let parse = |text| LayoutName::parse(text).map(|name| (name.dir.display().to_string(), name.tag));
        assert_eq!(parse("a/b").ok(), Some(("a/b".into(), None)));
        assert_eq!(parse("a/b:1.0").ok(), Some(("a/b".into(), Some("1.0".into()))));
        assert_eq!(parse("a:1/b").ok(), Some(("a:1/b".into(), None)));
        let errors: Vec<String> =
            ["", ":x", "a:", "a:-x"].iter().map(|text| parse(text).expect_err(text).to_string()).collect();
        insta::assert_snapshot!(errors.join("\n"), @r"
        `` does not name an image layout: the directory is missing; write DIR or DIR:TAG
        `:x` does not name an image layout: the directory is missing; write DIR or DIR:TAG
        `a:` does not name an image layout: a tag has letters and digits, separated by one of `-._@+`; write DIR or DIR:TAG
        `a:-x` does not name an image layout: a tag has letters and digits, separated by one of `-._@+`; write DIR or DIR:TAG
        ");
    }

    #[test]
    fn what_is_written_can_be_read_and_is_valid() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let to = LayoutName { dir: dir.path().join("new"), tag: None };
        let image = image();
        let written = write(&image, &names(&["me/app:1.0", "app"]), &to).expect("written");
        assert_eq!(written, image.blobs().iter().map(|blob| blob.size()).sum::<u64>());
        assert_eq!(write(&image, &names(&["app:other"]), &to).expect("written again"), 0, "all is there");
        assert_eq!(tags_in(&to.dir), ["1.0", "latest", "other"]);
        assert_eq!(validate::check(&to.dir).expect("checked"), []);
        let read = BaseImage::open(&to.dir, Some("1.0"), &Platform::linux("amd64")).expect("opened");
        assert_eq!((read.digest(), read.name()), (image.digest(), Some("docker.io/me/app:1.0")));
    }

    #[test]
    fn an_image_with_the_same_tag_is_replaced_and_all_others_stay_as_they_are() {
        let layout = RawLayout::new();
        let mut other = tagged(layout.manifest(&[]), "other");
        other["data"] = json!("e30=");
        layout.index(&[
            tagged(layout.manifest(&[]), "1.0"),
            other.clone(),
            tagged(layout.manifest(&[]), "1.0"),
        ]);
        let to = LayoutName { dir: layout.path().into(), tag: Some("1.0".into()) };
        write(&image(), &[], &to).expect("written");
        assert_eq!(tags_in(layout.path()), ["1.0", "other"]);
        assert_eq!(index(layout.path())["manifests"][1], other);
        assert_eq!(index(layout.path())["manifests"][0]["digest"], image().digest().to_string());
    }

    #[test]
    fn a_directory_with_other_files_is_not_touched() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("notes.txt"), "mine").expect("written");
        let to = LayoutName { dir: dir.path().into(), tag: None };
        let error = write(&image(), &[], &to).expect_err("it is in use").to_string();
        assert!(error.contains("the directory has other files"), "{error}");
        assert_eq!(std::fs::read_dir(dir.path()).expect("listed").count(), 1);
    }

    #[test]
    fn a_failure_leaves_the_index_as_it_was() {
        let layout = RawLayout::new();
        let base = {
            layout.index(&[layout.manifest(&[layout.layer(&crate::image::fixture::tree())])]);
            BaseImage::open(layout.path(), None, &Platform::linux("amd64")).expect("opened")
        };
        let image = build(Some(&base), &[], &options()).expect("built");
        let blob = layout.path().join(blob_name(base.layers()[0].digest()));
        let damaged = vec![0; std::fs::metadata(&blob).expect("there").len() as usize];
        std::fs::write(&blob, damaged).expect("written");
        let dir = tempfile::tempdir().expect("a temporary directory");
        let to = LayoutName { dir: dir.path().into(), tag: None };
        write(&image, &[], &to).expect_err("the base is damaged");
        assert!(!dir.path().join("index.json").exists());
        assert!(!dir.path().join(blob_name(base.layers()[0].digest())).exists());
    }

    #[test]
    fn a_damaged_index_is_not_overwritten() {
        for text in ["{", "[]", r#"{"manifests": {}}"#] {
            let layout = RawLayout::new();
            std::fs::write(layout.path().join("index.json"), text).expect("written");
            write(&image(), &[], &name(&layout.path().display().to_string())).expect_err(text);
            let after = std::fs::read_to_string(layout.path().join("index.json")).expect("read");
            assert_eq!(after, text);
        }
    }

    #[test]
    fn two_writers_at_once_do_not_lose_each_others_tag() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let image = image();
        std::thread::scope(|scope| {
            for tag in ["a", "b", "c", "d"] {
                let to = LayoutName { dir: dir.path().into(), tag: Some(tag.into()) };
                let image = &image;
                scope.spawn(move || write(image, &[], &to).expect("written"));
            }
        });
        let mut tags = tags_in(dir.path());
        tags.sort();
        assert_eq!(tags, ["a", "b", "c", "d"]);
    }
}
