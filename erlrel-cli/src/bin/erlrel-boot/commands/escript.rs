//! `escript`: runs a script of the release with its runtime system.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::commands::CommandError;
use crate::error::BootError;
use crate::site::Site;
use crate::vm::init::Init;
use crate::vm::launch;
use crate::vm::plan::Plan;

/// `arguments` begin with the script's path, relative to the release. Whatever it fails with, the exit code is 1:
/// relx has it so.
///
/// # Errors
/// When there is no path, or the program `escript` cannot be started.
pub(crate) fn escript(
    site: &Site,
    arguments: &[OsString],
    init: Option<Init>,
) -> Result<ExitCode, BootError> {
    let (path, arguments) = arguments.split_first().ok_or(CommandError::NoEscript)?;
    let script = site.release.root.join(path).into_os_string();
    let plan = Plan {
        program: site.erts.bin().join("escript"),
        args: [script].into_iter().chain(arguments.iter().cloned()).collect(),
        environment: site.environment.exports().clone(),
        directory: site.release.root.clone(),
    };
    match launch::run(&plan, init)? {
        ExitCode::SUCCESS => Ok(ExitCode::SUCCESS),
        _ => Ok(ExitCode::FAILURE),
    }
}
