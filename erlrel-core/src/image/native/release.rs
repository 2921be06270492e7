//! The ELF files of a release, and the release as the image's loader will see it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::Path;
use std::rc::Rc;

use super::NativeError;
use super::host::Host;
use super::path::{Step, follow};
use crate::elf::{self, Elf};
use crate::fs::FsError;
use crate::platform::Platform;
use crate::tree::{Content, Entry, Node, Tree, TreePath};

/// A release's tree, its programs and shared libraries, and its place in the image.
pub(super) struct Release<'a> {
    tree: &'a Tree,
    /// Absolute path of the tree's root in the image; empty for the image's own root.
    at: &'a str,
    files: BTreeMap<&'a TreePath, ReleaseFile<'a>>,
}

/// A program or a shared library of the release.
#[derive(Debug, Clone)]
pub(super) struct ReleaseFile<'a> {
    /// Its path in the release.
    pub(super) path: &'a TreePath,
    /// The file on disk that it is packed from, if there is one.
    pub(super) source: Option<&'a Path>,
    pub(super) elf: Rc<Elf>,
}

impl<'a> Release<'a> {
    /// Finds the ELF files of `tree` and checks what they are made for.
    ///
    /// Only files that can be started or loaded are opened: those with an executable bit, and those with
    /// `.so` in their names.
    pub(super) fn scan(tree: &'a Tree, at: &'a str, platform: &Platform) -> Result<Self, NativeError> {
        let mut files = BTreeMap::new();
        for (path, entry) in tree.iter() {
            if let Some(file) = examine(path, entry, platform)? {
                files.insert(path, file);
            }
        }
        Ok(Self { tree, at: at.trim_end_matches('/'), files })
    }

    /// All programs and shared libraries, sorted by path.
    pub(super) fn files(&self) -> impl Iterator<Item = &ReleaseFile<'a>> {
        self.files.values()
    }

    /// Where on the host the files of the release come from, as far as they come from there.
    pub(super) fn sources(&self, host: &Host<'_>) -> BTreeSet<String> {
        let contents = self.tree.iter().filter_map(|(_, entry)| match &entry.node {
            Node::File(content) => content.source(),
            _ => None,
        });
        contents.filter_map(|source| host.path_of(source)).collect()
    }

    /// The program or library that an absolute path in the image leads to, through the release's own links.
    pub(super) fn find(&self, path: &str) -> Option<&ReleaseFile<'a>> {
        let found = follow(path, |path| Some(self.look(path)))?;
        self.files.get(&self.inside(&found)?)
    }

    /// Where an entry of the release lies in the image.
    pub(super) fn place(&self, path: &TreePath) -> String {
        format!("{}/{path}", self.at)
    }

    fn look(&self, path: &str) -> Step {
        let entry = self.inside(path).and_then(|path| self.tree.get(path.as_str()));
        match entry.map(|entry| &entry.node) {
            Some(Node::Symlink(target)) => Step::Link(target.clone()),
            _ => Step::Other,
        }
    }

    fn inside(&self, path: &str) -> Option<TreePath> {
        TreePath::new(path.strip_prefix(self.at)?.strip_prefix('/')?).ok()
    }
}

fn examine<'a>(
    path: &'a TreePath,
    entry: &'a Entry,
    platform: &Platform,
) -> Result<Option<ReleaseFile<'a>>, NativeError> {
    let Some(content) = loadable(path, entry) else { return Ok(None) };
    let Some(mut file) = open(content)? else { return Ok(None) };
    let start = first_bytes(&mut file)
        .map_err(FsError::while_doing("read", content.source().unwrap_or(Path::new(path.as_str()))))?;
    if path.file_name().ends_with(".so") && is_mach_o(start) {
        return Err(wrong_architecture(path, "macOS", platform));
    }
    if !elf::is_elf(&start) {
        return Ok(None);
    }
    let elf = elf::read(file);
    let elf = elf.map_err(|source| NativeError::BadElf { path: path.to_string(), source })?;
    if !elf.loadable {
        return Ok(None);
    }
    if elf.architecture != platform.architecture {
        return Err(wrong_architecture(path, &format!("linux/{}", elf.architecture), platform));
    }
    Ok(Some(ReleaseFile { path, source: content.source(), elf: Rc::new(elf) }))
}

/// The content of a file that may be a program or a library.
fn loadable<'a>(path: &TreePath, entry: &'a Entry) -> Option<&'a Content> {
    let name = path.file_name();
    let library = name.ends_with(".so") || name.contains(".so.");
    match &entry.node {
        Node::File(content) if library || entry.mode & 0o111 != 0 => Some(content),
        _ => None,
    }
}

/// Content that may be that of a program.
trait Readable: Read + Seek {}

impl<T: Read + Seek> Readable for T {}

fn open(content: &Content) -> Result<Option<Box<dyn Readable + '_>>, FsError> {
    Ok(match content {
        Content::Bytes(bytes) => Some(Box::new(Cursor::new(bytes))),
        Content::File(path) => Some(Box::new(File::open(path).map_err(FsError::while_doing("read", path))?)),
        Content::Beam { .. } => None,
    })
}

fn first_bytes(file: &mut dyn Readable) -> io::Result<[u8; 4]> {
    let mut start = Vec::with_capacity(4);
    file.take(4).read_to_end(&mut start)?;
    Ok(start.first_chunk().copied().unwrap_or_default())
}

/// The magic numbers of macOS: 64-bit of either byte order, and universal files.
fn is_mach_o(start: [u8; 4]) -> bool {
    matches!(u32::from_be_bytes(start), 0xcffa_edfe | 0xfeed_facf | 0xcafe_babe)
}

fn wrong_architecture(path: &TreePath, found: &str, platform: &Platform) -> NativeError {
    NativeError::WrongArchitecture { path: path.to_string(), found: found.into(), needed: platform.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beam::BeamForm;
    use crate::tree::Group;

    fn tree(entries: Vec<(&str, Entry)>) -> Tree {
        entries.into_iter().map(|(path, entry)| (TreePath::new(path).expect("a path"), entry)).collect()
    }

    fn program() -> Entry {
        Entry::file(std::path::PathBuf::from("/proc/self/exe"), 0o755, Group::Otp)
    }

    fn here() -> Platform {
        let bytes = std::fs::read("/proc/self/exe").expect("read");
        Platform::linux(elf::parse(&bytes).expect("a program").architecture)
    }

    fn scan_error(entry: Entry, architecture: &str) -> String {
        let tree = tree(vec![("lib/app-1/priv/app.so", entry)]);
        let scanned = Release::scan(&tree, "/opt/app", &Platform::linux(architecture));
        scanned.err().expect("an error").to_string()
    }

    #[test]
    fn programs_and_libraries_are_found_by_content_and_other_files_are_not_opened() {
        let missing = || std::path::PathBuf::from("/missing");
        let beam = Content::Beam { path: missing(), form: BeamForm::Relx };
        let plain = Entry::file(std::path::PathBuf::from("/proc/self/exe"), 0o644, Group::Otp);
        let tree = tree(vec![
            ("bin/program", program()),
            ("bin/script", Entry::file("#!/bin/sh", 0o755, Group::Otp)),
            ("lib/a/ebin/a.beam", Entry::file(beam, 0o755, Group::Otp)),
            ("lib/a/ebin/a.app", Entry::file(missing(), 0o644, Group::Otp)),
            ("lib/a/priv/a.so.1", plain.clone()),
            ("lib/a/priv/data", plain),
            ("lib/a/priv/empty.so", Entry::file("", 0o644, Group::Otp)),
        ]);
        let release = Release::scan(&tree, "/", &here()).expect("scanned");
        let paths: Vec<&str> = release.files().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["bin/program", "lib/a/priv/a.so.1"]);
    }

    #[test]
    fn files_are_found_by_their_place_in_the_image_through_links() {
        let tree = tree(vec![
            ("lib/a/priv/liba.so.1", program()),
            ("lib/a/priv/liba.so", Entry::symlink("liba.so.1", Group::Otp)),
            ("current", Entry::symlink("/opt/app/lib/a", Group::Otp)),
        ]);
        let release = Release::scan(&tree, "/opt/app/", &here()).expect("scanned");
        let find = |path| release.find(path).map(|file| file.path.to_string());
        assert_eq!(find("/opt/app/current/priv/../priv/liba.so").as_deref(), Some("lib/a/priv/liba.so.1"));
        assert_eq!(find("/opt/application/lib/a/priv/liba.so"), None);
        assert_eq!(find("/lib/a/priv/liba.so"), None);
    }

    #[test]
    fn what_cannot_run_on_the_platform_is_an_error_that_says_so() {
        insta::assert_snapshot!(scan_error(program(), "s390x").replace(&here().architecture, "HERE"), @"`lib/app-1/priv/app.so` is made for linux/HERE, but the image is for linux/s390x: compile it for linux/s390x, or leave it out of the release");
        insta::assert_snapshot!(scan_error(Entry::file(vec![0xcf, 0xfa, 0xed, 0xfe], 0o644, Group::Otp), "arm64"), @"`lib/app-1/priv/app.so` is made for macOS, but the image is for linux/arm64: compile it for linux/arm64, or leave it out of the release");
        insta::assert_snapshot!(scan_error(Entry::file("\x7fELF", 0o644, Group::Otp), "arm64"), @"cannot read what `lib/app-1/priv/app.so` needs: compile it again");
    }

    #[test]
    fn object_files_of_any_architecture_are_left_alone() {
        let mut object = b"\x7fELF\x02\x01\x01".to_vec();
        object.resize(64, 0);
        (object[16], object[18]) = (1, 247);
        let tree = tree(vec![("lib/a/priv/probe.so", Entry::file(object, 0o755, Group::Otp))]);
        assert_eq!(Release::scan(&tree, "/", &here()).expect("scanned").files().count(), 0);
    }
}
