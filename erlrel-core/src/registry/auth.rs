//! Proving who one is: what is sent along with requests to one repository, and how a 401 is answered.

use std::sync::{Mutex, PoisonError};

use super::challenge::Challenge;
use super::credentials::{Credentials, Found, Keychain, Secret};
use super::error::{Answer, Failure, Reason};
use super::http::Http;
use super::scope::Scopes;
use super::token::{self, TokenRequest};
use super::url::Url;

/// What has been found out about a repository's registry so far.
pub(super) struct Authorizer {
    /// The registry as image names have it.
    registry: String,
    path: String,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// The header for a registry that wants a password each time.
    basic: Option<Secret>,
    /// Headers with tokens, and what they allow.
    tokens: Vec<(Scopes, Secret)>,
    /// The credentials, once somebody has asked for them.
    found: Found,
}

/// What an answer to a 401 needs to be made.
pub(super) struct Asked<'a> {
    pub(super) challenges: Vec<Challenge>,
    /// The address of the registry.
    pub(super) registry: &'a Url,
    pub(super) scopes: &'a Scopes,
    /// What was sent and not accepted.
    pub(super) refused: Option<Secret>,
    /// What the registry said.
    pub(super) answer: Answer,
}

impl Authorizer {
    pub(super) fn new(registry: &str, path: &str) -> Self {
        Self { registry: registry.into(), path: path.into(), known: Mutex::default() }
    }

    /// The value of the `Authorization` header, as far as one is known.
    pub(super) fn current(&self, scopes: &Scopes) -> Option<Secret> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).current(scopes)
    }

    /// The value of the header that answers a 401. Who comes while it is made waits, and gets the same.
    ///
    /// # Errors
    /// When there are no credentials, or none that are accepted, or the token service fails.
    pub(super) fn answer(
        &self,
        http: &Http,
        keychain: &Keychain,
        asked: &Asked<'_>,
    ) -> Result<Secret, Failure> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = known.current(asked.scopes) {
            if Some(&current) != asked.refused.as_ref() {
                return Ok(current);
            }
            known.forget(&current);
        }
        let found = keychain.find(&self.registry, &self.path)?;
        known.found = found.clone();
        if let Some(bearer) = asked.find("bearer") {
            let request = TokenRequest {
                challenge: bearer,
                registry: asked.registry,
                scopes: asked.scopes,
                credentials: found.credentials.as_ref(),
            };
            match token::fetch(http, &request) {
                Ok(token) => {
                    let header = Secret::new(format!("Bearer {}", token.reveal()));
                    known.tokens.push((asked.scopes.clone(), header.clone()));
                    return Ok(header);
                }
                Err(failure) if asked.find("basic").is_none() => return Err(denied_by(failure, &found)),
                Err(_) => {}
            }
        }
        if let (Some(_), Some(Credentials::Basic { username, password })) =
            (asked.find("basic"), &found.credentials)
        {
            let header = basic(username, password);
            if Some(&header) != asked.refused.as_ref() {
                known.basic = Some(header.clone());
                return Ok(header);
            }
        }
        Err(denied(asked.answer.clone(), &found))
    }

    /// The failure that a status means which says that it is not allowed.
    pub(super) fn denied(&self, answer: Answer) -> Failure {
        denied(answer, &self.known.lock().unwrap_or_else(PoisonError::into_inner).found)
    }
}

impl Known {
    fn current(&self, scopes: &Scopes) -> Option<Secret> {
        let token = self.tokens.iter().find(|(has, _)| has.covers(scopes)).map(|(_, token)| token);
        token.or(self.basic.as_ref()).cloned()
    }

    fn forget(&mut self, header: &Secret) {
        self.tokens.retain(|(_, token)| token != header);
        self.basic = self.basic.take().filter(|basic| basic != header);
    }
}

impl Asked<'_> {
    fn find(&self, scheme: &str) -> Option<&Challenge> {
        let usable = |challenge: &&Challenge| {
            challenge.scheme == scheme && (scheme != "bearer" || challenge.get("realm").is_some())
        };
        self.challenges.iter().find(usable)
    }
}

/// A token service that does not give a token says no for the registry.
fn denied_by(failure: Failure, found: &Found) -> Failure {
    match &*failure.reason {
        Reason::Refused { answer } if matches!(answer.status, 400..=403) => denied(answer.clone(), found),
        _ => failure,
    }
}

fn denied(answer: Answer, found: &Found) -> Failure {
    let Found { origin, failure, .. } = found.clone();
    Failure::of(Reason::Denied { answer, credentials: origin, source: failure })
}

/// The header of the Basic scheme (RFC 7617).
pub(super) fn basic(username: &str, password: &Secret) -> Secret {
    Secret::new(format!("Basic {}", base64(format!("{username}:{}", password.reveal()).as_bytes())))
}

/// RFC 4648, 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32, at: u32| char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]);
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let used = chunk.len() as u32 + 1;
        text.extend((0..4).map(|at| if at < used { digit(bits, at) } else { '=' }));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_written_in_base64() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
            ("~~?>", "fn4/Pg=="),
        ] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
        assert_eq!(
            basic("Aladdin", &Secret::new("open sesame")).reveal(),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
    }

    #[test]
    fn a_secret_is_not_shown() {
        let known = Credentials::Basic { username: "me".into(), password: Secret::new("hidden") };
        assert_eq!(format!("{known:?}"), r#"Basic { username: "me", password: (secret) }"#);
    }
}
