//! `ping` and `status`: whether the node answers.

use std::process::ExitCode;

use crate::commands::ask::{ask, require};
use crate::dist::Call;
use crate::error::BootError;
use crate::report;
use crate::site::Site;

/// Says `pong`, or that the node does not run and why.
pub(crate) fn ping(site: &Site) -> Result<ExitCode, BootError> {
    let answer = ask(site, &site.node()?, &Call::new("erlang", "is_alive", []));
    report::result(if answer.is_ok() { "pong" } else { "Node is not running!" });
    answer.map(|_| ExitCode::SUCCESS)
}

/// Says nothing if the node answers.
pub(crate) fn status(site: &Site) -> Result<ExitCode, BootError> {
    let call = Call::new("erlang", "is_alive", []);
    require(site, &site.node()?, &call).map(|_| ExitCode::SUCCESS)
}
