//! One request, one answer: ureq behind a small surface.
//!
//! Nothing is followed, retried or authenticated here; that is decided by those who ask.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use ureq::config::Config;
use ureq::tls::{ClientCert, RootCerts, TlsConfig};
use ureq::{Agent, AsSendBody, Proxy, ProxyProtocol, SendBody};

use super::RegistryOptions;
use super::error::{Again, Failure, Reason, Trouble};
use super::proxy::proxy_for;
use super::retry::{is_passing, retry_after};
use super::tls;
use super::url::Url;

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(30);

/// A request.
pub(super) struct Request<'a> {
    /// `GET`, `HEAD`, `POST`, `PATCH` or `PUT`.
    pub(super) method: &'static str,
    pub(super) url: &'a Url,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Body<'a>,
    /// True if it goes to a registry or mirror itself, which may know who asks by a client certificate.
    pub(super) own: bool,
    /// True if what is sent is content of a registry, which is counted.
    pub(super) content: bool,
    /// How long the other side may take at a time, if not as long as usual.
    pub(super) timeout: Option<Duration>,
}

/// What goes along with a request.
pub(super) enum Body<'a> {
    None,
    Bytes(&'a [u8]),
    /// So many bytes, of which no more than a buffer is in memory.
    Stream(&'a mut dyn Read, u64),
}

/// An answer: its head, and a body that comes when it is read.
pub(super) struct Response {
    pub(super) status: u16,
    headers: ureq::http::HeaderMap,
    body: Box<dyn Read + Send>,
}

impl Response {
    /// The first value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// All values of a header.
    pub(super) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// What `Content-Length` says.
    pub(super) fn length(&self) -> Option<u64> {
        self.header("content-length")?.trim().parse().ok()
    }

    /// The body, to be read bit by bit.
    pub(super) fn into_body(self) -> Box<dyn Read + Send> {
        self.body
    }

    /// The body, if it is not longer than `limit`.
    ///
    /// # Errors
    /// When it breaks off, which is worth another try, or is too long.
    pub(super) fn read(self, limit: u64) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        self.body.take(limit + 1).read_to_end(&mut bytes).map_err(broken)?;
        if bytes.len() as u64 > limit {
            return Err(Failure::invalid(format!("the answer is longer than {limit} bytes")));
        }
        Ok(bytes)
    }

    /// The beginning of the body, or nothing: for messages. The connection can be used again if that was all.
    pub(super) fn beginning(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = self.body.take(1 << 16).read_to_end(&mut bytes);
        bytes
    }
}

/// A body that broke off.
pub(super) fn broken(error: io::Error) -> Failure {
    failure(error.into())
}

/// Connections, kept for each host as long as they are of use.
pub(super) struct Http {
    pub(super) options: RegistryOptions,
    /// How many bytes of content have been sent.
    sent: AtomicU64,
    roots: OnceLock<RootCerts>,
    /// By scheme, host and port, and whether it is a registry.
    agents: Mutex<BTreeMap<(String, bool), Agent>>,
}

impl Http {
    /// Nothing is opened or read before it is needed.
    pub(super) fn new(options: RegistryOptions) -> Self {
        Self { options, sent: AtomicU64::new(0), roots: OnceLock::new(), agents: Mutex::default() }
    }

    /// Sends a request and waits for the head of the answer, whatever its status.
    ///
    /// # Errors
    /// When there is no answer, or the options name files that cannot be used.
    pub(super) fn send(&self, request: Request<'_>) -> Result<Response, Failure> {
        let agent = self.agent(request.url, request.own)?;
        let Request { method, url, mut headers, body, content, timeout, .. } = request;
        if let Body::Stream(_, size) = body {
            headers.push(("content-length", size.to_string()));
        }
        let head = Head { method, url, headers, timeout };
        match body {
            Body::None => run(&agent, head, ()),
            Body::Bytes(bytes) => {
                let counted = if content { bytes.len() as u64 } else { 0 };
                self.sent.fetch_add(counted, Ordering::Relaxed);
                run(&agent, head, bytes)
            }
            Body::Stream(inner, size) => {
                let mut content = Content { inner, left: size, sent: &self.sent, error: None };
                let result = run(&agent, head, SendBody::from_reader(&mut content));
                content.error.map_or(result, |error| Err(Failure::of(Reason::Content(error))))
            }
        }
    }

    /// How many bytes of content have been sent so far.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Whether an answer may be another one next time, and when.
    pub(super) fn again(&self, response: &Response) -> Again {
        let now = self.options.clock.now();
        match response.header("retry-after").and_then(|value| retry_after(value, now)) {
            _ if !is_passing(response.status) => Again::No,
            Some(wait) => Again::After(wait),
            None => Again::Yes,
        }
    }

    fn agent(&self, url: &Url, own: bool) -> Result<Agent, Failure> {
        let key = (url.with_path("").to_string(), own);
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(agent) = agents.get(&key) {
            return Ok(agent.clone());
        }
        let agent = Agent::new_with_config(self.config(url, own)?);
        agents.insert(key, agent.clone());
        Ok(agent)
    }

    fn config(&self, url: &Url, own: bool) -> Result<Config, Failure> {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(self.proxy(url)?)
            .user_agent(concat!("erlrel/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("identity")
            .timeout_connect(Some(CONNECT.min(self.options.timeout)))
            .timeout_per_read(Some(self.options.timeout))
            .timeout_per_write(Some(self.options.timeout))
            .max_idle_connections_per_host(16)
            .max_idle_connections(64);
        if url.is_https() {
            config = config.tls_config(self.tls(url, own)?);
        }
        Ok(config.build())
    }

    fn proxy(&self, url: &Url) -> Result<Option<Proxy>, Failure> {
        let Some((variable, address)) = proxy_for(&self.options.environment, url) else { return Ok(None) };
        let unusable = |why| Failure::invalid(format!("the environment variable `{variable}` names {why}"));
        let proxy = Proxy::new(address).map_err(|_| unusable("no proxy"))?;
        match proxy.protocol() {
            ProxyProtocol::Http | ProxyProtocol::Https => Ok(Some(proxy)),
            _ => Err(unusable("a SOCKS proxy, which is not supported; HTTP proxies are")),
        }
    }

    fn tls(&self, url: &Url, own: bool) -> Result<TlsConfig, Failure> {
        let files = tls::host_files(&self.options.certificate_dirs, &url.authority())?;
        let roots = if files.authorities.is_empty() {
            self.roots()?
        } else {
            let all: Vec<_> = self.options.ca.iter().chain(&files.authorities).cloned().collect();
            tls::trusted(tls::roots(&self.options.environment, &all)?)
        };
        let client = files.client.or_else(|| self.options.client_certificate.clone().filter(|_| own));
        let client = client.map(|(certificate, key)| tls::client_certificate(&certificate, &key));
        let client: Option<ClientCert> = client.transpose()?;
        Ok(TlsConfig::builder().root_certs(roots).client_cert(client).build())
    }

    fn roots(&self) -> Result<RootCerts, Failure> {
        if let Some(roots) = self.roots.get() {
            return Ok(roots.clone());
        }
        let roots = tls::trusted(tls::roots(&self.options.environment, &self.options.ca)?);
        Ok(self.roots.get_or_init(|| roots).clone())
    }
}

/// What is sent, how much of it is left, and why it could not be read.
///
/// The last bytes leave only when the content has ended there, which is when it has been verified.
struct Content<'a> {
    inner: &'a mut dyn Read,
    left: u64,
    sent: &'a AtomicU64,
    error: Option<io::Error>,
}

impl Content<'_> {
    fn next(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let wanted = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let n = self.inner.read(buf.get_mut(..wanted).unwrap_or_default())?;
        self.left -= n as u64;
        self.sent.fetch_add(n as u64, Ordering::Relaxed);
        match (n, self.left) {
            (0, 1..) if wanted > 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            (_, 0) if self.inner.read(&mut [0])? > 0 => Err(io::ErrorKind::InvalidData.into()),
            _ => Ok(n),
        }
    }
}

impl Read for Content<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.next(buf).map_err(|error| {
            self.error = Some(error);
            io::ErrorKind::Other.into()
        })
    }
}

/// A request without what goes along with it.
struct Head<'a> {
    method: &'static str,
    url: &'a Url,
    headers: Vec<(&'static str, String)>,
    timeout: Option<Duration>,
}

fn run(agent: &Agent, head: Head<'_>, body: impl AsSendBody) -> Result<Response, Failure> {
    let mut message = ureq::http::Request::builder().method(head.method).uri(head.url.request());
    for (name, value) in head.headers {
        message = message.header(name, value);
    }
    let mut message = message.body(body).map_err(|error| failure(error.into()))?;
    if let Some(timeout) = head.timeout {
        let config = agent.configure_request(message).timeout_connect(Some(CONNECT.min(timeout)));
        message = config.timeout_per_read(Some(timeout)).timeout_per_write(Some(timeout)).build();
    }
    let (head, body) = agent.run(message).map_err(failure)?.into_parts();
    Ok(Response { status: head.status.as_u16(), headers: head.headers, body: Box::new(body.into_reader()) })
}

fn failure(error: ureq::Error) -> Failure {
    let trouble = trouble(&error);
    let again = match (trouble, &error) {
        (Trouble::Timeout | Trouble::Closed | Trouble::Broken, _) => Again::Yes,
        // The status of a proxy is in this text only.
        (_, ureq::Error::ConnectProxyFailed(why)) if !why.contains("responded 4") => Again::Yes,
        _ => Again::No,
    };
    Failure::passing(Reason::Connection { why: why(&error, trouble), trouble }, again)
}

fn trouble(error: &ureq::Error) -> Trouble {
    use ureq::Error;
    match error {
        Error::HostNotFound => Trouble::UnknownHost,
        Error::Timeout(_) => Trouble::Timeout,
        Error::Rustls(error) => tls::trouble(error).unwrap_or(Trouble::Protocol),
        Error::Io(error) => match error.get_ref() {
            Some(inner) => tls::trouble(inner).unwrap_or_else(|| broken_or_unknown(error)),
            None => broken_or_unknown(error),
        },
        Error::ConnectProxyFailed(_) => Trouble::Proxy,
        Error::ConnectionFailed | Error::BodyStalled => Trouble::Broken,
        _ => Trouble::Protocol,
    }
}

/// The resolver of the C library has no error kinds, but for this one it has two texts.
fn broken_or_unknown(error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Trouble::Timeout,
        io::ErrorKind::ConnectionRefused => Trouble::Closed,
        _ if ["not known", "No address associated"].iter().any(|text| error.to_string().contains(text)) => {
            Trouble::UnknownHost
        }
        _ => Trouble::Broken,
    }
}

fn why(error: &ureq::Error, trouble: Trouble) -> String {
    match (error, trouble) {
        (_, Trouble::UnknownHost) => "there is no host of this name".into(),
        (_, Trouble::Timeout) => "the other side took too long".into(),
        (_, Trouble::NoTls) => "the other side does not speak TLS".into(),
        (_, Trouble::NoClientCertificate) => {
            "the other side does not accept who asks: it wants a certificate".into()
        }
        (ureq::Error::ConnectProxyFailed(why), _) => format!("the proxy does not lead there: {why}"),
        (ureq::Error::Io(error), _) => format!("the connection failed: {error}"),
        _ => format!("the connection failed: {error}"),
    }
}
