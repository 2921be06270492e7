//! Images that are elsewhere, in a registry: their names, and their blobs, which are fetched only when they are read.

use std::fmt;
use std::io::{self, Read};

use super::manifest;
use super::reference::{Reference, ReferenceError, Repository};
use crate::digest::Digest;

/// Where blobs and manifests are until somebody reads them.
///
/// Whoever implements it may keep what was fetched. The bytes need not be verified: their reader does that.
pub trait Remote: fmt::Debug + Send + Sync {
    /// Where the blobs are, and where a registry may mount them from.
    fn repository(&self) -> &Repository;

    /// A reader of a blob's bytes, from the beginning.
    ///
    /// # Errors
    /// When it cannot be fetched.
    fn open(&self, digest: Digest, size: u64) -> io::Result<Box<dyn Read + Send>>;

    /// The bytes of a manifest or an index.
    ///
    /// # Errors
    /// When it cannot be fetched.
    fn manifest(&self, digest: Digest) -> io::Result<Vec<u8>>;
}

/// A manifest or an index as a registry served it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteManifest {
    /// What it is: one of the four media types of manifests and indexes, of OCI and Docker.
    pub media_type: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Exactly what was served.
    pub bytes: Vec<u8>,
}

impl RemoteManifest {
    /// Reads a manifest or an index, which a registry calls `kind`; empty if it is not known what it is called.
    ///
    /// # Errors
    /// What is wrong with it, as text: it is none, or not of the kind that it says or is called.
    pub fn read(bytes: Vec<u8>, kind: &str) -> Result<Self, String> {
        Ok(Self { media_type: manifest::media_type(kind, &bytes)?, digest: Digest::of(&bytes), bytes })
    }
}

/// The name by which an image is pulled: `[REGISTRY/]PATH[:TAG][@DIGEST]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteName {
    /// Its tag is `latest` where the text has none.
    reference: Reference,
    /// Whether the text has a tag.
    has_tag: bool,
    digest: Option<Digest>,
}

impl RemoteName {
    /// Reads a name; without a tag and a digest `latest` is meant.
    ///
    /// # Errors
    /// [`ReferenceError`], which says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        let why = "behind `@` there is a digest, `sha256:` and 64 hexadecimal digits";
        let digest = digest
            .map(|digest| Digest::parse(digest).ok_or_else(|| ReferenceError { text: text.into(), why }));
        let reference =
            Reference::parse(name).map_err(|error| ReferenceError { text: text.into(), ..error })?;
        let has_tag = name.rsplit('/').next().is_some_and(|last| last.contains(':'));
        Ok(Self { reference, has_tag, digest: digest.transpose()? })
    }

    /// Where it is.
    pub fn repository(&self) -> Repository {
        self.reference.repository()
    }

    /// The digest that it is pinned to.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// The digest, or else the tag: by which of the repository's manifests it is asked for.
    pub fn wanted(&self) -> String {
        self.digest.map_or_else(|| self.reference.tag().into(), |digest| digest.to_string())
    }

    /// The name without the digest, `docker.io/library/debian:12`; `None` if there is only a digest.
    pub fn name(&self) -> Option<&Reference> {
        (self.has_tag || self.digest.is_none()).then_some(&self.reference)
    }

    /// What an image on this one says that it is based on: the name, or the repository if there is only a digest.
    pub(super) fn base_name(&self) -> String {
        self.name().map_or_else(|| self.repository().to_string(), Reference::to_string)
    }
}

/// The full form: `docker.io/library/debian:12`, with `@DIGEST` if it is pinned, then without a tag that is not meant.
impl fmt::Display for RemoteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.base_name())?;
        self.digest.map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

impl From<Reference> for RemoteName {
    fn from(reference: Reference) -> Self {
        Self { reference, has_tag: true, digest: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_pulled_by_tag_or_digest() {
        let digest = Digest::of(b"x").to_string();
        let parse = |text: &str| RemoteName::parse(text).map_err(|error| error.to_string());
        let name = parse(&format!("debian:12@{digest}")).expect("a name");
        assert_eq!(name.to_string(), format!("docker.io/library/debian:12@{digest}"));
        assert_eq!((name.wanted(), name.base_name()), (digest.clone(), "docker.io/library/debian:12".into()));
        let only_digest = parse(&format!("localhost:5000/a@{digest}")).expect("a name");
        assert_eq!((only_digest.name(), only_digest.base_name().as_str()), (None, "localhost:5000/a"));
        assert_eq!(parse("localhost:5000/a/b").expect("a name").wanted(), "latest");
        insta::assert_snapshot!(parse("debian@sha256:12").expect_err("short"), @"`debian@sha256:12` is no image name: behind `@` there is a digest, `sha256:` and 64 hexadecimal digits");
        insta::assert_snapshot!(parse("Debian@x").expect_err("upper case"), @"`Debian@x` is no image name: upper-case letters are not allowed before the tag");
    }
}
