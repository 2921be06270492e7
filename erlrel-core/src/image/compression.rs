//! How the layers of an image are compressed.

use std::fmt;
use std::io::{self, Read, Write};

use super::manifest::{LAYER_GZIP, LAYER_TAR, LAYER_ZSTD};
use crate::deflate::{self, GzipWriter};
use crate::zstandard;

/// The forms that [`Compression::parse`] takes, for messages and help texts.
pub const FORMS: &str = "`gzip`, `zstd` or `zstd:LEVEL` with a level from 1 to 22";

/// How layers are compressed. Displayed as it is parsed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// As every engine and tool can read it.
    #[default]
    Gzip,
    /// Smaller, and several times as fast to make and to unpack, but not known to all tools (docs/layers.md).
    Zstd {
        /// 1 to 22; default 3.
        level: u8,
    },
}

impl Compression {
    /// The media type of a layer that is compressed with zstd.
    pub(crate) const ZSTD_LAYER: &str = LAYER_ZSTD;

    /// Reads one of the [`FORMS`]; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None if text == "gzip" => Some(Self::Gzip),
            None if text == "zstd" => Some(Self::Zstd { level: zstandard::DEFAULT_LEVEL }),
            Some(("zstd", level)) => Self::zstd(level.parse().ok()?),
            _ => None,
        }
    }

    /// zstd at this level; `None` if there is no such level.
    pub fn zstd(level: u64) -> Option<Self> {
        let level = u8::try_from(level).ok().filter(|level| zstandard::LEVELS.contains(level))?;
        Some(Self::Zstd { level })
    }

    /// The media type of a layer that is compressed like this.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Gzip => LAYER_GZIP,
            Self::Zstd { .. } => LAYER_ZSTD,
        }
    }

    /// All that decides the bytes besides the content and what every cache knows of this erlrel.
    pub(crate) fn identity(self) -> String {
        match self {
            Self::Gzip => self.to_string(),
            Self::Zstd { .. } => format!("{self} {}", zstandard::version()),
        }
    }

    /// A writer that compresses.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub(super) fn writer<W: Write>(self, inner: W) -> io::Result<Compressor<W>> {
        match self {
            Self::Gzip => Ok(Compressor::Gzip(deflate::writer(inner))),
            Self::Zstd { level } => Ok(Compressor::Zstd(zstandard::Writer::new(inner, level)?)),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gzip => f.write_str("gzip"),
            Self::Zstd { level } => write!(f, "zstd:{level}"),
        }
    }
}

/// A writer that compresses; its output depends on nothing but what is written to it.
pub(super) enum Compressor<W: Write> {
    Gzip(GzipWriter<W>),
    Zstd(zstandard::Writer<W>),
}

impl<W: Write> Compressor<W> {
    /// Writes what is left; gives the writer inside.
    ///
    /// # Errors
    /// When the writer inside fails.
    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::Gzip(writer) => writer.finish(),
            Self::Zstd(writer) => writer.finish(),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(writer) => writer.write(bytes),
            Self::Zstd(writer) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Gzip(writer) => writer.flush(),
            Self::Zstd(writer) => writer.flush(),
        }
    }
}

/// The tar of a layer of this media type; `None` for a type that is unknown.
///
/// # Errors
/// When there is no memory for it.
pub(super) fn unpacked(
    media_type: &str,
    packed: impl Read + Send + 'static,
) -> io::Result<Option<Box<dyn Read + Send>>> {
    let unpacked: Box<dyn Read + Send> = match media_type.rsplit_once(".tar").map(|(_, end)| end) {
        Some("") => Box::new(packed),
        Some("+gzip") => Box::new(deflate::reader(packed)),
        Some("+zstd") => Box::new(zstandard::reader(packed)?),
        _ => return Ok(None),
    };
    Ok(Some(unpacked))
}

/// The media type of a layer whose file begins with these four bytes.
pub(super) fn media_type_of(start: &[u8]) -> &'static str {
    match start {
        start if deflate::is_gzip(start) => LAYER_GZIP,
        start if zstandard::is_zstd(start) => LAYER_ZSTD,
        _ => LAYER_TAR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_shown_the_same_way() {
        for (text, shown) in
            [("gzip", "gzip"), ("zstd", "zstd:3"), ("zstd:1", "zstd:1"), ("zstd:22", "zstd:22")]
        {
            assert_eq!(
                Compression::parse(text).map(|compression| compression.to_string()).as_deref(),
                Some(shown)
            );
        }
        for text in
            ["", "xz", "GZIP", "gzip:6", "zstd:", "zstd:0", "zstd:23", "zstd:-1", "zstd:259", "zstd:3:3"]
        {
            assert_eq!(Compression::parse(text), None, "{text}");
        }
    }
}
