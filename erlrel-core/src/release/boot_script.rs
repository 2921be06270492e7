//! The boot script: what the runtime system does, step by step, to start a release.
//!
//! Computed as OTP's `systools` computes it (order of applications, shape and order of instructions), so
//! that the encoded boot files are the same bytes; see docs/relx-parity.md for how that is checked.

use std::collections::BTreeSet;

use super::goal::StartType;
use super::order;
use super::{ReleaseApp, ReleaseError};
use crate::application::{Application, ApplicationError};
use crate::otp::OtpRoot;
use crate::term::{Term, encode};

/// An application as one boot script sees it.
#[derive(Debug, Clone)]
pub(super) struct BootApp<'a> {
    pub(super) app: &'a Application,
    pub(super) packed: bool,
    pub(super) start: StartType,
    pub(super) included: Vec<String>,
}

/// The three boot files of a release, encoded, and the term of the first for `start.script`.
#[derive(Debug)]
pub struct BootFiles {
    /// Starts the release.
    pub start: Vec<u8>,
    /// `start` as a term.
    pub start_script: Term,
    /// Starts kernel and stdlib only; all other applications can be loaded.
    pub start_clean: Vec<u8>,
    /// Starts kernel and stdlib, and does not read `.erlang`.
    pub no_dot_erlang: Vec<u8>,
}

/// Computes the boot files of a release.
///
/// # Errors
/// What `systools` refuses: an application that is missing or needed in a circle, a module or a
/// registered name that two applications have, an application that two others include, a name that stands
/// twice in a list of an application (in `applications` and `optional_applications` since OTP 27).
pub fn boot_files(
    name: &str,
    vsn: &str,
    apps: &[ReleaseApp],
    otp: &OtpRoot,
) -> Result<BootFiles, ReleaseError> {
    check_repeated(apps, otp)?;
    let all: Vec<BootApp<'_>> = apps.iter().map(boot_app).collect();
    let is_basic = |app: &BootApp<'_>| matches!(app.app.name.as_str(), "kernel" | "stdlib");
    let (mut basic, others): (Vec<_>, Vec<_>) = all.iter().cloned().partition(is_basic);
    basic.sort_by(|a, b| a.app.name.cmp(&b.app.name));
    // relx names all others there by version and type only, without a goal's own list of included ones.
    let passive = others.into_iter().map(|app| BootApp {
        start: StartType::None,
        included: app.app.included.clone(),
        ..app
    });
    let clean: Vec<BootApp<'_>> = basic.iter().cloned().chain(passive).collect();
    let start_script = script(name, vsn, &all, otp, DotErlang::Read)?;
    let encode = |term: &Term| encode(term, otp.atom_encoding());
    Ok(BootFiles {
        start: encode(&start_script),
        start_script,
        start_clean: encode(&script("start_clean", "1.0", &clean, otp, DotErlang::Read)?),
        no_dot_erlang: encode(&script("no_dot_erlang", "1.0", &basic, otp, DotErlang::Ignore)?),
    })
}

fn check_repeated(apps: &[ReleaseApp], otp: &OtpRoot) -> Result<(), ReleaseError> {
    let harmless = |key: &str| otp.major() < 27 && matches!(key, "applications" | "optional_applications");
    match apps.iter().flat_map(|app| &app.app.repeated).find(|(key, _)| !harmless(key)) {
        Some((_, error)) => Err(ApplicationError::from(error.clone()).into()),
        None => Ok(()),
    }
}

fn boot_app(app: &ReleaseApp) -> BootApp<'_> {
    let included = app.included.clone().unwrap_or_else(|| app.app.included.clone());
    BootApp { app: &app.app, packed: app.packed, start: app.start_type(), included }
}

/// Whether the last step reads the user's `.erlang` file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DotErlang {
    Read,
    Ignore,
}

fn script(
    name: &str,
    vsn: &str,
    apps: &[BootApp<'_>],
    otp: &OtpRoot,
    dot: DotErlang,
) -> Result<Term, ReleaseError> {
    let apps = order::sort(name, apps)?;
    let mut steps = loading(&apps, otp);
    steps.extend(starting(&apps, otp));
    if dot == DotErlang::Read {
        steps.push(apply("c", "erlangrc", Vec::new()));
    }
    steps.push(progress("started"));
    let id = Term::tuple([Term::string(name), Term::string(vsn)]);
    Ok(Term::tuple([Term::atom("script"), id, Term::list(steps)]))
}

/// The steps up to where all modules are loaded.
fn loading(apps: &[order::Sorted<'_>], otp: &OtpRoot) -> Vec<Term> {
    let basic = apps.iter().filter(|app| matches!(app.app.name.as_str(), "kernel" | "stdlib"));
    let mut steps = vec![
        Term::pair("preLoaded", Term::atoms(&otp.boot.preloaded)),
        progress("preloaded"),
        Term::pair("path", Term::list(basic.map(ebin))),
        Term::pair("primLoad", Term::atoms(&otp.boot.mandatory)),
        Term::tuple([Term::atom("kernel_load_completed")]),
        progress("kernel_load_completed"),
    ];
    let early: BTreeSet<&String> = otp.boot.preloaded.iter().chain(&otp.boot.mandatory).collect();
    for app in apps {
        let mut modules: Vec<&String> =
            app.app.modules.iter().filter(|module| !early.contains(module)).collect();
        modules.sort();
        steps.push(Term::pair("path", Term::list([ebin(app)])));
        steps.push(Term::pair("primLoad", Term::atoms(modules)));
    }
    steps.push(progress("modules_loaded"));
    steps.push(Term::pair("path", Term::list(apps.iter().map(ebin))));
    steps
}

/// The steps that start the kernel, load the applications' descriptions and start the applications.
fn starting(apps: &[order::Sorted<'_>], otp: &OtpRoot) -> Vec<Term> {
    let is_kernel = |app: &&order::Sorted<'_>| app.app.name == "kernel";
    let kernel = apps.iter().filter(is_kernel).map(|app| description(app, otp));
    let mut steps = vec![
        process("heart", "heart", "start", Vec::new()),
        process("logger", "logger_server", "start_link", Vec::new()),
        process("application_controller", "application_controller", "start", kernel.collect()),
        progress("init_kernel_started"),
    ];
    let loaded = apps.iter().filter(|app| !is_kernel(app) && app.start != StartType::None);
    steps.extend(loaded.map(|app| apply("application", "load", vec![description(app, otp)])));
    steps.push(progress("applications_loaded"));
    let included: BTreeSet<&String> = apps.iter().flat_map(|app| &app.included).collect();
    let started = apps.iter().filter(|app| {
        !included.contains(&app.app.name) && !matches!(app.start, StartType::None | StartType::Load)
    });
    steps.extend(started.map(|app| {
        apply(
            "application",
            "start_boot",
            vec![Term::atom(&*app.app.name), Term::atom(app.start.to_string())],
        )
    }));
    steps
}

/// The term that `application:load/1` takes.
fn description(sorted: &order::Sorted<'_>, otp: &OtpRoot) -> Term {
    let app = sorted.app;
    let mut keys = vec![
        Term::pair("description", Term::string(&app.description)),
        Term::pair("vsn", Term::string(&app.vsn)),
        Term::pair("id", app.id.clone()),
        Term::pair("modules", Term::atoms(&app.modules)),
        Term::pair("registered", Term::atoms(&app.registered)),
        Term::pair("applications", Term::atoms(&sorted.uses)),
    ];
    if otp.major() >= 24 {
        keys.push(Term::pair("optional_applications", Term::atoms(&app.optional)));
    }
    keys.extend([
        Term::pair("included_applications", Term::atoms(&sorted.included)),
        Term::pair("env", app.env.clone()),
        Term::pair("maxT", app.max_t.clone()),
        Term::pair("maxP", app.max_p.clone()),
    ]);
    keys.extend(app.start_phases.clone().map(|phases| Term::pair("start_phases", phases)));
    keys.extend(app.callback.clone().map(|callback| Term::pair("mod", callback)));
    Term::tuple([Term::atom("application"), Term::atom(&*app.name), Term::list(keys)])
}

/// Applications that are not packed are where the start script says that Erlang's own are.
fn ebin(app: &order::Sorted<'_>) -> Term {
    let root = if app.packed { "$ROOT/lib" } else { "$SYSTEM_LIB_DIR" };
    Term::string(format!("{root}/{}/ebin", app.app.dir_name()))
}

fn progress(step: &str) -> Term {
    Term::pair("progress", Term::atom(step))
}

fn apply(module: &str, function: &str, arguments: Vec<Term>) -> Term {
    Term::pair("apply", call(module, function, arguments))
}

fn process(name: &str, module: &str, function: &str, arguments: Vec<Term>) -> Term {
    Term::tuple([Term::atom("kernelProcess"), Term::atom(name), call(module, function, arguments)])
}

fn call(module: &str, function: &str, arguments: Vec<Term>) -> Term {
    Term::tuple([Term::atom(module), Term::atom(function), Term::list(arguments)])
}
