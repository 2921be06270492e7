//! The machine that libraries are taken from, seen from its root directory.

use std::fs;
use std::path::{Path, PathBuf};

use super::path::{Step, follow};

/// A root directory; links inside it never lead out of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Host<'a> {
    root: &'a Path,
}

/// A regular file of the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HostFile {
    /// Its path on the host without links: `/usr/lib/x86_64-linux-gnu/libz.so.1.2.13`.
    pub(super) real: String,
    /// The same below the root directory, to read it from.
    pub(super) file: PathBuf,
}

impl<'a> Host<'a> {
    pub(super) fn new(root: &'a Path) -> Self {
        Self { root }
    }

    /// The regular file that an absolute path leads to; `None` if there is none.
    pub(super) fn file(&self, path: &str) -> Option<HostFile> {
        let real = follow(path, |path| self.look(path))?;
        let file = self.below(&real);
        file.metadata().ok()?.is_file().then_some(HostFile { real, file })
    }

    /// The content of a file, if there is one that can be read.
    pub(super) fn read(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.file(path)?.file).ok()
    }

    /// Where a directory of the host is on this machine; `None` if it is not there.
    pub(super) fn directory(&self, path: &str) -> Option<PathBuf> {
        let directory = self.below(&follow(path, |path| self.look(path))?);
        directory.is_dir().then_some(directory)
    }

    /// The names in a directory, sorted; none if it is not there.
    pub(super) fn list(&self, directory: &str) -> Vec<String> {
        let Some(directory) = self.directory(directory) else { return Vec::new() };
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        names
    }

    /// Where a file of this machine lies on the host, if it lies below the root.
    pub(super) fn path_of(&self, file: &Path) -> Option<String> {
        Some(format!("/{}", file.strip_prefix(self.root).ok()?.to_str()?))
    }

    fn look(&self, path: &str) -> Option<Step> {
        let file = self.below(path);
        if !file.symlink_metadata().ok()?.is_symlink() {
            return Some(Step::Other);
        }
        Some(Step::Link(fs::read_link(file).ok()?.to_str()?.into()))
    }

    /// Where a path of the host is on this machine, links aside.
    pub(super) fn below(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_of_another_root_stay_in_it() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = dir.path();
        fs::create_dir_all(root.join("usr/lib")).expect("created");
        fs::write(root.join("usr/lib/libz.so.1.2"), "z").expect("written");
        symlink("/usr/lib", root.join("lib")).expect("linked");
        symlink("/lib/libz.so.1.2", root.join("usr/lib/libz.so.1")).expect("linked");
        let host = Host::new(root);
        let found = host.file("/lib/libz.so.1").expect("found");
        assert_eq!(found.real, "/usr/lib/libz.so.1.2");
        assert_eq!(found.file, root.join("usr/lib/libz.so.1.2"));
        assert_eq!(host.path_of(&found.file), Some(found.real));
        assert_eq!(host.read("/usr/lib/libz.so.1").as_deref(), Some(b"z".as_slice()));
        assert_eq!(host.list("/lib"), ["libz.so.1", "libz.so.1.2"]);
        assert_eq!(host.file("/etc/passwd"), None);
        assert_eq!(host.file("/lib"), None, "a directory is no file");
    }
}
