//! Shows that the comparison is one: what erlrel made is altered in one place after the other, and each time a
//! difference must be found that nothing explains.

use std::path::Path;

use super::compare::{Case, Difference, Kind, difference, kind};
use super::explained::{self, Judge};
use super::rebar3::Rebar3;
use crate::support::gzip::gunzip;
use crate::support::release::{Node, Release};

/// What was altered, and what of it nobody noticed.
#[derive(Debug, Default)]
pub(super) struct Alterations {
    pub(super) tried: usize,
    pub(super) unnoticed: Vec<String>,
}

/// Alters the tarball: takes each path away, gives each file another mode and another content.
pub(super) fn alter(case: &Case<'_>, relx: &Release, rebar3: &mut Rebar3, scratch: &Path) -> Alterations {
    let mut alterations = Alterations::default();
    for (path, ours) in &case.tarball {
        let Some(theirs) = relx.get(path) else { continue };
        let kind = kind(path, theirs, ours);
        for (name, altered) in altered(kind, ours) {
            alterations.tried += 1;
            let what = match &altered {
                Some(altered) => difference(kind, theirs, altered, case.project, scratch, rebar3),
                None => Some("only relx has it".into()),
            };
            let found = what.map(|what| Difference {
                form: "tar",
                theirs: Some(theirs.clone()),
                ours: altered,
                ..Difference::answer(path, what)
            });
            let mut judge = Judge { case, rebar3, scratch };
            if found.is_none_or(|found| explained::explain(&mut judge, &found).is_some()) {
                alterations.unnoticed.push(format!("{path}: {name}"));
            }
        }
    }
    alterations
}

fn altered(kind: Kind, node: &Node) -> Vec<(&'static str, Option<Node>)> {
    let mut list = vec![("taken away", None)];
    if let Node::File { mode, bytes } = node {
        list.push(("another mode", Some(Node::File { mode: mode ^ 0o111, bytes: bytes.clone() })));
        list.push(("a directory", Some(Node::Directory)));
        if kind != Kind::Script {
            let bytes = content(kind, bytes);
            list.push(("another content", Some(Node::File { mode: *mode, bytes })));
        }
    }
    list
}

/// Of terms the last letter or digit is another one, such as one of a version or of the last application.
fn content(kind: Kind, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = if kind == Kind::Beam { gunzip(bytes) } else { bytes.to_vec() };
    match bytes.iter().rposition(u8::is_ascii_alphanumeric) {
        Some(last) if kind != Kind::Beam => bytes[last] = if bytes[last] == b'1' { b'2' } else { b'1' },
        _ => bytes.push(b'1'),
    }
    bytes
}
