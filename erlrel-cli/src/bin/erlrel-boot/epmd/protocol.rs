//! The requests of the protocol and the answers, as bytes. Numbers have their highest byte first.
//!
//! A request is its length in two bytes, a letter, and what belongs to it; answers have no length.

/// The longest request, with its length: one registration with a name and an addition of 255 characters each fits.
const LONGEST: usize = 3 * 255 * 4 - 1;

/// A registration with a name of one character and no addition, without its letter.
const SHORTEST: usize = 13;

/// The most characters that a name has.
const MOST_CHARACTERS: usize = 255;

/// The most bytes that an addition has.
const LONGEST_EXTRA: usize = 255 * 4;

/// From this version of the distribution on, a node knows creations of four bytes.
const LARGE_CREATIONS: u16 = 6;

/// A node as it describes itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Registration {
    pub(super) port: u16,
    /// Hidden or not.
    pub(super) kind: u8,
    pub(super) protocol: u8,
    /// The versions of the distribution that it speaks.
    pub(super) highest: u16,
    pub(super) lowest: u16,
    /// The part of its name before the `@`.
    pub(super) name: Vec<u8>,
    pub(super) extra: Vec<u8>,
}

impl Registration {
    /// Whether its name is UTF-8 and neither part too long.
    pub(super) fn is_valid(&self) -> bool {
        is_name(&self.name) && self.extra.len() <= LONGEST_EXTRA
    }
}

/// What somebody wants.
#[derive(Debug, PartialEq)]
pub(super) enum Request {
    /// ALIVE2: a node lives, as long as the connection does.
    Register(Registration),
    /// PORT_PLEASE2: where a node listens.
    Port(Vec<u8>),
    /// NAMES: all nodes.
    Names,
    /// DUMP: the same, with those that were.
    Dump,
    /// KILL: the end.
    Kill,
    /// STOP: a node is to be forgotten.
    Stop(Vec<u8>),
}

/// What has arrived of a request.
#[derive(Debug, Default)]
pub(super) struct Packet {
    bytes: Vec<u8>,
}

/// What there is of a request.
#[derive(Debug, PartialEq)]
pub(super) enum Received {
    /// Not all of it.
    Part,
    All(Request),
    /// Nothing that could be answered.
    Nonsense,
}

impl Packet {
    /// Takes more bytes. Those behind the request are passed over.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Received {
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(LONGEST - self.bytes.len())]);
        let Some((length, rest)) = split_number(&self.bytes) else { return Received::Part };
        let length = usize::from(length);
        if length == 0 || length + 2 > LONGEST {
            return Received::Nonsense;
        }
        match rest.get(..length) {
            Some(request) => Request::parse(request).map_or(Received::Nonsense, Received::All),
            None => Received::Part,
        }
    }
}

impl Request {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (letter, rest) = bytes.split_first()?;
        match letter {
            b'x' => registration(rest).map(Self::Register),
            b'z' => asked_name(rest).map(Self::Port),
            b'n' => Some(Self::Names),
            b'd' => Some(Self::Dump),
            b'k' => Some(Self::Kill),
            b's' => stopped_name(rest).map(Self::Stop),
            _ => None,
        }
    }
}

fn registration(bytes: &[u8]) -> Option<Registration> {
    let (port, rest) = split_number(bytes)?;
    let ([kind, protocol], rest) = rest.split_first_chunk::<2>()?;
    let (highest, rest) = split_number(rest)?;
    let (lowest, rest) = split_number(rest)?;
    let (name, rest) = split_text(rest)?;
    let (extra, _) = split_text(rest)?;
    let (name, extra) = (name.to_vec(), extra.to_vec());
    let is_possible = bytes.len() >= SHORTEST && !name.contains(&0);
    let (kind, protocol) = (*kind, *protocol);
    is_possible.then_some(Registration { port, kind, protocol, highest, lowest, name, extra })
}

/// A name, perhaps with a 0 behind it.
fn asked_name(bytes: &[u8]) -> Option<Vec<u8>> {
    let name = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    (!name.is_empty() && !name.contains(&0) && is_name(name)).then(|| name.to_vec())
}

/// What stands before the first 0, if there is one.
fn stopped_name(bytes: &[u8]) -> Option<Vec<u8>> {
    (!bytes.is_empty()).then(|| bytes.split(|byte| *byte == 0).next().unwrap_or_default().to_vec())
}

fn is_name(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|name| name.chars().count() <= MOST_CHARACTERS)
}

fn split_number(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u16::from_be_bytes(*number), rest))
}

/// A text with its length before it.
fn split_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = split_number(bytes)?;
    rest.split_at_checked(length.into())
}

/// The answer to a registration: the node's creation, which it may have to know in two bytes, or that it was refused.
pub(super) fn registered(creation: Option<u32>, highest: u16) -> Vec<u8> {
    // What OTP's says of one that was refused.
    const REFUSED: u32 = 99;
    let result = u8::from(creation.is_none());
    if highest >= LARGE_CREATIONS {
        return [&[b'v', result], &creation.unwrap_or(REFUSED).to_be_bytes()[..]].concat();
    }
    // Such nodes know 1 to 3.
    let small = creation.map_or(REFUSED, |creation| creation % 3 + 1);
    [&[b'y', result], &small.to_be_bytes()[2..]].concat()
}

/// The answer to the question for a node.
pub(super) fn port(node: Option<&Registration>) -> Vec<u8> {
    let Some(node) = node else { return vec![b'w', 1] };
    let mut bytes = vec![b'w', 0];
    bytes.extend(node.port.to_be_bytes());
    bytes.extend([node.kind, node.protocol]);
    bytes.extend(node.highest.to_be_bytes());
    bytes.extend(node.lowest.to_be_bytes());
    for text in [&node.name, &node.extra] {
        bytes.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(text);
    }
    bytes
}

/// The line about a node in the list of names, which erl_epmd reads.
pub(super) fn name_line(node: &Registration) -> Vec<u8> {
    [b"name ", &node.name[..], format!(" at port {}\n", node.port).as_bytes()].concat()
}

/// A request as it is sent.
pub(super) fn request(letter: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len() + 1).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], &[letter], rest].concat()
}

#[cfg(test)]
#[path = "protocol_tests.rs"]
pub(super) mod tests;
