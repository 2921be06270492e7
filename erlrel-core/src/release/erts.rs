//! The runtime system's programs in a release.

use std::path::Path;

use super::assemble::Form;
use super::files::file_entry;
use super::resolve::Erts;
use super::spec::{IncludeErts, ReleaseSpec};
use super::{ReleaseError, Warning};
use crate::fs;
use crate::otp::OtpRoot;
use crate::tree::{Content, Group, Tree, TreePath};

/// Tools for building, which relx leaves out of tarballs.
const BUILD_TOOLS: [&str; 4] = ["ct_run", "dialyzer", "erlc", "typer"];

/// Finds the runtime system that a release is to have, or runs on: that of a directory named in `include_erts`,
/// whatever version the release names, as relx does; else in the version that the release names; else that of the
/// installation.
///
/// # Errors
/// When it is to be included and is not there.
pub(super) fn find(spec: &ReleaseSpec, otp: &OtpRoot) -> Result<Erts, ReleaseError> {
    included(spec, otp).map_err(|error| match (&spec.erts_place, &error) {
        (Some(place), ReleaseError::ErtsNotFound { .. }) => error.at(place),
        _ => error,
    })
}

fn included(spec: &ReleaseSpec, otp: &OtpRoot) -> Result<Erts, ReleaseError> {
    let vsn = spec.erts_vsn.clone();
    let (dir, vsn) = match &spec.include_erts {
        IncludeErts::No => return Ok(Erts { vsn: vsn.unwrap_or_else(|| otp.erts_vsn.clone()), bin: None }),
        IncludeErts::Yes => (&otp.root, vsn.unwrap_or_else(|| otp.erts_vsn.clone())),
        IncludeErts::From(dir) => (dir, version_in(dir)?),
    };
    let bin = dir.join(format!("erts-{vsn}/bin"));
    if bin.is_dir() {
        return Ok(Erts { vsn, bin: Some(bin) });
    }
    Err(ReleaseError::ErtsNotFound { dir: dir.clone(), missing: format!("erts-{vsn}/bin") })
}

/// That a directory named in `include_erts` has another version than the release names.
pub(super) fn warning(spec: &ReleaseSpec, found: &Erts) -> Option<Warning> {
    let IncludeErts::From(dir) = &spec.include_erts else { return None };
    let wanted = spec.erts_vsn.clone().filter(|wanted| *wanted != found.vsn)?;
    Some(Warning::OtherErts { wanted, found: found.vsn.clone(), dir: dir.clone() })
}

/// That of the first `erts-VSN` in a directory.
fn version_in(dir: &Path) -> Result<String, ReleaseError> {
    let names = fs::list(dir)?.into_iter().filter_map(|path| Some(path.file_name()?.to_str()?.to_string()));
    let vsn = names.into_iter().find_map(|name| name.strip_prefix("erts-").map(String::from));
    vsn.ok_or_else(|| ReleaseError::ErtsNotFound { dir: dir.into(), missing: "erts-VSN/bin".into() })
}

/// Adds `erts-VSN/bin`. `erl` is the relocatable `dyn_erl` where the installation has one, since the
/// script of that name has the installation's path written into it.
///
/// # Errors
/// When a program cannot be read.
pub(super) fn add(tree: &mut Tree, erts: &Erts, form: Form) -> Result<(), ReleaseError> {
    let Some(bin) = &erts.bin else { return Ok(()) };
    for path in fs::list(bin)? {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let left_out = name == "yielding_c_fun" || (form != Form::Directory && BUILD_TOOLS.contains(&name));
        if left_out || !path.is_file() {
            continue;
        }
        let relocatable = bin.join("dyn_erl");
        let source = if name == "erl" && relocatable.is_file() { relocatable } else { path.clone() };
        let entry = file_entry(&source, Content::File(source.clone()), Group::Erts)?;
        tree.insert(TreePath::new(format!("erts-{}/bin/{name}", erts.vsn))?, entry)?;
    }
    Ok(())
}
