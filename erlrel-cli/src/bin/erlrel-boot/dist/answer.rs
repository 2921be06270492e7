//! What a node answers.

use super::decode::{DecodeError, Decoder};
use super::value::Value;

/// A term, and the bytes in which it came: with these it can be sent back as it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) value: Value,
    /// In the external term format, without the version byte.
    pub(crate) encoded: Vec<u8>,
}

impl Answer {
    /// Reads a term with its version byte.
    ///
    /// # Errors
    /// The bytes are no term.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let value = Decoder::new(bytes).versioned()?;
        Ok(Self { value, encoded: bytes[1..].to_vec() })
    }

    /// `Answer` of `{tag, Answer}`.
    pub(crate) fn tagged(&self, tag: &str) -> Option<Self> {
        self.value.as_tuple().filter(|pair| pair.len() == 2 && pair[0].is_atom(tag))?;
        let mut decoder = Decoder::new(&self.encoded);
        decoder.tuple_header().ok()?;
        decoder.term().ok()?;
        let encoded = decoder.rest().to_vec();
        Some(Self { value: decoder.term().ok()?, encoded })
    }
}
