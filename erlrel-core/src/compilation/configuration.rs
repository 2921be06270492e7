//! What a rebar.config makes rebar3 do that erlrel cannot foresee.

use super::areas::BUILD;
use crate::term::{self, Term};

/// What is no part of compiling, or is not done again for what is compiled already. `profiles` and `overrides` are looked into.
const PASSED_OVER: [&str; 27] = [
    "alias",
    "cover_enabled",
    "cover_excl_mods",
    "cover_opts",
    "cover_print_enabled",
    "ct_opts",
    "ct_readable",
    "deps",
    "dialyzer",
    "dialyzer_base_plt_apps",
    "edoc_opts",
    "erlfmt",
    "erlrel",
    "escript_emu_args",
    "escript_name",
    "eunit_opts",
    "eunit_tests",
    "ex_doc",
    "hex",
    "minimum_otp_vsn",
    "overrides",
    "plugins",
    "profiles",
    "project_plugins",
    "relx",
    "shell",
    "xref_checks",
];

/// Hooks on these are not run by a compilation.
const OTHER_COMMANDS: [&str; 20] = [
    "clean",
    "cover",
    "ct",
    "deps",
    "dialyzer",
    "do",
    "edoc",
    "escriptize",
    "eunit",
    "get-deps",
    "path",
    "publish",
    "release",
    "relup",
    "shell",
    "tar",
    "tree",
    "unlock",
    "upgrade",
    "xref",
];

/// Plugins that have commands of their own and do nothing while something is compiled.
const COMMANDS_ONLY: [&str; 19] = [
    "coveralls",
    "covertool",
    "erlfmt",
    "rebar3_auto",
    "rebar3_bench",
    "rebar3_cover_merge",
    "rebar3_depup",
    "rebar3_edoc_extensions",
    "rebar3_erlrel",
    "rebar3_ex_doc",
    "rebar3_format",
    "rebar3_hank",
    "rebar3_hex",
    "rebar3_lint",
    "rebar3_proper",
    "rebar3_run",
    "rebar3_sbom",
    "rebar3_todo",
    "steamroller",
];

/// The first such thing in the terms of a configuration, in all of its profiles. `is_own` says of a name whether it is an
/// application of the project: overrides of others are for what is not compiled again.
pub(super) fn doubt(terms: &[Term], is_own: &dyn Fn(&str) -> bool) -> Option<String> {
    let of_term = |term: &Term| {
        let (key, value) = term.as_pair()?;
        match key {
            "pre_hooks" | "post_hooks" => entries(value).iter().find_map(shell_hook),
            "provider_hooks" => provider_hook(value),
            "plugins" | "project_plugins" => entries(value).iter().find_map(plugin),
            "profiles" => entries(value)
                .iter()
                .find_map(|profile| doubt(&entries(profile.as_pair().map(|(_, options)| options)?), is_own)),
            "overrides" => entries(value).iter().find_map(|entry| of_override(entry, is_own)),
            key if PASSED_OVER.contains(&key) || key.starts_with("xref_") => None,
            key if is_base_inside(key, value) => None,
            key => {
                leads_out(value).then(|| format!("`{key}` names a path out of the project, or a hidden one"))
            }
        }
    };
    terms.iter().find_map(of_term)
}

fn entries(list: &Term) -> Vec<Term> {
    list.as_list().unwrap_or_default()
}

fn hook_on(command: &str) -> Option<String> {
    let runs = !OTHER_COMMANDS.contains(&command);
    runs.then(|| format!("a hook on `{command}` may do anything"))
}

/// `{Command, Shell}` or `{Architecture, Command, Shell}`.
fn shell_hook(hook: &Term) -> Option<String> {
    let command = match hook.as_tuple() {
        Some([command, _] | [_, command, _]) => command.as_atom(),
        _ => None,
    };
    hook_on(command.unwrap_or("anything"))
}

/// `[{pre | post, [{Command, Provider}]}]`.
fn provider_hook(sides: &Term) -> Option<String> {
    let hooks = entries(sides)
        .into_iter()
        .flat_map(|side| side.as_pair().map(|(_, hooks)| entries(hooks)).unwrap_or_default());
    hooks.into_iter().find_map(|hook| hook_on(hook.as_pair().map_or("anything", |(command, _)| command)))
}

fn plugin(entry: &Term) -> Option<String> {
    let name = entry.as_atom().or_else(|| entry.as_tuple()?.first()?.as_atom()).unwrap_or("?");
    let is_harmless = COMMANDS_ONLY.contains(&name);
    (!is_harmless).then(|| format!("the plugin `{name}` may do anything"))
}

/// `{Kind, Application, Options}`, or `{Kind, Options}` for all.
fn of_override(entry: &Term, is_own: &dyn Fn(&str) -> bool) -> Option<String> {
    match entry.as_tuple()? {
        [_, options] => doubt(&entries(options), is_own),
        [_, name, options] if name.as_atom().is_none_or(is_own) => doubt(&entries(options), is_own),
        _ => None,
    }
}

/// True if a string in it is a path to somewhere else. A macro has any value.
fn leads_out(term: &Term) -> bool {
    if let Some(text) = term.as_string() {
        return is_path_out(&text);
    }
    match (term.as_list(), term.as_tuple()) {
        (Some(list), _) => list.iter().any(leads_out),
        (None, Some([macro_, ..])) if macro_.is_atom("d") => false,
        (None, Some(parts)) => parts.iter().any(leads_out),
        _ => false,
    }
}

/// True for a path out of the project, and for one to where inputs are not looked for.
pub(super) fn is_path_out(text: &str) -> bool {
    let is_hidden = |part: &str| part.starts_with('.') && part != "." || part == BUILD;
    is_outside(text) || text.split('/').any(is_hidden)
}

fn is_outside(text: &str) -> bool {
    text.starts_with('/') || text.split('/').any(|part| part == "..")
}

/// Where rebar3 builds is no input.
fn is_base_inside(key: &str, value: &Term) -> bool {
    key == "base_dir" && value.as_string().is_some_and(|text| !is_outside(&text))
}

/// The value of `vsn` in an `.app.src`.
pub(super) fn version(terms: &[Term]) -> Option<Term> {
    match terms.first()?.as_tuple()? {
        [kind, _, options] if kind.is_atom("application") => {
            term::lookup(&options.as_list()?, "vsn").cloned()
        }
        _ => None,
    }
}
