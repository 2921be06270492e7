//! `pid`, `stop`, `restart` and `reboot`: the life of the node.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use crate::commands::CommandError;
use crate::commands::ask::{ask, require};
use crate::dist::{Answer, Call, Text};
use crate::error::BootError;
use crate::node::Node;
use crate::process::Process;
use crate::report;
use crate::site::Site;

/// Between two looks whether the node is gone.
const PAUSE: Duration = Duration::from_millis(50);

/// `pid`: the number that the node's process has for the node itself.
pub(crate) fn pid(site: &Site) -> Result<ExitCode, BootError> {
    report::result(pid_of(site, &site.node()?)?);
    Ok(ExitCode::SUCCESS)
}

/// `stop`: ends the node and waits until it is gone, however long its applications take.
pub(crate) fn stop(site: &Site) -> Result<ExitCode, BootError> {
    let node = site.node()?;
    // In another container the number may be that of any process.
    let process = Process::seen(&pid_of(site, &node)?).filter(|process| process.name.starts_with("beam"));
    init(site, &node, "stop")?;
    let is_alive = Call::new("erlang", "is_alive", []);
    let is_there = || match &process {
        Some(process) => process.runs(),
        None => ask(site, &node, &is_alive).is_ok(),
    };
    while is_there() {
        thread::sleep(PAUSE);
    }
    Ok(ExitCode::SUCCESS)
}

/// `restart` (the applications, in the same process) and `reboot` (through heart): `function` of `init`.
pub(crate) fn restart(site: &Site, function: &str) -> Result<ExitCode, BootError> {
    init(site, &site.node()?, function)?;
    Ok(ExitCode::SUCCESS)
}

fn init(site: &Site, node: &Node, function: &str) -> Result<(), BootError> {
    require(site, node, &Call::new("init", function, [])).map(drop)
}

fn pid_of(site: &Site, node: &Node) -> Result<String, BootError> {
    Ok(pid_in(require(site, node, &getpid())?)?)
}

/// The number that the node's process has for the node itself; says nothing if the node does not answer.
///
/// # Errors
/// Those of [`ask`].
pub(crate) fn ask_pid(site: &Site, node: &Node) -> Result<String, BootError> {
    Ok(pid_in(ask(site, node, &getpid())?)?)
}

fn getpid() -> Call {
    Call::new("os", "getpid", [])
}

fn pid_in(answer: Answer) -> Result<String, CommandError> {
    let text = Text::of(answer.clone()).map(|text| text.to_string());
    text.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or_else(|| CommandError::Answer { what: "os:getpid/0", answer: answer.to_string() })
}
