//! Content digests: SHA-256 of bytes, as the OCI image specification writes them.
//!
//! The two digests of a layer are easy to confuse and expensive to mix up, so they are two types:
//! [`Digest`] names the bytes that are stored and sent (compressed), [`DiffId`] the bytes of the
//! uncompressed tar (image-spec, "config.md", `rootfs.diff_ids`).

use std::fmt;
use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

/// SHA-256 of stored bytes: a blob, a manifest, a compressed layer. Displayed as `sha256:<64 hex digits>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// SHA-256 of a layer's uncompressed tar. Displayed as `sha256:<64 hex digits>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DiffId([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of all that can be read from `content`.
    ///
    /// # Errors
    /// When it cannot be read to its end.
    pub fn of_all(content: &mut impl Read) -> io::Result<Self> {
        let mut writer = DigestWriter::new(io::sink());
        io::copy(content, &mut writer)?;
        Ok(writer.finish().1)
    }

    /// Reads `sha256:<64 hex digits>`; `None` for any other text, other algorithms included.
    pub fn parse(text: &str) -> Option<Self> {
        parse(text).map(Self)
    }

    /// The 64 hexadecimal digits without the algorithm: the name of a blob file in an OCI layout.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }
}

/// The digest of a layer that is not compressed.
impl From<DiffId> for Digest {
    fn from(diff_id: DiffId) -> Self {
        Self(diff_id.0)
    }
}

impl DiffId {
    /// Reads `sha256:<64 hex digits>`; `None` for any other text, other algorithms included.
    pub fn parse(text: &str) -> Option<Self> {
        parse(text).map(Self)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex(&self.0))
    }
}

impl fmt::Display for DiffId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex(&self.0))
    }
}

/// A writer that passes bytes on, counts them and computes their SHA-256.
#[derive(Debug)]
pub struct DigestWriter<W> {
    inner: W,
    hasher: Sha256,
    written: u64,
}

impl<W: Write> DigestWriter<W> {
    /// Wraps `inner`.
    pub fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new(), written: 0 }
    }

    /// The writer inside, the digest of all that went through, and its length in bytes.
    pub fn finish(self) -> (W, Digest, u64) {
        (self.inner, Digest(self.hasher.finalize().into()), self.written)
    }

    /// Like [`finish`](Self::finish), for the bytes of an uncompressed layer.
    pub fn finish_diff_id(self) -> (W, DiffId, u64) {
        (self.inner, DiffId(self.hasher.finalize().into()), self.written)
    }
}

impl<W: Write> Write for DigestWriter<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(buf)?;
        self.hasher.update(&buf[..n]);
        self.written += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn parse(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("sha256:")?.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

/// Digests are written in lower case (image-spec, "descriptor.md", Digests).
fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_as_the_specification_says_and_read_back() {
        let digest = Digest::of(b"");
        let text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest.to_string(), text);
        assert_eq!(Digest::parse(text), Some(digest));
    }

    #[test]
    fn other_algorithms_and_spellings_are_not_digests() {
        for text in ["", "sha256:", "sha512:00", "sha256:E3B0", &format!("sha256:{}", "G".repeat(64))] {
            assert_eq!(Digest::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_writer_knows_what_went_through() {
        let mut writer = DigestWriter::new(Vec::new());
        writer.write_all(b"hello").expect("a Vec takes all");
        let (bytes, digest, size) = writer.finish();
        assert_eq!((bytes.as_slice(), digest, size), (b"hello".as_slice(), Digest::of(b"hello"), 5));
    }
}
