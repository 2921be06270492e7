//! The forms in which BEAM files are packed.

use std::sync::Arc;

use super::canonical::canonical;
use super::chunks::BeamError;
use super::directory::names_directory;
use super::sources::Sources;
use super::strip::strip;
use crate::deflate;

/// Part of every key: what an older erlrel made of a file is not taken for what this one makes of it. It is raised with each
/// change of what a form does, which the committed digests of `tests/beams.rs` tell.
const REVISION: u32 = 1;

/// What becomes of a BEAM file when it is packed. What it does when it runs is the same in every form.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BeamForm {
    /// relx's: [stripped](strip), then gzip-compressed.
    Relx,
    /// [Stripped](strip).
    Stripped,
    /// [Canonical](canonical()).
    Canonical(Arc<Sources>),
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
            Self::Canonical(sources) => canonical(bytes, sources),
        }
    }

    /// A name for all that decides the bytes: equal for two forms if they make the same of every file.
    pub fn key(&self) -> String {
        let form = match self {
            Self::Relx => "relx".into(),
            Self::Stripped => "strip".into(),
            Self::Canonical(sources) => format!("canonical {}", sources.key()),
        };
        format!("{REVISION} {form}")
    }

    /// The directory in which modules were compiled that get this form, if they could be the same in every other: only a
    /// canonical one can.
    pub fn directory(&self) -> Option<&str> {
        if let Self::Canonical(sources) = self { sources.directory() } else { None }
    }

    /// Whether a module that has this form holds the path of that directory nevertheless.
    pub fn names_directory(&self, module: &[u8]) -> bool {
        self.directory().is_some_and(|directory| names_directory(module, directory))
    }
}
