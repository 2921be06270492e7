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
        SourceError { source: Arc::clone(self), span, message: message.into() }
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
        // A tab stays a tab, so that the caret stands under its place whatever the terminal's tab width.
        let indent: String =
            text.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        writeln!(f, "{}:{line}:{column}: {}", self.source.path.display(), self.message)?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{line} | {text}")?;
        write!(f, "{gutter} | {indent}{}", "^".repeat(width.min(text.chars().count() + 2 - column)))
    }
}
