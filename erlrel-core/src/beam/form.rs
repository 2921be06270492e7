//! The forms in which BEAM files are packed.

use super::chunks::BeamError;
use super::strip::strip;
use crate::deflate;

/// What becomes of a BEAM file when it is packed. What it does when it runs is the same in every form.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BeamForm {
    /// relx's: [stripped](strip), then gzip-compressed.
    Relx,
    /// [Stripped](strip).
    Stripped,
}

impl BeamForm {
    /// The bytes of a BEAM file in this form.
    ///
    /// # Errors
    /// When `bytes` are not a whole BEAM file.
    pub fn of(&self, bytes: &[u8]) -> Result<Vec<u8>, BeamError> {
        match self {
            Self::Relx => deflate::compress(&strip(bytes)?).map_err(|_| BeamError::NotBeam),
            Self::Stripped => strip(bytes),
        }
    }

    /// A name for all that decides the bytes: equal for two forms if they make the same of every file.
    pub fn key(&self) -> String {
        match self {
            Self::Relx => "relx".into(),
            Self::Stripped => "strip".into(),
        }
    }
}
