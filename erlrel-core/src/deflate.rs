//! The one place where bytes are compressed.
//!
//! A layer's digest is a digest of compressed bytes, so the deflate implementation (zlib-rs, chosen in
//! the workspace's `Cargo.toml`), its level, the blocks that are compressed at once and every header field are fixed
//! here. A change of any of them moves all digests; the golden tests make such a change visible.

mod blocks;

use std::io::{self, Read, Write};

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use flate2::{Compression, GzBuilder};

pub use blocks::GzipWriter;

/// RFC 1952 "unknown": no trace of the machine that compressed.
const OS_UNKNOWN: u8 = 255;

/// zlib's own default: for layers, tarballs and BEAM files alike.
const LEVEL: Compression = Compression::new(6);

/// A gzip writer whose output depends on nothing but the bytes written to it; it makes one member, with all threads.
pub fn writer<W: Write>(inner: W) -> GzipWriter<W> {
    GzipWriter::new(inner)
}

/// `bytes` as one gzip member: for small files, of which many are compressed at once.
///
/// # Errors
/// None in practice: writing to memory does not fail. The type keeps the caller free of panics.
pub fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let encoder = GzBuilder::new().mtime(0).operating_system(OS_UNKNOWN);
    let mut encoder: GzEncoder<Vec<u8>> = encoder.write(Vec::with_capacity(bytes.len() / 2), LEVEL);
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// True if `bytes` begin as a gzip member does.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// A reader of the uncompressed content of a gzip file with any number of members.
pub fn reader<R: Read>(inner: R) -> MultiGzDecoder<R> {
    MultiGzDecoder::new(inner)
}

/// The uncompressed content of a gzip file.
///
/// # Errors
/// When `bytes` are not a whole gzip file.
pub fn decompress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() * 3);
    reader(bytes).read_to_end(&mut out)?;
    Ok(out)
}

/// `bytes` in zlib's format (RFC 1950), as Erlang compresses terms.
///
/// # Errors
/// None in practice: writing to memory does not fail.
pub fn compress_zlib(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(bytes.len() / 2), LEVEL);
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// What was compressed in zlib's format, if it has `size` bytes.
///
/// # Errors
/// When `bytes` are something else, or another size comes out.
pub fn decompress_zlib(bytes: &[u8], size: usize) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    ZlibDecoder::new(bytes).take(size as u64 + 1).read_to_end(&mut out)?;
    if out.len() == size { Ok(out) } else { Err(io::ErrorKind::InvalidData.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn compressed_bytes_are_golden() {
        let text: Vec<u8> = (0..100_000u64).map(|n| (n * n / 7 % 251) as u8).collect();
        let packed = compress(&text).expect("memory");
        assert_eq!(decompress(&packed).expect("own output"), text);
        insta::assert_snapshot!(
            Digest::of(&packed),
            @"sha256:966db3d97ec469bf12ae08d213fccfbfda62be0157c8ba75ddbe503627ff7638"
        );
    }
}
