//! Hands over to the VM.

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

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
