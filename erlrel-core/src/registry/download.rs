//! Blobs on their way in: streamed, taken up again where a connection broke, and verified.

use std::io::{self, Read, Write};

use super::error::{Failure, Reason, RegistryError};
use super::exchange::{Call, Exchange};
use super::http::{Response, broken};
use super::repository::RemoteRepository;
use super::retry::pause;
use super::scope::{Access, Scopes};
use super::url::Url;
use crate::digest::{Digest, DigestWriter};

/// After so many bytes a connection that breaks is a new misfortune and not the same one.
const PROGRESS: u64 = 1 << 20;

/// A blob that is being fetched.
pub(super) struct Download {
    repository: RemoteRepository,
    digest: Digest,
    size: u64,
    /// How many bytes have been read.
    at: u64,
    /// Where the last connection broke, and how often one did about there.
    broke_at: u64,
    tried: u32,
    /// Where a body broke: mirrors among them are not asked any more.
    given_up: Vec<Url>,
    /// Who sends the body, or sent the last one.
    source: Option<Url>,
    body: Option<Box<dyn Read + Send>>,
    hasher: Option<DigestWriter<io::Sink>>,
}

impl Download {
    /// Asks for a blob.
    ///
    /// # Errors
    /// When no registry has it.
    pub(super) fn open(
        repository: RemoteRepository,
        digest: Digest,
        size: u64,
    ) -> Result<Self, RegistryError> {
        let hasher = Some(DigestWriter::new(io::sink()));
        let (at, broke_at, tried, given_up) = (0, 0, 0, Vec::new());
        let mut download = Self {
            repository,
            digest,
            size,
            at,
            broke_at,
            tried,
            given_up,
            source: None,
            body: None,
            hasher,
        };
        download.connect().map_err(|failure| download.error(failure))?;
        Ok(download)
    }

    /// Asks for what is left, until somebody gives it.
    fn connect(&mut self) -> Result<(), Failure> {
        loop {
            let (digest, at, size) = (self.digest, self.at, self.size);
            let ask = |exchange: &Exchange| Ok((exchange.root.clone(), fetch(exchange, digest, at, size)?));
            match self.repository.ask_any_source(&self.given_up, ask) {
                Ok((source, body)) => {
                    (self.source, self.body) = (Some(source), Some(body));
                    return Ok(());
                }
                Err(failure) => self.again(failure)?,
            }
        }
    }

    /// Waits after a failure, if it is of use to go on.
    fn again(&mut self, failure: Failure) -> Result<(), Failure> {
        if self.at >= self.broke_at + PROGRESS {
            self.tried = 0;
        }
        self.broke_at = self.at;
        let broken = self.body.take().and(self.source.clone());
        self.given_up.extend(broken);
        let options = self.repository.options();
        self.tried = pause(&options.retries, &*options.clock, &self.action(), self.tried, failure)?;
        Ok(())
    }

    fn read_some(&mut self, buf: &mut [u8]) -> Result<usize, Failure> {
        let left = usize::try_from(self.size - self.at).unwrap_or(usize::MAX);
        if left == 0 {
            self.finish()?;
            return Ok(0);
        }
        let wanted = buf.len().min(left);
        let buf = buf.get_mut(..wanted).unwrap_or_default();
        loop {
            if self.body.is_none() {
                self.connect()?;
            }
            let result = self.body.as_mut().map_or(Ok(0), |body| body.read(buf));
            match result {
                Ok(0) if wanted > 0 => self.again(broken(io::ErrorKind::UnexpectedEof.into()))?,
                Ok(n) => {
                    self.at += n as u64;
                    if let Some(hasher) = &mut self.hasher {
                        let _ = hasher.write_all(buf.get(..n).unwrap_or_default());
                    }
                    return Ok(n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.again(broken(error))?,
            }
        }
    }

    /// Looks whether that was all, and what should have come.
    fn finish(&mut self) -> Result<(), Failure> {
        let Some(hasher) = self.hasher.take() else { return Ok(()) };
        // A connection that breaks after the last byte does no harm.
        if self.body.take().is_some_and(|mut body| matches!(body.read(&mut [0]), Ok(1..))) {
            return Err(too_long(self.size));
        }
        let (_, found, _) = hasher.finish();
        if found == self.digest {
            return Ok(());
        }
        let failure = Failure::of(Reason::Damaged { expected: self.digest, found });
        if let Some(source) = &self.source {
            self.repository.sent_damaged(source, &failure);
        }
        Err(failure)
    }

    fn error(&self, failure: Failure) -> RegistryError {
        Failure::while_doing(self.action())(failure)
    }

    fn action(&self) -> String {
        format!("fetch the blob {} from {}", self.digest, self.repository.name())
    }
}

impl Read for Download {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.read_some(buf).map_err(|failure| {
            let kind = match *failure.reason {
                Reason::Damaged { .. } | Reason::Invalid { .. } => io::ErrorKind::InvalidData,
                Reason::Missing { .. } => io::ErrorKind::NotFound,
                // Not `Interrupted`, which readers take as a wish to be asked again.
                _ => io::ErrorKind::Other,
            };
            io::Error::new(kind, self.error(failure))
        })
    }
}

/// The bytes of a blob from `at` on.
fn fetch(exchange: &Exchange, digest: Digest, at: u64, size: u64) -> Result<Box<dyn Read + Send>, Failure> {
    let range = (at > 0).then(|| ("range", format!("bytes={at}-")));
    let url = exchange.url(&format!("blobs/{digest}"));
    let response = exchange.send(&Call {
        headers: range.into_iter().collect(),
        ..Call::new("GET", url, Scopes::of(&exchange.path, Access::Pull))
    })?;
    match response.status {
        200 => {
            check_length(&response, size)?;
            skip(response.into_body(), at)
        }
        206 if at > 0 && begins_at(&response, at) => {
            check_length(&response, size - at)?;
            Ok(response.into_body())
        }
        206 => Err(Failure::invalid("the registry sent another part of the blob than the one asked for")),
        _ => Err(exchange.refused(response)),
    }
}

fn check_length(response: &Response, expected: u64) -> Result<(), Failure> {
    match response.length() {
        Some(length) if length != expected => Err(Failure::invalid(format!(
            "the registry has {length} bytes of it, there should be {expected}"
        ))),
        _ => Ok(()),
    }
}

fn too_long(size: u64) -> Failure {
    Failure::invalid(format!("the registry sent more than the {size} bytes that there should be"))
}

/// `Content-Range: bytes FIRST-LAST/SIZE` (RFC 9110, 14.4).
fn begins_at(response: &Response, at: u64) -> bool {
    let range = response.header("content-range").and_then(|value| value.trim().strip_prefix("bytes "));
    let first = range.and_then(|range| range.split('-').next()).and_then(|first| first.trim().parse().ok());
    first == Some(at)
}

/// For a registry that knows no ranges and begins again.
fn skip(mut body: Box<dyn Read + Send>, at: u64) -> Result<Box<dyn Read + Send>, Failure> {
    let skipped = io::copy(&mut (&mut body).take(at), &mut io::sink()).map_err(broken)?;
    if skipped == at { Ok(body) } else { Err(broken(io::ErrorKind::UnexpectedEof.into())) }
}

/// True if the failure of one source says nothing of the next.
pub(super) fn may_be_elsewhere(failure: &Failure) -> bool {
    !matches!(*failure.reason, Reason::Stopped)
}
