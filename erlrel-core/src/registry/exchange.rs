//! A request to a registry and the answer that counts: authenticated, redirected, its status understood.

use std::sync::Arc;
use std::time::Duration;

use super::Inner;
use super::auth::{Asked, Authorizer};
use super::challenge;
use super::credentials::Secret;
use super::error::{Answer, Failure, Reason, message_of};
use super::http::{Body, Request, Response};
use super::scope::Scopes;
use super::token::leads_inside;
use super::url::Url;
use crate::image::Blob;

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 5;

/// A repository at a registry or at a mirror of it.
#[derive(Clone)]
pub(super) struct Exchange {
    pub(super) inner: Arc<Inner>,
    /// Where it is, with scheme and port.
    pub(super) root: Url,
    /// The path of the repository there.
    pub(super) path: String,
    pub(super) authorizer: Arc<Authorizer>,
}

/// What is asked of a registry.
pub(super) struct Call<'a> {
    pub(super) method: &'static str,
    pub(super) url: Url,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) payload: Payload<'a>,
    /// What it needs to be allowed.
    pub(super) scopes: Scopes,
    /// How long the other side may take at a time, if not as long as usual.
    pub(super) timeout: Option<Duration>,
}

impl Call<'_> {
    /// One without headers and content.
    pub(super) fn new(method: &'static str, url: Url, scopes: Scopes) -> Self {
        Self { method, url, headers: Vec::new(), payload: Payload::None, scopes, timeout: None }
    }
}

/// What is sent, again and again if need be.
#[derive(Clone, Copy)]
pub(super) enum Payload<'a> {
    None,
    Bytes(&'a [u8]),
    Blob(&'a Blob),
}

impl Exchange {
    /// The address of something in the repository: `manifests/1.0`.
    pub(super) fn url(&self, rest: &str) -> Url {
        let prefix = self.root.path().trim_end_matches('/');
        self.root.with_path(&format!("{prefix}/v2/{}/{rest}", self.path))
    }

    /// Asks, answers a 401 of the registry once, and follows where that is allowed.
    ///
    /// # Errors
    /// When there is no answer, or it is denied. Other statuses are for the caller: see [`Exchange::refused`].
    pub(super) fn send(&self, call: &Call<'_>) -> Result<Response, Failure> {
        let authorization = self.is_own(&call.url).then(|| self.authorizer.current(&call.scopes)).flatten();
        let (response, from) = self.follow(call, authorization.as_ref())?;
        if response.status != 401 || !self.is_own(&from) {
            return Ok(response);
        }
        let challenges = challenge::parse(response.headers("www-authenticate"));
        let asked = Asked {
            challenges,
            registry: &self.root,
            scopes: &call.scopes,
            refused: authorization,
            answer: answer(response),
        };
        let authorization = self.authorizer.answer(&self.inner.http, &self.inner.keychain, &asked)?;
        Ok(self.follow(call, Some(&authorization))?.0)
    }

    /// The failure that an answer means, which is not what was hoped for.
    pub(super) fn refused(&self, response: Response) -> Failure {
        let again = self.inner.http.again(&response);
        let answer = answer(response);
        match answer.status {
            401 | 403 => self.authorizer.denied(answer),
            404 => Failure::of(Reason::Missing { answer }),
            _ => Failure::passing(Reason::Refused { answer }, again),
        }
    }

    /// True for the registry itself, which may see credentials.
    fn is_own(&self, url: &Url) -> bool {
        url.same_origin(&self.root)
    }

    /// The answer, and who gave it. Only what changes nothing is sent on to where a registry says.
    fn follow(&self, call: &Call<'_>, authorization: Option<&Secret>) -> Result<(Response, Url), Failure> {
        let mut url = call.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let own = self.is_own(&url);
            let response = self.once(call, &url, authorization.filter(|_| own))?;
            let redirected = matches!(response.status, 301 | 302 | 303 | 307 | 308);
            let location = response.header("location").filter(|_| redirected);
            match location.filter(|_| matches!(call.method, "GET" | "HEAD")) {
                Some(location) => url = self.location(&url, location)?,
                None => return Ok((response, url)),
            }
        }
        Err(Failure::invalid(format!("the registry redirects more than {MAX_REDIRECTS} times")))
    }

    fn once(&self, call: &Call<'_>, url: &Url, authorization: Option<&Secret>) -> Result<Response, Failure> {
        let mut headers = call.headers.clone();
        headers.extend(authorization.map(|value| ("authorization", value.reveal().to_string())));
        let own = self.is_own(url);
        let (method, timeout) = (call.method, call.timeout);
        let request = |body| Request { method, url, headers, body, own, content: true, timeout };
        match call.payload {
            Payload::None => self.inner.http.send(request(Body::None)),
            Payload::Bytes(bytes) => self.inner.http.send(request(Body::Bytes(bytes))),
            Payload::Blob(blob) => {
                let mut reader = blob.open().map_err(|error| Reason::Content(error.source))?;
                self.inner.http.send(request(Body::Stream(&mut reader, blob.size())))
            }
        }
    }

    /// Where a `Location` leads.
    ///
    /// # Errors
    /// When it is no address, or one that a registry has no business to lead to.
    pub(super) fn location(&self, from: &Url, location: &str) -> Result<Url, Failure> {
        let bad = |why: &str| Failure::invalid(format!("the registry leads to another address, {why}"));
        let url = from.join(location).ok_or_else(|| bad("which is none"))?;
        if from.is_https() && !url.is_https() {
            // A registry behind a proxy that does TLS for it, and that does not know of it.
            if url.host() == self.root.host() && !url.has_port() {
                return Ok(url.at_origin_of(&self.root));
            }
            return Err(bad(&format!("{url}, and there is no TLS there")));
        }
        if leads_inside(&self.root, &url) {
            return Err(bad(&format!("{url}, inside of a network")));
        }
        Ok(url)
    }
}

fn answer(response: Response) -> Answer {
    let status = response.status;
    Answer { status, message: message_of(&response.beginning()) }
}
