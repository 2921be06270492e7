//! What the virtual machine takes for a `sys.config`, by the rules of kernel's `application_controller`, which stops
//! it otherwise.

use std::collections::BTreeSet;

use crate::term::{Document, SourceError, Span, Term};

/// The name of another file in a `sys.config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherFile {
    /// As it stands there, often without `.config`; `None` for a list that is no string, of which the virtual machine
    /// may yet make a name.
    pub name: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// The first OTP release to which `maybe` and `else` are no atoms.
const RESERVES_MAYBE: u32 = 27;

/// Checks that no reserved word of this OTP release stands where an atom does.
///
/// # Errors
/// The first one, at its place.
pub fn reserved_words(document: &Document, otp: u32) -> Result<(), SourceError> {
    let Some(span) = document.reserved.first().filter(|_| otp >= RESERVES_MAYBE) else { return Ok(()) };
    let word = document.source.text.get(span.start..span.end).unwrap_or_default();
    let message = format!("`{word}` is a reserved word in OTP {otp}; the atom needs quotes: '{word}'");
    Err(document.source.error(*span, message))
}

/// The elements of the one list that the file must hold.
///
/// # Errors
/// When it holds anything else.
pub fn only_list(document: &Document) -> Result<Vec<Term>, SourceError> {
    let wrong = |span| document.source.error(span, ONE_LIST);
    match document.terms.as_slice() {
        [] => Err(wrong(Span::default())),
        [only] => only.as_list().ok_or_else(|| wrong(only.span())),
        [_, second, ..] => Err(wrong(second.span())),
    }
}

const ONE_LIST: &str = "expected one list of `{Application, [{Key, Value}, …]}` and nothing else";

/// Checks the elements, and gives those that name other files, which are not read here.
///
/// # Errors
/// When one is anything but `{Application, [{Key, Value}, …]}`, in which no key stands twice, or the name of another
/// file: at its place.
pub fn other_files(document: &Document) -> Result<Vec<OtherFile>, SourceError> {
    let files =
        only_list(document)?.iter().map(|element| check_element(element, document)).collect::<Vec<_>>();
    files.into_iter().filter_map(Result::transpose).collect()
}

/// An application with its settings, or the name of another file.
fn check_element(element: &Term, document: &Document) -> Result<Option<OtherFile>, SourceError> {
    if let Some((_, settings)) = element.as_pair() {
        return check_settings(settings, document).map(|()| None);
    }
    match element.as_list() {
        Some(list) if !list.is_empty() => {
            Ok(Some(OtherFile { name: element.as_string(), span: element.span() }))
        }
        _ => Err(document.source.error(element.span(), ELEMENT)),
    }
}

const ELEMENT: &str = "the virtual machine would not start: expected `{Application, [{Key, Value}, …]}` or the name of \
                       another file as a string";

/// No message names what it is about: the line that is shown may stand for another one, with a secret in it.
fn check_settings(settings: &Term, document: &Document) -> Result<(), SourceError> {
    let error = |term: &Term, message: &str| Err(document.source.error(term.span(), message));
    let Some(list) = settings.as_list() else { return error(settings, SETTINGS) };
    let mut keys = BTreeSet::new();
    for setting in &list {
        match setting.as_pair() {
            None => return error(setting, SETTING),
            Some((key, _)) if !keys.insert(key.to_string()) => return error(setting, TWICE),
            Some(_) => {}
        }
    }
    Ok(())
}

const SETTINGS: &str = "the virtual machine would not start: the settings must be a list of `{Key, Value}`";
const SETTING: &str = "the virtual machine would not start: expected a `{Key, Value}`, with an atom as key";
const TWICE: &str = "the virtual machine would not start: this key of the application is set twice";

/// The error for an [`OtherFile`] where none is allowed.
pub fn no_other_file(document: &Document, file: &OtherFile) -> SourceError {
    document.source.error(file.span, ELEMENT)
}
