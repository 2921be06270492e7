//! The text that a term stands for in a template.

use crate::term::{Term, Value};

/// The text of a number, an atom, a string, a binary, or a list of such; `None` for what has none.
pub(super) fn text(term: &Term) -> Option<Vec<u8>> {
    match term.value() {
        Value::Integer(number) => Some(number.to_string().into_bytes()),
        Value::Float(number) => Some(float(*number).into_bytes()),
        Value::Atom(name) if matches!(&**name, "null" | "nil") => Some(Vec::new()),
        Value::Atom(name) => Some(name.as_bytes().to_vec()),
        _ => characters(term),
    }
}

/// Numbers in a list are code points.
fn characters(term: &Term) -> Option<Vec<u8>> {
    match term.value() {
        Value::String(text) => Some(text.as_bytes().to_vec()),
        Value::Binary(bytes) => Some(bytes.clone()),
        Value::List(elements) => {
            let parts: Option<Vec<Vec<u8>>> = elements.iter().map(characters).collect();
            parts.map(|parts| parts.concat())
        }
        Value::Integer(number) => {
            let c = char::from_u32(u32::try_from(number).ok()?)?;
            Some(c.to_string().into_bytes())
        }
        _ => None,
    }
}

/// Up to here every whole number has a float of its own; larger ones have always an exponent.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The shortest digits that give the same float, and of the two notations the shorter one, as
/// `io_lib:format("~p")` has it.
fn float(number: f64) -> String {
    let scientific = format!("{:e}", number.abs());
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let sign = if number.is_sign_negative() { "-" } else { "" };
    format!("{sign}{}", notation(&digits, point, number.abs() >= EXACT))
}

fn notation(digits: &str, point: i32, large: bool) -> String {
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let exponent = (point - 1).to_string();
    let dot = if length == 1 { 2 } else { 1 };
    let cost = i32::try_from(exponent.len()).unwrap_or(0) + 1 + dot;
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let (first, rest) = digits.split_at(1);
    let with_exponent = || format!("{first}.{}e{exponent}", if rest.is_empty() { "0" } else { rest });
    match point {
        _ if large => with_exponent(),
        0 => format!("0.{digits}"),
        _ if point < 0 && 2 - point <= cost => format!("0.{}{digits}", zeros(-point)),
        _ if point > 0 && point < length => {
            let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
            format!("{whole}.{fraction}")
        }
        _ if point >= length && point - length + 2 <= cost => format!("{digits}{}.0", zeros(point - length)),
        _ => with_exponent(),
    }
}

#[cfg(test)]
mod tests {
    use super::float;

    /// What `io_lib:format("~p", [F])` of OTP 25 writes.
    #[test]
    fn floats_are_written_as_erlang_writes_them() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (100.0, "100.0"),
            (1000.0, "1.0e3"),
            (12345.0, "12345.0"),
            (120_000.0, "1.2e5"),
            (0.1, "0.1"),
            (0.01, "0.01"),
            (0.001, "0.001"),
            (0.0001, "0.0001"),
            (0.00001, "1.0e-5"),
            (0.012345, "0.012345"),
            (1.5e-7, "1.5e-7"),
            (123_456.789, "123456.789"),
            (1e22, "1.0e22"),
            (1.234e16, "1.234e16"),
            (9_007_199_254_740_993.0, "9.007199254740992e15"),
            (1.797_693_134_862_315_7e308, "1.7976931348623157e308"),
        ];
        for (number, written) in cases {
            assert_eq!(float(number), written);
        }
    }
}
