//! The words, the exit codes and what is said.

use std::io::Read;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::running::{Daemon, MAKERS, Maker, Mapper, node};
use crate::support::port::free_port;
use crate::support::said::{Said, said};

/// What one says to a port mapper of one kind.
fn said_to(mapper: &Mapper, maker: Maker, words: &[&str]) -> (Option<i32>, String, String) {
    let Said { out, err, code } = maker.say(mapper.port, words);
    let port = mapper.port.to_string();
    (code, out.replace(&port, "PORT"), err.replace(&port, "PORT"))
}

/// Asserts that whoever asks whom is told the same, and gives that.
fn told(words: &[&str], mappers: &[Mapper; 2]) -> (Option<i32>, String, String) {
    let all: Vec<_> =
        mappers.iter().flat_map(|mapper| MAKERS.map(|maker| said_to(mapper, maker, words))).collect();
    for other in &all {
        assert_eq!(*other, all[0], "{words:?}");
    }
    all[0].clone()
}

fn success(text: &str) -> (Option<i32>, String, String) {
    (Some(0), text.into(), String::new())
}

fn failure(text: &str) -> (Option<i32>, String, String) {
    (Some(1), text.into(), String::new())
}

#[test]
fn who_asks_is_told_what_otps_says() {
    let mappers = MAKERS.map(|maker| maker.serving(&[]));
    let up = "epmd: up and running on port PORT with data:\n";
    assert_eq!(told(&["-names"], &mappers), success(up));
    let nodes = mappers.each_ref().map(|mapper| mapper.register(&node("käse".as_bytes(), 5000, 6, b""), 6));
    assert_eq!(told(&["-names"], &mappers), success(&format!("{up}name käse at port 5000\n")));
    assert_eq!(told(&["-d", "-names"], &mappers), success(&format!("{up}name käse at port 5000\n")));
    assert_eq!(told(&["-started"], &mappers), success(""));
    let refused = "Killing not allowed - living nodes in database.\n";
    assert_eq!(told(&["-kill"], &mappers), failure(refused));
    assert_eq!(told(&["-stop", "käse"], &mappers), failure("epmd: local epmd responded with <>\n"));
    drop(nodes);
    mappers.iter().for_each(|mapper| mapper.comes_to_have(""));
}

#[test]
fn it_ends_when_it_is_told_so() {
    for (server, client) in [(0, 1), (1, 0), (1, 1), (0, 0)] {
        let mapper = MAKERS[server].serving(&["-relaxed_command_check"]);
        let (_node, _) = mapper.register(&node(b"a", 5000, 6, b""), 6);
        assert_eq!(said_to(&mapper, MAKERS[client], &["-stop", "a"]), success("STOPPED\n"));
        mapper.comes_to_have("");
        assert_eq!(said_to(&mapper, MAKERS[client], &["-stop", "a"]), success("NOEXIST\n"));
        let (_node, _) = mapper.register(&node(b"b", 5000, 6, b""), 6);
        assert_eq!(said_to(&mapper, MAKERS[client], &["-kill"]), success("Killed\n"));
        assert_eq!(mapper.wait(), Some(0));
    }
}

#[test]
fn where_none_listens_everybody_says_so() {
    let port = free_port();
    for words in [&["-names"][..], &["-dump"], &["-kill"], &["-stop", "a"], &["-started"]] {
        let [otp, erlrel] = MAKERS.map(|maker| maker.say(port, words));
        assert_eq!((erlrel.code, &erlrel.out, &erlrel.err), (otp.code, &otp.out, &otp.err), "{words:?}");
        assert_eq!(otp.code, Some(1), "{words:?}");
    }
}

#[test]
fn wrong_words_are_refused() {
    let wrong: [&[&str]; 9] = [
        &["-x"],
        &["names"],
        &["-port"],
        &["-port", "0"],
        &["-names", "-d"],
        &["-kill", "a"],
        &["-stop"],
        &["-address", "nowhere"],
        &["-packet_timeout", "x"],
    ];
    for words in wrong {
        for maker in MAKERS {
            let Said { out, err, code } = maker.say(free_port(), words);
            assert_eq!((code, out.as_str()), (Some(1), ""), "{maker:?} {words:?}");
            assert!(!err.is_empty(), "{maker:?} {words:?}");
        }
    }
    let err = Maker::Erlrel.say(free_port(), &["-systemd"]).failed(1);
    assert_eq!(err, "epmd: -systemd is not supported: in a container no systemd could hand over a socket\n");
}

#[test]
fn a_second_one_on_the_port_gives_way() {
    for (first, second) in [(0, 1), (1, 0), (1, 1)] {
        let mapper = MAKERS[first].serving(&[]);
        for words in [&[][..], &["-daemon"], &["-address", "127.0.0.1"]] {
            assert_eq!(MAKERS[second].say(mapper.port, words).done(), "", "{words:?}");
        }
        assert_eq!(mapper.names(), "");
    }
}

#[test]
fn a_daemon_listens_when_the_command_comes_back_and_lives_without_it() {
    let port = free_port();
    let _daemon = Daemon(port);
    assert_eq!(
        said(Maker::Erlrel.command().arg("-daemon").env("ERL_EPMD_PORT", port.to_string())).done(),
        ""
    );
    TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let names = Maker::Otp.say(port, &["-names"]).done();
    assert_eq!(names, format!("epmd: up and running on port {port} with data:\n"));
    assert_eq!(Maker::Erlrel.say(port, &["-kill"]).done(), "Killed\n");
}

#[test]
fn a_daemon_holds_nothing_that_others_wait_for() {
    for maker in MAKERS {
        let port = free_port();
        let _daemon = Daemon(port);
        let directory = tempfile::tempdir().expect("a directory");
        let (mut ours, theirs) = UnixStream::pair().expect("a pipe");
        // Longer than any test waits; what would hang forever fails so.
        ours.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
        let mut script = maker.in_script(r#""$0" -port "$1" -daemon 3>&1 7>&1"#, directory.path());
        script.arg(port.to_string()).stdout(Stdio::from(OwnedFd::from(theirs))).stdin(Stdio::null());
        let status = script.status().expect("started");
        drop(script);
        assert!(status.success(), "{maker:?}");
        assert_eq!(ours.read_to_end(&mut Vec::new()).expect("the end"), 0, "{maker:?}");
    }
}

#[test]
fn a_copy_of_the_link_is_the_port_mapper_too() {
    let directory = tempfile::tempdir().expect("a directory");
    let bin = directory.path().join("erts-1/bin");
    std::fs::create_dir_all(&bin).expect("a directory");
    let program = bin.join("epmd");
    std::fs::copy(Maker::Erlrel.command().get_program(), &program).expect("copied");
    let port = free_port();
    let _daemon = Daemon(port);
    let mut command = Command::new(&program);
    assert_eq!(said(command.args(["-port", &port.to_string(), "-daemon"])).done(), "");
    assert_eq!(Maker::Otp.say(port, &["-kill"]).done(), "Killed\n");
}

#[test]
fn a_daemon_that_cannot_listen_is_a_failure() {
    let said = Maker::Erlrel.say(free_port(), &["-daemon", "-address", "192.0.2.1"]).failed(1);
    assert!(said.starts_with("epmd: cannot listen on 192.0.2.1:"), "{said}");
}
