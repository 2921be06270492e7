//! The port mapper's loop: one process, one thread, and no connection that could make the others wait.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use crate::epmd::error::EpmdError;
use crate::epmd::listeners::Listeners;
use crate::epmd::mapper::{Answer, Caller, Mapper, Then};
use crate::epmd::options::Settings;
use crate::epmd::protocol::{Packet, Received};
use crate::epmd::registry::Line;

/// The most connections at a time, of nodes and of those who ask.
const MOST: u64 = 1000;

/// So many of them are left to this machine's, without which its nodes could not be known; half where there are few.
const RESERVED: usize = 100;

/// Files that are open besides connections: three, the listeners, and some that were inherited.
const OTHERS: u64 = 24;

/// How long nobody is let in after the machine could not open another connection.
const REST: Duration = Duration::from_secs(1);

/// The listeners, the connections, and what they are there for.
#[derive(Debug)]
pub(super) struct Server {
    listeners: Listeners,
    connections: BTreeMap<Line, Connection>,
    mapper: Mapper,
    patience: Duration,
    most: usize,
    rests_until: Option<Instant>,
}

/// Somebody who asks, or a node.
#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    is_local: bool,
    packet: Packet,
    /// What is still to be sent.
    answer: Vec<u8>,
    phase: Phase,
    /// When something came or went.
    active: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// The request has not come, or not all of it.
    Asking,
    /// The answer has not gone, or not all of it.
    Answered,
    /// A node lives as long as it.
    Node,
}

/// Whether the server goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Life {
    GoesOn,
    Ends,
}

impl Server {
    /// One that has no connections yet.
    pub(super) fn new(listeners: Listeners, settings: &Settings) -> Self {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let most = files.saturating_sub(OTHERS).clamp(1, MOST);
        Self {
            listeners,
            connections: BTreeMap::new(),
            mapper: Mapper::new(settings.port, settings.relaxed),
            patience: settings.patience,
            most: usize::try_from(most).unwrap_or(usize::MAX),
            rests_until: None,
        }
    }

    /// Serves until somebody who may do so asks for the end.
    ///
    /// # Errors
    /// The kernel does not tell who has something to say.
    pub(super) fn run(mut self) -> Result<(), EpmdError> {
        loop {
            let Ready { lines, strangers } = self.wait().map_err(EpmdError::Poll)?;
            for line in lines {
                if self.attend(line) == Life::Ends {
                    return Ok(());
                }
            }
            if strangers {
                self.let_in();
            }
            self.give_up_the_silent();
        }
    }

    /// Sleeps until somebody has something to say, can be told something, or was silent for too long.
    fn wait(&self) -> io::Result<Ready> {
        let listeners = if self.has_room() { &self.listeners.sockets[..] } else { &[] };
        let mut watched: Vec<PollFd<'_>> =
            listeners.iter().map(|socket| PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN)).collect();
        watched.extend(self.connections.values().map(Connection::watched));
        let pause = self.pause().and_then(|pause| Timespec::try_from(pause).ok());
        match poll(&mut watched, pause.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR | Errno::AGAIN) => return Ok(Ready::default()),
            Err(errno) => return Err(errno.into()),
        }
        let (strangers, known) = watched.split_at(listeners.len());
        let is_ready = |watched: &PollFd<'_>| !watched.revents().is_empty();
        let known = self.connections.keys().zip(known).filter(|(_, watched)| is_ready(watched));
        Ok(Ready { lines: known.map(|(line, _)| *line).collect(), strangers: strangers.iter().any(is_ready) })
    }

    fn has_room(&self) -> bool {
        self.connections.len() < self.most && self.rests_until.is_none()
    }

    /// Until the first connection has been silent for too long; nodes may be.
    fn pause(&self) -> Option<Duration> {
        let due = self.connections.values().filter(|connection| connection.phase != Phase::Node);
        let due = due.map(|connection| connection.active + self.patience).chain(self.rests_until).min();
        due.map(|due| due.saturating_duration_since(Instant::now()))
    }

    fn let_in(&mut self) {
        for index in 0..self.listeners.sockets.len() {
            // Whoever is hung up on may call again at once, without end.
            for _ in 0..MOST {
                if !self.has_room() {
                    return;
                }
                match self.listeners.sockets[index].accept() {
                    Ok((stream, _)) => self.take(stream),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) if is_of_machine(&error) => self.rests_until = Some(Instant::now() + REST),
                    Err(_) => {}
                }
            }
        }
    }

    fn take(&mut self, stream: TcpStream) {
        let connection = Connection::new(stream);
        let is_welcome = connection.is_local || has_room_for_others(self.connections.len(), self.most);
        if is_welcome && connection.stream.set_nonblocking(true).is_ok() {
            self.connections.insert(connection.stream.as_raw_fd(), connection);
        }
    }

    /// Hears what somebody has to say, and answers.
    fn attend(&mut self, line: Line) -> Life {
        // It may have been closed on behalf of another one.
        let Some(connection) = self.connections.get_mut(&line) else { return Life::GoesOn };
        connection.active = Instant::now();
        let answer = match connection.hear() {
            Ok(Heard::Nothing) => return Life::GoesOn,
            Ok(Heard::CanBeTold) => None,
            Ok(Heard::Request(received)) => match received {
                Received::Part => return Life::GoesOn,
                Received::All(request) => {
                    let caller = Caller { line, is_local: connection.is_local, now: seconds() };
                    Some(self.mapper.answer(request, caller))
                }
                Received::Nonsense => return self.close(line),
            },
            Err(_) => return self.close(line),
        };
        match answer {
            Some(answer) => self.tell(line, answer),
            None => self.send(line),
        }
    }

    fn tell(&mut self, line: Line, answer: Answer) -> Life {
        if let Some(connection) = self.connections.get_mut(&line) {
            connection.answer = answer.bytes;
            connection.phase = if answer.then == Then::Keep { Phase::Node } else { Phase::Answered };
        }
        if let Then::CloseBoth(other) = answer.then {
            self.close(other);
        }
        self.send(line);
        if answer.then == Then::End { Life::Ends } else { Life::GoesOn }
    }

    fn send(&mut self, line: Line) -> Life {
        let sent = self.connections.get_mut(&line).map(Connection::send);
        match sent {
            Some(Ok(Sent::ForNow)) | None => Life::GoesOn,
            Some(Ok(Sent::ForEver) | Err(_)) => self.close(line),
        }
    }

    fn close(&mut self, line: Line) -> Life {
        self.connections.remove(&line);
        self.mapper.release(line);
        Life::GoesOn
    }

    fn give_up_the_silent(&mut self) {
        let now = Instant::now();
        self.rests_until = self.rests_until.filter(|until| *until > now);
        let patience = self.patience;
        self.connections.retain(|_, connection| {
            connection.phase == Phase::Node || now.duration_since(connection.active) < patience
        });
    }
}

/// Who has something to say.
#[derive(Debug, Default)]
struct Ready {
    lines: Vec<Line>,
    strangers: bool,
}

/// What a connection is ready for.
#[derive(Debug)]
enum Heard {
    Nothing,
    Request(Received),
    /// More of the answer can go.
    CanBeTold,
}

/// How far an answer has gone.
#[derive(Debug)]
enum Sent {
    /// As far as possible, or all of it to a node.
    ForNow,
    /// All of it, and there is no more to come.
    ForEver,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        let is_local = is_local(&stream).unwrap_or(false);
        let (packet, answer) = (Packet::default(), Vec::new());
        Self { stream, is_local, packet, answer, phase: Phase::Asking, active: Instant::now() }
    }

    fn watched(&self) -> PollFd<'_> {
        let output = if self.answer.is_empty() { PollFlags::empty() } else { PollFlags::OUT };
        let input = if self.phase == Phase::Answered { PollFlags::empty() } else { PollFlags::IN };
        PollFd::from_borrowed_fd(self.stream.as_fd(), input | output)
    }

    /// What comes, which is no more than the next bytes of a request.
    ///
    /// # Errors
    /// The other end is gone, or a node says something, which none does.
    fn hear(&mut self) -> io::Result<Heard> {
        if self.phase == Phase::Answered {
            return Ok(Heard::CanBeTold);
        }
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) if self.phase == Phase::Node => Err(ErrorKind::InvalidData.into()),
            Ok(count) => Ok(Heard::Request(self.packet.receive(&bytes[..count]))),
            Err(error) if error.kind() == ErrorKind::WouldBlock && !self.answer.is_empty() => {
                Ok(Heard::CanBeTold)
            }
            Err(error) if is_passing(&error) => Ok(Heard::Nothing),
            Err(error) => Err(error),
        }
    }

    fn send(&mut self) -> io::Result<Sent> {
        while !self.answer.is_empty() {
            match self.stream.write(&self.answer) {
                Ok(count) => drop(self.answer.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Sent::ForNow),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(if self.phase == Phase::Node { Sent::ForNow } else { Sent::ForEver })
    }
}

/// Whether the other end is on this machine: at a loopback address, or at the one that it has called.
fn is_local(stream: &TcpStream) -> io::Result<bool> {
    let peer = stream.peer_addr()?.ip();
    Ok(peer.is_loopback() || peer == stream.local_addr()?.ip())
}

fn is_passing(error: &io::Error) -> bool {
    [ErrorKind::WouldBlock, ErrorKind::Interrupted].contains(&error.kind())
}

/// Whether callers of other machines may come in besides so many connections.
fn has_room_for_others(connections: usize, most: usize) -> bool {
    connections + RESERVED.min(most / 2) < most
}

/// Whether this machine cannot let in anybody now, and not one caller only.
fn is_of_machine(error: &io::Error) -> bool {
    let lacks = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    Errno::from_io_error(error).is_some_and(|errno| lacks.contains(&errno))
}

/// Of the clock, cut off to four bytes.
#[expect(
    clippy::disallowed_methods,
    reason = "creations are not to begin anew with the port mapper, as OTP's do not"
)]
fn seconds() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs() & u64::from(u32::MAX)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{has_room_for_others, is_of_machine};
    use rustix::io::Errno;

    #[test]
    fn other_machines_leave_room_to_the_callers_of_this_one() {
        let fill = |most: usize| (0..most).find(|connections| !has_room_for_others(*connections, most));
        assert_eq!(
            [1000, 200, 40, 3, 2, 1].map(fill),
            [Some(900), Some(100), Some(20), Some(2), Some(1), None]
        );
    }

    #[test]
    fn only_what_the_machine_lacks_keeps_everybody_out() {
        assert!(
            [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM]
                .iter()
                .all(|errno| is_of_machine(&(*errno).into()))
        );
        assert!(
            ![Errno::CONNABORTED, Errno::PERM, Errno::PROTO, Errno::NETUNREACH]
                .iter()
                .any(|errno| is_of_machine(&(*errno).into()))
        );
    }
}
