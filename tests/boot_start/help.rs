//! What the program says of itself.

use crate::start_script::installation::{Installation, Shell};

#[test]
fn help_lists_the_commands_and_the_release_s_own() {
    let depot = Installation::new(Shell::None);
    let help = depot.says(&["help"]);
    assert!(help.starts_with("Usage: depot COMMAND") && help.contains("\n  daemon_attach "), "{help}");
    assert!(help.contains("\nand the release's own: bar foo baz show\n"), "{help}");
    for asking in [&["help", "no such"][..], &["--help"], &["-h"]] {
        assert_eq!(depot.says(asking), help);
    }
}

#[test]
fn help_explains_a_command_and_an_extension_explains_itself() {
    let depot = Installation::new(Shell::None);
    assert!(depot.says(&["help", "upgrade"]).contains("upgrade VSN [--no-permanent]"));
    assert_eq!(
        depot.says(&["help", "reboot"]),
        "Usage: depot\n  reboot                     end the node and let heart start it again\n"
    );
    assert_eq!(depot.run(&["help", "foo"]).failed(42), "teststring help\n");
}

#[test]
fn an_unknown_command_or_none_is_refused() {
    let depot = Installation::new(Shell::None);
    assert!(depot.run(&["undefined"]).failed(1).contains("unknown command \"undefined\""));
    assert!(depot.run(&[]).failed(1).contains("no command given"));
}

#[test]
fn a_success_that_cannot_be_told_is_none() {
    let depot = Installation::new(Shell::None);
    let mut shell = depot.program(std::path::Path::new("/bin/sh"), &["-c"]);
    shell.arg(format!("'{}/bin/depot' help >/dev/full", depot.root.display()));
    let said = crate::start_script::installation::said(&mut shell).failed(1);
    assert!(said.contains("cannot write to standard output: No space left on device"), "{said}");
}
