//! `erlrel release`: the release directory.

use std::path::Path;

use erlrel_core::fs::{self, FsError};
use erlrel_core::release::{Form, assemble};
use erlrel_core::tree::write_directory;

use super::{CliError, Resolved, compile};
use crate::args::ReleaseArgs;
use crate::report::Report;

pub(crate) fn run(args: &ReleaseArgs, report: &Report) -> Result<(), CliError> {
    compile(&args.project, &args.compile, report)?;
    let resolved = Resolved::load(&args.project, report)?;
    let Resolved { project, otp, spec, resolution } = &resolved;
    let out = match &args.out {
        Some(out) => std::path::absolute(out).map_err(FsError::while_doing("find", out))?,
        None => resolved.rel_dir(),
    };
    refuse_other_directory(&out)?;
    let tree = assemble(spec, project, resolution, otp, Form::Directory)?;
    write_directory(&tree, &out)?;
    report.result(out.display())
}

/// The directory is replaced as a whole, so it must be a release, empty, or not there.
fn refuse_other_directory(out: &Path) -> Result<(), CliError> {
    let is_release = out.join("releases/start_erl.data").is_file() || out.join("releases/RELEASES").is_file();
    let is_free = || match out.symlink_metadata() {
        Err(_) => Ok(true),
        Ok(metadata) => Ok::<_, CliError>(metadata.is_dir() && fs::list(out)?.is_empty()),
    };
    if is_release || is_free()? { Ok(()) } else { Err(CliError::NotARelease { path: out.into() }) }
}
