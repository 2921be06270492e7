//! A pseudo-terminal with a program in it, and somebody who types and reads.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Weak};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// The terminal of a running program.
#[derive(Debug)]
pub(crate) struct Terminal {
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    /// What was shown and not yet asked for.
    shown: String,
    program: Child,
    /// As long as it is there, the screen is watched.
    _watched: Arc<()>,
}

/// No bound that a test asserts: it only turns waiting for ever into a message.
const PATIENCE: Duration = Duration::from_secs(180);

/// After so long without output the keys are pressed again, and so often.
const MOMENT: Duration = Duration::from_millis(200);
const PRESSES: u32 = 900;

impl Terminal {
    /// Starts the program in a new terminal.
    pub(crate) fn start(mut command: Command) -> Self {
        let keyboard = File::from(
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
                .expect("a pseudo-terminal"),
        );
        grantpt(&keyboard).expect("granted");
        unlockpt(&keyboard).expect("unlocked");
        // Lines are so long that no text is broken.
        tcsetwinsize(&keyboard, Winsize { ws_row: 50, ws_col: 250, ws_xpixel: 0, ws_ypixel: 0 })
            .expect("sized");
        let name = ptsname(&keyboard, Vec::new()).expect("named").into_string().expect("ASCII");
        let program_end = OpenOptions::new().read(true).write(true).open(name).expect("opened");
        let copy = || program_end.try_clone().expect("copied");
        command.stdin(copy()).stdout(copy()).stderr(copy());
        let program = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let watched = Arc::new(());
        let screen = watch(keyboard.try_clone().expect("copied"), Arc::downgrade(&watched));
        Self { screen, keyboard, shown: String::new(), program, _watched: watched }
    }

    /// Presses keys.
    pub(crate) fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("typed");
    }

    /// Reads on until this text has been shown; gives what stood before it.
    pub(crate) fn shows(&mut self, text: &str) -> String {
        loop {
            if let Some((before, after)) = self.shown.split_once(text) {
                let (before, after) = (before.to_string(), after.to_string());
                self.shown = after;
                return before;
            }
            let more = self.screen.recv_timeout(PATIENCE);
            let more = more.unwrap_or_else(|reason| panic!("{reason}: no `{text}` in this:\n{}", self.shown));
            self.shown.push_str(&String::from_utf8_lossy(&more));
        }
    }

    /// Presses keys until the program has ended, since one that is busy with its output may overlook them; gives its exit
    /// code.
    pub(crate) fn ends_on(mut self, keys: &str) -> Option<i32> {
        for _ in 0..PRESSES {
            // It may be gone already.
            let _ = self.keyboard.write_all(keys.as_bytes());
            while let Ok(more) = self.screen.recv_timeout(MOMENT) {
                self.shown.push_str(&String::from_utf8_lossy(&more));
            }
            if let Some(status) = self.program.try_wait().expect("waited") {
                return status.code();
            }
        }
        panic!("{keys:?} does not end it; it shows:\n{}", self.shown)
    }

    /// Waits until the program has ended; gives its exit code.
    pub(crate) fn ends(mut self) -> Option<i32> {
        while let Ok(more) = self.screen.recv_timeout(PATIENCE) {
            self.shown.push_str(&String::from_utf8_lossy(&more));
        }
        let ended = self.program.try_wait().expect("waited");
        ended.or_else(|| self.program.wait().ok()).and_then(|status| status.code())
    }
}

/// What the terminal shows, until the last program has closed it or it is no longer watched: then it is hung up.
fn watch(mut terminal: File, watched: Weak<()>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while watched.strong_count() > 0 {
            if !is_readable(&terminal) {
                continue;
            }
            match terminal.read(&mut buffer) {
                Ok(count @ 1..) if sender.send(buffer[..count].to_vec()).is_ok() => {}
                _ => break,
            }
        }
    });
    receiver
}

/// Whether there is something to read, or will be in a moment.
fn is_readable(terminal: &File) -> bool {
    let moment = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    let mut watched = [PollFd::new(terminal, PollFlags::IN)];
    poll(&mut watched, Some(&moment)).is_ok_and(|ready| ready > 0)
}
