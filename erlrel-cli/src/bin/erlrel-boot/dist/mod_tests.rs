use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use erl_dist::handshake::{HandshakeStatus, ServerSideHandshake};
use erl_dist::node::{Creation, LocalNode};
use futures::executor::block_on;
use futures::io::AllowStdIo;

use super::{Answer, Call, DistError, Family, Output, Peer, Port, Secret, call};

const COOKIE: &str = "s3cret";

/// A node that `behave` plays on each connection; it listens as long as the test runs.
fn node(behave: impl Fn(TcpStream) + Send + 'static) -> Peer {
    peer(Port::Known(server(behave)))
}

/// An epmd likewise.
fn epmd(behave: impl Fn(TcpStream) + Send + 'static) -> Peer {
    peer(Port::ByEpmd { port: server(behave), addresses: Vec::new() })
}

fn peer(port: Port) -> Peer {
    Peer {
        node: "hello@localhost".into(),
        cookie: Secret(COOKIE.into()),
        own_host: "box".into(),
        family: Family::V4,
        port,
        interface: None,
        patience: Duration::from_secs(60),
        left: Duration::from_secs(60),
    }
}

fn impatient(peer: Peer) -> Peer {
    Peer { patience: Duration::from_millis(200), left: Duration::from_millis(200), ..peer }
}

fn server(behave: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().flatten().for_each(behave));
    port
}

/// A port on which nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn ask(peer: &Peer) -> Result<Answer, DistError> {
    call(peer, &Call::new("erlang", "node", []), Output::Node)
}

/// The whole text of the error, in which the cookie never is.
fn failure(peer: &Peer) -> String {
    let error = ask(peer).expect_err("no failure");
    assert!(!format!("{error:?} {peer:?}").contains(COOKIE));
    let text = error.to_string();
    assert!(!text.contains(COOKIE), "{text}");
    text
}

/// One message of the handshake.
fn message(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut bytes = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

fn answer(stream: &mut TcpStream, parts: &[&[u8]]) {
    let bytes = parts.concat();
    stream.write_all(&[&(bytes.len() as u16).to_be_bytes()[..], &bytes].concat()).unwrap();
}

fn give_name(stream: &mut TcpStream) {
    message(stream);
    answer(stream, &[b"snamed:", &[0, 13], b"abc@localhost", &[0, 0, 0, 7]]);
}

fn challenge(stream: &mut TcpStream, name: &str) {
    let flags = u64::MAX.to_be_bytes();
    answer(stream, &[b"N", &flags, &[0; 4], &[0; 4], &[0, name.len() as u8], name.as_bytes()]);
}

/// Until the other end has gone.
fn hang(mut stream: TcpStream) {
    let _ = stream.read_to_end(&mut Vec::new());
}

/// Goes through the whole handshake.
fn accept(stream: TcpStream, cookie: &str) -> Option<TcpStream> {
    accept_as("hello@localhost", stream, cookie)
}

fn accept_as(name: &str, stream: TcpStream, cookie: &str) -> Option<TcpStream> {
    let local = LocalNode::new(name.parse().unwrap(), Creation::random());
    let mut handshake = ServerSideHandshake::new(AllowStdIo::new(stream), local, cookie);
    block_on(handshake.execute_recv_name()).unwrap();
    let named = HandshakeStatus::Named { name: "abc".into(), creation: Creation::new(7) };
    block_on(handshake.execute_rest(named)).ok().map(|(stream, _)| stream.into_inner())
}

/// One packet of an established connection.
fn packet(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// Sends a term to the process `id` of the client.
fn send(stream: &mut TcpStream, id: u8, term: &[u8]) {
    let to = [&[88, 119, 13], &b"abc@localhost"[..], &[0, 0, 0, id], &[0; 4], &[0, 0, 0, 7]].concat();
    let control = [&[131, 104, 3, 97, 2, 119, 0], &to[..]].concat();
    let all = [&[112], &control[..], &[131], term].concat();
    stream.write_all(&[&(all.len() as u32).to_be_bytes()[..], &all].concat()).unwrap();
}

/// `{rex, ok}`
const REX_OK: &[u8] = &[104, 2, 119, 3, b'r', b'e', b'x', 119, 2, b'o', b'k'];

#[test]
fn a_node_answers() {
    let peer = node(|stream| {
        let mut stream = accept(stream, COOKIE).unwrap();
        let asked = packet(&mut stream);
        assert!(asked.windows(4).any(|bytes| bytes == b"node"));
        send(&mut stream, 1, REX_OK);
        hang(stream);
    });
    assert!(ask(&peer).unwrap().is_atom("ok"));
}

#[test]
fn ticks_are_answered_and_other_messages_passed_over() {
    let peer = node(|stream| {
        let mut stream = accept(stream, COOKIE).unwrap();
        packet(&mut stream);
        stream.write_all(&[0; 4]).unwrap();
        assert!(packet(&mut stream).is_empty());
        // A link, and a message for a process that is not the one that asks.
        let pid = [&[88, 119, 1, b'a'], &[0; 12][..]].concat();
        let link = [&[112, 131, 104, 3, 97, 1], &pid[..], &pid].concat();
        stream.write_all(&[&(link.len() as u32).to_be_bytes()[..], &link].concat()).unwrap();
        send(&mut stream, 9, &[97, 1]);
        send(&mut stream, 1, REX_OK);
        hang(stream);
    });
    assert!(ask(&peer).unwrap().is_atom("ok"));
}

#[test]
fn what_the_function_prints_is_shown_if_wanted() {
    let peer = node(|stream| {
        let mut stream = accept(stream, COOKIE).unwrap();
        packet(&mut stream);
        let from = [&[88, 119, 1, b'a'], &[0; 12][..]].concat();
        let text =
            [&[104, 3, 119, 9], &b"put_chars"[..], &[119, 7], b"unicode", &[107, 0, 2], b"hi"].concat();
        let asked = [&[104, 4, 119, 10], &b"io_request"[..], &from, &[97, 5], &text].concat();
        send(&mut stream, 2, &asked);
        let reply = packet(&mut stream);
        assert!(reply.ends_with(&[&b"io_reply"[..], &[97, 5, 119, 2], b"ok"].concat()));
        send(&mut stream, 1, REX_OK);
        hang(stream);
    });
    let mut shown = String::new();
    let mut show = |text: &str| shown.push_str(text);
    call(&peer, &Call::new("m", "f", []), Output::Here(&mut show)).unwrap();
    assert_eq!(shown, "hi");
}

#[test]
fn nobody_listens() {
    let port = closed_port();
    assert_eq!(
        failure(&peer(Port::Known(port))),
        format!("the node hello@localhost accepts no connection at 127.0.0.1:{port}")
    );
    let told = failure(&peer(Port::ByEpmd { port, addresses: Vec::new() }));
    assert!(
        told.starts_with("cannot ask epmd for the port of the node hello@localhost: nothing answers at ")
    );
    assert!(told.contains(&format!("127.0.0.1:{port}")), "{told}");
}

#[test]
fn a_node_that_epmd_does_not_know() {
    let peer = epmd(|mut stream| {
        message(&mut stream);
        stream.write_all(&[119, 1]).unwrap();
    });
    let told = failure(&peer);
    assert!(told.starts_with("the node hello@localhost does not run: epmd at "), "{told}");
}

#[test]
fn an_epmd_that_is_none() {
    let peer = epmd(|mut stream| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap());
    assert!(failure(&peer).contains("gives no proper answer about the node hello@localhost"));
    let gone = epmd(drop);
    assert!(failure(&gone).contains("gives no proper answer about the node hello@localhost"));
}

#[test]
fn whoever_hangs_is_left_when_the_time_is_over() {
    type Behave = fn(TcpStream);
    let at_name: Behave = hang;
    let at_challenge: Behave = |mut stream| {
        give_name(&mut stream);
        hang(stream);
    };
    let at_acknowledgement: Behave = |mut stream| {
        give_name(&mut stream);
        challenge(&mut stream, "hello@localhost");
        hang(stream);
    };
    let at_call: Behave = |stream| hang(accept(stream, COOKIE).unwrap());
    let in_the_answer: Behave = |stream| {
        let mut stream = accept(stream, COOKIE).unwrap();
        stream.write_all(&[0, 0, 1, 0, 112, 131]).unwrap();
        hang(stream);
    };
    for (peer, stage) in [
        (epmd(hang), "epmd was asked for its port"),
        (node(at_name), "each was proving its cookie to the other"),
        (node(at_challenge), "each was proving its cookie to the other"),
        (node(at_acknowledgement), "each was proving its cookie to the other"),
        (node(at_call), "it was carrying out the call"),
        (node(in_the_answer), "it was carrying out the call"),
    ] {
        let expected = format!("the node hello@localhost gave no answer within 0.2 s: {stage}");
        assert_eq!(failure(&impatient(peer)), expected);
    }
}

#[test]
fn the_last_of_several_tries_tells_the_time_of_all() {
    let peer = Peer { patience: Duration::from_secs(5), ..impatient(node(hang)) };
    assert!(failure(&peer).contains("gave no answer within 5 s: "));
}

#[test]
fn a_time_that_is_over_before_anything_is_tried() {
    for peer in [node(hang), epmd(hang)] {
        let told = failure(&Peer { left: Duration::ZERO, ..impatient(peer) });
        assert!(told.starts_with("the node hello@localhost gave no answer within 0.2 s: "), "{told}");
    }
}

#[test]
fn a_node_that_ticks_for_ever_is_left_too() {
    let peer = node(|stream| {
        let mut stream = accept(stream, COOKIE).unwrap();
        while stream.write_all(&[0; 4]).is_ok() {
            thread::yield_now();
        }
    });
    assert!(failure(&impatient(peer)).contains("gave no answer within 0.2 s"));
}

#[test]
fn a_wrong_cookie() {
    let refusing = node(|stream| assert!(accept(stream, "other").is_none()));
    assert_eq!(
        failure(&refusing),
        "the node hello@localhost refuses the cookie: it ended the connection when it had seen the proof of it"
    );
    let pretending = node(|mut stream| {
        give_name(&mut stream);
        challenge(&mut stream, "hello@localhost");
        message(&mut stream);
        answer(&mut stream, &[b"a", &[0; 16]]);
        hang(stream);
    });
    assert_eq!(
        failure(&pretending),
        "the node hello@localhost has another cookie: its own proof is not that of the cookie used here"
    );
}

#[test]
fn another_node_than_expected() {
    let peer = Peer { node: "bye@localhost".into(), ..node(|stream| drop(accept(stream, COOKIE))) };
    let told = failure(&peer);
    assert_eq!(told, "the node bye@localhost was expected, but it is hello@localhost that listens there");
    let colourful = node(|stream| drop(accept_as("\u{1b}[31m@localhost", stream, COOKIE)));
    let told = failure(&colourful);
    assert!(told.contains(r"\u{1b}[31m@localhost") && !told.contains('\u{1b}'), "{told}");
}

#[test]
fn a_node_that_lets_nobody_in() {
    for (status, told) in
        [("not_allowed", "not_allowed"), ("nok", "nok"), ("alive", "alive"), ("ok", "ok, but no name")]
    {
        let peer = node(move |mut stream| {
            message(&mut stream);
            answer(&mut stream, &[b"s", status.as_bytes()]);
            hang(stream);
        });
        let expected = format!("the node hello@localhost does not let this program in: it answers {told:?}");
        assert_eq!(failure(&peer), expected);
    }
}

#[test]
fn a_node_that_dies() {
    let before = node(drop);
    assert!(
        failure(&before).starts_with("the connection to the node hello@localhost broke: each was proving")
    );
    let between = node(|mut stream| give_name(&mut stream));
    assert!(
        failure(&between).starts_with("the connection to the node hello@localhost broke: each was proving")
    );
    let in_the_challenge = node(|mut stream| {
        give_name(&mut stream);
        stream.write_all(&[0, 30, b'N', 0]).unwrap();
    });
    assert!(
        failure(&in_the_challenge)
            .starts_with("the connection to the node hello@localhost broke: each was proving")
    );
    let in_the_call = node(|stream| drop(packet(&mut accept(stream, COOKIE).unwrap())));
    assert_eq!(
        failure(&in_the_call),
        "the connection to the node hello@localhost broke: it was carrying out the call"
    );
    let in_the_answer = node(|stream| {
        let mut stream = accept(stream, COOKIE).unwrap();
        packet(&mut stream);
        stream.write_all(&[0, 0, 1, 0, 112, 131]).unwrap();
    });
    assert!(failure(&in_the_answer).ends_with("broke: it was carrying out the call"));
}

#[test]
fn answers_without_sense() {
    for bytes in [
        &[0, 0, 0, 2, 68, 0][..],
        &[0, 0, 0, 3, 112, 131, 255],
        &[0, 0, 0, 4, 112, 131, 97, 1],
        &[0, 0, 0, 5, 112, 131, 108, 255, 255],
    ] {
        let peer = node(move |stream| {
            let mut stream = accept(stream, COOKIE).unwrap();
            packet(&mut stream);
            stream.write_all(bytes).unwrap();
            hang(stream);
        });
        let told = failure(&peer);
        assert!(
            told.starts_with("the node hello@localhost sent something that cannot be understood"),
            "{told}"
        );
    }
    let http = node(|mut stream| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap());
    assert!(ask(&impatient(http)).is_err());
}

#[test]
fn a_node_of_this_machine_is_found_though_its_name_cannot_be_looked_up() {
    let port = server(|stream| {
        let mut stream = accept(stream, COOKIE).unwrap();
        packet(&mut stream);
        send(&mut stream, 1, REX_OK);
        hang(stream);
    });
    let unknown = Peer { node: "hello@no-such-host.invalid".into(), ..peer(Port::Known(port)) };
    assert_eq!(
        failure(&unknown),
        "cannot find the address of the host \"no-such-host.invalid\" of the node hello@no-such-host.invalid"
    );
    for own_host in ["no-such-host.invalid", "no-such-host"] {
        let here = Peer { own_host: own_host.into(), ..unknown.clone() };
        assert!(ask(&here).is_ok());
    }
}

#[test]
fn a_node_that_listens_at_one_address_is_found_there() {
    let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 9), 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = accept(stream, COOKIE).unwrap();
            packet(&mut stream);
            send(&mut stream, 1, REX_OK);
        }
    });
    let told = failure(&peer(Port::Known(port)));
    assert!(told.contains(&format!("accepts no connection at 127.0.0.1:{port}")), "{told}");
    let there = Peer { interface: Some(Ipv4Addr::new(127, 0, 0, 9).into()), ..peer(Port::Known(port)) };
    assert!(ask(&there).is_ok());
}
