//! Manifests and indexes: fetched and stored exactly as they are, byte for byte.

use super::error::{Again, Answer, Failure, Reason};
use super::exchange::{Call, Exchange, Payload};
use super::http::Response;
use super::scope::{Access, Scopes};
use super::url::Url;
use crate::digest::Digest;
use crate::image::RemoteManifest;

/// The longest manifest that is read; registries must take 4 MiB (distribution-spec, "Pushing Manifests").
const LONGEST: u64 = 8 << 20;

/// Every kind of manifest and index that there is; a registry shows only what is asked for.
const KINDS: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// The manifest of a tag or digest; [`Reason::Missing`] if there is none.
pub(super) fn fetch(exchange: &Exchange, reference: &str) -> Result<RemoteManifest, Failure> {
    let response = exchange.send(&Call {
        headers: vec![("accept", KINDS.join(", "))],
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
    let header =
        response.header("content-type").map(|value| value.split(';').next().unwrap_or_default().trim());
    let header = header.unwrap_or_default().to_ascii_lowercase();
    let bytes = response.read(LONGEST)?;
    let digest = Digest::of(&bytes);
    // What was asked for by digest needs no other proof; what came by tag is what the registry says of it.
    if let Some(expected) = Digest::parse(reference).or(announced).filter(|expected| *expected != digest) {
        return Err(Reason::Damaged { expected, found: digest }.into());
    }
    let media_type = media_type(&header, &bytes).map_err(Failure::invalid)?;
    Ok(RemoteManifest { media_type, digest, bytes })
}

fn announced(response: &Response) -> Option<Digest> {
    response.header("docker-content-digest").and_then(|text| Digest::parse(text.trim()))
}

/// What a manifest is: what it says itself, what the header says, what its fields say. What says both an index and a
/// manifest is none, since others could take it for the other (GHSA-77vh-xpmg-72qh).
fn media_type(header: &str, bytes: &[u8]) -> Result<String, String> {
    let body: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| format!("the manifest is not JSON: {error}"))?;
    let has = |field: &str| body.get(field).is_some();
    let is_index = has("manifests");
    if is_index && (has("layers") || has("config")) {
        return Err("the manifest is an index as well".into());
    }
    let kind = |text: &str| KINDS.into_iter().find(|kind| *kind == text);
    let inside = body.get("mediaType").and_then(serde_json::Value::as_str);
    let media_type = match (inside, kind(header)) {
        (Some(inside), Some(header)) if inside != header => {
            return Err(format!(
                "the manifest is of the type `{inside}`, and the registry calls it `{header}`"
            ));
        }
        (Some(inside), _) => kind(inside).ok_or_else(|| unsupported(inside))?,
        (None, Some(header)) => header,
        (None, None) if is_index => KINDS[0],
        (None, None) if has("layers") => KINDS[1],
        (None, None) => return Err(unsupported(header)),
    };
    let says_index = media_type == KINDS[0] || media_type == KINDS[2];
    if says_index == is_index {
        Ok(media_type.into())
    } else {
        Err(format!("the manifest is not what its type says, `{media_type}`"))
    }
}

fn unsupported(media_type: &str) -> String {
    format!("the type `{media_type}` is not supported: it is no image of OCI or of Docker's second schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_what_it_says_or_what_the_registry_says() {
        let [index, manifest, list, docker] = KINDS;
        let own = |kind: &str, field: &str| format!(r#"{{"mediaType":"{kind}","{field}":[]}}"#);
        for (header, body, expected) in [
            (index, own(index, "manifests"), index),
            ("application/json", own(manifest, "layers"), manifest),
            ("", own(list, "manifests"), list),
            (docker, r#"{"layers":[]}"#.into(), docker),
            ("text/plain", r#"{"layers":[]}"#.into(), manifest),
            ("text/plain", r#"{"manifests":[]}"#.into(), index),
        ] {
            assert_eq!(media_type(header, body.as_bytes()).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_manifest_of_two_kinds_is_none() {
        let [index, manifest, ..] = KINDS;
        let error = |header: &str, body: &str| media_type(header, body.as_bytes()).expect_err(body);
        insta::assert_snapshot!([
            error(manifest, r#"{"layers":[],"manifests":[]}"#),
            error(index, &format!(r#"{{"mediaType":"{manifest}","layers":[]}}"#)),
            error(index, r#"{"layers":[]}"#),
            error("application/vnd.docker.distribution.manifest.v1+prettyjws", r#"{"fsLayers":[]}"#),
            error("text/html", "<html>"),
        ].join("\n"), @r#"
        the manifest is an index as well
        the manifest is of the type `application/vnd.oci.image.manifest.v1+json`, and the registry calls it `application/vnd.oci.image.index.v1+json`
        the manifest is not what its type says, `application/vnd.oci.image.index.v1+json`
        the type `application/vnd.docker.distribution.manifest.v1+prettyjws` is not supported: it is no image of OCI or of Docker's second schema
        the manifest is not JSON: expected value at line 1 column 1
        "#);
    }
}
