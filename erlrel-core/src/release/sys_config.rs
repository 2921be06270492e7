//! Checks the `sys.config` of a release before it is packed.

use std::borrow::Cow;
use std::path::Path;

use super::ReleaseError;
use crate::fs;
use crate::sys_config::{no_other_file, only_list, other_files, reserved_words};
use crate::term;
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
/// files as strings, in which no key stands twice: at its place.
pub(super) fn check_in(tree: &Tree, dir: &str) -> Result<(), ReleaseError> {
    let at = format!("{dir}/sys.config");
    let (path, bytes) = match tree.get(&at).map(|entry| &entry.node) {
        Some(Node::File(Content::File(path))) => (path.as_path(), Cow::Owned(fs::read(path)?)),
        Some(Node::File(content)) => (Path::new(&at), content.read()?),
        Some(Node::Symlink(target)) => (Path::new(target), Cow::Owned(fs::read(Path::new(target))?)),
        Some(Node::Directory) | None => return Ok(()),
    };
    let Ok(document) = term::consult(path, &bytes) else { return Ok(()) };
    match other_files(&document)?.iter().find(|file| file.name.is_none()) {
        Some(file) => Err(no_other_file(&document, file).into()),
        None => Ok(()),
    }
}
