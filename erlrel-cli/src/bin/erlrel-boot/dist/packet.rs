//! The packets of an established connection: messages, and ticks that say that the other end is alive.
//!
//! Source: "Protocol between Connected Nodes" in ERTS' "Distribution Protocol".

use std::io::{self, Read, Write};

use super::connection::Connection;
use super::decode::Decoder;
use super::encode;
use super::value::Value;

/// The tag of a packet without an atom cache, which is the only kind that this program says it knows.
const PASS_THROUGH: u8 = 112;
/// Every term of a packet begins with it.
const VERSION: u8 = 131;

/// The operations of control messages that carry a message to a process.
const SEND: i64 = 2;
const REG_SEND: u8 = 6;
const SEND_SENDER: i64 = 22;

/// A message from the node.
#[derive(Debug, PartialEq)]
pub(super) struct Message {
    /// Which of this program's processes it is for.
    pub(super) to: u32,
    /// In the external term format, without a version.
    pub(super) payload: Vec<u8>,
}

/// Sends an encoded message to a registered process; `from` and `payload` are encoded terms.
pub(super) fn send_to_name(
    connection: &mut Connection,
    from: &[u8],
    name: &str,
    payload: &[u8],
) -> io::Result<()> {
    let to = encode::atom(name);
    let control = encode::tuple(&[&encode::small(REG_SEND), from, &encode::atom(""), &to]);
    send(connection, &control, payload)
}

/// Sends an encoded message to a process of the node.
pub(super) fn send_to_pid(connection: &mut Connection, to: &[u8], payload: &[u8]) -> io::Result<()> {
    let control = encode::tuple(&[&encode::small(SEND as u8), &encode::atom(""), to]);
    send(connection, &control, payload)
}

/// Waits for the next message for one of this program's processes; answers ticks, passes over everything else.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] for a packet that is none, and those of the connection.
pub(super) fn receive(connection: &mut Connection) -> io::Result<Message> {
    loop {
        let packet = read(connection)?;
        match packet.split_first() {
            None => connection.write_all(&0_u32.to_be_bytes())?,
            Some((&PASS_THROUGH, terms)) => {
                if let Some(message) = message(terms)? {
                    return Ok(message);
                }
            }
            Some((tag, _)) => return Err(malformed(&format!("a packet with the tag {tag}"))),
        }
    }
}

fn send(connection: &mut Connection, control: &[u8], payload: &[u8]) -> io::Result<()> {
    let length = 3 + control.len() + payload.len();
    let length = u32::try_from(length).map_err(|_| malformed("a message of more than 4 GB to send"))?;
    let mut packet = length.to_be_bytes().to_vec();
    packet.extend([PASS_THROUGH, VERSION]);
    packet.extend(control);
    packet.push(VERSION);
    packet.extend(payload);
    connection.write_all(&packet)
}

/// One packet; memory is taken as it arrives, not as it is announced.
fn read(connection: &mut Connection) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    connection.read_exact(&mut length)?;
    let length = u64::from(u32::from_be_bytes(length));
    let mut packet = Vec::new();
    Read::by_ref(connection).take(length).read_to_end(&mut packet)?;
    if packet.len() as u64 == length { Ok(packet) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// The message in a packet, unless it is a link, a monitor or something of that kind.
fn message(terms: &[u8]) -> io::Result<Option<Message>> {
    let mut decoder = Decoder::new(terms);
    let control = decoder.versioned().map_err(|error| malformed(&error.to_string()))?;
    let Value::Tuple(control) = control else { return Err(malformed("a control message that is no tuple")) };
    let (operation, to) = match &control[..] {
        [Value::Integer(operation), _, Value::Pid { id, .. }] => (*operation, *id),
        _ => return Ok(None),
    };
    if operation != SEND && operation != SEND_SENDER {
        return Ok(None);
    }
    match decoder.rest().split_first() {
        Some((&VERSION, payload)) => Ok(Some(Message { to, payload: payload.to_vec() })),
        _ => Err(malformed("a message without content")),
    }
}

fn malformed(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem.to_owned())
}
