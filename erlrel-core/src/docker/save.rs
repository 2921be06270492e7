//! An image out of a running Docker daemon, through its API: `GET /images/NAME/get` streams an archive.

use std::fs::File;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::http::{Answer, Body, open_answer, read_answer, read_body};
use super::{Connection, DockerError, DockerHost, interrupted, words};
use crate::digest::Digest;
use crate::fs::{self, FsError};
use crate::image::{ImageError, Reference};

/// An image that came out of a daemon.
#[derive(Debug)]
pub struct Saved {
    /// The archive, in the form of `docker save`, in a file without a name.
    pub archive: File,
    /// The digest by which a registry knows the image, if it came from one or went to one.
    pub digest: Option<Digest>,
}

/// Takes the image `name` out of the daemon at `host`, into a file in `dir` that has no name and so vanishes with
/// its last use.
///
/// # Errors
/// When the daemon cannot be reached, does not have the image, or `dir` is full.
pub fn save(name: &str, host: &DockerHost, dir: &Path) -> Result<Saved, DockerError> {
    let description = ask(&format!("/images/{name}/json"), host)?;
    let description = read_answer(description).map_err(interrupted(host))?;
    if description.status != 200 {
        return Err(not_given(name, &description));
    }
    let (status, mut body) = open(&format!("/images/{name}/get"), host)?;
    if status != 200 {
        return Err(not_given(name, &read_body(status, body).map_err(interrupted(host))?));
    }
    let failed = |error| DockerError::Image(ImageError::from(error));
    let mut archive = fs::unnamed_file(dir).map_err(failed)?;
    copy(&mut body, &mut archive, host, dir)?;
    Ok(Saved { archive, digest: repo_digest(&description.body, name) })
}

fn open(path: &str, host: &DockerHost) -> Result<(u16, Body<Box<dyn Connection>>), DockerError> {
    open_answer(ask(path, host)?).map_err(interrupted(host))
}

/// Sends the request; the answer is to be read from the connection.
fn ask(path: &str, host: &DockerHost) -> Result<Box<dyn Connection>, DockerError> {
    let mut connection = host.connect()?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: erlrel\r\nConnection: close\r\n\r\n",
        host.authority()
    );
    connection.write_all(request.as_bytes()).map_err(interrupted(host))?;
    Ok(connection)
}

fn not_given(name: &str, answer: &Answer) -> DockerError {
    DockerError::NotGiven { name: name.into(), message: words(answer) }
}

/// Reading and writing fail for different reasons, and each is told as what it is.
fn copy(
    from: &mut impl io::Read,
    to: &mut impl io::Write,
    host: &DockerHost,
    dir: &Path,
) -> Result<(), DockerError> {
    let failed =
        |error| DockerError::Image(FsError::while_doing("write a temporary file in", dir)(error).into());
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = from.read(&mut buffer).map_err(interrupted(host))?;
        let Some(bytes) = buffer.get(..n).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        to.write_all(bytes).map_err(failed)?;
    }
}

/// `["debian@sha256:…"]`: the names that the image has in registries. The one in the repository that it was asked for by
/// counts; it may be the digest of an index.
fn repo_digest(description: &[u8], name: &str) -> Option<Digest> {
    let repository = Reference::parse(name).ok()?.repository();
    let of_name = |text: &str| {
        let (name, digest) = text.split_once('@')?;
        let is_it = Reference::parse(name).is_ok_and(|name| name.repository() == repository);
        if is_it { Digest::parse(digest) } else { None }
    };
    let description: Value = serde_json::from_slice(description).ok()?;
    let names = description.get("RepoDigests")?.as_array()?;
    names.iter().find_map(|name| of_name(name.as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixListener;

    /// A daemon that gives these answers, each on a connection of its own; the requests that it got.
    fn daemon(
        dir: &Path,
        answers: &'static [&'static str],
    ) -> (DockerHost, std::thread::JoinHandle<Vec<String>>) {
        let path = dir.join("docker.sock");
        let listener = UnixListener::bind(&path).expect("bound");
        let serve = move |answer: &&str| {
            let (mut stream, _) = listener.accept().expect("accepted");
            let mut buffer = [0; 4096];
            let n = stream.read(&mut buffer).expect("read");
            stream.write_all(answer.as_bytes()).expect("answered");
            String::from_utf8_lossy(&buffer[..n]).lines().next().unwrap_or_default().to_string()
        };
        (DockerHost::Unix(path), std::thread::spawn(move || answers.iter().map(serve).collect()))
    }

    fn outcome(answers: &'static [&'static str]) -> String {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (host, thread) = daemon(dir.path(), answers);
        let result = save("x:1", &host, dir.path());
        let requests = thread.join().expect("served").join(", ");
        let text = match result {
            Ok(Saved { archive, digest }) => {
                let size = archive.metadata().expect("a file").len();
                let digest = digest.map_or_else(|| "no digest".into(), |digest| digest.to_string());
                format!("{requests}: {size} bytes, {digest}")
            }
            Err(error) => error.to_string().replace(&dir.path().display().to_string(), "DIR"),
        };
        assert_eq!(std::fs::read_dir(dir.path()).expect("listed").count(), 1, "only the socket has a name");
        text
    }

    #[test]
    fn an_image_is_taken_out_with_the_digest_that_it_has_in_a_registry() {
        insta::assert_snapshot!(outcome(&[
            "HTTP/1.1 200 OK\r\n\r\n{\"RepoDigests\":[\"other/x@sha256:0000000000000000000000000000000000000000000000000000000000000000\",\"x@sha256:b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910\"]}",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        ]), @"GET /images/x:1/json HTTP/1.1, GET /images/x:1/get HTTP/1.1: 5 bytes, sha256:b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910");
        insta::assert_snapshot!(outcome(&["HTTP/1.1 200 OK\r\n\r\n{\"RepoDigests\":null}", "HTTP/1.1 200 OK\r\n\r\nabc"]), @"GET /images/x:1/json HTTP/1.1, GET /images/x:1/get HTTP/1.1: 3 bytes, no digest");
    }

    #[test]
    fn what_the_daemon_does_not_give_is_said_in_its_words() {
        insta::assert_snapshot!(outcome(&["HTTP/1.1 404 Not Found\r\nContent-Length: 32\r\n\r\n{\"message\":\"No such image: x:1\"}"]), @"the Docker daemon does not give the image `x:1`: No such image: x:1; `docker images` lists those that it has");
        insta::assert_snapshot!(outcome(&["HTTP/1.1 200 OK\r\n\r\n{}", "HTTP/1.1 500 Oh\r\n\r\n{\"message\":\"disk failed\"}"]), @"the Docker daemon does not give the image `x:1`: disk failed; `docker images` lists those that it has");
        insta::assert_snapshot!(outcome(&["HTTP/1.1 200 OK\r\n\r\n{}", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"]), @"the connection to the Docker daemon at `unix://DIR/docker.sock` broke; look into the daemon's log");
    }
}
