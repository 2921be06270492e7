//! What Erlang expressions may do, judged from their tokens: whether their value depends on nothing but the
//! text, its bindings and some environment variables.

use std::collections::BTreeSet;

use erl_tokenize::{Keyword, Symbol, Token, TokenKind, TokenValue};

/// What the value of Erlang expressions depends on, besides their text and bindings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dependence {
    /// On these environment variables at most.
    Variables(BTreeSet<String>),
    /// On anything: files, commands, the clock.
    Anything,
}

/// Modules whose every function has a value that depends on its arguments alone.
const PURE_MODULES: [&str; 12] = [
    "array",
    "base64",
    "dict",
    "gb_sets",
    "gb_trees",
    "lists",
    "maps",
    "orddict",
    "ordsets",
    "proplists",
    "sets",
    "string",
];

/// Pure functions of modules that have others too.
const PURE_FUNCTIONS: [(&str, &[&str]); 6] = [
    (
        "binary",
        &[
            "at",
            "bin_to_list",
            "copy",
            "first",
            "last",
            "list_to_bin",
            "match",
            "matches",
            "part",
            "replace",
            "split",
        ],
    ),
    ("filename", &["basename", "dirname", "extension", "flatten", "join", "rootname", "split"]),
    // What a script prints is no part of its value.
    ("io", &["format", "fwrite", "nl", "put_chars"]),
    ("io_lib", &["format", "fwrite"]),
    ("re", &["replace", "run", "split"]),
    ("unicode", &["characters_to_binary", "characters_to_list"]),
];

/// Pure functions of the module `erlang`, most of which need no module name. `list_to_atom` and its kin count:
/// the atom table is no result.
const PURE_BUILT_INS: [&str; 55] = [
    "abs",
    "append_element",
    "atom_to_binary",
    "atom_to_list",
    "binary_part",
    "binary_to_atom",
    "binary_to_existing_atom",
    "binary_to_float",
    "binary_to_integer",
    "binary_to_list",
    "bit_size",
    "byte_size",
    "ceil",
    "delete_element",
    "element",
    "error",
    "exit",
    "float",
    "float_to_binary",
    "float_to_list",
    "floor",
    "hd",
    "insert_element",
    "integer_to_binary",
    "integer_to_list",
    "iolist_size",
    "iolist_to_binary",
    "is_atom",
    "is_binary",
    "is_boolean",
    "is_float",
    "is_integer",
    "is_list",
    "is_map",
    "is_map_key",
    "is_number",
    "is_tuple",
    "length",
    "list_to_atom",
    "list_to_binary",
    "list_to_float",
    "list_to_integer",
    "list_to_tuple",
    "map_get",
    "map_size",
    "max",
    "min",
    "round",
    "setelement",
    "size",
    "throw",
    "tl",
    "trunc",
    "tuple_size",
    "tuple_to_list",
];

/// Judges the text of expressions. Doubtful is [`Dependence::Anything`], and so is a text that is none.
pub fn dependence(text: &str) -> Dependence {
    let Ok(tokens) = erl_tokenize::scan_tokens(text) else { return Dependence::Anything };
    let is_code = |token: &Token| !matches!(token.kind(), TokenKind::Whitespace | TokenKind::Comment);
    let words: Vec<Word> = tokens.into_iter().filter(is_code).map(|token| word(token, text)).collect();
    let mut variables = BTreeSet::new();
    for at in 0..words.len() {
        match step(&words, at) {
            Step::Fine => {}
            Step::Reads(name) => {
                variables.insert(name);
            }
            Step::Doubtful => return Dependence::Anything,
        }
    }
    Dependence::Variables(variables)
}

/// True if the expressions name an atom that begins with `prefix`.
pub fn mentions(text: &str, prefix: &str) -> bool {
    let tokens = erl_tokenize::scan_tokens(text).unwrap_or_default();
    tokens.into_iter().any(|token| matches!(word(token, text), Word::Atom(name) if name.starts_with(prefix)))
}

#[derive(Debug, PartialEq, Eq)]
enum Word {
    Atom(String),
    Text(String),
    Fun,
    Colon,
    Open,
    Close,
    Comma,
    /// `!`, `receive`, `?`
    Effect,
    Other,
}

fn word(token: Token, text: &str) -> Word {
    match (token.kind(), token.value(text)) {
        (_, TokenValue::Atom(name)) => Word::Atom(name.into_owned()),
        (_, TokenValue::String(text)) => Word::Text(text.into_owned()),
        (TokenKind::Keyword(Keyword::Fun), _) => Word::Fun,
        (TokenKind::Keyword(Keyword::Receive), _) => Word::Effect,
        (TokenKind::Symbol(symbol), _) => match symbol {
            Symbol::Colon => Word::Colon,
            Symbol::OpenParen => Word::Open,
            Symbol::CloseParen => Word::Close,
            Symbol::Comma => Word::Comma,
            Symbol::Bang | Symbol::Question => Word::Effect,
            _ => Word::Other,
        },
        _ => Word::Other,
    }
}

enum Step {
    Fine,
    Reads(String),
    Doubtful,
}

/// The part that a word plays where it stands: only names of functions and what stands for `:` matter.
fn step(words: &[Word], at: usize) -> Step {
    let before = at.checked_sub(1).and_then(|at| words.get(at));
    let rest = &words[at..];
    let pure = |is_pure: bool| if is_pure { Step::Fine } else { Step::Doubtful };
    match rest {
        [Word::Effect, ..] => Step::Doubtful,
        [Word::Atom(module), Word::Colon, Word::Atom(function), rest @ ..] => call(module, function, rest),
        // `Module:function`, `module:Function`, and sizes in binaries, which are rare enough.
        [Word::Colon, next, ..] => {
            pure(matches!(before, Some(Word::Atom(_))) && matches!(next, Word::Atom(_)))
        }
        // The function of a remote call, which was judged at its module.
        [Word::Atom(_), ..] if before == Some(&Word::Colon) => Step::Fine,
        [Word::Atom(name), Word::Open, ..] => pure(PURE_BUILT_INS.contains(&name.as_str())),
        [Word::Atom(name), ..] if before == Some(&Word::Fun) => pure(PURE_BUILT_INS.contains(&name.as_str())),
        _ => Step::Fine,
    }
}

fn call(module: &str, function: &str, rest: &[Word]) -> Step {
    let listed = |(pure, functions): &(&str, &[&str])| *pure == module && functions.contains(&function);
    let is_pure = PURE_MODULES.contains(&module)
        || PURE_FUNCTIONS.iter().any(listed)
        || (module == "erlang" && PURE_BUILT_INS.contains(&function));
    match (module, function, rest) {
        ("os", "getenv", [Word::Open, Word::Text(name), Word::Close | Word::Comma, ..]) => {
            Step::Reads(name.clone())
        }
        // An Erlang release has one, and the machine's kind does not change.
        ("erlang", "system_info", [Word::Open, Word::Atom(item), Word::Close, ..])
            if item == "otp_release" =>
        {
            Step::Fine
        }
        ("os", "type", _) => Step::Fine,
        _ if is_pure => Step::Fine,
        _ => Step::Doubtful,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(names: &[&str]) -> Dependence {
        Dependence::Variables(names.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn expressions_of_pure_functions_depend_on_the_variables_that_they_name() {
        assert_eq!(dependence("CONFIG."), variables(&[]));
        let usual = "case os:getenv(\"CI\") of false -> CONFIG;
            _ -> lists:keystore(deps, 1, CONFIG, {deps, [list_to_atom(\"a\" ++ os:getenv(\"B\", \"\"))]}) end.";
        assert_eq!(dependence(usual), variables(&["B", "CI"]));
        assert_eq!(
            dependence("F = fun(X) -> X end, lists:map(F, lists:map(fun length/1, CONFIG))."),
            variables(&[])
        );
        assert_eq!(dependence("erlang:system_info(otp_release) >= \"24\"."), variables(&[]));
        assert_eq!(dependence("% file:consult(x)\n\"os:cmd(x)\"."), variables(&[]));
    }

    #[test]
    fn expressions_that_may_read_or_run_something_depend_on_anything() {
        let doubtful = [
            "os:cmd(\"git describe\").",
            "file:consult(\"x\").",
            "M = file, M:consult(\"x\").",
            "F = consult, file:F(\"x\").",
            "lists:map(fun file:consult/1, [\"x\"]).",
            "lists:map(fun apply/1, []).",
            "apply(file, consult, [\"x\"]).",
            "erlang:apply(file, consult, [\"x\"]).",
            "Name = \"A\", os:getenv(Name).",
            "os:getenv(\"A\" ++ \"B\").",
            "os:getenv().",
            "fun os:getenv/1.",
            "erlang:system_info(schedulers).",
            "filename:absname(\"x\").",
            "'file':'consult'(\"x\").",
            "file : consult(\"x\").",
            "self() ! x.",
            "receive X -> X end.",
            "\"not closed",
        ];
        for text in doubtful {
            assert_eq!(dependence(text), Dependence::Anything, "{text}");
        }
    }

    #[test]
    fn a_mention_is_one_outside_of_strings_and_comments() {
        assert!(mentions("erlang:function_exported(rebar3, main, 1).", "rebar"));
        assert!(!mentions("% rebar3\n\"rebar3\".", "rebar"));
    }
}
