use super::*;
use proptest::prelude::*;

pub(crate) fn registration(name: &[u8], extra: &[u8]) -> Registration {
    let (name, extra) = (name.to_vec(), extra.to_vec());
    Registration { port: 0x1234, kind: 77, protocol: 0, highest: 6, lowest: 5, name, extra }
}

/// As a node sends it.
fn sent(node: &Registration) -> Vec<u8> {
    let mut rest = node.port.to_be_bytes().to_vec();
    rest.extend([node.kind, node.protocol]);
    rest.extend(node.highest.to_be_bytes());
    rest.extend(node.lowest.to_be_bytes());
    for text in [&node.name, &node.extra] {
        rest.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
        rest.extend(text);
    }
    request(b'x', &rest)
}

fn received(bytes: &[u8]) -> Received {
    Packet::default().receive(bytes)
}

#[test]
fn requests_are_read() {
    let node = registration("käse".as_bytes(), b"more");
    assert_eq!(received(&sent(&node)), Received::All(Request::Register(node)));
    assert_eq!(received(&request(b'z', b"a")), Received::All(Request::Port(b"a".to_vec())));
    assert_eq!(received(&request(b'z', b"a\0")), Received::All(Request::Port(b"a".to_vec())));
    assert_eq!(received(&request(b'n', b"")), Received::All(Request::Names));
    assert_eq!(received(&request(b'd', b"")), Received::All(Request::Dump));
    assert_eq!(received(&request(b'k', b"whatever")), Received::All(Request::Kill));
    assert_eq!(received(&request(b's', b"a\0b")), Received::All(Request::Stop(b"a".to_vec())));
}

#[test]
fn what_is_no_request_is_nonsense() {
    let nonsense: [&[u8]; 9] = [
        &[0, 0],
        &[0xff, 0xff],
        &request(b'z', b""),
        &request(b'z', b"\0"),
        &request(b'z', b"a\0b"),
        &request(b'z', b"\xff"),
        &request(b's', b""),
        &request(b'q', b""),
        &sent(&registration(b"a\0b", b"")),
    ];
    for bytes in nonsense {
        assert_eq!(received(bytes), Received::Nonsense, "{bytes:?}");
    }
}

#[test]
fn lengths_must_fit_into_the_request() {
    let whole = sent(&registration(b"abc", b"de"));
    for end in 2..whole.len() {
        let cut = [&u16::try_from(end - 2).unwrap().to_be_bytes(), &whole[2..end]].concat();
        assert_eq!(received(&cut), Received::Nonsense, "{end}");
    }
    // With more than it says it is one still.
    let longer = [&[0, 20], &whole[2..], &[0, 0]].concat();
    assert!(matches!(received(&longer), Received::All(Request::Register(_))));
    assert_eq!(received(&sent(&registration(b"", b""))), Received::Nonsense);
}

#[test]
fn names_have_at_most_255_characters_however_many_bytes_these_have() {
    let named = |name: &str| registration(name.as_bytes(), b"").is_valid();
    assert!(named(&"a".repeat(255)) && named(&"𝄞".repeat(255)));
    assert!(!named(&"a".repeat(256)) && !registration(b"\xc3", b"").is_valid());
    assert!(registration(b"a", &[0; 1020]).is_valid() && !registration(b"a", &[0; 1021]).is_valid());
    let largest = sent(&registration("𝄞".repeat(255).as_bytes(), &[0; 1020]));
    assert!(matches!(received(&largest), Received::All(Request::Register(_))));
}

#[test]
fn a_node_gets_its_creation_in_as_many_bytes_as_it_knows() {
    assert_eq!(registered(Some(0x0102_0304), 6), [b'v', 0, 1, 2, 3, 4]);
    assert_eq!(registered(Some(4), 5), [b'y', 0, 0, 2]);
    assert_eq!(registered(Some(5), 5), [b'y', 0, 0, 3]);
    assert_eq!(registered(Some(6), 5), [b'y', 0, 0, 1]);
    assert_eq!(registered(None, 6), [b'v', 1, 0, 0, 0, 99]);
    assert_eq!(registered(None, 5), [b'y', 1, 0, 99]);
}

#[test]
fn the_port_of_a_node_comes_with_all_that_it_has_said() {
    let node = registration(b"ab", b"c");
    assert_eq!(port(Some(&node)), b"w\0\x12\x34M\0\0\x06\0\x05\0\x02ab\0\x01c");
    assert_eq!(port(None), [b'w', 1]);
    assert_eq!(name_line(&node), b"name ab at port 4660\n");
}

fn requests() -> impl Strategy<Value = Vec<u8>> {
    let letter = prop_oneof![proptest::sample::select(b"xzndks".to_vec()), any::<u8>()];
    let framed = (letter, proptest::collection::vec(any::<u8>(), 0..40));
    let node = (any::<[u8; 8]>(), "\\PC{0,9}", proptest::collection::vec(any::<u8>(), 0..9));
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..4000),
        framed.prop_map(|(letter, rest)| request(letter, &rest)),
        node.prop_map(|(numbers, name, extra)| {
            let mut node = registration(name.as_bytes(), &extra);
            node.highest = u16::from_be_bytes([numbers[0], numbers[1]]);
            sent(&node)
        }),
    ]
}

proptest! {
    /// Neither does it matter how they are cut; and what is no request stays none, whatever follows.
    #[test]
    fn no_bytes_are_too_much(bytes in requests(), cuts in proptest::collection::vec(0_usize..4000, 0..6)) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut packet = Packet::default();
        let mut in_parts = Received::Part;
        for ends in cuts.windows(2) {
            in_parts = packet.receive(&bytes[ends[0]..ends[1]]);
            if in_parts != Received::Part {
                break;
            }
        }
        prop_assert_eq!(in_parts, received(&bytes));
    }
}
