//! Reads terms in Erlang's external term format, one [`Token`] at a time and without copies: what a term takes is what
//! its encoding takes. No input makes it panic.
//!
//! Source: "External Term Format" of ERTS. Tags that no node since OTP 23 sends are not known here.

use std::borrow::Cow;

use thiserror::Error;

use super::deadline::Deadline;

/// Terms that are nested deeper are refused, as the stack has an end.
const MAX_DEPTH: usize = 500;
/// How many terms are passed over between two looks at the clock.
const TERMS_PER_LOOK: u32 = 1 << 16;

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
    #[error("a term that takes too long to read")]
    Late,
}

/// A term, or the beginning of one that has others in it; maps keep their order, and what was sent as a string stays
/// one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    Integer(i64),
    /// What does not fit: the sign, and the bytes of the number, the lowest first.
    Big {
        negative: bool,
        digits: &'a [u8],
    },
    Float(f64),
    Atom(Cow<'a, str>),
    /// A list of bytes.
    String(&'a [u8]),
    /// The empty list.
    Nil,
    /// So many elements follow, and then the tail.
    List(usize),
    /// So many elements follow.
    Tuple(usize),
    /// So many pairs follow, in the order of the node.
    Map(usize),
    Binary(&'a [u8]),
    /// The bytes, and how many bits of the last one count (1 to 7), its highest ones.
    Bits(&'a [u8], u8),
    Pid {
        node: Cow<'a, str>,
        id: u32,
        serial: u32,
    },
    Port {
        id: u64,
        creation: u32,
    },
    /// Numbers of four bytes.
    Reference(&'a [u8]),
    /// A fun that was made in a module.
    Closure {
        module: Cow<'a, str>,
        index: u32,
        uniq: i64,
    },
    /// `fun module:function/arity`.
    Export {
        module: Cow<'a, str>,
        function: Cow<'a, str>,
        arity: i64,
    },
}

/// A place in a sequence of terms.
#[derive(Debug)]
pub(super) struct Decoder<'a> {
    bytes: &'a [u8],
}

type Result<T> = std::result::Result<T, DecodeError>;

impl<'a> Decoder<'a> {
    /// At the beginning.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// Passes over a version byte.
    pub(super) fn version(&mut self) -> Result<()> {
        if self.byte()? == 131 { Ok(()) } else { Err(DecodeError::Content) }
    }

    /// Passes over a whole term, and says how it is encoded.
    ///
    /// # Errors
    /// It is none, or the deadline is over.
    pub(super) fn whole(&mut self, deadline: Option<Deadline>) -> Result<&'a [u8]> {
        let before = self.bytes;
        self.pass(0, &mut 0, deadline)?;
        Ok(&before[..before.len() - self.bytes.len()])
    }

    fn pass(&mut self, depth: usize, passed: &mut u32, deadline: Option<Deadline>) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(DecodeError::Depth);
        }
        *passed = passed.wrapping_add(1);
        if passed.is_multiple_of(TERMS_PER_LOOK) && deadline.is_some_and(|deadline| deadline.left().is_err())
        {
            return Err(DecodeError::Late);
        }
        let inside = match self.token()? {
            Token::List(count) => count.saturating_add(1),
            Token::Tuple(count) => count,
            Token::Map(count) => count.saturating_mul(2),
            _ => 0,
        };
        (0..inside).try_for_each(|_| self.pass(depth + 1, passed, deadline))
    }

    /// The next term, or how it begins.
    pub(super) fn token(&mut self) -> Result<Token<'a>> {
        Ok(match self.byte()? {
            70 => Token::Float(f64::from_be_bytes(self.array()?)),
            77 => return self.bits(),
            tag @ (88 | 103) => return self.pid(tag),
            tag @ (89 | 102 | 120) => return self.port(tag),
            tag @ (90 | 114) => return self.reference(tag),
            97 => Token::Integer(self.byte()?.into()),
            98 => Token::Integer(i32::from_be_bytes(self.array()?).into()),
            tag @ (100 | 115 | 118 | 119) => Token::Atom(self.atom_after(tag)?),
            104 => Token::Tuple(self.byte()?.into()),
            105 => Token::Tuple(self.length()?),
            106 => Token::Nil,
            107 => Token::String(self.short().and_then(|length| self.take(length))?),
            108 => Token::List(self.length()?),
            109 => Token::Binary(self.length().and_then(|length| self.take(length))?),
            110 => return self.byte().and_then(|length| self.big(length.into())),
            111 => return self.length().and_then(|length| self.big(length)),
            112 => return self.closure(),
            113 => return self.export(),
            116 => Token::Map(self.length()?),
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

    fn atom_after(&mut self, tag: u8) -> Result<Cow<'a, str>> {
        let length = if matches!(tag, 100 | 118) { self.short()? } else { self.byte()?.into() };
        let text = self.take(length)?;
        match tag {
            100 | 115 => Ok(text.iter().map(|byte| char::from(*byte)).collect()),
            _ => std::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| DecodeError::Content),
        }
    }

    fn atom(&mut self) -> Result<Cow<'a, str>> {
        match self.byte()? {
            tag @ (100 | 115 | 118 | 119) => self.atom_after(tag),
            _ => Err(DecodeError::Content),
        }
    }

    /// One that is not negative if it is larger than 32 bits.
    fn integer(&mut self) -> Result<i64> {
        match self.byte()? {
            97 => self.byte().map(i64::from),
            98 => self.array().map(i32::from_be_bytes).map(i64::from),
            110 => match self.byte().and_then(|length| self.big(length.into()))? {
                Token::Big { negative: false, digits } => unsigned(digits).ok_or(DecodeError::Content),
                _ => Err(DecodeError::Content),
            },
            _ => Err(DecodeError::Content),
        }
    }

    fn big(&mut self, length: usize) -> Result<Token<'a>> {
        let negative = self.byte()? != 0;
        Ok(Token::Big { negative, digits: self.take(length)? })
    }

    fn bits(&mut self) -> Result<Token<'a>> {
        let (length, bits) = (self.length()?, self.byte()?);
        let bytes = self.take(length)?;
        match bits {
            1..8 if length > 0 => Ok(Token::Bits(bytes, bits)),
            _ => Err(DecodeError::Content),
        }
    }

    fn pid(&mut self, tag: u8) -> Result<Token<'a>> {
        let node = self.atom()?;
        let (id, serial) = (self.word()?, self.word()?);
        self.creation(tag == 103)?;
        Ok(Token::Pid { node, id, serial })
    }

    fn port(&mut self, tag: u8) -> Result<Token<'a>> {
        self.atom()?;
        let id = if tag == 120 { self.array().map(u64::from_be_bytes)? } else { self.word()?.into() };
        Ok(Token::Port { id, creation: self.creation(tag == 102)? })
    }

    fn reference(&mut self, tag: u8) -> Result<Token<'a>> {
        let count = self.short()?;
        self.atom()?;
        self.creation(tag == 114)?;
        self.take(count * 4).map(Token::Reference)
    }

    fn creation(&mut self, old: bool) -> Result<u32> {
        if old { self.byte().map(u32::from) } else { self.word() }
    }

    fn closure(&mut self) -> Result<Token<'a>> {
        let length = self.length()?.checked_sub(4).ok_or(DecodeError::Content)?;
        let mut inside = Self::new(self.take(length)?);
        inside.take(17)?; // arity and digest
        let index = inside.word()?;
        inside.word()?;
        let module = inside.atom()?;
        inside.integer()?;
        Ok(Token::Closure { module, index, uniq: inside.integer()? })
    }

    fn export(&mut self) -> Result<Token<'a>> {
        let (module, function) = (self.atom()?, self.atom()?);
        Ok(Token::Export { module, function, arity: self.integer()? })
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
