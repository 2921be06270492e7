//! Erlang shells in containers.

use crate::support::container::{Container, LOCKED};
use crate::support::terminal::Terminal;
use crate::support::{fails, image};

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
