//! `healthcheck`, as orchestrators ask.

use std::process::Command;

use crate::support::container::{Container, LOCKED};
use crate::support::image::{self, SampleImage};
use crate::support::{fails, run, temp_dir, tool};

const REBAR_CONFIG: &str = r#"{relx, [{release, {clinic, "1.0.0"}, [clinic, sasl, {runtime_tools, transient}]},
    {mode, prod}, {sys_config, false}, {vm_args_src, "vm.args.src"}]}."#;

const APP: &str = r#"{application, clinic, [{description, "Opens when it is told to"}, {vsn, "1.0.0"},
 {modules, []}, {registered, []}, {applications, [kernel, stdlib]}, {included_applications, [crypto]},
 {mod, {clinic, []}}]}."#;

const MODULE: &str = r#"-module(clinic).
-behaviour(application).
-export([start/2, stop/1]).

start(_Type, _Arguments) ->
    register(door, self()),
    receive open -> ok end,
    {ok, spawn_link(fun() -> receive stop -> ok end end)}.

stop(_State) -> ok.
"#;

/// An image of a project whose application does not start before it is told to.
fn clinic(name: &str) -> SampleImage {
    let dir = temp_dir();
    let write = |path: &str, text: &str| std::fs::write(dir.path().join(path), text).expect("written");
    std::fs::create_dir(dir.path().join("src")).expect("created");
    write("rebar.config", REBAR_CONFIG);
    write("vm.args.src", "-sname clinic\n-setcookie clinic\n");
    write("src/clinic.app.src", APP);
    write("src/clinic.erl", MODULE);
    run(tool("rebar3", "rebar3").args(["as", "prod", "compile"]).current_dir(dir.path()));
    image::make(dir.path(), "clinic", name, &[])
}

fn healthcheck(container: &Container, words: &[&str]) -> Command {
    let mut command = container.release(&[], "healthcheck");
    command.args(words);
    command
}

fn eval(container: &Container, expression: &str) -> String {
    run(container.release(&[], "eval").arg(expression))
}

#[test]
fn a_release_is_healthy_when_all_its_permanent_applications_run() {
    let image = clinic("clinic");
    let container = Container::start(&image, LOCKED);
    let said = |words: &[&str]| {
        let output = healthcheck(&container, words).output().expect("docker starts");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    // Before the node can be asked it is unhealthy for another reason.
    let starting = |said: String| said.starts_with("unhealthy\n") && said.contains("the node is starting");
    assert!((0..1_000).any(|_| starting(said(&[]))), "{}{}", said(&[]), container.logs());
    let mut waiting = healthcheck(&container, &["--wait"]);
    let mut waiting = waiting.stdout(std::process::Stdio::null()).spawn().expect("docker starts");
    eval(&container, "door ! open.");
    assert!(waiting.wait().expect("it ends").success());
    assert_eq!(run(&mut healthcheck(&container, &[])), "healthy\n");
    eval(&container, "application:stop(runtime_tools).");
    assert_eq!(run(&mut healthcheck(&container, &[])), "healthy\n", "what is transient may end");
    eval(&container, "application:stop(sasl).");
    let stderr = fails(&mut healthcheck(&container, &[]), 1);
    assert!(stderr.contains("the node has started without sasl"), "{stderr}");
    assert!(fails(&mut healthcheck(&container, &["--now"]), 1).contains("--now"));
}

#[test]
fn waiting_ends_when_the_time_for_answers_is_over() {
    let image = clinic("clinic-closed");
    let container = Container::start(&image, LOCKED);
    let options = ["--env", "RELX_RPC_TIMEOUT=2"];
    let stderr = fails(container.release(&options, "healthcheck").arg("--wait"), 1);
    assert!(stderr.contains("the node is starting"), "{stderr}");
}

#[test]
fn waiting_from_the_first_moment_ends_when_the_service_answers() {
    for image in image::all() {
        let container = Container::start(image, LOCKED);
        run(&mut healthcheck(&container, &["--wait"]));
        assert_eq!(container.get("/health").status, 200);
    }
}
