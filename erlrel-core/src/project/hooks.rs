//! Hooks that rebar3 runs before or after it makes a release, and that erlrel does not run.
//!
//! Hooks on anything else, such as `compile`, are rebar3's business: it runs them while it compiles.

use std::path::Path;
use std::sync::Arc;

use super::script::Reader;
use super::{ProjectError, RebarConfig, applications};
use crate::term::{Source, SourceError, Span, Term};

/// A hook on `release` or `tar`.
#[derive(Debug, Clone)]
pub struct Hook {
    /// The rebar3 command: `release` or `tar`.
    pub command: String,
    /// The key that it stands under: `provider_hooks`, `pre_hooks` or `post_hooks`.
    pub key: &'static str,
    source: Arc<Source>,
    span: Span,
}

impl Hook {
    /// An error at the hook's place.
    pub fn error(&self, message: impl Into<String>) -> SourceError {
        self.source.error(self.span, message)
    }
}

/// The hooks on `release` and `tar` in the base and in the active profiles of a configuration.
///
/// Of `{Architecture, Command, Shell}` those for other systems than Linux are left out.
pub fn of_config(config: &RebarConfig) -> Vec<Hook> {
    let hook = |key, (command, span): (String, Span)| Hook {
        command,
        key,
        source: Arc::clone(config.source()),
        span,
    };
    let entries = |key| config.each(key).filter_map(Term::as_list).flatten();
    let of_providers = entries("provider_hooks").filter_map(|side| match side.as_pair() {
        Some(("pre" | "post", hooks)) => hooks.as_list(),
        _ => None,
    });
    let mut hooks: Vec<Hook> = of_providers
        .flatten()
        .filter_map(|entry| provider(&entry))
        .map(|at| hook("provider_hooks", at))
        .collect();
    for key in ["pre_hooks", "post_hooks"] {
        hooks.extend(entries(key).filter_map(|entry| shell(&entry)).map(|at| hook(key, at)));
    }
    hooks
}

/// Those of the project and of its applications, whose hooks rebar3 runs too.
pub(super) fn all(
    reader: &Reader<'_>,
    config: &RebarConfig,
    profiles: &[String],
) -> Result<Vec<Hook>, ProjectError> {
    let mut hooks = of_config(config);
    for dir in applications::project_dirs(reader.root, config)? {
        let dir = dir.strip_prefix(reader.root).unwrap_or(&dir);
        let Some(file) = config_file(dir) else { continue };
        let app = RebarConfig::read_app(reader, &file, profiles)?;
        hooks.extend(app.iter().flat_map(of_config));
    }
    Ok(hooks)
}

/// The configuration of an application below the project; the project's own folder has the one that was read.
fn config_file(dir: &Path) -> Option<String> {
    let is_root = dir.as_os_str().is_empty() || dir == Path::new(".");
    if is_root { None } else { Some(dir.join("rebar.config").to_str()?.to_string()) }
}

fn provider(entry: &Term) -> Option<(String, Span)> {
    let (command, _) = entry.as_pair()?;
    makes_release(command).then(|| (command.into(), entry.span()))
}

fn shell(entry: &Term) -> Option<(String, Span)> {
    let command = match entry.as_tuple()? {
        [command, _] => command,
        [architecture, command, _] if !is_foreign(&architecture.as_text()?) => command,
        _ => return None,
    };
    let command = command.as_atom()?;
    makes_release(command).then(|| (command.into(), entry.span()))
}

fn makes_release(command: &str) -> bool {
    matches!(command, "release" | "tar")
}

/// True if a regular expression names nothing but systems that are not Linux; any other may mean this one.
fn is_foreign(architecture: &str) -> bool {
    const FOREIGN: [&str; 9] =
        ["cygwin", "darwin", "dragonfly", "freebsd", "mingw", "netbsd", "openbsd", "solaris", "win32"];
    architecture.trim_matches(['(', ')', '^', '$']).split('|').all(|name| FOREIGN.contains(&name))
}

#[cfg(test)]
mod tests {
    use crate::project::{LoadOptions, load};

    fn hooks(config: &str, profiles: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("rebar.config"), config).expect("written");
        let profiles = profiles.iter().map(ToString::to_string).collect();
        let options = LoadOptions { profiles, ..LoadOptions::default() };
        let project = load(dir.path(), &options).expect("a project");
        project
            .hooks
            .iter()
            .map(|hook| hook.error(format!("{} {}", hook.key, hook.command)).to_string())
            .collect()
    }

    #[test]
    fn hooks_of_every_form_are_found_at_their_place() {
        insta::assert_snapshot!(hooks("{provider_hooks, [{pre, [{compile, x}, {release, {ns, x}}]}, {post, [{tar, x}]}]}.", &[]).join("\n"), @r"
        rebar.config:1:40: provider_hooks release
          |
        1 | {provider_hooks, [{pre, [{compile, x}, {release, {ns, x}}]}, {post, [{tar, x}]}]}.
          |                                        ^^^^^^^^^^^^^^^^^^
        rebar.config:1:70: provider_hooks tar
          |
        1 | {provider_hooks, [{pre, [{compile, x}, {release, {ns, x}}]}, {post, [{tar, x}]}]}.
          |                                                                      ^^^^^^^^
        ");
        let text = "{pre_hooks, [{release, \"a\"}, {\"(linux|darwin)\", tar, \"b\"}, {\"win32\", tar, \"c\"}, {\"(darwin|freebsd)\", tar, \"d\"}]}.";
        assert_eq!(hooks(text, &[]).len(), 2);
        assert_eq!(hooks(&text.replace("pre", "post"), &[]).len(), 2);
    }

    #[test]
    fn hooks_of_profiles_count_when_they_are_active_and_those_on_other_commands_never() {
        let text = "{pre_hooks, [{compile, \"make\"}, {\"linux\", clean, \"make clean\"}]}.
            {provider_hooks, [{post, [{compile, {pc, compile}}]}]}.
            {profiles, [{prod, [{post_hooks, [{release, \"x\"}]}]}]}.";
        assert_eq!(hooks(text, &[]).len(), 0);
        assert_eq!(hooks(text, &["prod"]).len(), 1);
    }
}
