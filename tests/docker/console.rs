//! Erlang shells in containers.

use std::io::Write;

use super::processes::companions_of;
use crate::support::container::{Container, LOCKED, run_to_end};
use crate::support::terminal::Terminal;
use crate::support::{fails, image, tool};

/// Evaluates something that the terminal cannot just have echoed, on a node whose name begins so.
fn evaluates(terminal: &mut Terminal, node: &str) {
    terminal.types(&format!("{{answer, 6 * 7, lists:prefix(\"{node}\", atom_to_list(node()))}}.\r"));
    terminal.shows("{answer,42,true}");
    terminal.shows("> ");
}

#[test]
fn remote_console_is_a_shell_on_the_running_node() {
    for image in image::all() {
        let container = Container::serving(image, LOCKED);
        let node = format!("{}@", image.release);
        let mut terminal = container.release_on_terminal("remote_console");
        terminal.shows(&format!("({node}"));
        evaluates(&mut terminal, &node);
    }
}

#[test]
fn remote_console_is_left_by_its_menu_and_the_node_runs_on() {
    let container = Container::serving(image::hello(), LOCKED);
    let mut terminal = container.release_on_terminal("remote_console");
    terminal.shows("(hello@");
    terminal.types("\x07");
    terminal.shows(" --> ");
    terminal.types("q\r");
    assert_eq!(terminal.ends(), Some(0));
    container.await_service();
    container.ping();
}

#[test]
fn remote_console_is_left_by_ctrl_c_and_the_node_runs_on() {
    let container = Container::serving(image::hello(), LOCKED);
    let mut terminal = container.release_on_terminal("remote_console");
    terminal.shows("(hello@");
    terminal.types("\x03");
    terminal.shows("(a)bort");
    terminal.types("a\r");
    terminal.ends();
    container.await_service();
    container.ping();
}

#[test]
fn remote_console_without_a_terminal_fails() {
    let container = Container::serving(image::hello(), LOCKED);
    let stderr = fails(&mut container.release(&[], "remote_console"), 1);
    assert!(stderr.contains("terminal"), "{stderr}");
    container.ping();
}

#[test]
fn remote_console_on_an_image_with_a_writable_root_changes_nothing_there() {
    let container = Container::serving(image::hello(), &[]);
    let mut terminal = container.release_on_terminal("remote_console");
    terminal.shows("(hello@");
    evaluates(&mut terminal, "hello@");
    assert_eq!(container.changes_outside_tmp(), [""; 0]);
}

#[test]
fn console_is_the_service_with_a_shell() {
    let (container, mut terminal) = Container::on_terminal(image::hello(), "console");
    terminal.shows("(hello@");
    container.await_service();
    evaluates(&mut terminal, "hello@");
    terminal.types("q().\r");
    assert_eq!(terminal.ends(), Some(0));
    assert_eq!(container.wait(), 0);
}

#[test]
fn ctrl_z_on_the_console_does_not_stop_the_service() {
    let (container, mut terminal) = Container::on_terminal(image::hello(), "console");
    terminal.shows("(hello@");
    terminal.types("\x1a");
    evaluates(&mut terminal, "hello@");
    container.await_service();
    terminal.types("q().\r");
    assert_eq!(terminal.ends(), Some(0));
}

#[test]
fn ctrl_c_on_the_console_is_for_the_shell() {
    let (container, mut terminal) = Container::on_terminal(image::hello(), "console");
    terminal.shows("(hello@");
    terminal.types("\x03");
    terminal.shows("(c)ontinue");
    terminal.types("c\r");
    evaluates(&mut terminal, "hello@");
    container.await_service();
}

#[test]
fn console_without_input_says_what_to_do() {
    let (_, stderr) = run_to_end(&image::hello().name, LOCKED, &["console"], 1);
    assert!(stderr.contains("/dev/null"), "{stderr}");
    assert!(stderr.contains("docker run -it"), "{stderr}");
}

#[test]
fn console_reads_a_pipe() {
    let mut docker = Container::command(image::hello(), &["--interactive"], &["console"]);
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    writer.write_all(b"io:put_chars([$4, $2]), halt(7).\n").expect("written");
    let output = docker.stdin(reader).output().expect("docker starts");
    assert!(String::from_utf8_lossy(&output.stdout).contains("42"), "{output:?}");
    assert_eq!(output.status.code(), Some(7));
}

#[test]
fn remote_console_ends_with_its_terminal() {
    let container = Container::serving(image::hello(), LOCKED);
    let first_process = container.first_process().to_string();
    // Docker keeps a terminal open when its client is killed; so this one is not Docker's.
    let mut shell = tool("setsid", "util-linux");
    // Whoever runs the tests may have them ignore that (nohup), and what ignores it hands that on.
    shell.args(["--ctty", "env", "--default-signal=HUP"]);
    shell.args(["nsenter", "--all", "--target", &first_process, "--setuid", "12345", "--"]);
    shell.args([&image::hello().path_of("/bin/hello"), "remote_console"]);
    shell.envs([("RELX_OUT_FILE_PATH", "/tmp"), ("HOME", "/tmp")]);
    shell.env("ERL_EPMD_PORT", container.epmd_port().to_string());
    let mut terminal = Terminal::start(shell);
    terminal.shows("(hello@");
    let processes = || companions_of(container.first_process());
    let with_shell = processes();
    drop(terminal);
    while processes() >= with_shell {
        container.ping();
    }
}
