//! The time that a node has for everything: to be found, to be connected, to answer.

use std::io;
use std::time::{Duration, Instant};

/// Longer than anybody waits; it keeps additions of time from overflowing.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// A point in time, and how long it was ahead at first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    end: Instant,
    patience: Duration,
}

impl Deadline {
    /// From now on.
    pub(crate) fn after(patience: Duration) -> Self {
        Self { end: Instant::now() + patience.min(LONGEST), patience }
    }

    /// How long it was ahead at first.
    pub(crate) fn patience(self) -> Duration {
        self.patience
    }

    /// What is left, which is more than nothing.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] when nothing is left.
    pub(crate) fn left(self) -> io::Result<Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}
