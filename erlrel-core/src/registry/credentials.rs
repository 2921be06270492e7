//! Who one is at a registry: found where docker, podman and CI systems keep it.
//!
//! Nothing here is ever shown: a secret has no text but the one that is sent.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use serde_json::{Map, Value, json};

use super::error::shortened;
use crate::environment::Environment;
use crate::fs::{self, FsError};

/// The key of Docker Hub in every configuration file.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, to be sent where it belongs.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// What proves who one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Credentials {
    /// A user and a password, which may be an access token.
    Basic { username: String, password: Secret },
    /// A token that only the token service takes, in exchange for others.
    Identity(Secret),
}

/// Credentials, and what to tell of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) credentials: Option<Credentials>,
    /// Where they come from.
    pub(super) origin: Option<String>,
    /// A credential helper that failed: without it there may be no credentials where there should be.
    pub(super) failure: Option<CredentialsError>,
}

/// Credentials that are configured and cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// A file or variable that is not JSON.
    #[error("{origin} is not JSON: {why}")]
    NotJson {
        /// The file or variable.
        origin: String,
        /// Where and why.
        why: String,
    },
    /// An entry that cannot be used.
    #[error(
        "the entry `{key}` of {origin} cannot be used: its `auth` is not USER:PASSWORD in Base64, or says something else than its `username` and `password`"
    )]
    Entry {
        /// The file or variable.
        origin: String,
        /// The registry that the entry is for.
        key: String,
    },
    /// A credential helper that failed.
    #[error("the credential helper `{helper}`, named in {origin}, failed{}", why.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    Helper {
        /// The program.
        helper: String,
        /// The file or variable that names it.
        origin: String,
        /// What it said.
        why: Option<String>,
    },
    /// A variable that is of no use without another.
    #[error("`{present}` is set, but not `{absent}`")]
    Half {
        /// The variable that is set.
        present: &'static str,
        /// The one that is missing.
        absent: &'static str,
    },
    /// A file that was named or is there, and cannot be read.
    #[error("cannot read `{}`: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        why: String,
    },
}

impl CredentialsError {
    pub(super) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Half { .. } => {
                "set ERLREL_REGISTRY, ERLREL_REGISTRY_USERNAME and ERLREL_REGISTRY_PASSWORD together: the registry, and who \
                 one is there"
            }
            Self::Helper { .. } => {
                "install it and have it on PATH, or take it out of `credsStore` or `credHelpers` and log in again"
            }
            Self::Entry { .. } => "log in again: `docker login REGISTRY`",
            Self::NotJson { .. } | Self::Unreadable { .. } => return None,
        })
    }
}

/// Finds credentials, and remembers what it found.
pub(super) struct Keychain {
    environment: Environment,
    found: Mutex<BTreeMap<(String, String), Found>>,
}

impl Keychain {
    pub(super) fn new(environment: Environment) -> Self {
        Self { environment, found: Mutex::default() }
    }

    /// The credentials for a repository, from the first of the [`places`] that has some.
    ///
    /// # Errors
    /// When there is something that cannot be used.
    pub(super) fn find(&self, registry: &str, path: &str) -> Result<Found, CredentialsError> {
        let key = (registry.to_string(), path.to_string());
        let mut known = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&key) {
            return Ok(found.clone());
        }
        let found = find(&self.environment, registry, path)?;
        known.insert(key, found.clone());
        Ok(found)
    }

    /// The helpers that failed so far, each once.
    pub(super) fn failures(&self) -> Vec<CredentialsError> {
        let known = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let mut failures: Vec<CredentialsError> =
            known.values().filter_map(|found| found.failure.clone()).collect();
        failures.dedup();
        failures
    }
}

fn find(environment: &Environment, registry: &str, path: &str) -> Result<Found, CredentialsError> {
    if let Some(credentials) = from_variables(environment, registry)? {
        let origin = Some("ERLREL_REGISTRY_USERNAME".into());
        return Ok(Found { credentials: Some(credentials), origin, failure: None });
    }
    let mut failure = None;
    for place in places(environment) {
        let Some((origin, text)) = place.read()? else { continue };
        let document = parse(&origin, &text)?;
        for source in sources(&document, registry, path) {
            match ask(&origin, &source) {
                Ok(Some(credentials)) => {
                    return Ok(Found { credentials: Some(credentials), origin: Some(origin), failure: None });
                }
                Ok(None) => {}
                Err(error @ CredentialsError::Helper { .. }) => failure = failure.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
    }
    Ok(Found { credentials: None, origin: None, failure })
}

/// The three variables count for one registry only, the one that is named.
fn from_variables(
    environment: &Environment,
    registry: &str,
) -> Result<Option<Credentials>, CredentialsError> {
    const NAMES: [&str; 3] = ["ERLREL_REGISTRY", "ERLREL_REGISTRY_USERNAME", "ERLREL_REGISTRY_PASSWORD"];
    let values = NAMES.map(|name| environment.get(name));
    let [Some(host), Some(username), Some(password)] = values else {
        // The host alone is no credentials, and may be there for scripts.
        let present = NAMES.iter().skip(1).find(|name| environment.get(name).is_some());
        let absent = NAMES.iter().find(|name| environment.get(name).is_none());
        return match (present, absent) {
            (Some(present), Some(absent)) => Err(CredentialsError::Half { present, absent }),
            _ => Ok(None),
        };
    };
    let credentials = Credentials::Basic { username: username.into(), password: Secret::new(password) };
    Ok((normal(host) == normal(registry)).then_some(credentials))
}

/// Something that may hold credentials.
enum Place<'a> {
    /// A file, and whether it has to be there.
    File {
        path: PathBuf,
        variable: Option<&'static str>,
    },
    Text {
        variable: &'static str,
        text: &'a str,
    },
}

/// The places in the order in which they are looked at.
fn places(environment: &Environment) -> Vec<Place<'_>> {
    let home = environment.get("HOME").map(Path::new);
    let optional = |path: PathBuf| Place::File { path, variable: None };
    let mut places = Vec::new();
    places.extend(
        environment
            .get("REGISTRY_AUTH_FILE")
            .map(|file| Place::File { path: file.into(), variable: Some("REGISTRY_AUTH_FILE") }),
    );
    let text = environment.get("DOCKER_AUTH_CONFIG");
    places.extend(text.map(|text| Place::Text { variable: "DOCKER_AUTH_CONFIG", text }));
    let docker = environment.get("DOCKER_CONFIG").map(PathBuf::from);
    let docker = docker.or_else(|| home.map(|home| home.join(".docker")));
    places.extend(docker.map(|dir| optional(dir.join("config.json"))));
    let runtime = environment.get("XDG_RUNTIME_DIR").map(PathBuf::from);
    let config = environment.get("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = config.or_else(|| home.map(|home| home.join(".config")));
    places.extend(
        [runtime, config].into_iter().flatten().map(|dir| optional(dir.join("containers/auth.json"))),
    );
    places
}

impl Place<'_> {
    /// Its name for messages, and its text; `None` if it is not there and need not be.
    fn read(&self) -> Result<Option<(String, String)>, CredentialsError> {
        match self {
            Self::Text { variable, text } => Ok(Some((format!("`{variable}`"), text.to_string()))),
            Self::File { path, variable } => {
                let unreadable = |error: FsError| CredentialsError::Unreadable {
                    path: path.clone(),
                    why: error.source.to_string(),
                };
                let bytes = match variable {
                    Some(_) => Some(fs::read(path).map_err(unreadable)?),
                    None => fs::read_optional(path).map_err(unreadable)?,
                };
                let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                Ok(text.map(|text| (format!("`{}`", path.display()), text)))
            }
        }
    }
}

fn parse(origin: &str, text: &str) -> Result<Map<String, Value>, CredentialsError> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    // Only what serde_json says of the syntax: it has no piece of the text in it.
    match serde_json::from_str(text) {
        Ok(Value::Object(document)) => Ok(document),
        Ok(_) => Err(CredentialsError::NotJson { origin: origin.into(), why: "it is no object".into() }),
        Err(error) => Err(CredentialsError::NotJson { origin: origin.into(), why: error.to_string() }),
    }
}

/// One thing to ask: an entry of the file, or a program.
#[derive(Debug, Clone, PartialEq)]
enum Source {
    Entry { key: String, entry: Value },
    Helper { server: String, helper: String },
}

/// What a file has for a repository: the helper for its registry, else its entries, the most specific first, else the
/// helper for all (docker/cli, "Credential stores"; containers-auth.json(5)).
fn sources(document: &Map<String, Value>, registry: &str, path: &str) -> Vec<Source> {
    let object = |name: &str| document.get(name).and_then(Value::as_object);
    let server = if normal(registry) == "docker.io" { DOCKER_HUB_KEY } else { registry };
    let helper_of = |value: &Value| value.as_str().filter(|name| !name.is_empty()).map(str::to_string);
    let helper = |helper| Source::Helper { server: server.into(), helper };
    let mut sources = Vec::new();
    let special =
        object("credHelpers").into_iter().flatten().find(|(key, _)| normal(key) == normal(registry));
    if let Some(name) = special.and_then(|(_, value)| helper_of(value)) {
        return vec![helper(name)];
    }
    for wanted in names(registry, path) {
        let entries = object("auths").into_iter().flatten().filter(|(key, _)| normal(key) == wanted);
        let usable = entries.filter(|(_, entry)| entry.as_object().is_some_and(has_content));
        sources.extend(usable.map(|(key, entry)| Source::Entry { key: key.clone(), entry: entry.clone() }));
    }
    sources.extend(document.get("credsStore").and_then(helper_of).map(helper));
    sources
}

/// An entry that only says that somebody logged in has its secret in the store.
fn has_content(entry: &Map<String, Value>) -> bool {
    let there = |name: &str| entry.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    ["auth", "identitytoken", "username"].into_iter().any(there)
}

/// The repository, each namespace above it, and the registry.
fn names(registry: &str, path: &str) -> Vec<String> {
    let mut name = format!("{}/{path}", normal(registry));
    let mut names = vec![name.clone()];
    while let Some(at) = name.rfind('/') {
        name.truncate(at);
        names.push(name.clone());
    }
    names
}

/// A key without what is not the name: `https://`, `/v1/`, `/v2/`; Docker Hub has one name instead of three.
fn normal(key: &str) -> String {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let key = key.trim_end_matches('/');
    let key = key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key);
    let (host, path) = key.split_once('/').map_or((key, None), |(host, path)| (host, Some(path)));
    let host = match host.to_ascii_lowercase() {
        hub if matches!(hub.as_str(), "index.docker.io" | "registry-1.docker.io") => "docker.io".into(),
        host => host,
    };
    path.map_or(host.clone(), |path| format!("{host}/{path}"))
}

/// What a source says; `None` if it says that it has nothing.
fn ask(origin: &str, source: &Source) -> Result<Option<Credentials>, CredentialsError> {
    let (server, document) = match source {
        Source::Entry { key, entry } => (key, json!({"auths": {key: without_empty(entry)}})),
        Source::Helper { server, helper } => (server, json!({"credHelpers": {server: helper}})),
    };
    match get_credential_from_reader(document.to_string().as_bytes(), server) {
        Ok(DockerCredential::UsernamePassword(username, password)) => {
            let password = Secret::new(password);
            Ok((!username.is_empty()).then_some(Credentials::Basic { username, password }))
        }
        Ok(DockerCredential::IdentityToken(token)) => Ok(Some(Credentials::Identity(Secret::new(token)))),
        Err(error) => failed(origin, source, error),
    }
}

fn without_empty(entry: &Value) -> Value {
    let fields = entry.as_object().into_iter().flatten();
    let texts = fields.filter(|(_, value)| value.as_str().is_some_and(|text| !text.is_empty()));
    Value::Object(texts.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn failed(
    origin: &str,
    source: &Source,
    error: CredentialRetrievalError,
) -> Result<Option<Credentials>, CredentialsError> {
    let origin = origin.to_string();
    match (source, error) {
        (_, CredentialRetrievalError::NoCredentialConfigured) => Ok(None),
        (Source::Entry { key, .. }, _) => Err(CredentialsError::Entry { origin, key: key.clone() }),
        (Source::Helper { helper, .. }, error) => {
            let helper = format!("docker-credential-{helper}");
            match helper_message(&error) {
                Some(why) if is_nothing_found(&why) => Ok(None),
                why => Err(CredentialsError::Helper { helper, origin, why }),
            }
        }
    }
}

/// What the program said, without what might be an answer with secrets.
fn helper_message(error: &CredentialRetrievalError) -> Option<String> {
    match error {
        CredentialRetrievalError::HelperFailure { stdout, stderr, .. } => {
            let plain = |text: &&String| !text.trim().is_empty() && !text.contains(['{', '}']);
            [stdout, stderr].into_iter().find(plain).map(|text| shortened(text))
        }
        CredentialRetrievalError::MalformedHelperResponse => {
            Some("its answer is not what it should be".into())
        }
        _ => Some("it cannot be started".into()),
    }
}

/// The two sentences of docker-credential-helpers for "nobody has logged in there".
fn is_nothing_found(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("credentials not found") || message.contains("no credentials server url")
}

#[cfg(test)]
#[path = "credentials_tests.rs"]
mod tests;
