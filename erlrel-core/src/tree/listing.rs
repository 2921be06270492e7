//! The listing: a tree as text, one line an entry.

use std::fmt::Write;

use super::{Group, Node, Tree};

/// The tree as text, one line an entry: mode, group, path, and a link's target.
///
/// Tests compare it, and `erlrel plan` shows what it counts.
pub fn listing(tree: &Tree) -> String {
    tree.iter().fold(String::new(), |mut text, (path, entry)| {
        let group = &entry.group;
        let _ = match &entry.node {
            Node::Directory => writeln!(text, "{:04o} {group} {path}/", entry.mode),
            Node::Symlink(target) => writeln!(text, "link {group} {path} -> {target}"),
            Node::File(_) => writeln!(text, "{:04o} {group} {path}", entry.mode),
        };
        text
    })
}

impl std::fmt::Display for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Native => f.write_str("native"),
            Self::Erts => f.write_str("erts"),
            Self::Otp => f.write_str("otp"),
            Self::Dependency(name) => write!(f, "dependency:{name}"),
            Self::Project(name) => write!(f, "project:{name}"),
            Self::Release => f.write_str("release"),
        }
    }
}
