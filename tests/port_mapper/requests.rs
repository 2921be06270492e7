//! The same bytes get the same answers.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

use super::running::{MAKERS, Maker, Mapper, answer_on, node, request};
use crate::support::random::Random;

/// Whatever both are asked, one after the other, they answer the same.
#[derive(Debug)]
struct Pair([Mapper; 2]);

impl Pair {
    fn serving(words: &[&str]) -> Self {
        Self(MAKERS.map(|maker| maker.serving(words)))
    }

    fn asked(&self, bytes: &[u8]) -> Vec<u8> {
        let [otp, erlrel] = self.0.each_ref().map(|mapper| comparable(&mapper.answer(bytes), mapper.port));
        assert_eq!(String::from_utf8_lossy(&erlrel), String::from_utf8_lossy(&otp), "{bytes:?}");
        assert_eq!(erlrel, otp, "{bytes:?}");
        otp
    }

    fn registered(&self, name: &str, highest: u16) -> [TcpStream; 2] {
        let length = if highest >= 6 { 6 } else { 4 };
        let request = node(name.as_bytes(), 5000, highest, b"more");
        let [(otp, by_otp), (erlrel, by_erlrel)] =
            self.0.each_ref().map(|mapper| mapper.register(&request, length));
        assert_eq!(by_erlrel[..2], by_otp[..2], "{name}");
        [otp, erlrel]
    }

    fn come_to_have(&self, names: &str) {
        self.0.iter().for_each(|mapper| mapper.comes_to_have(names));
    }
}

/// Without what is another one each time: the port, a creation, the number of a descriptor.
fn comparable(answer: &[u8], port: u16) -> Vec<u8> {
    match answer {
        [tag @ (b'v' | b'y'), 0, creation @ ..] => [&[*tag, 0], &vec![0; creation.len()][..]].concat(),
        _ => {
            let own = u32::from(port).to_be_bytes();
            let rest = answer.strip_prefix(&own);
            rest.map_or_else(|| answer.into(), |rest| [b"PORT", &without_numbers(rest)[..]].concat())
        }
    }
}

fn without_numbers(list: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(list);
    let mut parts = text.split("fd = ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts
        .fold(first, |text, part| text + "fd = " + part.trim_start_matches(|c: char| c.is_ascii_digit()))
        .into()
}

#[test]
fn questions_get_the_answers_of_otps() {
    let pair = Pair::serving(&[]);
    assert_eq!(pair.asked(&request(b'n', b"")), b"PORT");
    let _nodes = [("shop", 6), ("alt", 5), ("käse", 6), (&"𝄞".repeat(200), 6), ("a b", 0)]
        .map(|(name, highest)| pair.registered(name, highest));
    let list = String::from_utf8(pair.asked(&request(b'n', b""))).expect("UTF-8");
    assert!(list.starts_with("PORTname a b at port 5000\nname 𝄞"), "{list}");
    let shop = pair.asked(&request(b'z', b"shop"));
    assert_eq!(shop, b"w\0\x13\x88M\0\0\x06\0\x05\0\x04shop\0\x04more");
    for name in ["shop", "shop\0", "alt", "käse", "sho", "shop2", "Shop", "", "\0", "a\0b", "a b", "shop\0\0"]
    {
        pair.asked(&request(b'z', name.as_bytes()));
    }
    pair.asked(&request(b'z', "𝄞".repeat(200).as_bytes()));
    pair.asked(&request(b'z', &[b'a'; 254]));
    pair.asked(&request(b'z', &[b'a'; 256]));
    pair.asked(&request(b'z', b"\xff"));
    let dump = String::from_utf8(pair.asked(&request(b'd', b""))).expect("UTF-8");
    assert!(dump.contains("active name     <alt> at port 5000, fd = \n\0"), "{dump}");
}

#[test]
fn registrations_are_taken_and_refused_as_by_otps() {
    let pair = Pair::serving(&[]);
    let [_first, second] = ["a", "b"].map(|name| pair.registered(name, 6));
    pair.come_to_have("name b at port 5000\nname a at port 5000\n");
    for (name, highest) in [("a", 6), ("a", 5), ("b", 6)] {
        let refused = pair.asked(&node(name.as_bytes(), 6000, highest, b""));
        assert_eq!(refused.get(1), Some(&1), "{refused:?}");
    }
    for name in [&b""[..], b"c\0d", b"\xc3", &[b'a'; 255], &[b'a'; 256], &[b'a'; 1020], &[b'a'; 1021]] {
        pair.asked(&node(name, 6000, 6, b""));
        pair.asked(&node(name, 6000, 6, b"extra"));
    }
    for extra in [&[0; 1020][..], &[0; 1021]] {
        pair.asked(&node(b"extra", 6000, 6, extra));
    }
    pair.come_to_have("name b at port 5000\nname a at port 5000\n");
    drop(second);
    pair.come_to_have("name a at port 5000\n");
    let _again = pair.registered("b", 6);
    // What a node says is no request any more, and ends it.
    let [mut otp, mut erlrel] = pair.registered("talkative", 6);
    for node in [&mut otp, &mut erlrel] {
        node.write_all(&request(b'n', b"")).expect("sent");
    }
    pair.come_to_have("name b at port 5000\nname a at port 5000\n");
}

#[test]
fn a_name_that_comes_again_has_another_creation() {
    for maker in MAKERS {
        let mapper = maker.serving(&[]);
        let creations: Vec<Vec<u8>> = (0..3)
            .map(|_| {
                let (node, answer) = mapper.register(&node(b"a", 5000, 6, b""), 6);
                drop(node);
                mapper.comes_to_have("");
                answer[2..].to_vec()
            })
            .collect();
        assert!(creations[0] < creations[1] && creations[1] < creations[2], "{maker:?}: {creations:?}");
    }
}

#[test]
fn random_requests_get_the_answers_of_otps() {
    let pair = Pair::serving(&[]);
    let _nodes = ["a", "ab"].map(|name| pair.registered(name, 6));
    let mut random = Random(6);
    for _ in 0..300 {
        let mut bytes = match random.below(4) {
            0 => node(random.pick(&[&b"a"[..], b"new", b"\xff"]), 1, random.pick(&[0, 5, 6, 7]), b""),
            1 => request(b'z', random.pick(&[&b"a"[..], b"ab\0", b"abc", b"", b"\0"])),
            2 => request(random.pick(b"nd"), b""),
            _ => request(random.pick(b"xzndq\0"), &noise(&mut random)),
        };
        if random.chance(20) {
            bytes.truncate(random.below(bytes.len()));
        } else if random.chance(30) {
            let place = 2 + random.below(bytes.len() - 2);
            // A request to end is another test's.
            bytes[place] = random.pick(&[0, 1, b'a', b'n', 0xff]);
        }
        pair.asked(&bytes);
    }
    for length in [0, 3057, 3058, 3059, 0xffff] {
        let bytes = [&u16::to_be_bytes(length)[..], &b"z".repeat(length.into())].concat();
        pair.asked(&bytes);
    }
    pair.come_to_have("name ab at port 5000\nname a at port 5000\n");
}

fn noise(random: &mut Random) -> Vec<u8> {
    (0..random.below(40)).map(|_| random.pick(&[0, 0, 1, 5, 13, b'a', b'b', 0xc3, 0xa4, 0xff])).collect()
}

#[test]
fn a_request_may_come_byte_by_byte_and_keeps_nobody_waiting() {
    let mapper = Maker::Erlrel.serving(&[]);
    let (_node, _) = mapper.register(&node(b"a", 5000, 6, b""), 6);
    let mut slow = mapper.connect();
    for byte in request(b'z', b"a\0") {
        assert_eq!(mapper.names(), "name a at port 5000\n");
        slow.write_all(&[byte]).expect("sent");
    }
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).expect("read");
    assert_eq!(answer, mapper.answer(&request(b'z', b"a")));
}

#[test]
fn who_says_nothing_for_too_long_is_hung_up_on_unless_it_is_a_node() {
    let mapper = Maker::Erlrel.serving(&["-packet_timeout", "1"]);
    let (_node, _) = mapper.register(&node(b"a", 5000, 6, b""), 6);
    let mut silent = mapper.connect();
    silent.write_all(&[0]).expect("sent");
    assert_eq!(silent.read_to_end(&mut Vec::new()).expect("hung up"), 0);
    assert_eq!(mapper.names(), "name a at port 5000\n");
}

#[test]
fn more_connections_than_there_is_room_for_wait_until_there_is() {
    let directory = tempfile::tempdir().expect("a directory");
    // Few files, as the test itself may not have many either.
    let few = Maker::Erlrel.in_script(r#"ulimit -n 64; exec "$0" "$@""#, directory.path());
    let mapper = Maker::serving_by(few, &["-packet_timeout", "2"]);
    let many: Vec<TcpStream> = (0..60).map(|_| mapper.connect()).collect();
    assert_eq!(mapper.names(), "");
    drop(many);
    assert_eq!(mapper.names(), "");
}

#[test]
fn who_calls_from_other_machines_leaves_room_to_the_nodes_of_this_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let few = Maker::Erlrel.in_script(r#"ulimit -n 64; exec "$0" "$@""#, directory.path());
    let mapper = Maker::serving_by(few, &["-packet_timeout", "600"]);
    let strangers: Vec<TcpStream> = (0..60).map(|_| called_as_from_elsewhere(mapper.port)).collect();
    let (_node, answer) = mapper.register(&node(b"a", 5000, 6, b""), 6);
    assert_eq!(answer[..2], [b'v', 0]);
    assert_eq!(mapper.names(), "name a at port 5000\n");
    drop(strangers);
}

/// From an address of this machine that is not the one that is called, as those of other machines are not.
fn called_as_from_elsewhere(port: u16) -> TcpStream {
    let any = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("bound");
    // Sends nothing: it is about the address that this machine would have.
    any.connect((Ipv4Addr::new(203, 0, 113, 1), 9)).expect("a way out of this machine");
    let from = SocketAddr::new(any.local_addr().expect("bound").ip(), 0);
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    bind(&socket, &from).expect("bound");
    connect(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, port))).expect("connected");
    socket.into()
}

#[test]
fn with_addresses_it_listens_on_these_and_on_the_loopback() {
    let ip = |text: &str| -> IpAddr { text.parse().expect("an address") };
    for maker in MAKERS {
        let mapper = maker.serving(&["-address", "127.0.0.2"]);
        for address in ["127.0.0.1", "127.0.0.2", "::1"] {
            let list = answer_on(mapper.connect_to(ip(address)), &request(b'n', b""));
            assert_eq!(list, u32::from(mapper.port).to_be_bytes(), "{maker:?} at {address}");
        }
        assert!(TcpStream::connect((ip("127.0.0.3"), mapper.port)).is_err(), "{maker:?}");
    }
}
