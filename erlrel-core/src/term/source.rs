//! The text that terms were read from, and errors that show the place.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A range of byte offsets in a [`Source`]; empty and at 0 for terms that were computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

/// A file's text, with the path to show for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path as the user knows it.
    pub path: PathBuf,
    /// The text, decoded to UTF-8.
    pub text: String,
}

impl Source {
    /// An error about the text at `span`.
    pub fn error(self: &Arc<Self>, span: Span, message: impl Into<String>) -> SourceError {
        SourceError { source: Arc::clone(self), span, message: message.into(), is_limit: false }
    }

    /// An error about text that erlrel does not read, and Erlang perhaps does.
    pub(super) fn limit(self: &Arc<Self>, span: Span, message: impl Into<String>) -> SourceError {
        SourceError { is_limit: true, ..self.error(span, message) }
    }

    /// The line number, its text, and the column in characters of a byte offset; both count from 1.
    fn locate(&self, offset: usize) -> (usize, &str, usize) {
        let offset =
            (0..=offset.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let (before, after) = self.text.split_at(offset);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let end = after.find('\n').map_or(self.text.len(), |at| offset + at);
        let line = self.text.get(start..end).unwrap_or_default();
        (before.matches('\n').count() + 1, line.trim_end_matches('\r'), before[start..].chars().count() + 1)
    }
}

/// A range of a text that outlives the term that was read there, for errors that are found later.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    source: Arc<Source>,
    span: Span,
}

impl Place {
    /// The place at `span` of a text.
    pub fn new(source: &Arc<Source>, span: Span) -> Self {
        Self { source: Arc::clone(source), span }
    }

    /// An error about it.
    pub fn error(&self, message: impl Into<String>) -> SourceError {
        self.source.error(self.span, message)
    }
}

impl fmt::Debug for Place {
    /// Path, line and column, since the whole text would hide everything else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, _, column) = self.source.locate(self.span.start);
        write!(f, "{}:{line}:{column}", self.source.path.display())
    }
}

/// A problem at a place in a configuration file.
///
/// Displayed with the path, line and column, and the line itself over a caret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    source: Arc<Source>,
    span: Span,
    message: String,
    is_limit: bool,
}

impl SourceError {
    /// The file.
    pub fn path(&self) -> &std::path::Path {
        &self.source.path
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The whole text that it is about.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Where in the text.
    pub fn span(&self) -> Span {
        self.span
    }

    /// True if Erlang may read what erlrel does not: binaries of bits, terms within more than 256 others.
    pub fn is_limit(&self) -> bool {
        self.is_limit
    }

    /// Line and column, both from 1; the column counts characters.
    pub fn position(&self) -> (usize, usize) {
        let (line, _, column) = self.source.locate(self.span.start);
        (line, column)
    }
}

impl std::error::Error for SourceError {}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, text, column) = self.source.locate(self.span.start);
        let width = self.source.text.get(self.span.start..self.span.end).unwrap_or_default();
        let width = width.lines().next().unwrap_or_default().chars().count().max(1);
        let gutter = " ".repeat(line.to_string().len());
        let Excerpt { text, column: before } = Excerpt::of(text, column - 1);
        // A tab stays a tab, so that the caret stands under its place whatever the terminal's tab width.
        let indent: String = text.chars().take(before).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let message: String = self.message.chars().map(|c| if c == '\n' { c } else { visible(c) }).collect();
        writeln!(f, "{}:{line}:{column}: {message}", self.source.path.display())?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{line} | {text}")?;
        write!(f, "{gutter} | {indent}{}", "^".repeat(width.min(text.chars().count() + 1 - before)))
    }
}

/// Lines of up to so many characters are shown as they are.
const LONG: usize = 200;

/// What is shown of a longer line before the place, and as much from there on.
const AROUND: usize = 60;

/// What can be shown of a line.
struct Excerpt {
    text: String,
    /// How many characters stand before the place.
    column: usize,
}

impl Excerpt {
    fn of(line: &str, column: usize) -> Self {
        let length = line.chars().count();
        let (from, to) = match length {
            0..=LONG => (0, length),
            _ => (column.saturating_sub(AROUND), length.min(column + AROUND)),
        };
        let cut = |is_cut: bool| if is_cut { "…" } else { "" };
        let shown: String = line.chars().skip(from).take(to - from).map(visible).collect();
        let text = format!("{}{shown}{}", cut(from > 0), cut(to < length));
        Self { text, column: column - from + usize::from(from > 0) }
    }
}

/// A sign in place of what a terminal would obey, or not show.
fn visible(c: char) -> char {
    match c {
        '\t' => c,
        '\0'..='\x1f' => char::from_u32('␀' as u32 + c as u32).unwrap_or('�'),
        '\x7f' => '␡',
        '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '�',
        _ if c.is_control() => '�',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str, place: &str) -> String {
        let source = Arc::new(Source { path: "rebar.config".into(), text: text.into() });
        let start = text.find(place).expect("a place");
        source.error(Span { start, end: start + place.len() }, format!("`{place}` is wrong")).to_string()
    }

    #[test]
    fn of_a_long_line_only_what_is_around_the_place_is_shown() {
        let zeros = |count| "0, ".repeat(count);
        insta::assert_snapshot!(error(&format!("{{a,\n[{}wrong, {}]}}.", zeros(40_000), zeros(40_000)), "wrong"), @r"
        rebar.config:2:120002: `wrong` is wrong
          |
        2 | …0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, wrong, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,…
          |                                                              ^^^^^
        ");
        insta::assert_snapshot!(error(&format!("[wrong, {}].", zeros(100)), "wrong"), @r"
        rebar.config:1:2: `wrong` is wrong
          |
        1 | [wrong, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,…
          |  ^^^^^
        ");
        insta::assert_snapshot!(error(&format!("[{}wrong].", zeros(100)), "wrong"), @r"
        rebar.config:1:302: `wrong` is wrong
          |
        1 | …0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, wrong].
          |                                                              ^^^^^
        ");
        let long = format!("{}wrong", zeros(100));
        insta::assert_snapshot!(error(&format!("[1, {long}].{long}"), &long).lines().skip(1).collect::<Vec<_>>().join("\n"), @r"
          |
        1 | [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, …
          |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        ");
    }

    #[test]
    fn no_terminal_obeys_what_a_file_contains() {
        let message = error("{a,\t\"\x1b[31m\u{202e}\u{7f}\0\", wr\x1bong}.", "wr\x1bong");
        assert!(message.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control()), "{message:?}");
        insta::assert_snapshot!(message, @r#"
        rebar.config:1:17: `wr␛ong` is wrong
          |
        1 | {a,	"␛[31m�␡␀", wr␛ong}.
          |    	            ^^^^^^
        "#);
    }
}
