//! Manifests and blobs on their way, and what may happen to them there.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::fixture::{Heard, Recorded, Reply, Server, options, reply};
use super::*;
use crate::digest::Digest;
use crate::image::{Blob, Reference};

/// A megabyte and a bit, no two pieces alike.
fn content() -> Vec<u8> {
    (0..1_500_000_u32).flat_map(|number| [(number % 251) as u8]).collect()
}

/// Reads a blob; the error has its cause.
fn fetch(server: &Server, digest: Digest, size: u64) -> Result<Vec<u8>, String> {
    let repository = server.repository(options());
    let mut bytes = Vec::new();
    let mut reader = repository.open_blob(digest, size).map_err(|error| chain(&error))?;
    reader.read_to_end(&mut bytes).map_err(|error| chain(error.get_ref().expect("a reason")))?;
    Ok(bytes)
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let rest = error.source().map(|source| format!(": {}", chain(source))).unwrap_or_default();
    format!("{error}{rest}")
}

fn hidden(text: String, server: &Server) -> String {
    text.replace(&server.address.to_string(), "SERVER")
}

/// The reply that a range asks for.
fn part(heard: &Heard, content: &[u8]) -> Reply {
    let first = heard.header("range").strip_prefix("bytes=").and_then(|range| range.strip_suffix('-'));
    match first.map(|first| first.parse().expect("a number")) {
        Some(first) => {
            let range = format!("bytes {first}-{}/{}", content.len() - 1, content.len());
            let rest: &[u8] = &content[first..];
            reply(206).header("content-range", range).body(rest)
        }
        None => reply(200).body(content),
    }
}

#[test]
fn a_blob_is_taken_up_again_where_its_connection_broke() {
    let bytes = content();
    let (digest, size, count) = (Digest::of(&bytes), bytes.len() as u64, AtomicUsize::new(0));
    let server = Server::start(move |heard| match count.fetch_add(1, Ordering::SeqCst) {
        0 => part(heard, &bytes).cut(700_000),
        1 => part(heard, &bytes).cut(0),
        2 => reply(503),
        _ => part(heard, &bytes),
    });
    assert_eq!(fetch(&server, digest, size).expect("fetched"), content());
    let ranges: Vec<String> = server.heard().iter().map(|heard| heard.header("range").into()).collect();
    assert_eq!((ranges.len(), ranges[0].as_str()), (4, ""));
    assert!(ranges[1].starts_with("bytes=") && ranges[1] == ranges[3], "{ranges:?}");
}

#[test]
fn a_registry_that_knows_no_ranges_begins_again() {
    let bytes = content();
    let (digest, size, count) = (Digest::of(&bytes), bytes.len() as u64, AtomicUsize::new(0));
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => reply(200).body(bytes.as_slice()).cut(1_400_000),
        _ => reply(200).body(bytes.as_slice()),
    });
    assert_eq!(fetch(&server, digest, size).expect("fetched"), content());
}

#[test]
fn a_blob_that_never_comes_whole_is_given_up() {
    let server = Server::start(|heard| part(heard, &[7; 40]).cut(1));
    let error = fetch(&server, Digest::of(&[7; 40]), 40).expect_err("cut");
    insta::assert_snapshot!(hidden(error, &server), @"cannot fetch the blob sha256:03691d150c12d51ad46e6372cfe65a531eafa8211bb7b3c54e21cd6df46e5599 from SERVER/a/b: the connection failed: Peer disconnected");
    assert_eq!(server.heard().len(), 6, "{}", server.lines());
}

#[test]
fn a_host_that_does_not_want_to_wait_is_heard_in_the_middle_of_a_blob() {
    let server = Server::start(|heard| part(heard, &[7; 40]).cut(1));
    let clock = Arc::new(Recorded { stopped: true, ..Recorded::default() });
    let repository = server.repository(RegistryOptions { clock: clock.clone(), ..options() });
    let mut reader = repository.open_blob(Digest::of(&[7; 40]), 40).expect("opened");
    let error = std::io::copy(&mut reader, &mut std::io::sink()).expect_err("stopped");
    assert!(chain(error.get_ref().expect("a reason")).ends_with("it was asked to stop"), "{error:?}");
    assert_eq!((clock.waits().len(), server.heard().len()), (1, 1));
}

#[test]
fn what_is_not_the_blob_is_told_with_both_digests() {
    let wrong = Server::start(|_| reply(200).body("hallo"));
    let long = Server::start(|_| reply(200).body("hello!"));
    let other = Server::start(|_| reply(206).body("hello"));
    let none = Server::start(|_| reply(404));
    let errors = [wrong, long, other, none].map(|server| {
        let error = fetch(&server, Digest::of(b"hello"), 5).expect_err("not the blob");
        assert_eq!(server.heard().len(), 1);
        hidden(error, &server)
    });
    insta::assert_snapshot!(errors.join("\n"), @"
        cannot fetch the blob sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 from SERVER/a/b: what the registry sent has the digest sha256:d3751d33f9cd5049c4af2b462735457e4d3baf130bcbb87f389e349fbaeb20b9, it should be sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
        cannot fetch the blob sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 from SERVER/a/b: the registry has 6 bytes of it, there should be 5
        cannot fetch the blob sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 from SERVER/a/b: the registry sent another part of the blob than the one asked for
        cannot fetch the blob sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 from SERVER/a/b: the registry answered 404, not found
        ");
}

#[test]
fn a_manifest_is_what_was_asked_for_byte_for_byte() {
    let body = "{ \"layers\" : [] }\n";
    let server = Server::start(move |heard| match heard.target.rsplit('/').next() {
        Some("wrong") => reply(200).body(body).header("docker-content-digest", Digest::of(b"").to_string()),
        Some("none") => reply(404).body(r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#),
        Some("cut") => reply(200).body(body).cut(5),
        _ => reply(200).body(body).header("content-type", "text/plain; charset=utf-8"),
    });
    let repository = server.repository(options());
    let digest = Digest::of(body.as_bytes());
    let found = repository.manifest(&digest.to_string()).expect("answered").expect("there");
    assert_eq!((found.digest, found.bytes.as_slice()), (digest, body.as_bytes()));
    assert_eq!(repository.manifest("none").expect("answered"), None);
    let other = Digest::of(b"another").to_string();
    let errors = ["wrong", "cut", &other, "../x"]
        .map(|reference| chain(&repository.manifest(reference).expect_err(reference)));
    insta::assert_snapshot!(hidden(errors.join("\n"), &server), @"
        cannot fetch the manifest wrong from SERVER/a/b: what the registry sent has the digest sha256:cbbd12aa0445b001d4f35636e7be72ed2eac4a9d90bdad62f98bb77bae0627da, it should be sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        cannot fetch the manifest cut from SERVER/a/b: the connection failed: Peer disconnected
        cannot fetch the manifest sha256:ae448ac86c4e8e4dec645729708ef41873ae79c6dff84eff73360989487f08e5 from SERVER/a/b: what the registry sent has the digest sha256:cbbd12aa0445b001d4f35636e7be72ed2eac4a9d90bdad62f98bb77bae0627da, it should be sha256:ae448ac86c4e8e4dec645729708ef41873ae79c6dff84eff73360989487f08e5
        cannot fetch the manifest ../x from SERVER/a/b: it is neither a tag nor a digest
        ");
    let accept = server.heard()[0].header("accept").to_string();
    assert_eq!(accept.split(", ").count(), 4, "{accept}");
    assert!(!server.lines().contains("/x"), "{}", server.lines());
}

/// A registry that takes one blob, in the way that `answer` changes.
fn registry(answer: impl Fn(&Heard) -> Option<Reply> + Send + Sync + 'static) -> Server {
    let stored = std::sync::Mutex::new((Vec::new(), false));
    Server::start(move |heard| {
        let mut stored = stored.lock().expect("no panic");
        let reply = answer(heard);
        match heard.method.as_str() {
            "PATCH" if reply.as_ref().is_none_or(Reply::is_success) => stored.0.clone_from(&heard.body),
            "PUT" if reply.is_none() => {
                let digest = Digest::of(&stored.0).to_string().replace(':', "%3A");
                stored.1 = heard.target.contains(&digest);
                return if stored.1 { fixture::reply(201) } else { fixture::reply(400) };
            }
            _ => {}
        }
        reply.unwrap_or_else(|| match heard.method.as_str() {
            "HEAD" => fixture::reply(if stored.1 { 200 } else { 404 }),
            "POST" => fixture::reply(202).header("location", "/v2/a/b/blobs/uploads/1?_state=x%3D"),
            "PATCH" => fixture::reply(202).header("location", "2?_state=y"),
            _ => fixture::reply(404),
        })
    })
}

fn push(server: &Server) -> Result<Pushed, String> {
    let blob = Blob::from_bytes(b"hello".to_vec());
    let from = Reference::parse(&format!("{}/c", server.address)).expect("a name").repository();
    let repository = server.repository(options());
    let result = repository.push_blob(&blob, Some(&from)).map_err(|error| hidden(chain(&error), server));
    if result == Ok(Pushed::Uploaded) {
        assert_eq!(repository.push_blob(&blob, None).expect("asked"), Pushed::Existing);
    }
    result
}

fn lines(server: &Server) -> String {
    server.lines().replace(&Digest::of(b"hello").hex(), "HEX")
}

#[test]
fn a_blob_is_sent_in_the_order_that_every_registry_takes() {
    let server = registry(|_| None);
    assert_eq!(push(&server), Ok(Pushed::Uploaded));
    insta::assert_snapshot!(lines(&server), @"
        HEAD /v2/a/b/blobs/sha256:HEX
        POST /v2/a/b/blobs/uploads/?mount=sha256%3AHEX&from=c
        PATCH /v2/a/b/blobs/uploads/1?_state=x%3D
        PUT /v2/a/b/blobs/uploads/2?_state=y&digest=sha256%3AHEX
        HEAD /v2/a/b/blobs/sha256:HEX
        ");
    let heard = server.heard();
    let patch = heard.iter().find(|heard| heard.method == "PATCH").expect("a PATCH");
    assert_eq!((patch.header("content-range"), patch.header("content-length")), ("", "5"));
}

#[test]
fn a_blob_of_another_repository_is_mounted() {
    let server = registry(|heard| heard.target.contains("mount=").then(|| reply(201)));
    assert_eq!(push(&server), Ok(Pushed::Mounted));
    let other = Reference::parse("other.example/c").expect("a name").repository();
    let repository = server.repository(options());
    assert!(
        !repository
            .push_blob(&Blob::from_bytes(b"x".to_vec()), Some(&other))
            .is_ok_and(|how| how == Pushed::Mounted)
    );
}

#[test]
fn what_a_registry_does_not_know_is_done_without() {
    let mount = |status: u16| registry(move |heard| heard.target.contains("mount=").then(|| reply(status)));
    for status in [400, 401, 403, 404, 405, 500] {
        assert_eq!(push(&mount(status)), Ok(Pushed::Uploaded), "{status}");
    }
    let first = AtomicUsize::new(0);
    let no_head = registry(move |heard| {
        (heard.method == "HEAD" && first.fetch_add(1, Ordering::SeqCst) == 0).then(|| reply(405))
    });
    assert_eq!(push(&no_head), Ok(Pushed::Uploaded));
    for status in [200, 201, 204] {
        let patch = registry(move |heard| (heard.method == "PATCH").then(|| reply(status)));
        assert_eq!(push(&patch), Ok(Pushed::Uploaded), "{status}");
    }
}

#[test]
fn an_interrupted_push_begins_again_after_a_look_at_what_is_there() {
    let count = AtomicUsize::new(0);
    let server = registry(move |heard| match heard.method.as_str() {
        "PATCH" => match count.fetch_add(1, Ordering::SeqCst) {
            0 => Some(reply(404).body(r#"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}"#)),
            1 => Some(reply(503)),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(push(&server), Ok(Pushed::Uploaded));
    insta::assert_snapshot!(lines(&server), @"
        HEAD /v2/a/b/blobs/sha256:HEX
        POST /v2/a/b/blobs/uploads/?mount=sha256%3AHEX&from=c
        PATCH /v2/a/b/blobs/uploads/1?_state=x%3D
        HEAD /v2/a/b/blobs/sha256:HEX
        POST /v2/a/b/blobs/uploads/
        PATCH /v2/a/b/blobs/uploads/1?_state=x%3D
        HEAD /v2/a/b/blobs/sha256:HEX
        POST /v2/a/b/blobs/uploads/
        PATCH /v2/a/b/blobs/uploads/1?_state=x%3D
        PUT /v2/a/b/blobs/uploads/2?_state=y&digest=sha256%3AHEX
        HEAD /v2/a/b/blobs/sha256:HEX
        ");
    let expected: Vec<String> = server
        .heard()
        .iter()
        .filter(|heard| heard.method == "PATCH")
        .map(|heard| heard.header("expect").into())
        .collect();
    assert_eq!(expected, ["", "100-continue", ""]);
}

#[test]
fn a_registry_that_refuses_is_quoted() {
    let refusing = |status: u16, body: &'static str| {
        let server = registry(move |heard| {
            let begins = heard.method == "POST" && !heard.target.contains("mount=");
            let mounts = heard.method == "POST" && heard.target.contains("mount=");
            begins.then(|| reply(status).body(body)).or_else(|| mounts.then(|| reply(405)))
        });
        push(&server).expect_err("refused")
    };
    insta::assert_snapshot!([
        refusing(403, r#"{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}"#),
        refusing(404, r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no such project"}]}"#),
        refusing(502, "<html>bad gateway</html>"),
        refusing(202, ""),
        refusing(201, ""),
    ].join("\n"), @"
        cannot push the blob sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 to SERVER/a/b: the registry answered 403, DENIED: requested access to the resource is denied; it was asked without credentials
        cannot push the blob sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 to SERVER/a/b: the registry answered 404, NAME_UNKNOWN: no such project
        cannot push the blob sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 to SERVER/a/b: the registry answered 502, bad gateway
        cannot push the blob sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 to SERVER/a/b: the registry does not say where to send a blob
        cannot push the blob sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 to SERVER/a/b: the registry says that it has the blob, and does not have it
        ");
}

#[test]
fn a_busy_registry_is_asked_again_when_it_says() {
    let clock = Arc::new(Recorded { now: 784_111_777, ..Recorded::default() });
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => reply(429).header("retry-after", "7"),
        1 => reply(503).header("retry-after", "Sun, 06 Nov 1994 08:49:57 GMT"),
        2 => reply(500),
        _ => reply(201),
    });
    let repository = server.repository(RegistryOptions { clock: clock.clone(), ..options() });
    repository.push_manifest("1.0", "application/vnd.oci.image.manifest.v1+json", b"{}").expect("pushed");
    assert_eq!(clock.waits(), [7_000, 20_000, 2_000].map(Duration::from_millis));
    let heard = server.heard();
    assert_eq!(heard[3].header("content-type"), "application/vnd.oci.image.manifest.v1+json");
    assert_eq!((heard.len(), heard[3].body.as_slice()), (4, b"{}".as_slice()));
}

#[test]
fn a_manifest_whose_blobs_are_only_just_there_is_pushed_again() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => reply(400).body(r#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown"}]}"#),
        _ => reply(201),
    });
    let repository = server.repository(options());
    repository.push_manifest("1.0", "application/vnd.oci.image.manifest.v1+json", b"{}").expect("pushed");
    assert_eq!(server.heard().len(), 2);
}

#[test]
fn a_registry_of_this_machine_is_spoken_to_without_tls_if_it_has_none() {
    let server = registry(|_| None);
    let repository = server.named("a/b", &Registry::new(options()));
    assert!(!repository.has_blob(Digest::of(b"")).expect("answered"));
    assert_eq!(server.heard().len(), 1);
}

#[test]
fn a_registry_of_this_machine_that_is_not_up_yet_is_asked_by_tls_again() {
    let bind = |address: &str| std::net::TcpListener::bind(address).expect("a port");
    let address = bind("127.0.0.1:0").local_addr().expect("an address").to_string();
    let registry =
        Registry::new(RegistryOptions { retries: Retries { count: 0, ..Retries::default() }, ..options() });
    let name = Reference::parse(&format!("{address}/a/b")).expect("a name").repository();
    let repository = registry.repository(&name);
    let ask = || chain(&repository.manifest("1.0").expect_err("no registry"));
    assert!(ask().contains("refused"));
    let listener = bind(&address);
    let first = std::thread::spawn(move || {
        let mut first = [0];
        listener.accept().and_then(|(mut stream, _)| stream.read_exact(&mut first)).map(|()| first[0])
    });
    ask();
    // How TLS begins (RFC 8446, 5.1).
    assert_eq!(first.join().expect("no panic").expect("asked"), 22);
}

#[test]
fn what_is_sent_is_counted() {
    let server = registry(|_| None);
    let registry = Registry::new(options());
    let repository = server.named("a/b", &registry);
    repository.push_blob(&Blob::from_bytes(b"hello".to_vec()), None).expect("pushed");
    assert_eq!(registry.sent(), 5);
}

#[test]
fn a_blob_that_is_not_what_it_says_is_not_stored() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("blob");
    std::fs::write(&path, "hallo").expect("written");
    let server = registry(|_| None);
    let blob = Blob::in_named_file(path, 0, Digest::of(b"hello"), 5);
    let error = server.repository(options()).push_blob(&blob, None).expect_err("damaged");
    assert!(chain(&error).contains("what is to be sent cannot be read"), "{}", chain(&error));
    assert!(!server.lines().contains("PUT"), "{}", server.lines());
}
