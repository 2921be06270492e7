//! Images for those who work on a project, in Docker, on a base image made of Debian's packages and without a network:
//! rebar3 must take what is there for its own.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::docker::daemon;
use crate::support::shop::Shop;
use crate::support::{copy_dir, debian, erlrel, fails, image, run, sample, temp_dir};

/// Starts an application of the project with a dependency of it, and includes a header of Erlang and one of the project.
const SUITE: &str = r#"-module(beacon_SUITE).
-include_lib("stdlib/include/assert.hrl").
-include_lib("beacon_core/include/beacon.hrl").
-export([all/0, starts/1]).

all() -> [starts].

starts(_Config) ->
    {ok, _} = application:ensure_all_started(beacon_core),
    ?assertMatch({ok, _}, application:ensure_all_started(tally)).
"#;

/// The umbrella sample with a test suite.
fn project() -> tempfile::TempDir {
    let temp = temp_dir();
    copy_dir(&sample::umbrella().dir, temp.path().join("beacon"));
    std::fs::write(temp.path().join("beacon/apps/beacon_core/test/beacon_SUITE.erl"), SUITE)
        .expect("written");
    temp
}

fn base() -> String {
    format!("oci:{}:{}", debian::layout_for_work().display(), debian::TAG)
}

fn target(target: &str, project: &Path, arguments: &[&str]) -> Command {
    let mut command = erlrel();
    command.args(["image", "--target", target, "--json", "--base", &base()]).args(arguments).arg(project);
    // Dialyzer's PLT of Erlang takes minutes, and is kept there for later runs.
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dialyzer");
    command.env("HOME", home).env("DOCKER_HOST", daemon().host());
    command
}

fn made(mut command: Command) -> Value {
    serde_json::from_str(&run(&mut command)).expect("JSON")
}

/// What a container says, and the paths that it has changed.
fn said(name: &str, options: &[&str], command: &[&str]) -> (String, Vec<String>) {
    let container = format!("{}-run", name.replace(['/', ':', '.'], "-"));
    let mut docker = daemon().docker();
    docker.args(["run", "--network", "none", "--name", &container]).args(options).arg(name).args(command);
    let said = run(&mut docker);
    let changes = daemon().run(["diff", &container]);
    daemon().run(["rm", &container]);
    (said, changes.lines().filter_map(|line| line.get(2..)).map(String::from).collect())
}

fn is_compiled(path: &&String) -> bool {
    path.ends_with(".beam")
}

#[test]
fn a_tester_passes_the_tests_and_compiles_nothing_again() {
    let temp = project();
    let name = "erlrel.test/beacon:tester";
    made(target("tester", &temp.path().join("beacon"), &["--to", "docker", "--tag", name]));
    let (said, changed) = said(name, &[], &[]);
    assert!(said.contains("All 1 tests passed."), "{said}");
    assert!(!said.contains("Fetching") && !said.contains("Upgrading"), "{said}");
    let own = changed.iter().filter(is_compiled).collect::<Vec<_>>();
    assert_eq!(own, [""; 0], "what was compiled on the host is taken over");
    let config = |field: &str| {
        daemon().run(["image", "inspect", &format!("--format={{{{json .Config.{field}}}}}"), name])
    };
    assert_eq!((config("Entrypoint"), config("Cmd")), (r#"["rebar3"]"#.into(), r#"["ct"]"#.into()));
    assert_eq!(config("WorkingDir"), "\"/app\"");
}

#[test]
fn a_plt_image_checks_the_project_with_the_plt_that_it_has() {
    let temp = project();
    let name = "erlrel.test/beacon:plt";
    made(target("plt", &temp.path().join("beacon"), &["--to", "docker", "--tag", name]));
    let (said, changed) = said(name, &[], &[]);
    for word in ["Building", "Adding", "Removing", "Creating", "Copying", "Fetching"] {
        assert!(!said.contains(&format!("===> {word}")), "{said}");
    }
    let checked = said.lines().filter(|line| line.contains("===> Checking")).count();
    assert_eq!(checked, 1, "{said}");
    assert!(said.contains("===> Analyzing") && said.contains("_plt..."), "{said}");
    assert_eq!(
        changed.iter().filter(|path| is_compiled(path) || path.ends_with("_plt")).collect::<Vec<_>>(),
        [""; 0]
    );
}

#[test]
fn a_builder_compiles_the_project_and_none_of_its_dependencies() {
    let temp = project();
    let beacon = temp.path().join("beacon");
    let layout = temp.path().join("layout");
    let tag = "erlrel.test/beacon:builder";
    let usual = made(target("builder", &beacon, &["--to", &format!("oci:{}", layout.display())]));
    let key = run(erlrel().arg("key").arg(&beacon));
    assert_eq!(usual["names"][0], format!("beacon:builder-{}", key.trim()));
    made(target("builder", &beacon, &["--to", "docker", "--tag", tag]));
    let apps = format!("{}:/app/apps", beacon.join("apps").display());
    let config = format!("{}:/app/config", beacon.join("config").display());
    let options = ["--entrypoint", "rebar3", "--volume", &apps, "--volume", &config];
    let (said, changed) = said(tag, &options, &["as", "prod", "compile"]);
    assert!(said.contains("===> Compiling beacon_core"), "{said}");
    for word in ["Fetching", "Upgrading", "Compiling tally", "Compiling waypost"] {
        assert!(!said.contains(&format!("===> {word}")), "{said}");
    }
    let dependencies =
        changed.iter().filter(|path| path.starts_with("/app/_build/default/lib/")).filter(is_compiled);
    assert_eq!(dependencies.collect::<Vec<_>>(), [""; 0]);
    let layers = usual["layers"].as_array().expect("a list").iter();
    let layers = layers.map(|layer| image::blob(&layout, layer["digest"].as_str().expect("a digest")));
    let repository =
        layers.flat_map(|layer| image::packed_files(&layer)).filter(|(path, _)| path.contains("tally/.git/"));
    let names: Vec<String> =
        repository.filter_map(|(path, _)| path.rsplit('/').next().map(String::from)).collect();
    assert_eq!(names, ["HEAD", "objects", "refs"], "no address, no objects, no hooks");
}

#[test]
fn a_releaser_has_the_release_unpacked_and_needs_no_base() {
    let temp = project();
    let layout = temp.path().join("layout");
    let mut command = erlrel();
    command.args(["image", "--no-compile", "--target", "releaser", "--json", "--to"]);
    let made = made({
        command.arg(format!("oci:{}", layout.display())).arg(temp.path().join("beacon"));
        command
    });
    let layers = made["layers"].as_array().expect("a list").iter();
    let files = layers.flat_map(|layer| {
        image::packed_files(&image::blob(&layout, layer["digest"].as_str().expect("a digest")))
    });
    let paths: Vec<String> = files.map(|(path, _)| path).collect();
    for path in ["opt/rel/bin/beacon", "opt/rel/releases/RELEASES", "opt/rel/sql/V1__services.sql"] {
        assert!(paths.iter().any(|there| there == path), "{path}: {paths:?}");
    }
}

#[test]
fn a_base_that_lacks_something_is_told() {
    let shop = Shop::new();
    let base = format!("oci:{}:{}", debian::layout_with_erlang().display(), debian::TAG);
    let error = |arguments: &str| {
        let error = shop.error(&mut shop.erlrel(&format!("image --no-compile --target {arguments}")));
        error.replace(&debian::layout_with_erlang().display().to_string(), "LAYOUT")
    };
    insta::assert_snapshot!(error("tester"), @r"
    error: a tester needs a base image with Erlang and rebar3
      hint: name one with --base, such as --base erlang:27
    ");
    insta::assert_snapshot!(error(&format!("tester --base {base}")), @r"
    error: a tester needs `rebar3`, and the base image oci:LAYOUT:12 has none on its PATH (/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
      hint: name another one with --base, such as --base erlang:27
    ");
    shop.write("_checkouts/till/src/till.app.src", "");
    insta::assert_snapshot!(error(&format!("plt --base {base}")), @r"
    error: `_checkouts` cannot be put into an image: it stands in for dependencies only on this machine
      hint: move `_checkouts` away while the image is made
    ");
    insta::assert_snapshot!(fails(&mut shop.erlrel("image --target testr"), 2), @r"
    error: invalid value 'testr' for '--target <TARGET>': there are `runner`, `builder`, `tester`, `plt`, `releaser`

    For more information, try '--help'.
    ");
}
