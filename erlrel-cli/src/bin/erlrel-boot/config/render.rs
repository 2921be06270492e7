//! Puts the values of environment variables into the text of a `.src` file.

/// Replaces each `${VAR}` and `${VAR:-default}` in `text` by what `value_of` gives for `VAR`.
///
/// One pass, byte for byte: a value or a default is copied as it is and never looked at again. A variable
/// without a value gives its default, or nothing. The name is everything up to the first `:-`, the reference
/// everything up to the first `}` of the same line; text that is no such reference stays as it is.
pub(crate) fn render<'a>(text: &[u8], value_of: impl Fn(&[u8]) -> Option<&'a [u8]>) -> Vec<u8> {
    let mut rendered = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = find(rest, OPENING) {
        let (before, after) = (&rest[..start], &rest[start + OPENING.len()..]);
        rendered.extend_from_slice(before);
        rest = match reference(after) {
            Some((inside, behind)) => {
                let (name, default) = name_and_default(inside);
                rendered.extend_from_slice(value_of(name).unwrap_or(default));
                behind
            }
            None => {
                rendered.extend_from_slice(OPENING);
                after
            }
        };
    }
    rendered.extend_from_slice(rest);
    rendered
}

const OPENING: &[u8] = b"${";
const DEFAULT: &[u8] = b":-";

/// What stands before and behind the closing brace, when there is one on this line.
fn reference(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| matches!(byte, b'}' | b'\n'))?;
    (text[end] == b'}').then(|| (&text[..end], &text[end + 1..]))
}

fn name_and_default(inside: &[u8]) -> (&[u8], &[u8]) {
    match find(inside, DEFAULT) {
        Some(at) => (&inside[..at], &inside[at + DEFAULT.len()..]),
        None => (inside, b""),
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::render;
    use proptest::prelude::*;

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
        let literal =
            proptest::collection::vec(any::<u8>().prop_filter("no reference", |b| *b != b'$'), 0..12)
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
}
