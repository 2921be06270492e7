//! Hands over to the VM, or to another program.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ExitCode, ExitStatus};

use crate::vm::VmError;
use crate::vm::init::{Init, Traits};
use crate::vm::plan::Plan;

/// Becomes the planned program; as the first process of a container, runs it and looks after all others.
pub(crate) fn launch(plan: &Plan, init: Option<Init>, traits: Traits) -> Result<ExitCode, VmError> {
    if let Some(init) = init {
        return init.run(plan, traits);
    }
    let source = plan.command().exec();
    Err(VmError::Start { program: plan.program.clone(), source })
}

/// The same with a program that is not the VM of the release.
pub(crate) fn launch_other(plan: &Plan, init: Option<Init>) -> Result<ExitCode, VmError> {
    launch(plan, init, OTHER)
}

/// Runs such a program to its end; gives its exit code, or 128 and the number of the signal that ended it.
pub(crate) fn run(plan: &Plan, init: Option<Init>) -> Result<ExitCode, VmError> {
    if let Some(init) = init {
        return init.run(plan, OTHER);
    }
    let status = plan.command().status();
    let status = status.map_err(|source| VmError::Start { program: plan.program.clone(), source })?;
    Ok(exit_code(status).unwrap_or(u8::MAX).into())
}

/// It may use the terminal, and knows by itself what to do with Ctrl-C.
const OTHER: Traits = Traits { shell: true, listens: false };

/// The exit code of who has ended, or 128 and the number of the signal that ended it; nothing for who has only stopped.
pub(super) fn exit_code(status: ExitStatus) -> Option<u8> {
    let code = status.code().map(|code| u8::try_from(code).unwrap_or(u8::MAX));
    code.or_else(|| status.signal().map(signalled))
}

/// The exit code for the end by a signal.
pub(super) fn signalled(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}
