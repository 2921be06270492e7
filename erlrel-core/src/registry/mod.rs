//! Registries: everything that goes over a network.
//!
//! From the top: a [`Registry`] knows how to speak to all of them, [`Registry::repository`] gives a place in one, and a
//! [`RemoteRepository`] fetches and stores manifests and blobs there. It is a [`Remote`](crate::image::Remote), so that
//! blobs can be named long before they are fetched, or never are.
//!
//! Whom it speaks to is decided by names alone: credentials go to the registry that they are for and to the token
//! service that it names, never to where a registry redirects. docs/registries.md has it all from the user's side.

mod auth;
mod challenge;
mod credentials;
mod download;
mod error;
mod exchange;
mod http;
mod manifests;
mod mirrors;
mod proxy;
mod repository;
mod retry;
mod scope;
mod tls;
mod token;
mod upload;
mod url;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use credentials::CredentialsError;
pub use error::{Answer, Reason, RegistryError, RegistryWarning, Trouble};
pub use repository::RemoteRepository;
pub use retry::{Clock, Pause, Retries, Sleeping};
pub use upload::Pushed;

use crate::environment::Environment;
use crate::image::reference::Repository;
use auth::Authorizer;
use credentials::Keychain;
use error::Failure;
use exchange::Exchange;
use http::{Body, Http, Request};
use mirrors::Mirrors;
use url::{Scheme, Url, is_loopback};

/// How registries are spoken to.
#[derive(Clone)]
pub struct RegistryOptions {
    /// Where credentials and proxies are named; default: nothing is.
    pub environment: Environment,
    /// Registries, `HOST` or `HOST:PORT`, that are spoken to without TLS. Those of the machine itself are if they do not
    /// understand TLS.
    pub plain_http: BTreeSet<String>,
    /// Files with certificates of authorities to trust, besides those of the system.
    pub ca: Vec<PathBuf>,
    /// A certificate and its key, which registries and mirrors get if they want to see one.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// Directories such as `/etc/docker/certs.d`, with a directory `HOST[:PORT]` for each host that something is for:
    /// `*.crt` are authorities to trust, `NAME.cert` and `NAME.key` a client certificate.
    pub certificate_dirs: Vec<PathBuf>,
    /// For a registry the addresses of its mirrors, which are asked first when something is fetched:
    /// `https://HOST[:PORT][/PREFIX]`.
    pub mirrors: BTreeMap<String, Vec<String>>,
    /// What is done when something fails that may succeed later.
    pub retries: Retries,
    /// How long the other side may take to send or to take something; default: a minute. There is no limit to the whole.
    pub timeout: Duration,
    /// Waits, and knows the time.
    pub clock: Arc<dyn Clock>,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            plain_http: BTreeSet::new(),
            ca: Vec::new(),
            client_certificate: None,
            certificate_dirs: Vec::new(),
            mirrors: BTreeMap::new(),
            retries: Retries::default(),
            timeout: Duration::from_secs(60),
            clock: Arc::new(Sleeping),
        }
    }
}

/// Without the environment, which may have secrets.
impl fmt::Debug for RegistryOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryOptions")
            .field("plain_http", &self.plain_http)
            .field("ca", &self.ca)
            .field("client_certificate", &self.client_certificate)
            .field("certificate_dirs", &self.certificate_dirs)
            .field("mirrors", &self.mirrors)
            .field("retries", &self.retries)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// All registries: connections, tokens and what else is worth to be known only once.
///
/// Cheap to clone. Nothing is read or opened before it is needed.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("options", &self.inner.options).finish_non_exhaustive()
    }
}

struct Inner {
    options: RegistryOptions,
    http: Http,
    keychain: Keychain,
    /// Where a registry of the machine itself is, once that is known.
    roots: Mutex<BTreeMap<String, Url>>,
    mirrors: Mirrors,
    /// By registry or mirror, and path.
    authorizers: Mutex<BTreeMap<(String, String), Arc<Authorizer>>>,
}

impl Registry {
    /// Speaks to registries as the options say.
    pub fn new(options: RegistryOptions) -> Self {
        let http = Http::new(options.clone());
        let keychain = Keychain::new(options.environment.clone());
        let (roots, mirrors, authorizers) = Default::default();
        Self { inner: Arc::new(Inner { options, http, keychain, roots, mirrors, authorizers }) }
    }

    /// How many bytes of blobs and manifests have been sent to registries so far, what had to be sent again included.
    pub fn sent(&self) -> u64 {
        self.inner.http.sent()
    }

    /// Credentials and mirrors that could not be used, so that it went on without them.
    pub fn warnings(&self) -> Vec<RegistryWarning> {
        let credentials = self.inner.keychain.failures().into_iter().map(RegistryWarning::Credentials);
        credentials.chain(self.inner.mirrors.warnings()).collect()
    }

    /// A repository, which need not exist.
    pub fn repository(&self, repository: &Repository) -> RemoteRepository {
        RemoteRepository::new(self.clone(), repository.clone())
    }

    /// The registry itself.
    fn origin(&self, repository: &Repository) -> Result<Exchange, Failure> {
        let root = self.root(repository.registry())?;
        Ok(self.exchange(root, repository.registry(), repository.path()))
    }

    /// The mirrors of its registry, in their order, without those that are left out.
    fn mirrors(&self, repository: &Repository) -> Result<Vec<Exchange>, Failure> {
        let mirrors =
            self.inner.options.mirrors.get(repository.registry()).map(Vec::as_slice).unwrap_or_default();
        let mut exchanges = Vec::new();
        for mirror in mirrors {
            let no_address =
                || Failure::invalid(format!("the mirror `{}` is no address", without_user(mirror)));
            let root = Url::parse(mirror).ok_or_else(no_address)?;
            let prefix = root.path().trim_matches('/');
            let slash = if prefix.is_empty() { "" } else { "/" };
            let path = format!("{prefix}{slash}{}", repository.path());
            exchanges.push(self.exchange(root.with_path("/"), &root.authority(), &path));
        }
        exchanges.retain(|exchange| !self.inner.mirrors.is_gone(&exchange.root));
        Ok(exchanges)
    }

    fn exchange(&self, root: Url, registry: &str, path: &str) -> Exchange {
        let key = (root.to_string(), path.to_string());
        let mut authorizers = self.inner.authorizers.lock().unwrap_or_else(PoisonError::into_inner);
        let authorizer = authorizers.entry(key).or_insert_with(|| Arc::new(Authorizer::new(registry, path)));
        Exchange { inner: self.inner.clone(), root, path: path.into(), authorizer: authorizer.clone() }
    }

    /// Where a registry is.
    fn root(&self, registry: &str) -> Result<Url, Failure> {
        let at = |scheme, host: &str| {
            Url::of_host(scheme, host).ok_or_else(|| Failure::invalid(format!("`{registry}` is no host")))
        };
        if self.inner.options.plain_http.contains(registry) {
            return at(Scheme::Http, registry);
        }
        let host = if registry == "docker.io" { "registry-1.docker.io" } else { registry };
        let root = at(Scheme::Https, host)?;
        if !is_loopback(root.host()) {
            return Ok(root);
        }
        let mut roots = self.inner.roots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = roots.get(registry) {
            return Ok(known.clone());
        }
        let (scheme, certain) = self.inner.scheme(&root)?;
        let root = at(scheme, host)?;
        if certain {
            roots.insert(registry.into(), root.clone());
        }
        Ok(root)
    }
}

impl Inner {
    /// Tries TLS, and says whether that is the last word. Who does not take TLS may hang up instead of saying so, and so
    /// may what stands before a registry that is just starting. A certificate that is not to be trusted is another matter.
    fn scheme(&self, root: &Url) -> Result<(Scheme, bool), Failure> {
        let url = root.with_path("/v2/");
        let (method, headers) = ("GET", Vec::new());
        // Who waits for a line of HTTP says nothing to TLS.
        let timeout = Some(self.options.timeout.min(Duration::from_secs(5)));
        let request =
            Request { method, url: &url, headers, body: Body::None, own: true, content: false, timeout };
        match self.http.send(request) {
            Ok(_) => Ok((Scheme::Https, true)),
            Err(failure) => match *failure.reason {
                Reason::Connection { trouble: Trouble::Closed, .. } => Err(failure),
                Reason::Connection { trouble: Trouble::Broken, .. } => Ok((Scheme::Http, false)),
                Reason::Connection {
                    trouble: Trouble::NoTls | Trouble::Timeout | Trouble::Protocol, ..
                } => Ok((Scheme::Http, true)),
                Reason::Connection { .. } => Ok((Scheme::Https, true)),
                _ => Err(failure),
            },
        }
    }
}

/// An address for messages: a user in it may have a password.
fn without_user(address: &str) -> String {
    match (address.find("://"), address.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            format!("{}://…{}", &address[..scheme], &address[at..])
        }
        (None, Some(at)) => format!("…{}", &address[at..]),
        _ => address.into(),
    }
}

#[cfg(test)]
mod access_tests;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod transfer_tests;
