//! The Erlang port mapper daemon: which node of this machine listens on which port.
//!
//! In an image `erts-VSN/bin/epmd` is a link to this program, which spares the image OTP's epmd and what that is linked
//! with. It is called as OTP's is, speaks its protocol (`erl_dist_protocol` in the ERTS documentation), and says what that
//! says where programs may read it. It differs on purpose in these:
//!
//! - it takes no sockets from systemd;
//! - `-daemon` comes back when the daemon listens, and fails when it cannot;
//! - a request is answered wherever its bytes are cut, also when more bytes follow; OTP's drops a connection on which
//!   more than the request has arrived with it;
//! - a connection whose registration is refused is closed, since there is nothing left that it could be kept for;
//! - a name of 255 characters, which can be registered, can be asked for;
//! - to stop a node that does not exist is answered by `NOEXIST` alone, without `STOPPED` after it.

mod client;
mod daemon;
mod error;
mod listeners;
mod mapper;
mod options;
mod protocol;
mod registry;
mod server;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use crate::environment::Environment;
use crate::epmd::error::EpmdError;
use crate::epmd::listeners::Listeners;
use crate::epmd::options::{Action, Settings};
use crate::epmd::server::Server;
use crate::report;

/// The name under which this program is the daemon.
const NAME: &str = "epmd";

/// Whether the program was called as `epmd`. A release may have that name too: then it is the release's program.
pub(crate) fn is_called(words: &[OsString]) -> bool {
    let is_named = |path: &Path| path.file_name().is_some_and(|name| name == NAME);
    let is_own_name = || std::env::current_exe().is_ok_and(|program| is_named(&program));
    words.first().is_some_and(|word| is_named(Path::new(word))) && !is_own_name()
}

/// Does what the words say, of which the first is the program; gives epmd's exit code.
pub(crate) fn run(words: &[OsString]) -> ExitCode {
    act(words).unwrap_or_else(|error| {
        report::note(format_args!("{NAME}: {error}"));
        ExitCode::FAILURE
    })
}

fn act(words: &[OsString]) -> Result<ExitCode, EpmdError> {
    match Action::parse(words.get(1..).unwrap_or_default(), &Environment::of_process())? {
        Action::Serve(settings) => serve(&settings, &mut || Ok(())),
        Action::Daemon(settings) if daemon::is_detached() => serve(&settings, &mut daemon::say_ready),
        Action::Daemon(_) => daemon::start(words),
        Action::Ask(question, port) => Ok(client::ask(&question, port)),
    }
}

/// Serves until it is told to end. Where another one listens already, that one will do.
fn serve(
    settings: &Settings,
    is_ready: &mut dyn FnMut() -> Result<(), EpmdError>,
) -> Result<ExitCode, EpmdError> {
    let Some(listeners) = Listeners::open(settings.port, &settings.addresses)? else {
        return Ok(ExitCode::SUCCESS);
    };
    is_ready()?;
    Server::new(listeners, settings).run()?;
    Ok(ExitCode::SUCCESS)
}
