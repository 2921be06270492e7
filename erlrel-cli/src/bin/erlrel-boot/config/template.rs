//! A configuration file with all that is known of it before it is published.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use erlrel_core::term::{Source, SourceError, Span};

use crate::config::ConfigError;
use crate::config::file::ConfigFile;
use crate::config::render::{Reference, Rendered};
use crate::environment::Environment;

/// A file, its text, and what variables made of it.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) file: ConfigFile,
    text: Vec<u8>,
    pub(crate) rendered: Rendered,
}

impl Template {
    /// Reads a file and substitutes the variables; writes nothing.
    pub(crate) fn read(file: ConfigFile, environment: &Environment) -> Result<Self, ConfigError> {
        let text = file.read()?;
        let rendered = file.render(&text, environment);
        Ok(Self { file, text, rendered })
    }

    /// The same for the node of this full name, as [`ConfigFile::of_node`].
    pub(crate) fn of_node(self, node: Option<&OsStr>) -> Self {
        Self { file: self.file.of_node(node), ..self }
    }

    /// The references to variables that have neither a value nor a default, with their lines.
    pub(crate) fn missing(&self) -> impl Iterator<Item = (&Reference, usize)> {
        let missing = self.rendered.references.iter().filter(|reference| reference.missing);
        missing.map(|reference| (reference, self.line(reference.template.start)))
    }

    /// An error about the rendered text, told of the template: the values may be secrets, so that neither they
    /// nor what is made of them are shown, but the names of the variables.
    pub(crate) fn error(&self, error: &SourceError) -> ConfigError {
        let Span { start, end } = error.span();
        let range = self.rendered_offset(error, start)..self.rendered_offset(error, end);
        let names = |found: &mut dyn Iterator<Item = &Reference>| {
            let mut names: Vec<String> = found.map(|reference| reference.name.clone()).collect();
            names.dedup();
            names
        };
        let guilty = names(&mut self.rendered.within(&range));
        let message = match guilty.is_empty() {
            true => error.message().to_owned(),
            false => format!("with the value of {} this is not what the VM reads", guilty.join(", ")),
        };
        let template = self.rendered.template_range(range);
        let on_line =
            |reference: &&Reference| self.line(reference.template.start) == self.line(template.start);
        let variables = names(&mut self.rendered.references.iter().filter(on_line));
        ConfigError::Invalid { place: self.source_error(&template, message), variables }
    }

    /// Errors count in the text as it was decoded, which for Latin-1 has other offsets.
    fn rendered_offset(&self, error: &SourceError, offset: usize) -> usize {
        let before = error.text().get(..offset).unwrap_or_default();
        match self.rendered.text.starts_with(before.as_bytes()) {
            true => offset,
            false => before.chars().count(),
        }
    }

    fn source_error(&self, range: &std::ops::Range<usize>, message: String) -> SourceError {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let offset = |at: usize| shown(&self.text[..at.min(self.text.len())]).len();
        let source = Source { path: self.path().into(), text: shown(&self.text) };
        Arc::new(source).error(Span { start: offset(range.start), end: offset(range.end) }, message)
    }

    fn line(&self, offset: usize) -> usize {
        let before = &self.text[..offset.min(self.text.len())];
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }

    fn path(&self) -> &Path {
        self.file.source()
    }
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
