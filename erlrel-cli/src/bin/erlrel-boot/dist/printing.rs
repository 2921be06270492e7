//! Prints terms as `erl_call` does, on which scripts rely that read the answers.
//!
//! Read from the behaviour of `erl_call`, the one of OTP 25 and newer; what it cannot print, such as an atom in
//! Cyrillic, it leaves out, and is printed here.

use std::fmt::{self, Display, Formatter};

use super::answer::Answer;
use super::decode::{DecodeError, Decoder, Token};

/// How many bytes of a binary are shown.
const SHOWN: usize = 30;

impl Display for Answer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        term(f, &mut Decoder::new(self.encoded()))
    }
}

fn term(f: &mut Formatter<'_>, decoder: &mut Decoder<'_>) -> fmt::Result {
    match decoder.token().map_err(unchecked)? {
        Token::Integer(number) => write!(f, "{number}"),
        Token::Big { negative, digits } => big(f, negative, digits),
        Token::Float(number) => write!(f, "{number:.6}"),
        Token::Atom(name) => atom(f, &name),
        Token::String(bytes) => string(f, bytes),
        Token::Nil => f.write_str("[]"),
        Token::List(count) => list(f, count, decoder),
        Token::Tuple(count) => {
            f.write_str("{")?;
            separated(f, ", ", 0..count, |f, _| term(f, decoder))?;
            f.write_str("}")
        }
        Token::Map(count) => map(f, count, decoder),
        Token::Binary(bytes) => binary(f, bytes),
        Token::Bits(bytes, bits) => bit_string(f, bytes, bits),
        // These numbers have a sign in C.
        Token::Pid { node, id, serial } => write!(f, "<{node}.{}.{}>", id as i32, serial as i32),
        Token::Port { id, creation } => write!(f, "#Port<{}.{}>", id as i64, creation as i32),
        Token::Reference(numbers) => reference(f, numbers),
        Token::Closure { module, index, uniq } => write!(f, "#Fun{{{module}.{index}.{uniq}}}"),
        Token::Export { module, function, arity } => write!(f, "fun {module}:{function}/{arity}"),
    }
}

/// There is no answer that was not read through when it came.
fn unchecked(_: DecodeError) -> fmt::Error {
    fmt::Error
}

/// Up to 64 bits in decimal, more in hexadecimal.
fn big(f: &mut Formatter<'_>, negative: bool, digits: &[u8]) -> fmt::Result {
    if negative {
        f.write_str("-")?;
    }
    let significant = digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
    let digits = &digits[..significant];
    if digits.len() <= 8 {
        let number = digits.iter().rev().fold(0_u64, |number, digit| number << 8 | u64::from(*digit));
        return write!(f, "{number}");
    }
    let text: String = digits.iter().rev().map(|digit| format!("{digit:02X}")).collect();
    write!(f, "16#{}", text.trim_start_matches('0'))
}

/// The quotes escape nothing.
fn atom(f: &mut Formatter<'_>, name: &str) -> fmt::Result {
    let plain = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '@');
    if plain { f.write_str(name) } else { write!(f, "'{name}'") }
}

fn string(f: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_str("\"")?;
    for byte in bytes {
        match byte {
            b'\n' => f.write_str("\\n")?,
            b'\r' => f.write_str("\\r")?,
            b'\t' => f.write_str("\\t")?,
            0x0b => f.write_str("\\v")?,
            0x08 => f.write_str("\\b")?,
            0x0c => f.write_str("\\f")?,
            b' '..=0x7f => write!(f, "{}", char::from(*byte))?,
            // A character has a sign in C, which fills an integer.
            _ => write!(f, "\\x{:x}", i32::from(*byte as i8))?,
        }
    }
    f.write_str("\"")
}

fn list(f: &mut Formatter<'_>, count: usize, decoder: &mut Decoder<'_>) -> fmt::Result {
    f.write_str("[")?;
    separated(f, ", ", 0..count, |f, _| term(f, decoder))?;
    let tail = decoder.rest();
    match decoder.token().map_err(unchecked)? {
        Token::Nil => {}
        _ => {
            f.write_str(" | ")?;
            *decoder = Decoder::new(tail);
            term(f, decoder)?;
        }
    }
    f.write_str("]")
}

fn map(f: &mut Formatter<'_>, count: usize, decoder: &mut Decoder<'_>) -> fmt::Result {
    f.write_str("#{")?;
    separated(f, ", ", 0..count, |f, _| {
        term(f, decoder)?;
        f.write_str(" => ")?;
        term(f, decoder)
    })?;
    f.write_str("}")
}

fn binary(f: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_str("#Bin<")?;
    separated(f, ",", bytes.iter().take(SHOWN), |f, byte| write!(f, "{byte}"))?;
    f.write_str(if bytes.len() > SHOWN { ",...>" } else { ">" })
}

fn bit_string(f: &mut Formatter<'_>, bytes: &[u8], bits: u8) -> fmt::Result {
    f.write_str("#Bits<")?;
    if bytes.len() > SHOWN {
        separated(f, ",", bytes.iter().take(SHOWN), |f, byte| write!(f, "{byte}"))?;
        return f.write_str(",...>");
    }
    let last = bytes.len().saturating_sub(1);
    separated(f, ",", bytes.iter().enumerate(), |f, (at, byte)| match at == last {
        true => write!(f, "{}:{bits}", byte >> 8_u8.saturating_sub(bits)),
        false => write!(f, "{byte}"),
    })?;
    f.write_str(">")
}

fn reference(f: &mut Formatter<'_>, numbers: &[u8]) -> fmt::Result {
    f.write_str("#Ref<")?;
    let (numbers, _) = numbers.as_chunks();
    separated(f, ".", numbers.iter(), |f, number| write!(f, "{}", i32::from_be_bytes(*number)))?;
    f.write_str(">")
}

fn separated<T>(
    f: &mut Formatter<'_>,
    separator: &str,
    items: impl Iterator<Item = T>,
    mut show: impl FnMut(&mut Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (at, item) in items.enumerate() {
        if at > 0 {
            f.write_str(separator)?;
        }
        show(f, item)?;
    }
    Ok(())
}
