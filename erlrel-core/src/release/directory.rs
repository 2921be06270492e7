//! What a release's directory keeps when the release is made again.

use crate::tree::TreePath;

/// True for the directories that a new release replaces with all that is in them: those of an application, of
/// the runtime system, of a version. For [`write_directory`](crate::tree::write_directory).
///
/// All else that has come into the directory stays, as it does with relx: other versions, tarballs, what a
/// running release writes.
pub fn is_replaced_as_one(path: &TreePath) -> bool {
    match path.as_str().split_once('/') {
        None => path.as_str().starts_with("erts-"),
        Some(("lib" | "releases", name)) => !name.contains('/'),
        Some(_) => false,
    }
}
