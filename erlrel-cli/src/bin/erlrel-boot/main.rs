//! `erlrel-boot`: the program that is `bin/<release>` in an image without a shell.
//!
//! It finds the [`release`] it belongs to, substitutes environment variables in its configuration
//! ([`config_file`], [`render`]), and becomes the VM ([`start`], [`launch`]) – or, as the first process of a
//! container, runs the VM and looks after all other processes ([`init`]). Other commands talk to the running
//! node ([`erl_call`], [`remote_console`]). What is started is decided as a plain value first: a [`plan::Plan`].

mod command;
mod config_file;
mod distribution;
mod environment;
mod epmd;
mod erl_call;
mod error;
mod erts;
mod init;
mod launch;
mod plan;
mod private_file;
mod release;
mod remote_console;
mod render;
mod report;
mod site;
mod start;
mod vm_args;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use crate::command::Command;
use crate::environment::Environment;
use crate::error::BootError;
use crate::init::Init;
use crate::release::Release;
use crate::site::Site;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    run(&words).unwrap_or_else(|error| {
        report::error(&error);
        error.code().into()
    })
}

fn run(words: &[OsString]) -> Result<ExitCode, BootError> {
    let program = words.first().map(OsString::as_os_str).unwrap_or_default();
    let init = Init::of_process()?;
    let site = || Site::open(Release::find(program)?, Environment::of_process());
    match Command::parse(words)? {
        Command::Foreground => start::start(&site()?, false, words, init),
        Command::Console => start::start(&site()?, true, words, init),
        Command::RemoteConsole(word) => remote_console::remote_console(&site()?, &word, init),
        Command::Ping => erl_call::ping(&site()?),
        Command::Version => version(&Release::find(program)?),
        Command::Help => help(program),
    }
}

fn version(release: &Release) -> Result<ExitCode, BootError> {
    report::result(format_args!("{} {}", release.name, release.vsn));
    Ok(ExitCode::SUCCESS)
}

fn help(program: &OsStr) -> Result<ExitCode, BootError> {
    let name = Path::new(program).file_name().unwrap_or_default();
    report::result(command::usage(&name.to_string_lossy()));
    Ok(ExitCode::SUCCESS)
}
