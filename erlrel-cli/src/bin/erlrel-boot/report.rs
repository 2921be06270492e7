//! What the user sees: the only place that writes to standard output and standard error.

use std::error::Error;
use std::fmt::{Display, Write as _};
use std::io::{self, ErrorKind, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::BootError;

/// Writes a result to standard output.
pub(crate) fn result(text: impl Display) {
    note_loss(writeln!(io::stdout(), "{text}"));
}

/// Writes to standard output what a node has printed, as it is.
pub(crate) fn output(text: &str) {
    output_bytes(text.as_bytes());
}

/// Writes bytes to standard output that may be no text.
pub(crate) fn output_bytes(bytes: &[u8]) {
    let mut out = io::stdout();
    note_loss(out.write_all(bytes).and_then(|()| out.flush()));
}

/// Whether something could not be written to standard output, so that a success is none.
pub(crate) fn output_is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Of the process, as its standard output is.
static LOST: AtomicBool = AtomicBool::new(false);

fn note_loss(written: io::Result<()>) {
    match written {
        // Nobody reads any more: there is nobody to tell, and the exit code keeps its meaning.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            warning(format_args!("cannot write to standard output: {error}"));
            LOST.store(true, Ordering::Relaxed);
        }
        _ => {}
    }
}

/// Writes to standard error what a node has to say.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes an error to standard error.
pub(crate) fn error(error: &BootError) {
    let _ = std::io::stderr().write_all(sentences(error).as_bytes());
}

/// Writes something that the user ought to know to standard error.
pub(crate) fn warning(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "erlrel-boot: warning: {text}");
}

/// The text of an error: what, where, why, and what to do next.
pub(crate) fn sentences(error: &BootError) -> String {
    let mut text = format!("erlrel-boot: error: {error}");
    let mut cause = error.source();
    while let Some(reason) = cause {
        let _ = write!(text, ": {reason}");
        cause = reason.source();
    }
    let _ = write!(text, "\nerlrel-boot: hint: {}\n", error.hint());
    text
}
