//! How rebar3 merges a profile's options over the base's.

use crate::term::Term;

/// Which of two entries with the same key comes first in a merged list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// The base's entry: the rule for `relx`, where later entries win.
    Base,
    /// The profile's entry: the rule for everything else, where the first wins.
    Profile,
}

/// One key-sorted list of both; identical entries are kept once.
pub(super) fn merge_sorted(base: &[Term], profile: &[Term], first: First) -> Vec<Term> {
    let tagged =
        |terms: &[Term], rank: u8| terms.iter().map(move |term| (rank, term.clone())).collect::<Vec<_>>();
    let (base_rank, profile_rank) = if first == First::Base { (0, 1) } else { (1, 0) };
    let mut all = [tagged(base, base_rank), tagged(profile, profile_rank)].concat();
    all.sort_by(|(rank_a, a), (rank_b, b)| key(a).cmp(key(b)).then(rank_a.cmp(rank_b)));
    all.into_iter().fold(Vec::new(), |mut merged, (_, term)| {
        if !merged.contains(&term) {
            merged.push(term);
        }
        merged
    })
}

/// The value of one option after a profile's is merged over it.
///
/// Strings and scalars are replaced; `erl_opts`-like concatenation is not needed here; lists are united;
/// an empty list erases nothing.
pub(super) fn merge_value(base: &Term, profile: &Term) -> Term {
    match (base.as_list(), profile.as_list()) {
        (Some(_), Some(new)) if new.is_empty() && !is_text(base) => base.clone(),
        (Some(old), Some(new)) if !is_text(base) && !is_text(profile) => {
            Term::list(merge_sorted(&old, &new, First::Profile)).at(profile.span())
        }
        _ => profile.clone(),
    }
}

/// `relx` lists: overlays are set apart and the profile's come first; the rest is merged with the base's
/// entries before the profile's, so that in relx's fold the profile's win.
pub(super) fn merge_relx(base: &[Term], profile: &[Term]) -> Vec<Term> {
    let split = |terms: &[Term]| terms.iter().cloned().partition::<Vec<_>, _>(is_overlay);
    let (base_overlays, base_rest) = split(base);
    let (profile_overlays, profile_rest) = split(profile);
    [profile_overlays, base_overlays, merge_sorted(&base_rest, &profile_rest, First::Base)].concat()
}

fn is_overlay(term: &Term) -> bool {
    term.as_pair().is_some_and(|(key, _)| key == "overlay")
}

fn is_text(term: &Term) -> bool {
    matches!(term.value(), crate::term::Value::String(_))
}

/// An entry's key: the first element of a tuple, or the entry itself.
fn key(term: &Term) -> &Term {
    term.as_tuple().and_then(<[Term]>::first).unwrap_or(term)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::term::consult;

    fn list(text: &str) -> Vec<Term> {
        let document = consult(Path::new("x"), format!("{text}.").as_bytes()).expect("terms");
        document.terms[0].as_list().expect("a list")
    }

    fn show(terms: &[Term]) -> String {
        terms.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_relx_list_is_sorted_by_key_with_the_base_first() {
        let base = list("[{vm_args, \"a\"}, {dev_mode, true}, {overlay, [x]}, {include_erts, false}]");
        let profile = list("[{overlay, [y]}, {mode, prod}, {dev_mode, false}, {include_erts, false}]");
        insta::assert_snapshot!(
            show(&merge_relx(&base, &profile)),
            @r#"{overlay,[y]} {overlay,[x]} {dev_mode,true} {dev_mode,false} {include_erts,false} {mode,prod} {vm_args,"a"}"#
        );
    }

    #[test]
    fn other_lists_have_the_profile_first() {
        let merged = merge_sorted(&list("[{a, 1}, b]"), &list("[{a, 2}, b, c]"), First::Profile);
        assert_eq!(show(&merged), "{a,2} {a,1} b c");
    }
}
