//! What a registry does for others: one repository, with everything that can be fetched from it and stored in it.

use std::cell::Cell;
use std::io::{self, Read};

use super::download::{Download, may_be_elsewhere};
use super::error::{Failure, Reason, RegistryError};
use super::exchange::Exchange;
use super::retry::attempts;
use super::upload::{self, Pushed, Wanted};
use super::url::Url;
use super::{Registry, RegistryOptions, manifests};
use crate::digest::Digest;
use crate::image::reference::{Repository, is_tag};
use crate::image::{Blob, Remote, RemoteManifest};

/// A repository of a registry. Cheap to clone; several threads may use it at once.
#[derive(Debug, Clone)]
pub struct RemoteRepository {
    registry: Registry,
    repository: Repository,
}

impl RemoteRepository {
    pub(super) fn new(registry: Registry, repository: Repository) -> Self {
        Self { registry, repository }
    }

    /// Its name.
    pub fn name(&self) -> &Repository {
        &self.repository
    }

    /// A manifest or index, by tag or digest, exactly as it was served; `None` if there is none. Its digest is that of
    /// its bytes, and is the one asked for. Mirrors are asked first.
    ///
    /// # Errors
    /// When the registry cannot be reached, does not allow it, or sends something else.
    pub fn manifest(&self, reference: &str) -> Result<Option<RemoteManifest>, RegistryError> {
        let action = format!("fetch the manifest {reference} from {}", self.repository);
        check_reference(reference)
            .and_then(|()| {
                self.patiently(&action, |_| {
                    self.ask_any_source(&[], |exchange| manifests::fetch(exchange, reference))
                })
            })
            .map(Some)
            .or_else(|failure| match *failure.reason {
                Reason::Missing { .. } => Ok(None),
                _ => Err(failure),
            })
            .map_err(Failure::while_doing(action))
    }

    /// A reader of a blob, from the beginning. It takes up again where a connection breaks, and fails at the end if
    /// length or digest are not these. Mirrors are asked first.
    ///
    /// # Errors
    /// When the registry cannot be reached, does not have it, or does not allow it.
    pub fn open_blob(&self, digest: Digest, size: u64) -> Result<impl Read + Send + use<>, RegistryError> {
        Download::open(self.clone(), digest, size)
    }

    /// Brings a blob into the repository, unless it is there. `from` is a repository that has it: if it is of the same
    /// registry, nothing need be sent. The bytes are streamed, and what is interrupted is begun again.
    ///
    /// # Errors
    /// When the registry cannot be reached, does not allow it, or does not take it, or when the blob cannot be read.
    pub fn push_blob(&self, blob: &Blob, from: Option<&Repository>) -> Result<Pushed, RegistryError> {
        let from = from.filter(|from| from.registry() == self.repository.registry());
        let from = from.filter(|from| from.path() != self.repository.path());
        let from = Cell::new(from);
        let work = |tried| upload::push(&self.origin()?, &Wanted { blob, from: &from, tried });
        let action = format!("push the blob {} to {}", blob.digest(), self.repository);
        self.patiently(&action, work).map_err(Failure::while_doing(action))
    }

    /// Stores a manifest or an index under a tag or its digest. Everything that it names has to be there.
    ///
    /// # Errors
    /// When the registry cannot be reached, does not allow it, or does not take it.
    pub fn push_manifest(
        &self,
        reference: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Digest, RegistryError> {
        let action = format!("push the manifest {reference} to {}", self.repository);
        check_reference(reference)
            .and_then(|()| {
                self.patiently(&action, |_| manifests::store(&self.origin()?, reference, media_type, bytes))
            })
            .map_err(Failure::while_doing(action))
    }

    pub(super) fn options(&self) -> &RegistryOptions {
        &self.registry.inner.options
    }

    /// The first that a mirror, without those that are `given_up`, or else the registry has. What a mirror fails with is
    /// no error, but told in the end if it never does better: it may be incomplete, out of order, or not for everybody.
    pub(super) fn ask_any_source<T>(
        &self,
        given_up: &[Url],
        ask: impl Fn(&Exchange) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mirrors = &self.registry.inner.mirrors;
        for mirror in self
            .registry
            .mirrors(&self.repository)?
            .into_iter()
            .filter(|mirror| !given_up.contains(&mirror.root))
        {
            match ask(&mirror) {
                Err(failure) if may_be_elsewhere(&failure) => mirrors.failed(&mirror.root, &failure),
                Err(failure) => return Err(failure),
                Ok(found) => {
                    mirrors.worked(&mirror.root);
                    return Ok(found);
                }
            }
        }
        ask(&self.origin()?)
    }

    /// Leaves out who has sent something else than what was asked for, if it is a mirror.
    pub(super) fn sent_damaged(&self, root: &Url, failure: &Failure) {
        let mirrors = &self.registry.inner.mirrors;
        if mirrors.is_known(root) {
            mirrors.failed(root, failure);
        }
    }

    fn origin(&self) -> Result<Exchange, Failure> {
        self.registry.origin(&self.repository)
    }

    fn patiently<T>(&self, action: &str, work: impl FnMut(u32) -> Result<T, Failure>) -> Result<T, Failure> {
        let options = self.options();
        attempts(&options.retries, &*options.clock, action, work)
    }
}

impl Remote for RemoteRepository {
    fn repository(&self) -> &Repository {
        &self.repository
    }

    fn open(&self, digest: Digest, size: u64) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(self.open_blob(digest, size).map_err(io::Error::other)?))
    }

    fn manifest(&self, digest: Digest) -> io::Result<Vec<u8>> {
        let found = Self::manifest(self, &digest.to_string()).map_err(io::Error::other)?;
        found.map(|manifest| manifest.bytes).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// What goes into an address must not change where it leads.
fn check_reference(reference: &str) -> Result<(), Failure> {
    if is_tag(reference) || Digest::parse(reference).is_some() {
        return Ok(());
    }
    Err(Failure::invalid("it is neither a tag nor a digest"))
}

#[cfg(test)]
mod asking {
    use super::super::scope::Access;
    use super::*;

    impl RemoteRepository {
        /// Whether the repository has a blob: a question that changes nothing.
        pub(in super::super) fn has_blob(&self, digest: Digest) -> Result<bool, RegistryError> {
            let work = |_| {
                let exchange = self.origin()?;
                let response = upload::head(&exchange, digest, Access::Pull)?;
                match response.status {
                    200 => Ok(true),
                    404 | 405 | 501 => Ok(false),
                    _ => Err(exchange.refused(response)),
                }
            };
            let action = format!("ask {} for the blob {digest}", self.repository);
            self.patiently(&action, work).map_err(Failure::while_doing(action))
        }
    }
}
