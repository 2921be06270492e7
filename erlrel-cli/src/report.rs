//! The only module that prints: results on stdout; progress, warnings and errors on stderr.

use std::error::Error as _;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use erlrel_core::Error;
use erlrel_core::observer::{Event, Observer};
use erlrel_core::registry::{Clock, Pause, Registry};
pub(crate) use erlrel_core::sizes::bytes;

use crate::error::CliError;

/// How often a terminal shows how far the work is.
const REFRESH: Duration = Duration::from_millis(200);

/// Takes back what stands on the line of a terminal.
const CLEAR: &str = "\r\x1b[K";

/// Prints, according to what the user asked for and whether stderr is a terminal.
#[derive(Debug)]
pub(crate) struct Report {
    quiet: bool,
    terminal: bool,
    colour: bool,
    /// What a compiler said while nobody wanted to hear it: it is shown after all if it fails.
    withheld: Mutex<Vec<String>>,
}

impl Report {
    pub(crate) fn new(quiet: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let colour = terminal && std::env::var_os("NO_COLOR").is_none();
        Self { quiet, terminal, colour, withheld: Mutex::default() }
    }

    /// A line of the result, or several. A reader that went away, as `head` does, is no error.
    pub(crate) fn result(&self, line: impl Display) -> Result<(), CliError> {
        match writeln!(io::stdout().lock(), "{}", lines(line)) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::ResultNotPrinted(error)),
            _ => Ok(()),
        }
    }

    pub(crate) fn warning(&self, text: impl Display) {
        if !self.quiet {
            self.note(&self.paint("33", "warning"), text);
        }
    }

    /// A warning of something that failed, with what lies behind it.
    pub(crate) fn warning_of(&self, error: &CliError) {
        if !self.quiet {
            self.note(&self.paint("33", "warning"), error);
            self.behind(error);
        }
    }

    /// A line about the work, in logs too.
    pub(crate) fn told(&self, text: impl Display) {
        if !self.quiet {
            self.line(&printable(&text.to_string()));
        }
    }

    /// One of several things that are wrong, before the error that ends the command.
    pub(crate) fn error_before(&self, text: impl Display) {
        self.note(&self.paint("31", "error"), text);
    }

    /// The message, what lies behind it, and what to do next.
    pub(crate) fn error(&self, error: &CliError) {
        if let (CliError::Core(Error::Command(_)), Ok(lines)) = (error, self.withheld.lock()) {
            lines.iter().for_each(|line| self.line(line));
        }
        self.note(&self.paint("31", "error"), error);
        self.behind(error);
    }

    /// What lies behind an error, and what to do next.
    fn behind(&self, error: &CliError) {
        let mut cause = error.source();
        let mut said = error.to_string();
        while let Some(error) = cause {
            let text = error.to_string();
            if !said.contains(&text) {
                self.note("  caused by", &text);
            }
            said = text;
            cause = error.source();
        }
        if let Some(hint) = error.hint() {
            self.note("  hint", hint);
        }
    }

    /// Waits for registries, and says why.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(Patience { quiet: self.quiet })
    }

    /// Does some work, and shows on a terminal how much has gone to registries meanwhile.
    pub(crate) fn while_sending<T>(&self, registry: &Registry, work: impl FnOnce() -> T) -> T {
        if !self.terminal || self.quiet {
            return work();
        }
        let (working, ended) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                while ended.recv_timeout(REFRESH) == Err(RecvTimeoutError::Timeout) {
                    if registry.sent() > 0 {
                        let _ = write!(io::stderr().lock(), "{CLEAR}{} sent", bytes(registry.sent()));
                    }
                }
                let _ = write!(io::stderr().lock(), "{CLEAR}");
            });
            let value = work();
            drop(working);
            value
        })
    }

    fn note(&self, label: &str, text: impl Display) {
        let _ = writeln!(io::stderr().lock(), "{label}: {}", lines(text));
    }

    fn line(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    fn progress(&self, text: impl Display) {
        if self.terminal && !self.quiet {
            let _ = writeln!(io::stderr().lock(), "{CLEAR}{}", lines(text));
        }
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colour { format!("\x1b[1;{colour}m{text}\x1b[0m") } else { text.into() }
    }
}

/// What happens while a registry is waited for.
#[derive(Debug)]
struct Patience {
    quiet: bool,
}

impl Clock for Patience {
    #[expect(clippy::disallowed_methods, reason = "a registry may say at what time to come back")]
    fn now(&self) -> Option<u64> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.ok().map(|since| since.as_secs())
    }

    fn wait(&self, pause: &Pause) -> bool {
        if !self.quiet {
            let Pause { duration, action, why, .. } = pause;
            let seconds = duration.as_secs_f64();
            let text = format!("cannot {action}: {why}; trying again in {seconds:.1} s");
            let _ = writeln!(io::stderr().lock(), "{}", lines(text));
        }
        std::thread::sleep(pause.duration);
        true
    }
}

impl Observer for Report {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::CompileStarted { arguments } => self.progress(format!("rebar3 {}", arguments.join(" "))),
            // What a compiler says is shown even without a terminal: in a log it is all there is.
            Event::CommandOutput { line } if !self.quiet => self.line(line),
            Event::CommandOutput { line } => {
                let _ = self.withheld.lock().map(|mut lines| lines.push(line.to_string()));
            }
            Event::LayerPacked { layer, size } => self.progress(format!("layer {layer}: {}", bytes(*size))),
            Event::BlobPushed { digest, size, sent: true } => {
                self.progress(format!("sent {digest}: {}", bytes(*size)))
            }
            Event::BlobPushed { digest, sent: false, .. } => {
                self.progress(format!("there already: {digest}"));
            }
            Event::LayerReused { layer, size } => {
                self.progress(format!("layer {layer}: {} (from the cache)", bytes(*size)));
            }
            Event::Written { destination } => self.progress(format!("written to {destination}")),
            _ => {}
        }
    }
}

/// A text as one line that does nothing to a terminal: what an image calls its files, or a registry says, may come from anyone.
/// Characters that are not seen, but for tabs, are spelled out.
pub(crate) fn printable(text: &str) -> String {
    let spell = |letter: char| match letter {
        letter if is_hidden(letter) => letter.escape_default().to_string(),
        letter => letter.to_string(),
    };
    text.chars().map(spell).collect()
}

/// Control characters, and what turns the direction of a text round or takes no room.
fn is_hidden(letter: char) -> bool {
    letter != '\t' && letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Each line of a text, printable.
fn lines(text: impl Display) -> String {
    text.to_string().split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_taken_for_a_command_of_the_terminal_is_spelled_out() {
        assert_eq!(printable("priv/\x1b]0;title\x07\r\n"), r"priv/\u{1b}]0;title\u{7}\r\n");
        assert_eq!(printable("\u{9b}2J \u{202e}txt"), r"\u{9b}2J \u{202e}txt");
        assert_eq!(printable("\ta \"café\" \\ 日本 → ✓"), "\ta \"café\" \\ 日本 → ✓");
        assert_eq!(lines("one\ntwo\x1b[2J\n"), "one\ntwo\\u{1b}[2J\n");
    }
}
