//! `erlrel tar`: the release tarball.

use erlrel_core::fs;
use erlrel_core::release::{Form, assemble};
use erlrel_core::tree::{TarOptions, TreeError, write_tar_gz};

use crate::args::TarArgs;
use crate::compile::path_of;
use crate::environment::epoch;
use crate::error::CliError;
use crate::project::Opening;
use crate::registry::{cache_registry, tell_trouble};
use crate::report::Report;
use crate::resolved::Resolved;

pub(crate) fn run(args: &TarArgs, report: &Report) -> Result<(), CliError> {
    let registry = cache_registry(&args.registry, report);
    let opening = Opening {
        project: &args.project,
        compile: &args.compile,
        registry: &registry,
        commands: &["tar"],
        is_cached: true,
        written: path_of(args.out.as_deref()),
    };
    let project = opening.open(report)?.project;
    tell_trouble(&registry, report);
    let resolved = Resolved::of(project, &args.project, &args.select, report)?;
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
