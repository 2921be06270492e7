//! Stripping as relx does it: only the chunks that loading needs, and the attributes.

use super::chunks::{BeamError, Chunk, chunks, uncompressed};
use crate::deflate;

/// The chunks that survive, in the order in which OTP's `beam_lib` writes them (facts: OTP 23 to 29 agree
/// on the order; later releases only add names).
const KEPT: [&[u8; 4]; 14] = [
    b"Attr", b"Line", b"Type", b"Atom", b"AtU8", b"Code", b"StrT", b"ImpT", b"ExpT", b"FunT", b"LitT",
    b"Meta", b"Recs", b"DbgB",
];

/// Without these the runtime system does not load a module.
const MANDATORY: [&[u8; 4]; 4] = [b"Code", b"ExpT", b"ImpT", b"StrT"];

/// The module without debug information, documentation and compile options, gzip-compressed: what
/// `beam_lib:strip_release/2` with `["Attr"]` makes, equal after decompression.
///
/// # Errors
/// When `bytes` are not a whole BEAM file.
pub fn strip(bytes: &[u8]) -> Result<Vec<u8>, BeamError> {
    let container = uncompressed(bytes)?;
    let chunks = chunks(&container)?;
    let find = |name: &[u8; 4]| chunks.iter().find(|(id, _)| id == name);
    if let Some(chunk) = MANDATORY.iter().find(|name| find(name).is_none()) {
        return Err(BeamError::MissingChunk { chunk: String::from_utf8_lossy(*chunk).into_owned() });
    }
    let kept: Vec<&Chunk<'_>> = KEPT.iter().filter_map(|name| find(name)).collect();
    deflate::compress(&container_of(&kept)).map_err(|_| BeamError::NotBeam)
}

fn container_of(chunks: &[&Chunk<'_>]) -> Vec<u8> {
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
