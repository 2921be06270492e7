//! Whether the VM will take the `sys.config`: what it would not is told here, before it starts, at its place.

use std::io;
use std::path::{Path, PathBuf};

use erlrel_core::sys_config::{OtherFile, no_other_file, other_files, reserved_words};
use erlrel_core::term::{Document, SourceError, consult};

use crate::config::ConfigError;
use crate::config::template::Template;
use crate::erts::Erts;
use crate::regular_file;

/// Files larger than this are left to the VM, whose start they would slow down: it takes about 0.15 ms to check a
/// kilobyte.
const LARGE: usize = 128 * 1024;

/// Checks the text by the rules of kernel's `application_controller`, and the files that it includes. `root` is the
/// directory in which the VM starts. In doubt nothing is refused: the VM has the last word.
pub(crate) fn check(template: &Template, root: &Path, erts: &Erts) -> Result<(), ConfigError> {
    let path = template.file.published();
    // The VM reads another file then, and says what it thinks of it.
    if !path.as_os_str().as_encoded_bytes().ends_with(SUFFIX.as_bytes()) {
        return Ok(());
    }
    let Some(document) = read(template.file.source(), &template.rendered.text, erts)
        .map_err(|error| template.error(&error))?
    else {
        return Ok(());
    };
    let others = other_files(&document).map_err(|error| template.error(&error))?;
    let includes = path.file_stem().is_some_and(|stem| stem == "sys");
    others.iter().try_for_each(|other| match includes {
        true => include(other, template, &document, Place { path, root, erts }),
        false => Err(template.error(&no_other_file(&document, other))),
    })
}

const SUFFIX: &str = ".config";

/// Where the including file is, and where the VM starts.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a Path,
    root: &'a Path,
    erts: &'a Erts,
}

/// The terms, when there is something to say of them.
fn read(path: &Path, text: &[u8], erts: &Erts) -> Result<Option<Document>, SourceError> {
    if text.len() > LARGE {
        return Ok(None);
    }
    let document = match consult(path, text) {
        Err(error) if error.is_limit() => return Ok(None),
        other => other?,
    };
    // ERTS 15 is that of OTP 27.
    reserved_words(&document, if erts.at_least(15, 0) { 27 } else { 0 })?;
    Ok(Some(document))
}

fn include(
    other: &OtherFile,
    template: &Template,
    document: &Document,
    place: Place<'_>,
) -> Result<(), ConfigError> {
    // Of a name with a slash at its end the VM makes something else.
    let Some(name) = other.name.as_ref().filter(|name| !name.ends_with('/')) else { return Ok(()) };
    let beside = place.path.parent().unwrap_or(Path::new("/"));
    let file = with_suffix(name);
    let Some(path) = [beside, place.root].map(|dir| dir.join(&file)).into_iter().find(|path| path.exists())
    else {
        let text = format!("this file is neither in {} nor in {}", beside.display(), place.root.display());
        return Err(template.error(&document.source.error(other.span, text)));
    };
    match regular_file::read(&path) {
        Ok(text) => included(&path, &text, place.erts),
        Err(source) => Err(unreadable(path, source)),
    }
}

/// The VM adds the suffix to names that do not have it.
fn with_suffix(name: &str) -> PathBuf {
    match name.ends_with(SUFFIX) {
        true => name.into(),
        false => format!("{name}{SUFFIX}").into(),
    }
}

fn unreadable(path: PathBuf, source: io::Error) -> ConfigError {
    ConfigError::Read { path, source }
}

/// An included file is used as it is, and includes no others.
fn included(path: &Path, text: &[u8], erts: &Erts) -> Result<(), ConfigError> {
    let plain = |place| ConfigError::Invalid { place, variables: Vec::new() };
    let Some(document) = read(path, text, erts).map_err(plain)? else { return Ok(()) };
    match other_files(&document).map_err(plain)?.first() {
        Some(other) => Err(plain(no_other_file(&document, other))),
        None => Ok(()),
    }
}
