//! Files that must not be in an image: private keys, and what tools keep passwords and tokens in.
//!
//! A name is enough for a file that has no other purpose. What is text, or begins like it, is searched for private keys,
//! since these have any name; of a large file its first mebibyte.

mod content;
mod name;

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::{ContainerError, ContainerWarning};
use crate::fs;
use crate::tree::{Content, Entry, Group, Node, Tree, TreeError, TreePath};

/// A path in the release, and what is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    /// The path, by which it can be allowed: `lib/NAME/…` without the application's version.
    pub path: String,
    /// What it looks like, as a noun.
    pub what: &'static str,
}

/// Of a larger file, so much is searched.
const SEARCHED: u64 = 1 << 20;

/// So much shows whether a file is text.
const HEAD: usize = 8 << 10;

/// Refuses a release with secrets in it. What `allowed` names, or what lies below it, may be there; every path counts from
/// `prefix`, the release's directory in the image, or from the image's root. What is allowed in vain is a warning.
///
/// # Errors
/// [`ContainerError::Secrets`], and when a file cannot be read.
pub(super) fn check(
    tree: &Tree,
    allowed: &BTreeSet<String>,
    prefix: &str,
) -> Result<Vec<ContainerWarning>, ContainerError> {
    let found = find(tree)?;
    let allowed: Vec<(&String, String)> =
        allowed.iter().map(|path| (path, known_as(below(path, prefix)))).collect();
    let refused = found.iter().filter(|secret| !allowed.iter().any(|(_, path)| covers(path, &secret.path)));
    let refused: Vec<Secret> = refused.cloned().collect();
    if !refused.is_empty() {
        return Err(ContainerError::Secrets { found: refused });
    }
    let is_idle = |path: &str| found.iter().all(|secret| !covers(path, &secret.path));
    let idle = allowed.iter().filter(|(_, path)| is_idle(path));
    Ok(idle.map(|(path, _)| ContainerWarning::NoSecret { path: (*path).clone() }).collect())
}

/// All that looks like a secret, by path. What comes from a system, its certificates above all, does not; of what Erlang
/// ships only the names are looked at.
fn find(tree: &Tree) -> Result<Vec<Secret>, TreeError> {
    let entries: Vec<(&TreePath, &Entry)> =
        tree.iter().filter(|(_, entry)| entry.group != Group::Native).collect();
    let found = entries.par_iter().map(|(path, entry)| examine(path, entry));
    let mut found: Vec<Secret> = found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    // All that lies in a git repository is one finding.
    found.dedup();
    Ok(found)
}

fn covers(allowed: &str, path: &str) -> bool {
    path.strip_prefix(allowed).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn examine(path: &TreePath, entry: &Entry) -> Result<Option<Secret>, TreeError> {
    if let Some((part, what)) = name::secret(path.as_str()) {
        return Ok(Some(Secret { path: known_as(part), what }));
    }
    // Erlang's own files are nobody's secrets, and so many that reading them would take longer than all else.
    if matches!(entry.group, Group::Erts | Group::Otp) {
        return Ok(None);
    }
    let Node::File(content) = &entry.node else { return Ok(None) };
    let secret = |what| Secret { path: known_as(path.as_str()), what };
    Ok(start_of(content)?.and_then(|text| content::secret(path.file_name(), &text)).map(secret))
}

/// The first part of a text; `None` for what is no text.
fn start_of(content: &Content) -> Result<Option<Vec<u8>>, TreeError> {
    let text = match content {
        Content::Beam { .. } => return Ok(None),
        Content::Bytes(bytes) => bytes.iter().take(SEARCHED as usize).copied().collect(),
        Content::File(path) => fs::read_start(path, SEARCHED, |head| !is_binary(head))?,
    };
    Ok(if is_binary(&text) { None } else { Some(text) })
}

fn is_binary(bytes: &[u8]) -> bool {
    bytes.iter().take(HEAD).any(|byte| *byte == 0)
}

/// A path as the user may write it, from the release's directory on.
fn below<'a>(path: &'a str, prefix: &str) -> &'a str {
    let path = path.strip_prefix(prefix).filter(|rest| rest.starts_with('/')).unwrap_or(path);
    path.trim_matches('/').trim_start_matches("./")
}

/// `lib/shop-1.4.0/priv/x` as `lib/shop/priv/x`, which is the same path in the next version.
fn known_as(path: &str) -> String {
    let Some((application, rest)) =
        path.strip_prefix("lib/").map(|path| path.split_once('/').unwrap_or((path, "")))
    else {
        return path.into();
    };
    let name = application.split_once('-').map_or(application, |(name, _)| name);
    if rest.is_empty() { format!("lib/{name}") } else { format!("lib/{name}/{rest}") }
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
