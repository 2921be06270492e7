//! An image into a running Docker daemon, through its API: the archive is streamed to `POST /images/load`.

use std::fmt;
use std::io::{self, BufWriter, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use serde_json::Value;

use super::DestinationError;
use super::http::{Answer, ChunkedWriter, read_answer};
use crate::image::{Image, ImageError, Reference, archive};

/// Where a Docker daemon listens. Displayed as `DOCKER_HOST` is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DockerHost {
    /// A Unix socket: `unix:///var/run/docker.sock`, which is the default.
    Unix(PathBuf),
    /// A TCP port without TLS: `tcp://HOST:PORT`; the port is 2375 where the text has none.
    Tcp(String),
}

impl DockerHost {
    /// Reads a value of `DOCKER_HOST`; an empty one means the default.
    ///
    /// # Errors
    /// [`DockerError::UnsupportedHost`] for `ssh://`, `npipe://` and anything else.
    pub fn parse(text: &str) -> Result<Self, DockerError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        match text.split_once("://") {
            Some(("unix", path)) if path.starts_with('/') => Ok(Self::Unix(path.into())),
            Some(("tcp", address)) if is_address(address) => {
                Ok(Self::Tcp(with_port(address.trim_end_matches('/'))))
            }
            _ => Err(DockerError::UnsupportedHost { host: text.into() }),
        }
    }

    fn connect(&self) -> io::Result<Box<dyn Connection>> {
        match self {
            Self::Unix(path) => Ok(Box::new(UnixStream::connect(path)?)),
            Self::Tcp(address) => Ok(Box::new(TcpStream::connect(address)?)),
        }
    }

    /// The value of the `Host` header.
    fn authority(&self) -> &str {
        match self {
            Self::Unix(_) => "docker",
            Self::Tcp(address) => address,
        }
    }
}

impl Default for DockerHost {
    fn default() -> Self {
        Self::Unix("/var/run/docker.sock".into())
    }
}

impl fmt::Display for DockerHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
        }
    }
}

fn is_address(text: &str) -> bool {
    let text = text.trim_end_matches('/');
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_%".contains(&byte))
}

fn with_port(address: &str) -> String {
    let port = address.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    if port.is_some() { address.into() } else { format!("{address}:2375") }
}

trait Connection: Read + Write {}
impl<T: Read + Write> Connection for T {}

/// Loads an image into the daemon at `host` under each of `names`; says how many bytes were sent.
///
/// # Errors
/// When the image cannot be read, or the daemon cannot be reached or does not take it.
pub(super) fn load(image: &Image, names: &[Reference], host: &DockerHost) -> Result<u64, DestinationError> {
    let unreachable = |source| DockerError::Unreachable { host: host.to_string(), source };
    let mut connection = host.connect().map_err(unreachable)?;
    match send(image, names, host, &mut connection) {
        Ok(bytes) => {
            let answer = read_answer(&mut connection).map_err(interrupted(host))?;
            accepted(&answer)?;
            Ok(bytes)
        }
        // A daemon that refuses says why and closes; its reason is worth more than the broken connection.
        Err(error @ DestinationError::Docker(_)) => {
            read_answer(&mut connection).ok().map_or(Ok(()), |answer| accepted(&answer))?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

fn send(
    image: &Image,
    names: &[Reference],
    host: &DockerHost,
    connection: &mut dyn Connection,
) -> Result<u64, DestinationError> {
    let head = format!(
        "POST /images/load?quiet=1 HTTP/1.1\r\nHost: {}\r\nUser-Agent: erlrel\r\nConnection: close\r\n\
         Content-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n",
        host.authority()
    );
    connection.write_all(head.as_bytes()).map_err(interrupted(host))?;
    let mut body = BufWriter::with_capacity(1 << 16, ChunkedWriter::new(connection));
    let place = PathBuf::from(host.to_string());
    archive::write(image, names, &mut body, &place).map_err(|error| match error {
        ImageError::Fs(error) if error.path == place => interrupted(host)(error.source).into(),
        other => DestinationError::from(other),
    })?;
    let body = body.into_inner().map_err(|error| interrupted(host)(error.into_error()))?;
    Ok(body.finish().map_err(interrupted(host))?)
}

fn interrupted(host: &DockerHost) -> impl FnOnce(io::Error) -> DockerError + '_ {
    move |source| DockerError::Interrupted { host: host.to_string(), source }
}

/// The daemon begins its answer before it knows the outcome, so that an error can hide in a good one.
fn accepted(answer: &Answer) -> Result<(), DockerError> {
    let mut lines =
        serde_json::Deserializer::from_slice(&answer.body).into_iter::<Value>().map_while(Result::ok);
    if let Some(message) = lines.find_map(|line| message(&line)) {
        return Err(DockerError::Refused { message });
    }
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    let text: String = String::from_utf8_lossy(&answer.body).trim().chars().take(500).collect();
    Err(DockerError::Refused { message: format!("status {} {text}", answer.status) })
}

fn message(line: &Value) -> Option<String> {
    let detail = line.get("errorDetail").and_then(|detail| detail.get("message"));
    detail.or_else(|| line.get("error")).or_else(|| line.get("message"))?.as_str().map(String::from)
}

/// An image that did not get into a Docker daemon.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DockerError {
    /// A `DOCKER_HOST` that only Docker's own client can use.
    #[error(
        "DOCKER_HOST is `{host}`, erlrel knows unix:///PATH and tcp://HOST:PORT without TLS only; \
         use `--to archive:FILE` and then `docker load -i FILE`"
    )]
    UnsupportedHost {
        /// The value.
        host: String,
    },
    /// Nobody listens there, or not for this user.
    #[error(
        "cannot reach the Docker daemon at `{host}`; start it, set DOCKER_HOST to where it listens, or use \
         `--to archive:FILE` and load the file later with `docker load -i FILE`"
    )]
    Unreachable {
        /// Where the daemon should be.
        host: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The connection broke, or the answer was none.
    #[error("the connection to the Docker daemon at `{host}` broke; look into the daemon's log")]
    Interrupted {
        /// Where the daemon is.
        host: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The daemon said no.
    #[error("the Docker daemon did not load the image: {message}")]
    Refused {
        /// Its own words.
        message: String,
    },
}
