//! Blobs on their way out: only what is not there, streamed, in the order that every registry takes.
//!
//! `HEAD`, `POST` with `mount`, `POST`, one `PATCH` without `Content-Range`, `PUT` with the digest.

use std::cell::Cell;

use super::error::{Again, Failure, Reason};
use super::exchange::{Call, Exchange, Payload};
use super::http::Response;
use super::scope::{Access, Scopes};
use super::url::Url;
use crate::digest::Digest;
use crate::image::Blob;
use crate::image::reference::Repository;

/// How a blob came to be where it was to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It was there.
    Existing,
    /// The registry took it over from another repository of its own.
    Mounted,
    /// It was sent.
    Uploaded,
}

/// Something that is to be in a repository.
pub(super) struct Wanted<'a> {
    pub(super) blob: &'a Blob,
    /// Another repository of the same registry, which has it; nothing any more once the registry has been asked.
    pub(super) from: &'a Cell<Option<&'a Repository>>,
    /// How often it has been tried already. What is there by then is not sent again.
    pub(super) tried: u32,
}

/// Brings a blob into the repository.
///
/// # Errors
/// When the registry does not take it: most of what can happen on the way is worth another try.
pub(super) fn push(exchange: &Exchange, wanted: &Wanted<'_>) -> Result<Pushed, Failure> {
    let digest = wanted.blob.digest();
    if is_there(exchange, wanted)? == Some(true) {
        return Ok(Pushed::Existing);
    }
    let session = match mount(exchange, wanted)? {
        Mount::Done => return Ok(Pushed::Mounted),
        Mount::Session(location) => location,
        Mount::Refused => match begin(exchange)? {
            Some(location) => location,
            None => return finished(exchange, wanted),
        },
    };
    match send(exchange, &session, wanted)? {
        Sent::Open(location) => {
            commit(exchange, &location, digest).map_err(|failure| lost(failure, wanted))?
        }
        Sent::Stored => {}
    }
    Ok(Pushed::Uploaded)
}

/// A registry that has lost what it was sent, or its beginning, gets it once more: several machines may stand behind one
/// name, and connections may damage what goes through them.
fn lost(failure: Failure, wanted: &Wanted<'_>) -> Failure {
    let worth = match &*failure.reason {
        Reason::Missing { .. } => wanted.tried == 0,
        Reason::Refused { answer } if matches!(answer.status, 400 | 409 | 416) => wanted.tried == 0,
        Reason::Refused { answer } => answer.status == 417 && asks_before(wanted),
        _ => false,
    };
    if worth { Failure { again: Again::Yes, ..failure } } else { failure }
}

/// Who says no and hangs up while bytes are sent is not heard. So the second time it is asked before, and then not again,
/// since not everybody knows how to answer that.
fn asks_before(wanted: &Wanted<'_>) -> bool {
    wanted.tried == 1
}

/// True if a registry with this status is to be waited for before it is asked again what one can do without. Who is always
/// busy when asked for that is not asked for it in the end.
fn is_worth_waiting(exchange: &Exchange, wanted: &Wanted<'_>, status: u16) -> bool {
    let patience = exchange.inner.options.retries.count.min(2);
    matches!(status, 408 | 429 | 502 | 503 | 504) && wanted.tried < patience
}

/// Whether the repository has a blob; `None` if the registry does not say so, which is no reason to give up.
///
/// # Errors
/// When the registry does not accept who asks, or is busy.
fn is_there(exchange: &Exchange, wanted: &Wanted<'_>) -> Result<Option<bool>, Failure> {
    // One token does for this and for what follows.
    match head(exchange, wanted.blob.digest(), Access::Push) {
        Ok(response) => match response.status {
            200 => Ok(Some(true)),
            404 => Ok(Some(false)),
            401 => Err(exchange.refused(response)),
            status if is_worth_waiting(exchange, wanted, status) => Err(exchange.refused(response)),
            _ => Ok(None),
        },
        Err(failure) => match &*failure.reason {
            Reason::Denied { .. } | Reason::Credentials(_) | Reason::Stopped => Err(failure),
            Reason::Refused { answer } if is_worth_waiting(exchange, wanted, answer.status) => Err(failure),
            _ => Ok(None),
        },
    }
}

/// Asks for a blob without wanting it.
pub(super) fn head(exchange: &Exchange, digest: Digest, access: Access) -> Result<Response, Failure> {
    let scopes = Scopes::of(&exchange.path, access);
    exchange.send(&Call::new("HEAD", exchange.url(&format!("blobs/{digest}")), scopes))
}

/// What came of a mount.
enum Mount {
    Done,
    /// The registry does not have it there, and waits for it to be sent.
    Session(Url),
    Refused,
}

/// Asks the registry to take a blob over, if somebody has it and it has not been asked yet.
///
/// # Errors
/// When the registry is busy. Nothing else is a reason to give up: the blob can always be sent.
fn mount(exchange: &Exchange, wanted: &Wanted<'_>) -> Result<Mount, Failure> {
    let Some(from) = wanted.from.get() else { return Ok(Mount::Refused) };
    let url = exchange.url("blobs/uploads/").with_parameter("mount", &wanted.blob.digest().to_string());
    let url = url.with_parameter("from", from.path());
    let scopes = Scopes::of(&exchange.path, Access::Push).and_pull(from.path());
    let is_busy = |status| is_worth_waiting(exchange, wanted, status);
    let response = match post(exchange, url.clone(), scopes) {
        Ok(response) if is_busy(response.status) => return Err(exchange.refused(response)),
        Ok(response) => response,
        Err(failure) => match &*failure.reason {
            Reason::Refused { answer } if is_busy(answer.status) => return Err(failure),
            _ => {
                wanted.from.set(None);
                return Ok(Mount::Refused);
            }
        },
    };
    // Who has answered is not asked for it once more.
    wanted.from.set(None);
    let location = response.header("location").and_then(|location| exchange.location(&url, location).ok());
    let status = response.status;
    response.beginning();
    Ok(match (status, location) {
        (201, _) => Mount::Done,
        (202, Some(location)) => Mount::Session(location),
        _ => Mount::Refused,
    })
}

/// Where to send a blob; `None` if the registry says that it has it.
fn begin(exchange: &Exchange) -> Result<Option<Url>, Failure> {
    let url = exchange.url("blobs/uploads/");
    let response = post(exchange, url.clone(), Scopes::of(&exchange.path, Access::Push))?;
    match response.status {
        201 => Ok(None),
        200 | 202 | 204 => next(exchange, &url, response)?
            .ok_or_else(|| Failure::invalid("the registry does not say where to send a blob"))
            .map(Some),
        _ => Err(exchange.refused(response)),
    }
}

fn post(exchange: &Exchange, url: Url, scopes: Scopes) -> Result<Response, Failure> {
    exchange.send(&Call { payload: Payload::Bytes(&[]), ..Call::new("POST", url, scopes) })
}

/// What came of sending the bytes.
enum Sent {
    /// They are to be committed there.
    Open(Url),
    /// The registry has stored them.
    Stored,
}

fn send(exchange: &Exchange, session: &Url, wanted: &Wanted<'_>) -> Result<Sent, Failure> {
    let mut headers = vec![("content-type", "application/octet-stream".into())];
    if asks_before(wanted) {
        headers.push(("expect", "100-continue".into()));
    }
    let response = exchange.send(&Call {
        headers,
        payload: Payload::Blob(wanted.blob),
        ..Call::new("PATCH", session.clone(), Scopes::of(&exchange.path, Access::Push))
    })?;
    match response.status {
        // Some store it with that. Who does not has it nowhere yet.
        201 if is_there(exchange, wanted)? == Some(true) => Ok(Sent::Stored),
        200..=204 => {
            let location = next(exchange, session, response)?;
            Ok(Sent::Open(location.unwrap_or_else(|| session.clone())))
        }
        _ => Err(lost(exchange.refused(response), wanted)),
    }
}

fn commit(exchange: &Exchange, location: &Url, digest: Digest) -> Result<(), Failure> {
    let url = location.with_parameter("digest", &digest.to_string());
    let response = exchange.send(&Call {
        headers: vec![("content-type", "application/octet-stream".into())],
        payload: Payload::Bytes(&[]),
        // Registries put a large blob together only now.
        timeout: Some(exchange.inner.options.timeout.saturating_mul(5)),
        ..Call::new("PUT", url, Scopes::of(&exchange.path, Access::Push))
    })?;
    if !matches!(response.status, 200..=204) {
        return Err(exchange.refused(response));
    }
    let found = response.header("docker-content-digest").and_then(|text| Digest::parse(text.trim()));
    response.beginning();
    match found.filter(|found| *found != digest) {
        Some(found) => Err(Reason::Damaged { expected: digest, found }.into()),
        None => Ok(()),
    }
}

/// The address in an answer; the answer is read to its end, so that its connection can be used again.
fn next(exchange: &Exchange, url: &Url, response: Response) -> Result<Option<Url>, Failure> {
    let location =
        response.header("location").map(|location| exchange.location(url, location)).transpose()?;
    response.beginning();
    Ok(location)
}

/// The registry says that it has the blob, without having got it.
fn finished(exchange: &Exchange, wanted: &Wanted<'_>) -> Result<Pushed, Failure> {
    if is_there(exchange, wanted)? == Some(true) {
        return Ok(Pushed::Existing);
    }
    Err(Failure::invalid("the registry says that it has the blob, and does not have it"))
}
