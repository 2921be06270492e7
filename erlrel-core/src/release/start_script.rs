//! The POSIX start script of tarballs and release directories. Images have a program instead.

mod hooks;
mod list;

use std::fmt::Write as _;
use std::sync::Arc;

pub use hooks::{Extension, Phase, ScriptHook};

use super::spec::{ReleaseSpec, SpecWarning};
use super::{ReleaseError, Warning};
use crate::term::{Source, SourceError, Term};
use crate::tree::{Entry, Group, Tree, TreePath};

/// What a release has in `bin/` to start it. Default: the script with all commands, and with nothing added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartScript {
    /// Nothing: `generate_start_script` is false, or `unix` is not in `include_start_scripts_for`.
    None,
    /// A script that starts the virtual machine with whatever arguments it is given: `extended_start_script` is
    /// false. It has no hooks and no extensions.
    Minimal,
    /// The script with all commands.
    Extended(ScriptAdditions),
}

/// What a project adds to the script with all commands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScriptAdditions {
    /// Files that it reads at certain points: `extended_start_script_hooks`.
    pub hooks: Vec<(Phase, Vec<ScriptHook>)>,
    /// Commands of the release's own: `extended_start_script_extensions`.
    pub extensions: Vec<Extension>,
}

/// What relx's options say about the start script, each for itself.
#[derive(Debug)]
pub(super) struct ScriptOptions {
    generate: bool,
    unix: bool,
    extended: bool,
    additions: ScriptAdditions,
}

impl Default for StartScript {
    fn default() -> Self {
        Self::Extended(ScriptAdditions::default())
    }
}

impl Default for ScriptOptions {
    fn default() -> Self {
        Self { generate: true, unix: true, extended: true, additions: ScriptAdditions::default() }
    }
}

impl ScriptOptions {
    /// Takes an option if it is about the start script, and says whether it is; a later one replaces an earlier
    /// one of its name.
    ///
    /// # Errors
    /// For a value of another form, with its place.
    pub(super) fn option(
        &mut self,
        source: &Arc<Source>,
        (key, value): (&str, &Term),
        warnings: &mut Vec<SpecWarning>,
    ) -> Result<bool, SourceError> {
        let wrong = || source.error(value.span(), format!("`{key}` must be true or false"));
        let bool = || value.as_bool().ok_or_else(wrong);
        match key {
            "generate_start_script" => self.generate = bool()?,
            "include_start_scripts_for" => self.unix = kinds(source, value, warnings)?,
            "extended_start_script" => self.extended = bool()?,
            "extended_start_script_hooks" => self.additions.hooks = hooks::hooks(source, value, warnings)?,
            "extended_start_script_extensions" => {
                self.additions.extensions = hooks::extensions(source, value, warnings)?;
            }
            // The script does without nodetool, whatever this says.
            "include_nodetool" => _ = bool()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn is_generated(&self) -> bool {
        self.generate
    }

    pub(super) fn is_extended(&self) -> bool {
        self.extended
    }

    /// What all of them together ask for.
    pub(super) fn script(self) -> StartScript {
        if !(self.generate && self.unix) {
            StartScript::None
        } else if self.extended {
            StartScript::Extended(self.additions)
        } else {
            StartScript::Minimal
        }
    }
}

impl StartScript {
    fn additions(&self) -> Option<&ScriptAdditions> {
        match self {
            Self::Extended(additions) => Some(additions),
            Self::Minimal | Self::None => None,
        }
    }
}

impl ScriptAdditions {
    fn hooks(&self) -> impl Iterator<Item = &ScriptHook> {
        self.hooks.iter().flat_map(|(_, hooks)| hooks)
    }
}

/// Reads `include_start_scripts_for`: whether `unix` is in it.
fn kinds(source: &Arc<Source>, value: &Term, warnings: &mut Vec<SpecWarning>) -> Result<bool, SourceError> {
    let wrong =
        |term: &Term| source.error(term.span(), "expected a list of `unix`, `win32` and `powershell`");
    let list = value.as_list().ok_or_else(|| wrong(value))?;
    for kind in &list {
        match kind.as_atom() {
            Some("unix") => {}
            Some(other @ ("win32" | "powershell")) => {
                let message =
                    format!("erlrel makes releases for Linux, and writes no start script for {other}");
                warnings.push(SpecWarning::StartScript(source.error(kind.span(), message)));
            }
            _ => return Err(wrong(kind)),
        }
    }
    Ok(list.iter().any(|kind| kind.is_atom("unix")))
}

/// Adds `bin/NAME`, `bin/NAME-VSN`, and the built-in hooks that are used.
///
/// # Errors
/// When the release's name or version is no part of a path.
pub(super) fn add(tree: &mut Tree, spec: &ReleaseSpec, erts_vsn: &str) -> Result<(), ReleaseError> {
    let Some(text) = text(spec, erts_vsn) else { return Ok(()) };
    let program = |text: &str| Entry::file(text, 0o755, Group::Release);
    for path in [format!("bin/{}", spec.name), format!("bin/{}-{}", spec.name, spec.vsn)] {
        tree.insert(TreePath::new(path)?, program(&text))?;
    }
    for hook in spec.start_script.additions().into_iter().flat_map(ScriptAdditions::hooks) {
        if let Some(text) = hook.text() {
            tree.replace(TreePath::new(format!("bin/{}", hook.path()))?, program(text));
        }
    }
    Ok(())
}

/// Adds the list of hooks and extensions that the start program of an image reads, if there are any. It does by
/// itself what the built-in hooks do.
///
/// # Errors
/// When the release's version is no part of a path.
pub(super) fn add_list(tree: &mut Tree, spec: &ReleaseSpec) -> Result<(), ReleaseError> {
    let list = spec.start_script.additions().map(list::text).unwrap_or_default();
    if !list.is_empty() {
        let path = TreePath::new(format!("releases/{}/hooks_and_extensions", spec.vsn))?;
        tree.insert(path, Entry::file(list, 0o644, Group::Release))?;
    }
    Ok(())
}

/// The files that only a shell can read, with what they are: the project's own hooks, and its extensions.
pub(crate) fn shell_files(spec: &ReleaseSpec) -> Vec<(String, &str)> {
    let Some(additions) = spec.start_script.additions() else { return Vec::new() };
    let hooks = additions.hooks().filter(|hook| hook.text().is_none());
    let hooks = hooks.map(|hook| ("a hook".to_string(), hook.path()));
    let extensions =
        additions.extensions.iter().map(|extension| (extension.to_string(), extension.path.as_str()));
    hooks.chain(extensions).collect()
}

/// Hooks and extensions whose file is not in the release, as no overlay puts it there.
pub(super) fn missing_files(spec: &ReleaseSpec, tree: &Tree) -> Vec<Warning> {
    let is_missing = |path: &str| {
        // What a variable of the shell stands for is known when it runs.
        let at = TreePath::new(format!("bin/{path}"));
        !path.contains('$') && at.is_ok_and(|at| tree.get(at.as_str()).is_none())
    };
    shell_files(spec)
        .into_iter()
        .filter(|(_, path)| is_missing(path))
        .map(|(what, path)| Warning::ScriptFileMissing { what, path: format!("bin/{path}") })
        .collect()
}

/// The parts that are the same in every release.
const EXTENDED: &str = concat!(
    include_str!("start_script/runtime.sh"),
    include_str!("start_script/help.sh"),
    include_str!("start_script/configuration.sh"),
    include_str!("start_script/node.sh"),
    include_str!("start_script/questions.sh"),
    include_str!("start_script/start.sh"),
    include_str!("start_script/daemon.sh"),
    include_str!("start_script/hooks.sh"),
    include_str!("start_script/upgrade.sh"),
    include_str!("start_script/commands.sh"),
);
const MINIMAL: &str =
    concat!(include_str!("start_script/runtime.sh"), include_str!("start_script/minimal.sh"));

/// Own variables begin with an underscore, lest they hide one that the configuration refers to.
const HEAD: &str = "#!/bin/sh
# Starts the Erlang release that this script belongs to (OTP 23.1 or newer), and talks to it while it runs.
# Made by erlrel. Variables of its own begin with an underscore, lest they hide one that the configuration names.
# shellcheck disable=SC2086 # words that are several on purpose
set -eu
";

/// The script, unless there is to be none.
fn text(spec: &ReleaseSpec, erts_vsn: &str) -> Option<String> {
    let identity = format!(
        "\nREL_NAME={} REL_VSN={} ERTS_VSN={}\n",
        quoted(&spec.name),
        quoted(&spec.vsn),
        quoted(erts_vsn)
    );
    match &spec.start_script {
        StartScript::None => None,
        StartScript::Minimal => Some(format!("{HEAD}{identity}{MINIMAL}")),
        StartScript::Extended(own) => Some(format!("{HEAD}{identity}{}{EXTENDED}", additions(own))),
    }
}

/// The project's own hooks and extensions as functions.
fn additions(own: &ScriptAdditions) -> String {
    let names: Vec<&str> = own.extensions.iter().map(|extension| extension.name.as_str()).collect();
    let mut text = format!(
        "\n_extension='' _extensions={}\n# Sets _extension to the file that does a command.\nextension_of() {{\n    case $1 in\n",
        quoted(&names.join(" "))
    );
    for Extension { name, path } in &own.extensions {
        let _ = writeln!(text, "        {}) _extension={} ;;", quoted(name), expanded(path));
    }
    text.push_str(
        "        *) return 1 ;;\n    esac\n}\n\n# The hooks of a phase.\nhooks_of() {\n    case $1 in\n",
    );
    for (phase, hooks) in &own.hooks {
        let _ = writeln!(text, "        {})", phase.name());
        for hook in hooks {
            let words = std::iter::once(hook.path()).chain(hook.arguments()).map(expanded);
            let _ = writeln!(text, "            hook {}", words.collect::<Vec<_>>().join(" "));
        }
        text.push_str("            ;;\n");
    }
    text.push_str("        *) ;;\n    esac\n}\n");
    text
}

/// As one word of the shell, with nothing in it replaced.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// As one word of the shell, with variables in it replaced when it is used: relx has it so.
fn expanded(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('`', "\\`");
    format!("\"{escaped}\"")
}
