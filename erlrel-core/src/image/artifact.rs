//! Artifacts: files that are stored as images are, and are none (image-spec, "manifest.md", "Guidelines for Artifact
//! Usage").

use std::collections::BTreeMap;
use std::path::Path;

use super::Blob;
use super::error::ImageError;
use super::manifest::{Descriptor, LAYER_GZIP, MANIFEST, Manifest, REF_NAME};
use super::store::Store;
use crate::digest::Digest;

/// The media type of the configuration of what has none, and its only content.
const EMPTY: (&str, &[u8]) = ("application/vnd.oci.empty.v1+json", b"{}");

/// Gzip-compressed tars under a manifest that says what they are.
///
/// Any registry takes it: to one that knows no artifacts it is an image with a configuration that no engine reads.
#[derive(Debug, Clone)]
pub struct Artifact {
    artifact_type: String,
    annotations: BTreeMap<String, String>,
    manifest: Blob,
    config: Blob,
    layers: Vec<Blob>,
}

impl Artifact {
    /// An artifact of this type.
    ///
    /// # Errors
    /// None in practice; the type keeps the caller free of panics.
    pub fn new(
        artifact_type: &str,
        layers: Vec<Blob>,
        annotations: BTreeMap<String, String>,
    ) -> Result<Self, ImageError> {
        let config = Blob::from_bytes(EMPTY.1);
        let layer = |blob: &Blob| Descriptor::new(LAYER_GZIP, blob.digest(), blob.size());
        let manifest = Manifest {
            artifact_type: Some(artifact_type.into()),
            config: Descriptor::new(EMPTY.0, config.digest(), config.size()),
            layers: layers.iter().map(layer).collect(),
            annotations: annotations.clone(),
        };
        let manifest = Blob::from_bytes(manifest.encode()?);
        Ok(Self { artifact_type: artifact_type.into(), annotations, manifest, config, layers })
    }

    /// Reads a manifest; `blob` says where the layer of a digest and a size is.
    ///
    /// # Errors
    /// What is wrong with it, as text.
    pub fn parse(bytes: &[u8], blob: impl Fn(Digest, u64) -> Blob) -> Result<Self, String> {
        let manifest = Manifest::parse(bytes)?;
        let layers = manifest.layers.iter().map(|layer| blob(layer.digest, layer.size)).collect();
        let config = blob(manifest.config.digest, manifest.config.size);
        Self::of(manifest, bytes, layers, config)
    }

    /// The artifact with this tag in a layout; `None` if there is no layout, or none of this tag in it.
    ///
    /// # Errors
    /// When the layout is none, or something in it is damaged.
    pub fn in_layout(dir: &Path, tag: &str) -> Result<Option<Self>, ImageError> {
        if dir.symlink_metadata().is_err() {
            return Ok(None);
        }
        let store = Store::open(dir)?;
        let is_tagged = |entry: &&Descriptor| entry.annotations.get(REF_NAME).is_some_and(|name| name == tag);
        let index = store.index()?;
        let Some(entry) = index.iter().find(is_tagged) else { return Ok(None) };
        let bytes = store.json("manifest", entry)?;
        let damaged = |why: String| store.damaged(&format!("manifest {}", entry.digest), why);
        let manifest = Manifest::parse(&bytes).map_err(damaged)?;
        let layers =
            manifest.layers.iter().map(|layer| store.blob("layer", layer)).collect::<Result<_, _>>()?;
        let config = store.blob("configuration", &manifest.config)?;
        Self::of(manifest, &bytes, layers, config).map(Some).map_err(damaged)
    }

    fn of(manifest: Manifest, bytes: &[u8], layers: Vec<Blob>, config: Blob) -> Result<Self, String> {
        let artifact_type = manifest.artifact_type.ok_or("it is an image, and no artifact")?;
        let (annotations, manifest) = (manifest.annotations, Blob::from_bytes(bytes.to_vec()));
        Ok(Self { artifact_type, annotations, manifest, config, layers })
    }

    /// What it is.
    pub fn artifact_type(&self) -> &str {
        &self.artifact_type
    }

    /// The annotations of its manifest.
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }

    /// Its manifest, exactly as its digest says.
    pub fn manifest(&self) -> &Blob {
        &self.manifest
    }

    /// The media type of its manifest.
    pub fn media_type(&self) -> &'static str {
        MANIFEST
    }

    /// Its configuration, which says nothing.
    pub fn config(&self) -> &Blob {
        &self.config
    }

    /// Its layers.
    pub fn layers(&self) -> &[Blob] {
        &self.layers
    }

    /// Every blob that a store of it needs, the manifest last.
    pub fn blobs(&self) -> Vec<&Blob> {
        self.layers.iter().chain([&self.config, &self.manifest]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::layout::write_artifact;

    fn artifact() -> Artifact {
        let annotations = BTreeMap::from([("key".to_string(), "value".to_string())]);
        Artifact::new("application/x", vec![Blob::from_bytes(b"layer".to_vec())], annotations).expect("made")
    }

    #[test]
    fn an_artifact_is_golden() {
        let manifest = artifact().manifest().read().expect("read");
        insta::assert_snapshot!(String::from_utf8_lossy(&manifest), @r#"{"annotations":{"key":"value"},"artifactType":"application/x","config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","mediaType":"application/vnd.oci.empty.v1+json","size":2},"layers":[{"digest":"sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":5}],"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}"#);
    }

    #[test]
    fn an_artifact_is_read_from_the_layout_that_it_was_written_to() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let layout = dir.path().join("layout");
        let found = |tag: &str| Artifact::in_layout(&layout, tag).expect("read");
        assert!(found("one").is_none(), "there is no layout");
        let written = write_artifact(&artifact(), "one", &layout).expect("written");
        assert_eq!(written, artifact().blobs().iter().map(|blob| blob.size()).sum::<u64>());
        assert_eq!(write_artifact(&artifact(), "one", &layout).expect("written again"), 0);
        let read = found("one").expect("it is there");
        assert_eq!(read.manifest().digest(), artifact().manifest().digest());
        assert_eq!(read.annotations(), artifact().annotations());
        assert_eq!(read.layers()[0].read().expect("read"), b"layer");
        assert!(found("two").is_none());
    }

    #[test]
    fn an_image_is_no_artifact() {
        let manifest = crate::image::fixture::image().manifest().read().expect("read");
        let error = Artifact::parse(&manifest, |_, _| Blob::from_bytes(Vec::new())).expect_err("an image");
        assert_eq!(error, "it is an image, and no artifact");
    }
}
