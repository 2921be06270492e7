//! How a VM is brought to its end, decided as plain data.
//!
//! A VM obeys SIGTERM from the moment that its application kernel has started, just before all others. Before
//! that it drops the signal without a trace, and before it runs Erlang at all, the signal simply ends it. So the
//! signal is sent again until it must have been heard; a VM that has heard it ignores the same request.

use std::time::{Duration, Instant};

/// How far a VM is, seen from outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Progress {
    /// No application runs yet, and SIGTERM is not heard.
    Booting,
    /// SIGTERM is heard, or will be in a moment.
    Booted,
    /// One of both.
    Unknown,
}

/// What a VM gets now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Push {
    /// The request to end in order.
    Term,
    /// The end.
    Kill,
}

/// The end of a VM, as far as it has come.
#[derive(Debug)]
pub(crate) struct Ending {
    started: Instant,
    request: Option<Request>,
    killed: Option<Killed>,
}

/// Why a VM was killed.
#[derive(Clone, Copy, Debug)]
enum Killed {
    /// It was asked again, by this signal.
    Again(i32),
    /// It was still booting long after this signal.
    Booting(i32),
}

#[derive(Debug)]
struct Request {
    signal: i32,
    at: Instant,
    /// When the VM could have heard it for the first time, as far as is known.
    audible: Instant,
    again: Option<Instant>,
}

/// Until a VM has this age, it may not listen yet.
const YOUTH: Duration = Duration::from_secs(10);

/// How long a VM may still boot after it was to end: with nothing to end in order, it is killed then.
const PATIENCE: Duration = Duration::from_secs(2);

/// Between two requests to a VM that does not hear them.
const WHILE_BOOTING: Duration = Duration::from_millis(20);

/// Between the first two requests to a VM that may hear them; every pause doubles the time since the first.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

impl Ending {
    /// Nobody has asked for it yet.
    pub(crate) fn of_vm_started(started: Instant) -> Self {
        Self { started, request: None, killed: None }
    }

    /// A signal asks for the end: the first one for an orderly end, the next one for an end at once.
    pub(crate) fn ask(&mut self, signal: i32, progress: Progress, now: Instant) -> Push {
        if self.request.is_some() {
            return self.kill(Killed::Again(signal));
        }
        let young = now.saturating_duration_since(self.started) < YOUTH;
        let mut request = Request { signal, at: now, audible: now, again: None };
        if young || progress == Progress::Booting {
            request.again = Some(now + pause(&request, progress, now));
        }
        self.request = Some(request);
        Push::Term
    }

    /// When [`Ending::insist`] is due.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.request.as_ref().and_then(|request| request.again)
    }

    /// What the VM gets because it has not ended until now.
    pub(crate) fn insist(&mut self, progress: Progress, now: Instant) -> Option<Push> {
        let request = self.request.as_mut().filter(|request| request.again.is_some_and(|at| at <= now))?;
        let young = now.saturating_duration_since(self.started) < YOUTH + PATIENCE;
        if progress == Progress::Booting {
            if young && now.saturating_duration_since(request.at) >= PATIENCE {
                let killed = Killed::Booting(request.signal);
                return Some(self.kill(killed));
            }
            request.audible = now;
        }
        request.again = Some(now + pause(request, progress, now));
        Some(Push::Term)
    }

    /// The signal for which the VM was killed, if that has been decided here.
    pub(crate) fn killed_for(&self) -> Option<i32> {
        match self.killed? {
            Killed::Again(signal) | Killed::Booting(signal) => Some(signal),
        }
    }

    /// Why, for people.
    pub(crate) fn reason_to_kill(&self) -> &'static str {
        match self.killed {
            Some(Killed::Booting(_)) => "the VM is killed: it was asked to end and still does not listen",
            _ => "the VM is killed: it was asked again to end",
        }
    }

    fn kill(&mut self, killed: Killed) -> Push {
        self.killed = Some(killed);
        if let Some(request) = &mut self.request {
            request.again = None;
        }
        Push::Kill
    }
}

fn pause(request: &Request, progress: Progress, now: Instant) -> Duration {
    match progress {
        Progress::Booting => WHILE_BOOTING,
        _ => now.saturating_duration_since(request.audible).max(FIRST_PAUSE),
    }
}

#[cfg(test)]
#[path = "ending_tests.rs"]
mod tests;
