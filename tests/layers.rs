//! Which layers an image has, and how Erlang finds the project's applications in it: they lie in directories without
//! versions, to which the names with versions are links.

mod other_otp;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::start_script::installation::{Installation, Shell};
use crate::start_script::project::built;
use crate::support::container::{Container, LOCKED, run_to_end};
use crate::support::docker::daemon;
use crate::support::{erlrel, image, run, sample};

/// The layers of a plan of the umbrella sample, made with these options.
fn planned(options: &[&str]) -> String {
    let mut plan = erlrel();
    names(plan.args(["plan", "--quiet", "--json"]).args(options).arg(&sample::umbrella().dir))
}

fn names(plan: &mut Command) -> String {
    let plan: Value = serde_json::from_str(&run(plan)).expect("JSON");
    let layers = plan["layers"].as_array().expect("a list").iter();
    layers.map(|layer| layer["group"].as_str().expect("a name")).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_changes_rarely_lies_low_and_hashring_which_is_a_branch_above_the_other_dependencies() {
    insta::assert_snapshot!(planned(&[]), @r"
    native
    otp
    dependency pctcode
    dependency tally
    dependency tinyjson
    dependency waypost
    dependency hashring
    project beacon_core
    project beacon_dns
    project beacon_http
    project beacon_storage
    project beacon_tools
    release
    ");
}

#[test]
fn beyond_its_budget_applications_share_layers() {
    insta::assert_snapshot!(planned(&["--dependency-layers", "3", "--project-layers", "4"]), @r"
    native
    otp
    dependencies released
    dependency tally
    dependencies moving
    project 1 of 2
    project 2 of 2
    project beacon_core
    project beacon_http
    release
    ");
    insta::assert_snapshot!(planned(&["--dependency-layers", "0", "--project-layers", "0"]), @r"
    native
    otp
    dependencies
    project
    release
    ");
}

#[test]
fn a_release_from_elsewhere_has_a_layer_for_each_application_too() {
    let mut plan = erlrel();
    insta::assert_snapshot!(names(plan.args(["plan", "--quiet", "--json", "--from"]).arg(&built().tarballs[0])), @r"
    native
    otp
    project depot
    release
    ");
}

/// True for each of the project's applications, with `A` its name and `D` the directory that Erlang knows.
const EACH: &str = "[A || A <- [beacon_core, beacon_dns, beacon_http, beacon_storage, beacon_tools], \
    D <- [code:lib_dir(A)], {ok, V} <- [application:get_key(A, vsn)], not (CONDITION)].";

/// What must be so of them.
const CONDITIONS: [&str; 4] = [
    "D =:= \"/opt/beacon/lib/\" ++ atom_to_list(A) ++ \"-\" ++ V",
    "file:read_link(D) =:= {ok, atom_to_list(A)}",
    "code:priv_dir(A) =:= D ++ \"/priv\"",
    "lists:keyfind(vsn, 1, element(3, hd(element(2, file:consult(code:where_is_file(atom_to_list(A) ++ \".app\")))))) \
     =:= {vsn, V}",
];

#[test]
fn erlang_finds_everything_under_the_versions_in_both_modes_of_loading() {
    for mode in ["embedded", "interactive"] {
        let variable = format!("--env=CODE_LOADING_MODE={mode}");
        let container = Container::serving(image::umbrella(), &[LOCKED, &[&variable]].concat());
        let says = |text: &str| {
            run(&mut container.exec(&[], &["/opt/beacon/bin/beacon", "eval", text])).trim().to_string()
        };
        assert_eq!(says("code:get_mode()."), mode);
        for condition in CONDITIONS {
            assert_eq!(says(&EACH.replace("CONDITION", condition)), "[]", "{mode}: {condition}");
        }
        assert_eq!(says("filelib:is_dir(code:priv_dir(beacon_storage))."), "true");
        let unloaded = "[M || {A, _, _} <- application:loaded_applications(), {ok, Ms} <- [application:get_key(A, modules)], \
            M <- Ms, code:ensure_loaded(M) =/= {module, M}].";
        assert_eq!(says(unloaded), "[]");
        let libraries = "[{\"beacon\", _, Libs, permanent}] = release_handler:which_releases(), \
            {ok, V} = application:get_key(beacon_dns, vsn), lists:member(\"beacon_dns-\" ++ V, Libs).";
        assert_eq!(says(libraries), "true");
    }
}

/// As consoles and tools start it: nothing but kernel and stdlib runs, and all else can be loaded.
#[test]
fn a_clean_start_finds_the_applications_too() {
    let image = image::umbrella();
    let erl = image.path_of("/bin/erl");
    let boot = image.path_of("/start_clean.boot");
    let expression = "ok = application:load(beacon_storage), {ok, V} = application:get_key(beacon_storage, vsn), \
        {module, _} = code:ensure_loaded(beacon_store_tables), \
        io:format(\"~p\", [filename:basename(code:lib_dir(beacon_storage)) =:= \"beacon_storage-\" ++ V]), halt().";
    let options = [LOCKED, &["--entrypoint", &erl]].concat();
    let arguments = ["-boot", boot.trim_end_matches(".boot"), "-noinput", "-eval", expression];
    assert_eq!(run_to_end(&image.name, &options, &arguments, 0).0, "true");
    assert_eq!(daemon().run(["image", "inspect", "--format={{len .RootFS.Layers}}", &image.name]), "13");
}

/// The release of an image, unpacked where it can be written to, with the package of its next version.
struct Depot {
    installation: Installation,
    node: std::process::Child,
}

impl Depot {
    fn running() -> Self {
        let installation = Installation::unpacked(Shell::None, "depot");
        std::fs::copy(&built().tarballs[1], installation.root.join("releases/depot-0.1.1.tar.gz"))
            .expect("copied");
        installation.file("vm.args", &installation.read("releases/0.1.0/vm.args"));
        let node = Self::start(&installation);
        let mut depot = Self { installation, node };
        depot.answers();
        depot
    }

    fn start(installation: &Installation) -> std::process::Child {
        let null = std::process::Stdio::null;
        let mut start = installation.command(&["foreground"]);
        start.stdin(null()).stdout(null()).stderr(null()).spawn().expect("started")
    }

    fn answers(&mut self) {
        while self.installation.run(&["ping"]).out != "pong\n" {
            assert_eq!(self.node.try_wait().expect("asked"), None, "the node has ended");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }

    fn restart(&mut self) {
        self.says(&["stop"]);
        self.node.wait().expect("ended");
        self.node = Self::start(&self.installation);
        self.answers();
    }

    fn says(&self, words: &[&str]) -> String {
        self.installation.says(words)
    }

    /// What is at a path of the release.
    fn what(&self, path: &str) -> &'static str {
        let path = self.installation.root.join(path);
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => "a link",
            Ok(_) => "there",
            Err(_) => "gone",
        }
    }
}

impl Drop for Depot {
    fn drop(&mut self) {
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

#[test]
fn a_running_release_is_upgraded_and_the_version_of_the_image_removed() {
    let mut depot = Depot::running();
    let lib_dir = "filename:basename(code:lib_dir(depot)).";
    assert_eq!(depot.says(&["eval", lib_dir]), "\"depot-0.1.0\"\n");
    assert_eq!((depot.what("lib/depot-0.1.0"), depot.what("lib/depot")), ("a link", "there"));
    depot.says(&["upgrade", "0.1.1"]);
    assert_eq!(depot.says(&["rpc", "depot", "vsn"]), "\"0.1.1\"\n");
    assert_eq!(depot.says(&["eval", lib_dir]), "\"depot-0.1.1\"\n");
    assert_eq!(depot.what("lib/depot-0.1.1"), "there");
    depot.says(&["uninstall", "0.1.0"]);
    assert_eq!(depot.what("lib/depot-0.1.0"), "gone");
    assert_eq!(depot.says(&["versions"]), "Installed versions:\n* 0.1.1\tpermanent\n");
    depot.restart();
    assert_eq!(depot.says(&["rpc", "depot", "vsn"]), "\"0.1.1\"\n");
    assert_eq!(depot.says(&["eval", lib_dir]), "\"depot-0.1.1\"\n");
}

#[test]
fn an_upgrade_is_taken_back_and_the_newer_version_removed() {
    let mut depot = Depot::running();
    depot.says(&["upgrade", "0.1.1"]);
    depot.says(&["downgrade", "0.1.0"]);
    assert_eq!(depot.says(&["rpc", "depot", "vsn"]), "\"0.1.0\"\n");
    depot.says(&["uninstall", "0.1.1"]);
    assert_eq!((depot.what("lib/depot-0.1.1"), depot.what("lib/depot-0.1.0")), ("gone", "a link"));
    depot.restart();
    assert_eq!(depot.says(&["rpc", "depot", "vsn"]), "\"0.1.0\"\n");
    assert!(Path::new(&depot.installation.root).join("lib/depot/ebin/depot.beam").is_file());
}
