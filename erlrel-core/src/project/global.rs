//! rebar3's global configuration, which takes part in every build of a user.

use std::path::{Path, PathBuf};

use super::ProjectError;
use crate::environment::Environment;
use crate::fs;
use crate::term::{self, Document, Term};

/// `REBAR_GLOBAL_CONFIG_DIR/.config/rebar3/rebar.config`; the home directory stands in for the variable.
fn path(environment: &Environment) -> Option<PathBuf> {
    let dir = environment.get("REBAR_GLOBAL_CONFIG_DIR").or_else(|| environment.get("HOME"))?;
    Some(Path::new(dir).join(".config/rebar3/rebar.config"))
}

/// The terms of the file, if there is one.
///
/// # Errors
/// When it is unreadable or malformed.
pub(super) fn read(environment: &Environment) -> Result<Option<Document>, ProjectError> {
    let Some(path) = path(environment) else { return Ok(None) };
    let Some(bytes) = fs::read_optional(&path)? else { return Ok(None) };
    Ok(Some(term::consult(&path, &bytes)?))
}

/// Keys of a global configuration that would change releases: the top-level ones, and those of active
/// profiles.
pub(super) fn release_keys(document: &Document, profiles: &[String]) -> Vec<&'static str> {
    let of_profiles = term::lookup(&document.terms, "profiles").and_then(Term::as_list).unwrap_or_default();
    let active = profiles.iter().filter_map(|name| term::lookup(&of_profiles, name)?.as_list());
    let terms: Vec<Term> = document.terms.iter().cloned().chain(active.flatten()).collect();
    ["relx", "erlrel"].into_iter().filter(|key| term::lookup(&terms, key).is_some()).collect()
}
