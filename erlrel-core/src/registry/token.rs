//! Fetching a token from the service that a registry names (distribution, "Token Authentication Specification").

use std::fmt::Write as _;

use super::auth::basic;
use super::challenge::Challenge;
use super::credentials::{Credentials, Secret};
use super::error::{Answer, Failure, Reason, message_of};
use super::http::{Body, Http, Request, Response};
use super::scope::Scopes;
use super::url::{Url, encode, is_private};

/// The longest answer of a token service.
const LONGEST: u64 = 1 << 20;

/// What a token is asked for.
pub(super) struct TokenRequest<'a> {
    /// Names the service.
    pub(super) challenge: &'a Challenge,
    /// The address of the registry that answered with it.
    pub(super) registry: &'a Url,
    pub(super) scopes: &'a Scopes,
    /// Without them it is asked for what everybody may do.
    pub(super) credentials: Option<&'a Credentials>,
}

/// A token for these scopes.
///
/// # Errors
/// When the service is not one to send credentials to, or does not give a token.
pub(super) fn fetch(http: &Http, request: &TokenRequest<'_>) -> Result<Secret, Failure> {
    let realm = realm(request)?;
    let response = match request.credentials {
        Some(Credentials::Identity(token)) => {
            let response = exchange(http, &realm, request, token)?;
            // Services that know no POST: GCR, and the proxies of some others.
            if matches!(response.status, 404 | 405) {
                get(http, &realm, request, Some(basic("<token>", token)))?
            } else {
                response
            }
        }
        Some(Credentials::Basic { username, password }) => {
            get(http, &realm, request, Some(basic(username, password)))?
        }
        None => get(http, &realm, request, None)?,
    };
    read(http, response)
}

/// The address of the service, which is about to get credentials: by TLS if the registry is spoken to by TLS, and not by
/// the number of a host inside of somebody's network.
fn realm(request: &TokenRequest<'_>) -> Result<Url, Failure> {
    let text = request.challenge.get("realm").unwrap_or_default();
    let Some(realm) = Url::parse(text) else {
        return Err(Failure::invalid("the registry names no address of a token service"));
    };
    let why = if request.registry.is_https() && !realm.is_https() {
        "which is not asked, since credentials would be readable on the way"
    } else if leads_inside(request.registry, &realm) {
        "which is not asked, since it is an address inside of a network"
    } else {
        return Ok(realm);
    };
    Err(Failure::invalid(format!("the registry names the token service {realm}, {why}")))
}

/// True for an address of a private network that `from`, which is none, names.
pub(super) fn leads_inside(from: &Url, to: &Url) -> bool {
    let from_inside = from.ip().is_some_and(is_private) || super::url::is_loopback(from.host());
    !from_inside && from.host() != to.host() && to.ip().is_some_and(is_private)
}

fn get(
    http: &Http,
    realm: &Url,
    request: &TokenRequest<'_>,
    authorization: Option<Secret>,
) -> Result<Response, Failure> {
    let mut url = realm.clone();
    if let Some(service) = request.challenge.get("service") {
        url = url.with_parameter("service", service);
    }
    for scope in request.scopes.texts(request.challenge.get("scope")) {
        url = url.with_parameter("scope", &scope);
    }
    let authorization = authorization.map(|value| ("authorization", value.reveal().to_string()));
    let headers = authorization.into_iter().collect();
    let (method, body, own) = ("GET", Body::None, realm.same_origin(request.registry));
    http.send(Request { method, url: &url, headers, body, own, content: false, timeout: None })
}

/// RFC 6749, 6: the identity token is a refresh token.
fn exchange(
    http: &Http,
    realm: &Url,
    request: &TokenRequest<'_>,
    token: &Secret,
) -> Result<Response, Failure> {
    let mut form = String::from("grant_type=refresh_token&client_id=erlrel");
    let scopes = request.scopes.texts(request.challenge.get("scope")).join(" ");
    let fields = [
        ("service", request.challenge.get("service").unwrap_or_default()),
        ("scope", &scopes),
        ("refresh_token", token.reveal()),
    ];
    for (name, value) in fields {
        let _ = write!(form, "&{name}={}", encode(value));
    }
    let headers = vec![("content-type", "application/x-www-form-urlencoded".into())];
    let body = Body::Bytes(form.as_bytes());
    let own = realm.same_origin(request.registry);
    http.send(Request { method: "POST", url: realm, headers, body, own, content: false, timeout: None })
}

fn read(http: &Http, response: Response) -> Result<Secret, Failure> {
    let (status, again) = (response.status, http.again(&response));
    let body = response.read(LONGEST)?;
    if !matches!(status, 200..=299) {
        let answer = Answer { status, message: message_of(&body) };
        return Err(Failure::passing(Reason::Refused { answer }, again));
    }
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(serde_json::Value::as_str).filter(|text| is_token(text));
    let token = text("token").or_else(|| text("access_token"));
    token.map(Secret::new).ok_or_else(|| Failure::invalid("the token service answered without a token"))
}

/// Something that can stand in a header.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}
