//! rebar3's graph of compiled files, moved to another directory.
//!
//! It is a term (rebar3, `rebar_compiler_dag`): `{dag, Version, Meta, Vertices, Edges, Neighbours}`, the tables of a
//! `digraph`. A vertex is a source with its time, or a BEAM file with the options that it was compiled with, among them
//! directories. rebar3 compiles again what has a source newer than its BEAM file, or other options. In an image all files
//! are of one time, but for headers of Erlang, which are newer than that: they are left out.

use std::collections::BTreeSet;

use crate::compilation::plain_term;
use crate::image::timestamp::date_and_time;
use crate::term::{self, AtomEncoding, Term, Value};

/// The graph for a project at `to` whose files are all of the time `epoch`; `None` if this is no graph that rebar3 would
/// read, so that nothing is lost without it but the time to compile.
pub(super) fn moved(bytes: &[u8], from: &str, to: &str, epoch: u64) -> Option<Vec<u8>> {
    let graph = term::decode(&plain_term(bytes)?).ok()?;
    let [name, version, meta, vertices, edges, neighbours] = graph.as_tuple()? else { return None };
    let inside = |term: &Term| term.as_string().is_none_or(|path| path.starts_with(&format!("{from}/")));
    let time = time(epoch);
    let vertices = vertices.as_list()?;
    let vertices = vertices.iter().filter(|vertex| first(vertex).is_some_and(inside));
    let vertices = vertices.map(|vertex| with_time(vertex, &time));
    let all_edges = edges.as_list()?;
    let edges: Vec<&Term> = all_edges.iter().filter(|edge| ends(edge).is_some_and(&inside)).collect();
    let kept: BTreeSet<String> =
        edges.iter().filter_map(|edge| first(edge)).map(ToString::to_string).collect();
    let neighbours = neighbours.as_list()?;
    let is_kept = |entry: &&Term| match entry.as_tuple() {
        Some([key, edge]) => key.as_atom().is_some() || kept.contains(&edge.to_string()),
        _ => false,
    };
    let neighbours = neighbours.iter().filter(is_kept).cloned();
    let tables = [Term::list(vertices), Term::list(edges.into_iter().cloned()), Term::list(neighbours)];
    let [name, version, meta] = [name, version, meta].map(Clone::clone);
    let graph = Term::tuple([name, version, meta].into_iter().chain(tables));
    Some(term::encode(&relocated(&graph, from, to), AtomEncoding::Utf8))
}

fn first(term: &Term) -> Option<&Term> {
    term.as_tuple()?.first()
}

/// What an edge leads to.
fn ends(edge: &Term) -> Option<&Term> {
    match edge.as_tuple() {
        Some([_, _, to, _]) => Some(to),
        _ => None,
    }
}

/// `{{Year, Month, Day}, {Hour, Minute, Second}}`.
fn time(epoch: u64) -> Term {
    let (date, time) = date_and_time(epoch);
    let tuple = |numbers: [u64; 3]| Term::tuple(numbers.map(Term::integer));
    Term::tuple([tuple(date), tuple(time)])
}

/// A source, with this time in place of its own.
fn with_time(vertex: &Term, time: &Term) -> Term {
    let is_time = |term: &Term| {
        term.as_tuple()
            .is_some_and(|parts| parts.len() == 2 && parts.iter().all(|part| part.as_tuple().is_some()))
    };
    match vertex.as_tuple() {
        Some([path, there]) if is_time(there) => Term::tuple([path.clone(), time.clone()]),
        _ => vertex.clone(),
    }
}

/// With every path below `from` as one below `to`.
fn relocated(term: &Term, from: &str, to: &str) -> Term {
    let inner = |terms: &[Term]| terms.iter().map(|term| relocated(term, from, to)).collect::<Vec<_>>();
    match term.value() {
        Value::String(text) => match text.strip_prefix(from) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Term::string(format!("{to}{rest}")),
            _ => term.clone(),
        },
        Value::List(terms) => Term::list(inner(terms)),
        Value::Tuple(terms) => Term::tuple(inner(terms)),
        _ => term.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::deflate;
    use proptest::prelude::*;

    /// How compressed terms begin: version, tag, size before compression.
    const COMPRESSED: [u8; 2] = [131, 80];

    /// Two sources, one of which includes a header of the project and one of Erlang.
    const GRAPH: &str = r#"{dag, 4, [{compiler, "8.2.3"}],
      [{"/home/me/shop/src/a.erl", {{2026,4,7},{10,54,55}}},
       {"/home/me/shop/include/a.hrl", {{2026,4,7},{10,54,55}}},
       {"/home/me/shopping/x.hrl", {{2026,4,7},{10,54,55}}},
       {"/usr/lib/erlang/lib/eunit/include/eunit.hrl", {{2026,4,7},{10,54,55}}},
       {"/home/me/shop/_build/test/lib/shop/ebin/a.beam",
        {artifact, [{outdir, "/home/me/shop/_build/test/lib/shop/ebin"}, debug_info, {i, "/home/me/shop"}]}}],
      [{1, "/home/me/shop/src/a.erl", "/home/me/shop/include/a.hrl", []},
       {2, "/home/me/shop/src/a.erl", "/usr/lib/erlang/lib/eunit/include/eunit.hrl", []},
       {3, "/home/me/shop/_build/test/lib/shop/ebin/a.beam", "/home/me/shop/src/a.erl", artifact}],
      [{{in, "/home/me/shop/include/a.hrl"}, 1}, {{in, "/usr/lib/erlang/lib/eunit/include/eunit.hrl"}, 2},
       {{out, "/home/me/shop/src/a.erl"}, 2}, {'$eid', 3}, {'$vid', 0}]}."#;

    fn bytes() -> Vec<u8> {
        let graph = term::consult(Path::new("graph"), GRAPH.as_bytes()).expect("a term").terms.remove(0);
        term::encode(&graph, AtomEncoding::Utf8)
    }

    #[test]
    fn paths_and_times_are_those_of_the_image_and_headers_of_erlang_are_left_out() {
        let moved = moved(&bytes(), "/home/me/shop", "/app", 0).expect("a graph");
        insta::assert_snapshot!(term::pretty(&term::decode(&moved).expect("a term")), @r#"
        {dag,
         4,
         [{compiler,"8.2.3"}],
         [{"/app/src/a.erl",{{1970,1,1},{0,0,0}}},
          {"/app/include/a.hrl",{{1970,1,1},{0,0,0}}},
          {"/app/_build/test/lib/shop/ebin/a.beam",
           {artifact,[{outdir,"/app/_build/test/lib/shop/ebin"},debug_info,{i,"/app"}]}}],
         [{1,"/app/src/a.erl","/app/include/a.hrl",[]},
          {3,"/app/_build/test/lib/shop/ebin/a.beam","/app/src/a.erl",artifact}],
         [{{in,"/app/include/a.hrl"},1},{'$eid',3},{'$vid',0}]}
        "#);
    }

    #[test]
    fn a_compressed_graph_is_the_same() {
        let plain = bytes();
        let packed = deflate::compress_zlib(&plain[1..]).expect("memory");
        let size = u32::try_from(plain.len() - 1).expect("small").to_be_bytes();
        let compressed = [&COMPRESSED[..], &size, &packed].concat();
        assert_eq!(moved(&compressed, "/home/me/shop", "/app", 0), moved(&plain, "/home/me/shop", "/app", 0));
        assert_eq!(moved(&compressed[..compressed.len() / 2], "/home/me/shop", "/app", 0), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = moved(&bytes, "/a", "/b", 0);
            let _ = moved(&[&COMPRESSED[..], &bytes].concat(), "/a", "/b", 0);
        }
    }
}
