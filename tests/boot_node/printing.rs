//! Results look as those of `erl_call`, for the scripts that read them.

use std::io::Write;
use std::process::{Command, Stdio};

use super::running::{COOKIE, Release, toolchains};

/// Expressions whose values erl_call prints without losing anything.
const SAME: &[&str] = &[
    "ok",
    "'Ok'",
    "''",
    "'with space'",
    "a_b@C1",
    "'_x'",
    "'it\\'s'",
    "'1a'",
    "'a-b'",
    "0",
    "1",
    "-1",
    "255",
    "256",
    "-256",
    "2147483647",
    "-2147483648",
    "2147483648",
    "-2147483649",
    "4294967295",
    "1 bsl 59",
    "1 bsl 60",
    "(1 bsl 64) - 1",
    "-((1 bsl 64) - 1)",
    "1 bsl 64",
    "-(1 bsl 64)",
    "1 bsl 100 + 10",
    "-(1 bsl 2000)",
    "1 bsl 2100",
    "0.0",
    "-0.0",
    "1.5",
    "-1.0e-7",
    "1.0e22",
    "1.7976931348623157e308",
    "0.1 + 0.2",
    "0.0000005",
    "[]",
    "\"\"",
    "\"abc\"",
    "\"a \\\"b\\\" \\\\ c\"",
    "[7,8,9,10,11,12,13,27,31,32,126,127]",
    "[0,128,255]",
    "\"Z\\374rich\"",
    "[1,2,300]",
    "[256]",
    "lists:seq(1, 300)",
    "lists:duplicate(70000, $a)",
    "[a]",
    "[a, b, [c, \"d\", []]]",
    "[a | b]",
    "[1, 2 | 3]",
    "[\"ab\" | <<>>]",
    "[$a | b]",
    "{}",
    "{a}",
    "{a, {b, \"c\"}, [d]}",
    "list_to_tuple(lists:seq(1, 300))",
    "#{}",
    "#{a => 1}",
    "#{a => 1, \"b\" => [2], {c} => #{d => e}}",
    "maps:from_list([{N, N} || N <- lists:seq(1, 40)])",
    "<<>>",
    "<<1>>",
    "<<1,2,255>>",
    "<<\"text\">>",
    "binary:copy(<<7>>, 30)",
    "binary:copy(<<7>>, 31)",
    "<<1:1>>",
    "<<255, 5:3>>",
    "<<0:7>>",
    "fun lists:map/2",
    "fun erlang:'+'/2",
    "fun io:format/1",
    "whereis(init)",
    "whereis(kernel_sup)",
    "[whereis(init), {whereis(user)}]",
    "{badrpc, {'EXIT', {undef, [{m, f, [], []}]}}}",
    "{error, \"text\"}",
    "erlang:system_info(otp_release)",
    "erlang:system_info(machine)",
    "application:which_applications()",
    "application:get_all_env(kernel)",
    "element(2, init:get_argument(root))",
    "erlang:memory() =/= []",
];

/// References, funs, ports and processes are other ones each time: the node keeps them.
const KEPT: &str = "persistent_term:put(kept, {make_ref(), fun() -> ok end, fun(X) -> X + 1 end, erlang:ports(), \
                    processes(), [make_ref(), {fun erlang:node/0}]}).";

#[test]
fn terms_are_printed_as_erl_call_prints_them() {
    for toolchain in toolchains() {
        let release = Release::new("-sname", "localhost", "").started(toolchain);
        release.says(&["eval", KEPT]);
        let mut different = Vec::new();
        for expression in SAME.iter().chain(&["persistent_term:get(kept)"]) {
            let text = format!("{expression}.\n");
            let mut erl_call = release.erl_call(toolchain);
            erl_call.args(["-R", "-sname", &release.node, "-c", COOKIE, "-e"]);
            let theirs = with_input(&mut erl_call, &text);
            let value = theirs.strip_prefix("{ok, ").and_then(|text| text.strip_suffix('}'));
            let value = value.unwrap_or_else(|| panic!("{expression}: {theirs}"));
            let ours = release.says(&["eval", &text]);
            if ours != format!("{value}\n") {
                different.push(format!("{expression}:\n  {value}\n  {ours}"));
            }
        }
        assert!(different.is_empty(), "{}: {}", toolchain.name(), different.join("\n"));
    }
}

/// What `erl_call` breaks off at, or writes as bytes that are no text.
#[test]
fn terms_that_erl_call_cannot_print_are_printed() {
    let release = Release::running();
    for (expression, expected) in [
        ("list_to_atom([1078])", "'ж'"),
        ("{a, list_to_atom([233]), b}", "{a, 'é', b}"),
        ("hd(erlang:ports()) =/= 1", "true"),
    ] {
        assert_eq!(release.says(&["eval", &format!("{expression}.")]), format!("{expected}\n"));
    }
    let port = release.says(&["eval", "hd(erlang:ports())."]);
    assert!(port.starts_with("#Port<") && port.ends_with(">\n"), "{port}");
    let reference = release.says(&["eval", "make_ref()."]);
    assert!(reference.starts_with("#Ref<") && reference.matches('.').count() == 2, "{reference}");
    let fun = release.says(&["eval", "fun() -> ok end."]);
    assert!(fun.starts_with("#Fun{erl_eval."), "{fun}");
}

fn with_input(command: &mut Command, text: &str) -> String {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.expect("started");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(text.as_bytes()).expect("written");
    drop(input);
    let output = child.wait_with_output().expect("ended");
    String::from_utf8(output.stdout).expect("UTF-8")
}
