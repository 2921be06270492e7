//! The Erlang port mapper daemon: which node of this machine listens on which port.
//!
//! In an image `erts-VSN/bin/epmd` is a link to this program, which spares the image OTP's epmd and what that is linked
//! with. It is called as OTP's is, speaks its protocol (`erl_dist_protocol` in the ERTS documentation), and says what that
//! says where programs may read it. It differs on purpose in these:
//!
//! - it takes no sockets from systemd;
//! - `-daemon` comes back when the daemon listens, and fails when it cannot;
//! - a request is answered wherever its bytes are cut, also when up to 4096 bytes follow; OTP's drops a connection on
//!   which more than the request has arrived with it;
//! - bytes that a node sends later than its registration end it;
//! - callers wait where there is no room for another one; those of other machines are hung up on before that, so that
//!   this machine's nodes find room;
//! - `-d` prints nothing, and keeps it in the foreground, where it is anyway;
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

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
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
    let is_release = || std::env::current_exe().is_ok_and(|program| is_release(&program));
    words.first().is_some_and(|word| is_named(Path::new(word))) && !is_release()
}

fn is_named(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == NAME)
}

/// Whether the file of the program is that of a release called `epmd`, and no copy of the program in the place of the
/// link, which whoever copies an image's files without their links makes.
fn is_release(program: &Path) -> bool {
    let is_erts = |name: &OsStr| name.as_bytes().starts_with(b"erts-");
    let is_in_erts = || {
        program.ends_with("bin/epmd")
            && program.ancestors().nth(2).and_then(Path::file_name).is_some_and(is_erts)
    };
    is_named(program) && !is_in_erts()
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

#[cfg(test)]
mod tests {
    use super::is_release;
    use std::path::Path;

    #[test]
    fn a_release_may_be_called_epmd_and_a_copy_of_the_link_is_the_port_mapper() {
        let releases = ["/opt/epmd/bin/epmd", "/erts-15.0/epmd", "/erts-15.0/x/epmd", "epmd", "bin/epmd"];
        for program in releases {
            assert!(is_release(Path::new(program)), "{program}");
        }
        for program in ["/opt/shop/erts-15.0/bin/epmd", "/opt/epmd/erts-1/bin/epmd", "/opt/shop/bin/shop"] {
            assert!(!is_release(Path::new(program)), "{program}");
        }
    }
}
