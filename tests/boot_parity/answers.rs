//! What the running node answers to `rpc` and `eval`, and how that is shown.

use super::installed::Starter;
use super::live::{Difference, Question, Twins};
use crate::support::said::said;

/// Expressions, with their full stop.
const EXPRESSIONS: [&str; 118] = [
    // Numbers.
    "1.",
    "-1.",
    "4294967296.",
    "9223372036854775807.",
    "-98765432109876543210.",
    "123456789012345678901234567890.",
    "1.0.",
    "-0.0.",
    "0.1.",
    "0.30000000000000004.",
    "3.14159.",
    "1.5e300.",
    "1.0e-5.",
    "5.0e-324.",
    "123456789.123.",
    // Atoms.
    "a.",
    "a_b.",
    "a@b.",
    "'A b'.",
    "'ABC'.",
    "''.",
    "'1a'.",
    "'_a'.",
    "'a-b'.",
    "'a.b'.",
    "'if'.",
    "'it\\'s'.",
    "'größe'.",
    "true.",
    "undefined.",
    "nil.",
    "ok.",
    "list_to_atom(\"hello world\").",
    // Lists and strings.
    "[].",
    "\"\".",
    "\"abc\".",
    "\"'\".",
    "\"a\" ++ \"b\".",
    "[97,98,99].",
    "[97,98,0].",
    "[0,1,2].",
    "[127].",
    "[31].",
    "[233].",
    "[255,256].",
    "[1000,97].",
    "[97,a].",
    "[a,b,c].",
    "[a|b].",
    "[1,2|3].",
    "[97|98].",
    "[[]].",
    "[[1],[2,[3]]].",
    "[[],[[]],\"a\"].",
    "[\"abc\",\"def\"].",
    "[{a,1},{b,\"two\"},{c,[1,2]}].",
    "[1.5, 2.5].",
    "lists:seq(300, 600).",
    "lists:duplicate(300, $a).",
    "lists:duplicate(200, abcdef).",
    // Tuples, binaries, maps.
    "{}.",
    "{a}.",
    "{ok, 1}.",
    "{ok, {ok, 1}}.",
    "{error, x}.",
    "[{ok, 1}].",
    "{a,1,\"x\",<<\"y\">>}.",
    "{{a,{b}},[{c,d}]}.",
    "{[],\"\",<<>>,{}}.",
    "{'A', b}.",
    "erlang:make_tuple(3, x).",
    "<<>>.",
    "<<\"abc\">>.",
    "<<0>>.",
    "<<1,2,3>>.",
    "<<255>>.",
    "<<\"a\\nb\">>.",
    "<<1:3>>.",
    "<<5:7,3:2>>.",
    "list_to_binary(lists:duplicate(300, $a)).",
    "#{}.",
    "#{a => 1}.",
    "#{a => 1, b => 2, c => 3}.",
    "#{\"k\" => <<\"v\">>, 1 => [], 1.5 => x}.",
    "#{a => #{b => {c}}}.",
    "#{'A b' => 'C'}.",
    "maps:from_list([{I, I} || I <- lists:seq(1, 40)]).",
    // Functions and others.
    "fun lists:map/2.",
    "fun(X) -> X end.",
    "(fun(X) -> X + 1 end)(41).",
    "is_pid(self()).",
    "node().",
    "erlang:get_cookie().",
    "nodes(hidden) =/= [].",
    "init:get_plain_arguments().",
    "code:get_mode().",
    "io:format(\"hello~n\").",
    "os:getenv(\"REL_NAME\").",
    "try 1/0 catch _:_ -> caught end.",
    // Several expressions, and texts that are none.
    "A = 1, A + 1.",
    "X = 5, Y = X * 2, {X, Y}.",
    "begin 1, 2 end.",
    "1 +\n1.",
    "1.\n",
    " 1. ",
    "",
    "1 + 1",
    "1 + 1,",
    "1 +",
    "1 + .",
    "foo(",
    ")",
    "% comment",
    "\"unfinished",
    "1_000.",
    // What fails on the node.
    "throw(x).",
    "exit(x).",
    "exit(normal).",
];

/// The words after `rpc`.
const CALLS: [&[&str]; 34] = [
    &[],
    &["erlang"],
    &["depot", "vsn"],
    &["erlang", "node"],
    &["erlang", "node", "[]"],
    &["erlang", "node", "[]."],
    &["erlang node"],
    &["lists seq [1,5]."],
    &["erlang", "", " node   []"],
    &["lists", "seq", "[1,5]"],
    &["lists", "seq", "[300,", "303]"],
    &["lists", "reverse", "[[1,2,3]]"],
    &["lists", "reverse", "[\"abc\"]"],
    &["application", "get_env", "[depot,none,nothing]"],
    &["erlang", "list_to_atom", "[\"x y\"]"],
    &["erlang", "is_atom", "['A b']"],
    &["erlang", "tuple_to_list", "[{a,\"b\",1.5}]"],
    &["erlang", "float", "[1]"],
    &["erlang", "abs", "[-5]"],
    &["erlang", "+", "[1,2]"],
    &["erlang", "is_list", "[[]]"],
    &["maps", "from_list", "[[{a,1}]]"],
    &["init", "get_plain_arguments"],
    &["io", "format", "[\"hello\\n\"]"],
    // What fails on the node.
    &["nope", "nope"],
    &["depot_none"],
    &["erlang", "nope", "[]"],
    &["erlang", "node", "a"],
    &["erlang", "hd", "[[]]"],
    &["erlang", "error", "[wrong]"],
    &["erlang", "exit", "[wrong]"],
    &["erlang", "throw", "[wrong]"],
    // Arguments that are none.
    &["erlang", "node", "[a"],
    &["lists", "seq", "[1,,5]"],
];

const NODETOOL: &[(&str, &str)] = &[("USE_NODETOOL", "true")];

/// relx's nodetool answers.
const BY_NODETOOL: [Question<'_>; 9] = [
    (NODETOOL, &["ping"]),
    (NODETOOL, &["pid"]),
    (NODETOOL, &["rpc", "erlang", "node"]),
    (NODETOOL, &["rpc", "io", "format", "[\"hello~n\"]"]),
    (NODETOOL, &["rpc", "lists", "seq", "[1,3]"]),
    (NODETOOL, &["eval", "1 + 1."]),
    (NODETOOL, &["eval", "{a, 1}."]),
    (NODETOOL, &["eval", "#{a => <<\"b\">>, 1.5 => \"c\"}."]),
    (NODETOOL, &["eval", "io:format(\"hello~n\")."]),
];

const BACKSLASHES: &str =
    "backslashes are the answer's own; relx's shell reads them, and takes lines one by one";
const BACKSLASHES_IN: &str = "backslashes are the expression's own; relx's shell reads them";
const UTF_8: &str = "an argument is UTF-8; erl_call takes it for Latin-1";
const TIME_OUT: &str = "a failure with a message; erl_call is ended by a signal";
const ANY_TERM: &str = "an argument may be any term; erl_call knows some";

const OTHERWISE: &[Difference<'_>] = &[
    ((&[], &["eval", r#""a\nb"."#]), ("{ok, \"a\nb\"}\n", 0), ("\"a\\nb\"\n", 0), BACKSLASHES),
    ((&[], &["eval", "[8]."]), ("\"\u{8}\"\n", 0), ("\"\\b\"\n", 0), BACKSLASHES),
    ((&[], &["eval", "1. 2."]), (LEFT_OVER, 0), (LEFT_OVER_ESCAPED, 0), BACKSLASHES),
    ((&[], &["eval", r#""\\"."#]), (INCOMPLETE, 0), ("\"\\\"\n", 0), BACKSLASHES_IN),
    ((&[], &["eval", r#""\a"."#]), ("\"\\x7\"\n", 0), ("\"a\"\n", 0), BACKSLASHES_IN),
    ((&[], &["eval", "\"ö\"."]), ("\"\\xffffffc3\\xffffffb6\"\n", 0), ("\"\\xfffffff6\"\n", 0), UTF_8),
    ((&[], &["eval", "\"☃\"."]), ("\"\\xffffffe2\\xffffff98\\xffffff83\"\n", 0), ("[9731]\n", 0), UTF_8),
    ((&[], &["eval", "<<\"ö\"/utf8>>."]), ("#Bin<195,131,194,182>\n", 0), ("#Bin<195,182>\n", 0), UTF_8),
    (
        (&[], &["rpc", "string", "uppercase", "[\"ö\"]"]),
        ("\"\\xffffffc3\\xffffffb6\"\n", 0),
        ("\"\\xffffffd6\"\n", 0),
        UTF_8,
    ),
    ((&[], &["rpc", "erlang", "atom_to_list", "[ö]"]), ("", 255), ("\"\\xfffffff6\"\n", 0), UTF_8),
    ((&[], &["eval", "list_to_atom([9731])."]), ("{ok, \n", 0), ("'☃'\n", 0), "erl_call shows no such atom"),
    ((&[], &["rpc", "io", "format", "[\"hello~n\"]"]), ("", 255), ("ok\n", 0), ANY_TERM),
    ((&[], &["rpc", "erlang", "size", "[<<1,2,3>>]"]), ("", 255), ("3\n", 0), ANY_TERM),
    ((&[], &["rpc", "maps", "get", "[a, #{a => 1}]"]), ("", 255), ("1\n", 0), ANY_TERM),
    (
        (&[], &["rpc", "lists", "nth", "[1, [fun lists:map/2]]"]),
        ("fun\n", 0),
        ("fun lists:map/2\n", 0),
        ANY_TERM,
    ),
    ((&[], &["rpc", "'erlang'", "'node'"]), (QUOTED, 0), ("NODE\n", 0), "Elixir's modules need quotes"),
    ((&[], &["rpc", "erlang", "node", "[] more"]), ("NODE\n", 0), ("", 255), "nothing is ignored"),
    ((&[("RELX_RPC_TIMEOUT", "1")], &["rpc", "timer", "sleep", "[10000]"]), ("", 142), ("", 1), TIME_OUT),
    ((&[("RELX_RPC_TIMEOUT", "1")], &["eval", "timer:sleep(10000)."]), ("", 142), ("", 1), TIME_OUT),
    (
        (&[("RELX_COOKIE", "wrong")], &["ping"]),
        ("Node is not running!\n", 1),
        ("Node is not running!\n", 1),
        "the same",
    ),
    (
        (&[("RELX_RPC_TIMEOUT", "x")], &["ping"]),
        ("Node is not running!\n", 1),
        ("", 2),
        "a wrong number is named",
    ),
    ((&[("NODETOOL_TIMEOUT", "x")], &["ping"]), ("", 2), ("", 2), "the same exit code"),
    (
        (&[("NODETOOL_TIMEOUT", "500")], &["ping"]),
        ("Node is not running!\n", 1),
        ("pong\n", 0),
        "half a second is not none",
    ),
];

const LEFT_OVER: &str = "{error, \"Non-white space found after end-of-form :2.\n\"}\n";
const LEFT_OVER_ESCAPED: &str = "{error, \"Non-white space found after end-of-form :2.\\n\"}\n";
const INCOMPLETE: &str = "{error, \"Incomplete form (missing .<cr>)??\"}\n";
const QUOTED: &str = "{badrpc, {'EXIT', {undef, [{''erlang'', ''node'', [], []}]}}}\n";

/// What fails on the node, and is shown with the lines where it did.
const EXCEPTIONS: [&str; 8] = [
    "1/0.",
    "foo:bar().",
    "bar().",
    "error(x).",
    "erlang:error({a, \"b\"}).",
    "1 = 2.",
    "case 1 of 2 -> ok end.",
    "Unbound.",
];

fn node() -> Twins {
    Twins::live(Starter::Relx, "")
}

#[test]
fn the_value_of_an_expression_is_shown_as_relx_s_script_shows_it() {
    let words = EXPRESSIONS.map(|expression| ["eval", expression]);
    node().assert_same_answers(words.iter().map(|words| -> Question<'_> { (&[], words) }));
}

#[test]
fn an_expression_may_be_several_words() {
    node().assert_same_answers([(&[][..], &["eval"][..]), (&[], &["eval", "1", "+", "1."])]);
}

#[test]
fn a_call_is_answered_as_by_relx_s_script() {
    let words = CALLS.map(|words| [&["rpc"], words].concat());
    node().assert_same_answers(words.iter().map(|words| -> Question<'_> { (&[], words) }));
}

#[test]
fn with_use_nodetool_the_answers_are_those_of_nodetool() {
    node().assert_same_answers(BY_NODETOOL);
}

#[test]
fn an_answer_differs_from_relx_s_in_what_is_listed() {
    node().assert_other_answers(OTHERWISE);
}

#[test]
fn an_exception_is_shown_as_relx_s_script_shows_it_but_for_the_ends_of_lines() {
    let node = node();
    for expression in EXCEPTIONS {
        let [relx, boot] =
            [Starter::Relx, Starter::Boot].map(|starter| node.answer(starter, (&[], &["eval", expression])));
        assert_eq!((boot.0.replace("\\n", "\n"), boot.1), relx, "{expression}");
        assert!(
            boot.0.starts_with("{error, \"*** eval: {'EXIT',") && boot.0.lines().count() == 1,
            "{boot:?}"
        );
    }
}

/// relx's nodetool says so on standard output, and has exit code 127 for what it cannot read.
#[test]
fn with_use_nodetool_what_fails_on_the_node_is_an_error() {
    let node = node();
    for (words, code) in [
        (&["rpc", "erlang", "error", "[wrong]"][..], 1),
        (&["eval", "error(wrong)."], 1),
        (&["eval", "wrong + ."], 127),
    ] {
        let [relx, boot] = [Starter::Relx, Starter::Boot]
            .map(|starter| said(node.command(starter, words).envs(NODETOOL.iter().copied())));
        assert_eq!((relx.code, boot.code), (Some(code), Some(1)), "{words:?} {relx:?} {boot:?}");
        let begins = format!("RPC to {} failed: ", node.name);
        assert!(boot.out.is_empty() && boot.err.contains(&begins), "{words:?} {boot:?}");
        assert_eq!(relx.out.starts_with(&begins), code == 1, "{words:?} {relx:?}");
    }
}
