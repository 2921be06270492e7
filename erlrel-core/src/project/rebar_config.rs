//! rebar.config: read, and merged with the active profiles as rebar3 does it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ProjectError;
use super::merge::{merge_relx, merge_value};
use super::script::Reader;
use crate::fs;
use crate::term::{self, Document, Source, SourceError, Term};

/// A project's rebar.config with its active profiles merged in.
#[derive(Debug, Clone)]
pub struct RebarConfig {
    path: PathBuf,
    document: Document,
    profiles: Vec<Vec<Term>>,
    relx: Option<Document>,
}

impl RebarConfig {
    /// Reads the project's file, or its script's result, and `relx.config` for projects that keep their
    /// release there. (`relx.config.script` is nothing to rebar3.)
    ///
    /// # Errors
    /// When there is no such file, or a term in it is no `{Key, Value}`.
    pub(super) fn read(reader: &Reader<'_>, file: &str, profiles: &[String]) -> Result<Self, ProjectError> {
        let path = reader.root.join(file);
        let not_here = || ProjectError::NotAProject { root: reader.root.into(), file: path };
        let config = Self::read_app(reader, file, profiles)?.ok_or_else(not_here)?;
        let relx = fs::read_optional(&reader.root.join("relx.config"))?;
        let relx = relx.map(|bytes| term::consult(Path::new("relx.config"), &bytes)).transpose()?;
        Ok(Self { relx, ..config })
    }

    /// Reads the file of one of the project's applications, which need none.
    ///
    /// # Errors
    /// When a term in it is no `{Key, Value}`.
    pub(super) fn read_app(
        reader: &Reader<'_>,
        file: &str,
        profiles: &[String],
    ) -> Result<Option<Self>, ProjectError> {
        let Some(document) = reader.read(file)? else { return Ok(None) };
        check_pairs(&document)?;
        let profiles = profiles.iter().map(|name| profile(&document, name)).collect::<Result<_, _>>()?;
        Ok(Some(Self { path: reader.root.join(file), document, profiles, relx: None }))
    }

    /// The text, for errors about its terms.
    pub fn source(&self) -> &Arc<Source> {
        &self.document.source
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The value of a key after the profiles are merged.
    pub fn get(&self, key: &str) -> Option<Term> {
        self.layers().filter_map(|terms| last(terms, key)).fold(None, |merged, value| {
            Some(merged.map_or_else(|| value.clone(), |base| merge_value(&base, value)))
        })
    }

    /// The list under a key after the profiles are merged; empty if the key is absent or no list.
    pub fn list(&self, key: &str) -> Vec<Term> {
        self.get(key).and_then(|term| term.as_list()).unwrap_or_default()
    }

    /// The values of a key in the base and in each active profile, unmerged.
    pub fn each(&self, key: &str) -> impl Iterator<Item = &Term> {
        self.layers().filter_map(move |terms| last(terms, key))
    }

    /// All terms of the base and of the active profiles, unmerged.
    pub fn terms(&self) -> Vec<Term> {
        self.layers().flatten().cloned().collect()
    }

    /// The value of a key outside of all profiles.
    pub(super) fn top_level(&self, key: &str) -> Option<&Term> {
        last(&self.document.terms, key)
    }

    /// The value of a key in the last active profile that has it.
    pub(super) fn last_profile(&self, key: &str) -> Option<&Term> {
        self.profiles.iter().rev().find_map(|terms| last(terms, key))
    }

    /// True if a release is configured in rebar.config as well as in relx.config, which then counts for
    /// nothing.
    pub fn has_two_releases(&self) -> bool {
        self.relx.is_some()
            && self.each("relx").any(|value| value.as_list().is_some_and(|list| !list.is_empty()))
    }

    /// The dependencies of the base and of the active profiles.
    pub fn deps(&self) -> Vec<Term> {
        // rebar3 looks `deps` up as a property list, where the first entry counts.
        self.layers()
            .filter_map(|terms| term::lookup(terms, "deps"))
            .filter_map(Term::as_list)
            .flatten()
            .collect()
    }

    /// The release's options in the order in which relx folds over them, and the text they come from.
    ///
    /// The order of the file, until an active profile has a `relx` key: then all are sorted by key.
    ///
    /// # Errors
    /// When a `relx` value is not a list.
    pub fn relx(&self) -> Result<(Arc<Source>, Vec<Term>), SourceError> {
        let mut merged: Option<Vec<Term>> = None;
        for value in self.each("relx") {
            let list =
                value.as_list().ok_or_else(|| self.source().error(value.span(), "`relx` must be a list"))?;
            merged = Some(merged.map_or(list.clone(), |base| merge_relx(&base, &list)));
        }
        match (merged.filter(|list| !list.is_empty()), &self.relx) {
            (None, Some(relx)) => Ok((Arc::clone(&relx.source), relx.terms.clone())),
            (merged, _) => Ok((Arc::clone(self.source()), merged.unwrap_or_default())),
        }
    }

    /// The release's options as they are written: the list of the base, then those of the active profiles in
    /// their order, without those that are no list.
    pub fn relx_lists(&self) -> Vec<Vec<Term>> {
        let lists: Vec<Vec<Term>> = self.each("relx").filter_map(Term::as_list).collect();
        match &self.relx {
            Some(relx) if lists.iter().all(Vec::is_empty) => vec![relx.terms.clone()],
            _ => lists,
        }
    }

    fn layers(&self) -> impl Iterator<Item = &[Term]> {
        std::iter::once(self.document.terms.as_slice()).chain(self.profiles.iter().map(Vec::as_slice))
    }
}

fn check_pairs(document: &Document) -> Result<(), SourceError> {
    let bad = document.terms.iter().find(|term| term.as_tuple().is_none_or(|tuple| tuple.len() != 2));
    bad.map_or(Ok(()), |term| {
        Err(document
            .source
            .error(term.span(), "every term of this file must be a tuple of two: `{Key, Value}.`"))
    })
}

/// The options of one profile; of several entries with its name the first counts.
fn profile(document: &Document, name: &str) -> Result<Vec<Term>, SourceError> {
    let Some(profiles) = last(&document.terms, "profiles") else { return Ok(Vec::new()) };
    let list = |term: &Term, what: &str| {
        term.as_list()
            .ok_or_else(|| document.source.error(term.span(), format!("{what} must be a list of options")))
    };
    let profiles = list(profiles, "`profiles`")?;
    term::lookup(&profiles, name)
        .map_or(Ok(Vec::new()), |options| list(options, &format!("the profile `{name}`")))
}

fn last<'a>(terms: &'a [Term], key: &str) -> Option<&'a Term> {
    terms.iter().rev().filter_map(Term::as_pair).find(|(name, _)| *name == key).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::LoadOptions;

    fn config(text: &str, profiles: &[&str]) -> Result<RebarConfig, String> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("rebar.config"), text).expect("written");
        let profiles: Vec<String> = profiles.iter().map(ToString::to_string).collect();
        let options = LoadOptions::default();
        let reader = Reader { root: dir.path(), options: &options, base_dir: dir.path() };
        RebarConfig::read(&reader, "rebar.config", &profiles).map_err(|error| error.to_string())
    }

    #[test]
    fn profiles_are_merged_in_their_order() {
        let text = "{relx, [{mode, dev}]}. {erlrel, [{env, [{\"A\", \"1\"}]}, {base, \"scratch\"}]}.
            {profiles, [{prod, [{relx, [{mode, prod}]}, {erlrel, [{base, \"oci:x\"}]}]}, {b, [{relx, [{mode, dev}]}]}]}.";
        let config = config(text, &["prod", "b"]).expect("a configuration");
        let relx: Vec<String> = config.relx().expect("a list").1.iter().map(ToString::to_string).collect();
        assert_eq!(
            relx,
            ["{mode,dev}", "{mode,prod}"],
            "identical duplicates are dropped, keeping the first"
        );
        let erlrel = config.list("erlrel");
        assert_eq!(term::lookup(&erlrel, "base").and_then(Term::as_string), Some("oci:x".into()));
    }

    #[test]
    fn a_term_that_is_no_pair_is_shown() {
        insta::assert_snapshot!(config("{a, 1}.\n{relx, [], x}.\n", &[]).expect_err("bad"), @r"
        rebar.config:2:1: every term of this file must be a tuple of two: `{Key, Value}.`
          |
        2 | {relx, [], x}.
          | ^^^^^^^^^^^^^
        ");
        insta::assert_snapshot!(config("{profiles, [{prod, yes}]}.", &["prod"]).expect_err("bad"), @r"
        rebar.config:1:20: the profile `prod` must be a list of options
          |
        1 | {profiles, [{prod, yes}]}.
          |                    ^^^
        ");
    }
}
