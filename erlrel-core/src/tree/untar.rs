//! The tar reader: what somebody else has packed as a tree.
//!
//! A tar file may be hostile, so no name in it ever becomes a path on this machine: each file is unpacked to a
//! numbered one.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use tar::{Archive, EntryType};

use super::scan::{inner_link, usual_mode};
use super::{Content, Entry, Group, Node, Tree, TreeError, TreePath};
use crate::fs::FsError;

/// How much a tar file may unpack to: many times the largest release.
const LIMIT: u64 = 8 << 30;

/// What every entry counts besides its bytes, so that a flood of empty ones ends too.
const ENTRY: u64 = 4096;

/// What each byte of a name counts, once for every directory above it: names are held in memory.
const NAME: u64 = 32;

/// How much there may be in front of an entry's content: its name, its attributes. The crate reads it as a whole.
const HEADER: u64 = 1 << 20;

/// Reads an uncompressed tar file as a tree of [`Group::Release`]. Contents are kept in files in `scratch`, which
/// must be there as long as the tree is used. Modes are as [`read_directory`](super::read_directory) has them;
/// of several entries with one path the last counts, as when it is unpacked.
///
/// # Errors
/// When the file (named as `name`) is damaged, unpacks to more than 8 GiB, or has something that a tree cannot
/// hold: a path or a link that leads out or is too long, a device, a pipe.
pub fn read_tar(tar: impl Read, name: &Path, scratch: &Path) -> Result<Tree, TreeError> {
    read_limited(tar, name, scratch, LIMIT)
}

/// The same for what unpacks to at most `limit` bytes.
///
/// # Errors
/// As [`read_tar`], with another limit.
pub(crate) fn read_limited(
    tar: impl Read,
    name: &Path,
    scratch: &Path,
    limit: u64,
) -> Result<Tree, TreeError> {
    let mut unpacking = Unpacking { tree: Tree::new(), name, scratch, files: 0, left: limit, limit };
    let allowance = Cell::new(HEADER);
    let mut archive = Archive::new(Allowed { inner: tar, allowance: &allowance });
    let damaged = |source| FsError { action: "unpack", path: name.into(), source };
    for (index, entry) in archive.entries().map_err(damaged)?.enumerate() {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(_) if allowance.get() == 0 => {
                return Err(TreeError::LongHeader { path: name.into(), limit: HEADER });
            }
            // What the crate says of a first header that is none would show bytes of the file.
            Err(error) if index == 0 && error.kind() == io::ErrorKind::Other => {
                return Err(TreeError::NotATar { path: name.into() });
            }
            Err(error) => return Err(damaged(error).into()),
        };
        allowance.set(u64::MAX);
        unpacking.add(Header::read(&entry)?, &mut entry)?;
        // What is left of it would else be skipped at the cost of the next header.
        io::copy(&mut entry, &mut io::sink()).map_err(damaged)?;
        allowance.set(HEADER);
    }
    unpacking.tree.add_parents()?;
    Ok(unpacking.tree)
}

/// A reader that fails when more is read than is allowed at the time.
struct Allowed<'a, R> {
    inner: R,
    allowance: &'a Cell<u64>,
}

impl<R: Read> Read for Allowed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let allowance = self.allowance.get();
        if allowance == 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.inner.by_ref().take(allowance).read(buffer)?;
        self.allowance.set(allowance - read as u64);
        Ok(read)
    }
}

/// What an entry says of itself.
struct Header {
    path: String,
    kind: EntryType,
    mode: u32,
    link: Option<String>,
}

impl Header {
    fn read<R: Read>(entry: &tar::Entry<'_, R>) -> Result<Self, TreeError> {
        let shown = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let text = |bytes: &[u8]| {
            String::from_utf8(bytes.to_vec()).map_err(|_| TreeError::NotUtf8 { path: shown.clone() })
        };
        let link = entry.link_name_bytes().map(|link| text(&link)).transpose()?;
        let mode = entry.header().mode().unwrap_or(0o644);
        Ok(Self { path: text(&entry.path_bytes())?, kind: entry.header().entry_type(), mode, link })
    }
}

struct Unpacking<'a> {
    tree: Tree,
    name: &'a Path,
    scratch: &'a Path,
    files: u64,
    left: u64,
    limit: u64,
}

impl Unpacking<'_> {
    fn add(&mut self, header: Header, content: &mut impl Read) -> Result<(), TreeError> {
        self.count(&header.path, ENTRY)?;
        // Comments for the whole archive, as `git archive` writes them.
        if header.kind.is_pax_global_extensions() || is_root(&header.path) {
            return Ok(());
        }
        let path = TreePath::new(&header.path)?;
        let names = path.ancestors().chain([path.clone()]).map(|path| path.as_str().len() as u64);
        self.count(&header.path, NAME * names.sum::<u64>())?;
        let entry = match header.kind {
            EntryType::Directory => Entry::directory(Group::Release),
            EntryType::Symlink => inner_link(&path, header.link.unwrap_or_default())?,
            EntryType::Link => self.same_as(&path, &header.link.unwrap_or_default())?,
            EntryType::Regular | EntryType::Continuous => {
                Entry::file(self.content(&path, content)?, usual_mode(header.mode), Group::Release)
            }
            other => {
                return Err(TreeError::NotAFile { path: header.path, what: what(other) });
            }
        };
        self.tree.replace(path, entry);
        Ok(())
    }

    /// A hard link names a file that came before, and that will be there twice.
    fn same_as(&mut self, path: &TreePath, target: &str) -> Result<Entry, TreeError> {
        let there = self.tree.get(target).filter(|entry| !entry.is_directory()).cloned();
        let there =
            there.ok_or_else(|| TreeError::LinkOutside { path: path.to_string(), target: target.into() })?;
        if let Node::File(Content::File(file)) = &there.node {
            let metadata = file.metadata().map_err(FsError::while_doing("read", file))?;
            self.count(path.as_str(), metadata.len())?;
        }
        Ok(there)
    }

    fn content(&mut self, path: &TreePath, content: &mut impl Read) -> Result<Content, TreeError> {
        let file = self.scratch.join(self.files.to_string());
        self.files += 1;
        // One byte more than is allowed shows that there is more.
        let mut content = content.take(self.left + 1);
        let copied = File::create(&file).and_then(|mut file| io::copy(&mut content, &mut file));
        self.count(path.as_str(), copied.map_err(FsError::while_doing("unpack", self.name))?)?;
        Ok(Content::File(file))
    }

    fn count(&mut self, path: &str, size: u64) -> Result<(), TreeError> {
        let too_large = || TreeError::TooLarge { path: path.into(), limit: self.limit };
        self.left = self.left.checked_sub(size).ok_or_else(too_large)?;
        Ok(())
    }
}

/// `./`, with which `tar -C DIR .` begins.
fn is_root(path: &str) -> bool {
    !path.starts_with('/') && path.split('/').all(|part| part.is_empty() || part == ".") && !path.is_empty()
}

fn what(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        EntryType::GNUSparse => "a sparse file",
        _ => "of a kind that only some tar programs know",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::listing;

    /// Path, kind, mode, link and content of an entry; the path is written as it is.
    type Raw<'a> = (&'a str, EntryType, u32, &'a str, &'a str);

    fn archive(entries: &[Raw<'_>]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, mode, link, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(*mode);
            header.set_size(content.len() as u64);
            header.set_cksum();
            builder.append(&header, content.as_bytes()).expect("memory");
        }
        builder.into_inner().expect("memory")
    }

    fn read(tar: &[u8], limit: u64) -> Result<(Tree, tempfile::TempDir), String> {
        let scratch = tempfile::tempdir().expect("a temporary directory");
        let tree = read_limited(tar, Path::new("x.tar"), scratch.path(), limit);
        tree.map(|tree| (tree, scratch)).map_err(|error| error.to_string())
    }

    fn error(entries: &[Raw<'_>]) -> String {
        read(&archive(entries), LIMIT).expect_err("hostile")
    }

    const FILE: EntryType = EntryType::Regular;

    #[test]
    fn an_archive_becomes_a_tree_in_which_the_last_of_equal_paths_counts() {
        let tar = archive(&[
            ("./", EntryType::Directory, 0o700, "", ""),
            ("./bin/run", FILE, 0o100_700, "", "one"),
            ("bin/again", EntryType::Link, 0o644, "bin/run", ""),
            ("bin/run", FILE, 0o600, "", "two"),
            ("lib/x", EntryType::Symlink, 0o777, "../bin", ""),
        ]);
        let (tree, _scratch) = read(&tar, LIMIT).expect("read");
        insta::assert_snapshot!(listing(&tree), @r"
        0755 release bin/
        0755 release bin/again
        0644 release bin/run
        0755 release lib/
        link release lib/x -> ../bin
        ");
        let content = |path| match &tree.get(path).expect("there").node {
            Node::File(content) => content.read().expect("read").into_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!((content("bin/again"), content("bin/run")), (b"one".to_vec(), b"two".to_vec()));
    }

    #[test]
    fn hostile_entries_are_named() {
        insta::assert_snapshot!(error(&[("/etc/cron.d/x", FILE, 0o644, "", "x")]), @"the path `/etc/cron.d/x` is not inside the release: it must be relative and without `..`");
        insta::assert_snapshot!(error(&[("lib/../../x", FILE, 0o644, "", "x")]), @"the path `lib/../../x` is not inside the release: it must be relative and without `..`");
        insta::assert_snapshot!(error(&[("lib", EntryType::Symlink, 0o777, "../../etc", "")]), @"the link `lib` leads to `../../etc`, which is outside: it would lead to something else in an image");
        insta::assert_snapshot!(error(&[("lib/x", EntryType::Link, 0o644, "/etc/shadow", "")]), @"the link `lib/x` leads to `/etc/shadow`, which is outside: it would lead to something else in an image");
        insta::assert_snapshot!(error(&[("dev/sda", EntryType::Block, 0o644, "", "")]), @"`dev/sda` is a device: only files, directories and links can be packed");
        insta::assert_snapshot!(error(&[("pipe", EntryType::Fifo, 0o644, "", "")]), @"`pipe` is a pipe: only files, directories and links can be packed");
        let below = [("a", EntryType::Symlink, 0o777, "b", ""), ("a/x", FILE, 0o644, "", "x")];
        insta::assert_snapshot!(error(&below), @"`a` would be a file, but `a/x` is to be written below it");
    }

    #[test]
    fn links_without_a_usable_target_are_refused() {
        let link = |target| error(&[("lib/x", EntryType::Symlink, 0o777, target, "")]);
        insta::assert_snapshot!(link(""), @"the link `lib/x` cannot be made: it leads to an empty name");
        let long = "t/".repeat(3000);
        insta::assert_snapshot!(read(&pax("lib/x", EntryType::Symlink, &[("linkpath", &long)]), LIMIT).expect_err("long"), @"the link `lib/x` cannot be made: what it leads to has a name of more than 4096 bytes");
        insta::assert_snapshot!(read(&pax("lib/x", EntryType::Symlink, &[("linkpath", "a\0b")]), LIMIT).expect_err("zero"), @"the link `lib/x` cannot be made: what it leads to has a zero byte in its name");
    }

    /// An entry with attributes in front of it, whatever they say.
    fn pax(path: &str, kind: EntryType, attributes: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let attributes = attributes.iter().map(|(key, value)| (*key, value.as_bytes()));
        builder.append_pax_extensions(attributes).expect("memory");
        let mut tar = builder.into_inner().expect("memory");
        tar.truncate(tar.len() - 1024);
        [tar, archive(&[(path, kind, 0o644, "", "")])].concat()
    }

    #[test]
    fn a_path_that_no_file_system_could_hold_is_refused() {
        let deep = pax("x", FILE, &[("path", &"p/".repeat(32_768))]);
        insta::assert_snapshot!(read(&deep, LIMIT).expect_err("deep"), @"the path `p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/p/…` is too long: it has 65535 bytes; 4096 are possible, and 255 between two slashes");
    }

    #[test]
    fn a_name_that_would_fill_the_memory_is_refused() {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(EntryType::GNULongName);
        header.set_size(3 << 30);
        header.set_cksum();
        let name = io::Cursor::new(header.as_bytes().to_vec()).chain(io::repeat(b'n').take(3 << 30));
        let mut read = 0;
        let counted = Counted { inner: name, read: &mut read };
        let scratch = tempfile::tempdir().expect("a temporary directory");
        let error = read_limited(counted, Path::new("x.tar"), scratch.path(), LIMIT).expect_err("long");
        insta::assert_snapshot!(error, @"`x.tar` has a name or attributes of more than 1048576 bytes: no release has as long ones");
        assert!(read <= HEADER, "{read}");
    }

    struct Counted<'a, R> {
        inner: R,
        read: &'a mut u64,
    }

    impl<R: Read> Read for Counted<'_, R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let read = self.inner.read(buffer)?;
            *self.read += read as u64;
            Ok(read)
        }
    }

    #[test]
    fn what_follows_an_entry_that_is_no_file_does_not_count_as_a_header() {
        let large = "x".repeat(3 << 20);
        let tar =
            archive(&[("d", EntryType::Directory, 0o755, "", &large), ("d/x", FILE, 0o644, "", &large)]);
        let (tree, _scratch) = read(&tar, LIMIT).expect("read");
        assert_eq!(tree.len(), 2);
    }

    #[test]
    fn a_flood_ends() {
        const X: u64 = ENTRY + NAME;
        let many: Vec<Raw<'_>> = std::iter::repeat_n(("x", FILE, 0o644, "", ""), 4).collect();
        let flooded = |entries: &[Raw<'_>], limit| read(&archive(entries), limit).map(drop);
        assert_eq!(flooded(&many, 4 * X), Ok(()));
        insta::assert_snapshot!(flooded(&many, 4 * X - 1).expect_err("a flood"), @"with `x` it unpacks to more than 16511 bytes: no release is as large");
        assert!(flooded(&[("x", FILE, 0o644, "", "12345")], X + 4).is_err());
        let linked = [("x", FILE, 0o644, "", "12345"), ("y", EntryType::Link, 0o644, "x", "")];
        assert_eq!(flooded(&linked, 2 * X + 10), Ok(()));
        assert!(flooded(&linked, 2 * X + 9).is_err(), "a link counts what it links");
        let comments = std::iter::repeat_n(("pax", EntryType::XGlobalHeader, 0o644, "", ""), 4);
        let roots = std::iter::repeat_n(("./", EntryType::Directory, 0o755, "", ""), 4);
        assert!(flooded(&comments.collect::<Vec<_>>(), 4 * ENTRY - 1).is_err());
        assert!(flooded(&roots.collect::<Vec<_>>(), 4 * ENTRY - 1).is_err());
        assert!(
            flooded(&[("a/b/c", FILE, 0o644, "", "")], ENTRY + NAME * 8).is_err(),
            "the names above it count"
        );
    }

    #[test]
    fn something_else_than_a_tar_file_is_said_so() {
        insta::assert_snapshot!(read(&[b'x'; 600], LIMIT).expect_err("no tar file"), @"`x.tar` is no tar file, neither plain nor compressed by gzip");
        let damaged = [archive(&[("x", FILE, 0o644, "", "x")]), vec![b'y'; 512]].concat();
        assert_eq!(read(&damaged[..1024], LIMIT).map(|(tree, _)| tree.len()), Ok(1), "without an end");
        insta::assert_snapshot!(read(&[&damaged[..1024], &[b'y'; 512]].concat(), LIMIT).expect_err("damaged"), @"cannot unpack `x.tar`");
    }

    #[test]
    fn a_size_that_is_a_lie_is_found() {
        let mut tar = archive(&[("x", FILE, 0o644, "", "x")]);
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes().copy_from_slice(&tar[..512]);
        header.set_size(1 << 40);
        header.set_cksum();
        tar[..512].copy_from_slice(header.as_bytes());
        insta::assert_snapshot!(read(&tar, LIMIT).expect_err("damaged"), @"cannot unpack `x.tar`");
    }
}
