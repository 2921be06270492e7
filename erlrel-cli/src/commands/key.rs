//! `erlrel key`: the dependency-layer key.

use std::path::PathBuf;

use erlrel_core::digest::Digest;
use erlrel_core::fs;
use erlrel_core::project::deps_key::{self, Toolchain};
use erlrel_core::{OtpRoot, Project};

use crate::args::KeyArgs;
use crate::environment::environment;
use crate::error::CliError;
use crate::project::{load, load_otp};
use crate::report::Report;

pub(crate) fn run(args: &KeyArgs, report: &Report) -> Result<(), CliError> {
    if args.semantic {
        let project = load(&args.project)?;
        let toolchain = toolchain(&load_otp(&args.project)?)?;
        report.result(semantic(&project, &toolchain)?)
    } else {
        report.result(deps_key::cksum(&args.project.dir)?)
    }
}

fn semantic(project: &Project, toolchain: &Toolchain) -> Result<Digest, CliError> {
    let (environment, _) = project.compilation_environment(&environment());
    Ok(deps_key::semantic(project, toolchain, &environment)?)
}

pub(crate) fn toolchain(otp: &OtpRoot) -> Result<Toolchain, CliError> {
    let compiler = otp.application("compiler").map_err(erlrel_core::release::ReleaseError::from)?;
    Ok(Toolchain {
        otp: otp.version.clone(),
        compiler: compiler.map(|app| app.vsn).unwrap_or_default(),
        platform: otp.platform.to_string(),
        rebar3: rebar3().map(|path| fs::read(&path)).transpose()?.map(|bytes| Digest::of(&bytes)),
    })
}

fn rebar3() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join("rebar3")).find(|program| program.is_file())
}
