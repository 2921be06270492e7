//! The text with which a shell reads hooks and extensions.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use crate::hooks::HookError;
use crate::hooks::additions::Hook;
use crate::hooks::variables::Variables;
use crate::shell::{self, SHELL};
use crate::site::Site;
use crate::vm::plan::Plan;

/// The functions that hooks and extensions may use.
const FUNCTIONS: &str = include_str!("functions.sh");

/// How the cookie comes to the shell: every process can read a command line.
const COOKIE: &str = "_erlrel_cookie";

/// What a shell is to do.
#[derive(Debug)]
pub(super) struct Script {
    text: Vec<u8>,
    environment: BTreeMap<OsString, OsString>,
}

impl Script {
    /// Begins with the variables and functions.
    pub(super) fn of(variables: &Variables) -> Self {
        let mut script = Self { text: b"set -e\n".into(), environment: BTreeMap::new() };
        script.append(FUNCTIONS);
        for (name, value) in &variables.own {
            script.append(name).append("=").quoted(value).append("\n");
        }
        if let Some(node) = &variables.node {
            script.append("export NAME=").quoted(node).append("\n");
        }
        if let Some(cookie) = &variables.cookie {
            script.environment.insert(COOKIE.into(), cookie.value.clone());
        }
        script
    }

    /// Reads hooks one after the other.
    pub(super) fn hooks(mut self, hooks: &[Hook]) -> Self {
        for hook in hooks {
            let Hook::Custom { path, arguments } = hook else { continue };
            self.append("_erlrel_hook ").expanded(path);
            for argument in arguments {
                self.append(" ").expanded(argument);
            }
            self.append("\n");
        }
        self
    }

    /// Then calls this program again, with the arguments that the shell has.
    pub(super) fn again(mut self) -> Self {
        self.append("_erlrel_again \"$@\"\n");
        self
    }

    /// Reads the file of an extension, which ends the shell itself: one that does not has failed.
    pub(super) fn extension(mut self, path: &str) -> Self {
        self.append("_erlrel_file=").expanded(path).append("\n. \"$ROOTDIR/bin/$_erlrel_file\"\nexit 1\n");
        self
    }

    /// The shell with its arguments.
    pub(super) fn plan(self, site: &Site, arguments: Vec<OsString>) -> Plan {
        let text = OsString::from_vec(self.text);
        let program: OsString = site.release.program.clone().into();
        let mut environment = site.environment_of_caller();
        environment.extend(self.environment);
        Plan {
            program: SHELL.into(),
            args: ["-c".into(), text, program].into_iter().chain(arguments).collect(),
            environment,
            directory: site.release.root.clone(),
        }
    }

    fn append(&mut self, text: &str) -> &mut Self {
        self.text.extend_from_slice(text.as_bytes());
        self
    }

    /// One word, with nothing in it replaced.
    fn quoted(&mut self, text: &OsStr) -> &mut Self {
        self.text.extend(shell::quoted(text).into_vec());
        self
    }

    /// One word, with variables in it replaced: relx has it so.
    fn expanded(&mut self, text: &str) -> &mut Self {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('`', "\\`");
        self.append("\"").append(&escaped).append("\"")
    }
}

/// That there is a shell, if `path` is a file for one.
pub(super) fn check(path: Option<&str>) -> Result<(), HookError> {
    match path {
        Some(path) if !Path::new(SHELL).exists() => Err(HookError::NoShell { path: path.into() }),
        _ => Ok(()),
    }
}
