//! Blobs: content-addressed bytes that can be opened again and again, and are verified while they are read.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::reference::Repository;
use super::remote::Remote;
use crate::digest::{DiffId, Digest, DigestWriter};
use crate::fs::{self, FsError};

/// Bytes with their digest and size: a config, a manifest, or a compressed layer.
///
/// Cheap to clone; the bytes stay where they are: in memory, in an unnamed temporary file, in a file of an
/// image layout or image archive, or in a registry.
#[derive(Debug, Clone)]
pub struct Blob {
    digest: Digest,
    size: u64,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Bytes(Arc<[u8]>),
    /// A part of an open file, from this offset on. If it has no name, its space is freed with the last blob that
    /// holds it. The path is for messages.
    Open(Arc<File>, u64, PathBuf),
    /// A whole open file that this process has written itself, or knows to be as it was when it was verified.
    Good(Arc<File>, PathBuf),
    /// A part of a named file, from this offset on.
    Named(PathBuf, u64),
    /// Bytes that are fetched when they are read. The path is the repository's name, for messages.
    Remote(Arc<dyn Remote>, PathBuf),
}

impl Blob {
    /// A blob of bytes in memory.
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        Self { digest: Digest::of(&bytes), size: bytes.len() as u64, source: Source::Bytes(bytes) }
    }

    /// A blob in a whole file that need not be verified when it is copied: this process has written it, or knows that it has
    /// not changed since it was verified. Errors call it `name`.
    pub(crate) fn in_good_file(file: File, name: &Path, digest: Digest, size: u64) -> Self {
        Self { digest, size, source: Source::Good(Arc::new(file), name.into()) }
    }

    /// A blob in an open file, from byte `offset` on; errors call the file `name`.
    pub(crate) fn in_open_file(file: Arc<File>, offset: u64, name: &Path, digest: Digest, size: u64) -> Self {
        Self { digest, size, source: Source::Open(file, offset, name.into()) }
    }

    /// A blob that lies in the file `path`, from byte `offset` on.
    pub(crate) fn in_named_file(path: PathBuf, offset: u64, digest: Digest, size: u64) -> Self {
        Self { digest, size, source: Source::Named(path, offset) }
    }

    /// A blob in a registry, which is fetched when it is read.
    pub fn remote(remote: Arc<dyn Remote>, digest: Digest, size: u64) -> Self {
        let place = remote.repository().to_string().into();
        Self { digest, size, source: Source::Remote(remote, place) }
    }

    /// SHA-256 of the bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Length in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The repository that it would be fetched from.
    pub fn repository(&self) -> Option<&Repository> {
        match &self.source {
            Source::Remote(remote, _) => Some(remote.repository()),
            Source::Bytes(_) | Source::Open(..) | Source::Good(..) | Source::Named(..) => None,
        }
    }

    /// A reader of the bytes, from the beginning.
    ///
    /// The reader checks length and digest: when they are wrong, its last read fails with
    /// [`io::ErrorKind::InvalidData`] instead of reporting the end.
    ///
    /// # Errors
    /// When the file that holds the blob cannot be opened, or the registry does not give it.
    pub fn open(&self) -> Result<impl Read + Send + use<>, FsError> {
        let bytes = match &self.source {
            Source::Bytes(bytes) => Bytes::Memory(bytes.clone(), 0),
            Source::Open(file, offset, _) => Bytes::File(file.clone(), *offset),
            Source::Good(file, _) => Bytes::File(file.clone(), 0),
            Source::Named(path, offset) => {
                let file = File::open(path).map_err(FsError::while_doing("read", path))?;
                Bytes::File(Arc::new(file), *offset)
            }
            Source::Remote(remote, place) => {
                let reader = remote.open(self.digest, self.size);
                Bytes::Stream(reader.map_err(FsError::while_doing("fetch a blob from", place))?)
            }
        };
        Ok(Verified::new(bytes.take(self.size), Expected::Blob(self.digest)))
    }

    /// All bytes, verified.
    ///
    /// # Errors
    /// When they cannot be read or are damaged.
    pub fn read(&self) -> Result<Vec<u8>, FsError> {
        let mut bytes = Vec::new();
        self.open()?.read_to_end(&mut bytes).map_err(FsError::while_doing("read", self.path()))?;
        Ok(bytes)
    }

    /// Writes all bytes to `out`, which errors call `name`; verified, unless they are in a file that was verified before. From one file to another the system copies them, on
    /// file systems that can without taking more space.
    ///
    /// # Errors
    /// When the bytes cannot be read or are damaged, or `out` fails.
    pub fn copy_to(&self, out: &mut impl Write, name: &Path) -> Result<(), FsError> {
        if let Source::Good(file, place) = &self.source
            && let Ok(reader) = fs::reopen(file)
        {
            let copied = out.flush().and_then(|()| io::copy(&mut reader.take(self.size), out));
            let copied = copied.map_err(FsError::while_doing("write", name))?;
            let too_short = || io::Error::from(io::ErrorKind::UnexpectedEof);
            return if copied == self.size {
                Ok(())
            } else {
                Err(FsError::while_doing("read", place)(too_short()))
            };
        }
        let mut reader = self.open()?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let n = reader.read(&mut buffer).map_err(FsError::while_doing("read", self.path()))?;
            let Some(bytes) = buffer.get(..n).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
            out.write_all(bytes).map_err(FsError::while_doing("write", name))?;
        }
    }

    /// Where the bytes are, for messages.
    pub(crate) fn path(&self) -> &Path {
        match &self.source {
            Source::Bytes(_) => Path::new("memory"),
            Source::Open(_, _, path)
            | Source::Good(_, path)
            | Source::Named(path, _)
            | Source::Remote(_, path) => path,
        }
    }
}

/// A reader of so many bytes of a file, which does not move the file's own position.
pub(super) fn part_of(file: &Arc<File>, offset: u64, size: u64) -> impl Read + use<> {
    Bytes::File(file.clone(), offset).take(size)
}

/// A reader with a position of its own, so that several can read one file at once.
enum Bytes {
    Memory(Arc<[u8]>, usize),
    File(Arc<File>, u64),
    Stream(Box<dyn Read + Send>),
}

impl Read for Bytes {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(bytes, at) => {
                let n = bytes.get(*at..).unwrap_or_default().read(buf)?;
                *at += n;
                Ok(n)
            }
            Self::File(file, at) => {
                let n = file.read_at(buf, *at)?;
                *at += n as u64;
                Ok(n)
            }
            Self::Stream(reader) => reader.read(buf),
        }
    }
}

/// What the digest of all bytes read must be.
pub(crate) enum Expected {
    /// The digest of a blob.
    Blob(Digest),
    /// The digest of an uncompressed layer.
    Layer(DiffId),
}

/// A reader that fails at the end if what was read is not what was expected.
pub(crate) struct Verified<R> {
    inner: R,
    hasher: Option<DigestWriter<io::Sink>>,
    expected: Expected,
}

impl<R: Read> Verified<R> {
    /// Wraps `inner`.
    pub(crate) fn new(inner: R, expected: Expected) -> Self {
        Self { inner, hasher: Some(DigestWriter::new(io::sink())), expected }
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        match (&mut self.hasher, buf.get(..n)) {
            (Some(hasher), Some(bytes)) if !bytes.is_empty() => hasher.write_all(bytes)?,
            (hasher, _) if !buf.is_empty() => {
                hasher.take().map_or(Ok(()), |hasher| verify(hasher, &self.expected))?
            }
            _ => {}
        }
        Ok(n)
    }
}

fn verify(hasher: DigestWriter<io::Sink>, expected: &Expected) -> io::Result<()> {
    let (is, should_be) = match expected {
        Expected::Blob(digest) => (hasher.finish().1.to_string(), digest.to_string()),
        Expected::Layer(diff_id) => (hasher.finish_diff_id().1.to_string(), diff_id.to_string()),
    };
    if is == should_be {
        return Ok(());
    }
    let message = format!("the digest of the content is {is}, it should be {should_be}");
    Err(io::Error::new(io::ErrorKind::InvalidData, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_can_be_read_again_and_again() {
        let blob = Blob::from_bytes(b"hello".to_vec());
        for _ in 0..2 {
            assert_eq!(blob.read().expect("read"), b"hello");
        }
        assert_eq!((blob.size(), blob.digest()), (5, Digest::of(b"hello")));
    }

    #[test]
    fn a_part_of_a_file_is_a_blob_and_damage_is_noticed() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("file");
        std::fs::write(&path, "..hello..").expect("written");
        let part = |offset, size| Blob::in_named_file(path.clone(), offset, Digest::of(b"hello"), size);
        assert_eq!(part(2, 5).read().expect("read"), b"hello");
        let error = part(3, 5).read().expect_err("another part");
        assert_eq!(error.source.kind(), io::ErrorKind::InvalidData);
        part(2, 20).read().expect_err("longer than the file");
        let mut out = Vec::new();
        part(2, 4).copy_to(&mut out, Path::new("out")).expect_err("shorter than the blob");
    }
}
