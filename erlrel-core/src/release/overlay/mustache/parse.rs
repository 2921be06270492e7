//! From a template's text to its tags, as bbmustache 1.12 reads it.

use std::ops::Range;

use super::TemplateError;
use crate::term::Span;

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tag {
    /// Text that stays as it is.
    Text(Vec<u8>),
    /// `{{name}}`, `{{{name}}}` or `{{&name}}`.
    Value(Name),
    /// `{{#name}}…{{/name}}`.
    Section(Name, Vec<Tag>),
    /// `{{^name}}…{{/name}}`.
    Inverted(Name, Vec<Tag>),
}

/// The name in a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// Its parts; `.` is one part, `..` is none.
    pub(super) keys: Vec<String>,
    /// Where the tag stands.
    pub(super) span: Span,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.keys.join("."))
    }
}

/// Deeper nesting is a mistake, and would exhaust the stack.
const MAX_DEPTH: usize = 128;

/// Reads a template.
///
/// # Errors
/// For a tag or a section that is not closed, a section's end without its beginning, and delimiters that
/// are not two.
pub(super) fn parse(template: &[u8]) -> Result<Vec<Tag>, TemplateError> {
    let mut parser = Parser {
        text: template,
        at: 0,
        open: b"{{".to_vec(),
        close: b"}}".to_vec(),
        fresh: true,
        sections: Vec::new(),
        tags: Vec::new(),
    };
    while parser.at < template.len() {
        parser.step()?;
    }
    match parser.sections.pop() {
        Some(section) => Err(section.name.error(format!("the section `{}` is never closed", section.name))),
        None => Ok(parser.tags),
    }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    open: Vec<u8>,
    close: Vec<u8>,
    /// Whether the line so far has nothing that could keep a block tag from standing alone.
    fresh: bool,
    sections: Vec<OpenSection>,
    tags: Vec<Tag>,
}

struct OpenSection {
    inverted: bool,
    name: Name,
    /// What stood before it, and around it.
    outer: Vec<Tag>,
}

/// A tag as it stands in the text: what is before it in its line, and between the delimiters.
struct Found<'a> {
    before: &'a [u8],
    inner: &'a [u8],
    span: Span,
}

/// Where in the text a tag begins and ends, and what is between its delimiters.
struct Place {
    start: usize,
    inner: Range<usize>,
    end: usize,
}

impl Parser<'_> {
    /// What is before the next tag, and the tag; without one the rest. Nothing is searched twice.
    fn step(&mut self) -> Result<(), TemplateError> {
        let text = self.text;
        let Some(ahead) = find(&text[self.at..], &self.open) else {
            self.push_text(&text[self.at..]);
            self.at = text.len();
            return Ok(());
        };
        let tag = self.at + ahead;
        let place = self.place(tag)?;
        self.whole_lines(tag);
        let found = Found {
            before: &text[self.at..place.start],
            inner: &text[place.inner],
            span: Span { start: place.start, end: place.end },
        };
        self.at = place.end;
        self.tag(&found)
    }

    /// Lines without a tag, up to the one in which there is one.
    fn whole_lines(&mut self, tag: usize) {
        let text = self.text;
        if let Some(newline) = text[self.at..tag].iter().rposition(|byte| *byte == b'\n') {
            let line = self.at + newline + 1;
            self.push_text(&text[self.at..line]);
            self.at = line;
            self.fresh = true;
        }
    }

    /// Of `{{{{` the last two open the tag.
    fn place(&self, tag: usize) -> Result<Place, TemplateError> {
        let shift = (1..).take_while(|shift| self.text[tag + shift..].starts_with(&self.open)).count();
        let start = tag + shift;
        let inner = start + self.open.len();
        let length = find(&self.text[inner..], &self.close).ok_or_else(|| TemplateError {
            span: Span { start, end: inner },
            message: "this tag is never closed".into(),
        })?;
        let end = inner + length + self.close.len();
        Ok(self.with_third_braces(Place { start, inner: inner..inner + length, end }, shift > 0))
    }

    /// A third brace belongs to the tag if both ends have one: outside of a delimiter that is braces itself,
    /// inside of any other.
    fn with_third_braces(&self, place: Place, brace_before: bool) -> Place {
        let Place { start, inner, end } = place;
        let tag = &self.text[inner.clone()];
        let outside = [is_all(&self.open, b'{'), is_all(&self.close, b'}')];
        let opened = if outside[0] { brace_before } else { tag.first() == Some(&b'{') };
        let closed = if outside[1] { self.text.get(end) == Some(&b'}') } else { tag.last() == Some(&b'}') };
        if !(opened && closed) {
            return Place { start, inner, end };
        }
        let [before, after] = outside.map(usize::from);
        let from = inner.start - before;
        let to = if outside[1] { inner.end } else { inner.end - 1 };
        Place { start: start - before, inner: from..to.max(from), end: end + after }
    }

    fn tag(&mut self, found: &Found<'_>) -> Result<(), TemplateError> {
        let inner = trim_start(found.inner);
        let name = |text: &[u8]| Name { keys: keys(text), span: found.span };
        match inner.first() {
            Some(b'&' | b'{') => self.value(found, name(&inner[1..])),
            Some(b'#' | b'^') => return self.section(found, inner[0] == b'^', name(&inner[1..])),
            Some(b'/') => return self.end(found, &name(&inner[1..])),
            Some(b'=') => {
                (self.open, self.close) =
                    delimiters(&inner[1..]).map_err(|message| name(&[]).error(message))?;
                self.standalone(found.before);
            }
            // A partial has nowhere to come from, so it is nothing, as a comment.
            Some(b'!' | b'>') => self.standalone(found.before),
            _ => self.value(found, name(inner)),
        }
        Ok(())
    }

    fn value(&mut self, found: &Found<'_>, name: Name) {
        self.fresh = false;
        self.push_text(found.before);
        self.tags.push(Tag::Value(name));
    }

    fn section(&mut self, found: &Found<'_>, inverted: bool, name: Name) -> Result<(), TemplateError> {
        if self.sections.len() == MAX_DEPTH {
            return Err(name.error(format!("more than {MAX_DEPTH} sections inside each other")));
        }
        self.standalone(found.before);
        let outer = std::mem::take(&mut self.tags);
        self.sections.push(OpenSection { inverted, name, outer });
        Ok(())
    }

    fn end(&mut self, found: &Found<'_>, name: &Name) -> Result<(), TemplateError> {
        let Some(section) = self.sections.pop() else {
            return Err(name.error(format!("no section `{name}` is open here")));
        };
        if section.name.keys != name.keys {
            return Err(name.error(format!("this ends `{name}`, but the open section is `{}`", section.name)));
        }
        self.standalone(found.before);
        let inner = std::mem::replace(&mut self.tags, section.outer);
        let tag = if section.inverted { Tag::Inverted } else { Tag::Section };
        self.tags.push(tag(section.name, inner));
        Ok(())
    }

    /// A tag that renders nothing takes its whole line with it, if there is nothing else in the line.
    fn standalone(&mut self, before: &[u8]) {
        let after = trim_indent(&self.text[self.at..]);
        let ends = after.is_empty() || after.starts_with(b"\n") || after.starts_with(b"\r\n");
        if !(self.fresh && trim_indent(before).is_empty() && ends) {
            self.fresh = false;
            return self.push_text(before);
        }
        let newline = find(after, b"\n").map_or(0, |at| at + 1);
        self.at = self.text.len() - after.len() + newline;
    }

    fn push_text(&mut self, text: &[u8]) {
        if !text.is_empty() {
            self.tags.push(Tag::Text(text.to_vec()));
        }
    }
}

impl Name {
    pub(super) fn error(&self, message: String) -> TemplateError {
        TemplateError { span: self.span, message }
    }
}

/// Blanks do not count, wherever they stand.
fn keys(text: &[u8]) -> Vec<String> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| *byte != b' ').collect();
    let text = String::from_utf8_lossy(&text);
    if matches!(&*text, "" | ".") {
        return vec![text.into_owned()];
    }
    text.split('.').filter(|part| !part.is_empty()).map(String::from).collect()
}

/// `<% %>=`: two delimiters, separated by blanks.
fn delimiters(text: &[u8]) -> Result<(Vec<u8>, Vec<u8>), String> {
    let wrong =
        || "new delimiters are written `{{=<% %>=}}`: two, neither with a blank or `=` in it".to_string();
    let end = text.iter().rposition(|byte| *byte != b' ').ok_or_else(wrong)?;
    let inner = text[..=end].strip_suffix(b"=").ok_or_else(wrong)?;
    let parts: Vec<&[u8]> = inner.split(|byte| *byte == b' ').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [open, close] if !inner.contains(&b'=') => Ok((open.to_vec(), close.to_vec())),
        _ => Err(wrong()),
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

fn is_all(text: &[u8], wanted: u8) -> bool {
    text.iter().all(|byte| *byte == wanted)
}

fn trim_start(text: &[u8]) -> &[u8] {
    &text[text.iter().position(|byte| *byte != b' ').unwrap_or(text.len())..]
}

fn trim_indent(text: &[u8]) -> &[u8] {
    &text[text.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(text.len())..]
}
