//! What `${VAR}` and `${VAR:-default}` become: the same as in relx's script, where that comes to an end.

use super::installation::{Installation, SHELLS, said};
use super::project::{built, write};
use crate::support::put_program;

const ENVIRONMENT: [(&str, &str); 14] = [
    ("VAR1", "101"),
    ("VAR2", "201:-test2-2"),
    ("VAR3", "VA:-test3-2"),
    ("VAR4", "VAR4:-test4-2"),
    ("VAR5", "test5-2"),
    ("VAR6", "test6:-6-2"),
    ("VAR7", "test7:-7:-7-2"),
    ("VAR9", "ab&cd"),
    ("EMPTY", ""),
    ("BACK", r"a\b\\c\n"),
    ("SLASH", "/usr/bin:/bin"),
    ("QUOTES", "\"it's\""),
    ("LC_ALL", "C.UTF-8"),
    ("UMLAUT", "Übergröße"),
];

/// A line of a configuration, and what it becomes in relx's script and in erlrel's.
const SAME: [(&str, &str); 54] = [
    ("plain text", "plain text"),
    ("", ""),
    ("   ", "   "),
    ("{var1, ${VAR1}}", "{var1, 101}"),
    ("\"${VAR2:-201}\"", "\"201:-test2-2\""),
    ("\"${VAR3:-VA:-test3}\"", "\"VA:-test3-2\""),
    ("\"${VAR4:-VAR4:-test4}\"", "\"VAR4:-test4-2\""),
    ("\"${VAR5}\"", "\"test5-2\""),
    ("\"${VAR6:-test6:-6}\"", "\"test6:-6-2\""),
    ("\"${VAR7:-test7:-7:-7}\"", "\"test7:-7:-7-2\""),
    ("{var8, ${VAR8:-888}}", "{var8, 888}"),
    ("\"${VAR9}\"", "\"ab&cd\""),
    ("${UNSET2:-201}", "201"),
    ("${UNSET3:-VA:-test3}", "VA:-test3"),
    ("${UNSET4:-VAR4:-test4}", "VAR4:-test4"),
    ("${UNSET6:-test6:-6}", "test6:-6"),
    ("${UNSET7:-test7:-7:-7}", "test7:-7:-7"),
    ("${UNSET}", ""),
    ("a${UNSET}b", "ab"),
    ("${EMPTY}", ""),
    ("${EMPTY:-full}", "full"),
    ("${EMPTY:-}", ""),
    ("${UNSET:-}", ""),
    ("${VAR1:-}", "101"),
    ("${VAR1:-x}", "101"),
    ("${VAR1}${VAR1}", "101101"),
    ("${VAR1} ${VAR5} ${VAR1}", "101 test5-2 101"),
    ("${VAR1}${UNSET:-x}${VAR5}", "101xtest5-2"),
    ("$VAR1", "$VAR1"),
    ("$(VAR1)", "$(VAR1)"),
    ("$$VAR1", "$$VAR1"),
    ("{VAR1}", "{VAR1}"),
    ("${VAR1", "${VAR1"),
    ("VAR1}", "VAR1}"),
    ("$ {VAR1}", "$ {VAR1}"),
    ("$${VAR1}", "$101"),
    ("\\${VAR1}", "\\101"),
    ("%% ${VAR1} in a comment", "%% 101 in a comment"),
    ("${SLASH}", "/usr/bin:/bin"),
    ("${UNSET:-/usr/bin:/bin}", "/usr/bin:/bin"),
    ("${UNSET:-a b}", "a b"),
    ("${UNSET:-a,b;c=d@e}", "a,b;c=d@e"),
    ("${UNSET:-a.b-c_d}", "a.b-c_d"),
    ("${UNSET:-\"quoted\"}", "\"quoted\""),
    ("${UNSET:-'atom'}", "'atom'"),
    ("${UNSET:-<<>>}", "<<>>"),
    ("${UNSET:-#id!}", "#id!"),
    ("${UNSET:-50%}", "50%"),
    ("${UNSET:-a:b}", "a:b"),
    ("${UNSET:-a-b}", "a-b"),
    ("${UNSET:--1}", "-1"),
    ("${QUOTES}", "\"it's\""),
    ("${LC_ALL}", "C.UTF-8"),
    ("${UMLAUT} und ${UNSET:-größer}", "Übergröße und größer"),
];

/// Lines with which relx's script comes to no end, or takes the text for a pattern.
const BETTER: [(&str, &str); 22] = [
    ("${BACK}", r"a\b\\c\n"),
    ("${UNSET:-a+b}", "a+b"),
    ("${VAR1:-a+b}", "101"),
    ("${UNSET:-a?b}", "a?b"),
    ("${UNSET:-a*b}", "a*b"),
    ("${UNSET:-(a)}", "(a)"),
    ("${UNSET:-[a]}", "[a]"),
    ("${UNSET:-^a$}", "^a$"),
    ("${UNSET:-a&b}", "a&b"),
    ("${UNSET:-a\\b}", "a\\b"),
    ("${UNSET:-a|b}", "a|b"),
    ("${VAR1:-a|b}", "101"),
    ("${VAR1?}", ""),
    ("${UNSET:-${VAR1}}", "${VAR1}"),
    ("${RECURSE}", "${RECURSE}"),
    ("${SECOND}", "${VAR1}"),
    ("${}", ""),
    ("${:-x}", "x"),
    ("${VAR1.}", ""),
    ("${UNSET-x}", ""),
    ("${UNSET:-{a}}", "{a}"),
    ("${PERCENT} %s %d", "100% %s %d"),
];

fn rendered(depot: &Installation, lines: &[(&str, &str)]) -> Vec<String> {
    let text: Vec<&str> = lines.iter().map(|(line, _)| *line).chain(["end"]).collect();
    depot.file("releases/0.1.0/sys.config.src", &text.join("\n"));
    let more = [("RECURSE", "${RECURSE}"), ("SECOND", "${VAR1}"), ("PERCENT", "100%")];
    let shown = said(depot.command(&["show"]).envs(ENVIRONMENT).envs(more)).done();
    shown.lines().map(String::from).collect()
}

fn expected(lines: &[(&str, &str)]) -> Vec<String> {
    lines.iter().map(|(_, line)| (*line).to_string()).chain(["end".to_string()]).collect()
}

#[test]
fn variables_are_replaced_as_relx_replaces_them() {
    for shell in SHELLS {
        assert_eq!(rendered(&Installation::new(shell), &SAME), expected(&SAME), "{shell:?}");
    }
}

#[test]
fn what_stands_for_a_variable_is_taken_as_it_is_and_only_once() {
    for shell in SHELLS {
        assert_eq!(rendered(&Installation::new(shell), &BETTER), expected(&BETTER), "{shell:?}");
    }
}

/// relx renders for every command, `help` too, with the system's awk.
#[test]
fn relx_s_own_script_renders_these_lines_the_same() {
    let depot = Installation::new(SHELLS[0]);
    depot.vm_args("");
    let text: Vec<&str> = SAME.iter().map(|(line, _)| *line).chain(["end"]).collect();
    depot.file("releases/0.1.0/sys.config.src", &(text.join("\n") + "\n"));
    let script = depot.root.join("bin/relx_depot");
    put_program(&script, std::fs::read(&built().relx_script).expect("a script"));
    said(depot.program(&script, &["help"]).envs(ENVIRONMENT)).failed(1);
    let lines: Vec<String> = depot.read("releases/0.1.0/sys.config").lines().map(String::from).collect();
    assert_eq!(lines, expected(&SAME));
}

#[test]
fn only_commands_that_start_something_and_extensions_render() {
    let depot = Installation::new(SHELLS[0]);
    depot.file("releases/0.1.0/sys.config.src", "[].\n");
    let rendered = depot.root.join("releases/0.1.0/sys.config");
    std::fs::remove_file(&rendered).expect("removed");
    depot.says(&["help"]);
    depot.says(&["version"]);
    depot.run(&["ping"]).failed(1);
    assert!(!rendered.exists());
    for arguments in [&["show"][..], &["foreground", "-eval", "init:stop()."]] {
        depot.says(arguments);
        std::fs::remove_file(&rendered).expect("rendered");
    }
}

#[test]
fn a_rendered_file_is_its_reader_s_alone() {
    use std::os::unix::fs::PermissionsExt;
    for shell in SHELLS {
        let depot = Installation::new(shell);
        write(&depot.root.join("releases/0.1.0/sys.config.src"), "[].");
        depot.says(&["show"]);
        let metadata = std::fs::metadata(depot.root.join("releases/0.1.0/sys.config")).expect("rendered");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
}
