//! The signals that this process gets, as values that it can wait for.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

/// Signals that no longer have their usual effect, but are kept until they are asked for.
#[derive(Debug)]
pub(crate) struct Signals {
    delivery: SignalDelivery<UnixStream, SignalOnly>,
}

impl Signals {
    /// Takes up these signals. Programs that are started get none of it: exec gives a signal that was caught
    /// its usual effect again, and closes the descriptors.
    pub(crate) fn take_up(signals: impl IntoIterator<Item = i32>) -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        Ok(Self { delivery: SignalDelivery::with_pipe(read, write, SignalOnly, signals)? })
    }

    /// The signals that came since the last time, each once.
    pub(crate) fn pending(&mut self) -> Vec<i32> {
        self.delivery.pending().collect()
    }

    /// Sleeps until a signal comes – for ever, or until that time – and gives what came.
    pub(crate) fn wait(&mut self, until: Option<Instant>) -> Vec<i32> {
        let pause = until.map(|until| until.saturating_duration_since(Instant::now()));
        let pause = pause.and_then(|pause| Timespec::try_from(pause).ok());
        let mut watched = [PollFd::from_borrowed_fd(self.delivery.get_read().as_fd(), PollFlags::IN)];
        // Interrupted, or done: what came is found either way.
        let _ = poll(&mut watched, pause.as_ref());
        self.pending()
    }
}
