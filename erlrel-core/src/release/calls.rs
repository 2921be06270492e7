//! What modules call and what they can be called for, as somebody may remember it: their tables, put down as JSON.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::beam::{self, Function};
use crate::fs::{self, Notes};
use crate::term::{self, Term};

/// The names under which somebody may remember this. The number is raised with each change of what is found or of how it is put
/// down.
const CALLS: &str = "calls of a module, 1";
const EXPORTS: &str = "exports of a module, 1";

/// What a module calls in others, and which of it nobody wants to hear of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls {
    pub(crate) functions: Vec<Function>,
    /// What its own `-ignore_xref` attributes name.
    pub(super) ignored: Vec<Ignored>,
}

/// Those of each file; `None` for one that is no module that can be read.
pub(crate) fn calls(files: &[PathBuf], notes: &dyn Notes) -> Vec<Option<Calls>> {
    let texts = notes.of(CALLS, files, &|file| print_calls(file));
    texts.into_par_iter().map(|text| parse_calls(&text?)).collect()
}

/// The functions that each file exports.
pub(super) fn exports(files: &[PathBuf], notes: &dyn Notes) -> Vec<Option<BTreeSet<(String, u32)>>> {
    let print = |file: &Path| serde_json::to_string(&beam::exports(&fs::read(file).ok()?).ok()?).ok();
    let texts = notes.of(EXPORTS, files, &print);
    texts.into_par_iter().map(|text| serde_json::from_str(&text?).ok()).collect()
}

/// A function called, and a call ignored.
type Line = (Vec<(String, String, u32)>, Vec<(String, Option<String>, Option<u64>)>);

fn print_calls(file: &Path) -> Option<String> {
    let bytes = fs::read(file).ok()?;
    let functions = beam::imports(&bytes).ok()?.into_iter();
    let ignored = ignored_by(file.file_stem()?.to_str()?, &bytes).into_iter();
    let line: Line = (
        functions.map(|Function { module, name, arity }| (module, name, arity)).collect(),
        ignored.map(|Ignored { module, function, arity }| (module, function, arity)).collect(),
    );
    serde_json::to_string(&line).ok()
}

fn parse_calls(text: &str) -> Option<Calls> {
    let (functions, ignored): Line = serde_json::from_str(text).ok()?;
    let function = |(module, name, arity)| Function { module, name, arity };
    let ignoring = |(module, function, arity)| Ignored { module, function, arity };
    Some(Calls {
        functions: functions.into_iter().map(function).collect(),
        ignored: ignored.into_iter().map(ignoring).collect(),
    })
}

/// Calls that nobody wants to hear of: of a module, a function, or a function with one arity.
#[derive(Debug, Clone)]
pub(super) struct Ignored {
    module: String,
    function: Option<String>,
    arity: Option<u64>,
}

impl Ignored {
    pub(super) fn covers(&self, call: &Function) -> bool {
        self.module == call.module
            && self.function.as_ref().is_none_or(|function| *function == call.name)
            && self.arity.is_none_or(|arity| arity == u64::from(call.arity))
    }
}

/// What the module's own `-ignore_xref` attributes name.
fn ignored_by(module: &str, bytes: &[u8]) -> Vec<Ignored> {
    let encoded = beam::attributes(bytes).ok().flatten().unwrap_or_default();
    let attributes = term::decode(&encoded).ok().and_then(|list| list.as_list()).unwrap_or_default();
    let values = attributes.iter().filter_map(Term::as_pair).filter(|(key, _)| *key == "ignore_xref");
    let values = values.flat_map(|(_, value)| value.as_list().unwrap_or_else(|| vec![value.clone()]));
    values.filter_map(|term| ignored_in(module, &term)).collect()
}

/// `M`, `{M, F}` or `{M, F, A}`.
pub(super) fn ignored(term: &Term) -> Option<Ignored> {
    let parts = term.as_tuple().unwrap_or(std::slice::from_ref(term));
    let atom = |at: usize| parts.get(at).and_then(Term::as_atom).map(String::from);
    let arity = parts.get(2).map(Term::as_u64);
    Some(Ignored { module: atom(0)?, function: atom(1), arity: arity.flatten() })
}

/// As [`ignored`], where `{F, A}` is a function of the module itself.
fn ignored_in(module: &str, term: &Term) -> Option<Ignored> {
    match term.as_tuple() {
        Some([function, arity]) if arity.as_u64().is_some() => Some(Ignored {
            module: module.into(),
            function: function.as_atom().map(String::from),
            arity: arity.as_u64(),
        }),
        _ => ignored(term),
    }
}
