//! What a C library's loader knows without being told: its directories, and names for its machine.

use super::host::Host;
use super::path::file_name;
use super::release::Release;

/// The two C libraries, which find shared libraries by different rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CLibrary {
    /// The GNU C library: ld.so(8).
    Gnu,
    /// musl: its `ldso/dynlink.c`.
    Musl,
}

impl CLibrary {
    /// The C library that the release is linked with: musl if a program interpreter or a needed library
    /// has its name, else GNU.
    pub(super) fn of(release: &Release<'_>) -> Self {
        let musl = release.files().any(|file| {
            let interpreter = file.elf.interpreter.as_deref().map(file_name);
            interpreter.is_some_and(|name| name.starts_with("ld-musl-"))
                || file.elf.needed.iter().any(|name| name.starts_with("libc.musl-"))
        });
        if musl { Self::Musl } else { Self::Gnu }
    }

    /// True for a library that is the loader itself under another name: musl's loader is its C library,
    /// and takes these names for itself.
    pub(super) fn is_builtin(self, library: &str) -> bool {
        const RESERVED: [&str; 7] = ["c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet."];
        let name = library.strip_prefix("lib").unwrap_or_default();
        self == Self::Musl && RESERVED.iter().any(|reserved| name.starts_with(reserved))
    }
}

/// The directories that the loader searches last, in order.
pub(super) fn directories(library: CLibrary, architecture: &str, host: &Host<'_>) -> Vec<String> {
    match library {
        CLibrary::Gnu => gnu_directories(architecture),
        CLibrary::Musl => musl_directories(architecture, host),
    }
}

/// Debian's multiarch directories, then those of Fedora and its kin, then the plain ones. A distribution
/// that does not know some of them does not have them.
fn gnu_directories(architecture: &str) -> Vec<String> {
    let triplet = multiarch_triplet(architecture);
    let multiarch = [format!("/lib/{triplet}"), format!("/usr/lib/{triplet}")];
    let plain = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"].map(String::from);
    multiarch.into_iter().chain(plain).collect()
}

/// `/etc/ld-musl-<machine>.path`, one directory a line or between colons, or musl's default.
fn musl_directories(architecture: &str, host: &Host<'_>) -> Vec<String> {
    let file = host.read(&format!("/etc/ld-musl-{}.path", machine(architecture)));
    let text = file.and_then(|bytes| String::from_utf8(bytes).ok());
    let path = text.unwrap_or_else(|| "/lib:/usr/local/lib:/usr/lib".into());
    path.split([':', '\n'])
        .map(str::trim)
        .filter(|directory| directory.starts_with('/'))
        .map(Into::into)
        .collect()
}

/// The machine's name as the kernel and the loader's `$PLATFORM` have it.
pub(super) fn machine(architecture: &str) -> &str {
    match architecture {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        "386" => "i386",
        "ppc64le" => "powerpc64le",
        "loong64" => "loongarch64",
        other => other,
    }
}

fn multiarch_triplet(architecture: &str) -> String {
    match architecture {
        "arm" => "arm-linux-gnueabihf".into(),
        other => format!("{}-linux-gnu", machine(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn musl_is_its_own_c_library() {
        for name in ["libc.musl-x86_64.so.1", "libc.so.6", "libpthread.so.0", "libm.so.6"] {
            assert!(CLibrary::Musl.is_builtin(name) && !CLibrary::Gnu.is_builtin(name), "{name}");
        }
        for name in ["libcrypto.so.3", "libmagic.so.1", "librtmp.so", "c.so"] {
            assert!(!CLibrary::Musl.is_builtin(name), "{name}");
        }
    }

    #[test]
    fn musl_reads_its_directories_from_a_file() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let host = Host::new(dir.path());
        let directories = || directories(CLibrary::Musl, "arm64", &host);
        assert_eq!(directories(), ["/lib", "/usr/local/lib", "/usr/lib"]);
        std::fs::create_dir(dir.path().join("etc")).expect("created");
        std::fs::write(dir.path().join("etc/ld-musl-aarch64.path"), "/a:/b\n/c\n").expect("written");
        assert_eq!(directories(), ["/a", "/b", "/c"]);
    }
}
