//! What is answered to which request (distribution-spec, "Endpoints").

use erlrel_core::digest::Digest;

use super::auth::refused;
use super::http::{Request, Response};
use super::quirks::{Damage, Existence, Head, Location, Mount, Redirect, Step};
use super::store::Manifest;
use super::{Host, Site};

/// What proves to the storage that the registry has sent somebody; to be given back as it is.
const SIGNATURE: &str = "sig=a%2Fb%3D%3D&tail=~x";

/// What a path is about.
enum Route {
    Blob { repository: String, digest: String },
    Uploads { repository: String },
    Upload { repository: String, id: String },
    Manifest { repository: String, reference: String },
    Other,
}

fn route(path: &str) -> Route {
    let path = path.strip_prefix("/v2/").unwrap_or_default();
    if let Some((repository, reference)) = path.rsplit_once("/manifests/") {
        return Route::Manifest { repository: repository.into(), reference: reference.into() };
    }
    let Some((repository, rest)) = path.rsplit_once("/blobs/") else { return Route::Other };
    let repository = repository.into();
    match rest.strip_prefix("uploads/") {
        Some("") => Route::Uploads { repository },
        Some(id) => Route::Upload { repository, id: id.into() },
        None => Route::Blob { repository, digest: rest.into() },
    }
}

/// What a request is for.
pub(super) fn step(request: &Request) -> Step {
    match (request.method.as_str(), route(&request.path)) {
        ("HEAD", Route::Blob { .. }) => Step::BlobHead,
        ("GET", Route::Blob { .. }) => Step::BlobGet,
        ("POST", Route::Uploads { .. }) => Step::Start,
        ("PATCH", Route::Upload { .. }) => Step::Patch,
        ("PUT", Route::Upload { .. }) => Step::Put,
        ("PUT", Route::Manifest { .. }) => Step::ManifestPut,
        ("GET" | "HEAD", Route::Manifest { .. }) => Step::ManifestGet,
        _ if request.path == "/token" => Step::Token,
        _ => Step::Other,
    }
}

impl Site {
    /// The registry itself.
    pub(super) fn registry(&self, request: &Request, body: Vec<u8>) -> Response {
        let route = route(&request.path);
        if let Some(challenge) = self.challenge(request, &needed(request, &route)) {
            return challenge;
        }
        let reading = matches!(request.method.as_str(), "GET" | "HEAD");
        match (self.quirks.repository, &route) {
            (_, Route::Other) => return Response::new(if request.path == "/v2/" { 200 } else { 404 }),
            (Existence::Missing, _) => {
                return refused(404, "NAME_UNKNOWN", "repository name not known to registry");
            }
            (Existence::ReadOnly, _) if !reading => {
                return refused(403, "DENIED", "requested access to the resource is denied");
            }
            _ => {}
        }
        match route {
            Route::Blob { repository, digest } => self.blob(request, &repository, &digest),
            Route::Uploads { repository } => self.start(request, &repository),
            Route::Upload { repository, id } => self.upload(request, &repository, &id, body),
            Route::Manifest { repository, reference } if reading => {
                self.manifest(request, &repository, &reference)
            }
            Route::Manifest { repository, reference } => {
                self.put_manifest(request, &repository, &reference, body)
            }
            Route::Other => Response::new(404),
        }
    }

    /// The storage behind it, which knows signatures and refuses everything else.
    pub(super) fn storage(&self, request: &Request, body: Vec<u8>) -> Response {
        if request.header("Authorization").is_some() {
            return refused(400, "InvalidArgument", "only one auth mechanism allowed");
        }
        if !request.query.starts_with(SIGNATURE) {
            return refused(403, "SignatureDoesNotMatch", "the signature does not match");
        }
        match route(&request.path) {
            Route::Blob { repository, digest } => self.content(request, &repository, &digest),
            Route::Upload { repository, id } => self.upload(request, &repository, &id, body),
            _ => Response::new(404),
        }
    }

    fn blob(&self, request: &Request, repository: &str, digest: &str) -> Response {
        if let (Head::Refused(status), "HEAD") = (self.quirks.head, request.method.as_str()) {
            return Response::new(status);
        }
        let known = self.store(|store| store.blob(repository, digest).is_some());
        let elsewhere = match self.quirks.redirect {
            Redirect::OtherHost if known => {
                format!("http://{}{}?{SIGNATURE}", self.address(Host::Storage), request.path)
            }
            Redirect::Endless => format!("{}?again", request.path),
            _ => return self.content(request, repository, digest),
        };
        if request.method == "GET" {
            return Response::new(307).with("Location", elsewhere);
        }
        self.content(request, repository, digest)
    }

    fn content(&self, request: &Request, repository: &str, digest: &str) -> Response {
        let Some(mut bytes) = self.store(|store| store.blob(repository, digest).cloned()) else {
            return refused(404, "BLOB_UNKNOWN", "blob unknown to registry");
        };
        if let (Damage::Blob, Some(byte)) = (self.quirks.damage, bytes.last_mut()) {
            *byte ^= 1;
        }
        let response = Response::new(200).with("Docker-Content-Digest", digest);
        let range = request.header("Range").and_then(|value| value.strip_prefix("bytes="));
        let start = range.and_then(|range| range.split('-').next()?.parse::<usize>().ok());
        match start.filter(|_| !self.quirks.ignores_range) {
            None => response.body("application/octet-stream", bytes),
            Some(start) if start >= bytes.len() => Response::new(416),
            Some(start) => {
                let range = format!("bytes {start}-{}/{}", bytes.len() - 1, bytes.len());
                let part = Response { status: 206, ..response }.with("Content-Range", range);
                part.body("application/octet-stream", &bytes[start..])
            }
        }
    }

    fn start(&self, request: &Request, repository: &str) -> Response {
        if let Some((digest, from)) = request.parameter("mount").zip(request.parameter("from")) {
            match self.quirks.mount {
                Mount::Refused(401) => {
                    let challenge = self.bearer(&[right(&from, "pull")]);
                    let refused = refused(401, "UNAUTHORIZED", "authentication required");
                    return refused.with("WWW-Authenticate", challenge);
                }
                Mount::Refused(status) => return refused(status, "UNSUPPORTED", "mounting is not supported"),
                Mount::Done if self.mounted(repository, &digest, &from) => {
                    let place = format!("/v2/{repository}/blobs/{digest}");
                    return Response::new(201).with("Location", place).with("Docker-Content-Digest", digest);
                }
                Mount::Done | Mount::Ignored => {}
            }
        }
        let id = self.store(|store| store.begin(repository));
        Response::new(202).with("Location", self.place(repository, &id, 0))
    }

    fn mounted(&self, repository: &str, digest: &str, from: &str) -> bool {
        self.store(|store| {
            let bytes = store.blob(from, digest).cloned();
            bytes.map(|bytes| store.add_blob(repository, bytes)).is_some()
        })
    }

    /// Where an upload goes on.
    fn place(&self, repository: &str, id: &str, state: usize) -> String {
        let path = format!("/v2/{repository}/blobs/uploads/{id}");
        match self.quirks.location {
            Location::Absolute => format!("http://{}{path}", self.address(Host::Registry)),
            Location::Relative => path,
            Location::RelativeWithQuery => format!("{path}?{SIGNATURE}&state={state}"),
            Location::OtherHost => {
                format!("http://{}{path}?{SIGNATURE}&state={state}", self.address(Host::Storage))
            }
        }
    }

    fn upload(&self, request: &Request, repository: &str, id: &str, body: Vec<u8>) -> Response {
        let with_query = matches!(self.quirks.location, Location::RelativeWithQuery | Location::OtherHost);
        let state = self.store(|store| {
            let upload = store.upload(id).filter(|upload| upload.repository == repository)?;
            let expected = format!("{SIGNATURE}&state={}", upload.state);
            let rest = request
                .query
                .strip_prefix(&expected)
                .filter(|rest| matches!(rest.as_bytes(), [] | [b'&', ..]));
            if with_query && rest.is_none() {
                return None;
            }
            upload.bytes.extend(body);
            upload.state += 1;
            Some(upload.state)
        });
        let Some(state) = state else {
            return refused(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
        };
        if request.method == "PATCH" {
            return Response::new(self.quirks.patch).with("Location", self.place(repository, id, state));
        }
        let digest = request.parameter("digest").unwrap_or_default();
        if !self.store(|store| store.finish(id, &digest)) {
            return refused(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
        }
        let place = format!("/v2/{repository}/blobs/{digest}");
        Response::new(201).with("Location", place).with("Docker-Content-Digest", digest)
    }

    /// Keeps what has come of a body whose end is missing.
    pub(super) fn half_uploaded(&self, request: &Request, body: Vec<u8>) {
        if let Route::Upload { id, .. } = route(&request.path) {
            self.store(|store| store.upload(&id).into_iter().for_each(|upload| upload.bytes.extend(&body)));
        }
    }

    fn manifest(&self, request: &Request, repository: &str, reference: &str) -> Response {
        let found = self.store(|store| store.manifest(repository, reference).cloned());
        let accepted = request.header("Accept").unwrap_or_default();
        let Some(manifest) = found.filter(|manifest| accepted.contains(&manifest.media_type)) else {
            return refused(404, "MANIFEST_UNKNOWN", "manifest unknown");
        };
        let mut bytes = manifest.bytes;
        let digest = match self.quirks.damage {
            Damage::ManifestHeader => Digest::of(b"another"),
            _ => Digest::of(&bytes),
        };
        if self.quirks.damage == Damage::Manifest {
            bytes.truncate(bytes.len() / 2);
        }
        let media_type = self.quirks.manifest_type.unwrap_or(&manifest.media_type);
        Response::new(200).with("Docker-Content-Digest", digest.to_string()).body(media_type, bytes)
    }

    fn put_manifest(&self, request: &Request, repository: &str, reference: &str, bytes: Vec<u8>) -> Response {
        let media_type = request.header("Content-Type").unwrap_or_default().to_string();
        let manifest = Manifest { media_type, bytes };
        match self.store(|store| store.add_manifest(repository, reference, manifest)) {
            Ok(digest) => Response::new(201).with("Docker-Content-Digest", digest),
            Err(code) => refused(400, code, "the manifest is not taken"),
        }
    }
}

/// What a request takes.
fn needed(request: &Request, route: &Route) -> Vec<(String, String)> {
    let (Route::Blob { repository, .. }
    | Route::Uploads { repository }
    | Route::Upload { repository, .. }
    | Route::Manifest { repository, .. }) = route
    else {
        return Vec::new();
    };
    let reading = matches!(request.method.as_str(), "GET" | "HEAD");
    let own = right(repository, if reading { "pull" } else { "push" });
    let mounted = request.parameter("mount").and(request.parameter("from")).map(|from| right(&from, "pull"));
    std::iter::once(own).chain(mounted).collect()
}

fn right(repository: &str, action: &str) -> (String, String) {
    (repository.into(), action.into())
}
