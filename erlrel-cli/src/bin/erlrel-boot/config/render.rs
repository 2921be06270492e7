//! Puts the values of environment variables into the text of a `.src` file.

use std::ops::Range;

/// A text with values in the place of its references to variables.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Rendered {
    pub(crate) text: Vec<u8>,
    /// In the order of the text.
    pub(crate) references: Vec<Reference>,
}

/// A `${VAR}` or `${VAR:-default}`, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reference {
    pub(crate) name: String,
    /// Where it stands in the template.
    pub(crate) template: Range<usize>,
    /// Where in the text the value is that stands in for it.
    pub(crate) rendered: Range<usize>,
    /// Whether there was neither a value nor a default.
    pub(crate) missing: bool,
}

/// Replaces each `${VAR}` and `${VAR:-default}` in `template` by what `value_of` gives for `VAR` and the default.
///
/// One pass, byte for byte: a value or a default is copied as it is and never looked at again. What has neither
/// is replaced by nothing. The name is everything up to the first `:-`, the reference everything up to the first
/// `}` of the same line; text that is no such reference stays as it is.
pub(crate) fn render<'a>(
    template: &'a [u8],
    value_of: impl Fn(&[u8], Option<&'a [u8]>) -> Option<&'a [u8]>,
) -> Rendered {
    let mut done = Rendered { text: Vec::with_capacity(template.len()), references: Vec::new() };
    let mut rest = template;
    while let Some(start) = find(rest, OPENING) {
        let (before, after) = (&rest[..start], &rest[start + OPENING.len()..]);
        done.text.extend_from_slice(before);
        let Some((inside, behind)) = reference(after) else {
            done.text.extend_from_slice(OPENING);
            rest = after;
            continue;
        };
        let (name, default) = name_and_default(inside);
        let (value, at) = (value_of(name, default), done.text.len());
        done.text.extend_from_slice(value.unwrap_or_default());
        done.references.push(Reference {
            name: String::from_utf8_lossy(name).into_owned(),
            template: template.len() - rest.len() + start..template.len() - behind.len(),
            rendered: at..done.text.len(),
            missing: value.is_none(),
        });
        rest = behind;
    }
    done.text.extend_from_slice(rest);
    done
}

impl Rendered {
    /// A text in which nothing is substituted.
    pub(crate) fn plain(text: Vec<u8>) -> Self {
        Self { text, references: Vec::new() }
    }

    /// Where the place `range` of the text comes from in the template: what a variable gave is all of its
    /// reference.
    pub(crate) fn template_range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.template_offset(range.start, |reference| reference.template.start);
        let end = self.template_offset(range.end, |reference| reference.template.end);
        start..end.max(start)
    }

    /// The variables of which something stands in `range` of the text.
    pub(crate) fn within(&self, range: &Range<usize>) -> impl Iterator<Item = &Reference> {
        self.references.iter().filter(move |reference| {
            reference.rendered.start < range.end.max(range.start + 1) && reference.rendered.end > range.start
        })
    }

    fn template_offset(&self, offset: usize, inside: impl Fn(&Reference) -> usize) -> usize {
        match self.references.iter().rev().find(|reference| reference.rendered.start < offset) {
            None => offset,
            Some(last) if offset < last.rendered.end => inside(last),
            Some(last) => last.template.end + (offset - last.rendered.end),
        }
    }
}

const OPENING: &[u8] = b"${";
const DEFAULT: &[u8] = b":-";

/// What stands before and behind the closing brace, when there is one on this line.
fn reference(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| matches!(byte, b'}' | b'\n'))?;
    (text[end] == b'}').then(|| (&text[..end], &text[end + 1..]))
}

fn name_and_default(inside: &[u8]) -> (&[u8], Option<&[u8]>) {
    match find(inside, DEFAULT) {
        Some(at) => (&inside[..at], Some(&inside[at + DEFAULT.len()..])),
        None => (inside, None),
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
