//! Releases that the real mix has made, in a real Docker daemon.

use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::support::container::{Container, LOCKED, run_to_end};
use crate::support::image::{self, SampleImage};
use crate::support::{run, sample};

const SCRIPT: &str = "/opt/waybill/bin/waybill";

fn of_tarball() -> &'static SampleImage {
    static IMAGE: OnceLock<SampleImage> = OnceLock::new();
    IMAGE.get_or_init(|| image::make_from(&sample::waybill().tarball, "waybill", "waybill-from-tarball", &[]))
}

fn of_directory() -> &'static SampleImage {
    static IMAGE: OnceLock<SampleImage> = OnceLock::new();
    IMAGE.get_or_init(|| {
        image::make_from(&sample::waybill().release, "waybill", "waybill-from-directory", &[])
    })
}

/// `docker exec` of the release's script.
fn script(container: &Container, arguments: &[&str]) -> Command {
    container.exec(&[], &[&[SCRIPT], arguments].concat())
}

fn rpc(container: &Container, expression: &str) -> String {
    run(&mut script(container, &["rpc", expression]))
}

#[test]
fn a_release_of_mix_is_configured_when_it_starts_and_answers() {
    let options = [LOCKED, &["--env", "GREETING=Good morning"]].concat();
    let container = Container::serving(of_tarball(), &options);
    let body = container.get("/").body;
    assert!(body.starts_with("Good morning from waybill@"), "{body}");
    assert_eq!(container.changes_outside_tmp(), [""; 0]);
}

#[test]
fn the_commands_of_a_release_of_mix_work() {
    let container = Container::serving(of_directory(), LOCKED);
    assert_eq!(
        rpc(&container, "IO.puts(Waybill.Supervisor |> Supervisor.count_children() |> Map.get(:active))"),
        "1\n"
    );
    assert_eq!(run(&mut script(&container, &["eval", "IO.puts(6 * 7)"])), "42\n");
    assert_eq!(run(&mut script(&container, &["pid"])), "1\n");
    let mut terminal = container.release_on_terminal("remote");
    terminal.shows("iex(waybill@");
    terminal.types("String.upcase(\"shown\")\r");
    terminal.shows("\"SHOWN\"");
    run(&mut script(&container, &["stop"]));
    assert_eq!(container.wait(), 0, "{}", container.logs());
}

#[test]
fn a_release_of_mix_stops_in_under_three_seconds() {
    let container = Container::serving(of_tarball(), LOCKED);
    let time = container.time_to_stop();
    assert!(time < Duration::from_secs(3), "{time:?}");
    assert_eq!(container.wait(), 0, "{}", container.logs());
}

#[test]
fn no_cookie_is_in_the_image_and_each_container_has_one_of_its_own() {
    let secret =
        std::fs::read_to_string(sample::waybill().release.join("releases/COOKIE")).expect("a cookie");
    assert!(!of_directory().files().contains_key("opt/waybill/releases/COOKIE"));
    insta::assert_snapshot!(of_directory().warnings.trim_end(), @"warning: `releases/COOKIE` is left out of the image: each container makes a cookie of its own; set RELEASE_COOKIE where several are to connect");
    let cookie = |options: &[&str]| {
        rpc(&Container::serving(of_directory(), &[LOCKED, options].concat()), "IO.puts(Node.get_cookie())")
    };
    let (one, other) = (cookie(&[]), cookie(&[]));
    assert_eq!(one.trim().len(), 64, "{one}");
    assert!(one != other && one.trim() != secret.trim());
    assert_eq!(cookie(&["--env", "RELEASE_COOKIE=given"]), "given\n");
}

#[test]
fn a_command_without_a_place_to_write_to_has_a_cookie_all_the_same() {
    let name = &of_directory().name;
    let (stdout, _) = run_to_end(name, &["--read-only"], &["version"], 0);
    assert_eq!(stdout, "waybill 0.3.0\n");
    let script =
        "set -e; RELEASE_NAME=waybill; . releases/0.3.0/env.sh; printf %s \"$RELEASE_COOKIE\" | wc -c";
    let (stdout, _) = run_to_end(name, &["--read-only", "--entrypoint", "/bin/sh"], &["-c", script], 0);
    assert_eq!(stdout, "64\n");
}

#[test]
fn the_tarball_and_the_directory_of_mix_give_the_same_image() {
    assert_eq!(of_tarball().report["digest"], of_directory().report["digest"]);
    let config = |field: &str| of_tarball().config(field);
    assert_eq!(config("Cmd"), "[\"start\"]");
    assert!(config("Env").contains("\"RELEASE_TMP=/tmp\""), "{}", config("Env"));
}
