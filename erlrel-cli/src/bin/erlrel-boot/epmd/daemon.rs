//! The port mapper in the background.
//!
//! The program starts itself again, detached from terminal, session and directory, and ends when that one listens. Files
//! that it has inherited besides the usual three stay open in it, which only unsafe code could change.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::stdio::{dup2_stderr, dup2_stdout};
use signal_hook::consts::SIGHUP;

use crate::epmd::NAME;
use crate::epmd::error::EpmdError;
use crate::report;

/// Tells the one in the background that it is that.
const DETACHED: &str = "ERLREL_EPMD_DETACHED";

/// What it says to the one that has started it when it listens.
const READY: &[u8] = b"ready";

/// Starts the port mapper with the same words in the background, and waits until it listens or has ended.
///
/// # Errors
/// It cannot be started.
pub(super) fn start(words: &[OsString]) -> Result<ExitCode, EpmdError> {
    let own = std::env::current_exe().or_else(|error| words.first().map(Into::into).ok_or(error));
    let mut command = Command::new(own.map_err(EpmdError::Detach)?);
    command.arg0(NAME).args(words.iter().skip(1)).env(DETACHED, "1").current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::piped());
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

/// Whether this is the one in the background.
pub(super) fn is_detached() -> bool {
    std::env::var_os(DETACHED).is_some()
}

/// Leaves the session, and tells the one that has started it that it may end.
///
/// # Errors
/// There is no session to leave, or no `/dev/null`.
pub(super) fn say_ready() -> Result<(), EpmdError> {
    leave().map_err(EpmdError::Detach)
}

fn leave() -> io::Result<()> {
    rustix::process::setsid()?;
    // Whose terminal is gone should not end it.
    signal_hook::flag::register(SIGHUP, Arc::new(AtomicBool::new(false)))?;
    // As it is called in the list of processes, whatever the name of the file.
    rustix::thread::set_name(c"epmd")?;
    let nothing = OpenOptions::new().write(true).open("/dev/null")?;
    dup2_stderr(&nothing)?;
    report::output_bytes(READY);
    dup2_stdout(&nothing)?;
    Ok(())
}
