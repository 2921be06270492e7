//! What a node answers.

use std::fmt;
use std::ops::Range;
use std::rc::Rc;

#[cfg(test)]
use erlrel_core::term::{AtomEncoding, Term, encode};

use super::deadline::Deadline;
use super::decode::{DecodeError, Decoder, Token};

/// Lists with more elements are for printing, not for looking into.
const MAX_ELEMENTS: usize = 1 << 16;

/// A term as it came, which is a part of the packet that it came in: it has been read through, and takes no memory
/// besides.
#[derive(Clone)]
pub(crate) struct Answer {
    packet: Rc<Vec<u8>>,
    range: Range<usize>,
}

impl Answer {
    /// Takes a term with its version byte.
    ///
    /// # Errors
    /// The bytes are no term.
    pub(crate) fn decode(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        Decoder::new(&bytes).version()?;
        Self::at(Rc::new(bytes), 1, None)
    }

    /// What a node that answers with `term` sends.
    #[cfg(test)]
    pub(crate) fn of(term: &Term) -> Self {
        Self::decode(encode(term, AtomEncoding::Utf8)).expect("a term")
    }

    /// Takes the term that begins at a place of a packet.
    ///
    /// # Errors
    /// There is none, or the deadline is over before it is read through.
    pub(super) fn at(
        packet: Rc<Vec<u8>>,
        begin: usize,
        deadline: Option<Deadline>,
    ) -> Result<Self, DecodeError> {
        let bytes = packet.get(begin..).ok_or(DecodeError::Truncated)?;
        let length = Decoder::new(bytes).whole(deadline)?.len();
        Ok(Self { packet, range: begin..begin + length })
    }

    /// In the external term format, without the version byte.
    pub(crate) fn encoded(&self) -> &[u8] {
        &self.packet[self.range.clone()]
    }

    /// `Answer` of `{tag, Answer}`.
    pub(crate) fn tagged(&self, tag: &str) -> Option<Self> {
        let mut decoder = self.inside();
        let is_tagged = decoder.token().ok()? == Token::Tuple(2) && is_atom(&decoder.token().ok()?, tag);
        // The second element is all that is left.
        is_tagged.then(|| Self {
            packet: Rc::clone(&self.packet),
            range: self.range.end - decoder.rest().len()..self.range.end,
        })
    }

    /// True if this is the atom `name`.
    pub(crate) fn is_atom(&self, name: &str) -> bool {
        self.inside().token().is_ok_and(|token| is_atom(&token, name))
    }

    /// The name, if this is an atom.
    pub(crate) fn as_atom(&self) -> Option<String> {
        match self.inside().token() {
            Ok(Token::Atom(name)) => Some(name.into_owned()),
            _ => None,
        }
    }

    /// The number, if this is an integer of 32 bits.
    pub(crate) fn as_integer(&self) -> Option<i64> {
        match self.inside().token() {
            Ok(Token::Integer(number)) => Some(number),
            _ => None,
        }
    }

    /// The elements, if this is a tuple; an answer that is looked into has few.
    pub(crate) fn as_tuple(&self) -> Option<Vec<Self>> {
        let mut decoder = self.inside();
        match decoder.token() {
            Ok(Token::Tuple(count)) => self.elements(&mut decoder, count),
            _ => None,
        }
    }

    /// The elements, if this is a list that was not sent as a string; likewise.
    pub(crate) fn as_list(&self) -> Option<Vec<Self>> {
        let mut decoder = self.inside();
        match decoder.token() {
            Ok(Token::Nil) => Some(Vec::new()),
            Ok(Token::List(count)) => {
                let elements = self.elements(&mut decoder, count)?;
                (decoder.token() == Ok(Token::Nil)).then_some(elements)
            }
            _ => None,
        }
    }

    pub(super) fn inside(&self) -> Decoder<'_> {
        Decoder::new(self.encoded())
    }

    fn elements(&self, decoder: &mut Decoder<'_>, count: usize) -> Option<Vec<Self>> {
        let element = |_| {
            let begin = self.range.end - decoder.rest().len();
            let length = decoder.whole(None).ok()?.len();
            Some(Self { packet: Rc::clone(&self.packet), range: begin..begin + length })
        };
        if count > MAX_ELEMENTS { None } else { (0..count).map(element).collect() }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Answer({self})")
    }
}

fn is_atom(token: &Token<'_>, expected: &str) -> bool {
    matches!(token, Token::Atom(name) if name == expected)
}
