//! Prints terms as `erl_call` does, on which scripts rely that read the answers.
//!
//! Read from the behaviour of `erl_call`, the one of OTP 25 and newer; what it cannot print, such as an atom in
//! Cyrillic, it leaves out, and is printed here.

use std::fmt::{self, Display, Formatter};

use super::value::Value;

/// How many bytes of a binary are shown.
const SHOWN: usize = 30;

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Big { negative, digits } => big(f, *negative, digits),
            Self::Float(number) => write!(f, "{number:.6}"),
            Self::Atom(name) => atom(f, name),
            Self::String(bytes) => string(f, bytes),
            Self::List(elements) => enclosed(f, "[", elements, "]"),
            Self::Improper(elements, tail) => {
                enclosed(f, "[", elements, "")?;
                write!(f, " | {tail}]")
            }
            Self::Tuple(elements) => enclosed(f, "{", elements, "}"),
            Self::Map(pairs) => map(f, pairs),
            Self::Binary(bytes) => binary(f, bytes),
            Self::Bits(bytes, bits) => bit_string(f, bytes, *bits),
            // These numbers have a sign in C.
            Self::Pid { node, id, serial } => write!(f, "<{node}.{}.{}>", *id as i32, *serial as i32),
            Self::Port { id, creation } => write!(f, "#Port<{}.{}>", *id as i64, *creation as i32),
            Self::Reference(numbers) => reference(f, numbers),
            Self::Closure { module, index, uniq } => write!(f, "#Fun{{{module}.{index}.{uniq}}}"),
            Self::Export { module, function, arity } => write!(f, "fun {module}:{function}/{arity}"),
        }
    }
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

fn enclosed(f: &mut Formatter<'_>, open: &str, elements: &[Value], close: &str) -> fmt::Result {
    f.write_str(open)?;
    separated(f, ", ", elements.iter(), |f, element| write!(f, "{element}"))?;
    f.write_str(close)
}

fn map(f: &mut Formatter<'_>, pairs: &[(Value, Value)]) -> fmt::Result {
    f.write_str("#{")?;
    separated(f, ", ", pairs.iter(), |f, (key, value)| write!(f, "{key} => {value}"))?;
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

fn reference(f: &mut Formatter<'_>, numbers: &[u32]) -> fmt::Result {
    f.write_str("#Ref<")?;
    separated(f, ".", numbers.iter(), |f, number| write!(f, "{}", *number as i32))?;
    f.write_str(">")
}

fn separated<T>(
    f: &mut Formatter<'_>,
    separator: &str,
    items: impl Iterator<Item = T>,
    show: impl Fn(&mut Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (at, item) in items.enumerate() {
        if at > 0 {
            f.write_str(separator)?;
        }
        show(f, item)?;
    }
    Ok(())
}
