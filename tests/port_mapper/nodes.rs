//! Real nodes find each other.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::running::{Maker, Mapper};
use crate::boot_node::toolchains;
use crate::support::run;
use crate::support::toolchain::Toolchain;

/// A node that waits to be pinged.
struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn erl(toolchain: &Toolchain, mapper: &Mapper, name: &str) -> Command {
    let mut erl = toolchain.command("erl", Path::new(env!("CARGO_TARGET_TMPDIR")));
    erl.env("ERL_EPMD_PORT", mapper.port.to_string()).env("ERL_CRASH_DUMP_BYTES", "0");
    erl.args(["-noinput", "-start_epmd", "false", "-setcookie", "port_mapper", "-sname", name]);
    erl.stdin(Stdio::null());
    erl
}

#[test]
fn nodes_of_all_versions_find_each_other() {
    let mapper = Maker::Erlrel.serving(&[]);
    let toolchains = toolchains();
    assert!(toolchains.len() > 1, "this machine's OTP and another one");
    let names: Vec<String> = (0..toolchains.len()).map(|number| format!("waits{number}@localhost")).collect();
    let start = |(toolchain, name): (&&Toolchain, &String)| {
        Node(erl(toolchain, &mapper, name).stdout(Stdio::null()).spawn().expect("started"))
    };
    let nodes: Vec<Node> = toolchains.iter().zip(&names).map(start).collect();
    for toolchain in &toolchains {
        // A node that has just begun may not be known yet.
        let ask = format!(
            "Ping = fun Ping(_, 0) -> pang; Ping(Node, Left) ->
                 case net_adm:ping(Node) of pong -> pong; pang -> timer:sleep(100), Ping(Node, Left - 1) end
             end,
             Answers = [Ping(Node, 600) || Node <- ['{}']],
             {{ok, Names}} = erl_epmd:names(localhost),
             io:format(\"~p ~p\", [Answers, lists:sort([Name || {{Name, _}} <- Names])]),
             halt().",
            names.join("', '")
        );
        let answers = run(erl(toolchain, &mapper, "asks@localhost").args(["-eval", &ask]));
        let known: Vec<&str> = names.iter().map(|name| name.trim_end_matches("@localhost")).collect();
        let known = [&["asks"], &known[..]].concat();
        let pongs = vec!["pong"; names.len()].join(",");
        assert_eq!(answers, format!("[{pongs}] [\"{}\"]", known.join("\",\"")), "{toolchain:?}");
    }
    drop(nodes);
    mapper.comes_to_have("");
}

#[test]
fn a_name_in_use_keeps_the_second_node_from_starting() {
    let mapper = Maker::Erlrel.serving(&[]);
    let machine = &Toolchain::Machine;
    let node = erl(machine, &mapper, "once@localhost").stdout(Stdio::null()).spawn().expect("started");
    let mut node = Node(node);
    while mapper.names().is_empty() {
        assert_eq!(node.0.try_wait().expect("asked"), None, "the node has ended");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let second = erl(machine, &mapper, "once@localhost").args(["-eval", "halt()."]).output().expect("ended");
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&[second.stdout, second.stderr].concat()).into_owned();
    assert!(said.contains("seems to be in use"), "{said}");
    drop(node);
    mapper.comes_to_have("");
}
