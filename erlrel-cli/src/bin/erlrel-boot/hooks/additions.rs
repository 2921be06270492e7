//! The file in which erlrel says which hooks and extensions a release has.
//!
//! One a line, in words with a tab in between: `PHASE KIND WORD…` or `extension NAME PATH`. In a word, a backslash
//! stands before `\`, `t` (a tab) and `n` (a new line).

use std::fs;
use std::io;

use erlrel_core::release::Phase;

use crate::hooks::HookError;
use crate::release::Release;

/// Beside the release's other files in `releases/VSN`.
const FILE: &str = "hooks_and_extensions";

/// What is run.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Hook {
    /// A file below `bin/` for the shell, and its arguments.
    Custom { path: String, arguments: Vec<String> },
    /// Writes the process id to a file.
    Pid(Option<String>),
    /// Waits until the node answers.
    WaitForVmStart,
    /// Waits until a process of this name is registered.
    WaitForProcess(String),
    /// Shows the applications that run.
    Status,
}

/// What a project adds.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Additions {
    hooks: Vec<(Phase, Hook)>,
    /// Name and path below `bin/`.
    extensions: Vec<(String, String)>,
}

impl Hook {
    /// Its file, if it is one for the shell.
    pub(super) fn path(&self) -> Option<&str> {
        match self {
            Self::Custom { path, .. } => Some(path),
            _ => None,
        }
    }

    fn parse(words: &[String]) -> Option<Self> {
        let (kind, words) = words.split_first()?;
        Some(match (kind.as_str(), words) {
            ("custom", [path, arguments @ ..]) => {
                Self::Custom { path: path.clone(), arguments: arguments.to_vec() }
            }
            ("pid", []) => Self::Pid(None),
            ("pid", [file]) => Self::Pid(Some(file.clone())),
            ("wait_for_vm_start", []) => Self::WaitForVmStart,
            ("wait_for_process", [name]) => Self::WaitForProcess(name.clone()),
            ("builtin_status", []) => Self::Status,
            _ => return None,
        })
    }
}

impl Additions {
    /// Those of a release; one without the file has none.
    ///
    /// # Errors
    /// When the file cannot be read, or has a line that erlrel does not write.
    pub(super) fn of(release: &Release) -> Result<Self, HookError> {
        let path = release.dir().join(FILE);
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).map_err(|line| HookError::Line { path, line }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(HookError::Read { path, source }),
        }
    }

    /// The hooks of a phase, in their order.
    pub(super) fn hooks(&self, phase: Phase) -> Vec<Hook> {
        self.hooks.iter().filter(|(of, _)| *of == phase).map(|(_, hook)| hook.clone()).collect()
    }

    /// The file of a command.
    pub(super) fn extension(&self, name: &str) -> Option<&str> {
        self.extensions.iter().find(|(of, _)| of == name).map(|(_, path)| path.as_str())
    }

    pub(super) fn extension_names(self) -> Vec<String> {
        self.extensions.into_iter().map(|(name, _)| name).collect()
    }

    /// Gives the first line that is none of erlrel's if there is one.
    fn parse(text: &str) -> Result<Self, String> {
        let mut additions = Self::default();
        for line in text.split_terminator('\n') {
            additions.line(line).ok_or(line)?;
        }
        Ok(additions)
    }

    fn line(&mut self, line: &str) -> Option<()> {
        let words: Vec<String> = line.split('\t').map(plain).collect();
        match words.as_slice() {
            [kind, name, path] if kind == "extension" => self.extensions.push((name.clone(), path.clone())),
            [phase, hook @ ..] => self.hooks.push((Phase::named(phase)?, Hook::parse(hook)?)),
            [] => return None,
        }
        Some(())
    }
}

/// A word without its backslashes.
fn plain(word: &str) -> String {
    let mut plain = String::new();
    let mut letters = word.chars();
    while let Some(letter) = letters.next() {
        plain.extend(match letter {
            '\\' => letters.next().map(|escaped| match escaped {
                't' => '\t',
                'n' => '\n',
                other => other,
            }),
            other => Some(other),
        });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{Additions, Hook, Phase};

    #[test]
    fn hooks_keep_their_order_and_their_phase() {
        let text = "post_start\twait_for_vm_start\npost_start\tcustom\thooks/a b\tone\t\ttwo\n\
                    pre_start\tcustom\thooks/c\npost_start\twait_for_process\tx\npost_start\tpid\nstatus\tbuiltin_status\n\
                    status\tpid\t$REL_NAME.pid\n";
        let additions = Additions::parse(text).unwrap();
        let custom = |path: &str, arguments: &[&str]| Hook::Custom {
            path: path.into(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(
            additions.hooks(Phase::PostStart),
            [
                Hook::WaitForVmStart,
                custom("hooks/a b", &["one", "", "two"]),
                Hook::WaitForProcess("x".into()),
                Hook::Pid(None)
            ]
        );
        assert_eq!(additions.hooks(Phase::PreStart), [custom("hooks/c", &[])]);
        assert_eq!(additions.hooks(Phase::Status), [Hook::Status, Hook::Pid(Some("$REL_NAME.pid".into()))]);
        assert_eq!(additions.hooks(Phase::PreStop), []);
    }

    #[test]
    fn extensions_are_found_by_their_name() {
        let additions =
            Additions::parse("extension\ta\\\\\\tb\text/a\\nb\nextension\tpre_start\tx\n").unwrap();
        assert_eq!(additions.extension("a\\\tb"), Some("ext/a\nb"));
        assert_eq!(additions.extension("pre_start"), Some("x"));
        assert_eq!(additions.extension("b"), None);
    }

    #[test]
    fn a_line_of_another_form_is_given_back() {
        for line in ["", "pre_start", "pre_start\tcustom", "never\tpid", "status\tpid\ta\tb", "extension\ta"]
        {
            assert_eq!(Additions::parse(&format!("pre_start\tpid\n{line}\n")), Err(line.into()));
        }
    }
}
