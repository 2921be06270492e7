//! A generated project as plain data, and how it is written.

use std::collections::BTreeSet;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::app::App;
use super::installation::Installation;
use crate::support::random::Random;

/// A project that nothing was made of yet.
#[derive(Debug, Default)]
pub(super) struct Project {
    pub(super) files: Vec<File>,
    /// The profiles after `as`; may be none.
    pub(super) profiles: Vec<String>,
    /// What was generated, in the words of the explained differences.
    pub(super) traits: BTreeSet<String>,
    pub(super) apps: Vec<App>,
    /// The application that a mistake was made in.
    pub(super) spoiled: Option<String>,
    /// All that any `exclude_apps` names.
    pub(super) excluded: Vec<String>,
    /// Options with a value that they cannot have, as they are written.
    pub(super) wrong: Vec<String>,
    /// The options of releases that have some for themselves.
    pub(super) own_options: Vec<&'static str>,
    /// Names and versions of releases, as far as they are written as texts.
    pub(super) releases: Vec<(String, String)>,
    /// What `--relname` and `--relvsn` ask for.
    pub(super) selection: Option<(String, Option<String>)>,
}

#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) content: Content,
    pub(super) executable: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Text(String),
    /// A compiled module of this name.
    Module(String),
    Link(String),
    Directory,
    /// A link to a directory of the small installation's.
    Installation(&'static str),
}

impl File {
    pub(super) fn text(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), content: Content::Text(text.into()), executable: false }
    }

    pub(super) fn of(path: impl Into<String>, content: Content) -> Self {
        Self { path: path.into(), content, executable: false }
    }
}

impl Project {
    /// Whether this path in a release belongs to one of its own applications.
    pub(super) fn has_app_at(&self, path: &str) -> bool {
        self.apps.iter().any(|app| path.starts_with(&format!("lib/{}-{}/", app.name, app.vsn)))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.traits.contains(name)
    }

    pub(super) fn write(&self, dir: &Path, installation: &Installation) {
        for file in &self.files {
            let path = dir.join(&file.path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            match &file.content {
                Content::Text(text) => std::fs::write(&path, text).expect("written"),
                Content::Module(name) => {
                    std::fs::copy(installation.beam(name), &path).expect("copied");
                }
                Content::Link(target) => symlink(target, &path).expect("linked"),
                Content::Installation(name) => {
                    symlink(installation.dir().join(name), &path).expect("linked");
                }
                Content::Directory => std::fs::create_dir_all(&path).expect("created"),
            }
            if file.executable {
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
            }
        }
    }
}

/// An atom as Erlang reads it.
pub(super) fn atom(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '@');
    if plain { name.into() } else { format!("'{name}'") }
}

/// A text as Erlang reads it, now and then as a binary.
pub(super) fn text(random: &mut Random, text: &str) -> String {
    match random.below(12) {
        0 if text.is_ascii() => format!("<<\"{text}\">>"),
        0 => format!("<<\"{text}\"/utf8>>"),
        _ => format!("\"{text}\""),
    }
}

pub(super) fn atoms<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<String> = names.iter().map(|name| atom(name.as_ref())).collect();
    format!("[{}]", names.join(", "))
}
