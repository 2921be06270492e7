//! What of a release needs a shell: applications that run shell commands, which the import tables of their modules
//! show, and hooks and extensions.

use rayon::prelude::*;

use super::ContainerWarning;
use crate::beam;
use crate::fs;
use crate::project::Origin;
use crate::release::{self, Release, ReleaseApp, Warning};

/// One warning for each application that calls `os:cmd`. Erlang's own applications are left out: those
/// that call it do so in tools for development, or where a shell cannot be missing.
pub(super) fn users(release: &Release) -> Vec<ContainerWarning> {
    let own: Vec<&ReleaseApp> = release.apps.iter().filter(|app| app.origin != Origin::Otp).collect();
    own.par_iter().filter_map(|app| caller(app)).map(ContainerWarning::Release).collect()
}

/// One warning for each hook and extension that a shell is to read.
pub(super) fn hooks(release: &Release) -> impl Iterator<Item = ContainerWarning> {
    release::shell_files(&release.spec).into_iter().map(|(what, path)| {
        ContainerWarning::Release(Warning::NeedsShell { what, path: format!("bin/{path}") })
    })
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
