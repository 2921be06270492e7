//! An image into a running Docker daemon, through its API: the archive is streamed to `POST /images/load`.

use std::io::BufWriter;
use std::path::PathBuf;

use serde_json::Value;

use super::http::{Answer, ChunkedWriter, read_answer};
use super::{Connection, DockerError, DockerHost, interrupted, message, words};
use crate::image::{Compression, Image, ImageError, Reference, archive};

/// Loads an image into the daemon at `host` under each of `names`; says how many bytes were sent.
///
/// # Errors
/// When the image cannot be read, or the daemon cannot be reached or does not take it.
pub fn load(image: &Image, names: &[Reference], host: &DockerHost) -> Result<u64, DockerError> {
    send_and_ask(image, names, host).map_err(|error| explained(error, image))
}

/// What Go's reader of tar files says of anything else.
const NO_TAR: &str = "invalid tar header";

/// A daemon that does not know zstd looks for a tar file in it.
fn explained(error: DockerError, image: &Image) -> DockerError {
    let has_zstd = || image.layers().iter().any(|layer| layer.media_type() == Compression::ZSTD_LAYER);
    match error {
        DockerError::Refused { message } if message.contains(NO_TAR) && has_zstd() => {
            DockerError::TooOldForZstd { message }
        }
        other => other,
    }
}

fn send_and_ask(image: &Image, names: &[Reference], host: &DockerHost) -> Result<u64, DockerError> {
    let mut connection = host.connect()?;
    match send(image, names, host, &mut connection) {
        Ok(bytes) => {
            let answer = read_answer(&mut connection).map_err(interrupted(host))?;
            accepted(&answer)?;
            Ok(bytes)
        }
        Err(error @ DockerError::Image(_)) => Err(error),
        // A daemon that refuses says why and closes; its reason is worth more than the broken connection.
        Err(error) => {
            read_answer(&mut connection).ok().map_or(Ok(()), |answer| accepted(&answer))?;
            Err(error)
        }
    }
}

fn send(
    image: &Image,
    names: &[Reference],
    host: &DockerHost,
    connection: &mut dyn Connection,
) -> Result<u64, DockerError> {
    let head = format!(
        "POST /images/load?quiet=1 HTTP/1.1\r\nHost: {}\r\nUser-Agent: erlrel\r\nConnection: close\r\n\
         Content-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n",
        host.authority()
    );
    connection.write_all(head.as_bytes()).map_err(interrupted(host))?;
    let mut body = BufWriter::with_capacity(1 << 16, ChunkedWriter::new(connection));
    let place = PathBuf::from(host.to_string());
    archive::write(image, names, &mut body, &place).map_err(|error| match error {
        ImageError::Fs(error) if error.path == place => interrupted(host)(error.source),
        other => other.into(),
    })?;
    let body = body.into_inner().map_err(|error| interrupted(host)(error.into_error()))?;
    body.finish().map_err(interrupted(host))
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
    Err(DockerError::Refused { message: words(answer) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::image::fixture::{RawLayout, image, options, tree};
    use crate::image::store::blob_name;
    use crate::image::{BaseImage, build, validate};
    use crate::platform::Platform;
    use std::io::{Read, Write};
    use std::net::Shutdown;
    use std::os::unix::net::UnixListener;
    use std::path::Path;

    /// A daemon for one request on a socket in `dir`; it reads to the last chunk and gives `answer`.
    fn daemon(dir: &Path, answer: &'static str) -> (DockerHost, std::thread::JoinHandle<Vec<u8>>) {
        let path = dir.join("docker.sock");
        let listener = UnixListener::bind(&path).expect("bound");
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("accepted");
            let mut request = Vec::new();
            let mut buffer = [0; 65536];
            while !request.ends_with(b"\r\n0\r\n\r\n") {
                let n = stream.read(&mut buffer).expect("read");
                if n == 0 {
                    break;
                }
                request.extend_from_slice(&buffer[..n]);
            }
            stream.write_all(answer.as_bytes()).expect("answered");
            request
        });
        (DockerHost::Unix(path), thread)
    }

    fn names(texts: &[&str]) -> Vec<Reference> {
        texts.iter().map(|text| Reference::parse(text).expect("a name")).collect()
    }

    /// An image that no socket's buffer holds.
    fn large_image() -> (Image, RawLayout) {
        let layout = RawLayout::new();
        let layer = layout.blob("application/vnd.oci.image.layer.v1.tar", &vec![0; 4 << 20]);
        let id = layer["digest"].as_str().expect("a digest").to_string();
        layout.index(&[layout.manifest(&[(layer, id)])]);
        let base = BaseImage::open(layout.path(), None, &Platform::linux("amd64")).expect("opened");
        (build(Some(&base), &[], &options()).expect("built"), layout)
    }

    /// What the caller is told when the daemon answers this.
    fn outcome(answer: &'static str) -> String {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (host, thread) = daemon(dir.path(), answer);
        let result = load(&image(), &names(&["app:1.0"]), &host);
        thread.join().expect("served");
        let text = result.map_or_else(|error| error.to_string(), |_| "loaded".into());
        text.replace(&dir.path().display().to_string(), "DIR")
    }

    #[test]
    fn values_of_docker_host() {
        let parse = |text| DockerHost::parse(text).map(|host| host.to_string());
        for (text, host) in [
            ("", "unix:///var/run/docker.sock"),
            ("unix:///run/user/1000/docker.sock", "unix:///run/user/1000/docker.sock"),
            ("tcp://127.0.0.1:2376", "tcp://127.0.0.1:2376"),
            ("tcp://build.local", "tcp://build.local:2375"),
            ("tcp://[::1]:2375/", "tcp://[::1]:2375"),
        ] {
            assert_eq!(parse(text).ok().as_deref(), Some(host));
        }
        for text in
            ["ssh://me@host", "npipe:////./pipe/docker", "/var/run/docker.sock", "tcp://", "tcp://a\r\nb:1"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        insta::assert_snapshot!(parse("ssh://me@host").expect_err("no ssh"), @"DOCKER_HOST is `ssh://me@host`, erlrel knows unix:///PATH and tcp://HOST:PORT without TLS only; `docker load -i FILE` takes an archive, `docker save -o FILE` makes one");
    }

    #[test]
    fn the_daemon_gets_the_archive_in_chunks() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (host, thread) = daemon(dir.path(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        let sent = load(&image(), &names(&["app:1.0"]), &host).expect("loaded");
        let request = thread.join().expect("served");
        let end = request.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
        insta::assert_snapshot!(String::from_utf8_lossy(&request[..end]).replace('\r', "").trim_end(), @r"
        POST /images/load?quiet=1 HTTP/1.1
        Host: docker
        User-Agent: erlrel
        Connection: close
        Content-Type: application/x-tar
        Transfer-Encoding: chunked
        ");
        let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        answer.extend_from_slice(&request[end..]);
        let archive = read_answer(answer.as_slice()).expect("chunks").body;
        assert_eq!(sent, archive.len() as u64);
        let file = dir.path().join("a.tar");
        std::fs::write(&file, &archive).expect("written");
        assert_eq!(validate::check(&file).expect("checked"), []);
    }

    #[test]
    fn the_daemons_words_are_passed_on() {
        let ok = "HTTP/1.1 200 OK\r\n\r\n{\"stream\":\"Loaded image: app:1.0\\n\"}\n";
        assert_eq!(outcome(ok), "loaded");
        let hidden = "HTTP/1.1 200 OK\r\n\r\n{\"stream\":\"x\"}\n\
            {\"errorDetail\":{\"message\":\"invalid diffID\"},\"error\":\"invalid diffID\"}\n";
        insta::assert_snapshot!(outcome(hidden), @"the Docker daemon did not load the image: invalid diffID");
        let refused = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 33\r\n\r\n\
            {\"message\":\"no space left on it\"}";
        insta::assert_snapshot!(outcome(refused), @"the Docker daemon did not load the image: no space left on it");
        insta::assert_snapshot!(outcome("HTTP/1.1 400 Bad Request\r\n\r\nClient sent HTTP to HTTPS"), @"the Docker daemon did not load the image: status 400 Client sent HTTP to HTTPS");
        insta::assert_snapshot!(outcome("HTTP/1.1 200"), @"the connection to the Docker daemon at `unix://DIR/docker.sock` broke; look into the daemon's log");
    }

    #[test]
    fn a_daemon_that_refuses_before_it_has_read_all_is_heard() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("docker.sock");
        let listener = UnixListener::bind(&path).expect("bound");
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("accepted");
            let answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 20\r\n\r\n{\"message\":\"not me\"}";
            stream.write_all(answer).expect("answered");
            stream.shutdown(Shutdown::Both).expect("closed");
        });
        let (image, _layout) = large_image();
        let error = load(&image, &[], &DockerHost::Unix(path)).expect_err("refused");
        thread.join().expect("served");
        insta::assert_snapshot!(error, @"the Docker daemon did not load the image: not me");
    }

    #[test]
    fn a_daemon_that_is_not_there_is_named_with_its_socket() {
        let host = DockerHost::Unix("/no/such/docker.sock".into());
        let error = load(&image(), &[], &host).expect_err("nobody listens");
        insta::assert_snapshot!(error, @"cannot reach the Docker daemon at `unix:///no/such/docker.sock`; start it, set DOCKER_HOST to where it listens, or use an archive: `docker load -i FILE` takes one, `docker save -o FILE` makes one");
        let source = std::error::Error::source(&error).expect("a cause").to_string();
        assert_eq!(source, "No such file or directory (os error 2)");
    }

    #[test]
    fn a_damaged_layer_is_reported_and_not_loaded() {
        let layout = RawLayout::new();
        layout.index(&[layout.manifest(&[layout.layer(&tree())])]);
        let base = BaseImage::open(layout.path(), None, &Platform::linux("amd64")).expect("opened");
        let image = build(Some(&base), &[], &options()).expect("built");
        let digest: Digest = base.layers()[0].digest();
        std::fs::write(layout.path().join(blob_name(digest)), vec![0; base.layers()[0].size() as usize])
            .expect("written");
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (host, thread) = daemon(dir.path(), "");
        let error = load(&image, &[], &host).expect_err("damaged");
        let request = thread.join().expect("served");
        assert!(matches!(error, DockerError::Image(_)), "{error}");
        assert!(!request.ends_with(b"0\r\n\r\n"), "the daemon must not take half an archive for a whole one");
    }
}
