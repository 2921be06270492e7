//! Services answer from containers that may write nothing but `/tmp`, under any user.

use std::net::UdpSocket;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::container::{Container, LOCKED, run_to_end};
use crate::support::http::Answer;
use crate::support::{image, repository, run, tool};

#[test]
fn a_crash_names_the_file_and_the_line() {
    let source = repository().join("sample_apps/hello/src/hello_app.erl");
    let source = std::fs::read_to_string(source).expect("read");
    let line = source.lines().position(|line| line.contains("get_env(hello, port)")).expect("a line") + 1;
    let container = Container::serving(image::hello(), LOCKED);
    let crash = "application:unset_env(hello, port), \
                 try hello_app:start(normal, []) catch error:{badmatch, undefined}:Stack -> element(4, hd(Stack)) end.";
    let said = run(container.release(&[], "eval").arg(crash));
    assert_eq!(said, format!("[{{file, \"src/hello_app.erl\"}}, {{line, {line}}}]\n"));
}

#[test]
fn hello_answers_http() {
    let container = Container::serving(image::hello(), LOCKED);
    let answer = container.get("/");
    assert_eq!(answer.status, 200);
    assert!(answer.body.starts_with("Hello from hello@"), "{answer:?}");
    assert!(answer.body.ends_with(", release hello 0.1.0\n"), "{answer:?}");
    assert_eq!(container.get("/nowhere"), Answer { status: 404, body: "not found\n".into() });
}

#[test]
fn umbrella_registers_services_and_finds_them_by_http_and_dns() {
    let container = Container::serving(image::umbrella(), LOCKED);
    assert!(container.get("/").body.contains(" on beacon@127.0.0.1 knows 0 services in beacon.internal"));
    assert_eq!(container.send("PUT", "/services/web", r#"{"port": 80}"#).status, 201);
    let endpoint = r#"{"ip": "10.0.0.1", "ttl": "5m"}"#;
    assert_eq!(container.send("PUT", "/services/web/endpoints/a", endpoint).status, 201);
    let found: Value = serde_json::from_str(&container.get("/lookup/web?key=me").body).expect("JSON");
    assert_eq!((&found["ip"], &found["port"]), (&json!("10.0.0.1"), &json!(80)));
    assert_eq!(dns_address(container.dns_port(), "web.beacon.internal"), [10, 0, 0, 1]);
}

#[test]
fn umbrella_reads_the_files_of_its_applications() {
    let container = Container::serving(image::umbrella(), LOCKED);
    let migrations: Value = serde_json::from_str(&container.get("/migrations").body).expect("JSON");
    let names: Vec<_> = migrations.as_array().expect("a list").iter().map(|each| &each["name"]).collect();
    assert_eq!(names, ["services", "endpoints", "endpoint_weight"]);
    assert!(container.get("/metrics").body.contains("# HELP"));
}

#[test]
fn native_uses_its_nif_openssl_and_the_certificates_of_the_system() {
    let container = Container::serving(image::native(), LOCKED);
    let page = container.get("/");
    assert_eq!(page.status, 200, "{}", page.body);
    for part in NATIVE_PARTS {
        assert!(page.body.contains(part), "no `{part}` in:\n{}", page.body);
    }
    let certificates = page.body.lines().find_map(|line| line.strip_prefix("ca certificates: "));
    let count: u32 = certificates.and_then(|rest| rest.split(' ').next()?.parse().ok()).expect("a number");
    assert!(count > 50, "{}", page.body);
}

/// The FNV-1a and SHA-256 hashes of the fox that jumps over the dog, and what the handshake must come to.
const NATIVE_PARTS: [&str; 4] = [
    "nif: fnv1a f3f9b7f5e7e47110, entropy ",
    "crypto: sha256 d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592, OpenSSL ",
    "tls: tlsv1.3, ",
    ", certificate verified",
];

#[test]
fn native_answers_https() {
    let container = Container::serving(image::native(), LOCKED);
    let url = format!("https://localhost:{}/health", container.tls_port());
    assert_eq!(run(tool("curl", "curl").args(["--silent", "--show-error", "--insecure", &url])), "ok\n");
}

#[test]
fn ping_says_pong() {
    for image in image::all() {
        Container::serving(image, LOCKED).ping();
    }
}

#[test]
fn ping_without_a_node_fails() {
    let (stdout, _) = run_to_end(&image::hello().name, LOCKED, &["ping"], 1);
    assert_eq!(stdout, "Node is not running!\n");
}

#[test]
fn the_image_tells_its_version() {
    let (stdout, _) = run_to_end(&image::hello().name, LOCKED, &["version"], 0);
    assert_eq!(stdout, "hello 0.1.0\n");
}

#[test]
fn nothing_outside_tmp_changes() {
    for image in image::all() {
        let locked = Container::serving(image, LOCKED);
        locked.ping();
        assert_eq!(locked.changes_outside_tmp(), [""; 0], "{}", image.name);
    }
}

#[test]
fn nothing_outside_tmp_changes_where_the_root_could_be_written() {
    for (image, user) in image::all().iter().flat_map(|image| [(image, None), (image, Some("--user=0"))]) {
        let container = Container::serving(image, user.as_slice());
        container.ping();
        assert_eq!(container.changes_outside_tmp(), [""; 0], "{} {user:?}", image.name);
    }
}

/// Asks for the address of a name.
fn dns_address(port: u16, name: &str) -> [u8; 4] {
    let mut question = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        question.push(u8::try_from(label.len()).expect("short"));
        question.extend(label.bytes());
    }
    question.extend([0, 0, 1, 0, 1]);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("bound");
    socket.set_read_timeout(Some(Duration::from_secs(120))).expect("set");
    socket.send_to(&question, ("127.0.0.1", port)).expect("sent");
    let mut answer = [0; 512];
    let length = socket.recv(&mut answer).expect("an answer");
    *answer[..length].last_chunk().expect("an address at the end")
}
