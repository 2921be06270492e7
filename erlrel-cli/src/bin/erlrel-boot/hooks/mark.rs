//! Words on the command line that say which hooks are to run.

use std::ffi::OsString;

/// No hooks at all; relx's word.
pub(crate) const DISABLED: &str = "--relx-disable-hooks";

/// The hooks before the command have run.
const DONE: &str = "--erlrel-hooks-done";

/// Whether no hooks are to run.
pub(super) fn are_disabled(words: &[OsString]) -> bool {
    words.iter().any(|word| word == DISABLED)
}

/// Whether those before the command have run.
pub(super) fn are_done(words: &[OsString]) -> bool {
    words.iter().any(|word| word == DONE)
}

/// The arguments with which a shell that has run them calls this program again.
pub(super) fn done(words: &[OsString]) -> Vec<OsString> {
    words.iter().skip(1).cloned().chain([DONE.into()]).collect()
}

/// What is left for the command.
pub(crate) fn without_marks(words: &[OsString]) -> Vec<OsString> {
    words.iter().filter(|word| *word != DISABLED && *word != DONE).cloned().collect()
}
