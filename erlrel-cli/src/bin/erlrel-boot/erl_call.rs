//! Asks a running node through `erl_call`, the small C program of every ERTS.

use std::process::{ExitCode, Stdio};

use crate::error::BootError;
use crate::node::Node;
use crate::report;
use crate::site::Site;
use crate::vm::VmError;
use crate::vm::plan::Plan;

/// What came back from a node.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The printed result.
    Value(String),
    /// Nothing; what `erl_call` said about it.
    Unreachable(String),
}

/// `ping`: prints `pong` when the node answers.
pub(crate) fn ping(site: &Site) -> Result<ExitCode, BootError> {
    match ask(site, &site.node()?, "erlang is_alive")? {
        Answer::Value(_) => {
            report::result("pong");
            Ok(ExitCode::SUCCESS)
        }
        Answer::Unreachable(reason) => Ok(not_running(&reason)),
    }
}

/// Says that the node does not answer, in relx's words, and why.
pub(crate) fn not_running(reason: &str) -> ExitCode {
    report::result("Node is not running!");
    if !reason.is_empty() {
        report::warning(reason);
    }
    ExitCode::FAILURE
}

/// Applies a function on the node and waits for the result, for as long as RELX_RPC_TIMEOUT allows.
pub(crate) fn ask(site: &Site, node: &Node, call: &str) -> Result<Answer, BootError> {
    let plan = Plan::erl_call(site, node, call);
    // Not from /dev/null, which may be missing: erl_call reads nothing here.
    let output = plan.command().stdin(Stdio::inherit()).output();
    let output = output.map_err(|source| VmError::Start { program: plan.program, source })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(match output.status.success() {
        true => Answer::Value(text(&output.stdout)),
        false => Answer::Unreachable(text(&output.stderr)),
    })
}
