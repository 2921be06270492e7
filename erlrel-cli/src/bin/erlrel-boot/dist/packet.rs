//! The packets of an established connection: messages, and ticks that say that the other end is alive.
//!
//! Source: "Protocol between Connected Nodes" in ERTS' "Distribution Protocol".

use std::io::{self, BufWriter, Read, Write};
use std::rc::Rc;

use super::answer::Answer;
use super::connection::Connection;
use super::decode::{DecodeError, Decoder, Token};
use super::encode;

/// The tag of a packet without an atom cache, which is the only kind that this program says it knows.
const PASS_THROUGH: u8 = 112;
/// Every term of a packet begins with it.
const VERSION: u8 = 131;

/// More bytes than anybody wants to read; a larger packet is refused before it is received.
pub(super) const MAX_PACKET: u64 = 256 << 20;

/// The operations of control messages that carry a message to a process.
const SEND: i64 = 2;
const REG_SEND: u8 = 6;
const SEND_SENDER: i64 = 22;

/// A message from the node.
#[derive(Debug)]
pub(super) struct Message {
    /// Which of this program's processes it is for.
    pub(super) to: u32,
    pub(super) payload: Answer,
}

/// Sends a message to a registered process; `from` is an encoded term, and `payload` are the parts of one.
pub(super) fn send_to_name(
    connection: &mut Connection,
    from: &[u8],
    name: &str,
    payload: &[&[u8]],
) -> io::Result<()> {
    let to = encode::atom(name);
    let control = encode::tuple(&[&encode::small(REG_SEND), from, &encode::atom(""), &to]);
    send(connection, &control, payload)
}

/// Sends an encoded message to a process of the node.
pub(super) fn send_to_pid(connection: &mut Connection, to: &[u8], payload: &[u8]) -> io::Result<()> {
    let control = encode::tuple(&[&encode::small(SEND as u8), &encode::atom(""), to]);
    send(connection, &control, &[payload])
}

/// Waits for the next message for one of this program's processes; answers ticks, passes over everything else.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] for a packet that is none, [`io::ErrorKind::FileTooLarge`] for one of more than
/// [`MAX_PACKET`] bytes, and those of the connection.
pub(super) fn receive(connection: &mut Connection) -> io::Result<Message> {
    loop {
        let packet = read(connection)?;
        match packet.first() {
            None => connection.write_all(&0_u32.to_be_bytes())?,
            Some(&PASS_THROUGH) => {
                if let Some(message) = message(connection, packet)? {
                    return Ok(message);
                }
            }
            Some(tag) => return Err(malformed(&format!("a packet with the tag {tag}"))),
        }
    }
}

fn send(connection: &mut Connection, control: &[u8], payload: &[&[u8]]) -> io::Result<()> {
    let length = 3 + control.len() + payload.iter().map(|part| part.len()).sum::<usize>();
    let length = u32::try_from(length).map_err(|_| malformed("a message of more than 4 GB to send"))?;
    let mut packet = BufWriter::new(connection);
    packet.write_all(&length.to_be_bytes())?;
    packet.write_all(&[PASS_THROUGH, VERSION])?;
    packet.write_all(control)?;
    packet.write_all(&[VERSION])?;
    payload.iter().try_for_each(|part| packet.write_all(part))?;
    packet.flush()
}

/// One packet; memory is taken as it arrives, not as it is announced.
fn read(connection: &mut Connection) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    connection.read_exact(&mut length)?;
    let length = u64::from(u32::from_be_bytes(length));
    if length > MAX_PACKET {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut packet = Vec::new();
    Read::by_ref(connection).take(length).read_to_end(&mut packet)?;
    if packet.len() as u64 == length { Ok(packet) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// The message in a packet, unless it is a link, a monitor or something of that kind.
fn message(connection: &Connection, packet: Vec<u8>) -> io::Result<Option<Message>> {
    let mut decoder = Decoder::new(&packet[1..]);
    decoder.version().map_err(unreadable)?;
    let control = decoder.whole(Some(connection.deadline())).map_err(unreadable)?;
    let Some(to) = receiver(control).map_err(unreadable)? else { return Ok(None) };
    decoder.version().map_err(|_| malformed("a message without content"))?;
    let begin = packet.len() - decoder.rest().len();
    let payload = Answer::at(Rc::new(packet), begin, Some(connection.deadline())).map_err(unreadable)?;
    Ok(Some(Message { to, payload }))
}

/// The process that a control message sends a message to: `{Operation, _, Pid}`.
fn receiver(control: &[u8]) -> Result<Option<u32>, DecodeError> {
    let mut decoder = Decoder::new(control);
    let Token::Tuple(count) = decoder.token()? else { return Err(DecodeError::Content) };
    if count != 3 || !matches!(decoder.token()?, Token::Integer(SEND | SEND_SENDER)) {
        return Ok(None);
    }
    decoder.whole(None)?;
    Ok(match decoder.token()? {
        Token::Pid { id, .. } => Some(id),
        _ => None,
    })
}

fn unreadable(error: DecodeError) -> io::Error {
    match error {
        DecodeError::Late => io::ErrorKind::TimedOut.into(),
        error => malformed(&error.to_string()),
    }
}

fn malformed(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem.to_owned())
}
