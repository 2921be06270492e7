//! Destinations: where an image goes, and the receipt that it arrived.
//!
//! One file for each medium. Whatever fails, nothing is left under the final name.

mod archive;
mod docker;
mod http;
mod layout;

use std::fmt;
use std::path::PathBuf;

pub use docker::{DockerError, DockerHost};

use crate::digest::Digest;
use crate::image::layout::LayoutName;
use crate::image::{Image, ImageError, Reference};
use crate::observer::{Event, Observer};
use crate::tree::TreeError;

/// The forms that [`Destination::parse`] takes, for messages and help texts.
pub const FORMS: &str = "`oci:DIR[:TAG]`, `archive:FILE`, `docker`";

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
        }
    }
}

/// Choices for [`write`].
#[derive(Clone)]
pub struct WriteOptions<'a> {
    /// Where the Docker daemon listens; default: [`DockerHost::default`].
    pub docker: DockerHost,
    /// Is told of what was written.
    pub observer: &'a dyn Observer,
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
    /// Number of bytes written or sent; what a layout had already is not counted.
    pub bytes: u64,
}

/// Writes an image to a destination under each of `names`.
///
/// # Errors
/// When the destination cannot be written; it is then as it was.
pub fn write(
    image: &Image,
    names: &[Reference],
    to: &Destination,
    options: &WriteOptions<'_>,
) -> Result<Receipt, DestinationError> {
    if options.observer.stop_requested() {
        return Err(ImageError::from(TreeError::Stopped).into());
    }
    let (bytes, references) = match to {
        Destination::Layout(name) => layout::write(image, names, name)?,
        Destination::Archive(file) => (archive::write(image, names, file)?, familiar(names)),
        Destination::Docker => (docker::load(image, names, &options.docker)?, familiar(names)),
    };
    let destination = to.to_string();
    options.observer.event(&Event::Written { destination: &destination });
    Ok(Receipt { destination, references, digest: image.digest(), bytes })
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
    /// The Docker daemon did not take it.
    #[error(transparent)]
    Docker(#[from] DockerError),
}
