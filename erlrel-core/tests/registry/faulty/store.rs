//! What a registry holds.

use std::collections::{BTreeMap, BTreeSet};

use erlrel_core::digest::Digest;
use serde_json::Value;

/// Repositories by name, and uploads that have begun.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) repositories: BTreeMap<String, Contents>,
    uploads: BTreeMap<String, Upload>,
    begun: usize,
}

/// What a repository holds, by digest.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    pub(crate) manifests: BTreeMap<String, Manifest>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// A manifest or an index.
#[derive(Debug, Clone)]
pub(crate) struct Manifest {
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// An upload that has begun.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) repository: String,
    pub(crate) bytes: Vec<u8>,
    /// How many requests it has had: the place that is given changes with each.
    pub(crate) state: usize,
}

impl Store {
    /// Begins an upload; gives its name.
    pub(crate) fn begin(&mut self, repository: &str) -> String {
        self.begun += 1;
        let id = format!("upload-{}", self.begun);
        let upload = Upload { repository: repository.into(), bytes: Vec::new(), state: 0 };
        self.uploads.insert(id.clone(), upload);
        id
    }

    /// The upload of this name.
    pub(crate) fn upload(&mut self, id: &str) -> Option<&mut Upload> {
        self.uploads.get_mut(id)
    }

    /// Ends an upload; false if what has come does not have this digest.
    pub(crate) fn finish(&mut self, id: &str, digest: &str) -> bool {
        let Some(upload) = self.uploads.remove(id) else { return false };
        let right = Digest::of(&upload.bytes).to_string() == digest;
        if right {
            self.add_blob(&upload.repository, upload.bytes);
        }
        right
    }

    /// Adds a blob; gives its digest.
    pub(crate) fn add_blob(&mut self, repository: &str, bytes: impl Into<Vec<u8>>) -> String {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes).to_string();
        let contents = self.repositories.entry(repository.into()).or_default();
        contents.blobs.insert(digest.clone(), bytes);
        digest
    }

    /// A blob of a repository.
    pub(crate) fn blob(&self, repository: &str, digest: &str) -> Option<&Vec<u8>> {
        self.repositories.get(repository)?.blobs.get(digest)
    }

    /// The manifest of a tag or digest.
    pub(crate) fn manifest(&self, repository: &str, reference: &str) -> Option<&Manifest> {
        let contents = self.repositories.get(repository)?;
        let digest = contents.tags.get(reference).map_or(reference, String::as_str);
        contents.manifests.get(digest)
    }

    /// Takes a manifest if everything that it names is there.
    pub(crate) fn add_manifest(
        &mut self,
        repository: &str,
        reference: &str,
        manifest: Manifest,
    ) -> Result<String, &'static str> {
        let digest = Digest::of(&manifest.bytes).to_string();
        let by_digest = reference.contains(':');
        if by_digest && reference != digest {
            return Err("DIGEST_INVALID");
        }
        let json: Value = serde_json::from_slice(&manifest.bytes).map_err(|_| "MANIFEST_INVALID")?;
        if json["mediaType"].as_str().is_some_and(|media_type| media_type != manifest.media_type) {
            return Err("MANIFEST_INVALID");
        }
        let contents = self.repositories.entry(repository.into()).or_default();
        if !contents.has_all(&json) {
            return Err("MANIFEST_BLOB_UNKNOWN");
        }
        contents.manifests.insert(digest.clone(), manifest);
        if !by_digest {
            contents.tags.insert(reference.into(), digest.clone());
        }
        Ok(digest)
    }
}

impl Contents {
    fn has_all(&self, manifest: &Value) -> bool {
        let (blobs, manifests) = named(manifest);
        blobs.iter().all(|digest| self.blobs.contains_key(digest))
            && manifests.iter().all(|digest| self.manifests.contains_key(digest))
    }
}

/// The digests of the blobs and of the manifests that a manifest or an index names.
fn named(manifest: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let digests = |list: &Value| -> BTreeSet<String> {
        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|entry| entry["digest"].as_str()).map(String::from).collect()
    };
    let mut blobs = digests(&manifest["layers"]);
    blobs.extend(manifest["config"]["digest"].as_str().map(String::from));
    (blobs, digests(&manifest["manifests"]))
}
