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

/// The functions that a module calls in other modules, as `(module, function, arity)`.
///
/// # Errors
/// When `bytes` are not a whole BEAM file or its atom or import table cannot be read.
pub fn imports(bytes: &[u8]) -> Result<Vec<(String, String, u32)>, BeamError> {
    let container = uncompressed(bytes)?;
    let chunks = chunks(&container)?;
    let find = |name: &[u8; 4]| chunks.iter().find(|(id, _)| id == name).map(|(_, data)| *data);
    let Some(table) = find(b"ImpT") else {
        return Err(BeamError::MissingChunk { chunk: "ImpT".into() });
    };
    let atoms = find(b"AtU8").or_else(|| find(b"Atom")).map(atoms).unwrap_or_default();
    let atom = |index: u32| atoms.get((index as usize).wrapping_sub(1)).cloned();
    let words: Vec<u32> =
        table.chunks_exact(4).map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]])).collect();
    let entries = words.get(1..).unwrap_or_default().chunks_exact(3);
    Ok(entries.filter_map(|entry| Some((atom(entry[0])?, atom(entry[1])?, entry[2]))).collect())
}

/// The atoms of an `AtU8` or `Atom` chunk in index order, beginning with index 1.
///
/// Up to OTP 27 each atom has a length of one byte; since OTP 28 the count is negative and lengths are
/// compact terms (4-bit literals below 16, else 11 bits). A damaged table ends the list early.
fn atoms(data: &[u8]) -> Vec<String> {
    let Some((count, mut rest)) = data.split_first_chunk::<4>() else { return Vec::new() };
    let count = i32::from_be_bytes(*count);
    let mut atoms = Vec::new();
    for _ in 0..count.unsigned_abs() {
        let Some((length, tail)) = atom_length(rest, count < 0) else { break };
        let Some((text, tail)) = tail.split_at_checked(length) else { break };
        atoms.push(String::from_utf8_lossy(text).into_owned());
        rest = tail;
    }
    atoms
}

fn atom_length(bytes: &[u8], compact: bool) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    match (compact, first & 0b1000) {
        (false, _) => Some((first.into(), rest)),
        (true, 0) => Some(((first >> 4).into(), rest)),
        (true, _) => {
            let (&second, rest) = rest.split_first()?;
            Some((usize::from(first >> 5) << 8 | usize::from(second), rest))
        }
    }
}
