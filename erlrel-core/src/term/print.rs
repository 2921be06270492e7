//! From terms to text, as Erlang's `~p` writes them, up to where long lines are broken.

use std::fmt::{self, Display, Write};

use super::{Term, Value};

/// Where [`pretty`] breaks lines, in characters.
const WIDTH: usize = 80;

/// The term over as many lines as it needs: what fits in 80 columns stays on one line, else each element
/// has its own, aligned behind the opening bracket. Reading it back gives the same term.
pub fn pretty(term: &Term) -> String {
    let mut out = String::new();
    write_pretty(&mut out, term, 0);
    out
}

fn write_pretty(out: &mut String, term: &Term, column: usize) {
    let flat = term.to_string();
    let (open, elements, close) = match &term.value {
        Value::Tuple(elements) => ('{', elements, '}'),
        Value::List(elements) => ('[', elements, ']'),
        _ => return out.push_str(&flat),
    };
    if column + flat.chars().count() <= WIDTH {
        return out.push_str(&flat);
    }
    out.push(open);
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            let _ = write!(out, ",\n{}", " ".repeat(column + 1));
        }
        write_pretty(out, element, column + 1);
    }
    out.push(close);
}

impl Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::Atom(name) => f.write_str(&quoted_atom(name)),
            Value::Integer(number) => write!(f, "{number}"),
            Value::Float(number) => write_float(f, *number),
            Value::String(text) if text.chars().all(is_printable) => write_quoted(f, text, '"'),
            Value::String(text) => write_all(f, "[", text.chars().map(|c| c as u32), "]"),
            Value::Binary(bytes) => write_binary(f, bytes),
            Value::List(elements) => write_all(f, "[", elements, "]"),
            Value::Improper(elements, tail) => {
                write_all(f, "[", elements, "|")?;
                write!(f, "{tail}]")
            }
            Value::Tuple(elements) => write_all(f, "{", elements, "}"),
            Value::Map(pairs) => write_all(f, "#{", pairs.iter().map(|(k, v)| format!("{k} => {v}")), "}"),
            Value::Fun(module, function, arity) => {
                write!(f, "fun {}:{}/{arity}", quoted_atom(module), quoted_atom(function))
            }
        }
    }
}

/// Erlang wants a fraction in front of an exponent.
fn write_float(f: &mut impl Write, number: f64) -> fmt::Result {
    let text = format!("{number:?}");
    match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => write!(f, "{digits}.0e{exponent}"),
        _ => f.write_str(&text),
    }
}

fn write_all<T: Display>(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    items: impl IntoIterator<Item = T>,
    close: &str,
) -> fmt::Result {
    f.write_str(open)?;
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            f.write_char(',')?;
        }
        write!(f, "{item}")?;
    }
    f.write_str(close)
}

fn write_binary(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    if !bytes.is_empty() && bytes.iter().all(|byte| byte.is_ascii() && is_printable(char::from(*byte))) {
        f.write_str("<<")?;
        write_quoted(f, &String::from_utf8_lossy(bytes), '"')?;
        return f.write_str(">>");
    }
    write_all(f, "<<", bytes, ">>")
}

fn write_quoted(f: &mut impl Write, text: &str, quote: char) -> fmt::Result {
    f.write_char(quote)?;
    for c in text.chars() {
        match c {
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\r' => f.write_str("\\r")?,
            '\\' => f.write_str("\\\\")?,
            c if c == quote => write!(f, "\\{c}")?,
            c if is_printable(c) => f.write_char(c)?,
            c => write!(f, "\\x{{{:X}}}", c as u32)?,
        }
    }
    f.write_char(quote)
}

fn is_printable(c: char) -> bool {
    matches!(c, '\n' | '\t' | '\r') || !c.is_control()
}

/// An atom as Erlang source has it: bare when it may be, quoted otherwise.
fn quoted_atom(name: &str) -> String {
    let mut chars = name.chars();
    let bare = chars.next().is_some_and(|c| c.is_ascii_lowercase())
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '@')
        && !RESERVED.contains(&name);
    if bare {
        return name.into();
    }
    let mut out = String::new();
    let _ = write_quoted(&mut out, name, '\'');
    out
}

const RESERVED: [&str; 29] = [
    "after", "and", "andalso", "band", "begin", "bnot", "bor", "bsl", "bsr", "bxor", "case", "catch", "cond",
    "div", "else", "end", "fun", "if", "let", "maybe", "not", "of", "or", "orelse", "receive", "rem", "try",
    "when", "xor",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_terms_are_broken_after_commas() {
        let apps = (0..6).map(|n| Term::tuple([Term::atom(format!("application_{n}")), Term::string("1.0")]));
        let term = Term::tuple([Term::atom("release"), Term::list(apps)]);
        insta::assert_snapshot!(pretty(&term), @r#"
        {release,
         [{application_0,"1.0"},
          {application_1,"1.0"},
          {application_2,"1.0"},
          {application_3,"1.0"},
          {application_4,"1.0"},
          {application_5,"1.0"}]}
        "#);
    }

    #[test]
    fn floats_have_a_fraction() {
        let print = |number| Term::new(Value::Float(number)).to_string();
        assert_eq!(
            [1.0, -0.0, 1.5e40, 1e31, 1e-31].map(print),
            ["1.0", "-0.0", "1.5e40", "1.0e31", "1.0e-31"]
        );
    }

    #[test]
    fn atoms_are_quoted_when_they_must_be() {
        let print = |name: &str| Term::atom(name).to_string();
        assert_eq!(print("a_b@c1"), "a_b@c1");
        assert_eq!(print("Elixir.Foo"), "'Elixir.Foo'");
        assert_eq!(print("end"), "'end'");
        assert_eq!(print("it's\n"), r"'it\'s\n'");
        assert_eq!(print(""), "''");
    }
}
