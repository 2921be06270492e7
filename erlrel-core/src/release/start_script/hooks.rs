//! What a project adds to the commands of its start script: hooks and extensions.
//!
//! Hooks are files that the script reads at certain points, extensions are commands of the release's own.

use std::fmt;
use std::sync::Arc;

use crate::release::SpecWarning;
use crate::term::{Source, SourceError, Term};

/// When hooks run: around starting, stopping and upgrading, or to answer `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Before the virtual machine starts.
    PreStart,
    /// After `daemon` has started it.
    PostStart,
    /// Before `stop` asks the node to end.
    PreStop,
    /// When it has ended.
    PostStop,
    /// Before a version is unpacked, installed or removed.
    PreInstallUpgrade,
    /// After that.
    PostInstallUpgrade,
    /// When `status` is asked for and the node runs.
    Status,
}

/// A file that the start script reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptHook {
    /// One of the project's own: its path below `bin/`, and arguments after a `|` each.
    Custom(String),
    /// Writes the process id to a file; default `/var/run/NAME.pid`.
    Pid(Option<String>),
    /// Waits until the node answers.
    WaitForVmStart,
    /// Waits until a process with this name is registered.
    WaitForProcess(String),
    /// Shows the running applications.
    Status,
}

/// A command of the release's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// The command.
    pub name: String,
    /// The file that does it, below `bin/`.
    pub path: String,
}

impl Phase {
    const ALL: [Self; 7] = [
        Self::PreStart,
        Self::PostStart,
        Self::PreStop,
        Self::PostStop,
        Self::PreInstallUpgrade,
        Self::PostInstallUpgrade,
        Self::Status,
    ];

    /// Its name in `extended_start_script_hooks`.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreStart => "pre_start",
            Self::PostStart => "post_start",
            Self::PreStop => "pre_stop",
            Self::PostStop => "post_stop",
            Self::PreInstallUpgrade => "pre_install_upgrade",
            Self::PostInstallUpgrade => "post_install_upgrade",
            Self::Status => "status",
        }
    }

    /// The phase of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }

    fn parse(source: &Arc<Source>, term: &Term) -> Result<Self, SourceError> {
        term.as_atom().and_then(Self::named).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            source.error(term.span(), format!("there is no such phase; relx has {names}"))
        })
    }
}

impl ScriptHook {
    /// The file's path below `bin/`, with variables of the shell in it as they are.
    pub fn path(&self) -> &str {
        match self {
            Self::Custom(path) => path.split('|').next().unwrap_or_default(),
            Self::Pid(_) => "hooks/builtin/pid",
            Self::WaitForVmStart => "hooks/builtin/wait_for_vm_start",
            Self::WaitForProcess(_) => "hooks/builtin/wait_for_process",
            Self::Status => "hooks/builtin/status",
        }
    }

    /// What the file is given.
    pub fn arguments(&self) -> Vec<&str> {
        match self {
            Self::Custom(path) => path.split('|').skip(1).collect(),
            Self::Pid(file) => file.iter().map(String::as_str).collect(),
            Self::WaitForProcess(name) => vec![name],
            Self::WaitForVmStart | Self::Status => Vec::new(),
        }
    }

    /// The file's text, unless the project brings it.
    pub(super) fn text(&self) -> Option<&'static str> {
        match self {
            Self::Custom(_) => None,
            Self::Pid(_) => Some(include_str!("hooks/pid")),
            Self::WaitForVmStart => Some(include_str!("hooks/wait_for_vm_start")),
            Self::WaitForProcess(_) => Some(include_str!("hooks/wait_for_process")),
            Self::Status => Some(include_str!("hooks/status")),
        }
    }

    fn parse(term: &Term) -> Option<Self> {
        match (term.as_atom(), term.as_pair()) {
            (Some("pid"), _) => Some(Self::Pid(None)),
            (Some("wait_for_vm_start"), _) => Some(Self::WaitForVmStart),
            (Some("builtin_status"), _) => Some(Self::Status),
            (_, Some(("custom", path))) => path.as_text().map(Self::Custom),
            (_, Some(("pid", path))) => path.as_text().map(|path| Self::Pid(Some(path))),
            (_, Some(("wait_for_process", name))) => {
                name.as_atom().map(|name| Self::WaitForProcess(name.into()))
            }
            _ => None,
        }
    }

    /// Built-in hooks that wait for a start make sense after one; relx lets `status` have any.
    fn fits(&self, phase: Phase) -> bool {
        match self {
            Self::Custom(_) => true,
            _ if phase == Phase::Status => true,
            Self::Status => false,
            Self::Pid(_) | Self::WaitForVmStart | Self::WaitForProcess(_) => phase == Phase::PostStart,
        }
    }
}

/// Reads `extended_start_script_hooks`: `[{Phase, [Hook]}]`. Of two lists for one phase the first counts, and a
/// built-in hook in a phase that is not for it is left out: as in relx, but with a warning.
///
/// # Errors
/// For anything else, with its place.
pub(super) fn hooks(
    source: &Arc<Source>,
    value: &Term,
    warnings: &mut Vec<SpecWarning>,
) -> Result<Vec<(Phase, Vec<ScriptHook>)>, SourceError> {
    let wrong = |term: &Term| source.error(term.span(), "expected `[{Phase, [Hook, …]}, …]`");
    let mut phases: Vec<(Phase, Vec<ScriptHook>)> = Vec::new();
    for entry in value.as_list().ok_or_else(|| wrong(value))? {
        let Some([phase, list]) = entry.as_tuple() else { return Err(wrong(&entry)) };
        let phase = Phase::parse(source, phase)?;
        let list = list.as_list().ok_or_else(|| wrong(list))?;
        let list = phase_hooks(source, phase, &list, warnings)?;
        if phases.iter().any(|(other, _)| *other == phase) {
            let message = format!("the phase `{}` is there twice; relx takes the first", phase.name());
            warnings.push(SpecWarning::StartScript(source.error(entry.span(), message)));
        } else {
            phases.push((phase, list));
        }
    }
    Ok(phases)
}

fn phase_hooks(
    source: &Arc<Source>,
    phase: Phase,
    list: &[Term],
    warnings: &mut Vec<SpecWarning>,
) -> Result<Vec<ScriptHook>, SourceError> {
    let mut hooks = Vec::new();
    for term in list {
        let hook = ScriptHook::parse(term).ok_or_else(|| source.error(term.span(), EXPECTED_HOOK))?;
        if hook.fits(phase) {
            hooks.push(hook);
        } else {
            let message = format!("this hook does nothing in the phase `{}`, and is left out", phase.name());
            warnings.push(SpecWarning::StartScript(source.error(term.span(), message)));
        }
    }
    Ok(hooks)
}

const EXPECTED_HOOK: &str = "expected a hook: `{custom, Path}`, `pid`, `{pid, Path}`, `wait_for_vm_start`, \
                             `{wait_for_process, Name}` or `builtin_status`";

/// Reads `extended_start_script_extensions`: `[{Name, Path}]`.
///
/// # Errors
/// For anything else, with its place.
pub(super) fn extensions(
    source: &Arc<Source>,
    value: &Term,
    warnings: &mut Vec<SpecWarning>,
) -> Result<Vec<Extension>, SourceError> {
    let wrong = |term: &Term| source.error(term.span(), "expected `[{Name, \"path below bin\"}, …]`");
    let mut extensions: Vec<Extension> = Vec::new();
    for entry in value.as_list().ok_or_else(|| wrong(value))? {
        let (name, path) = entry.as_pair().ok_or_else(|| wrong(&entry))?;
        let path = path.as_text().ok_or_else(|| wrong(path))?;
        if COMMANDS.contains(&name) {
            let message = format!("the start script has a command `{name}` already; this one is never run");
            warnings.push(SpecWarning::StartScript(source.error(entry.span(), message)));
        }
        // Of two with one name the last counts.
        extensions.retain(|other| other.name != name);
        extensions.push(Extension { name: name.into(), path });
    }
    Ok(extensions)
}

/// The commands that the start script has by itself.
const COMMANDS: [&str; 31] = [
    "attach",
    "console",
    "console_boot",
    "console_clean",
    "daemon",
    "daemon_attach",
    "daemon_boot",
    "downgrade",
    "escript",
    "eval",
    "foreground",
    "help",
    "install",
    "pid",
    "ping",
    "reboot",
    "remote",
    "remote_console",
    "remsh",
    "restart",
    "rpc",
    "start",
    "status",
    "stop",
    "uninstall",
    "unpack",
    "upgrade",
    "version",
    "versions",
    "--help",
    "-h",
];

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the extension `{}`", self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::COMMANDS;

    /// The words before each `)` of the script's `case $_command`, but for patterns.
    fn labels(script: &str) -> BTreeSet<&str> {
        let cases =
            script.split("case $_command in\n").skip(1).filter_map(|rest| rest.split("\nesac").next());
        let arms = cases.flat_map(str::lines).filter_map(|line| line.strip_prefix("    ")?.split_once(')'));
        let words = arms.flat_map(|(labels, _)| labels.split('|')).map(str::trim);
        words.filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || "_-".contains(c))).collect()
    }

    #[test]
    fn an_extension_is_told_from_the_commands_that_the_script_has() {
        let labels = labels(include_str!("commands.sh"));
        assert_eq!(labels, BTreeSet::from(COMMANDS));
    }
}
