//! Who gives tokens for a registry: a server of our own that signs what Debian's docker-registry takes
//! (distribution, "Token Authentication Specification").

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::certificate::Certificate;
use super::registry::basic;
use super::tool;

/// Whom the tokens are for.
const SERVICE: &str = "erlrel test registry";
/// Who gives them.
const ISSUER: &str = "erlrel test issuer";

/// A running issuer; its key goes with it.
#[derive(Debug)]
pub(crate) struct Issuer {
    realm: String,
    certificate: Certificate,
    asked: Arc<Mutex<Vec<String>>>,
    _dir: tempfile::TempDir,
}

impl Issuer {
    /// Starts an issuer, which knows one user with one password.
    pub(crate) fn start() -> Self {
        let dir = super::temp_dir();
        let certificate = Certificate::authority(dir.path(), "issuer");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let realm = format!("http://{}/token", listener.local_addr().expect("an address"));
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let signer = Signer { header: header(&certificate), key: certificate.key.clone() };
        let log = asked.clone();
        std::thread::spawn(move || {
            listener.incoming().flatten().for_each(|stream| answer(stream, &signer, &log));
        });
        Self { realm, certificate, asked, _dir: dir }
    }

    /// What the registry has to know of it.
    pub(crate) fn for_registry(&self) -> Value {
        json!({
            "realm": self.realm, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": self.certificate.file,
        })
    }

    /// The targets of all requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panicked").clone()
    }
}

#[derive(Debug)]
struct Signer {
    header: String,
    key: std::path::PathBuf,
}

fn header(certificate: &Certificate) -> String {
    encode(json!({"typ": "JWT", "alg": "RS256", "x5c": [certificate.base64()]}).to_string())
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// One request and its answer. A client that goes away is none of the server's troubles.
fn answer(mut stream: TcpStream, signer: &Signer, log: &Mutex<Vec<String>>) {
    let Some((target, authorization)) = request(&stream) else { return };
    let (status, body) = if authorization == format!("Basic {}", basic()) {
        ("200 OK", json!({"token": signer.token(&target), "expires_in": 300}))
    } else {
        ("401 Unauthorized", json!({"details": "incorrect username or password"}))
    };
    log.lock().expect("nobody panicked").push(target);
    let body = body.to_string();
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    );
}

/// The target and the credentials.
fn request(stream: &TcpStream) -> Option<(String, String)> {
    let lines = BufReader::new(stream).lines();
    let head: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let target = head.first()?.split(' ').nth(1)?.to_string();
    let header = |line: &String| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("authorization").then(|| value.to_string())
    };
    Some((target, head.iter().find_map(header).unwrap_or_default()))
}

impl Signer {
    /// A token for everything that was asked for.
    fn token(&self, target: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let claims = json!({
            "iss": ISSUER, "sub": "ci", "aud": SERVICE, "iat": now, "nbf": now - 60, "exp": now + 300,
            "jti": now.to_string(), "access": access(target),
        });
        let text = format!("{}.{}", self.header, encode(claims.to_string()));
        let signature = encode(self.sign(&text));
        format!("{text}.{signature}")
    }

    fn sign(&self, text: &str) -> Vec<u8> {
        let mut openssl = tool("openssl", "openssl");
        openssl
            .args(["dgst", "-sha256", "-sign"])
            .arg(&self.key)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut openssl = openssl.spawn().expect("openssl starts");
        let mut stdin = openssl.stdin.take().expect("piped");
        stdin.write_all(text.as_bytes()).expect("written");
        drop(stdin);
        let mut signature = Vec::new();
        openssl.stdout.take().expect("piped").read_to_end(&mut signature).expect("read");
        assert!(openssl.wait().expect("it ends").success(), "openssl signs");
        signature
    }
}

/// What the parameters `scope` ask for: `repository:NAME:ACTION,ACTION`, several with spaces between them.
fn access(target: &str) -> Vec<Value> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let scopes = query.split('&').filter_map(|pair| pair.strip_prefix("scope="));
    let text: Vec<String> = scopes.map(decoded).collect();
    let entry = |scope: &str| {
        let (name, actions) = scope.strip_prefix("repository:")?.rsplit_once(':')?;
        let actions: Vec<&str> = actions.split(',').collect();
        Some(json!({"type": "repository", "name": name, "actions": actions}))
    };
    text.iter().flat_map(|text| text.split(' ')).filter_map(entry).collect()
}

/// The few characters that are encoded in a scope.
fn decoded(text: &str) -> String {
    let pairs = [
        ("%3A", ":"),
        ("%3a", ":"),
        ("%2F", "/"),
        ("%2f", "/"),
        ("%2C", ","),
        ("%2c", ","),
        ("%20", " "),
        ("+", " "),
    ];
    pairs.iter().fold(text.to_string(), |text, (from, to)| text.replace(from, to))
}
