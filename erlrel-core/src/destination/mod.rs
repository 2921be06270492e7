//! Destinations: where an image goes, and the receipt that it arrived.
//!
//! One file for each medium. Whatever fails, nothing half-made is left under a final name.

mod archive;
mod layout;
mod registry;

use std::fmt;
use std::path::PathBuf;

use crate::cache::Cache;
use crate::digest::Digest;
use crate::docker::{self, DockerError, DockerHost};
use crate::image::layout::LayoutName;
use crate::image::{Blob, Image, ImageError, Reference, Repository};
use crate::observer::{Event, Observer};
pub use crate::registry::Pushed;
use crate::registry::{Registry, RegistryError, RegistryOptions};
use crate::tree::TreeError;

/// The forms that [`Destination::parse`] takes, for messages and help texts.
pub const FORMS: &str = "`oci:DIR[:TAG]`, `archive:FILE`, `docker`, `registry`";

/// Where an image is to go. Displayed as it is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Destination {
    /// An OCI layout, which is created or added to: `oci:DIR[:TAG]`.
    Layout(LayoutName),
    /// One file that docker, containerd, skopeo and podman load: `archive:FILE`.
    Archive(PathBuf),
    /// The running Docker daemon: `docker`.
    Docker,
    /// The registry of each of the image's names: `registry`.
    Registry,
}

impl Destination {
    /// Reads one of the [`FORMS`].
    ///
    /// # Errors
    /// [`DestinationError::Unknown`] for any other text, [`DestinationError::Image`] for a bad `DIR[:TAG]`.
    pub fn parse(text: &str) -> Result<Self, DestinationError> {
        match text.split_once(':') {
            Some(("oci", name)) => Ok(Self::Layout(LayoutName::parse(name)?)),
            Some(("archive", file)) if !file.is_empty() => Ok(Self::Archive(file.into())),
            None if text == "docker" => Ok(Self::Docker),
            None if text == "registry" => Ok(Self::Registry),
            _ => Err(DestinationError::Unknown { text: text.into() }),
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layout(name) => write!(f, "oci:{name}"),
            Self::Archive(file) => write!(f, "archive:{}", file.display()),
            Self::Docker => f.write_str("docker"),
            Self::Registry => f.write_str("registry"),
        }
    }
}

/// Choices for [`write()`].
#[derive(Clone)]
pub struct WriteOptions<'a> {
    /// Where the Docker daemon listens; default: [`DockerHost::default`].
    pub docker: DockerHost,
    /// How registries are spoken to.
    pub registry: Registry,
    /// Where it is remembered what was written, so that it need not be written again while it is there. Default: nowhere.
    pub cache: Option<Cache>,
    /// Is told of what was written.
    pub observer: &'a dyn Observer,
}

impl<'a> WriteOptions<'a> {
    /// Everything but the observer as by default.
    pub fn new(observer: &'a dyn Observer) -> Self {
        let registry = Registry::new(RegistryOptions::default());
        Self { docker: DockerHost::default(), registry, cache: None, observer }
    }
}

impl fmt::Debug for WriteOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteOptions").field("docker", &self.docker).finish_non_exhaustive()
    }
}

/// What was written where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The destination as the user would write it.
    pub destination: String,
    /// The names that the image has there.
    pub references: Vec<String>,
    /// The digest of the image's manifest.
    pub digest: Digest,
    /// Number of bytes written or sent; what was there already is not counted.
    pub bytes: u64,
    /// What became of each blob, if it went to a registry, and of the manifest for each name.
    pub blobs: Vec<PushedBlob>,
}

/// A blob that a repository has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedBlob {
    /// Where.
    pub repository: Repository,
    /// The blob.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// How it came there.
    pub how: Pushed,
}

impl PushedBlob {
    fn new(repository: &Repository, blob: &Blob, how: Pushed) -> Self {
        Self { repository: repository.clone(), digest: blob.digest(), size: blob.size(), how }
    }

    /// The bytes that went over the network.
    pub fn sent(&self) -> u64 {
        if self.how == Pushed::Uploaded { self.size } else { 0 }
    }
}

/// Writes an image to a destination under each of `names`.
///
/// # Errors
/// When the destination cannot be written; it is then as it was. Only of several names in registries those may have been
/// set already that were taken before one was refused, and each of them has the whole image.
pub fn write(
    image: &Image,
    names: &[Reference],
    to: &Destination,
    options: &WriteOptions<'_>,
) -> Result<Receipt, DestinationError> {
    if options.observer.stop_requested() {
        return Err(ImageError::from(TreeError::Stopped).into());
    }
    let mut blobs = Vec::new();
    let (bytes, references) = match to {
        Destination::Layout(name) => layout::write(image, names, name)?,
        Destination::Archive(file) => {
            (archive::write(image, names, file, options.cache.as_ref())?, familiar(names))
        }
        Destination::Docker => (docker::load(image, names, &options.docker)?, familiar(names)),
        Destination::Registry => {
            blobs = registry::push(image, names, options)?;
            (blobs.iter().map(PushedBlob::sent).sum(), names.iter().map(Reference::to_string).collect())
        }
    };
    let destination = to.to_string();
    options.observer.event(&Event::Written { destination: &destination });
    Ok(Receipt { destination, references, digest: image.digest(), bytes, blobs })
}

fn familiar(names: &[Reference]) -> Vec<String> {
    names.iter().map(Reference::familiar).collect()
}

/// A destination that is not one, or that does not take the image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DestinationError {
    /// A text of another form.
    #[error("`{text}` is no destination; write one of {FORMS}")]
    Unknown {
        /// The text as it was given.
        text: String,
    },
    /// The image could not be read or written.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// An image without a name, which a registry cannot have.
    #[error("the image has no name, so no registry to go to")]
    NoName,
    /// A name without a registry and a user, under which only Docker's own images are.
    #[error(
        "`{name}` would go to docker.io/library, where nobody but Docker may put images; write REGISTRY/{name}"
    )]
    NotYours {
        /// The name.
        name: String,
    },
    /// The registry did not take it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The Docker daemon did not take it.
    #[error(transparent)]
    Docker(#[from] DockerError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixture::image;
    use proptest::prelude::*;
    use std::sync::Mutex;

    #[test]
    fn destinations_are_read_and_shown_in_the_same_form() {
        for text in ["oci:out", "oci:/tmp/out:1.0", "archive:/tmp/a.tar", "archive:a:b.tar", "docker"] {
            assert_eq!(Destination::parse(text).expect(text).to_string(), text);
        }
        let texts = ["", "out.tar", "docker:x", "archive:", "oci:", "registry.example.com/x"];
        let errors: Vec<String> =
            texts.iter().map(|text| Destination::parse(text).expect_err(text).to_string()).collect();
        insta::assert_snapshot!(errors.join("\n"), @r"
        `` is no destination; write one of `oci:DIR[:TAG]`, `archive:FILE`, `docker`, `registry`
        `out.tar` is no destination; write one of `oci:DIR[:TAG]`, `archive:FILE`, `docker`, `registry`
        `docker:x` is no destination; write one of `oci:DIR[:TAG]`, `archive:FILE`, `docker`, `registry`
        `archive:` is no destination; write one of `oci:DIR[:TAG]`, `archive:FILE`, `docker`, `registry`
        `` does not name an image layout: the directory is missing; write DIR or DIR:TAG
        `registry.example.com/x` is no destination; write one of `oci:DIR[:TAG]`, `archive:FILE`, `docker`, `registry`
        ");
    }

    #[test]
    fn a_receipt_says_what_was_written_where() {
        struct Log(Mutex<Vec<String>>);
        impl Observer for Log {
            fn event(&self, event: &Event<'_>) {
                self.0.lock().expect("no panic").push(format!("{event:?}"));
            }
        }
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (log, root) = (Log(Mutex::default()), dir.path().display().to_string());
        let options = WriteOptions::new(&log);
        let names = ["me/app:1.0", "app"].map(|name| Reference::parse(name).expect("a name"));
        let mut lines = Vec::new();
        for text in
            [format!("oci:{root}/layout"), format!("oci:{root}/layout:x"), format!("archive:{root}/a/b.tar")]
        {
            let destination = Destination::parse(&text).expect("a destination");
            let receipt = write(&image(), &names, &destination, &options).expect("written");
            assert_eq!(receipt.digest, image().digest());
            lines.push(format!("{} {:?} {}", receipt.destination, receipt.references, receipt.bytes));
        }
        lines.extend(log.0.into_inner().expect("no panic"));
        insta::assert_snapshot!(lines.join("\n").replace(&root, "DIR"), @r#"
        oci:DIR/layout ["DIR/layout:1.0", "DIR/layout:latest"] 2877
        oci:DIR/layout:x ["DIR/layout:x"] 0
        archive:DIR/a/b.tar ["me/app:1.0", "app:latest"] 14336
        Written { destination: "oci:DIR/layout" }
        Written { destination: "oci:DIR/layout:x" }
        Written { destination: "archive:DIR/a/b.tar" }
        "#);
        let size = std::fs::metadata(dir.path().join("a/b.tar")).expect("written").len();
        assert!(lines[2].ends_with(&format!(" {size}")), "{lines:?}");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named_and_nothing_is_left() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("file");
        std::fs::write(&file, "").expect("written");
        let options = WriteOptions::new(&());
        for destination in [
            Destination::Archive(file.join("a.tar")),
            Destination::Layout(LayoutName { dir: file.join("layout"), tag: None }),
            Destination::Layout(LayoutName { dir: file.clone(), tag: None }),
        ] {
            let error = write(&image(), &[], &destination, &options).expect_err("no directory").to_string();
            assert!(error.contains(&file.display().to_string()), "{error}");
        }
        assert_eq!(std::fs::read_dir(dir.path()).expect("listed").count(), 1);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "(oci:|archive:|docker|)\\PC{0,20}", host in "(tcp|unix)?(://)?\\PC{0,20}") {
            if let Ok(destination) = Destination::parse(&text) {
                prop_assert_eq!(Destination::parse(&destination.to_string()).ok(), Some(destination));
            }
            let _ = DockerHost::parse(&host);
        }
    }
}
