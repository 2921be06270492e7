//! A module, compared with another build of it.

use std::collections::BTreeSet;

use super::Change;
use crate::beam::{FunctionOutline, Outline};

/// A module that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleChange {
    /// Its name.
    pub name: String,
    /// Whether it was added, removed or changed.
    pub change: Change,
    /// The size of its file in the old image.
    pub old_size: Option<u64>,
    /// The size of its file in the new image.
    pub new_size: Option<u64>,
    /// Functions that are not the same, of a module that both images have.
    pub functions: Vec<FunctionChange>,
    /// What else of it is not the same, if no function is: `line numbers`, `attributes`, `debug information`.
    pub other: BTreeSet<String>,
}

/// A function that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionChange {
    /// Its name.
    pub name: String,
    /// How many arguments it has.
    pub arity: u32,
    /// Whether it was added, removed or changed. One that became, or is no longer, exported has changed.
    pub change: Change,
    /// Whether other modules can call it, in the image that has it last.
    pub is_exported: bool,
}

/// The functions that are not the same, by name, and what else is not if there are none.
pub(super) fn compare(old: &Outline, new: &Outline) -> (Vec<FunctionChange>, BTreeSet<String>) {
    let names: BTreeSet<&(String, u32)> = old.functions.keys().chain(new.functions.keys()).collect();
    let is_cut = old.is_cut && new.is_cut;
    let change = |name: &(String, u32)| {
        // What is local, and what a function does, is known of both or of neither.
        let known = |outline: &Outline| {
            let function = outline.functions.get(name).filter(|function| is_cut || function.is_exported)?;
            Some(FunctionOutline { code: function.code.filter(|_| is_cut), ..*function })
        };
        function(name, known(old), known(new))
    };
    let functions: Vec<FunctionChange> = names.into_iter().filter_map(change).collect();
    let other = if functions.is_empty() || !is_cut { others(old, new) } else { BTreeSet::new() };
    (functions, other)
}

fn function(
    (name, arity): &(String, u32),
    old: Option<FunctionOutline>,
    new: Option<FunctionOutline>,
) -> Option<FunctionChange> {
    let (change, is_exported) = match (old, new) {
        (None, Some(new)) => (Change::Added, new.is_exported),
        (Some(old), None) => (Change::Removed, old.is_exported),
        (Some(old), Some(new)) if old != new => (Change::Changed, new.is_exported),
        _ => return None,
    };
    Some(FunctionChange { name: name.clone(), arity: *arity, change, is_exported })
}

/// What the chunks are called that are not the same.
fn others(old: &Outline, new: &Outline) -> BTreeSet<String> {
    let names = old.chunks.keys().chain(new.chunks.keys());
    let differing = names.filter(|name| old.chunks.get(*name) != new.chunks.get(*name));
    let found: BTreeSet<String> = differing.map(|name| called(name)).collect();
    if found.is_empty() { BTreeSet::from(["compression".into()]) } else { found }
}

fn called(chunk: &str) -> String {
    match chunk {
        "Code" | "AtU8" | "Atom" | "LitT" | "ImpT" | "ExpT" | "FunT" | "StrT" | "LocT" => "code".into(),
        "Line" => "line numbers".into(),
        "Attr" => "attributes".into(),
        "CInf" => "compile options".into(),
        "Dbgi" | "Abst" | "DbgB" => "debug information".into(),
        "Docs" => "documentation".into(),
        "Type" => "types".into(),
        other => format!("chunk {other}"),
    }
}
