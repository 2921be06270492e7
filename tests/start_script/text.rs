//! The script itself, and what it says of itself.

use std::path::PathBuf;

use super::installation::with_each_shell;
use super::project::built;
use crate::support::{erlrel, repository, run, tool};

/// relx's shellcheck_test. A release has only those of the hooks that it uses, as they are in the sources.
#[test]
fn the_script_and_the_built_in_hooks_are_clean_for_shellcheck() {
    let bin = built().unpacked.join("bin");
    let sources = repository().join("erlrel-core/src/release/start_script/hooks");
    let hooks: Vec<PathBuf> =
        std::fs::read_dir(sources).expect("listed").map(|entry| entry.expect("an entry").path()).collect();
    for hook in &hooks {
        let packed = bin.join("hooks/builtin").join(hook.file_name().expect("a name"));
        assert!(
            !packed.exists() || std::fs::read(packed).expect("read") == std::fs::read(hook).expect("read")
        );
    }
    let scripts = [bin.join("depot"), built().minimal.join("bin/depot")];
    run(tool("shellcheck", "shellcheck").args(hooks).args(scripts));
    let functions = repository().join("erlrel-cli/src/bin/erlrel-boot/hooks/functions.sh");
    run(tool("shellcheck", "shellcheck").arg("--shell=sh").arg(functions));
}

#[test]
fn help_names_every_command_and_explains_each() {
    with_each_shell(|depot| {
        let help = depot.says(&["help"]);
        let script = depot.read("bin/depot");
        for command in commands(&script) {
            assert!(help.contains(&format!("  {command} ")), "{command}");
            let topic = depot.says(&["help", command]);
            assert!(topic.contains(command) && topic.lines().count() < 10, "{command}: {topic}");
        }
        assert!(help.ends_with("and the release's own: bar foo baz show\n"), "{help}");
        for asking in [&["help", "no such"][..], &["--help"], &["-h"]] {
            assert_eq!(depot.says(asking), help);
        }
    });
}

/// Those that the script distinguishes, but for other names of the same.
fn commands(script: &str) -> Vec<&str> {
    let others = ["start", "attach", "remote", "remsh", "--help", "-h"];
    let (_, cases) = script.rsplit_once("\ncase $_command in\n").expect("the commands");
    let labels = cases.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(')'));
    let words = labels
        .filter(|(labels, _)| !labels.starts_with([' ', '*']))
        .flat_map(|(labels, _)| labels.split(" | "));
    words.filter(|word| !others.contains(word)).chain(["version"]).collect()
}

#[test]
fn an_unknown_command_or_none_is_refused() {
    with_each_shell(|depot| {
        assert!(depot.run(&[]).failed(1).starts_with("Usage: depot COMMAND"));
        assert_eq!(
            depot.run(&["undefined"]).failed(1),
            "depot: error: unknown command \"undefined\"; `depot help` lists them\n"
        );
        assert_eq!(depot.says(&["version"]), "depot 0.1.0\n");
    });
}

#[test]
fn an_image_without_a_shell_of_a_release_with_hooks_is_warned_about() {
    let warnings = output(erlrel().args(["plan", "--quiet"]).arg(&built().project));
    assert_eq!(warnings, "");
    let warnings = output(erlrel().arg("plan").arg(&built().project));
    assert!(
        warnings.contains(
            "`bin/hooks/pre_start`, which is a hook, is to be read by a shell, but the image has none"
        ),
        "{warnings}"
    );
}

fn output(command: &mut std::process::Command) -> String {
    let output = command.output().expect("it ran");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}
