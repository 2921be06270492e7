//! What rebar3 has read, and whether anything in it makes the compiler run other code.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{Work, graph, has_end, own_dirs, real, toolchain};

/// What was read the last time, as far as rebar3 says.
pub(super) struct Reading {
    pub(super) files: BTreeSet<PathBuf>,
    /// The same by their real paths.
    pub(super) places: BTreeSet<PathBuf>,
    names: BTreeSet<OsString>,
    /// Whether the compiler may read, or may have read, other files than rebar3 knows of, and run other code.
    pub(super) is_more: bool,
}

/// What makes the compiler run other code, or name files. The transforms of Erlang itself, which its own headers name, read nothing.
const MORE: [&str; 5] = ["parse_transform", "core_transform", "yrl_opts", "xrl_opts", "mib_opts"];

impl Reading {
    /// That of the last compilation.
    pub(super) fn of(work: &Work<'_>) -> Self {
        let read = graph::headers(&work.project);
        let is_known = read.is_ok();
        let files = read.unwrap_or_default();
        let places = files.par_iter().map(|path| real(path)).collect();
        let names = files.iter().filter_map(|path| path.file_name()).map(Into::into).collect();
        let of_erlang = toolchain::root(work.options.environment);
        let is_compiled_here = |path: &Path| {
            let is_of_dependency = path.starts_with(&work.project.base_dir) && has_end(path, "erl");
            !is_of_dependency
                && !has_end(path, "beam")
                && !of_erlang.as_ref().is_some_and(|root| path.starts_with(root))
        };
        let is_more = !is_known
            || is_more_by_options(work)
            || files
                .par_iter()
                .any(|path| is_compiled_here(path) && !std::fs::read(path).is_ok_and(|text| !is_more(&text)));
        Self { files, places, names, is_more }
    }

    /// True if a file with the name of this one was read. Its path may be another one: rebar3 does not resolve links.
    pub(super) fn has_name(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| self.names.contains(name))
    }
}

/// Of macros in the environment rebar3 knows nothing, and so not of what is included only with them.
fn is_more_by_options(work: &Work<'_>) -> bool {
    let Work { project, options, .. } = work;
    let of_environment =
        options.environment.get("ERL_COMPILER_OPTIONS").is_some_and(|text| text.contains('{'));
    let of_project = project.config.terms().iter().any(|term| is_more(term.to_string().as_bytes()));
    let in_file = |dir: &PathBuf| std::fs::read(dir.join("rebar.config")).is_ok_and(|text| is_more(&text));
    of_environment || of_project || own_dirs(project).iter().any(in_file)
}

fn is_more(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    MORE.iter().any(|word| text.contains(word))
}
