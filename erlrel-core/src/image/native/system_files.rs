//! Files that programs expect of any system: users, name service, certificates, terminals, locale, `/tmp`.
//!
//! Their modes are fixed, and what is not taken from the host is the same everywhere.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::NativeWarning;
use super::host::Host;
use crate::tree::{Content, Entry, Group, Node, Tree, TreeError, TreePath};

/// passwd(5): the super-user, the user that images run as by default, and the one that owns nothing.
const PASSWD: &str = "\
root:x:0:0:root:/root:/sbin/nologin
erlang:x:65532:65532:erlang:/tmp:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
";

/// group(5).
const GROUP: &str = "\
root:x:0:
erlang:x:65532:
nogroup:x:65534:
";

/// nsswitch.conf(5): `/etc/hosts`, then DNS. musl does so without being told.
const NSSWITCH: &str = "\
passwd: files
group: files
hosts: files dns
";

/// Where distributions keep their bundle of CA certificates, in the order in which OTP's
/// `public_key:cacerts_load/0` looks for it.
const CERTIFICATES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Where terminfo(5) entries are, in the order in which libtinfo looks for them.
const TERMINALS_IN: [&str; 4] =
    ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo"];

/// Terminals that people attach to a container.
const TERMINALS: [&str; 11] = [
    "ansi",
    "dumb",
    "linux",
    "screen",
    "screen-256color",
    "tmux",
    "tmux-256color",
    "vt100",
    "vt220",
    "xterm",
    "xterm-256color",
];

/// The locale of `LANG=C.UTF-8`: glibc has the plain `C` locale built in, but not this one (locale(7)).
const LOCALES: [&str; 2] = ["/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8"];

/// Files for the image, and where on the host they came from.
#[derive(Debug, Default)]
pub(super) struct SystemFiles {
    pub(super) tree: Tree,
    /// Paths on the host, without links, of all files that were taken.
    pub(super) sources: BTreeSet<String>,
    pub(super) warnings: Vec<NativeWarning>,
}

impl SystemFiles {
    /// Everything that is needed beside shared libraries. `libraries` are the names of those that are loaded:
    /// terminals matter only to a terminal library, locales only to the GNU C library.
    pub(super) fn collect(host: &Host<'_>, libraries: &BTreeSet<String>) -> Result<Self, TreeError> {
        let uses = |prefix: &str| libraries.iter().any(|name| name.starts_with(prefix));
        let mut files = Self::default();
        files.accounts()?;
        files.certificates(host)?;
        if uses("libtinfo") || uses("libncurses") {
            files.terminals(host)?;
        }
        if uses("libc.so.6") {
            files.locale(host)?;
        }
        Ok(files)
    }

    /// Adds a file of the host, and remembers where it came from.
    pub(super) fn take(&mut self, path: &str, real: &str, file: PathBuf, mode: u32) -> Result<(), TreeError> {
        self.sources.insert(real.into());
        self.tree.insert(TreePath::new(path)?, Entry::file(file, mode, Group::Native))
    }

    /// Adds a file, mode 0644.
    pub(super) fn write(
        &mut self,
        path: &str,
        content: impl Into<Content>,
        group: Group,
    ) -> Result<(), TreeError> {
        self.tree.insert(TreePath::new(path)?, Entry::file(content, 0o644, group))
    }

    /// Takes a file of the host to the same path in the image, mode 0644; false if it is not there.
    pub(super) fn take_if_there(&mut self, host: &Host<'_>, path: &str) -> Result<bool, TreeError> {
        let Some(found) = host.file(path) else { return Ok(false) };
        self.take(path.trim_start_matches('/'), &found.real, found.file, 0o644)?;
        Ok(true)
    }

    fn accounts(&mut self) -> Result<(), TreeError> {
        self.write("etc/passwd", PASSWD, Group::Native)?;
        self.write("etc/group", GROUP, Group::Native)?;
        self.write("etc/nsswitch.conf", NSSWITCH, Group::Native)?;
        let tmp = Entry { mode: 0o1777, node: Node::Directory, group: Group::Native };
        self.tree.insert(TreePath::new("tmp")?, tmp)
    }

    /// One bundle, at the first path that OTP looks at, which is OpenSSL's and Go's on Debian too.
    fn certificates(&mut self, host: &Host<'_>) -> Result<(), TreeError> {
        match CERTIFICATES.iter().find_map(|path| host.file(path)) {
            Some(found) => self.take("etc/ssl/certs/ca-certificates.crt", &found.real, found.file, 0o644),
            None => {
                let searched = CERTIFICATES.map(String::from).to_vec();
                self.warnings.push(NativeWarning::NoCertificates { searched });
                Ok(())
            }
        }
    }

    /// Each description stays in the directory where the host's libtinfo finds it.
    fn terminals(&mut self, host: &Host<'_>) -> Result<(), TreeError> {
        let mut found = 0;
        for name in TERMINALS {
            let initial = name.get(..1).unwrap_or_default();
            let paths = TERMINALS_IN.map(|directory| format!("{directory}/{initial}/{name}"));
            if let Some(path) = paths.iter().find(|path| host.file(path).is_some()) {
                self.take_if_there(host, path)?;
                found += 1;
            }
        }
        if found == 0 {
            let searched = TERMINALS_IN.map(String::from).to_vec();
            self.warnings.push(NativeWarning::NoTerminalDescriptions { searched });
        }
        Ok(())
    }

    fn locale(&mut self, host: &Host<'_>) -> Result<(), TreeError> {
        let Some(directory) = LOCALES.iter().find(|path| host.file(&format!("{path}/LC_CTYPE")).is_some())
        else {
            return Ok(());
        };
        for name in host.list(directory) {
            self.take_if_there(host, &format!("{directory}/{name}"))?;
        }
        self.take_if_there(host, &format!("{directory}/LC_MESSAGES/SYS_LC_MESSAGES"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::listing;
    use std::fs;

    fn collect(files: &[&str], libraries: &[&str]) -> (String, usize) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for path in files {
            let file = dir.path().join(path);
            fs::create_dir_all(file.parent().expect("a parent")).expect("created");
            fs::write(file, "").expect("written");
        }
        let libraries = libraries.iter().map(|name| name.to_string()).collect();
        let collected = SystemFiles::collect(&Host::new(dir.path()), &libraries).expect("collected");
        (listing(&collected.tree), collected.warnings.len())
    }

    #[test]
    fn files_come_from_wherever_the_distribution_keeps_them() {
        let files = [
            "etc/pki/tls/certs/ca-bundle.crt",
            "etc/ssl/cert.pem",
            "usr/lib/locale/C.utf8/LC_CTYPE",
            "usr/lib/locale/C.utf8/LC_MESSAGES/SYS_LC_MESSAGES",
            "usr/share/terminfo/x/xterm",
            "usr/share/terminfo/x/xterm-debian",
            "etc/terminfo/v/vt100",
            "usr/share/terminfo/v/vt100",
        ];
        let (listing, warnings) = collect(&files, &["libc.so.6", "libncursesw.so.6"]);
        insta::assert_snapshot!(listing, @r"
        0644 native etc/group
        0644 native etc/nsswitch.conf
        0644 native etc/passwd
        0644 native etc/ssl/certs/ca-certificates.crt
        0644 native etc/terminfo/v/vt100
        1777 native tmp/
        0644 native usr/lib/locale/C.utf8/LC_CTYPE
        0644 native usr/lib/locale/C.utf8/LC_MESSAGES/SYS_LC_MESSAGES
        0644 native usr/share/terminfo/x/xterm
        ");
        assert_eq!(warnings, 0);
    }

    #[test]
    fn terminals_and_locales_come_only_with_what_uses_them() {
        let files = ["usr/lib/locale/C.utf8/LC_CTYPE", "usr/share/terminfo/x/xterm", "etc/ssl/cert.pem"];
        let (listing, warnings) = collect(&files, &["libz.so.1"]);
        assert!(!listing.contains("usr/"), "{listing}");
        assert_eq!(warnings, 0);
        let (_, warnings) = collect(&[], &["libtinfo.so.6"]);
        assert_eq!(warnings, 2, "no certificates, no terminals");
    }

    #[test]
    fn every_account_has_its_group() {
        let groups: BTreeSet<&str> = GROUP.lines().filter_map(|line| line.split(':').nth(2)).collect();
        for account in PASSWD.lines() {
            let fields: Vec<&str> = account.split(':').collect();
            assert_eq!(fields.len(), 7, "{account}");
            assert!(groups.contains(fields[3]), "{account}");
        }
    }
}
