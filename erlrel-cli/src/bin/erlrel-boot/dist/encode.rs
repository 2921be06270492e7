//! Writes terms in Erlang's external term format, without the version byte.
//!
//! Source: "External Term Format" of ERTS; only tags that every node since OTP 23 takes.

use super::handshake::Identity;

/// An atom; names have no more than 255 characters.
pub(super) fn atom(name: &str) -> Vec<u8> {
    let mut term = match u8::try_from(name.len()) {
        Ok(length) => vec![119, length],
        Err(_) => {
            let [.., high, low] = name.len().to_be_bytes();
            vec![118, high, low]
        }
    };
    term.extend(name.as_bytes());
    term
}

/// An integer of one byte.
pub(super) fn small(number: u8) -> Vec<u8> {
    vec![97, number]
}

/// A tuple of terms that are encoded already; it has fewer than 256.
pub(super) fn tuple(elements: &[&[u8]]) -> Vec<u8> {
    let mut term = vec![104, elements.len() as u8];
    term.extend(elements.concat());
    term
}

/// One of the processes that this program pretends to have.
pub(super) fn pid(identity: &Identity, id: u32) -> Vec<u8> {
    let mut term = vec![88];
    term.extend(atom(&identity.node));
    for number in [id, 0, identity.creation] {
        term.extend(number.to_be_bytes());
    }
    term
}
