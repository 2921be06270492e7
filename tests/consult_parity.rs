//! Generated texts, read by the library and by Erlang's own `file:consult/1`: the same terms, or both refuse.

use std::path::Path;

use erlrel_core::term::{Term, consult, pretty};

use crate::support::random::Random;
use crate::support::{erlang, temp_dir};

const TEXTS: usize = 5000;

#[test]
fn generated_texts_are_the_terms_that_erlang_reads_or_are_refused_by_both() {
    let temp = temp_dir();
    let texts = (0..).map(|seed| text(&mut Random(seed))).filter(|text| !reads_otherwise(text));
    let texts: Vec<String> = texts.take(TEXTS).collect();
    let mut accepted = 0;
    for (number, text) in texts.iter().enumerate() {
        let path = temp.path().join(number.to_string());
        std::fs::write(&path, text).expect("written");
        if let Ok(document) = consult(Path::new("text"), text.as_bytes()) {
            accepted += 1;
            let terms = pretty(&Term::list(document.terms));
            std::fs::write(path.with_extension("ours"), format!("%% coding: utf-8\n{terms}.\n"))
                .expect("written");
        }
    }
    let differing = erlang::evaluate(
        r#"[Dir, Count] = init:get_plain_arguments(),
           Ours = fun(File) -> case filelib:is_file(File) of true -> file:consult(File); false -> refused end end,
           Compare = fun(Number) ->
               File = filename:join(Dir, integer_to_list(Number)),
               case {file:consult(File), Ours(File ++ ".ours")} of
                   {{ok, Terms}, {ok, [Terms]}} -> ok;
                   {{error, _}, refused} -> ok;
                   {Theirs, Found} -> io:format("~b: Erlang ~0tp, erlrel ~0tp~n", [Number, Theirs, Found])
               end
           end,
           lists:foreach(Compare, lists:seq(0, list_to_integer(Count) - 1)), halt()."#,
        &[temp.path().as_os_str(), TEXTS.to_string().as_ref()],
    );
    let show = |line: &str| {
        let number: usize = line.split(':').next().and_then(|number| number.parse().ok()).expect("a number");
        format!("{:?}\n  {line}", texts[number])
    };
    let differing: Vec<String> = differing.lines().map(show).collect();
    assert!(differing.is_empty(), "{}\n{} texts differ", differing.join("\n"), differing.len());
    let count = texts.len();
    assert!(accepted * 3 > count && accepted * 3 < count * 2, "{accepted} of {count} are terms");
}

/// Whether there is something in a text that Erlang and erlrel read otherwise, and know of.
fn reads_otherwise(text: &str) -> bool {
    // Since OTP 27 there must be something between two texts.
    let texts = text.contains("\"\"");
    // No configuration has binaries of bits or of numbers with a sign.
    let signed = ["<<-", "<<+"].iter().any(|start| text.contains(start));
    let bits = behind(text, ":").any(|rest| {
        let size: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
        size.parse::<u32>().is_ok_and(|size| size % 8 != 0)
    });
    // Since OTP 28 there are floats with a base.
    let floats = behind(text, "#").any(|rest| {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    });
    // erl_tokenize has control characters of letters only.
    let controls = behind(text, "\\^").any(|rest| !rest.starts_with(char::is_alphabetic));
    texts || signed || bits || floats || controls
}

fn behind<'a>(text: &'a str, mark: &str) -> impl Iterator<Item = &'a str> {
    text.match_indices(mark).map(|(at, mark)| &text[at + mark.len()..])
}

/// A few terms; of two texts one has a mistake, most often.
fn text(random: &mut Random) -> String {
    let count = random.below(4);
    let terms: Vec<String> = (0..count).map(|_| term(random, 3) + blank(random) + ".\n").collect();
    let mut text = terms.concat();
    if random.chance(80) {
        for _ in 0..=random.below(2) {
            alter(random, &mut text);
        }
    }
    text
}

fn alter(random: &mut Random, text: &mut String) {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let Some(at) = (!places.is_empty()).then(|| random.pick(&places)) else { return };
    let more = random.pick(&MORE);
    let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
    match random.below(3) {
        0 => text.replace_range(at..end, ""),
        1 => text.replace_range(at..end, more),
        _ => text.insert_str(at, more),
    }
}

const MORE: [&str; 34] = [
    ".", ",", "{", "}", "[", "]", "|", "<<", ">>", "#", "=>", "\"", "'", "$", "%", " ", "\n", "-", "+", "_",
    "A", "a", "1", "/", ":", "\\", "(", ")", ";", "é", "\u{a0}", "..", "1.0", "a.b",
];

fn blank(random: &mut Random) -> &'static str {
    random.pick(&["", "", "", " ", "\n", "\t", " % a comment. [\n", "\r\n"])
}

fn term(random: &mut Random, depth: usize) -> String {
    if depth == 0 || random.chance(40) {
        return random.pick(&SCALARS).into();
    }
    let count = random.below(4);
    let elements: Vec<String> = (0..count).map(|_| element(random, depth - 1)).collect();
    match random.below(5) {
        0 | 1 => format!("[{}]", elements.join(",")),
        2 | 3 => format!("{{{}}}", elements.join(",")),
        _ if elements.is_empty() => "#{}".into(),
        _ => {
            let pairs: Vec<String> =
                elements.iter().enumerate().map(|(key, value)| format!("{key} => {value}")).collect();
            format!("#{{{}}}", pairs.join(", "))
        }
    }
}

fn element(random: &mut Random, depth: usize) -> String {
    let text = term(random, depth);
    format!("{}{text}{}", blank(random), blank(random))
}

const SCALARS: [&str; 40] = [
    "a",
    "ab_1@x",
    "'quoted atom'",
    "'it\\'s'",
    "'żółw'",
    "größe",
    "''",
    "0",
    "-1",
    "+1",
    "- 1",
    "1_000",
    "16#fF",
    "36#Zz",
    "2#101",
    "123456789012345678901234567890",
    "1.5",
    "-0.0",
    "1.0e3",
    "1.0E-3",
    "$a",
    "$\\n",
    "$ ",
    "$\\x{17c}",
    "$\\^A",
    "\"text\"",
    "\"\"",
    "\"a\\\"b\\\\\"",
    "\"\\x41\\101\\e\\d\\s\"",
    "\"żółw\"",
    "\"a\" \"b\"",
    "\"line\\\nline\"",
    "<<>>",
    "<<\"text\">>",
    "<<\"żółw\"/utf8>>",
    "<<1,2,255>>",
    "<<1:16, 2>>",
    "<<\"a\", 1, \"b\">>",
    "[a | b]",
    "fun lists:map/2",
];
