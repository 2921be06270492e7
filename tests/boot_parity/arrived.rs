//! What of a start arrives at the virtual machine, told by the one that stands in for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::process::{Command, Output, Stdio};

use walkdir::WalkDir;

use super::installed::{Installed, Runtime, STOOD_IN, Starter};

/// How a release is prepared and started.
#[derive(Clone, Copy)]
pub(super) struct Start<'a> {
    /// Paths below the release, and what these files hold.
    pub(super) files: &'a [(&'a str, &'a [u8])],
    /// Those that are not there.
    pub(super) removed: &'a [&'a str],
    /// Paths below the release, and where these symbolic links lead.
    pub(super) links: &'a [(&'a str, &'a str)],
    pub(super) variables: &'a [(&'a str, &'a [u8])],
    pub(super) arguments: &'a [&'a str],
    /// Where the command is given, seen from the release.
    pub(super) directory: &'a str,
}

/// All bytes are escaped, and where the release lies is `PLACE`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arrived {
    pub(super) arguments: Vec<String>,
    pub(super) environment: BTreeMap<String, String>,
    /// The current directory.
    pub(super) directory: String,
    /// What the file after `-config` holds.
    pub(super) config: Option<String>,
    /// What the file after `-args_file` holds.
    pub(super) args_file: Option<String>,
    /// Everything that was written, and what was there before.
    pub(super) files: BTreeMap<String, String>,
}

impl Start<'_> {
    /// The release as relx made it, with nothing in the environment.
    pub(super) const FOREGROUND: Self = Start {
        files: &[],
        removed: &[],
        links: &[],
        variables: &[],
        arguments: &["foreground"],
        directory: ".",
    };

    /// Lets it be started, and tells what arrived.
    pub(super) fn by(&self, starter: Starter) -> Arrived {
        let installed = self.installed(starter);
        let output = self.run(&installed);
        assert_eq!(output.status.code(), Some(STOOD_IN), "{starter:?} {self:?}: {output:?}");
        Arrived::at(&installed)
    }

    /// Asserts that relx's script comes to no end.
    pub(super) fn hangs_relx(&self) {
        let installed = self.installed(Starter::Relx);
        let output = self.output_of(installed.limited(self.arguments), &installed);
        assert_eq!(output.status.code(), Some(124), "{self:?}: {output:?}");
    }

    pub(super) fn run(&self, installed: &Installed) -> Output {
        self.output_of(installed.command(self.arguments), installed)
    }

    fn output_of(&self, mut command: Command, installed: &Installed) -> Output {
        installed.set(&mut command, self.variables);
        // A console wants to be typed at.
        command
            .stdin(Stdio::piped())
            .current_dir(installed.root.join(self.directory))
            .output()
            .expect("started")
    }

    pub(super) fn installed(&self, starter: Starter) -> Installed {
        let installed = Installed::new(starter, Runtime::StandIn);
        for path in self.removed {
            std::fs::remove_file(installed.root.join(path)).expect("removed");
        }
        for (path, target) in self.links {
            std::os::unix::fs::symlink(target, installed.root.join(path)).expect("linked");
        }
        for (path, text) in self.files {
            installed.file(path, text);
        }
        installed
    }
}

impl Arrived {
    fn at(installed: &Installed) -> Self {
        let said = |name: &str| std::fs::read(installed.place().join("said").join(name)).expect("said");
        let words = |name: &str| {
            let text = said(name);
            let words = text.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect::<Vec<_>>();
            words[..words.len() - 1].to_vec()
        };
        let arguments = words("arguments");
        Self {
            config: content_after("-config", &arguments, installed),
            args_file: content_after("-args_file", &arguments, installed),
            arguments: arguments.iter().map(|word| installed.shown(word)).collect(),
            environment: words("environment")
                .iter()
                .map(|variable| pair(&installed.shown(variable)))
                .collect(),
            directory: installed.shown(said("directory").trim_ascii_end()),
            files: files(installed),
        }
    }
}

/// Variables that differ on purpose: what relx's script hands on, what erlrel-boot does, and the reason.
pub(super) const OTHER_VARIABLES: [(&str, Option<&str>, Option<&str>, &str); 3] = [
    (
        "LD_LIBRARY_PATH",
        Some("PLACE/depot/erts-VSN/lib:"),
        Some("PLACE/depot/erts-VSN/lib"),
        "an empty part stands for the current directory",
    ),
    ("RELEASE_ROOT_DIR", None, Some("PLACE/depot"), "relx hands it to escripts only"),
    ("REL_VSN", None, Some("0.1.0"), "beside REL_NAME"),
];

/// What a shell sets for itself, and no virtual machine reads.
pub(super) const SHELL_VARIABLES: [&str; 3] = ["PWD", "OLDPWD", "SHLVL"];

/// Variables that stay as somebody has set them, while relx's script lets them name what was made of the file. Who is started with
/// them by the release finds the same file as the release did.
pub(super) const UNCHANGED_VARIABLES: [&str; 2] = ["VMARGS_PATH", "RELX_CONFIG_PATH"];

/// Asserts that erlrel-boot starts the virtual machine as relx's script does.
pub(super) fn assert_same(start: &Start<'_>) {
    for relx in [Starter::Relx, Starter::RelxOnBusybox] {
        let differences = differences(start, relx);
        assert!(differences.is_empty(), "{relx:?} {start:?}: {differences:#?}");
    }
}

/// What arrives otherwise: by relx's script, by erlrel-boot. [`OTHER_VARIABLES`], [`SHELL_VARIABLES`] and [`UNCHANGED_VARIABLES`] do not
/// count.
pub(super) fn differences(start: &Start<'_>, relx: Starter) -> BTreeMap<String, [Option<String>; 2]> {
    let [relx, boot] = [relx, Starter::Boot].map(|starter| start.by(starter).parts());
    let names: BTreeSet<&String> = relx.keys().chain(boot.keys()).collect();
    let both =
        names.into_iter().map(|name| (name.clone(), [relx.get(name).cloned(), boot.get(name).cloned()]));
    both.filter(|(_, [relx, boot])| relx != boot).collect()
}

impl Arrived {
    fn parts(self) -> BTreeMap<String, String> {
        let mut parts = BTreeMap::from([("directory".to_string(), self.directory)]);
        let mut arguments = self.arguments;
        for (flag, content) in [("-config", self.config), ("-args_file", self.args_file)] {
            if let Some(at) = arguments.iter().position(|word| word == flag) {
                parts.insert(flag.to_string(), arguments.drain(at..at + 2).collect::<Vec<_>>().remove(1));
            }
            parts.extend(content.map(|text| (format!("content of {flag}"), text)));
        }
        parts.insert("other arguments".to_string(), arguments.join("\n"));
        parts.extend(self.files);
        let others = OTHER_VARIABLES.iter().map(|(name, ..)| name);
        let others = others.chain(&UNCHANGED_VARIABLES).chain(&SHELL_VARIABLES);
        let others: BTreeSet<&&str> = others.collect();
        let variables = self.environment.into_iter().filter(|(name, _)| !others.contains(&name.as_str()));
        parts.extend(variables.map(|(name, value)| (format!("${name}"), value)));
        parts
    }
}

impl fmt::Debug for Start<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |pairs: &[(&str, &[u8])]| {
            let lines = pairs.iter().map(|(name, text)| format!("{name}: {}", text.escape_ascii()));
            lines.collect::<Vec<_>>().join("\n")
        };
        let words = self.arguments.join(" ");
        write!(formatter, "{words}\n{}\n{}\n", shown(self.variables), shown(self.files))
    }
}

fn pair(variable: &str) -> (String, String) {
    let (name, value) = variable.split_once('=').expect("a variable");
    (name.into(), value.into())
}

fn content_after(flag: &str, arguments: &[Vec<u8>], installed: &Installed) -> Option<String> {
    use std::os::unix::ffi::OsStrExt;
    let at = arguments.iter().position(|word| word == flag.as_bytes())?;
    let path = installed.root.join(std::ffi::OsStr::from_bytes(arguments.get(at + 1)?));
    std::fs::read(path).ok().map(|text| installed.shown(&text))
}

/// Without those that are the same anyway.
fn files(installed: &Installed) -> BTreeMap<String, String> {
    let place = installed.place();
    let shared = [place.join("said"), installed.root.join("bin"), installed.root.join("lib")];
    let entries =
        WalkDir::new(place).into_iter().filter_entry(|entry| !shared.contains(&entry.path().into()));
    let paths = entries.map(|entry| entry.expect("an entry").into_path()).filter(|path| path.is_file());
    let configuration = paths.filter(|path| {
        let name = path.file_name().expect("a name").to_string_lossy();
        ["config", "args"].iter().any(|part| name.contains(part))
    });
    configuration
        .map(|path| {
            let text = std::fs::read(&path).expect("a file");
            (path.strip_prefix(place).expect("below it").display().to_string(), installed.shown(&text))
        })
        .collect()
}
