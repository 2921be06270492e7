//! Manifests and indexes: fetched and stored exactly as they are, byte for byte.

use super::error::{Again, Answer, Failure, Reason};
use super::exchange::{Call, Exchange, Payload};
use super::http::Response;
use super::scope::{Access, Scopes};
use super::url::Url;
use crate::digest::Digest;
use crate::image::{MANIFEST_KINDS, RemoteManifest};

/// The longest manifest that is read; registries must take 4 MiB (distribution-spec, "Pushing Manifests").
const LONGEST: u64 = 8 << 20;

/// The manifest of a tag or digest; [`Reason::Missing`] if there is none.
pub(super) fn fetch(exchange: &Exchange, reference: &str) -> Result<RemoteManifest, Failure> {
    let response = exchange.send(&Call {
        headers: vec![("accept", MANIFEST_KINDS.join(", "))],
        ..Call::new("GET", address(exchange, reference), Scopes::of(&exchange.path, Access::Pull))
    })?;
    match response.status {
        200 => read(response, reference),
        _ => Err(exchange.refused(response)),
    }
}

/// Stores a manifest.
pub(super) fn store(
    exchange: &Exchange,
    reference: &str,
    media_type: &str,
    bytes: &[u8],
) -> Result<Digest, Failure> {
    let response = exchange.send(&Call {
        headers: vec![("content-type", media_type.into())],
        payload: Payload::Bytes(bytes),
        ..Call::new("PUT", address(exchange, reference), Scopes::of(&exchange.path, Access::Push))
    })?;
    if !matches!(response.status, 200..=299) {
        return Err(unsettled(exchange.refused(response)));
    }
    let expected = Digest::of(bytes);
    // Whoever answers everything with a page of its own has stored nothing (distribution-spec, "Pushing Manifests").
    let is_stored = response.status == 201 || response.header("location").is_some();
    match announced(&response) {
        Some(found) if found != expected => Err(Reason::Damaged { expected, found }.into()),
        None if !is_stored => Err(Failure::invalid(format!(
            "the answer {} does not say that it was stored: is it a registry?",
            response.status
        ))),
        _ => {
            response.beginning();
            Ok(expected)
        }
    }
}

/// Where several bring the same blobs at once, docker-registry may say for a moment that it lacks one of them.
fn unsettled(failure: Failure) -> Failure {
    let lacks_a_blob = |answer: &Answer| {
        answer.message.as_ref().is_some_and(|message| message.contains("MANIFEST_BLOB_UNKNOWN"))
    };
    match &*failure.reason {
        Reason::Refused { answer } | Reason::Missing { answer } if lacks_a_blob(answer) => {
            Failure { again: Again::Yes, ..failure }
        }
        _ => failure,
    }
}

fn address(exchange: &Exchange, reference: &str) -> Url {
    exchange.url(&format!("manifests/{reference}"))
}

fn read(response: Response, reference: &str) -> Result<RemoteManifest, Failure> {
    let announced = announced(&response);
    let kind =
        response.header("content-type").map(|value| value.split(';').next().unwrap_or_default().trim());
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    let bytes = response.read(LONGEST)?;
    let digest = Digest::of(&bytes);
    // What was asked for by digest needs no other proof; what came by tag is what the registry says of it.
    if let Some(expected) = Digest::parse(reference).or(announced).filter(|expected| *expected != digest) {
        return Err(Reason::Damaged { expected, found: digest }.into());
    }
    RemoteManifest::read(bytes, &kind).map_err(Failure::invalid)
}

fn announced(response: &Response) -> Option<Digest> {
    response.header("docker-content-digest").and_then(|text| Digest::parse(text.trim()))
}
