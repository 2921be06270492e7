//! One `{Key, Value}` of the configuration, read as what it must be; every error shows its place.

use std::sync::Arc;

use super::nearest::nearest;
use super::tags::TagTemplate;
use super::values::{self, Value};
use crate::image::Compression;
use crate::image::config::Port;
use crate::term::{self, Source, SourceError, Term};

/// An option with its place.
pub(super) struct Entry<'a> {
    pub(super) source: &'a Arc<Source>,
    pub(super) key: &'a str,
    pub(super) value: &'a Term,
    /// The pair.
    pub(super) whole: &'a Term,
}

impl Entry<'_> {
    /// An error about the value.
    pub(super) fn error(&self, message: impl Into<String>) -> SourceError {
        self.source.error(self.value.span(), message)
    }

    /// An error about the value, which must be something else.
    pub(super) fn wrong(&self, what: &str) -> SourceError {
        self.wrong_part(self.value, what)
    }

    /// An error about a part of the value.
    fn wrong_part(&self, part: &Term, what: &str) -> SourceError {
        self.source.error(part.span(), format!("`{}` must be {what}", self.key))
    }

    /// Refuses a key that is not one of these, and says which one was probably meant.
    pub(super) fn check_key(&self, owner: &str, keys: &[&str]) -> Result<(), SourceError> {
        if keys.contains(&self.key) {
            return Ok(());
        }
        let advice = match nearest(self.key, keys) {
            Some(key) => format!("did you mean `{key}`?"),
            None => format!("it has {}", enumerated(keys)),
        };
        let message = format!("{owner} has no option `{}`; {advice}", self.key);
        Err(self.source.error(self.whole.span(), message))
    }

    /// `true` or `false`.
    pub(super) fn bool(&self) -> Result<bool, SourceError> {
        self.value.as_bool().ok_or_else(|| self.wrong("true or false"))
    }

    /// A text that is not empty.
    pub(super) fn text(&self) -> Result<String, SourceError> {
        self.value.as_text().filter(|text| !text.is_empty()).ok_or_else(|| self.wrong("a string"))
    }

    /// A text that is a value of its own kind.
    pub(super) fn checked<T>(&self, parse: impl Fn(&str) -> Value<T>) -> Result<T, SourceError> {
        parse(&self.value.as_text().unwrap_or_default()).map_err(|what| self.wrong(what))
    }

    fn list(&self, what: &str) -> Result<Vec<Term>, SourceError> {
        let is_string = matches!(self.value.value(), term::Value::String(_));
        self.value.as_list().filter(|_| !is_string).ok_or_else(|| self.wrong(what))
    }

    /// A list of texts.
    pub(super) fn texts(&self) -> Result<Vec<String>, SourceError> {
        let what = "a list of strings";
        let text = |term: &Term| term.as_text().ok_or_else(|| self.wrong_part(term, what));
        self.list(what)?.iter().map(text).collect()
    }

    /// A list of texts that begins with a program.
    pub(super) fn program(&self) -> Result<Vec<String>, SourceError> {
        let words = self.texts()?;
        let has_program = words.first().is_some_and(|program| !program.is_empty());
        if has_program {
            Ok(words)
        } else {
            Err(self.wrong("a program and its arguments, a list of strings"))
        }
    }

    /// A list of values of their own kind.
    pub(super) fn each<T>(&self, parse: impl Fn(&str) -> Value<T>) -> Result<Vec<T>, SourceError> {
        let read = |term: &Term| {
            let value = parse(&term.as_text().unwrap_or_default());
            value.map_err(|what| self.wrong_part(term, &format!("a list, each {what}")))
        };
        self.list("a list of strings")?.iter().map(read).collect()
    }

    /// One text or several, each with its place.
    pub(super) fn one_or_several(&self, what: &str) -> Result<Vec<(String, Term)>, SourceError> {
        let text = |term: &Term| term.as_text().filter(|text| !text.is_empty());
        if let Some(one) = text(self.value) {
            return Ok(vec![(one, self.value.clone())]);
        }
        let read = |term: &Term| Ok((text(term).ok_or_else(|| self.wrong_part(term, what))?, term.clone()));
        self.list(what)?.iter().map(read).collect()
    }

    /// A list of names and values.
    pub(super) fn pairs(
        &self,
        name: impl Fn(&str) -> Value<String>,
    ) -> Result<Vec<(String, String)>, SourceError> {
        let what = "a list of `{\"NAME\", \"VALUE\"}`";
        let pair = |term: &Term| match term.as_tuple() {
            Some([key, value]) => Some((name(&key.as_text()?).ok()?, value.as_text()?)),
            _ => None,
        };
        self.list(what)?.iter().map(|term| pair(term).ok_or_else(|| self.wrong_part(term, what))).collect()
    }

    /// `8053`, `{8053, udp}`, `"8053/udp"` or `"8053-8060"`; a list of small numbers is read as a string by Erlang, and
    /// back as numbers here.
    pub(super) fn ports(&self) -> Result<Vec<Port>, SourceError> {
        let what = "a list of ports: `8053`, `{8053, udp}`";
        let ports = self.value.as_list().ok_or_else(|| self.wrong(what))?;
        let text = |term: &Term| match term.as_tuple() {
            Some([number, protocol]) => format!("{number}/{protocol}"),
            _ => term.as_text().unwrap_or_else(|| term.to_string()),
        };
        let read = |term: &Term| values::ports(&text(term)).map_err(|_| self.wrong_part(term, what));
        Ok(ports.iter().map(read).collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// `gzip`, `zstd`, or `{zstd, LEVEL}`.
    pub(super) fn compression(&self) -> Result<Compression, SourceError> {
        let read = match self.value.as_tuple() {
            Some([name, level]) if name.as_atom() == Some("zstd") => {
                level.as_u64().and_then(Compression::zstd)
            }
            _ => self.value.as_text().as_deref().and_then(Compression::parse),
        };
        read.ok_or_else(|| self.wrong("`gzip`, `zstd` or `{zstd, Level}` with a level from 1 to 22"))
    }

    /// Names of the image, with placeholders.
    pub(super) fn tags(&self) -> Result<Vec<TagTemplate>, SourceError> {
        let texts = self.one_or_several("a list of names")?;
        let read = |(text, term): &(String, Term)| {
            TagTemplate::parse(text).map_err(|error| self.source.error(term.span(), error.to_string()))
        };
        texts.iter().map(read).collect()
    }
}

/// `a, b and c`.
fn enumerated(names: &[&str]) -> String {
    match names {
        [names @ .., last] if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        names => names.concat(),
    }
}
