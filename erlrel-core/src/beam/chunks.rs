//! The container format of BEAM files: an IFF form of named chunks, plain or gzip-compressed.
//!
//! `"FOR1" size:32 "BEAM" { id:4 bytes, size:32, data, padding to 4 bytes }*`, numbers big-endian.

use std::borrow::Cow;
use std::io::Read;

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
    /// More of something than any module has: a small file can say that it is very large.
    #[error("the BEAM file has more than {most} {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there may be.
        most: usize,
    },
}

/// More than any module has.
const LARGEST: usize = 256 << 20;
const LARGEST_LITERALS: usize = 64 << 20;
const MOST_CHUNKS: usize = 1 << 10;

/// The uncompressed container, if it has no more than 256 MiB.
pub(super) fn uncompressed(bytes: &[u8]) -> Result<Cow<'_, [u8]>, BeamError> {
    uncompressed_up_to(bytes, LARGEST)
}

/// The uncompressed container, if it has no more than `most` bytes.
pub(super) fn uncompressed_up_to(bytes: &[u8], most: usize) -> Result<Cow<'_, [u8]>, BeamError> {
    let mut container = Cow::Borrowed(bytes);
    if deflate::is_gzip(bytes) {
        let mut plain = Vec::new();
        let read = deflate::reader(bytes).take(most as u64 + 1).read_to_end(&mut plain);
        read.map_err(|_| BeamError::NotBeam)?;
        container = Cow::Owned(plain);
    }
    if container.len() > most { Err(BeamError::TooLarge { what: "bytes", most }) } else { Ok(container) }
}

/// The uncompressed table of the chunk `LitT`: a count, and then each literal with its size in front, in the external term
/// format. `None` if it is damaged, or has more than 64 MiB.
///
/// The size in front of the table is that before compression; since OTP 28 it is 0, and the table is not compressed.
pub(super) fn literals(data: &[u8]) -> Option<Cow<'_, [u8]>> {
    let (size, table) = data.split_first_chunk::<4>()?;
    match u32::from_be_bytes(*size) as usize {
        0 => Some(Cow::Borrowed(table)),
        size if size > LARGEST_LITERALS => None,
        size => deflate::decompress_zlib(table, size).ok().map(Cow::Owned),
    }
}

/// All chunks in file order.
pub(super) fn chunks(container: &[u8]) -> Result<Vec<Chunk<'_>>, BeamError> {
    if container.len() < 12 || &container[..4] != b"FOR1" || &container[8..12] != b"BEAM" {
        return Err(BeamError::NotBeam);
    }
    let mut found = Vec::new();
    let mut at = 12;
    while at < container.len() {
        if found.len() == MOST_CHUNKS {
            return Err(BeamError::TooLarge { what: "chunks", most: MOST_CHUNKS });
        }
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
