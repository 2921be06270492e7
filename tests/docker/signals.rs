//! What asks a service to end, in order or at once.

use std::path::Path;

use tempfile::TempDir;

use super::stop::BOUND;
use crate::support::container::{Container, LOCKED};
use crate::support::docker::daemon;
use crate::support::terminal::Terminal;
use crate::support::{image, run, temp_dir, tool};

/// An application that takes its time to start and to stop, and says so.
const SLOW: &str = r#"
-module(hello_app).
-behaviour(application).
-export([start/2, prep_stop/1, stop/1]).

start(_, _) ->
    io:put_chars("starting\n"),
    takes("START"),
    io:put_chars("started\n"),
    {ok, spawn_link(fun() -> receive after infinity -> ok end end)}.

prep_stop(State) ->
    io:put_chars("stopping\n"),
    takes("STOP"),
    io:put_chars("stopped\n"),
    State.

stop(_) ->
    ok.

takes(What) ->
    timer:sleep(list_to_integer(os:getenv(What, "0"))).
"#;

/// In milliseconds: longer than any test.
const FOR_EVER: u32 = 3_600_000;

/// The image of hello with that application in place of its own. The directory must live as long as the container.
fn slow(times: &[(&str, u32)]) -> (TempDir, Vec<String>) {
    let dir = temp_dir();
    std::fs::write(dir.path().join("hello_app.erl"), SLOW).expect("written");
    run(tool("erlc", "erlang-base").arg("hello_app.erl").current_dir(dir.path()));
    readable_by_all(dir.path());
    let mut options: Vec<String> = LOCKED.iter().map(ToString::to_string).collect();
    let beam = image::hello().path_of("/hello_app.beam");
    options.extend(["--volume".into(), format!("{}:{beam}:ro", dir.path().join("hello_app.beam").display())]);
    for (variable, milliseconds) in times {
        options.extend(["--env".into(), format!("{variable}={milliseconds}")]);
    }
    (dir, options)
}

fn readable_by_all(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).expect("changed");
}

/// A running container with that application, which has said `said`.
fn slow_container(times: &[(&str, u32)], said: &str) -> (TempDir, Container) {
    let (dir, options) = slow(times);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let container = Container::start(image::hello(), &options);
    container.says(said);
    (dir, container)
}

fn signal(container: &Container, name: &str) {
    daemon().run(["kill", "--signal", name, &container.id]);
}

#[test]
fn an_orderly_end_may_take_long() {
    let (_dir, container) = slow_container(&[("STOP", 8_000)], "started");
    signal(&container, "TERM");
    assert_eq!(container.wait(), 0, "{}", container.logs());
    assert!(container.logs().contains("stopped"), "{}", container.logs());
}

#[test]
fn int_ends_the_service_in_order() {
    let (_dir, container) = slow_container(&[], "started");
    signal(&container, "INT");
    assert_eq!(container.wait(), 0, "{}", container.logs());
    assert!(container.logs().contains("stopped"), "{}", container.logs());
}

#[test]
fn a_second_signal_ends_the_service_at_once() {
    for (name, code) in [("TERM", 143), ("INT", 130)] {
        let (_dir, container) = slow_container(&[("STOP", FOR_EVER)], "started");
        signal(&container, "TERM");
        container.says("stopping");
        signal(&container, name);
        assert_eq!(container.wait(), code, "{}", container.logs());
        assert!(container.logs().contains("it was asked again to end"), "{}", container.logs());
    }
}

#[test]
fn an_application_that_never_starts_is_stopped_like_others() {
    let (_dir, container) = slow_container(&[("START", FOR_EVER)], "starting");
    let time = container.time_to_stop();
    assert!(time < BOUND, "{time:?}");
    assert_eq!(container.wait(), 0, "{}", container.logs());
}

#[test]
fn ctrl_c_ends_a_service_on_a_terminal_in_order() {
    let (_dir, options) = slow(&[]);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let (container, mut terminal) = Container::on_terminal_with(image::hello(), &options, "foreground");
    terminal.shows("started");
    terminal.types("\x03");
    terminal.shows("stopped");
    assert_eq!(Terminal::ends(terminal), Some(0));
    assert_eq!(container.wait(), 0);
}
