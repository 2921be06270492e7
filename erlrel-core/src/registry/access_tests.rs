//! Who gets which credentials, and when.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::fixture::{Heard, Reply, Server, identified_at, known_at, options, reply};
use super::*;
use crate::digest::Digest;
use crate::image::Blob;

/// `Basic` of `me:word`.
const ME: &str = "Basic bWU6d29yZA==";

fn bearer(realm: &str, scope: &str) -> Reply {
    reply(401).header(
        "www-authenticate",
        format!(r#"Bearer realm="{realm}",service="the registry",scope="{scope}""#),
    )
}

/// A registry that takes tokens, and the service that gives them: `token-1`, `token-2`, …, of which `good` says whether
/// the registry takes them.
fn with_tokens(good: impl Fn(&str) -> bool + Send + Sync + 'static) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |heard| {
        if heard.target.starts_with("/token") {
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            return reply(200).body(format!(r#"{{"access_token":"token-{number}"}}"#));
        }
        match heard.header("authorization").strip_prefix("Bearer ") {
            Some(token) if good(token) => reply(200),
            _ => bearer(&format!("http://{}/token", heard.header("host")), "repository:a/b:pull"),
        }
    })
}

fn has(server: &Server, options: RegistryOptions) -> String {
    told(server.repository(options).has_blob(Digest::of(b"")))
}

/// The value, or the error with its causes and its hint.
fn told<T: std::fmt::Debug>(result: Result<T, RegistryError>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => {
            let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            format!("{error}{source}\n{}", error.hint().unwrap_or_default())
        }
    }
}

#[test]
fn a_token_is_fetched_with_the_credentials_and_used_as_long_as_it_is_good() {
    let server = with_tokens(|token| token == "token-1");
    let repository = server.repository(known_at(&server.address.to_string()));
    for _ in 0..2 {
        assert!(repository.has_blob(Digest::of(b"")).expect("answered"));
    }
    let lines = server.lines().replace(&Digest::of(b"").hex(), "HEX");
    insta::assert_snapshot!(lines, @"
        HEAD /v2/a/b/blobs/sha256:HEX
        GET /token?service=the%20registry&scope=repository%3Aa%2Fb%3Apull
        HEAD /v2/a/b/blobs/sha256:HEX
        HEAD /v2/a/b/blobs/sha256:HEX
        ");
    let sent: Vec<String> = server.heard().iter().map(|heard| heard.header("authorization").into()).collect();
    assert_eq!(sent, ["", ME, "Bearer token-1", "Bearer token-1"]);
}

#[test]
fn a_token_that_is_over_is_replaced_once_a_request() {
    let uses = AtomicUsize::new(0);
    let server = with_tokens(move |token| token == "token-2" || uses.fetch_add(1, Ordering::SeqCst) == 0);
    let repository = server.repository(options());
    for _ in 0..2 {
        assert!(repository.has_blob(Digest::of(b"")).expect("answered"));
    }
    let never = with_tokens(|_| false);
    let error = has(&never, options());
    assert!(error.contains("401"), "{error}");
    assert_eq!(never.heard().len(), 3, "{}", never.lines());
}

#[test]
fn an_identity_token_is_exchanged_by_post_or_else_by_get() {
    for posts in [true, false] {
        let server = Server::start(move |heard| match heard.line().as_str() {
            "POST /token" if posts => reply(200).body(r#"{"access_token":"good"}"#),
            "POST /token" => reply(404),
            line if line.starts_with("GET /token?") => reply(200).body(r#"{"token":"good"}"#),
            _ if heard.header("authorization") == "Bearer good" => reply(200),
            _ => bearer(&format!("http://{}/token", heard.header("host")), "x"),
        });
        assert_eq!(has(&server, identified_at(&server.address.to_string())), "true");
        let heard = server.heard();
        let form = String::from_utf8(heard[1].body.clone()).expect("text");
        assert_eq!(
            form,
            "grant_type=refresh_token&client_id=erlrel&service=the%20registry&scope=repository%3Aa%2Fb%3Apull%20x&refresh_token=id%2Btoken"
        );
        assert_eq!(heard[1].header("authorization"), "");
        assert_eq!(heard.len(), if posts { 3 } else { 4 });
    }
}

#[test]
fn a_password_is_sent_to_who_asks_for_one_and_from_then_on() {
    let server = Server::start(|heard| match heard.header("authorization") {
        ME => reply(200),
        _ => reply(401).header("www-authenticate", r#"Basic realm="x""#),
    });
    let repository = server.repository(known_at(&server.address.to_string()));
    assert!(repository.has_blob(Digest::of(b"")).expect("answered"));
    assert!(repository.has_blob(Digest::of(b"")).expect("answered"));
    assert_eq!(server.heard().len(), 3);
    insta::assert_snapshot!(has(&server, options()).replace(&server.address.to_string(), "SERVER"), @"
        cannot ask SERVER/a/b for the blob sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855: the registry answered 401, unauthorized; it was asked without credentials
        log in, `docker login REGISTRY`, or see docs/registries.md for other ways; or the repository does not exist
        ");
}

#[test]
fn credentials_that_are_refused_are_named_by_where_they_come_from() {
    let server = Server::start(|_| {
        let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
        reply(401).header("www-authenticate", r#"Basic realm="x""#).body(body)
    });
    let repository = server.repository(known_at(&server.address.to_string()));
    let error = told(repository.manifest("1.0")).replace(&server.address.to_string(), "SERVER");
    insta::assert_snapshot!(error, @"
        cannot fetch the manifest 1.0 from SERVER/a/b: the registry answered 401, UNAUTHORIZED: authentication required; the credentials are those of `DOCKER_AUTH_CONFIG`
        ask for access to the repository, check its name, or log in again: `docker login REGISTRY`
        ");
    assert_eq!(server.heard().len(), 2);
}

#[test]
fn credentials_do_not_follow_a_redirect_to_another_host() {
    let storage =
        Server::start(|heard| reply(200).body(if heard.header("range").is_empty() { "hello" } else { "lo" }));
    let location = format!("http://{}/signed?key=1", storage.address);
    let server = Server::start(move |heard| match heard.header("authorization") {
        ME => reply(307).header("location", &location),
        _ => reply(401).header("www-authenticate", r#"Basic realm="x""#),
    });
    let repository = server.repository(known_at(&server.address.to_string()));
    let mut bytes = Vec::new();
    let mut reader = repository.open_blob(Digest::of(b"hello"), 5).expect("opened");
    std::io::Read::read_to_end(&mut reader, &mut bytes).expect("read");
    assert_eq!(bytes, b"hello");
    let heard = storage.heard();
    assert_eq!((heard.len(), heard[0].line().as_str()), (1, "GET /signed?key=1"));
    assert_eq!(heard[0].header("authorization"), "");
}

#[test]
fn another_host_that_asks_who_one_is_is_not_answered() {
    let storage = Server::start(|_| reply(401).header("www-authenticate", r#"Basic realm="x""#));
    let location = format!("http://{}/", storage.address);
    let server = Server::start(move |_| reply(307).header("location", &location));
    let repository = server.repository(known_at(&server.address.to_string()));
    let error = told(repository.manifest("1.0"));
    assert!(error.contains("401"), "{error}");
    assert_eq!(storage.heard().len(), 1);
    assert!(
        storage
            .heard()
            .iter()
            .chain(server.heard().iter())
            .all(|heard| heard.header("authorization").is_empty())
    );
}

#[test]
fn blobs_go_to_another_host_without_credentials() {
    let storage = Server::start(|heard| reply(if heard.method == "PUT" { 201 } else { 202 }));
    let location = format!("http://{}/upload?id=1", storage.address);
    let server = Server::start(move |heard| match (heard.header("authorization"), heard.method.as_str()) {
        (ME, "POST") => reply(202).header("location", &location),
        (ME, _) => reply(404),
        _ => reply(401).header("www-authenticate", r#"Basic realm="x""#),
    });
    let repository = server.repository(known_at(&server.address.to_string()));
    let pushed = repository.push_blob(&Blob::from_bytes(b"hello".to_vec()), None).expect("pushed");
    assert_eq!(pushed, Pushed::Uploaded);
    let lines = storage.lines().replace(&Digest::of(b"hello").hex(), "HEX");
    insta::assert_snapshot!(lines, @"
        PATCH /upload?id=1
        PUT /upload?id=1&digest=sha256%3AHEX
        ");
    assert!(storage.heard().iter().all(|heard: &Heard| heard.header("authorization").is_empty()));
}

#[test]
fn a_mirror_gets_its_own_credentials_and_the_registry_what_it_does_not_have() {
    let manifest = r#"{"layers":[]}"#;
    let mirror = Server::start(move |heard| match (heard.header("authorization"), heard.line().as_str()) {
        (ME, "GET /v2/hub/a/b/manifests/1.0") => reply(200).body(manifest),
        (ME, _) => reply(404),
        _ => reply(401).header("www-authenticate", r#"Basic realm="x""#),
    });
    let server = Server::start(move |_| reply(200).body(manifest));
    let mut options = known_at(&mirror.address.to_string());
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port");
    let mirrors = vec![format!("http://{gone}"), format!("http://{}/hub/", mirror.address)];
    options.mirrors = [(server.address.to_string(), mirrors)].into();
    options.plain_http.insert(server.address.to_string());
    let registry = Registry::new(options);
    let repository = server.named("a/b", &registry);
    for tag in ["1.0", "2.0"] {
        let found = repository.manifest(tag).expect("answered").expect("there");
        assert_eq!(found.bytes, manifest.as_bytes());
    }
    assert_eq!(server.lines(), "GET /v2/a/b/manifests/2.0");
    let warnings = registry.warnings();
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert!(
        warnings.len() == 1
            && warnings[0]
                .starts_with(&format!("the mirror http://{gone}/ is of no use: the connection failed")),
        "{warnings:?}"
    );
    assert_eq!(server.heard()[0].header("authorization"), "");
    insta::assert_snapshot!(mirror.lines(), @"
        GET /v2/hub/a/b/manifests/1.0
        GET /v2/hub/a/b/manifests/1.0
        GET /v2/hub/a/b/manifests/2.0
        ");
}

/// A registry that has what its mirrors have not.
fn behind(mirrors: &[&Server]) -> (Server, RemoteRepository, Registry) {
    let origin = Server::start(|heard| match heard.line().contains("manifests") {
        true => reply(200).body(r#"{"layers":[]}"#),
        false => reply(404),
    });
    let addresses = mirrors.iter().map(|mirror| format!("http://{}", mirror.address)).collect();
    let name = origin.address.to_string();
    let plain_http = [name.clone()].into();
    let options = RegistryOptions { mirrors: [(name, addresses)].into(), plain_http, ..options() };
    let registry = Registry::new(options);
    let repository = origin.named("a/b", &registry);
    (origin, repository, registry)
}

#[test]
fn a_mirror_is_asked_though_another_has_failed_in_two_ways() {
    let breaks = Server::start(|heard| match heard.line().contains("manifests") {
        true => reply(200).body("{}").cut(1),
        false => reply(200).body("hello").cut(2),
    });
    let good = Server::start(|heard| match heard.line().contains("manifests") {
        true => reply(404),
        false => reply(200).body("hello"),
    });
    let (_origin, repository, registry) = behind(&[&breaks, &good]);
    let mut reader = repository.open_blob(Digest::of(b"hello"), 5).expect("opened");
    repository.manifest("1.0").expect("answered").expect("there");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut reader, &mut text).expect("read");
    assert_eq!((text.as_str(), registry.warnings().len()), ("hello", 1));
}

#[test]
fn a_mirror_that_sends_something_else_is_asked_no_more() {
    let wrong = Server::start(|_| reply(200).body("hallo"));
    let (origin, repository, registry) = behind(&[&wrong]);
    let read = || {
        let mut reader = repository.open_blob(Digest::of(b"hello"), 5).map_err(std::io::Error::other)?;
        std::io::copy(&mut reader, &mut std::io::sink())
    };
    read().expect_err("another blob");
    read().expect_err("the registry has none");
    assert_eq!((wrong.heard().len(), origin.heard().len()), (1, 1));
    let warnings: Vec<String> = registry.warnings().iter().map(ToString::to_string).collect();
    assert!(warnings.len() == 1 && warnings[0].contains("has the digest"), "{warnings:?}");
}

#[test]
fn a_mirror_that_always_refuses_is_told() {
    let [refuses, empty] = [401, 404].map(|status| Server::start(move |_| reply(status)));
    let (_origin, repository, registry) = behind(&[&refuses, &empty]);
    repository.manifest("1.0").expect("answered").expect("there");
    let warnings: Vec<String> = registry.warnings().iter().map(ToString::to_string).collect();
    let told = format!("the mirror http://{}/ is of no use: the registry answered 401", refuses.address);
    assert!(warnings.len() == 1 && warnings[0].starts_with(&told), "{warnings:?}");
}

#[test]
fn a_mirror_that_is_no_address_is_an_error_without_its_password() {
    let server = Server::start(|_| reply(200));
    let mut options = options();
    options.mirrors = [(server.address.to_string(), vec!["https://me:word@mirror/".to_string()])].into();
    let error =
        told(server.repository(options).manifest("1.0")).replace(&server.address.to_string(), "SERVER");
    insta::assert_snapshot!(error, @"cannot fetch the manifest 1.0 from SERVER/a/b: the mirror `https://…@mirror/` is no address");
}

/// Options that lead to this server, which is a proxy.
fn by_proxy(proxy: &Server) -> RegistryOptions {
    let variable = ("http_proxy".to_string(), format!("http://me:word@{}", proxy.address));
    let plain_http = [String::from("r.example")].into();
    RegistryOptions { environment: [variable].into_iter().collect(), plain_http, ..options() }
}

fn far(options: RegistryOptions) -> RemoteRepository {
    let name = crate::image::Reference::parse("r.example/a/b").expect("a name");
    Registry::new(options).repository(&name.repository())
}

#[test]
fn a_proxy_leads_to_a_registry_and_alone_gets_its_password() {
    let proxy = Server::start(|_| reply(200));
    assert!(far(by_proxy(&proxy)).has_blob(Digest::of(b"")).expect("answered"));
    let heard = proxy.heard();
    assert_eq!((heard.len(), heard[0].line().as_str()), (2, "CONNECT r.example:80"));
    assert_eq!(heard.iter().map(|heard| heard.header("proxy-authorization")).collect::<Vec<_>>(), [ME, ""]);
}

#[test]
fn a_proxy_that_does_not_lead_there_is_told() {
    let proxy = Server::start(|_| reply(407));
    let error = told(far(by_proxy(&proxy)).has_blob(Digest::of(b"")));
    insta::assert_snapshot!(error, @"
        cannot ask r.example/a/b for the blob sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855: the proxy does not lead there: proxy server responded 407/407
        check the proxy in HTTPS_PROXY or HTTP_PROXY; NO_PROXY lists the hosts that are reached without it
        ");
    assert_eq!(proxy.heard().len(), 1);
    let busy = Server::start(|_| reply(503));
    told(far(by_proxy(&busy)).has_blob(Digest::of(b"")));
    assert_eq!(busy.heard().len(), 6);
    let mut options = options();
    options.environment =
        [("HTTPS_PROXY".to_string(), "socks5://me:word@p.example:1080".to_string())].into_iter().collect();
    insta::assert_snapshot!(told(far(options).manifest("1.0")), @"cannot fetch the manifest 1.0 from r.example/a/b: the environment variable `HTTPS_PROXY` names a SOCKS proxy, which is not supported; HTTP proxies are");
}

#[test]
fn credentials_that_nobody_asked_for_are_not_named() {
    let server = Server::start(|_| reply(403));
    let error = told(server.repository(known_at(&server.address.to_string())).manifest("1.0"));
    assert!(error.contains("asked without credentials"), "{error}");
}

fn exchange_at(root: &str) -> Exchange {
    Registry::new(options()).exchange(Url::parse(root).expect(root), "r.example", "a/b")
}

#[test]
fn a_registry_leads_to_no_place_where_it_has_no_business() {
    let exchange = exchange_at("https://r.example:5000/");
    let from = exchange.url("blobs/uploads/");
    let leads = |location: &str| match exchange.location(&from, location) {
        Ok(url) => url.to_string(),
        Err(failure) => failure.reason.to_string(),
    };
    let locations = [
        "/v2/a/b/blobs/uploads/1",
        "http://r.example/v2/a/b/blobs/uploads/1",
        "https://storage.example/x?sig=secret",
        "http://storage.example/x?sig=secret",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "https://8.8.8.8/x",
        "file:///etc/passwd",
        "not an address",
    ];
    insta::assert_snapshot!(locations.map(leads).join("\n"), @"
        https://r.example:5000/v2/a/b/blobs/uploads/1
        https://r.example:5000/v2/a/b/blobs/uploads/1
        https://storage.example/x
        the registry leads to another address, http://storage.example/x, and there is no TLS there
        the registry leads to another address, https://169.254.169.254/latest/meta-data, inside of a network
        the registry leads to another address, https://[::ffff:10.0.0.1]/, inside of a network
        https://8.8.8.8/x
        the registry leads to another address, which is none
        the registry leads to another address, which is none
        ");
    let inside = exchange_at("https://10.0.0.1/");
    inside.location(&inside.url("x"), "https://10.0.0.2/x").expect("a registry inside may lead inside");
}

/// What comes of a challenge that names this token service.
fn asked_for_token(exchange: &Exchange, realm: &str) -> Failure {
    let asked = auth::Asked {
        challenges: challenge::parse([format!(r#"Bearer realm="{realm}""#).as_str()]),
        registry: &exchange.root,
        scopes: &scope::Scopes::of("a/b", scope::Access::Pull),
        refused: None,
        answer: Answer { status: 401, message: None },
    };
    exchange.authorizer.answer(&exchange.inner.http, &exchange.inner.keychain, &asked).expect_err(realm)
}

#[test]
fn a_token_service_that_credentials_could_be_read_on_the_way_to_is_not_asked() {
    let exchange = exchange_at("https://r.example/");
    for realm in ["http://auth.example/token", "https://10.0.0.1/token", "auth.example/token"] {
        let failure = asked_for_token(&exchange, realm);
        assert!(failure.reason.to_string().contains("token service"), "{:?}", failure.reason);
    }
}

#[test]
fn a_token_service_at_the_registry_itself_may_see_the_client_certificate() {
    // One that cannot be read shows to whom it was to be shown. Nobody listens at these ports.
    let missing = || PathBuf::from("/nowhere/me.cert");
    let options = RegistryOptions { client_certificate: Some((missing(), missing())), ..options() };
    let root = Url::parse("https://127.0.0.1:1/").expect("an address");
    let exchange = Registry::new(options).exchange(root, "127.0.0.1:1", "a/b");
    for (realm, shown) in [("https://127.0.0.1:1/token", true), ("https://127.0.0.1:2/token", false)] {
        let failure = asked_for_token(&exchange, realm);
        assert_eq!(failure.reason.to_string().contains("me.cert"), shown, "{realm}: {:?}", failure.reason);
    }
}

#[test]
fn threads_share_one_token() {
    let server = Arc::new(with_tokens(|token| token == "token-1"));
    let repository = server.repository(options());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert!(repository.has_blob(Digest::of(b"")).expect("answered")));
        }
    });
    let asked = server.heard().iter().filter(|heard| heard.target.starts_with("/token")).count();
    assert_eq!(asked, 1);
}
