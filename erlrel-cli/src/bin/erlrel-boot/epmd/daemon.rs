//! The port mapper in the background.
//!
//! The program starts itself again, detached from terminal, session and directory, and ends when that one listens. Files
//! that it has inherited besides the usual three are not handed on: whoever waits for their end would wait for the
//! daemon's.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::io::Errno;
use rustix::stdio::{dup2_stderr, dup2_stdout};
use signal_hook::consts::SIGHUP;

use crate::epmd::NAME;
use crate::epmd::error::EpmdError;
use crate::report;

/// Tells the one in the background that it is that.
const DETACHED: &str = "ERLREL_EPMD_DETACHED";

/// The first descriptor after the usual three.
const FIRST_OTHER: i32 = 3;

/// What it says to the one that has started it when it listens.
const READY: &[u8] = b"ready";

/// Starts the port mapper with the same words in the background, and waits until it listens or has ended.
///
/// # Errors
/// It cannot be started.
pub(super) fn start(words: &[OsString]) -> Result<ExitCode, EpmdError> {
    let mut command = Command::new(program(words).map_err(EpmdError::Detach)?);
    command.arg0(NAME).args(words.iter().skip(1)).env(DETACHED, "1").current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    close_fds::set_fds_cloexec_threadsafe(FIRST_OTHER, &[]);
    let mut child = command.spawn().map_err(EpmdError::Detach)?;
    let mut said = Vec::new();
    if let Some(output) = &mut child.stdout {
        output.read_to_end(&mut said).map_err(EpmdError::Detach)?;
    }
    if said == READY {
        return Ok(ExitCode::SUCCESS);
    }
    // Another one listens, or it has said what is wrong.
    let status = child.wait().map_err(EpmdError::Detach)?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// As it was called, wherever that says a place: the link still names it `epmd` where the kernel hands on the path of what
/// is started instead of its first word, as it does for programs of another machine.
fn program(words: &[OsString]) -> io::Result<PathBuf> {
    match words.first() {
        Some(word) if word.as_bytes().contains(&b'/') => std::path::absolute(word),
        _ => std::env::current_exe(),
    }
}

/// Whether this is the one in the background.
pub(super) fn is_detached() -> bool {
    std::env::var_os(DETACHED).is_some()
}

/// Leaves the session, and tells the one that has started it that it may end.
///
/// # Errors
/// The session cannot be left, or there is no `/dev/null`.
pub(super) fn say_ready() -> Result<(), EpmdError> {
    leave().map_err(EpmdError::Detach)
}

fn leave() -> io::Result<()> {
    match rustix::process::setsid() {
        // Whoever has started it has given it a session, or at least a group, of its own.
        Ok(_) | Err(Errno::PERM) => {}
        Err(errno) => return Err(errno.into()),
    }
    // Whose terminal is gone should not end it.
    signal_hook::flag::register(SIGHUP, Arc::new(AtomicBool::new(false)))?;
    // As it is called in the list of processes, whatever the name of the file. It can live without.
    let _ = rustix::thread::set_name(c"epmd");
    let nothing = OpenOptions::new().write(true).open("/dev/null")?;
    dup2_stderr(&nothing)?;
    report::output_bytes(READY);
    dup2_stdout(&nothing)?;
    Ok(())
}
