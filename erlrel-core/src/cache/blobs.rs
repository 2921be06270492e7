//! Blobs by their digest, and what is fetched through the cache.

use std::io::{self, Read, Write};
use std::sync::Arc;

use super::Cache;
use super::collect::Kind;
use crate::digest::Digest;
use crate::fs::{Draft, Stat};
use crate::image::{Blob, Expected, Remote, Repository, Verified};

impl Cache {
    /// The blob from the cache, or fetched into it: once, however many threads and processes ask for it at a time.
    ///
    /// The bytes are verified, those that are fetched always, and those in the cache unless they were and their file has not
    /// changed since. `None` if the cache cannot hold
    /// the blob, which [`trouble`](Self::trouble) tells of; then it can still be fetched past the cache.
    ///
    /// # Errors
    /// What `fetch` or its reader says, and [`io::ErrorKind::InvalidData`] if it gives other bytes.
    pub fn blob<R: Read>(
        &self,
        digest: Digest,
        size: u64,
        fetch: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<Option<Blob>> {
        if let Some(blob) = self.stored(digest, size) {
            return Ok(Some(blob));
        }
        let Some(_lock) = self.directory.lock(&digest.hex()) else { return Ok(None) };
        // Another may have fetched it in the meantime.
        if let Some(blob) = self.stored(digest, size) {
            return Ok(Some(blob));
        }
        let Some(draft) = self.directory.draft() else { return Ok(None) };
        let mut content = Verified::new(fetch()?.take(size), Expected::Blob(digest));
        let is_whole = self.copy(&mut content, draft.file())?;
        Ok(is_whole.then(|| self.put_blob(draft, digest, size)).flatten())
    }

    /// A blob that is there, complete and not damaged.
    pub(super) fn stored(&self, digest: Digest, size: u64) -> Option<Blob> {
        let name = digest.hex();
        let (file, metadata) = self.directory.file(Kind::Blob, &name)?;
        let path = self.directory.path(Kind::Blob, &name);
        let stat = || file.metadata().ok().map(|metadata| Stat::of(&metadata));
        let is_whole = || Digest::of_all(&mut &file).is_ok_and(|found| found == digest);
        let is_good = metadata.len() == size && self.has_by(&path, &digest.to_string(), stat, is_whole);
        is_good.then(|| Blob::in_good_file(file, &path, digest, size))
    }

    /// Makes a blob of a complete file.
    pub(super) fn put_blob(&self, draft: Draft, digest: Digest, size: u64) -> Option<Blob> {
        let name = digest.hex();
        let file = self.directory.put(draft, Kind::Blob, &name)?;
        Some(Blob::in_good_file(file, &self.directory.path(Kind::Blob, &name), digest, size))
    }

    /// A manifest or an index that was fetched before.
    pub fn manifest(&self, digest: Digest) -> Option<Vec<u8>> {
        self.directory.read(Kind::Blob, &digest.hex()).filter(|bytes| Digest::of(bytes) == digest)
    }

    /// Keeps a manifest or an index, exactly as it was served.
    pub fn keep_manifest(&self, bytes: &[u8]) {
        self.directory.write(Kind::Blob, &Digest::of(bytes).hex(), bytes);
    }

    /// The same images, with everything that is read of them kept.
    pub fn through(&self, remote: Arc<dyn Remote>) -> Arc<dyn Remote> {
        Arc::new(Through { cache: self.clone(), remote })
    }

    /// False if the cache is full; an error is one of the reader.
    fn copy(&self, from: &mut impl Read, mut to: impl Write) -> io::Result<bool> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let n = from.read(&mut buffer)?;
            let Some(bytes) = buffer.get(..n).filter(|bytes| !bytes.is_empty()) else { return Ok(true) };
            if let Err(error) = to.write_all(bytes) {
                self.directory.failed(error);
                return Ok(false);
            }
        }
    }

    fn document(&self, digest: Digest, fetch: impl FnOnce() -> io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
        if let Some(bytes) = self.manifest(digest) {
            return Ok(bytes);
        }
        let bytes = fetch()?;
        if Digest::of(&bytes) == digest {
            self.keep_manifest(&bytes);
        }
        Ok(bytes)
    }
}

/// Images elsewhere, with a cache before them.
#[derive(Debug)]
struct Through {
    cache: Cache,
    remote: Arc<dyn Remote>,
}

impl Remote for Through {
    fn repository(&self) -> &Repository {
        self.remote.repository()
    }

    fn open(&self, digest: Digest, size: u64) -> io::Result<Box<dyn Read + Send>> {
        match self.cache.blob(digest, size, || self.remote.open(digest, size))? {
            Some(blob) => Ok(Box::new(blob.open().map_err(|error| error.source)?)),
            None => self.remote.open(digest, size),
        }
    }

    fn manifest(&self, digest: Digest) -> io::Result<Vec<u8>> {
        self.cache.document(digest, || self.remote.manifest(digest))
    }
}
