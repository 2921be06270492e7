//! Where rebar3 builds.

use std::path::{Path, PathBuf};

use super::{LoadOptions, RebarConfig};
use crate::fs;
use crate::term::{self, Document, Term};

/// rebar3's base directory: `_build`, unless a profile after `as`, the variable `REBAR_BASE_DIR`, the
/// project's or the user's global configuration say otherwise; the first of these that does counts.
pub(super) fn base(
    root: &Path,
    config: &RebarConfig,
    global: Option<&Document>,
    options: &LoadOptions,
) -> PathBuf {
    // `REBAR_PROFILE` alone is applied before rebar3 settles the directory, profiles after `as` later.
    let any = options.profiles.iter().any(|profile| profile != "default");
    let of_profile = if any { config.last_profile("base_dir") } else { None };
    let dir = of_profile
        .and_then(Term::as_text)
        .or_else(|| options.environment.get("REBAR_BASE_DIR").map(String::from))
        .or_else(|| config.top_level("base_dir")?.as_text())
        .or_else(|| term::lookup(&global?.terms, "base_dir")?.as_text());
    root.join(dir.unwrap_or_else(|| "_build".into()))
}

/// The base directory as far as it can be told before the configuration's script is evaluated.
pub(super) fn unevaluated_base(
    root: &Path,
    file: &str,
    global: Option<&Document>,
    options: &LoadOptions,
) -> PathBuf {
    let consulted = || {
        let bytes = fs::read_optional(&root.join(file)).ok()??;
        term::lookup(&term::consult(Path::new(file), &bytes).ok()?.terms, "base_dir")?.as_text()
    };
    let dir = options.environment.get("REBAR_BASE_DIR").map(String::from).or_else(consulted);
    let dir = dir.or_else(|| term::lookup(&global?.terms, "base_dir")?.as_text());
    root.join(dir.unwrap_or_else(|| "_build".into()))
}
