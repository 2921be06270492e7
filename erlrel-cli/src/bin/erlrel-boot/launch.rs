//! Hands over to the VM.

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use crate::error::BootError;
use crate::init::Init;
use crate::plan::Plan;

/// Becomes the planned program; as the first process of a container, runs it and looks after all others.
pub(crate) fn launch(plan: &Plan, init: Option<Init>) -> Result<ExitCode, BootError> {
    if let Some(init) = init {
        return init.run(plan);
    }
    let source = plan.command().exec();
    Err(BootError::Start { program: plan.program.clone(), source })
}
