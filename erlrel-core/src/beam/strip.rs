//! Stripping as relx does it: only the chunks that loading needs, and the attributes.

use super::chunks::{BeamError, Chunk, chunks, container_of, find, uncompressed};

/// The chunks that survive, in the order in which OTP's `beam_lib` writes them (facts: OTP 23 to 29 agree
/// on the order; later releases only add names).
const KEPT: [&[u8; 4]; 14] = [
    b"Attr", b"Line", b"Type", b"Atom", b"AtU8", b"Code", b"StrT", b"ImpT", b"ExpT", b"FunT", b"LitT",
    b"Meta", b"Recs", b"DbgB",
];

/// Without these the runtime system does not load a module.
const MANDATORY: [&[u8; 4]; 4] = [b"Code", b"ExpT", b"ImpT", b"StrT"];

/// The module without debug information, documentation and compile options: what `beam_lib:strip_release/2` with
/// `["Attr"]` makes, before it compresses it.
///
/// # Errors
/// When `bytes` are not a whole BEAM file.
pub fn strip(bytes: &[u8]) -> Result<Vec<u8>, BeamError> {
    let container = uncompressed(bytes)?;
    Ok(container_of(&needed(&chunks(&container)?)?))
}

/// The chunks that survive, in their order.
///
/// # Errors
/// When one is missing without which nothing can be loaded.
pub(super) fn needed<'a>(chunks: &[Chunk<'a>]) -> Result<Vec<Chunk<'a>>, BeamError> {
    if let Some(chunk) = MANDATORY.iter().find(|name| find(chunks, name).is_none()) {
        return Err(BeamError::MissingChunk { chunk: String::from_utf8_lossy(*chunk).into_owned() });
    }
    Ok(KEPT.iter().filter_map(|name| Some((**name, find(chunks, name)?))).collect())
}
