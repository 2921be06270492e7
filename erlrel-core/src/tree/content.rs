//! What a file contains, by reference: the bytes are read when a writer needs them.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use super::TreeError;
use crate::beam::BeamForm;
use crate::fs;

/// The content of a file in a [`Tree`](super::Tree).
#[derive(Debug, Clone)]
pub enum Content {
    /// Bytes that were computed.
    Bytes(Arc<[u8]>),
    /// The bytes of a file on disk.
    File(PathBuf),
    /// A BEAM file on disk, to be packed in another form.
    Beam {
        /// The file.
        path: PathBuf,
        /// The form that it gets.
        form: BeamForm,
    },
}

impl Content {
    /// The bytes as they will be written.
    ///
    /// # Errors
    /// When the file cannot be read, or is no BEAM file where one is expected.
    pub fn read(&self) -> Result<Cow<'_, [u8]>, TreeError> {
        match self {
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::File(path) => Ok(Cow::Owned(fs::read(path)?)),
            Self::Beam { path, form } => {
                let formed = form.of(&fs::read(path)?);
                formed.map(Cow::Owned).map_err(|source| TreeError::Beam { path: path.clone(), source })
            }
        }
    }

    /// The file that the bytes come from, if they come from one.
    pub fn source(&self) -> Option<&std::path::Path> {
        match self {
            Self::Bytes(_) => None,
            Self::File(path) | Self::Beam { path, .. } => Some(path),
        }
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        text.as_bytes().to_vec().into()
    }
}

impl From<PathBuf> for Content {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}
