//! Hooks, extensions and releases in the background: in containers with a shell and without one.

use std::sync::OnceLock;
use std::time::Duration;

use crate::start_script::project::{built, write};
use crate::support::container::{Container, LOCKED, has_no_program, run_to_end};
use crate::support::docker::daemon;
use crate::support::image::{self, SampleImage};
use crate::support::{fails, run, temp_dir, tool};

const PROGRAM: &str = "/opt/depot/bin/depot";

/// Its hooks write into /tmp and its first hook may be told to take for ever.
const HOOKS: [(&str, &str); 3] = [
    ("pre_start", "echo pre_start\nexport FROM_HOOK=yes\nwhile [ -n \"${FOR_EVER:-}\" ]; do :; done\n"),
    ("pre_stop", "echo \"pre_stop $NAME\"\n"),
    ("status", "echo \"status $(erl_eval 'node().')\"\n"),
];

/// With a shell.
fn with_shell() -> &'static SampleImage {
    static IMAGE: OnceLock<SampleImage> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let dir = temp_dir();
        crate::support::copy_dir(&built().project, dir.path().join("depot"));
        let project = dir.path().join("depot");
        for (name, text) in HOOKS {
            write(&project.join("hooks").join(name), text);
        }
        image::make(&project, "depot", "depot-with-shell", &["--shell"])
    })
}

/// The same without one.
fn without_shell() -> &'static SampleImage {
    static IMAGE: OnceLock<SampleImage> = OnceLock::new();
    IMAGE.get_or_init(|| image::make(&built().project, "depot", "depot", &[]))
}

/// A container whose node answers.
fn running(image: &SampleImage, command: &[&str]) -> Container {
    let container = Container::start_with(image, LOCKED, command);
    while container.release(&[], "ping").output().expect("docker starts").stdout != b"pong\n" {
        assert_eq!(container.inspect(".State.Running"), "true", "{}", container.logs());
    }
    container
}

/// What is said until the container ends, and with it whoever asked for its end: in its exit code there is nothing to see.
fn stopping(container: &Container, words: &[&str]) -> String {
    let output = container.exec(&[], &[&[PROGRAM], words].concat()).output().expect("docker starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn hooks_and_extensions_run_in_an_image_with_a_shell() {
    assert_eq!(with_shell().warnings, "");
    let container = running(with_shell(), &["foreground"]);
    let said = |words: &[&str]| run(&mut container.exec(&[], &[&[PROGRAM], words].concat()));
    assert!(container.logs().starts_with("pre_start\n"), "{}", container.logs());
    assert_eq!(said(&["eval", "os:getenv(\"FROM_HOOK\")."]), "\"yes\"\n");
    assert_eq!(said(&["bar", "one", "two"]), "{bar, depot, 'depot@localhost', depot, one two}.\n");
    assert_eq!(said(&["status"]), "status depot@localhost\n");
    assert_eq!(stopping(&container, &["stop"]), "pre_stop depot@localhost\n");
    assert_eq!(container.wait(), 0);
}

#[test]
fn docker_stop_ends_a_hook_that_takes_for_ever() {
    let options = [LOCKED, &["--env", "FOR_EVER=yes"]].concat();
    let container = Container::start(with_shell(), &options);
    while container.logs() != "pre_start\n" {
        assert_eq!(container.inspect(".State.Running"), "true", "{}", container.logs());
    }
    let time = container.time_to_stop();
    assert!(time < Duration::from_secs(3), "{time:?}");
    assert_eq!(container.wait(), 143);
}

#[test]
fn what_needs_a_shell_says_so_before_anything_is_done() {
    let image = without_shell();
    has_no_program(&image.name, "/bin/sh");
    for file in ["bin/hooks/pre_start", "bin/hooks/status", "bin/extensions/foo"] {
        assert!(image.warnings.contains(&format!("`{file}`, which is ")), "{}", image.warnings);
    }
    let (stdout, stderr) = run_to_end(&image.name, LOCKED, &[], 1);
    assert_eq!(stdout, "");
    assert!(stderr.contains("bin/hooks/pre_start is to be read by a shell"), "{stderr}");
    assert!(stderr.contains("--shell") && stderr.contains("--relx-disable-hooks"), "{stderr}");
    let container = running(image, &["foreground", "--relx-disable-hooks"]);
    let fails = |words: &[&str]| fails(&mut container.exec(&[], &[&[PROGRAM], words].concat()), 1);
    assert!(fails(&["stop"]).contains("bin/hooks/pre_stop"));
    assert!(fails(&["bar"]).contains("bin/extensions/bar"));
    assert!(fails(&["daemon"]).contains("/bin/sh"));
    container.ping();
    stopping(&container, &["stop", "--relx-disable-hooks"]);
    assert_eq!(container.wait(), 0);
}

#[test]
fn an_escript_of_the_release_needs_no_shell() {
    let (stdout, _) = run_to_end(&without_shell().name, LOCKED, &["escript", "bin/greet", "a b"], 0);
    assert_eq!(stdout, "[\"a b\"] depot\n");
}

#[test]
fn relx_s_own_hooks_need_no_shell() {
    let dir = temp_dir();
    let project = dir.path().join("depot");
    crate::support::copy_dir(&built().project, &project);
    let hooks = "{status, [wait_for_vm_start, {pid, \"/tmp/$REL_NAME.pid\"}, {wait_for_process, depot_sup}, builtin_status]}";
    let config = format!(
        "{{relx, [{{release, {{depot, \"0.1.1\"}}, [depot, sasl]}}, {{mode, prod}}, {{sys_config, \"config/sys.config\"}},
           {{vm_args, \"config/vm.args\"}}, {{extended_start_script_hooks, [{hooks}]}}]}}.\n"
    );
    write(&project.join("rebar.config"), &config);
    let image = image::make(&project, "depot", "depot-of-relx", &[]);
    assert_eq!(image.warnings, "");
    let container = running(&image, &["foreground"]);
    let status = run(&mut container.release(&[], "status"));
    assert!(status.contains("{depot, \"Is started\", \"0.1.1\"}"), "{status}");
    let copied = dir.path().join("pid");
    let from = format!("/proc/{}/root/tmp/depot.pid", container.first_process());
    run(tool("cp", "coreutils").arg(from).arg(&copied));
    let pid = run(&mut container.release(&[], "pid"));
    assert_eq!(std::fs::read_to_string(copied).expect("read"), pid);
}

#[test]
fn a_container_that_would_end_at_once_is_refused() {
    for image in [with_shell(), without_shell()] {
        let (stdout, stderr) = run_to_end(&image.name, LOCKED, &["daemon"], 1);
        assert_eq!(stdout, "");
        assert!(
            stderr.contains("the container would end at once") && stderr.contains("use foreground"),
            "{stderr}"
        );
    }
}

#[test]
fn a_daemon_beside_the_first_process_can_be_attached_to() {
    let container = running(with_shell(), &["foreground"]);
    let script = "echo '-sname second@localhost -setcookie depot' >/tmp/vm.args";
    run(&mut container.exec(&[], &["/bin/sh", "-c", script]));
    let options = ["--env=VMARGS_PATH=/tmp/vm.args", "--env=RUNNER_LOG_DIR=/tmp/log"];
    run(&mut container.exec(&options, &[PROGRAM, "daemon", "--relx-disable-hooks"]));
    let options = [&options[..], &["--interactive", "--tty"]].concat();
    let command = container.exec(&options, &[PROGRAM, "daemon_attach"]);
    let mut terminal = crate::support::terminal::Terminal::start(command);
    terminal.shows("Attaching to");
    terminal.types("{node(), 6 * 7}.\r");
    terminal.shows("{second@localhost,42}");
    drop(terminal);
    assert_eq!(daemon().run(["inspect", "--format", "{{.State.Running}}", &container.id]), "true");
}
