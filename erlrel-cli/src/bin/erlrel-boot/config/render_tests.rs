use super::render as render_whole;
use proptest::prelude::*;

/// The text alone.
fn render(text: &[u8], value_of: impl Fn(&[u8]) -> Option<&'static [u8]>) -> Vec<u8> {
    render_whole(text, |name, default| value_of(name).or(default)).text
}

fn value_of(name: &[u8]) -> Option<&'static [u8]> {
    let value: &[u8] = match name {
        b"A" => b"a",
        b"LONG_name_1" => b"long value",
        b"AMP" => b"a&b\\&c\\1",
        b"SELF" => b"${SELF}",
        b"OTHER" => b"${A}",
        b"OPEN" => b"${",
        b"QUOTE" => b"it's \"quoted\" `id` $(id)",
        b"LINES" => b"one\ntwo",
        b"LATIN" => b"\xe5\xff",
        b"my.var" => b"dotted",
        b"SLASH" => b"/a/b|c?d*e[f]^g+h(i)",
        _ => return None,
    };
    Some(value)
}

const CASES: &[(&str, &[u8])] = &[
    // Text without a reference.
    ("", b""),
    ("plain", b"plain"),
    ("-sname hello\n", b"-sname hello\n"),
    ("no newline at the end", b"no newline at the end"),
    ("$A", b"$A"),
    ("$(A)", b"$(A)"),
    ("{A}", b"{A}"),
    ("$ {A}", b"$ {A}"),
    ("$", b"$"),
    ("${", b"${"),
    ("${A", b"${A"),
    ("a $ b } c", b"a $ b } c"),
    ("${A\n}", b"${A\n}"),
    ("<<\"\\n\\t~p&\">>", b"<<\"\\n\\t~p&\">>"),
    // A variable with a value.
    ("${A}", b"a"),
    ("x${A}y", b"xay"),
    ("${A}${A}", b"aa"),
    ("${A}\n${A}\n", b"a\na\n"),
    ("-${LONG_name_1}-", b"-long value-"),
    ("${my.var}", b"dotted"),
    ("$${A}", b"$a"),
    ("\\${A}", b"\\a"),
    ("{${A}}", b"{a}"),
    ("${A}}", b"a}"),
    ("${A\n${A}", b"${A\na"),
    ("[{port, ${A}}].", b"[{port, a}]."),
    // A variable without one.
    ("${NONE}", b""),
    ("x${NONE}y", b"xy"),
    ("${}", b""),
    ("${A }", b""),
    ("${ A}", b""),
    ("${a}", b""),
    ("${A-d}", b""),
    ("${A:d}", b""),
    ("${X?}", b""),
    // Defaults.
    ("${A:-d}", b"a"),
    ("${A:-}", b"a"),
    ("${NONE:-d}", b"d"),
    ("${NONE:-}", b""),
    ("${:-d}", b"d"),
    ("${NONE:-a:-b}", b"a:-b"),
    ("${NONE:--}", b"-"),
    ("${NONE:-:-}", b":-"),
    ("${NONE:- two words }", b" two words "),
    ("${NONE:-z+z}", b"z+z"),
    ("${NONE:-a|b}", b"a|b"),
    ("${NONE:-?*([^$&\\}", b"?*([^$&\\"),
    ("${NONE:-\"a\"}", b"\"a\""),
    ("${NONE:-$A}", b"$A"),
    ("${NONE:-http://h:80/?q=1,2;3@x)]}", b"http://h:80/?q=1,2;3@x)]"),
    ("${A:-z+z}", b"a"),
    ("${NONE:-${A}}", b"${A}"),
    ("${A:-${NONE}}", b"a}"),
    ("${NONE:-\n}", b"${NONE:-\n}"),
    // Values are copied, never read again.
    ("${AMP}", b"a&b\\&c\\1"),
    ("${SELF}", b"${SELF}"),
    ("${SELF}${A}", b"${SELF}a"),
    ("${OTHER}", b"${A}"),
    ("${OPEN}A}", b"${A}"),
    ("${QUOTE}", b"it's \"quoted\" `id` $(id)"),
    ("${LINES}", b"one\ntwo"),
    ("${LATIN}", b"\xe5\xff"),
    ("${SLASH}", b"/a/b|c?d*e[f]^g+h(i)"),
    // A brace that opens twice: the outer one is the reference.
    ("${${A}", b""),
    ("${X${A}}", b"}"),
    ("\u{e5}${A}\u{2603}", "\u{e5}a\u{2603}".as_bytes()),
    ("${A}\r\n", b"a\r\n"),
];

#[test]
fn renders() {
    for (text, expected) in CASES {
        let rendered = render(text.as_bytes(), value_of);
        assert_eq!(rendered, *expected, "{text:?} gave {:?}", String::from_utf8_lossy(&rendered));
    }
}

/// A piece of a template, and what it has to become.
fn piece() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let literal = proptest::collection::vec(any::<u8>().prop_filter("no reference", |b| *b != b'$'), 0..12)
        .prop_map(|bytes| (bytes.clone(), bytes));
    let known = "[a-z:?+|*&]{0,6}".prop_flat_map(|default| {
        prop_oneof![Just(String::from("${A}")), Just(format!("${{A:-{default}}}"))]
            .prop_map(|text| (text.into_bytes(), b"<$A ${A}>".to_vec()))
    });
    let unknown = "[^}\n]{0,10}"
        .prop_map(|default| (format!("${{NOT SET:-{default}}}").into_bytes(), default.into_bytes()));
    prop_oneof![literal, known, unknown]
}

proptest! {
    #[test]
    fn never_panics_and_keeps_what_is_no_reference(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let rendered = render(&text, |_| None);
        prop_assert!(rendered.len() <= text.len());
        if !text.contains(&b'$') {
            prop_assert_eq!(rendered, text);
        }
    }

    #[test]
    fn dense_references_never_panic(text in "[${}:A\\-\n]{0,80}") {
        let rendered = render(text.as_bytes(), |_| Some(b"v"));
        let rendered = String::from_utf8_lossy(&rendered).into_owned();
        prop_assert!(!rendered.contains("${A}"), "{:?} became {:?}", text, rendered);
    }

    #[test]
    fn each_piece_is_rendered_by_itself(pieces in proptest::collection::vec(piece(), 0..12)) {
        let text: Vec<u8> = pieces.iter().flat_map(|(text, _)| text.clone()).collect();
        let expected: Vec<u8> = pieces.iter().flat_map(|(_, expected)| expected.clone()).collect();
        let rendered = render(&text, |name| (name == b"A").then_some(b"<$A ${A}>".as_slice()));
        prop_assert_eq!(rendered, expected);
    }
}

#[test]
fn says_where_each_value_comes_from() {
    let template = b"a ${A} ${NONE} ${NONE:-d}\n${LINES}!";
    let rendered = render_whole(template, |name, default| value_of(name).or(default));
    assert_eq!(rendered.text, b"a a  d\none\ntwo!");
    let names: Vec<_> =
        rendered.references.iter().map(|reference| (reference.name.as_str(), reference.missing)).collect();
    assert_eq!(names, [("A", false), ("NONE", true), ("NONE", false), ("LINES", false)]);
    let origin = |range| {
        let range = rendered.template_range(range);
        std::str::from_utf8(&template[range]).unwrap()
    };
    assert_eq!(origin(0..1), "a");
    assert_eq!(origin(2..3), "${A}");
    assert_eq!(origin(0..7), "a ${A} ${NONE} ${NONE:-d}\n");
    assert_eq!(origin(9..10), "${LINES}", "within a value of two lines");
    assert_eq!(origin(14..15), "!");
    let within = |range| rendered.within(&range).map(|found| found.name.as_str()).collect::<Vec<_>>();
    assert_eq!(within(2..3), ["A"]);
    assert_eq!(within(2..2), ["A"], "an empty place is at the character behind it");
    assert_eq!(within(0..2), [""; 0]);
    assert_eq!(within(2..9), ["A", "NONE", "NONE", "LINES"]);
}
