//! The small files that describe a release: `.rel`, `RELEASES`, `start_erl.data`.

use super::goal::StartType;
use super::resolve::ReleaseApp;
use crate::term::{Term, pretty};

/// `NAME.rel`: `{release, {Name, Vsn}, {erts, ErtsVsn}, Applications}` (OTP's `rel(4)`).
pub(super) fn rel(name: &str, vsn: &str, erts_vsn: &str, apps: &[ReleaseApp]) -> String {
    let term = Term::tuple([
        Term::atom("release"),
        Term::tuple([Term::string(name), Term::string(vsn)]),
        Term::tuple([Term::atom("erts"), Term::string(erts_vsn)]),
        Term::list(apps.iter().map(rel_entry)),
    ]);
    format!("{}.\n", pretty(&term))
}

/// Permanent is left out unless a list of included applications follows.
fn rel_entry(app: &ReleaseApp) -> Term {
    let mut parts = vec![Term::atom(&*app.app.name), Term::string(&app.app.vsn)];
    match (app.start, &app.included) {
        (Some(start), Some(_)) => parts.push(Term::atom(start.to_string())),
        (Some(start), None) if start != StartType::Permanent => parts.push(Term::atom(start.to_string())),
        _ => {}
    }
    parts.extend(app.included.as_ref().map(Term::atoms));
    Term::tuple(parts)
}

/// `releases/RELEASES`: what the release handler knows of the installed releases.
pub(super) fn releases(name: &str, vsn: &str, erts_vsn: &str, apps: &[ReleaseApp]) -> String {
    let libs = apps.iter().map(|app| {
        let dir = format!("./lib/{}", app.app.dir_name());
        Term::tuple([Term::atom(&*app.app.name), Term::string(&app.app.vsn), Term::string(dir)])
    });
    let release = Term::tuple([
        Term::atom("release"),
        Term::string(name),
        Term::string(vsn),
        Term::string(erts_vsn),
        Term::list(libs),
        Term::atom("permanent"),
    ]);
    format!("%% coding: utf-8\n{}.\n", pretty(&Term::list([release])))
}

/// `releases/start_erl.data`: the versions of ERTS and of the release.
pub(super) fn start_erl_data(vsn: &str, erts_vsn: &str) -> String {
    format!("{erts_vsn} {vsn}")
}
