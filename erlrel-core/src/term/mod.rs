//! Erlang terms: read from configuration files with their places, compared, printed, encoded.
//!
//! A [`Term`] knows the [`Span`] of the text it was read from, so that an error about it can show the
//! line under a caret. Spans take no part in comparison.

mod etf;
mod expressions;
mod order;
mod parse;
mod print;
mod source;
mod tokens;

use std::fmt;
use std::sync::Arc;

pub use etf::{AtomEncoding, EtfError, decode, encode};
pub use expressions::{Dependence, dependence, mentions};
use num_bigint::BigInt;
pub use parse::{Document, consult};
pub use print::pretty;
pub use source::{Place, Source, SourceError, Span};

/// An Erlang term and the place it was read from.
#[derive(Clone)]
pub struct Term {
    value: Value,
    span: Span,
}

/// What a [`Term`] is.
#[derive(Debug, Clone)]
pub enum Value {
    /// An atom.
    Atom(Arc<str>),
    /// An integer of any size.
    Integer(BigInt),
    /// A float, always finite.
    Float(f64),
    /// A string that is not empty. Equal to the list of its code points.
    String(Arc<str>),
    /// A binary.
    Binary(Vec<u8>),
    /// A proper list; `[]` and `""` are the empty one.
    List(Vec<Term>),
    /// `[a, b | tail]`: at least one element, and a tail that is not a list.
    Improper(Vec<Term>, Box<Term>),
    /// A tuple.
    Tuple(Vec<Term>),
    /// A map, in the order of the text.
    Map(Vec<(Term, Term)>),
    /// `fun module:function/arity`.
    Fun(Arc<str>, Arc<str>, u8),
}

impl Term {
    /// A term without a place in any text.
    pub fn new(value: Value) -> Self {
        Self { value, span: Span::default() }
    }

    /// The same term at a place.
    #[must_use]
    pub fn at(self, span: Span) -> Self {
        Self { span, ..self }
    }

    /// An atom.
    pub fn atom(name: impl Into<Arc<str>>) -> Self {
        Self::new(Value::Atom(name.into()))
    }

    /// A string; the empty one is the empty list.
    pub fn string(text: impl AsRef<str>) -> Self {
        match text.as_ref() {
            "" => Self::list([]),
            text => Self::new(Value::String(text.into())),
        }
    }

    /// An integer.
    pub fn integer(number: impl Into<BigInt>) -> Self {
        Self::new(Value::Integer(number.into()))
    }

    /// A proper list.
    pub fn list(elements: impl IntoIterator<Item = Term>) -> Self {
        Self::new(Value::List(elements.into_iter().collect()))
    }

    /// A list of atoms.
    pub fn atoms<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        Self::list(names.into_iter().map(|name| Self::atom(name.as_ref())))
    }

    /// A tuple.
    pub fn tuple(elements: impl IntoIterator<Item = Term>) -> Self {
        Self::new(Value::Tuple(elements.into_iter().collect()))
    }

    /// `{key, value}`.
    pub fn pair(key: &str, value: Term) -> Self {
        Self::tuple([Self::atom(key), value])
    }

    /// What it is.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Where it was read; empty for a term that was computed.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The name, if this is an atom.
    pub fn as_atom(&self) -> Option<&str> {
        match &self.value {
            Value::Atom(name) => Some(name),
            _ => None,
        }
    }

    /// True if this is the atom `name`.
    pub fn is_atom(&self, name: &str) -> bool {
        self.as_atom() == Some(name)
    }

    /// `true` or `false`, if this is one of these atoms.
    pub fn as_bool(&self) -> Option<bool> {
        match self.as_atom() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        }
    }

    /// The text, if this is a string, the empty list, or a list of code points.
    pub fn as_string(&self) -> Option<String> {
        match &self.value {
            Value::String(text) => Some(text.to_string()),
            Value::List(elements) => elements.iter().map(Term::as_char).collect(),
            _ => None,
        }
    }

    /// The text, if this is a string, a binary in UTF-8, or an atom: the spellings that rebar3 and relx
    /// take for names and paths.
    pub fn as_text(&self) -> Option<String> {
        match &self.value {
            Value::Atom(name) => Some(name.to_string()),
            Value::Binary(bytes) => String::from_utf8(bytes.clone()).ok(),
            _ => self.as_string(),
        }
    }

    /// The elements, if this is a proper list; a string's are its code points.
    pub fn as_list(&self) -> Option<Vec<Term>> {
        match &self.value {
            Value::List(elements) => Some(elements.clone()),
            Value::String(text) => {
                Some(text.chars().map(|c| Term::integer(c as u32).at(self.span)).collect())
            }
            _ => None,
        }
    }

    /// The elements, if this is a tuple.
    pub fn as_tuple(&self) -> Option<&[Term]> {
        match &self.value {
            Value::Tuple(elements) => Some(elements),
            _ => None,
        }
    }

    /// Key and value, if this is a tuple of two whose first element is an atom.
    pub fn as_pair(&self) -> Option<(&str, &Term)> {
        match self.as_tuple() {
            Some([key, value]) => Some((key.as_atom()?, value)),
            _ => None,
        }
    }

    /// The number, if this is an integer that fits.
    pub fn as_u64(&self) -> Option<u64> {
        match &self.value {
            Value::Integer(number) => u64::try_from(number).ok(),
            _ => None,
        }
    }

    fn as_char(&self) -> Option<char> {
        char::from_u32(u32::try_from(self.as_u64()?).ok()?)
    }
}

/// The value of the first `{Key, Value}` in a list of terms, as `proplists:get_value/2` finds it.
pub fn lookup<'a>(terms: &'a [Term], key: &str) -> Option<&'a Term> {
    terms.iter().filter_map(Term::as_pair).find(|(name, _)| *name == key).map(|(_, value)| value)
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
