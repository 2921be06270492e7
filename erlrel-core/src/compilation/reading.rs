//! What rebar3 has read, and whether anything in it makes the compiler run other code.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{Work, graph, toolchain};

/// What was read the last time, as far as rebar3 says.
pub(super) struct Reading {
    pub(super) files: BTreeSet<PathBuf>,
    names: BTreeSet<OsString>,
    pub(super) transforms: Transforms,
}

/// Whether modules are compiled with parse transforms. Those of Erlang read nothing but the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Transforms {
    None,
    /// A dependency has them.
    Foreign,
    /// The project itself may have them.
    Own,
}

impl Reading {
    /// That of the last compilation.
    pub(super) fn of(work: &Work<'_>) -> Self {
        let files = graph::headers(&work.project).unwrap_or_default();
        let names = files.iter().filter_map(|path| path.file_name()).map(Into::into).collect();
        let otp = toolchain::root(work.options.environment);
        let of_files = files.par_iter().map(|path| transforms_in(path, otp.as_deref())).max();
        let of_options =
            of_options(&work.project.config.terms().iter().map(ToString::to_string).collect::<String>());
        let transforms = of_options.max(of_files.unwrap_or(Transforms::Own));
        Self { files, names, transforms }
    }

    /// True if a file with the name of this one was read. Its path may be another one: rebar3 does not resolve links.
    pub(super) fn has_name(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| self.names.contains(name))
    }
}

/// What grammars and MIBs are compiled with may name any file, as a parse transform may (`includefile` of `yecc`).
fn of_options(text: &str) -> Transforms {
    let reads = ["yrl_opts", "xrl_opts", "mib_opts"].iter().any(|name| text.contains(name));
    mentions(text.as_bytes()).max(if reads { Transforms::Foreign } else { Transforms::None })
}

fn transforms_in(path: &Path, otp: Option<&Path>) -> Transforms {
    let is_of_erlang = otp.is_some_and(|root| path.starts_with(root));
    if is_of_erlang || path.extension().is_some_and(|end| end == "beam") {
        return Transforms::None;
    }
    std::fs::read(path).map_or(Transforms::Own, |text| mentions(&text))
}

/// A function of this name and arity makes a module one that the compiler runs.
fn mentions(text: &[u8]) -> Transforms {
    let names = [b"parse_transform".as_slice(), b"core_transform"];
    let ends = names.iter().flat_map(|name| {
        let is_here = |at: &usize| text[*at..].starts_with(name);
        (0..text.len())
            .filter(move |at| text[*at] == name[0] && is_here(at))
            .map(|at| &text[at + name.len()..])
    });
    let kind = |rest: &[u8]| match rest.trim_ascii_start().first() {
        Some(b'/' | b'(') => Transforms::Own,
        _ => Transforms::Foreign,
    };
    ends.map(kind).max().unwrap_or(Transforms::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_has_a_transform_is_told_from_one_that_uses_it() {
        for (text, expected) in [
            ("-module(a).", Transforms::None),
            ("-compile({parse_transform, lager_transform}).", Transforms::Foreign),
            ("-export([parse_transform/2]).", Transforms::Own),
            ("parse_transform (Forms, _) -> Forms.", Transforms::Own),
            ("{erl_opts,[{core_transform,x}]}", Transforms::Foreign),
            ("parse_transform", Transforms::Foreign),
        ] {
            assert_eq!(mentions(text.as_bytes()), expected, "{text}");
        }
    }
}
