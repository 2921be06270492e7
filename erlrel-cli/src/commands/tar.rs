//! `erlrel tar`: the release tarball.

use erlrel_core::fs;
use erlrel_core::release::{Form, assemble};
use erlrel_core::tree::{TarOptions, TreeError, write_tar_gz};

use crate::args::TarArgs;
use crate::environment::epoch;
use crate::error::CliError;
use crate::report::Report;
use crate::resolved::{Request, Resolved};

pub(crate) fn run(args: &TarArgs, report: &Report) -> Result<(), CliError> {
    let request = Request {
        project: &args.project,
        compile: &args.compile,
        registry: &args.registry,
        select: &args.select,
        command: "tar",
        out: args.out.as_deref(),
    };
    let resolved = Resolved::compiled(&request, report)?;
    let tree = assemble(&resolved.release, Form::Tarball)?;
    resolved.warn_of_form(&tree, Form::Tarball, report)?;
    let spec = &resolved.release.spec;
    let usual = || resolved.rel_dir().join(format!("{}-{}.tar.gz", spec.name, spec.vsn));
    let out = args.out.clone().unwrap_or_else(usual);
    let options = TarOptions { mtime: epoch()?, directories: false };
    fs::write_aside(&out, |writer| {
        write_tar_gz(&tree, options, writer, &out.display().to_string()).map(drop)?;
        Ok::<_, TreeError>(())
    })?;
    report.result(out.display())
}
