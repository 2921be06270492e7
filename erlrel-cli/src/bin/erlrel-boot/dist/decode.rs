//! Reads terms in Erlang's external term format; no input makes it panic, or take more memory than it has sent.
//!
//! Source: "External Term Format" of ERTS. Tags that no node since OTP 23 sends are not known here.

use thiserror::Error;

use super::value::Value;

/// Terms that are nested deeper are refused, as the stack has an end.
const MAX_DEPTH: usize = 500;

/// Bytes that are no term.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
pub(crate) enum DecodeError {
    #[error("a term that ends too early")]
    Truncated,
    #[error("a term with the unknown tag {0}")]
    Tag(u8),
    #[error("a term that is nested more than {MAX_DEPTH} times")]
    Depth,
    #[error("a term with wrong content")]
    Content,
}

/// A place in a sequence of terms.
#[derive(Debug)]
pub(crate) struct Decoder<'a> {
    bytes: &'a [u8],
}

type Result<T> = std::result::Result<T, DecodeError>;

impl<'a> Decoder<'a> {
    /// At the beginning.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The next term, and the version byte before it.
    pub(crate) fn versioned(&mut self) -> Result<Value> {
        match self.byte()? {
            131 => self.term(),
            _ => Err(DecodeError::Content),
        }
    }

    /// The next term.
    pub(crate) fn term(&mut self) -> Result<Value> {
        self.nested(0)
    }

    /// The next term as it is encoded.
    pub(crate) fn encoded(&mut self) -> Result<&'a [u8]> {
        let before = self.bytes;
        self.term()?;
        Ok(&before[..before.len() - self.bytes.len()])
    }

    /// How many terms follow, if a tuple begins here.
    pub(crate) fn tuple_header(&mut self) -> Result<usize> {
        match self.byte()? {
            104 => self.byte().map(usize::from),
            105 => self.length(),
            tag => Err(DecodeError::Tag(tag)),
        }
    }

    /// How many elements follow, if a list begins here that is not a string.
    pub(crate) fn list_header(&mut self) -> Result<usize> {
        match self.byte()? {
            106 => Ok(0),
            108 => self.length(),
            tag => Err(DecodeError::Tag(tag)),
        }
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    fn nested(&mut self, depth: usize) -> Result<Value> {
        if depth > MAX_DEPTH {
            return Err(DecodeError::Depth);
        }
        Ok(match self.byte()? {
            70 => Value::Float(f64::from_be_bytes(self.array()?)),
            77 => return self.bits(),
            tag @ (88 | 103) => return self.pid(tag, depth),
            tag @ (89 | 102 | 120) => return self.port(tag, depth),
            tag @ (90 | 114) => return self.reference(tag, depth),
            97 => Value::Integer(self.byte()?.into()),
            98 => Value::Integer(i32::from_be_bytes(self.array()?).into()),
            tag @ (100 | 115 | 118 | 119) => Value::Atom(self.atom_after(tag)?),
            104 => Value::Tuple(self.byte().and_then(|count| self.elements(count.into(), depth))?),
            105 => Value::Tuple(self.length().and_then(|count| self.elements(count, depth))?),
            106 => Value::List(Vec::new()),
            107 => Value::String(self.short().and_then(|length| self.take(length))?.to_vec()),
            108 => return self.list(depth),
            109 => Value::Binary(self.length().and_then(|length| self.take(length))?.to_vec()),
            110 => return self.byte().and_then(|length| self.big(length.into())),
            111 => return self.length().and_then(|length| self.big(length)),
            112 => return self.closure(depth),
            113 => return self.export(depth),
            116 => return self.map(depth),
            tag => return Err(DecodeError::Tag(tag)),
        })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| DecodeError::Truncated)
    }

    fn byte(&mut self) -> Result<u8> {
        self.array().map(|[byte]| byte)
    }

    fn short(&mut self) -> Result<usize> {
        self.array().map(|bytes| u16::from_be_bytes(bytes).into())
    }

    fn word(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn length(&mut self) -> Result<usize> {
        self.word().map(|length| length as usize)
    }

    fn atom_after(&mut self, tag: u8) -> Result<String> {
        let length = if matches!(tag, 100 | 118) { self.short()? } else { self.byte()?.into() };
        let text = self.take(length)?;
        match tag {
            100 | 115 => Ok(text.iter().map(|byte| char::from(*byte)).collect()),
            _ => String::from_utf8(text.to_vec()).map_err(|_| DecodeError::Content),
        }
    }

    fn atom(&mut self, depth: usize) -> Result<String> {
        match self.nested(depth + 1)? {
            Value::Atom(name) => Ok(name),
            _ => Err(DecodeError::Content),
        }
    }

    fn integer(&mut self, depth: usize) -> Result<i64> {
        match self.nested(depth + 1)? {
            Value::Integer(number) => Ok(number),
            _ => Err(DecodeError::Content),
        }
    }

    fn elements(&mut self, count: usize, depth: usize) -> Result<Vec<Value>> {
        (0..count).map(|_| self.nested(depth + 1)).collect()
    }

    fn list(&mut self, depth: usize) -> Result<Value> {
        let count = self.length()?;
        let elements = self.elements(count, depth)?;
        Ok(match self.nested(depth + 1)? {
            Value::List(rest) if rest.is_empty() => Value::List(elements),
            tail => Value::Improper(elements, Box::new(tail)),
        })
    }

    fn map(&mut self, depth: usize) -> Result<Value> {
        let count = self.length()?;
        let pairs = (0..count).map(|_| Ok((self.nested(depth + 1)?, self.nested(depth + 1)?)));
        pairs.collect::<Result<_>>().map(Value::Map)
    }

    fn big(&mut self, length: usize) -> Result<Value> {
        let negative = self.byte()? != 0;
        let digits = self.take(length)?.to_vec();
        Ok(Value::Big { negative, digits })
    }

    fn bits(&mut self) -> Result<Value> {
        let (length, bits) = (self.length()?, self.byte()?);
        let bytes = self.take(length)?.to_vec();
        match bits {
            1..8 if length > 0 => Ok(Value::Bits(bytes, bits)),
            _ => Err(DecodeError::Content),
        }
    }

    fn pid(&mut self, tag: u8, depth: usize) -> Result<Value> {
        let node = self.atom(depth)?;
        let (id, serial) = (self.word()?, self.word()?);
        self.creation(tag == 103)?;
        Ok(Value::Pid { node, id, serial })
    }

    fn port(&mut self, tag: u8, depth: usize) -> Result<Value> {
        self.atom(depth)?;
        let id = if tag == 120 { self.array().map(u64::from_be_bytes)? } else { self.word()?.into() };
        Ok(Value::Port { id, creation: self.creation(tag == 102)? })
    }

    fn reference(&mut self, tag: u8, depth: usize) -> Result<Value> {
        let count = self.short()?;
        self.atom(depth)?;
        self.creation(tag == 114)?;
        (0..count).map(|_| self.word()).collect::<Result<_>>().map(Value::Reference)
    }

    fn creation(&mut self, old: bool) -> Result<u32> {
        if old { self.byte().map(u32::from) } else { self.word() }
    }

    fn closure(&mut self, depth: usize) -> Result<Value> {
        let length = self.length()?.checked_sub(4).ok_or(DecodeError::Content)?;
        let mut inside = Self::new(self.take(length)?);
        inside.take(17)?; // arity and digest
        let index = inside.word()?;
        inside.word()?;
        let module = inside.atom(depth)?;
        inside.nested(depth + 1)?;
        let uniq = match inside.nested(depth + 1)? {
            Value::Integer(number) => number,
            Value::Big { negative: false, digits } => unsigned(&digits).ok_or(DecodeError::Content)?,
            _ => return Err(DecodeError::Content),
        };
        Ok(Value::Closure { module, index, uniq })
    }

    fn export(&mut self, depth: usize) -> Result<Value> {
        let (module, function) = (self.atom(depth)?, self.atom(depth)?);
        Ok(Value::Export { module, function, arity: self.integer(depth)? })
    }
}

fn unsigned(digits: &[u8]) -> Option<i64> {
    let number = digits.iter().rev().try_fold(0_i64, |number, digit| {
        number.checked_mul(256).and_then(|number| number.checked_add(i64::from(*digit)))
    });
    number.filter(|number| *number >= 0)
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
