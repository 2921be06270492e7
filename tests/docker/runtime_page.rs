//! docs/runtime.md: what it recommends, done.

use crate::support::container::Container;
use crate::support::image::{self, SampleImage};
use crate::support::port::free_port;
use crate::support::{repository, run, temp_dir, tool};

/// A block of the page between fences: the first that has `text`.
fn block(text: &str) -> String {
    let page = std::fs::read_to_string(repository().join("docs/runtime.md")).expect("the page");
    let mut blocks = page.split("```").skip(1).step_by(2);
    blocks.find(|block| block.contains(text)).unwrap_or_else(|| panic!("no block has {text:?}")).into()
}

/// The words of the probes in the manifest.
fn probes(manifest: &str) -> Vec<Vec<String>> {
    let commands = manifest.lines().filter_map(|line| line.split_once("exec: {command: ["));
    let words = |list: &str| {
        list.split(['"', ',', ' ', ']', '}']).filter(|word| !word.is_empty()).map(String::from).collect()
    };
    commands.map(|(_, list)| words(list)).collect()
}

#[test]
fn the_pod_of_the_manifest_runs_and_its_probes_succeed() {
    let manifest = block("kind: Deployment");
    for (said, _) in POLICY {
        assert!(manifest.contains(said), "{said}");
    }
    let port = free_port().to_string();
    let variables =
        [format!("ERL_DIST_PORT={port}"), "POD_IP=127.0.0.1".into(), "RELX_COOKIE=of_the_cluster".into()];
    let mut options: Vec<&str> = POLICY.iter().flat_map(|(_, options)| options.iter().copied()).collect();
    options.extend(variables.iter().flat_map(|variable| ["--env", variable]));
    let container = Container::serving(image::hello(), &options);
    let probes = probes(&manifest);
    assert_eq!(probes.len(), 3, "{probes:?}");
    for probe in probes {
        let words: Vec<_> = probe.iter().map(|word| word.replace("shop", "hello")).collect();
        run(&mut container.exec(&[], &words.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    assert_eq!(run(container.release(&[], "eval").arg("os:getenv(\"POD_IP\").")), "\"127.0.0.1\"\n");
    assert_eq!(container.changes_outside_tmp(), [""; 0]);
}

/// What the manifest says, and how Docker is told the same.
const POLICY: &[(&str, &[&str])] = &[
    ("runAsNonRoot: true", &["--user", "1000650000:0"]),
    ("readOnlyRootFilesystem: true", &["--read-only"]),
    ("allowPrivilegeEscalation: false", &["--security-opt", "no-new-privileges"]),
    ("capabilities: {drop: [\"ALL\"]}", &["--cap-drop", "ALL"]),
    ("limits: {cpu: \"1\", memory: 256Mi}", &["--cpus", "1", "--memory", "256m"]),
    ("emptyDir: {medium: Memory, sizeLimit: 16Mi}", &["--tmpfs", "/tmp:mode=0777,size=16m"]),
];

/// An image whose release observer can look into.
fn observable() -> SampleImage {
    let dir = temp_dir();
    let write = |path: &str, text: &str| std::fs::write(dir.path().join(path), text).expect("written");
    write(
        "rebar.config",
        "{relx, [{release, {shop, \"1.0.0\"}, [sasl, runtime_tools]}, {mode, prod}, {vm_args_src, \"vm.args.src\"}]}.",
    );
    write("vm.args.src", "-sname shop\n");
    run(tool("rebar3", "rebar3").args(["as", "prod", "compile"]).current_dir(dir.path()));
    image::make(dir.path(), "shop", "observable", &[])
}

#[test]
fn the_erlang_of_this_machine_observes_a_node_through_its_one_port() {
    let port = free_port().to_string();
    let image = observable();
    let distribution = format!("ERL_DIST_PORT={port}");
    let variables = ["--env", &distribution, "--env", "RELX_COOKIE=secret", "--hostname", "localhost"];
    let container = Container::start(&image, &variables);
    run(container.release(&[], "healthcheck").arg("--wait"));
    let commands = block("observer:start()").replace("9100", &port);
    let (_, erl) = commands.split_once("\nerl ").expect("the command of this machine");
    let (flags, expression) = erl.split_once("-eval").expect("an expression");
    let expression = expression.trim().trim_matches('"').replace(
        "observer:start()",
        "Info = rpc:call('shop@localhost', observer_backend, sys_info, []), io:write(is_list(Info)), halt()",
    );
    let mut observer = tool("erl", "erlang-base");
    observer.args(flags.replace('\\', " ").split_whitespace()).args(["-noinput", "-eval", &expression]);
    assert_eq!(run(&mut observer), "true");
}
