//! A command of the release's own.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::configuration::Configuration;
use crate::error::BootError;
use crate::hooks;
use crate::site::Site;
use crate::vm::init::Init;
use crate::vm::launch;

/// Has a shell do it, which finds the configuration rendered.
pub(crate) fn run(
    site: &Site,
    name: &str,
    arguments: &[OsString],
    init: Option<Init>,
) -> Result<ExitCode, BootError> {
    let plan = hooks::extension(site, name, arguments)?;
    Configuration::complete(site)?.publish()?;
    Ok(launch::launch_other(&plan, init)?)
}
