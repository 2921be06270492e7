//! The container format of BEAM files: an IFF form of named chunks, plain or gzip-compressed.
//!
//! `"FOR1" size:32 "BEAM" { id:4 bytes, size:32, data, padding to 4 bytes }*`, numbers big-endian.

use std::borrow::Cow;

use crate::deflate;

/// A chunk's name and data.
pub(super) type Chunk<'a> = ([u8; 4], &'a [u8]);

/// A file that is not a readable BEAM file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BeamError {
    /// No BEAM container.
    #[error("not a BEAM file")]
    NotBeam,
    /// The container ends too early, or a size points outside it.
    #[error("the BEAM file is truncated or damaged at byte {offset}")]
    Damaged {
        /// Where in the uncompressed file.
        offset: usize,
    },
    /// A chunk without which a module cannot be loaded.
    #[error("the BEAM file has no `{chunk}` chunk")]
    MissingChunk {
        /// The chunk's name.
        chunk: String,
    },
}

/// The uncompressed container.
pub(super) fn uncompressed(bytes: &[u8]) -> Result<Cow<'_, [u8]>, BeamError> {
    if deflate::is_gzip(bytes) {
        return deflate::decompress(bytes).map(Cow::Owned).map_err(|_| BeamError::NotBeam);
    }
    Ok(Cow::Borrowed(bytes))
}

/// All chunks in file order.
pub(super) fn chunks(container: &[u8]) -> Result<Vec<Chunk<'_>>, BeamError> {
    if container.len() < 12 || &container[..4] != b"FOR1" || &container[8..12] != b"BEAM" {
        return Err(BeamError::NotBeam);
    }
    let mut found = Vec::new();
    let mut at = 12;
    while at < container.len() {
        let damaged = BeamError::Damaged { offset: at };
        let header = container.get(at..at + 8).ok_or_else(|| damaged.clone())?;
        let size = u32::from_be_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let data = container.get(at + 8..).and_then(|rest| rest.get(..size)).ok_or(damaged)?;
        found.push(([header[0], header[1], header[2], header[3]], data));
        at += 8 + size.next_multiple_of(4);
    }
    Ok(found)
}

/// The chunk of this name, if there is one.
pub(super) fn find<'a>(chunks: &[Chunk<'a>], name: &[u8; 4]) -> Option<&'a [u8]> {
    chunks.iter().find(|(id, _)| id == name).map(|(_, data)| *data)
}

/// A container of these chunks.
pub(super) fn container_of(chunks: &[Chunk<'_>]) -> Vec<u8> {
    let body: usize = chunks.iter().map(|(_, data)| 8 + data.len().next_multiple_of(4)).sum();
    let mut out = Vec::with_capacity(12 + body);
    out.extend_from_slice(b"FOR1");
    out.extend_from_slice(&(body as u32 + 4).to_be_bytes());
    out.extend_from_slice(b"BEAM");
    for (id, data) in chunks {
        out.extend_from_slice(id);
        out.extend_from_slice(&(data.len() as u32).to_be_bytes());
        out.extend_from_slice(data);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}
