//! Package records: which Debian packages the host's files in the image belong to.
//!
//! Scanners for known vulnerabilities look up packages by name and version. An image that is made of
//! single files tells them in the form of the distroless images: one stanza of dpkg's status file for each
//! package, as `/var/lib/dpkg/status.d/<package>`, and the distribution's own release files.

use std::collections::{BTreeMap, BTreeSet};

use super::host::Host;
use super::path::file_name;
use super::system_files::SystemFiles;
use crate::tree::{Group, TreeError};

const STATUS: &str = "/var/lib/dpkg/status";
const INFO: &str = "/var/lib/dpkg/info";

/// By these, scanners know the distribution.
const RELEASE_FILES: [&str; 3] = ["/etc/debian_version", "/etc/lsb-release", "/etc/os-release"];

/// Made at installation, so no package lists it.
const CERTIFICATES: (&str, &str) = ("/etc/ssl/certs/ca-certificates.crt", "ca-certificates");

/// The fields of a stanza that say what is there, from whom, and in which version.
const FIELDS: [&str; 10] = [
    "Package",
    "Status",
    "Priority",
    "Section",
    "Maintainer",
    "Architecture",
    "Multi-Arch",
    "Source",
    "Version",
    "Description",
];

/// Adds the records of all packages that `files`, and the files of the release at the paths `release` of the
/// host, were taken from; nothing on a host without dpkg.
///
/// A record that only files of the release need belongs to them: it must not change the layer of native files.
pub(super) fn add_records(
    files: &mut SystemFiles,
    release: &BTreeSet<String>,
    host: &Host<'_>,
) -> Result<(), TreeError> {
    let Some(status) = host.read(STATUS) else { return Ok(()) };
    for path in RELEASE_FILES {
        files.take_if_there(host, path)?;
    }
    let owners = owners(host, &files.sources, release);
    for (package, (stanza, group)) in stanzas(&text(status), &owners) {
        files.write(&format!("var/lib/dpkg/status.d/{package}"), stanza, group)?;
    }
    Ok(())
}

/// The packages, as dpkg names their lists (`base-files`, `libc6:amd64`), that the files belong to.
///
/// All lists together have ten megabytes, so they are read from the likeliest on, until every native file
/// has an owner. Files of the release are looked for in likely packages only.
fn owners(host: &Host<'_>, native: &BTreeSet<String>, release: &BTreeSet<String>) -> BTreeMap<String, Group> {
    let mut owners = BTreeMap::new();
    if native.contains(CERTIFICATES.0) {
        owners.insert(CERTIFICATES.1.into(), Group::Native);
    }
    let (mut native, mut release) = (packaged(native), packaged(release));
    let Some(info) = host.directory(INFO) else { return owners };
    for (rank, package) in likeliest_first(host, native.iter().chain(release.iter())) {
        if native.is_empty() && (release.is_empty() || rank > 0) {
            break;
        }
        let list = text(std::fs::read(info.join(format!("{package}.list"))).unwrap_or_default());
        let take = |from: &mut Paths<'_>| lines(&list).filter(|line| from.remove(line)).count() > 0;
        match (take(&mut native), take(&mut release)) {
            (true, _) => owners.insert(package, Group::Native),
            (false, true) => owners.insert(package, Group::Otp),
            (false, false) => None,
        };
    }
    owners
}

/// Files that a package may own. None lists the certificates.
fn packaged(paths: &BTreeSet<String>) -> Paths<'_> {
    let system = ["/bin/", "/etc/", "/lib", "/usr/"];
    let may = |path: &&str| {
        system.iter().any(|top| path.starts_with(top))
            && !path.starts_with("/usr/local/")
            && *path != CERTIFICATES.0
    };
    paths.iter().map(String::as_str).filter(may).map(merged).collect()
}

/// Paths by their lengths: most begin with the same long directories, so to compare only those of one length takes less.
#[derive(Default)]
struct Paths<'a> {
    by_length: BTreeMap<usize, BTreeSet<&'a str>>,
}

impl<'a> Paths<'a> {
    fn is_empty(&self) -> bool {
        self.by_length.values().all(BTreeSet::is_empty)
    }

    fn iter(&self) -> impl Iterator<Item = &'a str> {
        self.by_length.values().flatten().copied()
    }

    /// False if it was not there.
    fn remove(&mut self, path: &str) -> bool {
        self.by_length.get_mut(&path.len()).is_some_and(|paths| paths.remove(path))
    }
}

impl<'a> FromIterator<&'a str> for Paths<'a> {
    fn from_iter<I: IntoIterator<Item = &'a str>>(paths: I) -> Self {
        let mut all = Self::default();
        for path in paths {
            all.by_length.entry(path.len()).or_default().insert(path);
        }
        all
    }
}

fn lines(list: &str) -> impl Iterator<Item = &str> {
    list.lines().map(merged)
}

/// Nearly always all of it is UTF-8, and to see that takes less than to make a text of it bit by bit.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// `/lib` may be a link to `/usr/lib`, and lists name files by either.
fn merged(path: &str) -> &str {
    path.strip_prefix("/usr").unwrap_or(path)
}

fn likeliest_first<'a>(host: &Host<'_>, paths: impl Iterator<Item = &'a str>) -> Vec<(u8, String)> {
    let stems: BTreeSet<String> = paths.filter_map(stem).collect();
    let names = host.list(INFO).into_iter();
    let packages = names.filter_map(|name| Some(name.strip_suffix(".list")?.to_string()));
    let mut ranked: Vec<(u8, String)> = packages.map(|package| (rank(&package, &stems), package)).collect();
    ranked.sort_unstable();
    ranked
}

/// What a file's package is usually called, up to the version: after the library (`libgcc-s` for
/// `libgcc_s.so.1`), or after the directory of its own below `/usr/lib`.
fn stem(path: &str) -> Option<String> {
    let stem = match file_name(path).split_once(".so") {
        Some((stem, _)) if stem.starts_with("lib") => stem,
        _ => path.strip_prefix("/lib/")?.split_once('/')?.0,
    };
    Some(stem.to_lowercase().replace('_', "-"))
}

/// 0 for packages that are needed by nearly every image or are named after one of
/// their files, 1 for other packages of
/// libraries, 2 for the rest.
fn rank(package: &str, stems: &BTreeSet<String>) -> u8 {
    const USUAL: [&str; 6] = ["base-files", "dash", "libc-bin", "libssl3", "ncurses-base", "zlib1g"];
    let name = package.split(':').next().unwrap_or_default();
    let not_for_running = ["-dbg", "-dev", "-doc"].iter().any(|suffix| name.ends_with(suffix));
    let ends: Vec<usize> =
        name.match_indices(|c: char| c == '-' || c.is_ascii_digit()).map(|(at, _)| at).collect();
    let named_after = |end: &usize| name.get(..*end).is_some_and(|start| stems.contains(start));
    match name {
        _ if not_for_running => 2,
        _ if USUAL.contains(&name) || ends.iter().any(named_after) => 0,
        _ if name.starts_with("lib") => 1,
        _ => 2,
    }
}

/// Package name → shortened stanza, and the group that has it in `packages`.
fn stanzas(status: &str, packages: &BTreeMap<String, Group>) -> BTreeMap<String, (String, Group)> {
    let stanzas = status.split("\n\n").filter_map(|stanza| {
        let name = field(stanza, "Package")?;
        let qualified = || packages.get(&format!("{name}:{}", field(stanza, "Architecture")?));
        let group = packages.get(name).or_else(qualified)?;
        Some((name.to_string(), (shortened(stanza), group.clone())))
    });
    stanzas.collect()
}

fn field<'a>(stanza: &'a str, name: &str) -> Option<&'a str> {
    stanza.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Continuation lines begin with a space and are left out.
fn shortened(stanza: &str) -> String {
    let kept =
        stanza.lines().filter(|line| line.split_once(':').is_some_and(|(name, _)| FIELDS.contains(&name)));
    kept.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    const STANZAS: &str = "\
Package: libz
Status: install ok installed
Architecture: i386
Version: 1

Package: libz
Status: install ok installed
Installed-Size: 166
Architecture: amd64
Source: zlib
Version: 1:1.2
Conffiles:
 /etc/z.conf 00000000000000000000000000000000
Description: compression library
 Long text

Package: editor
Status: install ok installed
Architecture: all
Version: 7

Package: ca-certificates
Architecture: all
Version: 2023
";

    fn write(root: &Path, path: &str, text: &str) {
        let file = root.join(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("created");
        fs::write(file, text).expect("written");
    }

    fn records(root: &Path, sources: &[&str]) -> Vec<(String, String)> {
        let sources = sources.iter().map(|path| path.to_string()).collect();
        let mut files = SystemFiles { sources, ..SystemFiles::default() };
        let release = ["/usr/lib/editor/init".to_string(), "/usr/lib/other/init".to_string()].into();
        add_records(&mut files, &release, &Host::new(root)).expect("added");
        let text = |entry: &crate::tree::Entry| match &entry.node {
            crate::tree::Node::File(content) => {
                String::from_utf8_lossy(&content.read().expect("read")).into_owned()
            }
            _ => panic!("no file"),
        };
        files.tree.iter().map(|(path, entry)| (path.to_string(), text(entry))).collect()
    }

    #[test]
    fn each_package_that_a_file_came_from_has_a_record() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = dir.path();
        write(root, "etc/os-release", "ID=debian\n");
        write(root, "var/lib/dpkg/status", STANZAS);
        write(root, "var/lib/dpkg/info/libz:amd64.list", "/.\n/lib\n/lib/libz.so.1.2\n");
        write(root, "var/lib/dpkg/info/libz:i386.list", "/lib/i386/libz.so.1.2\n");
        write(root, "var/lib/dpkg/info/editor.list", "/usr/lib/editor/init\n");
        write(root, "var/lib/dpkg/info/unlikely.list", "/usr/lib/other/init\n");
        let certificates = "/etc/ssl/certs/ca-certificates.crt";
        let records = records(root, &["/usr/lib/libz.so.1.2", "/usr/local/lib/own.so", certificates]);
        let libz = "Package: libz\nStatus: install ok installed\nArchitecture: amd64\nSource: zlib\nVersion: 1:1.2\n\
                    Description: compression library\n";
        let expected = [
            ("etc/os-release", "ID=debian\n"),
            (
                "var/lib/dpkg/status.d/ca-certificates",
                "Package: ca-certificates\nArchitecture: all\nVersion: 2023\n",
            ),
            (
                "var/lib/dpkg/status.d/editor",
                "Package: editor\nStatus: install ok installed\nArchitecture: all\nVersion: 7\n",
            ),
            ("var/lib/dpkg/status.d/libz", libz),
        ];
        assert_eq!(records, expected.map(|(path, text)| (path.to_string(), text.to_string())));
    }

    #[test]
    fn a_host_without_dpkg_has_no_records() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        write(dir.path(), "etc/os-release", "ID=fedora\n");
        assert_eq!(records(dir.path(), &["/usr/lib64/libz.so.1"]), []);
    }

    #[test]
    fn likely_packages_are_read_first() {
        let stems = ["libgcc-s".to_string(), "libc".to_string()].into();
        let rank = |package| rank(package, &stems);
        assert_eq!(["libgcc-s1:amd64", "libc6:amd64", "zlib1g:amd64", "dash"].map(rank), [0; 4]);
        assert_eq!(["libcairo2:amd64", "libgcc-12-x"].map(rank), [1; 2]);
        assert_eq!(["libc6-dev:amd64", "python3", "vim"].map(rank), [2; 3]);
        assert_eq!(stem("/lib/x86_64-linux-gnu/libgcc_s.so.1").as_deref(), Some("libgcc-s"));
        assert_eq!(stem("/lib/editor/plugins/tab.so").as_deref(), Some("editor"));
        assert_eq!(stem("/etc/passwd"), None);
    }
}
