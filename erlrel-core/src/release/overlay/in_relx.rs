//! Overlays that relx's tarball has elsewhere, or not at all.

use super::apply::own_variables;
use super::variables::Variables;
use super::{Directive, OverlayAction, Text};
use crate::release::spec::{IncludeErts, ReleaseSpec};
use crate::term::SourceError;

/// Overlays that are in relx's tarball under an absolute path, or not there.
pub(in crate::release) fn relx_differs(
    actions: &[OverlayAction],
    variables: &Variables,
    spec: &ReleaseSpec,
) -> Vec<SourceError> {
    let listed: Vec<String> = actions.iter().filter_map(|action| listed(action, variables)).collect();
    let differs =
        |action| absolute(action, variables).or_else(|| forgotten(action, variables, spec, &listed));
    actions.iter().filter_map(differs).collect()
}

/// The destination of a directive that relx adds to its tarball.
fn destination(action: &OverlayAction) -> Option<&Text> {
    match &action.directive {
        Directive::Mkdir { to } => Some(to),
        Directive::Copy { to, .. }
        | Directive::Link { to, .. }
        | Directive::Template { to, vars: None, .. } => {
            // All of `bin` is in the tarball anyway.
            Some(to).filter(|to| !to.text.starts_with("bin/"))
        }
        _ => None,
    }
}

/// The same, rendered, without what relx takes as an absolute path.
fn listed(action: &OverlayAction, variables: &Variables) -> Option<String> {
    let path = rendered(destination(action)?, variables)?;
    let path = path.trim_end_matches('/').trim_start_matches("./");
    (!path.is_empty() && path != "." && !path.starts_with('/')).then(|| path.to_string())
}

fn rendered(text: &Text, variables: &Variables) -> Option<String> {
    String::from_utf8(variables.render(text.text.as_bytes()).ok()?.bytes).ok()
}

/// A destination below `{{output_dir}}`.
fn absolute(action: &OverlayAction, variables: &Variables) -> Option<SourceError> {
    let to = destination(action)?;
    let path = rendered(to, variables)?;
    let message = "in relx's tarball this has the absolute path that it has on this machine; erlrel has it inside of the \
                   release, where it also is without `{{output_dir}}/`, with both";
    (variables.inside(&path) != path).then(|| action.error(to.span, message))
}

/// A template with a file of variables, which relx does not add to its tarball, unless something else does.
fn forgotten(
    action: &OverlayAction,
    variables: &Variables,
    spec: &ReleaseSpec,
    listed: &[String],
) -> Option<SourceError> {
    let Directive::Template { to, vars: Some(_), .. } = &action.directive else { return None };
    let own = own_variables(action, variables).ok().flatten();
    let path = rendered(to, own.as_ref().unwrap_or(variables))?;
    let path = variables.inside(&path).trim_start_matches("./");
    let is_below = |dir: &String| {
        path.strip_prefix(dir.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let is_there = listed.iter().any(is_below) || is_packed_anyway(path, spec);
    let message = "relx's tarball does not have this file, as relx forgets templates with a file of variables; erlrel's has \
                   it. With the variables in `overlay_vars` both have it";
    (!is_there).then(|| action.error(action.span, message))
}

/// What systools and relx take from the directory whoever has put it there.
fn is_packed_anyway(path: &str, spec: &ReleaseSpec) -> bool {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        ["bin", ..] | ["lib", _, "priv" | "ebin", ..] | ["releases", "start_erl.data" | "RELEASES"] => true,
        ["lib", _, "src" | "include", ..] => spec.include_src == Some(true),
        ["releases", vsn, name] if *vsn == spec.vsn => {
            let suffixes = ["", ".src", ".orig"];
            let is_configuration =
                |file: &str| name.strip_prefix(file).is_some_and(|suffix| suffixes.contains(&suffix));
            ["start.boot", "start_clean.boot", "no_dot_erlang.boot", "relup"].contains(name)
                || **name == format!("{}.rel", spec.name)
                || is_configuration("sys.config")
                || is_configuration("vm.args")
        }
        [erts, "bin", _] if erts.starts_with("erts-") => spec.include_erts != IncludeErts::No,
        _ => false,
    }
}
