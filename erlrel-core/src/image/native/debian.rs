//! Package records: which Debian packages the host's files in the image belong to.
//!
//! Scanners for known vulnerabilities look up packages by name and version. An image that is made of
//! single files tells them in the form of the distroless images: one stanza of dpkg's status file for each
//! package, as `/var/lib/dpkg/status.d/<package>`, and the distribution's own release files.

use std::collections::BTreeSet;

use super::host::Host;
use super::system_files::SystemFiles;
use crate::tree::TreeError;

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

/// Adds the records of all packages that `files` were taken from; nothing on a host without dpkg.
pub(super) fn add_records(files: &mut SystemFiles, host: &Host<'_>) -> Result<(), TreeError> {
    let status = host.read(STATUS).and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(status) = status else { return Ok(()) };
    for path in RELEASE_FILES {
        files.take_if_there(host, path)?;
    }
    let owners = owners(host, &files.sources);
    for (package, stanza) in stanzas(&status, &owners) {
        files.write(&format!("var/lib/dpkg/status.d/{package}"), stanza)?;
    }
    Ok(())
}

/// The packages, as dpkg names their lists (`base-files`, `libc6:amd64`), that the files belong to.
fn owners(host: &Host<'_>, sources: &BTreeSet<String>) -> BTreeSet<String> {
    let mut owners = BTreeSet::new();
    if sources.contains(CERTIFICATES.0) {
        owners.insert(CERTIFICATES.1.into());
    }
    let mut wanted: BTreeSet<&[u8]> =
        sources.iter().filter(|path| is_packaged(path)).map(|path| merged(path.as_bytes())).collect();
    let (likely, others): (Vec<String>, Vec<String>) =
        packages(host).into_iter().partition(|name| is_likely(name));
    for package in likely.into_iter().chain(others) {
        if wanted.is_empty() {
            break;
        }
        let list = host.read(&format!("{INFO}/{package}.list")).unwrap_or_default();
        let found = list.split(|byte| *byte == b'\n').filter(|line| wanted.remove(merged(line))).count();
        if found > 0 {
            owners.insert(package);
        }
    }
    owners
}

/// Packages leave these alone, except for the certificates, which none lists.
fn is_packaged(path: &str) -> bool {
    path != CERTIFICATES.0
        && !["/usr/local/", "/opt/", "/home/", "/root/"].iter().any(|local| path.starts_with(local))
}

/// `/lib` may be a link to `/usr/lib`, and lists name files by either.
fn merged(path: &[u8]) -> &[u8] {
    path.strip_prefix(b"/usr").unwrap_or(path)
}

fn packages(host: &Host<'_>) -> Vec<String> {
    host.list(INFO).into_iter().filter_map(|name| Some(name.strip_suffix(".list")?.to_string())).collect()
}

/// True for packages that have shared libraries to run programs with, and few other files: their lists are
/// a twentieth of all.
fn is_likely(package: &str) -> bool {
    let name = package.split(':').next().unwrap_or_default();
    let runs = ["base-files", "bash", "busybox", "dash", "lib", "ncurses-", "zlib1g"];
    let not_for_running = ["-data", "-dbg", "-dev", "-doc", "-perl"];
    runs.iter().any(|prefix| name.starts_with(prefix))
        && !not_for_running.iter().any(|suffix| name.ends_with(suffix))
}

/// Package name and shortened stanza of each of `packages`.
fn stanzas(status: &str, packages: &BTreeSet<String>) -> Vec<(String, String)> {
    let stanzas = status.split("\n\n").filter_map(|stanza| {
        let name = field(stanza, "Package")?;
        let qualified = || Some(format!("{name}:{}", field(stanza, "Architecture")?));
        let wanted = packages.contains(name) || packages.contains(&qualified()?);
        wanted.then(|| (name.to_string(), shortened(stanza)))
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
