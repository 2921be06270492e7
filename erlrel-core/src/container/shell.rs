//! Which applications of a release run shell commands, seen in the import tables of their modules.

use rayon::prelude::*;

use super::ContainerWarning;
use crate::beam;
use crate::fs;
use crate::project::Origin;
use crate::release::{Release, ReleaseApp, Warning};

/// One warning for each application that calls `os:cmd`. Erlang's own applications are left out: those
/// that call it do so in tools for development, or where a shell cannot be missing.
pub(super) fn users(release: &Release) -> Vec<ContainerWarning> {
    let own: Vec<&ReleaseApp> = release.apps.iter().filter(|app| app.origin != Origin::Otp).collect();
    own.par_iter().filter_map(|app| caller(app)).map(ContainerWarning::Release).collect()
}

/// A module that cannot be read is no reason to fail here: packing it will say so.
fn caller(app: &ReleaseApp) -> Option<Warning> {
    let calls = |module: &&String| {
        let imports = fs::read(&app.app.beam(module)).ok().and_then(|bytes| beam::imports(&bytes).ok());
        imports.is_some_and(|imports| imports.iter().any(|call| call.module == "os" && call.name == "cmd"))
    };
    let module = app.app.modules.iter().find(calls)?;
    Some(Warning::RunsShell { app: app.app.name.clone(), module: module.clone() })
}
