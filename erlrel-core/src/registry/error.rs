//! What goes wrong with a registry, in its own words where it has some.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::credentials::CredentialsError;
use crate::digest::Digest;
use crate::fs::FsError;

/// Something that a registry was asked for and that did not happen.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action}")]
#[non_exhaustive]
pub struct RegistryError {
    /// What was attempted, with the names of what and where: `push the manifest 1.0 to registry/app`.
    pub action: String,
    /// Why it did not happen.
    #[source]
    pub reason: Box<Reason>,
}

impl RegistryError {
    /// What to do next.
    pub fn hint(&self) -> Option<&'static str> {
        self.reason.hint()
    }
}

/// Something that could not be used and was done without.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryWarning {
    /// Credentials.
    #[error(transparent)]
    Credentials(CredentialsError),
    /// A mirror of a registry.
    #[error("the mirror {mirror} is of no use: {why}")]
    Mirror {
        /// Its address.
        mirror: String,
        /// Why.
        why: String,
    },
}

/// Why a registry did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// There was no connection, or it broke.
    #[error("{why}")]
    Connection {
        /// What happened to it.
        why: String,
        /// What kind of trouble that is.
        trouble: Trouble,
    },
    /// The registry said no.
    #[error("{answer}")]
    Refused {
        /// What it said.
        answer: Answer,
    },
    /// The registry wants to know who asks, or does not allow it.
    #[error("{answer}; {}", shown_credentials(credentials.as_deref()))]
    Denied {
        /// What it said.
        answer: Answer,
        /// Where the credentials came from that it did not accept; `None` if there were none.
        credentials: Option<String>,
        /// Why there were none, if there might have been some.
        #[source]
        source: Option<CredentialsError>,
    },
    /// The registry does not have it.
    #[error("{answer}")]
    Missing {
        /// What it said.
        answer: Answer,
    },
    /// What came is not what was asked for.
    #[error("what the registry sent has the digest {found}, it should be {expected}")]
    Damaged {
        /// What its digest should be.
        expected: Digest,
        /// What its digest is.
        found: Digest,
    },
    /// An answer that makes no sense.
    #[error("{why}")]
    Invalid {
        /// What is wrong with it.
        why: String,
    },
    /// The credentials that are configured cannot be used.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// What was to be sent could not be read.
    #[error("what is to be sent cannot be read")]
    Content(#[source] io::Error),
    /// A certificate or a key could not be read.
    #[error(transparent)]
    File(#[from] FsError),
    /// A file that should hold a certificate or a key does not.
    #[error("`{}`: {why}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The host asked to stop.
    #[error("it was asked to stop")]
    Stopped,
}

impl Reason {
    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Connection { trouble: Trouble::UnknownHost, .. } => {
                "check the name of the registry, and the network"
            }
            Self::Connection { trouble: Trouble::Proxy, .. } => {
                "check the proxy in HTTPS_PROXY or HTTP_PROXY; NO_PROXY lists the hosts that are reached without it"
            }
            Self::Connection { trouble: Trouble::Untrusted, .. } => {
                "if the registry's certificate is signed by your own authority, name that by --registry-ca FILE"
            }
            Self::Connection { trouble: Trouble::NoTls, .. } => {
                "if the registry speaks plain HTTP, allow that for it by --plain-http HOST[:PORT]"
            }
            Self::Connection { trouble: Trouble::NoClientCertificate, .. } => {
                "the registry wants a client certificate: name one by --registry-cert FILE and --registry-key FILE"
            }
            Self::Denied { credentials: None, .. } => {
                "log in, `docker login REGISTRY`, or see docs/registries.md for other ways; or the repository does not exist"
            }
            Self::Denied { .. } => {
                "ask for access to the repository, check its name, or log in again: `docker login REGISTRY`"
            }
            Self::Missing { .. } => {
                "check the name of the image; some registries want a repository created before"
            }
            Self::Credentials(error) => return error.hint(),
            _ => return None,
        })
    }
}

/// What kind of trouble a connection has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// Nobody knows the host.
    UnknownHost,
    /// The proxy does not lead there.
    Proxy,
    /// The certificate is not one to trust.
    Untrusted,
    /// The other side does not speak TLS.
    NoTls,
    /// The other side wants a certificate, and does not like that there is none.
    NoClientCertificate,
    /// Nothing came, or nothing was taken, for too long.
    Timeout,
    /// Nobody listens there.
    Closed,
    /// It broke.
    Broken,
    /// What came is not HTTP, or the request could not be written as HTTP.
    Protocol,
}

/// What a registry answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The registry's own words, shortened, without control characters.
    pub message: Option<String>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the registry answered {}", self.status)?;
        match self.message.as_deref().or(meaning(self.status)) {
            Some(message) => write!(f, ", {message}"),
            None => Ok(()),
        }
    }
}

/// RFC 9110, 15, for those that registries answer with.
fn meaning(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => "bad request",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not found",
        405 => "method not allowed",
        408 => "request timeout",
        413 => "too large",
        416 => "range not satisfiable",
        429 => "too many requests",
        500 => "internal server error",
        502 => "bad gateway",
        503 => "service unavailable",
        504 => "gateway timeout",
        _ => return None,
    })
}

fn shown_credentials(origin: Option<&str>) -> String {
    origin.map_or_else(
        || "it was asked without credentials".into(),
        |origin| format!("the credentials are those of {origin}"),
    )
}

/// A failure inside of this module: why, and whether to try again.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) reason: Box<Reason>,
    pub(super) again: Again,
}

/// Whether something is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    No,
    Yes,
    /// Not before so long.
    After(Duration),
}

impl Failure {
    /// One that would happen again.
    pub(super) fn of(reason: impl Into<Reason>) -> Self {
        Self { reason: Box::new(reason.into()), again: Again::No }
    }

    /// One that may be over next time.
    pub(super) fn passing(reason: Reason, again: Again) -> Self {
        Self { reason: Box::new(reason), again }
    }

    /// An answer that makes no sense.
    pub(super) fn invalid(why: impl Into<String>) -> Self {
        Self::of(Reason::Invalid { why: why.into() })
    }

    /// The error that hosts see.
    pub(super) fn while_doing(action: impl Into<String>) -> impl FnOnce(Self) -> RegistryError {
        let action = action.into();
        move |failure| RegistryError { action, reason: failure.reason }
    }
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self::of(reason)
    }
}

impl From<FsError> for Failure {
    fn from(error: FsError) -> Self {
        Self::of(error)
    }
}

impl From<CredentialsError> for Failure {
    fn from(error: CredentialsError) -> Self {
        Self::of(error)
    }
}

/// The registry's own words: `errors` of a JSON body (distribution-spec, "Error Codes"), else nothing of it, since that
/// is a page for a browser.
pub(super) fn message_of(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let text = match body.get("errors").and_then(serde_json::Value::as_array) {
        Some(errors) => errors.iter().filter_map(one_error).collect::<Vec<_>>().join("; "),
        None => ["details", "message", "error_description", "error"]
            .iter()
            .find_map(|name| body.get(name).and_then(serde_json::Value::as_str))?
            .into(),
    };
    Some(shortened(&text)).filter(|text| !text.is_empty())
}

fn one_error(error: &serde_json::Value) -> Option<String> {
    let text =
        |name: &str| error.get(name).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty());
    match (text("code"), text("message")) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (one, other) => one.or(other).map(Into::into),
    }
}

/// Nothing that a terminal would take for a command, and not more than a message can bear.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 300;
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.trim().chars().map(plain).take(LONGEST).collect();
    if text.trim().chars().count() > LONGEST {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_speaks_for_itself() {
        let shown = |body: &str| Answer { status: 400, message: message_of(body.as_bytes()) }.to_string();
        let long = format!(r#"{{"errors":[{{"code":"X","message":"{}"}}]}}"#, "a".repeat(400));
        insta::assert_snapshot!([
            shown(r#"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry","detail":{}}]}"#),
            shown(r#"{"errors":[{"code":"DENIED"},{"message":"not \u001b[31myou"}]}"#),
            shown(r#"{"details":"incorrect username or password"}"#),
            shown("<html><body>Bad gateway</body></html>"),
            shown(r#"{"errors":[]}"#),
        ].join("\n"), @"
        the registry answered 400, NAME_UNKNOWN: repository name not known to registry
        the registry answered 400, DENIED; not  [31myou
        the registry answered 400, incorrect username or password
        the registry answered 400, bad request
        the registry answered 400, bad request
        ");
        assert!(shown(&long).chars().count() < 350);
    }
}
