//! What of a release needs a shell: applications that run shell commands, which the import tables of their modules
//! show, and hooks and extensions.

use std::path::PathBuf;

use super::ContainerWarning;
use crate::fs::Notes;
use crate::project::Origin;
use crate::release::{self, Calls, Release, ReleaseApp, Warning};

/// One warning for each application that calls `os:cmd`. Erlang's own applications are left out: those
/// that call it do so in tools for development, or where a shell cannot be missing. A module that cannot be read is no reason to
/// fail here: packing it will say so.
pub(super) fn users(release: &Release, notes: &dyn Notes) -> Vec<ContainerWarning> {
    let own = release.apps.iter().filter(|app| app.origin != Origin::Otp);
    let modules: Vec<(&ReleaseApp, &String)> =
        own.flat_map(|app| app.app.modules.iter().map(move |module| (app, module))).collect();
    let files: Vec<PathBuf> = modules.iter().map(|(app, module)| app.app.beam(module)).collect();
    let calls_it =
        |calls: &Calls| calls.functions.iter().any(|call| call.module == "os" && call.name == "cmd");
    let callers = modules.into_iter().zip(release::calls(&files, notes));
    let mut callers: Vec<(&ReleaseApp, &String)> =
        callers.filter_map(|(caller, calls)| calls_it(&calls?).then_some(caller)).collect();
    callers.dedup_by_key(|(app, _)| &app.app.name);
    let warning = |(app, module): (&ReleaseApp, &String)| Warning::RunsShell {
        app: app.app.name.clone(),
        module: module.clone(),
    };
    callers.into_iter().map(warning).map(ContainerWarning::Release).collect()
}

/// One warning for each hook and extension that a shell is to read.
pub(super) fn hooks(release: &Release) -> impl Iterator<Item = ContainerWarning> {
    release::shell_files(&release.spec).into_iter().map(|(what, path)| {
        ContainerWarning::Release(Warning::NeedsShell { what, path: format!("bin/{path}") })
    })
}
