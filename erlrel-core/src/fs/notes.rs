//! What was found of files, for a host that remembers it.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

/// What is found of a file: a text in one line, the same for the same content at the same path; `None` for a file that cannot be
/// read.
pub type Look<'a> = dyn Fn(&Path) -> Option<String> + Sync + 'a;

/// Says what there is to find of files, and may know it from before.
pub trait Notes: Sync {
    /// What `look` finds of each file, in their order. `topic` is the name of what it looks for, and of all that decides what
    /// it finds besides the file.
    fn of(&self, topic: &str, files: &[PathBuf], look: &Look<'_>) -> Vec<Option<String>>;
}

/// Looks each time.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNotes;

impl Notes for NoNotes {
    fn of(&self, _topic: &str, files: &[PathBuf], look: &Look<'_>) -> Vec<Option<String>> {
        files.par_iter().map(|file| look(file)).collect()
    }
}
