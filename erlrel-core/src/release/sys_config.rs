//! What the virtual machine takes for a `sys.config`, by the rules of kernel's `application_controller`, which stops
//! it otherwise.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use super::ReleaseError;
use crate::fs;
use crate::term::{self, Document, SourceError, Span, Term};
use crate::tree::{Content, Node, Tree};

/// Checks a configured file, which an overlay may still make another one of.
///
/// # Errors
/// When the file cannot be read; when it is not one list that Erlang of this release can read, at its place.
pub(super) fn check(path: &Path, otp: u32) -> Result<(), ReleaseError> {
    let document = term::consult(path, &fs::read(path)?)?;
    Ok(reserved_words(&document, otp).and_then(|()| only_list(&document).map(drop))?)
}

/// Checks what would stop the virtual machine with a crash dump in the file that a release has in this directory.
///
/// Other files that it names are read when the release starts, so they are not looked for. An overlay's file that is no
/// term may become one when it is rendered at start (`RELX_REPLACE_OS_VARS`).
///
/// # Errors
/// When the file cannot be read; when it is anything but a list of `{Application, [{Key, Value}, …]}` and names of other
/// files, in which no key stands twice: at its place.
pub(super) fn check_in(tree: &Tree, dir: &str) -> Result<(), ReleaseError> {
    let at = format!("{dir}/sys.config");
    let (path, bytes) = match tree.get(&at).map(|entry| &entry.node) {
        Some(Node::File(Content::File(path))) => (path.as_path(), Cow::Owned(fs::read(path)?)),
        Some(Node::File(content)) => (Path::new(&at), content.read()?),
        Some(Node::Symlink(target)) => (Path::new(target), Cow::Owned(fs::read(Path::new(target))?)),
        Some(Node::Directory) | None => return Ok(()),
    };
    let Ok(document) = term::consult(path, &bytes) else { return Ok(()) };
    let list = only_list(&document)?;
    Ok(list.iter().try_for_each(|element| check_element(element, &document))?)
}

/// The first OTP release to which `maybe` and `else` are no atoms.
const RESERVES_MAYBE: u32 = 27;

fn reserved_words(document: &Document, otp: u32) -> Result<(), SourceError> {
    let Some(span) = document.reserved.first().filter(|_| otp >= RESERVES_MAYBE) else { return Ok(()) };
    let word = document.source.text.get(span.start..span.end).unwrap_or_default();
    let message = format!("`{word}` is a reserved word in OTP {otp}; the atom needs quotes: '{word}'");
    Err(document.source.error(*span, message))
}

fn only_list(document: &Document) -> Result<Vec<Term>, SourceError> {
    let wrong = |span| document.source.error(span, ONE_LIST);
    match document.terms.as_slice() {
        [] => Err(wrong(Span::default())),
        [only] => only.as_list().ok_or_else(|| wrong(only.span())),
        [_, second, ..] => Err(wrong(second.span())),
    }
}

const ONE_LIST: &str = "expected one list of `{Application, [{Key, Value}, …]}` and nothing else";

/// An application with its settings, or the name of another file.
fn check_element(element: &Term, document: &Document) -> Result<(), SourceError> {
    match (element.as_pair(), element.as_string()) {
        (Some((app, settings)), _) => check_settings(app, settings, document),
        (None, Some(file)) if !file.is_empty() => Ok(()),
        _ => Err(document.source.error(element.span(), ELEMENT)),
    }
}

const ELEMENT: &str = "the virtual machine would not start: expected `{Application, [{Key, Value}, …]}` or the name of \
                       another file as a string";

fn check_settings(app: &str, settings: &Term, document: &Document) -> Result<(), SourceError> {
    let error = |term: &Term, expected: &str| {
        let message = format!("the virtual machine would not start: {expected}");
        Err(document.source.error(term.span(), message))
    };
    let Some(list) = settings.as_list() else {
        return error(settings, &format!("the settings of `{app}` must be a list of `{{Key, Value}}`"));
    };
    let mut keys = BTreeSet::new();
    for setting in &list {
        match setting.as_pair() {
            None => {
                return error(
                    setting,
                    &format!("expected a `{{Key, Value}}` of `{app}`, with an atom as key"),
                );
            }
            Some((key, _)) if !keys.insert(key.to_string()) => {
                return error(setting, &format!("`{key}` of `{app}` is set twice"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
