//! Asks the running node: over the distribution, or through a VM where only one can.

use crate::dist::{self, Answer, Call, Output};
use crate::error::BootError;
use crate::node::Node;
use crate::report;
use crate::site::Site;
use crate::vm::question;

/// Applies a function on the node and gives its result.
///
/// # Errors
/// The node cannot be reached, refuses this program, or gives no answer for as long as RELX_RPC_TIMEOUT allows.
pub(crate) fn ask(site: &Site, node: &Node, call: &Call) -> Result<Answer, BootError> {
    answer(site, node, call, Output::Node)
}

/// The same; says in relx's words first if there is no node to ask.
///
/// # Errors
/// Those of [`ask`].
pub(crate) fn require(site: &Site, node: &Node, call: &Call) -> Result<Answer, BootError> {
    require_showing(site, node, call, Output::Node)
}

/// The same, with a place for what the function itself prints.
///
/// # Errors
/// Those of [`ask`].
pub(crate) fn require_showing(
    site: &Site,
    node: &Node,
    call: &Call,
    output: Output<'_>,
) -> Result<Answer, BootError> {
    answer(site, node, call, output).inspect_err(|error| {
        if error.is_about_reaching_the_node() {
            report::result("Node is not running!");
        }
    })
}

fn answer(site: &Site, node: &Node, call: &Call, output: Output<'_>) -> Result<Answer, BootError> {
    match &node.peer {
        Some(peer) => Ok(dist::call(peer, call, output)?),
        None => question::ask(site, node, call, output),
    }
}
