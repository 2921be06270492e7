//! The running Docker daemon: images into it and out of it, through its API.

mod http;
mod load;
mod save;

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

pub use load::load;
pub use save::{Saved, save};

use serde_json::Value;

use crate::image::ImageError;
use http::Answer;

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

    fn connect(&self) -> Result<Box<dyn Connection>, DockerError> {
        let unreachable = |source| DockerError::Unreachable { host: self.to_string(), source };
        self.open().map_err(unreachable)
    }

    fn open(&self) -> io::Result<Box<dyn Connection>> {
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

/// What the daemon says in an answer that is not the one that was hoped for.
fn words(answer: &Answer) -> String {
    let message = serde_json::from_slice(&answer.body).ok().and_then(|line| message(&line));
    message.unwrap_or_else(|| {
        let text: String = String::from_utf8_lossy(&answer.body).trim().chars().take(500).collect();
        format!("status {} {text}", answer.status)
    })
}

fn message(line: &Value) -> Option<String> {
    let detail = line.get("errorDetail").and_then(|detail| detail.get("message"));
    detail.or_else(|| line.get("error")).or_else(|| line.get("message"))?.as_str().map(String::from)
}

fn interrupted(host: &DockerHost) -> impl FnOnce(io::Error) -> DockerError + '_ {
    move |source| DockerError::Interrupted { host: host.to_string(), source }
}

/// A connection to the daemon.
trait Connection: Read + Write {}
impl<T: Read + Write> Connection for T {}

/// An image that did not get into a Docker daemon, or out of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DockerError {
    /// A `DOCKER_HOST` that only Docker's own client can use.
    #[error(
        "DOCKER_HOST is `{host}`, erlrel knows unix:///PATH and tcp://HOST:PORT without TLS only; \
         `docker load -i FILE` takes an archive, `docker save -o FILE` makes one"
    )]
    UnsupportedHost {
        /// The value.
        host: String,
    },
    /// Nobody listens there, or not for this user.
    #[error(
        "cannot reach the Docker daemon at `{host}`; start it, set DOCKER_HOST to where it listens, or use an archive: \
         `docker load -i FILE` takes one, `docker save -o FILE` makes one"
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
    /// A daemon from before Docker 23, which takes layers that are compressed with zstd for damaged ones.
    #[error(
        "the Docker daemon did not load the image: it is too old for layers that are compressed with zstd ({message})"
    )]
    TooOldForZstd {
        /// Its own words.
        message: String,
    },
    /// The daemon does not give the image.
    #[error(
        "the Docker daemon does not give the image `{name}`: {message}; `docker images` lists those that it has"
    )]
    NotGiven {
        /// The image's name.
        name: String,
        /// The daemon's own words.
        message: String,
    },
    /// The image could not be read, or what the daemon gave is none.
    #[error(transparent)]
    Image(#[from] ImageError),
}
