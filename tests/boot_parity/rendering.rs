//! vm.args and sys.config: what is made of each, and where.

use super::arrived::{Start, assert_same};
use super::installed::Starter;

/// What the templates find.
const ENVIRONMENT: &[(&str, &[u8])] = &[
    ("VAR1", b"101"),
    ("VARx1", b"vx"),
    ("_", b"under"),
    ("EMPTY", b""),
    ("BACK", br"a\b"),
    ("BACK_LAST", b"a\\"),
    ("BACK_TWICE", br"a\\b"),
    ("BACK_AMPERSAND", br"a\&b"),
    ("AMPERSAND", b"a&b&&c"),
    ("BLANKS", b"  a  b  "),
    ("BRACES", b"{a}"),
    ("CARRIAGE_RETURN", b"a\rb"),
    ("DOLLAR", b"$$ $1 $VAR1 $(id)"),
    ("HASH", b"a#b"),
    ("LATIN", b"\xe5\xff"),
    ("LINES", b"one\n%% two"),
    ("LINE_LAST", b"one\n"),
    ("PERCENT", b"%s %d 100%"),
    ("QUOTES", b"it's \"quoted\" `id`"),
    ("SLASH", b"/a/b|c?d*e[f]^g+h(i)"),
    ("TAB", b"a\tb"),
    ("UMLAUT", "Größe ☃".as_bytes()),
    ("SELF", b"${SELF}"),
    ("SELF_WITH_DEFAULT", b"x${SELF_WITH_DEFAULT:-y}"),
    ("OTHER", b"${VAR1}"),
    ("OPEN", b"${"),
];

/// No shell hands such variables on.
const NAMES: &[(&str, &[u8])] = &[("my.var", b"dotted"), ("VAR-X", b"dashed"), ("1A", b"a digit first")];

/// Each is a line of both files.
const SAME: [&str; 87] = [
    // No reference.
    "plain text",
    "",
    "   ",
    "tab\tand \\n backslashes \\ \\\\",
    "größe ☃",
    "&&",
    "$VAR1",
    "$(VAR1)",
    "{VAR1}",
    "$ {VAR1}",
    "$$",
    "${VAR1",
    "VAR1}",
    "${VAR1\n## }",
    // A value.
    "${VAR1}",
    "${VAR1}${VAR1}",
    "x${VAR1}y${VAR1}z",
    "${VAR1} ${BACK} ${VAR1}",
    "${VAR1}\n## ${VAR1}",
    "$${VAR1}",
    "\\${VAR1}",
    "&${VAR1}&",
    "{${VAR1}}",
    "größe ${VAR1} ☃",
    "${VAR1}\r",
    "${_}",
    "${BACK}",
    "${BACK_LAST}",
    "${AMPERSAND}",
    "${BLANKS}",
    "${BRACES}",
    "${CARRIAGE_RETURN}",
    "${DOLLAR}",
    "${HASH}",
    "${LATIN}",
    "${LINES}",
    "${LINE_LAST}",
    "${PERCENT}",
    "${QUOTES}",
    "${SLASH}",
    "${TAB}",
    "${UMLAUT}",
    "${LINES}${LATIN}${UMLAUT}${QUOTES}",
    // None, and no other form of reference that a shell has.
    "${UNSET}",
    "a${UNSET}b",
    "${EMPTY}",
    "${}",
    "${ VAR1}",
    "${VAR1 }",
    "${VAR1-d}",
    "${VAR1:d}",
    "${VAR1:=d}",
    "${VAR1#1}",
    "${VAR1%1}",
    "${VAR1/1/2}",
    "${VAR1,,}",
    "${VAR1.x}",
    // A default.
    "${UNSET:-d}",
    "${EMPTY:-d}",
    "${VAR1:-d}",
    "${VAR1:-}",
    "${UNSET:-}",
    "${:-d}",
    "${UNSET:-a:-b}",
    "${VAR1:-a:-b}",
    "${UNSET:--}",
    "${UNSET:-:-}",
    "${UNSET:-:-x}",
    "${UNSET:- two words }",
    "${UNSET:-\"a\"}",
    "${UNSET:-'a'}",
    "${UNSET:-`id`}",
    "${UNSET:-#x!}",
    "${UNSET:-<<>>}",
    "${UNSET:-50%}",
    "${UNSET:-~p~n}",
    "${UNSET:-a=b}",
    "${UNSET:-a.b-c_d}",
    "${UNSET:-.}",
    "${UNSET:-/a/b}",
    "${UNSET:-http://h:80/p;q,r@s)]=}",
    "${UNSET:-{a, b}",
    "${UNSET:-{a}}",
    "${VAR1:-{a}}",
    "${UNSET:-Größe ☃}",
    "${VAR1:-x}${UNSET:-y}${EMPTY:-z}",
    "${REL_NAME} ${RELEASE_NAME} ${RELEASE_VSN} ${EMU} ${PROGNAME} ${TERM} ${RELX_RPC_TIMEOUT} ${ROOTDIR} ${BINDIR} ${ESCRIPT_NAME}",
];

/// Lines with which relx's script comes to no end, and what erlrel-boot makes of them: defaults and values are taken as they
/// are, and once. awk takes the reference for a pattern that does not match itself, or finds another reference in its place.
const HANGING: [(&str, &str); 25] = [
    ("${SELF}", "${SELF}"),
    ("${SELF_WITH_DEFAULT}", "x${SELF_WITH_DEFAULT:-y}"),
    ("${BACK_AMPERSAND}", r"a\&b"),
    ("${UNSET:-z+z}", "z+z"),
    ("${VAR1:-z+z}", "101"),
    ("${UNSET:-z?z}", "z?z"),
    ("${UNSET:-http://h:80/p?q=1}", "http://h:80/p?q=1"),
    ("${UNSET:-z*z}", "z*z"),
    ("${UNSET:-(z)}", "(z)"),
    ("${UNSET:-[z]}", "[z]"),
    ("${UNSET:-^z}", "^z"),
    ("${UNSET:-z$}", "z$"),
    ("${UNSET:-$VAR1}", "$VAR1"),
    ("${UNSET:-z&z}", "z&z"),
    ("${UNSET:-z\\z}", "z\\z"),
    ("${UNSET:-\\\\}", "\\\\"),
    ("${UNSET:-${VAR1}}", "${VAR1}"),
    ("${VAR1:-${UNSET}}", "101}"),
    ("${${VAR1}", ""),
    ("${X${VAR1}}", "}"),
    ("${VAR1^^}", ""),
    ("${VAR1?}", ""),
    ("${UNSET:?d}", ""),
    ("${VAR1+x}", ""),
    ("${VAR1*}", ""),
];

/// Lines at which relx's script ends, since awk takes the reference for a pattern that is none.
const FAILING: [(&str, &str); 3] = [("${(}", ""), ("${UNSET:-(z}", "(z"), ("${UNSET:-[z}", "[z")];

/// Lines of which relx's script makes something else: the line, what relx has, what erlrel-boot has.
const OTHERWISE: [(&str, &str, &str); 6] = [
    // An alternative in a pattern.
    ("${UNSET:-a|b}", "a|b|a|b", "a|b"),
    ("${VAR1:-a|b}", "101|101", "101"),
    // Any character in a pattern, so that one reference stands for another.
    ("${VAR.1} ${VARx1}", " ", " vx"),
    // The text that is put in place of another has backslashes of its own.
    ("${BACK_TWICE}", r"a\b", r"a\\b"),
    // What was put there is read again.
    ("${OTHER}", "101", "${VAR1}"),
    ("${OPEN}VAR1}", "101", "${VAR1}"),
];

const VM_ARGS_SRC: &str = "releases/0.1.0/vm.args.src";
const SYS_CONFIG_SRC: &str = "releases/0.1.0/sys.config.src";

/// A node's arguments and an application's configuration with this line, as a comment since it is any text, and in an
/// encoding that has all bytes.
fn templates(line: &str) -> [String; 2] {
    let comment = line.replace("\n## ", "\n%% ");
    [
        format!("-setcookie depot\n-sname depot@localhost\n## {line}\n"),
        format!("%% coding: latin-1\n%% {comment}\n[].\n"),
    ]
}

fn with_line(line: &str, check: impl Fn(&Start<'_>)) {
    let [vm_args, sys_config] = templates(line);
    let files = [(VM_ARGS_SRC, vm_args.as_bytes()), (SYS_CONFIG_SRC, sys_config.as_bytes())];
    check(&Start { files: &files, variables: ENVIRONMENT, ..Start::FOREGROUND });
}

/// Asserts what became of the line.
fn assert_rendered(start: &Start<'_>, starter: Starter, line: &str) {
    let [vm_args, sys_config] = templates(line).map(|text| Some(text.escape_default().to_string()));
    let arrived = start.by(starter);
    assert_eq!((arrived.args_file, arrived.config), (vm_args, sys_config), "{starter:?} {start:?}");
}

#[test]
fn each_line_becomes_what_relx_s_script_makes_of_it() {
    for line in SAME {
        with_line(line, assert_same);
    }
}

#[test]
fn a_line_with_which_relx_s_script_comes_to_no_end_is_rendered() {
    for (line, becomes) in HANGING {
        with_line(line, |start| {
            start.hangs_relx();
            assert_rendered(start, Starter::Boot, becomes);
        });
    }
}

#[test]
fn a_line_at_which_relx_s_script_fails_is_rendered() {
    for (line, becomes) in FAILING {
        with_line(line, |start| {
            let relx = start.run(&start.installed(Starter::Relx));
            assert_eq!(relx.status.code(), Some(2), "{start:?} {relx:?}");
            assert_rendered(start, Starter::Boot, becomes);
        });
    }
}

#[test]
fn a_variable_may_have_any_name() {
    for (name, value) in NAMES {
        let line = format!("${{{name}}}");
        with_line(&line, |start| {
            let start = Start { variables: NAMES, ..*start };
            assert_rendered(&start, Starter::Relx, "");
            assert_rendered(&start, Starter::Boot, &String::from_utf8_lossy(value));
        });
    }
}

#[test]
fn what_stands_in_the_environment_is_taken_as_it_is_where_relx_s_script_reads_it_as_a_pattern() {
    for (line, by_relx, by_boot) in OTHERWISE {
        with_line(line, |start| {
            assert_rendered(start, Starter::Relx, by_relx);
            assert_rendered(start, Starter::Boot, by_boot);
        });
    }
}
