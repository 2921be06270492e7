//! The real Erlang, asked for an independent opinion.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::run;
use super::toolchain::Toolchain;

/// Where the installation lies.
pub(crate) fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| evaluate("io:put_chars(code:root_dir()), halt().", &[]).into())
}

/// Evaluates expressions in a virtual machine of its own, which must end with `halt()`, and gives what they print.
/// `arguments` are what `init:get_plain_arguments()` returns there.
pub(crate) fn evaluate(expressions: &str, arguments: &[&OsStr]) -> String {
    evaluate_with(&Toolchain::Machine, expressions, arguments)
}

/// The same, by this toolchain's virtual machine.
pub(crate) fn evaluate_with(toolchain: &Toolchain, expressions: &str, arguments: &[&OsStr]) -> String {
    let mut erl = toolchain.command("erl", Path::new(env!("CARGO_TARGET_TMPDIR")));
    erl.env("ERL_CRASH_DUMP_BYTES", "0");
    erl.args([
        "+S",
        "1",
        "+pc",
        "unicode",
        "-boot",
        "no_dot_erlang",
        "-noinput",
        "-eval",
        expressions,
        "-extra",
    ])
    .args(arguments);
    run(&mut erl)
}

/// Asserts that each pair of files holds one term each, and the same one (`=:=`).
pub(crate) fn assert_equal_terms(pairs: &[(PathBuf, PathBuf)], scratch: &Path) {
    let list = scratch.join("pairs");
    let text: Vec<String> = pairs.iter().map(|(a, b)| format!("{{{:?}, {:?}}}", a, b)).collect();
    std::fs::write(&list, format!("[{}].\n", text.join(",\n"))).expect("written");
    let differences = evaluate(
        r#"[File] = init:get_plain_arguments(),
           {ok, [Pairs]} = file:consult(File),
           Compare = fun({A, B}) ->
               case {file:consult(A), file:consult(B)} of
                   {{ok, [Term]}, {ok, [Other]}} when Term =:= Other -> ok;
                   Found -> io:format("~ts and ~ts: ~tp~n", [A, B, Found])
               end
           end,
           lists:foreach(Compare, Pairs),
           io:format("compared ~b", [length(Pairs)]),
           halt()."#,
        &[list.as_os_str()],
    );
    assert_eq!(differences, format!("compared {}", pairs.len()));
}

/// Asserts that the first of each pair of files is what the toolchain's `beam_lib` leaves of the second when it strips it as relx
/// does.
pub(crate) fn assert_stripped(toolchain: &Toolchain, pairs: &[(PathBuf, PathBuf)], scratch: &Path) {
    let list = scratch.join("stripped");
    let text: Vec<String> = pairs.iter().map(|(a, b)| format!("{{{:?}, {:?}}}", a, b)).collect();
    std::fs::write(&list, format!("[{}].\n", text.join(",\n"))).expect("written");
    let differences = evaluate_with(
        toolchain,
        r#"[File] = init:get_plain_arguments(),
           {ok, [Pairs]} = file:consult(File),
           Compare = fun({Stripped, Whole}) ->
               {ok, Bytes} = file:read_file(Whole),
               {ok, [{Module, Expected}]} = beam_lib:strip_files([Bytes], ["Attr"]),
               {ok, Found} = file:read_file(Stripped),
               Plain = fun(<<31, 139, _/binary>> = Gzip) -> zlib:gunzip(Gzip); (Other) -> Other end,
               case Plain(Found) =:= Plain(Expected) of
                   true -> ok;
                   false -> io:format("~p differs~n", [Module])
               end
           end,
           lists:foreach(Compare, Pairs),
           io:format("compared ~b", [length(Pairs)]),
           halt()."#,
        &[list.as_os_str()],
    );
    assert_eq!(differences, format!("compared {}", pairs.len()));
}
