//! `erlrel release`: the release directory.

use std::path::{Path, PathBuf};

use erlrel_core::fs::{self, FsError};
use erlrel_core::release::{Form, assemble, missing_script_files};
use erlrel_core::tree::{Entry, Group, TreePath, write_directory};

use super::{CliError, Resolved, compile, hooks};
use crate::args::ReleaseArgs;
use crate::report::Report;

pub(crate) fn run(args: &ReleaseArgs, report: &Report) -> Result<(), CliError> {
    hooks::check(&args.project, &["release"], report)?;
    compile(&args.project, &args.compile, report)?;
    let resolved = Resolved::load(&args.project, &args.select, report)?;
    let Resolved { project, otp, spec, resolution, .. } = &resolved;
    let out = match &args.out {
        Some(out) => std::path::absolute(out).map_err(FsError::while_doing("find", out))?,
        None => resolved.rel_dir(),
    };
    let tarballs = tarballs(&out, &spec.name)?;
    refuse_other_directory(&out, &tarballs)?;
    let mut tree = assemble(spec, project, resolution, otp, Form::Directory)?;
    resolved.warn(missing_script_files(spec, &tree).iter().map(ToString::to_string).collect(), report)?;
    // Tarballs that were made before lie in the directory, as rebar3 has it, and stay there.
    for tarball in tarballs {
        let name = tarball.file_name().unwrap_or_default().display().to_string();
        tree.replace(TreePath::new(name)?, Entry::file(tarball, 0o644, Group::Release));
    }
    write_directory(&tree, &out)?;
    report.result(out.display())
}

/// `NAME-*.tar.gz` in the directory that is about to be replaced.
fn tarballs(out: &Path, name: &str) -> Result<Vec<PathBuf>, CliError> {
    if !out.is_dir() {
        return Ok(Vec::new());
    }
    let is_tarball = |path: &PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        file.starts_with(&format!("{name}-")) && file.ends_with(".tar.gz") && path.is_file()
    };
    Ok(fs::list(out)?.into_iter().filter(is_tarball).collect())
}

/// The directory is replaced as a whole, so it must be a release, have nothing but its tarballs, or not be
/// there.
fn refuse_other_directory(out: &Path, tarballs: &[PathBuf]) -> Result<(), CliError> {
    let is_release = out.join("releases/start_erl.data").is_file() || out.join("releases/RELEASES").is_file();
    let is_free = || match out.symlink_metadata() {
        Err(_) => Ok(true),
        Ok(metadata) => Ok::<_, CliError>(metadata.is_dir() && fs::list(out)?.len() == tarballs.len()),
    };
    if is_release || is_free()? { Ok(()) } else { Err(CliError::NotARelease { path: out.into() }) }
}
