//! Which dependencies stand still.

use std::collections::BTreeSet;

use super::Project;
use crate::term::Term;

impl Project {
    /// The dependencies that rebar.config asks for by something that moves, or is moved often: a branch or a commit of a
    /// repository. Hex packages and tags stand still, and so does what only another dependency asks for, until rebar.lock
    /// moves.
    pub fn moving_dependencies(&self) -> BTreeSet<String> {
        self.config.deps().iter().filter_map(moving).collect()
    }
}

/// The name of a dependency, if it is one of these: `{Name, Source}`, `{Name, Vsn, Source}`, with more behind.
fn moving(dependency: &Term) -> Option<String> {
    let [name, rest @ ..] = dependency.as_tuple()? else { return None };
    let source = rest.iter().find_map(Term::as_tuple)?;
    let is_package = source.first().is_some_and(|kind| kind.is_atom("pkg"));
    let has_tag = source.iter().filter_map(Term::as_tuple).any(is_tag);
    (!is_package && !has_tag).then(|| name.as_text()).flatten()
}

fn is_tag(revision: &[Term]) -> bool {
    revision.first().is_some_and(|kind| kind.is_atom("tag"))
}

#[cfg(test)]
mod tests {
    use crate::project::{LoadOptions, load};

    #[test]
    fn branches_and_commits_move_and_packages_and_tags_do_not() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let config = r#"{deps, [a, {b, "1.0"}, {c, {pkg, other}}, {d, "1.0", {pkg, other}},
            {e, {git, "u", {tag, "1"}}}, {f, "1.*", {git, "u", {tag, "1"}}}, {g, {git_subdir, "u", {tag, "1"}, "g"}},
            {h, {git, "u"}}, {i, {git, "u", {branch, "main"}}}, {j, ".*", {git, "u", {ref, "abc"}}},
            {k, {git_subdir, "u", {branch, "main"}, "k"}}, {l, {hg, "u", "tip"}}]}.
            {profiles, [{prod, [{deps, [{m, {git, "u", {branch, "main"}}}]}]}]}."#;
        std::fs::write(dir.path().join("rebar.config"), config).expect("written");
        let options = LoadOptions { profiles: vec!["prod".into()], ..LoadOptions::default() };
        let moving = load(dir.path(), &options).expect("a project").moving_dependencies();
        assert_eq!(moving.into_iter().collect::<String>(), "hijklm");
    }
}
