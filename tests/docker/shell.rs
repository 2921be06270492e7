//! Applications that run shell commands: they are found, and get a shell when asked for.

use std::path::Path;

use crate::support::container::{LOCKED, has_no_program, run_to_end};
use crate::support::image::{self, SampleImage};
use crate::support::{run, temp_dir, tool};

const REBAR_CONFIG: &str = r#"{relx, [{release, {courier, "1.0.0"}, [courier, sasl]}, {mode, prod}]}."#;

const APP: &str = r#"{application, courier, [{description, "Runs a command"}, {vsn, "1.0.0"},
 {modules, []}, {registered, []}, {applications, [kernel, stdlib]}, {mod, {courier, []}}]}."#;

const MODULE: &str = r#"-module(courier).
-behaviour(application).
-export([start/2, stop/1]).

start(_Type, _Arguments) ->
    io:format("said ~p~n", [os:cmd("echo $((6 * 7))")]),
    init:stop(),
    {ok, spawn_link(fun() -> receive stop -> ok end end)}.

stop(_State) -> ok.
"#;

/// An image of a project with one application that calls `os:cmd`.
fn courier(name: &str, options: &[&str]) -> SampleImage {
    let dir = temp_dir();
    let write = |path: &str, text: &str| std::fs::write(dir.path().join(path), text).expect("written");
    std::fs::create_dir(dir.path().join("src")).expect("created");
    write("rebar.config", REBAR_CONFIG);
    write("src/courier.app.src", APP);
    write("src/courier.erl", MODULE);
    compile(dir.path());
    image::make(dir.path(), "courier", name, options)
}

fn compile(dir: &Path) {
    run(tool("rebar3", "rebar3").args(["as", "prod", "compile"]).current_dir(dir));
}

#[test]
fn an_application_that_calls_os_cmd_gets_a_warning_and_no_shell() {
    let image = courier("courier", &[]);
    assert!(image.warnings.contains("`courier`"), "{}", image.warnings);
    assert!(image.warnings.contains("--shell"), "{}", image.warnings);
    has_no_program(&image.name, "/bin/sh");
    let (stdout, _) = run_to_end(&image.name, LOCKED, &[], 0);
    assert_eq!(stdout, "said []\n");
}

#[test]
fn an_application_that_calls_os_cmd_works_with_a_shell() {
    let image = courier("courier-with-shell", &["--shell"]);
    assert_eq!(image.warnings, "");
    let (stdout, _) = run_to_end(&image.name, LOCKED, &[], 0);
    assert_eq!(stdout, "said \"42\\n\"\n");
}

#[test]
fn the_shell_of_an_image_is_a_shell() {
    let image = image::make(&crate::support::sample::hello().dir, "hello", "hello-with-shell", &["--shell"]);
    let script = "for word in one two; do printf '%s\\n' \"$word\"; done";
    let (stdout, _) = run_to_end(&image.name, &["--entrypoint", "/bin/sh"], &["-c", script], 0);
    assert_eq!(stdout, "one\ntwo\n");
}

#[test]
fn applications_without_shell_commands_get_no_warning_about_them() {
    for image in image::all() {
        assert!(!image.warnings.contains("os:cmd"), "{}", image.warnings);
    }
}
