//! A connection on which nothing lasts longer than a deadline.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;

use super::deadline::Deadline;

/// A TCP connection that ends what it does with [`io::ErrorKind::TimedOut`] when the deadline is over.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    deadline: Deadline,
    sent: Rc<Cell<usize>>,
}

impl Connection {
    /// Connects to the first of several addresses that accepts it; each gets an equal part of the time.
    ///
    /// # Errors
    /// That of the last address, or that there is none.
    pub(crate) fn open(addresses: &[SocketAddr], deadline: Deadline) -> io::Result<Self> {
        let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for (tried, address) in addresses.iter().enumerate() {
            let part = deadline.left()? / u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
            match TcpStream::connect_timeout(address, part.max(std::time::Duration::from_millis(1))) {
                Ok(stream) => return Self::over(stream, deadline),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Uses a stream that is connected already.
    pub(crate) fn over(stream: TcpStream, deadline: Deadline) -> io::Result<Self> {
        // Messages are small, and each waits for its answer.
        stream.set_nodelay(true)?;
        Ok(Self { stream, deadline, sent: Rc::default() })
    }

    /// How many bytes have been sent so far, also after the connection was given away.
    pub(crate) fn sent(&self) -> Rc<Cell<usize>> {
        Rc::clone(&self.sent)
    }

    /// When it is to be left.
    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.deadline.left()?))?;
        self.stream.read(buffer).map_err(timed_out)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.deadline.left()?))?;
        let length = self.stream.write(bytes).map_err(timed_out)?;
        self.sent.set(self.sent.get().saturating_add(length));
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// The system says "would block" when the time of a socket is over.
fn timed_out(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    }
}
