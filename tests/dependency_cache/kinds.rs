//! Dependencies of every kind: Hex packages, those of a profile alone, plugins, and one in a part of a repository.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::support::rebar3::Tiny;
use crate::support::{repository, run, tool};

/// A repository of Hex packages, which has `pad` 1.2.0, until it is dropped.
struct HexRepository {
    port: u16,
    public_key: String,
    stopped: Arc<AtomicBool>,
    server: Option<JoinHandle<()>>,
}

impl HexRepository {
    fn new(dir: PathBuf) -> Self {
        let rebar3 = tool("rebar3", "rebar3");
        let script = repository().join("tests/dependency_cache/hex_repository.escript");
        run(tool("escript", "erlang-base").arg(script).arg(rebar3.get_program()).arg(&dir));
        let public_key = std::fs::read_to_string(dir.join("public_key")).expect("read");
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = stopped.clone();
        let serve = move || {
            for stream in listener.incoming().take_while(|_| !stop.load(Ordering::SeqCst)) {
                let _ = stream.and_then(|stream| answer(stream, &dir));
            }
        };
        Self { port, public_key, stopped, server: Some(std::thread::spawn(serve)) }
    }

    /// The line of rebar.config that names it.
    fn config(&self) -> String {
        let Self { port, public_key, .. } = self;
        format!(
            "{{hex, [{{repos, [#{{name => <<\"tests\">>, repo_url => <<\"http://127.0.0.1:{port}\">>,
              repo_public_key => <<\"{public_key}\">>, repo_verify_origin => false}}]}}]}}.\n"
        )
    }
}

impl Drop for HexRepository {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        self.server.take().map(JoinHandle::join);
    }
}

fn answer(mut stream: TcpStream, dir: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let (status, body) = match std::fs::read(dir.join(path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\netag: \"1\"\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}

/// A project without `_build`, and a home in which nothing is left of the last machine's.
fn next_machine(tiny: &Tiny) {
    for old in [tiny.dir().join("_build"), tiny.beside("home")] {
        std::fs::remove_dir_all(old).expect("removed");
    }
}

fn builds_without_work_on(tiny: &Tiny, names: &[&str], cache: &str) {
    next_machine(tiny);
    let output = tiny.erlrel(&format!("tar --cache-from {cache}")).output().expect("erlrel starts");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    assert!(log.contains("Compiling tiny"), "{log}");
    for name in names {
        assert!(!log.contains(&format!("Compiling {name}")), "{name}: {log}");
    }
    assert!(!log.contains("Fetching") && !log.contains("Failed to update"), "{log}");
}

#[test]
fn a_hex_package_is_not_asked_for_again() {
    let tiny = Tiny::new("");
    let hex = HexRepository::new(tiny.beside("hex"));
    tiny.write(
        "rebar.config",
        &format!(
            "{{deps, [{{pad, \"~> 1.2\"}}]}}.\n{}
             {{relx, [{{release, {{tiny, \"1\"}}, [tiny, pad]}}, {{mode, prod}}]}}.",
            hex.config()
        ),
    );
    run(&mut tiny.rebar3("lock"));
    next_machine(&tiny);
    let cache = format!("oci:{}", tiny.beside("cache").display());
    run(&mut tiny.erlrel(&format!("tar --quiet --cache-to {cache}")));
    drop(hex);
    builds_without_work_on(&tiny, &["pad"], &cache);
    // rebar3 has kept the index, and the digest in the lock still counts.
    let lock = std::fs::read_to_string(tiny.dir().join("rebar.lock")).expect("read");
    assert!(lock.contains("pkg_hash_ext"), "{lock}");
    run(&mut tiny.rebar3("as prod compile"));
}

#[test]
fn what_a_profile_alone_needs_and_plugins_travel_too() {
    let tiny = Tiny::new("");
    let (extra, plain) = (tiny.repository("extra", "1.0"), tiny.repository("plain", "1.0"));
    let plugin = tiny.repository("plug", "1.0");
    let source = tiny.beside("plug/src/plug.erl");
    std::fs::write(&source, "-module(plug).\n-export([init/1]).\ninit(State) -> {ok, State}.\n")
        .expect("written");
    let commit = ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--all", "--message=t"];
    run(tool("git", "git").arg("-C").arg(tiny.beside("plug")).args(commit));
    tiny.write(
        "rebar.config",
        &format!(
            "{{deps, [{{plain, {plain}}}]}}. {{plugins, [{{plug, {plugin}}}]}}.
             {{relx, [{{release, {{tiny, \"1\"}}, [tiny, plain, extra]}}, {{mode, prod}}]}}.
             {{profiles, [{{prod, [{{deps, [{{extra, {extra}}}]}}]}}]}}."
        ),
    );
    run(&mut tiny.rebar3("lock"));
    next_machine(&tiny);
    let cache = format!("oci:{}", tiny.beside("cache").display());
    run(&mut tiny.erlrel(&format!("tar --quiet --cache-to {cache}")));
    for name in ["extra", "plain", "plug"] {
        std::fs::remove_dir_all(tiny.beside(name)).expect("removed");
    }
    builds_without_work_on(&tiny, &["extra", "plain", "plug"], &cache);
    assert!(tiny.dir().join("_build/prod/lib/extra/ebin/extra.beam").is_file());
    assert!(tiny.dir().join("_build/default/plugins/plug/ebin/plug.beam").is_file());
}

#[test]
fn a_dependency_in_a_part_of_a_repository_travels_too() {
    let tiny = Tiny::new("");
    let repository = tiny.repository("several", "1.0");
    tiny.app_with_vsn(tiny.beside("several/inner"), "inner", "1.0");
    for arguments in [&["add", "."][..], &["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "t"]]
    {
        run(tool("git", "git").arg("-C").arg(tiny.beside("several")).args(arguments));
    }
    let source = repository.replacen("{git,", "{git_subdir,", 1).replacen("}}", "}, \"inner\"}", 1);
    tiny.write(
        "rebar.config",
        &format!(
            "{{deps, [{{inner, {source}}}]}}.
             {{relx, [{{release, {{tiny, \"1\"}}, [tiny, inner]}}, {{mode, prod}}]}}."
        ),
    );
    run(&mut tiny.rebar3("lock"));
    next_machine(&tiny);
    let cache = format!("oci:{}", tiny.beside("cache").display());
    run(&mut tiny.erlrel(&format!("tar --quiet --cache-to {cache}")));
    std::fs::remove_dir_all(tiny.beside("several")).expect("removed");
    builds_without_work_on(&tiny, &["inner"], &cache);
}

#[test]
fn without_a_lock_nothing_is_kept_of_what_it_would_pin() {
    let tiny = Tiny::new("");
    let plain = tiny.repository("plain", "1.0");
    tiny.write(
        "rebar.config",
        &format!(
            "{{deps, [{{plain, {plain}}}]}}.
             {{relx, [{{release, {{tiny, \"1\"}}, [tiny, plain]}}, {{mode, prod}}]}}."
        ),
    );
    let cache = tiny.beside("cache");
    let _ = std::fs::remove_file(tiny.dir().join("rebar.lock"));
    run(&mut tiny.erlrel(&format!("tar --quiet --cache-to oci:{}", cache.display())));
    assert!(!cache.exists(), "a branch is not pinned by anything");
}
