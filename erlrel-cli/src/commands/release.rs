//! `erlrel release`: the release directory.

use std::path::{Path, PathBuf};

use erlrel_core::fs::{self, FsError};
use erlrel_core::release::{Form, assemble, is_replaced_as_one};
use erlrel_core::tree::{is_half_written, write_directory};

use crate::args::ReleaseArgs;
use crate::error::CliError;
use crate::report::Report;
use crate::resolved::{Request, Resolved};

pub(crate) fn run(args: &ReleaseArgs, report: &Report) -> Result<(), CliError> {
    let request = Request {
        project: &args.project,
        compile: &args.compile,
        registry: &args.registry,
        select: &args.select,
        command: "release",
        out: args.out.as_deref(),
    };
    let resolved = Resolved::compiled(&request, report)?;
    let out = match &args.out {
        Some(out) => named(out, &resolved.release.spec.name)?,
        None => resolved.rel_dir(),
    };
    let tree = assemble(&resolved.release, Form::Directory)?;
    resolved.warn_of_form(&tree, Form::Directory, report)?;
    write_directory(&tree, &out, is_replaced_as_one)?;
    report.result(out.display())
}

/// The directory that the command line names. What lies in it stays, so it must be a release, be free, or not be there.
fn named(out: &Path, release: &str) -> Result<PathBuf, CliError> {
    let out = std::path::absolute(out).map_err(FsError::while_doing("find", out))?;
    let is_release = out.join("releases/start_erl.data").is_file() || out.join("releases/RELEASES").is_file();
    if is_release || is_free(&out, release)? { Ok(out) } else { Err(CliError::NotARelease { path: out }) }
}

/// True without anything but tarballs of the release and what an interrupted run has left.
fn is_free(out: &Path, release: &str) -> Result<bool, FsError> {
    match out.symlink_metadata() {
        Err(_) => Ok(true),
        Ok(metadata) if !metadata.is_dir() => Ok(false),
        Ok(_) if is_half_written(out)? => Ok(true),
        Ok(_) => Ok(fs::list(out)?.iter().all(|path| fs::is_aside(path) || is_tarball(path, release))),
    }
}

fn is_tarball(path: &Path, name: &str) -> bool {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    file.starts_with(&format!("{name}-")) && file.ends_with(".tar.gz") && path.is_file()
}
