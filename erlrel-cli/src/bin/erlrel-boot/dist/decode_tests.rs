use std::time::Duration;

use proptest::prelude::*;

use super::{DecodeError, Decoder, MAX_DEPTH, TERMS_PER_LOOK};
use crate::dist::answer::Answer;
use crate::dist::deadline::Deadline;
use crate::dist::text::Text;

fn term(bytes: &[u8]) -> Result<Answer, DecodeError> {
    Answer::decode([&[131], bytes].concat())
}

fn shown(bytes: &[u8]) -> String {
    term(bytes).expect("a term").to_string()
}

#[test]
fn every_kind_of_term_is_read_and_printed_as_erl_call_does() {
    let atom = |name: &str| [&[119, name.len() as u8], name.as_bytes()].concat();
    let node = atom("a@b");
    for (bytes, text) in [
        (vec![97, 255], "255"),
        (vec![98, 255, 255, 255, 254], "-2"),
        (vec![110, 8, 0, 0, 0, 0, 0, 0, 0, 0, 128], "9223372036854775808"),
        (vec![110, 8, 1, 255, 255, 255, 255, 255, 255, 255, 255], "-18446744073709551615"),
        (vec![110, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "16#10000000000000000"),
        (vec![111, 0, 0, 0, 9, 1, 1, 0, 0, 0, 0, 0, 0, 0, 10], "-16#A0000000000000001"),
        ([&[70], &1.25_f64.to_be_bytes()[..]].concat(), "1.250000"),
        (atom("ok"), "ok"),
        (atom("a_B@1"), "a_B@1"),
        (atom("Ok"), "'Ok'"),
        (atom(""), "''"),
        (atom("it's"), "'it's'"),
        (vec![100, 0, 2, b'a', 0xe9], "'aé'"),
        (vec![118, 0, 2, 0xd1, 0x8f], "'я'"),
        (vec![106], "[]"),
        (vec![107, 0, 2, b'h', b'i'], "\"hi\""),
        (
            vec![107, 0, 11, 8, 9, 10, 11, 12, 13, 0, 27, b'"', 127, 233],
            "\"\\b\\t\\n\\v\\f\\r\\x0\\x1b\"\u{7f}\\xffffffe9\"",
        ),
        (vec![108, 0, 0, 0, 2, 97, 1, 106, 106], "[1, []]"),
        (vec![108, 0, 0, 0, 1, 97, 1, 97, 2], "[1 | 2]"),
        (vec![104, 0], "{}"),
        (vec![104, 2, 97, 1, 104, 1, 97, 2], "{1, {2}}"),
        (vec![105, 0, 0, 0, 1, 97, 1], "{1}"),
        (vec![116, 0, 0, 0, 2, 97, 2, 97, 3, 97, 1, 106], "#{2 => 3, 1 => []}"),
        (vec![116, 0, 0, 0, 0], "#{}"),
        (vec![109, 0, 0, 0, 2, 0, 255], "#Bin<0,255>"),
        (vec![109, 0, 0, 0, 0], "#Bin<>"),
        (
            [&[109, 0, 0, 0, 31], &[7; 31][..]].concat(),
            "#Bin<7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,...>",
        ),
        (vec![77, 0, 0, 0, 2, 3, 9, 0b1010_0000], "#Bits<9,5:3>"),
        ([&[88], &node[..], &[0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 5]].concat(), "<a@b.9.1>"),
        ([&[103], &node[..], &[0, 0, 0, 9, 0, 0, 0, 1, 5]].concat(), "<a@b.9.1>"),
        ([&[89], &node[..], &[0, 0, 0, 9, 0, 0, 0, 5]].concat(), "#Port<9.5>"),
        ([&[102], &node[..], &[0, 0, 0, 9, 5]].concat(), "#Port<9.5>"),
        ([&[120], &node[..], &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5]].concat(), "#Port<4294967296.5>"),
        ([&[90, 0, 2], &node[..], &[0, 0, 0, 5, 0, 0, 0, 9, 255, 255, 255, 255]].concat(), "#Ref<9.-1>"),
        ([&[114, 0, 1], &node[..], &[5, 0, 0, 0, 9]].concat(), "#Ref<9>"),
        ([&[113], &atom("m")[..], &atom("f"), &[97, 2]].concat(), "fun m:f/2"),
        (
            {
                let pid = [&[88], &node[..], &[0; 12]].concat();
                let inside =
                    [&[1][..], &[0; 16], &[0, 0, 0, 3], &[0; 4], &atom("m"), &[97, 3, 98, 7, 0, 0, 0], &pid];
                let inside = inside.concat();
                [&[112], &(inside.len() as u32 + 4).to_be_bytes()[..], &inside].concat()
            },
            "#Fun{m.3.117440512}",
        ),
    ] {
        assert_eq!(shown(&bytes), text);
        for length in 0..bytes.len() {
            assert!(term(&bytes[..length]).is_err(), "{text} without its end");
        }
    }
}

#[test]
fn a_term_without_end_does_not_end_the_stack() {
    let lists = |depth: usize| [[108, 0, 0, 0, 1].repeat(depth), vec![106; depth + 1]].concat();
    assert!(term(&lists(MAX_DEPTH)).is_ok());
    assert_eq!(term(&lists(MAX_DEPTH + 1)).err(), Some(DecodeError::Depth));
    assert_eq!(term(&[104, 1].repeat(1 << 20)).err(), Some(DecodeError::Depth));
}

#[test]
fn a_term_is_not_read_for_longer_than_there_is_time() {
    let list = |count: u32| [&[108][..], &count.to_be_bytes(), &vec![106; count as usize + 1]].concat();
    let over = Some(Deadline::after(Duration::ZERO));
    assert!(Decoder::new(&list(TERMS_PER_LOOK)).whole(None).is_ok());
    assert_eq!(Decoder::new(&list(TERMS_PER_LOOK)).whole(over), Err(DecodeError::Late));
}

#[test]
fn a_length_takes_no_memory_before_its_bytes_have_come() {
    for tag in [105, 108, 109, 111, 112, 116] {
        assert!(term(&[tag, 255, 255, 255, 255]).is_err());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(value) = term(&bytes) {
            let _ = (value.to_string(), value.as_tuple(), value.as_list());
            let _ = Text::of(value).map(|text| text.to_string());
        }
    }
}
