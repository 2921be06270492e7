//! The terminal on standard input, and who reads its keys.

use std::io::{self, IsTerminal};

use rustix::fs::{FileType, makedev};
use rustix::process::{Pid, Signal};
use rustix::termios;

/// Whose terminal it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Terminal {
    None,
    /// Its foreground is this process, which may give it to another.
    Ours,
    /// Its foreground is decided elsewhere.
    NotOurs,
}

impl Terminal {
    /// The one that this process has.
    pub(crate) fn of_stdin() -> Self {
        if !io::stdin().is_terminal() {
            return Self::None;
        }
        match termios::tcgetpgrp(io::stdin()) {
            Ok(foreground) if foreground == rustix::process::getpid() => Self::Ours,
            _ => Self::NotOurs,
        }
    }

    /// Makes the child's group the foreground, if it is ours to give, and lets it run: it may have used the
    /// terminal before it was its turn, and was stopped then.
    pub(crate) fn hand_over(self, child: Pid) {
        if self == Self::Ours {
            // If it fails, the child has ended already or the terminal is gone; both show elsewhere.
            let _ = termios::tcsetpgrp(io::stdin(), child);
            let _ = rustix::process::kill_process_group(child, Signal::CONT);
        }
    }
}

/// Whether standard input is `/dev/null`, as it is in a container that nobody attaches to. One that is closed
/// becomes it when a program starts.
pub(crate) fn stdin_is_void() -> bool {
    let null = makedev(1, 3);
    rustix::fs::fstat(io::stdin())
        .is_ok_and(|file| FileType::from_raw_mode(file.st_mode).is_char_device() && file.st_rdev == null)
}
