//! `erlrel-boot`: the program that is `bin/<release>` in an image without a shell.
//!
//! It finds the [`release`] it belongs to, substitutes environment variables in its configuration ([`config`]),
//! and becomes the VM ([`vm`]) – or, as the first process of a container, runs the VM and looks after all other
//! processes ([`vm::init`]). Other [`commands`] talk to the running [`node`]. What is started is decided as
//! a plain value first: a [`vm::plan::Plan`].
//!
//! Called as `epmd`, which is a link to it, it is the port mapper of Erlang's nodes instead: [`epmd`].

mod command;
mod commands;
mod config;
mod configuration;
mod daemon;
mod dist;
mod environment;
mod epmd;
mod error;
mod erts;
mod help;
mod hooks;
mod node;
mod private_file;
mod process;
mod regular_file;
mod release;
mod report;
mod shell;
mod site;
mod vm;

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use crate::command::Command;
use crate::commands::{escript, extension, healthcheck, life, ping, remote_console, rpc, upgrade};
use crate::environment::Environment;
use crate::error::BootError;
use crate::hooks::{Invocation, Phase};
use crate::release::Release;
use crate::site::Site;
use crate::vm::init::Init;
use crate::vm::start::{self, Boot};

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    if epmd::is_called(&words) {
        return epmd::run(&words);
    }
    let code = run(&words).unwrap_or_else(|error| {
        report::error(&error);
        error.code().into()
    });
    if report::output_is_lost() { ExitCode::FAILURE } else { code }
}

fn run(words: &[OsString]) -> Result<ExitCode, BootError> {
    let program = words.first().map(OsString::as_os_str).unwrap_or_default();
    let init = Init::of_process()?;
    let site = || Site::open(Release::find(program)?, Environment::of_process());
    let mut arguments = hooks::without_marks(words);
    let command = Command::parse(&arguments)?;
    arguments.drain(..2);
    match command {
        Command::Foreground => start::start(&site()?, Boot::Foreground, words, init),
        Command::Console => start::start(&site()?, Boot::Console, words, init),
        Command::ConsoleClean => start::start(&site()?, Boot::Clean, words, init),
        Command::ConsoleBoot => start::start(&site()?, Boot::File, words, init),
        Command::Daemon => daemon::daemon(&site()?, "console", words, init),
        Command::DaemonBoot => daemon::daemon_boot(&site()?, words, init),
        Command::Start => {
            report::warning(
                "start is an old name of daemon; foreground suits containers, systemd and its like",
            );
            daemon::daemon(&site()?, "console", words, init)
        }
        Command::DaemonAttach => daemon::attach(&site()?, init),
        Command::Attach => {
            report::warning("attach is an old name of daemon_attach");
            daemon::attach(&site()?, init)
        }
        Command::Escript => escript::escript(&site()?, &arguments, init),
        Command::RemoteConsole(word) => remote_console::remote_console(&site()?, &word, init),
        Command::Ping => ping::ping(&site()?),
        Command::Healthcheck => healthcheck::healthcheck(&site()?, &arguments),
        Command::Rpc => rpc::rpc(&site()?, &arguments),
        Command::Eval => rpc::eval(&site()?, &arguments),
        Command::Pid => life::pid(&site()?),
        Command::Stop => {
            hooks::around(Phase::PreStop, Invocation { site: &site()?, words, init }, life::stop)
        }
        Command::Status => status(&site()?, words),
        Command::Versions => upgrade::versions(&site()?),
        Command::Upgrade(word) => upgrade::change(&site()?, &word, words, init),
        Command::Restart(function) => life::restart(&site()?, &function),
        Command::Version => version(&Release::find(program)?),
        Command::Help => help::help(program, arguments.first().map(OsString::as_os_str), init),
        Command::Other(word) => own(program, word, &arguments, init),
    }
}

/// A command of the release's own.
fn own(
    program: &OsStr,
    word: String,
    arguments: &[OsString],
    init: Option<Init>,
) -> Result<ExitCode, BootError> {
    let Ok(release) = Release::find(program) else { return Err(BootError::UnknownCommand(word)) };
    if !hooks::extensions(&release)?.contains(&word) {
        return Err(BootError::UnknownCommand(word));
    }
    let site = Site::open(release, Environment::of_process())?;
    extension::run(&site, &word, arguments, init)
}

/// What the hooks say of the node, if it answers.
fn status(site: &Site, words: &[OsString]) -> Result<ExitCode, BootError> {
    ping::status(site)?;
    hooks::after(site, Phase::Status, words)
}

fn version(release: &Release) -> Result<ExitCode, BootError> {
    report::result(format_args!("{} {}", release.name, release.vsn));
    Ok(ExitCode::SUCCESS)
}
