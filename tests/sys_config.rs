//! A `sys.config` that stops the virtual machine is refused: the real one and the real relx on the same files.

use crate::support::rebar3::Tiny;
use crate::support::tool;

const CONFIG: &str = r#"{relx, [{release, {tiny, "1"}, [tiny, sasl]}, {mode, prod}, {include_erts, false},
    {sys_config, "sys.config"}, {extended_start_script, false}]}.
"#;

/// With a file that others may name.
fn project() -> Tiny {
    let project = Tiny::new(CONFIG);
    project.write("other.config", "[{shop, [{a, 2}]}].\n");
    project
}

fn starts(project: &Tiny) -> bool {
    let mut erl = tool("erl", "erlang-base");
    erl.args(["-noinput", "-boot", "no_dot_erlang", "-config", "./sys", "-eval", "halt(0)."]);
    erl.env("ERL_CRASH_DUMP_SECONDS", "0").current_dir(project.dir());
    erl.output().expect("started").status.success()
}

fn is_made(project: &Tiny) -> bool {
    let output = project.erlrel("tar --no-compile --quiet --profile default").output().expect("started");
    output.status.success()
}

#[test]
fn what_the_virtual_machine_takes_is_taken_and_nothing_else() {
    let project = project();
    assert!(project.rebar3("compile").output().expect("started").status.success());
    let taken = [
        "[{shop, [{a, 1}]}, \"other.config\", {kernel, []}].",
        "[{shop, [{a, 1}]}, \"other\", {shop, [{a, 2}, {'x y', 3}]}].",
        "[{shop, \"\"}, [111, 116, 104, 101, 114]].",
        "\"\".",
    ];
    let refused = [
        "[{shop, x}].",
        "[{shop, \"x\"}].",
        "[{shop, #{a => 1}}].",
        "[{shop, [{a, 1} | {b, 2}]}].",
        "[{shop, [{a, 1}]} | shop].",
        "[shop].",
        "[1].",
        "[\"\"].",
        "[<<\"other\">>].",
        "[{shop, [], x}].",
        "[{\"shop\", []}].",
        "[[{shop, []}]].",
        "[{shop, [{a, 1}, b]}].",
        "[{shop, [{\"a\", 1}]}].",
        "[{shop, [{a, 1, 2}]}].",
        "[{shop, [{a, 1}, {a, 1}]}].",
    ];
    let taken = taken.iter().map(|text| (text, true));
    for (text, expected) in taken.chain(refused.iter().map(|text| (text, false))) {
        project.write("sys.config", text);
        assert_eq!((starts(&project), is_made(&project)), (expected, expected), "{text}");
    }
}

#[test]
fn what_relx_refuses_is_refused_and_so_is_what_it_packs_in_vain() {
    let project = project();
    for (text, by_relx, by_virtual_machine) in [
        ("[{shop, [{a, 1}]}, \"other.config\"].", true, true),
        ("[shop].", false, false),
        ("[{shop, [{a, 1}, b]}].", true, false),
        ("[[\"other\"]].", false, true),
    ] {
        project.write("sys.config", text);
        let relx = project.rebar3("tar").output().expect("started");
        assert_eq!(relx.status.success(), by_relx, "{text}\n{}", String::from_utf8_lossy(&relx.stdout));
        assert_eq!(starts(&project), by_virtual_machine, "{text}");
        assert_eq!(is_made(&project), by_relx && by_virtual_machine, "{text}");
    }
}
