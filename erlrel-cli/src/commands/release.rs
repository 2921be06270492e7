//! `erlrel release`: the release directory.

use erlrel_core::release::{Form, assemble};
use erlrel_core::tree::write_directory;

use super::{CliError, Resolved, compile};
use crate::args::ReleaseArgs;
use crate::report::Report;

pub(crate) fn run(args: &ReleaseArgs, report: &Report) -> Result<(), CliError> {
    compile(&args.project, &args.compile, report)?;
    let resolved = Resolved::load(&args.project, report)?;
    let Resolved { project, otp, spec, resolution } = &resolved;
    let tree = assemble(spec, project, resolution, otp, Form::Directory)?;
    let out = args.out.clone().unwrap_or_else(|| resolved.rel_dir());
    write_directory(&tree, &out)?;
    report.result(out.display());
    Ok(())
}
