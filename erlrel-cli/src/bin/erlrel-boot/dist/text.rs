//! Answers that are text: strings and lists of characters, binaries of UTF-8, and any nesting of these, as Erlang's
//! `unicode:chardata()`.

use std::fmt::{self, Display, Formatter, Write};

use super::answer::Answer;
use super::decode::{Decoder, Token};

/// How much is shown at once.
const PART: usize = 8 << 10;

/// An answer that is text; it shows its characters.
#[derive(Clone, Debug)]
pub(crate) struct Text(Answer);

impl Text {
    /// The answer as a text, if it is one.
    pub(crate) fn of(answer: Answer) -> Option<Self> {
        write(&mut Nowhere, &mut answer.inside()).ok()?;
        Some(Self(answer))
    }

    /// Gives it to `show` in parts, so that it needs no memory as a whole.
    pub(super) fn each_part(&self, show: &mut dyn FnMut(&str)) {
        let mut parts = Parts { part: String::new(), show };
        // Neither the text, which has been read through, nor this writer fails.
        let _ = write!(parts, "{self}");
        (parts.show)(&parts.part);
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write(f, &mut self.0.inside())
    }
}

/// Writes the characters of the next term.
fn write(out: &mut dyn Write, decoder: &mut Decoder<'_>) -> fmt::Result {
    match decoder.token() {
        Ok(Token::Nil) => Ok(()),
        Ok(Token::String(bytes)) => bytes.iter().try_for_each(|byte| out.write_char(char::from(*byte))),
        Ok(Token::Binary(bytes)) => bytes.utf8_chunks().try_for_each(|chunk| {
            out.write_str(chunk.valid())?;
            if chunk.invalid().is_empty() { Ok(()) } else { out.write_char(char::REPLACEMENT_CHARACTER) }
        }),
        Ok(Token::List(count)) => {
            (0..count).try_for_each(|_| element(out, decoder))?;
            match decoder.rest().first() {
                // The empty list or a binary.
                Some(106 | 109) => write(out, decoder),
                _ => Err(fmt::Error),
            }
        }
        _ => Err(fmt::Error),
    }
}

fn element(out: &mut dyn Write, decoder: &mut Decoder<'_>) -> fmt::Result {
    let before = decoder.rest();
    if let Ok(Token::Integer(number)) = decoder.token() {
        let character = u32::try_from(number).ok().and_then(char::from_u32);
        return character.ok_or(fmt::Error).and_then(|character| out.write_char(character));
    }
    *decoder = Decoder::new(before);
    write(out, decoder)
}

struct Nowhere;

impl Write for Nowhere {
    fn write_str(&mut self, _: &str) -> fmt::Result {
        Ok(())
    }
}

struct Parts<'a> {
    part: String,
    show: &'a mut dyn FnMut(&str),
}

impl Write for Parts<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.part.push_str(text);
        if self.part.len() >= PART {
            (self.show)(&self.part);
            self.part.clear();
        }
        Ok(())
    }
}
