//! The tree: everything that a release or an image contains, decided before anything is written.
//!
//! A [`Tree`] is a sorted map from [`TreePath`] to [`Entry`]. An entry has a mode, a [`Node`] (directory,
//! symbolic link, or file with its [`Content`] by reference) and a [`Group`] that says where it came from.
//! The listing, the directory, the tarball and the layers of an image are writers of the same tree, so
//! they agree by construction; nothing that was written is ever read back. What others have packed becomes
//! a tree through [`read_directory`] and [`read_tar`].

mod content;
mod directory;
mod listing;
mod merge;
mod path;
mod scan;
mod tarball;
mod untar;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::PathBuf;

pub use content::Content;
pub use directory::write_directory;
pub use listing::listing;
pub(crate) use merge::clean_up;
pub use merge::is_half_written;
pub use path::TreePath;
pub use scan::read_directory;
pub(crate) use scan::{read_entry, what};
pub use tarball::{TarOptions, write_tar, write_tar_gz};
pub(crate) use untar::read_limited;
pub use untar::read_tar;

use crate::beam::BeamError;
use crate::fs::FsError;

/// Where an entry came from. Groups alone decide the layers of an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Shared libraries and other files that the virtual machine needs from a system.
    Native,
    /// The Erlang runtime system.
    Erts,
    /// An application of the Erlang installation.
    Otp,
    /// The named dependency.
    Dependency(String),
    /// The named application of the project itself.
    Project(String),
    /// Boot files, configuration, scripts, overlays.
    Release,
}

/// What stands at a path.
#[derive(Debug, Clone)]
pub enum Node {
    /// A directory.
    Directory,
    /// A symbolic link with this target, kept as it is.
    Symlink(String),
    /// A regular file.
    File(Content),
}

/// One entry of a [`Tree`].
#[derive(Debug, Clone)]
pub struct Entry {
    /// Permission bits, for example `0o644`. Links have `0o777`.
    pub mode: u32,
    /// What it is.
    pub node: Node,
    /// Where it came from.
    pub group: Group,
}

impl Entry {
    /// A directory, mode 0755.
    pub fn directory(group: Group) -> Self {
        Self { mode: 0o755, node: Node::Directory, group }
    }

    /// A symbolic link.
    pub fn symlink(target: impl Into<String>, group: Group) -> Self {
        Self { mode: 0o777, node: Node::Symlink(target.into()), group }
    }

    /// A file.
    pub fn file(content: impl Into<Content>, mode: u32, group: Group) -> Self {
        Self { mode, node: Node::File(content.into()), group }
    }

    /// True for a directory.
    pub fn is_directory(&self) -> bool {
        matches!(self.node, Node::Directory)
    }
}

/// Everything that a release or an image contains. See the [module](self).
#[derive(Debug, Clone, Default)]
pub struct Tree {
    entries: BTreeMap<TreePath, Entry>,
}

impl Tree {
    /// A tree without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry; a directory may be added twice.
    ///
    /// # Errors
    /// [`TreeError::DuplicatePath`] if something else is there already.
    pub fn insert(&mut self, path: TreePath, entry: Entry) -> Result<(), TreeError> {
        match self.entries.get(&path) {
            Some(there) if there.is_directory() && entry.is_directory() => Ok(()),
            Some(_) => Err(TreeError::DuplicatePath { path: path.to_string() }),
            None => {
                self.entries.insert(path, entry);
                Ok(())
            }
        }
    }

    /// Adds an entry in place of whatever was there, as overlays do.
    pub fn replace(&mut self, path: TreePath, entry: Entry) {
        self.entries.insert(path, entry);
    }

    /// Removes the entry at `path`, if there is one, and nothing below it.
    pub fn remove(&mut self, path: &str) {
        self.entries.remove(path);
    }

    /// The entry at `path`.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        TreePath::new(path).ok().and_then(|path| self.entries.get(&path))
    }

    /// All entries, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&TreePath, &Entry)> {
        self.entries.iter()
    }

    /// True if any entry lies below `path`.
    pub fn has_below(&self, path: &TreePath) -> bool {
        self.below(path).next().is_some()
    }

    /// Removes every entry below `path`, and not the one at `path`.
    pub fn remove_below(&mut self, path: &TreePath) {
        let below: Vec<TreePath> = self.below(path).cloned().collect();
        below.iter().for_each(|path| drop(self.entries.remove(path)));
    }

    /// The paths below `path`. Siblings such as `a-b` sort between `a` and `a/b`.
    fn below(&self, path: &TreePath) -> impl Iterator<Item = &TreePath> {
        let below = format!("{path}/");
        let range = self.entries.range::<str, _>((Bound::Included(below.as_str()), Bound::Unbounded));
        range.map(|(path, _)| path).take_while(move |path| path.as_str().starts_with(&below))
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True without entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The same entries below `prefix`.
    #[must_use]
    pub fn under(self, prefix: &TreePath) -> Self {
        let entries = self.entries.into_iter().map(|(path, entry)| (path.under(prefix), entry)).collect();
        Self { entries }
    }

    /// Adds all entries of `other`.
    ///
    /// # Errors
    /// [`TreeError::DuplicatePath`] if both have something other than a directory at one path.
    pub fn merge(&mut self, other: Tree) -> Result<(), TreeError> {
        other.entries.into_iter().try_for_each(|(path, entry)| self.insert(path, entry))
    }

    /// Keeps the entries for which `keep` says so.
    pub fn retain(&mut self, keep: impl Fn(&TreePath, &Entry) -> bool) {
        self.entries.retain(|path, entry| keep(path, entry));
    }

    /// Gives every entry the group that `group_of` finds for its path.
    pub fn regroup(&mut self, group_of: impl Fn(&TreePath) -> Group) {
        self.entries.iter_mut().for_each(|(path, entry)| entry.group = group_of(path));
    }

    /// Replaces the contents of files for which `change` gives a new one.
    pub fn replace_contents(&mut self, change: impl Fn(&TreePath, &Content) -> Option<Content>) {
        for (path, entry) in &mut self.entries {
            if let Node::File(content) = &mut entry.node
                && let Some(new) = change(path, content)
            {
                *content = new;
            }
        }
    }

    /// Adds every directory that is above an entry and not in the tree, with mode 0755 and the group of
    /// the first entry below it.
    ///
    /// # Errors
    /// [`TreeError::NotADirectory`] if a file or a link is above an entry.
    pub fn add_parents(&mut self) -> Result<(), TreeError> {
        let mut missing: BTreeMap<TreePath, Entry> = BTreeMap::new();
        for (path, entry) in &self.entries {
            for parent in path.ancestors() {
                match self.entries.get(&parent) {
                    Some(there) if there.is_directory() => {}
                    Some(_) => {
                        let (path, below) = (parent.to_string(), path.to_string());
                        return Err(TreeError::NotADirectory { path, below });
                    }
                    None => {
                        missing.entry(parent).or_insert_with(|| Entry::directory(entry.group.clone()));
                    }
                }
            }
        }
        self.entries.extend(missing);
        Ok(())
    }
}

impl FromIterator<(TreePath, Entry)> for Tree {
    fn from_iter<I: IntoIterator<Item = (TreePath, Entry)>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect() }
    }
}

/// A tree that cannot be built or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// A path that is absolute, empty, or leaves the tree.
    #[error("the path `{path}` is not inside the release: it must be relative and without `..`")]
    BadPath {
        /// The path as it was given.
        path: String,
    },
    /// A path that no file system can hold.
    #[error("the path `{}` is too long: it has {} bytes; 4096 are possible, and 255 between two slashes", start(path), path.len())]
    PathTooLong {
        /// The path.
        path: String,
    },
    /// A link that no file system can hold.
    #[error("the link `{path}` cannot be made: {why}")]
    BadLink {
        /// The link.
        path: String,
        /// What is wrong with its target.
        why: &'static str,
    },
    /// Two different things at one path.
    #[error("two things would be written to `{path}`")]
    DuplicatePath {
        /// The path.
        path: String,
    },
    /// A file at a path that has something below it.
    #[error("`{path}` would be a file, but `{below}` is to be written below it")]
    NotADirectory {
        /// The path of the file.
        path: String,
        /// A path below it.
        below: String,
    },
    /// A link in what somebody else has packed that leads out of it.
    #[error(
        "the link `{path}` leads to `{target}`, which is outside: it would lead to something else in an image"
    )]
    LinkOutside {
        /// The link.
        path: String,
        /// Where it leads to.
        target: String,
    },
    /// Something in what somebody else has packed that a tree cannot hold.
    #[error("`{path}` is {what}: only files, directories and links can be packed")]
    NotAFile {
        /// Its path.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// A file that is no tar file.
    #[error("`{}` is no tar file, neither plain nor compressed by gzip", path.display())]
    NotATar {
        /// The file.
        path: PathBuf,
    },
    /// Names or attributes in a tar file that are longer than any release has.
    #[error("`{}` has a name or attributes of more than {limit} bytes: no release has as long ones", path.display())]
    LongHeader {
        /// The tar file.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// More in a tar file than any release has.
    #[error("with `{path}` it unpacks to more than {limit} bytes: no release is as large")]
    TooLarge {
        /// The file at which the limit was reached.
        path: String,
        /// The limit.
        limit: u64,
    },
    /// A name that is not UTF-8.
    #[error("the name `{path}` is not UTF-8, which an image cannot hold")]
    NotUtf8 {
        /// The name, as far as it can be shown.
        path: String,
    },
    /// A file that could not be read or written.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// A directory that could not be written, and not be made again what it was.
    #[error(
        "cannot write into `{}`, nor put back all that was there: what is missing or was replaced is in `{}`",
        path.display(),
        kept.display()
    )]
    NotPutBack {
        /// The directory.
        path: PathBuf,
        /// Where the rest of it is.
        kept: PathBuf,
        /// Why it could not be written.
        source: FsError,
    },
    /// A BEAM file that could not be brought into its form.
    #[error("cannot pack the module `{}`", path.display())]
    Beam {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BeamError,
    },
    /// The observer asked to stop.
    #[error("stopped on request")]
    Stopped,
}

/// What of a long name is shown.
fn start(name: &str) -> String {
    if name.chars().count() > 100 { name.chars().take(100).chain(['…']).collect() } else { name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> TreePath {
        TreePath::new(text).expect("a path")
    }

    #[test]
    fn two_files_at_one_path_are_an_error_but_two_directories_are_one() {
        let mut tree = Tree::new();
        tree.insert(path("a"), Entry::directory(Group::Otp)).expect("first");
        tree.insert(path("a"), Entry::directory(Group::Release)).expect("again");
        tree.insert(path("a/f"), Entry::file("1", 0o644, Group::Release)).expect("file");
        let error = tree.insert(path("a/f"), Entry::file("2", 0o644, Group::Release)).expect_err("twice");
        assert_eq!(error.to_string(), "two things would be written to `a/f`");
    }

    #[test]
    fn what_is_below_is_found_and_removed_without_its_siblings() {
        let paths = ["a", "a-b", "a-b/c", "a/b", "a/b/c", "a0", "b"];
        let file = || Entry::file("", 0o644, Group::Release);
        let mut tree: Tree = paths.iter().map(|text| (path(text), file())).collect();
        let with_below = paths.iter().filter(|text| tree.has_below(&path(text)));
        assert_eq!(with_below.collect::<Vec<_>>(), [&"a", &"a-b", &"a/b"]);
        tree.remove_below(&path("a"));
        assert_eq!(
            tree.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(),
            ["a", "a-b", "a-b/c", "a0", "b"]
        );
    }

    #[test]
    fn missing_parents_are_added_once() {
        let mut tree = Tree::new();
        tree.insert(path("lib/x/ebin/x.app"), Entry::file("", 0o644, Group::Otp)).expect("inserted");
        tree.add_parents().expect("no file is above it");
        let paths: Vec<&str> = tree.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["lib", "lib/x", "lib/x/ebin", "lib/x/ebin/x.app"]);
    }
}
