//! The shell of an image, and the programs that scripts start.

use super::host::Host;

/// How much of a shell an image gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shell {
    /// None. The default.
    #[default]
    No,
    /// The host's `/bin/sh`, for `os:cmd/1`.
    Sh,
    /// `/bin/sh` with the programs that a release's own start script runs: busybox, if the host has one with all
    /// of them, else each program of the host.
    WithTools,
}

/// What the start scripts of relx and mix run, and what people look for in a container.
const TOOLS: [&str; 31] = [
    "awk", "basename", "cat", "chmod", "cp", "cut", "date", "dd", "dirname", "env", "expr", "grep", "head",
    "hostname", "id", "ln", "ls", "mkdir", "mktemp", "mv", "od", "readlink", "rm", "sed", "sleep", "sort",
    "tail", "touch", "tr", "uname", "wc",
];

/// Where distributions keep busybox.
const BUSYBOX: [&str; 2] = ["/bin/busybox", "/usr/bin/busybox"];

/// The programs to take from the host, and links to them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Programs {
    /// Absolute paths on the host and in the image.
    pub(super) files: Vec<String>,
    /// Path in the image, and what it leads to.
    pub(super) links: Vec<(String, String)>,
}

impl Programs {
    /// What `shell` means on this host.
    pub(super) fn of(shell: Shell, host: &Host<'_>) -> Self {
        match shell {
            Shell::No => Self::default(),
            Shell::Sh => Self { files: vec!["/bin/sh".into()], links: Vec::new() },
            Shell::WithTools => Self::busybox(host).unwrap_or_else(|| Self::each(host)),
        }
    }

    fn busybox(host: &Host<'_>) -> Option<Self> {
        let path = BUSYBOX.into_iter().find(|path| host.file(path).is_some())?;
        let program = host.read(path)?;
        let names = || std::iter::once("sh").chain(TOOLS);
        names().all(|name| has_applet(&program, name)).then(|| Self {
            files: vec![path.into()],
            links: names().map(|name| (format!("bin/{name}"), path.into())).collect(),
        })
    }

    /// A program that is nowhere is looked for in `/bin` at last, so that it is missed.
    fn each(host: &Host<'_>) -> Self {
        let places = |name: &&str| [format!("/bin/{name}"), format!("/usr/bin/{name}")];
        let place = |name| {
            let [first, second] = places(&name);
            if host.file(&first).is_none() && host.file(&second).is_some() { second } else { first }
        };
        Self { files: std::iter::once("sh").chain(TOOLS).map(place).collect(), links: Vec::new() }
    }
}

/// busybox has the names of its applets in one piece, each with a NUL at its end.
fn has_applet(program: &[u8], name: &str) -> bool {
    let wanted = format!("\0{name}\0");
    program.windows(wanted.len()).any(|part| part == wanted.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::closure::walk;
    use super::super::release::Release;
    use super::*;
    use crate::elf;
    use crate::platform::Platform;
    use crate::tree::Tree;

    #[test]
    fn without_busybox_the_programs_of_this_machine_come_with_what_they_need() {
        let (host, tree) = (Host::new("/".as_ref()), Tree::new());
        let bytes = std::fs::read("/proc/self/exe").expect("read");
        let platform = Platform::linux(elf::parse(&bytes).expect("a program").architecture);
        let release = Release::scan(&tree, "/", &platform).expect("nothing to scan");
        let programs = Programs::each(&host);
        let closure = walk(&release, host, &platform.architecture, &programs.files).expect("all are here");
        assert!(programs.files.iter().all(|path| closure.libraries.contains_key(path)), "{programs:?}");
        assert!(closure.names.contains("libc.so.6"), "{:?}", closure.names);
    }

    #[test]
    fn a_busybox_without_the_tools_is_passed_over() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let write = |path: &str, text: &str| {
            std::fs::create_dir_all(dir.path().join(path).parent().expect("a parent")).expect("created");
            std::fs::write(dir.path().join(path), text).expect("written");
        };
        let programs = || Programs::of(Shell::WithTools, &Host::new(dir.path()));
        write("usr/bin/awk", "");
        write("bin/busybox", "\0cat\0sh\0");
        let each = programs();
        assert_eq!(each.files[..3], ["/bin/sh", "/usr/bin/awk", "/bin/basename"]);
        assert_eq!((each.files.len(), each.links.len()), (TOOLS.len() + 1, 0));
        write("bin/busybox", &format!("x\0{}\0sh\0y", TOOLS.join("\0")));
        let busybox = programs();
        assert_eq!(busybox.files, ["/bin/busybox"]);
        assert_eq!(busybox.links[1], ("bin/awk".to_string(), "/bin/busybox".to_string()));
        assert_eq!(busybox.links.len(), TOOLS.len() + 1);
    }
}
