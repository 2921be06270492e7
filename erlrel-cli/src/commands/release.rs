//! `erlrel release`: the release directory.

use std::path::Path;

use erlrel_core::fs::{self, FsError};
use erlrel_core::release::{Form, assemble, is_replaced_as_one};
use erlrel_core::tree::write_directory;

use crate::args::ReleaseArgs;
use crate::error::CliError;
use crate::project;
use crate::report::Report;
use crate::resolved::Resolved;

pub(crate) fn run(args: &ReleaseArgs, report: &Report) -> Result<(), CliError> {
    let project = project::open_compiled(&args.project, &args.compile, &["release"], report)?;
    let resolved = Resolved::of(project, &args.project, &args.select, report)?;
    let out = match &args.out {
        Some(out) => std::path::absolute(out).map_err(FsError::while_doing("find", out))?,
        None => resolved.rel_dir(),
    };
    refuse_other_directory(&out, &resolved.release.spec.name)?;
    let tree = assemble(&resolved.release, Form::Directory)?;
    resolved.warn_of_form(&tree, Form::Directory, report)?;
    write_directory(&tree, &out, is_replaced_as_one)?;
    report.result(out.display())
}

/// What lies in the directory of a release stays, so it must be one, have nothing but its tarballs, or not be there.
fn refuse_other_directory(out: &Path, name: &str) -> Result<(), CliError> {
    let is_release = out.join("releases/start_erl.data").is_file() || out.join("releases/RELEASES").is_file();
    let is_free = || match out.symlink_metadata() {
        Err(_) => Ok(true),
        Ok(metadata) => {
            Ok::<_, CliError>(metadata.is_dir() && fs::list(out)?.iter().all(|path| is_tarball(path, name)))
        }
    };
    if is_release || is_free()? { Ok(()) } else { Err(CliError::NotARelease { path: out.into() }) }
}

fn is_tarball(path: &Path, name: &str) -> bool {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    file.starts_with(&format!("{name}-")) && file.ends_with(".tar.gz") && path.is_file()
}
