//! rebar3's graph of compiled files, from which it can be told which headers were read.
//!
//! It is a term (rebar3, `rebar_compiler_dag`): `{dag, Version, Meta, Vertices, Edges, Neighbours}`, the tables of a
//! `digraph`. A vertex is a pair: a path with its time, or with the options that it was compiled with.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::deflate;
use crate::fs;
use crate::project::Project;
use crate::term;

/// How compressed terms begin: version, tag, size before compression.
const COMPRESSED: [u8; 2] = [131, 80];

/// More than any graph has; it is read into memory.
const LARGEST: usize = 256 << 20;

/// An encoded term that is not compressed, from one that may be.
pub(crate) fn plain(bytes: &[u8]) -> Option<Vec<u8>> {
    let Some(rest) = bytes.strip_prefix(&COMPRESSED) else { return Some(bytes.to_vec()) };
    let (size, packed) = rest.split_first_chunk::<4>()?;
    let size = usize::try_from(u32::from_be_bytes(*size)).ok().filter(|size| *size <= LARGEST)?;
    Some([&[131], deflate::decompress_zlib(packed, size).ok()?.as_slice()].concat())
}

/// All files that the project's applications were compiled from.
///
/// # Errors
/// When rebar3 has left no graph, or another one than this module knows: what it says.
pub(super) fn headers(project: &Project) -> Result<BTreeSet<PathBuf>, String> {
    let dir = project.lib_dir(&project.profile_dir());
    let files = fs::list(&dir.join(".rebar3/rebar_compiler_erl")).unwrap_or_default();
    let graphs: Vec<&PathBuf> =
        files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "dag")).collect();
    if graphs.is_empty() {
        return Err("rebar3 has not written down which headers it has read".into());
    }
    let mut all = BTreeSet::new();
    for path in graphs {
        let unknown =
            || format!("`{}` cannot be read, where rebar3 keeps which headers it has read", path.display());
        all.extend(vertices(path).ok_or_else(unknown)?);
    }
    Ok(all)
}

fn vertices(path: &Path) -> Option<Vec<PathBuf>> {
    let graph = term::decode(&plain(&fs::read(path).ok()?)?).ok()?;
    let [name, _, _, vertices, ..] = graph.as_tuple()? else { return None };
    let path = |vertex: &term::Term| vertex.as_tuple()?.first()?.as_string().map(PathBuf::from);
    name.is_atom("dag").then_some(())?;
    vertices.as_list()?.iter().map(path).collect()
}
