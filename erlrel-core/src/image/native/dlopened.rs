//! Libraries that other libraries open by themselves at run time, so that no `DT_NEEDED` names them.
//!
//! Each is taken when the host has it and left out when not: the library that opens it does without.

use std::fs::File;
use std::io::Read;

use super::host::Host;
use super::loader::HostLibrary;
use super::path::file_name;

/// The names (or paths) that a library of the host passes to dlopen(3).
pub(super) fn by(library: &HostLibrary, host: &Host<'_>) -> Vec<String> {
    let name = library.elf.soname.as_deref().unwrap_or(file_name(&library.path));
    match name {
        "libc.so.6" => by_libc(library),
        name if name.starts_with("libcrypto.so.") => by_libcrypto(library, host),
        _ => Vec::new(),
    }
}

/// `pthread_exit` and `backtrace` need the unwinder; before glibc 2.34 the sources `files` and `dns` of
/// nsswitch.conf(5) were libraries of their own.
fn by_libc(library: &HostLibrary) -> Vec<String> {
    let before_2_34 = !library.elf.provided_versions.contains("GLIBC_2.34");
    let name_service = ["libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"];
    let name_service = name_service.into_iter().filter(|_| before_2_34);
    std::iter::once("libgcc_s.so.1").chain(name_service).map(Into::into).collect()
}

/// OpenSSL 3 keeps its provider modules (`legacy.so`: RC4, DES, Blowfish, MD4 …) in a directory whose
/// path is part of the library: `openssl version -m` prints it.
fn by_libcrypto(library: &HostLibrary, host: &Host<'_>) -> Vec<String> {
    let directory = File::open(&library.file.file).ok().and_then(modules_directory);
    let Some(directory) = directory else { return Vec::new() };
    let names = host.list(&directory).into_iter().filter(|name| name.ends_with(".so"));
    names.map(|name| format!("{directory}/{name}")).collect()
}

/// So much is in memory at a time: the library is large, and what is new to a process comes page by page.
const PART: u64 = 64 << 10;

/// As long as a path can be (PATH_MAX).
const LONGEST: u64 = 4096;

fn modules_directory(mut library: impl Read) -> Option<String> {
    const MARK: &[u8] = b"MODULESDIR: \"";
    let mut part = Vec::new();
    while library.by_ref().take(PART).read_to_end(&mut part).ok()? > 0 {
        if let Some(at) = find(&part, MARK) {
            let mut rest = part.split_off(at + MARK.len());
            library.take(LONGEST).read_to_end(&mut rest).ok()?;
            let end = rest.iter().position(|byte| *byte == b'"')?;
            rest.truncate(end);
            return String::from_utf8(rest).ok().filter(|path| path.starts_with('/'));
        }
        // The mark may begin at the end of one part and end in the next.
        part.drain(..part.len().saturating_sub(MARK.len() - 1));
    }
    None
}

/// Boyer, Moore and Horspool's search.
fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    let last = mark.len().checked_sub(1)?;
    let mut skip = [mark.len(); 256];
    for (at, byte) in mark.iter().take(last).enumerate() {
        skip[usize::from(*byte)] = last - at;
    }
    let mut at = 0;
    while let Some(window) = bytes.get(at..at + mark.len()) {
        if window == mark {
            return Some(at);
        }
        at += window.last().map_or(1, |byte| skip[usize::from(*byte)]);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modules_directory_is_read_from_the_library() {
        let library = b"..MODULESDIRMODULESDIR: \"/usr/lib/ossl-modules\"\0OPENSSLDIR".as_slice();
        assert_eq!(modules_directory(library).as_deref(), Some("/usr/lib/ossl-modules"));
        for before in PART as usize - 60..PART as usize + 10 {
            let library = [vec![b'M'; before].as_slice(), library].concat();
            assert_eq!(modules_directory(&*library).as_deref(), Some("/usr/lib/ossl-modules"), "{before}");
        }
        for other in [b"".as_slice(), b"MODULESDIR: \"", b"MODULESDIR: \"relative\"", b"MODULESDIR: \"/a"] {
            assert_eq!(modules_directory(other), None);
        }
    }
}
