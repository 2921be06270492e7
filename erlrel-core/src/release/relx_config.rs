//! The `relx` list: a left-to-right fold over its options, as relx does it, key by key.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::config_files::{ConfigChoice, FileOption};
use super::definition::{self, Definition};
use super::goal::Goal;
use super::mentions::Mention;
use super::overlay::overlay_vars::{self, OptionVars, Variable, VarsEntry};
use super::overlay::{self, OverlayAction};
use super::spec::{IncludeErts, SpecWarning, SystemLibs};
use super::start_script::ScriptOptions;
use super::undefined::{Scope, UndefinedFunctions};
use crate::project::Project;
use crate::term::{Source, SourceError, Span, Term};

/// The state after the last option.
#[derive(Debug)]
pub(super) struct Fold {
    pub(super) source: Arc<Source>,
    pub(super) definitions: Vec<Definition>,
    pub(super) linked: bool,
    pub(super) include_erts: IncludeErts,
    /// The place of `include_erts`, where that counts.
    pub(super) include_erts_at: Option<Span>,
    pub(super) include_src: Option<bool>,
    pub(super) system_libs: SystemLibs,
    pub(super) lib_dirs: Vec<PathBuf>,
    pub(super) exclude_apps: BTreeSet<String>,
    exclude_apps_at: Span,
    /// The applications and modules that options name, by the option.
    pub(super) mentions: BTreeMap<&'static str, Vec<Mention>>,
    pub(super) exclude_modules: BTreeMap<String, BTreeSet<String>>,
    pub(super) strip: bool,
    pub(super) sys_config: ConfigChoice,
    pub(super) vm_args: ConfigChoice,
    pub(super) start_script: ScriptOptions,
    pub(super) overlay: Vec<OverlayAction>,
    pub(super) overlay_vars: Vec<VarsEntry>,
    pub(super) overlay_vars_values: Vec<Variable>,
    pub(super) option_vars: OptionVars,
    pub(super) root_dir: PathBuf,
    pub(super) output_dir: PathBuf,
    pub(super) undefined_functions: UndefinedFunctions,
    pub(super) warnings_as_errors: bool,
    pub(super) warnings: Vec<SpecWarning>,
    root: PathBuf,
}

/// The options that [`Fold::option`] knows, besides `release`.
pub(super) const OPTIONS: [&str; 30] = [
    "check_for_undefined_functions",
    "debug_info",
    "dev_mode",
    "exclude_apps",
    "exclude_modules",
    "exref",
    "extended_start_script",
    "extended_start_script_extensions",
    "extended_start_script_hooks",
    "generate_start_script",
    "include_erts",
    "include_nodetool",
    "include_src",
    "include_start_scripts_for",
    "lib_dirs",
    "mode",
    "output_dir",
    "overlay",
    "overlay_vars",
    "overlay_vars_values",
    "overrides",
    "root_dir",
    "src_tests",
    "sys_config",
    "sys_config_src",
    "system_libs",
    "upfrom",
    "vm_args",
    "vm_args_src",
    "warnings_as_errors",
];

/// Options of a single release that relx heeds on disk and forgets in the tarball.
const FORGOTTEN_IN_TARBALL: [&str; 6] =
    ["dev_mode", "include_erts", "include_src", "mode", "overlay", "system_libs"];

/// Folds over the project's merged `relx` list.
///
/// # Errors
/// When an option has a wrong value.
pub(super) fn fold(project: &Project) -> Result<Fold, SourceError> {
    let (source, options) = project.config.relx()?;
    let mut fold = Fold::new(source, project);
    fold.warnings_as_errors = asks_for_errors(&options);
    // rebar3 puts `{mode, prod}` in front if a profile has this very name.
    if is_prod(project) {
        fold.mode("prod");
    }
    let (overlays, rest): (Vec<Term>, Vec<Term>) =
        options.into_iter().partition(|option| option.as_pair().is_some_and(|(key, _)| key == "overlay"));
    // All overlay lists become one, the last list first: so a profile's come after the base's.
    for option in overlays.iter().rev() {
        fold.option(option)?;
    }
    for option in &rest {
        fold.option(option)?;
    }
    Ok(fold)
}

/// relx looks for `warnings_as_errors` before it reads the options, by the first entry of that name; each entry
/// then counts from its place on. The name alone is `true` there, and then an option that relx does not know.
fn asks_for_errors(options: &[Term]) -> bool {
    let key = "warnings_as_errors";
    let value = |option: &Term| match option.as_tuple() {
        None => option.is_atom(key).then_some(true),
        Some([name, rest @ ..]) if name.is_atom(key) => {
            Some(matches!(rest, [value] if value.is_atom("true")))
        }
        Some(_) => None,
    };
    options.iter().find_map(value).unwrap_or(false)
}

fn is_prod(project: &Project) -> bool {
    project.profiles.iter().any(|profile| profile == "prod")
}

impl Fold {
    fn new(source: Arc<Source>, project: &Project) -> Self {
        Self {
            source,
            root: project.root.clone(),
            definitions: Vec::new(),
            linked: false,
            include_erts: IncludeErts::No,
            include_erts_at: None,
            include_src: None,
            system_libs: SystemLibs::Include,
            lib_dirs: Vec::new(),
            exclude_apps: BTreeSet::new(),
            exclude_apps_at: Span::default(),
            mentions: BTreeMap::new(),
            exclude_modules: BTreeMap::new(),
            strip: false,
            sys_config: ConfigChoice::default(),
            vm_args: ConfigChoice::default(),
            start_script: ScriptOptions::default(),
            overlay: Vec::new(),
            overlay_vars: Vec::new(),
            overlay_vars_values: Vec::new(),
            option_vars: OptionVars::default(),
            root_dir: project.root.clone(),
            output_dir: project.profile_dir().join("rel"),
            undefined_functions: UndefinedFunctions::default(),
            warnings_as_errors: false,
            warnings: Vec::new(),
        }
    }

    /// Folds over the options that one release has for itself: they come last, and their overlay replaces
    /// the common one.
    ///
    /// # Errors
    /// As for [`fold`].
    pub(super) fn own_options(&mut self, options: &[Term]) -> Result<(), SourceError> {
        for option in options {
            let key = option.as_pair().map_or("", |(key, _)| key);
            if key == "overlay" {
                self.overlay.clear();
            }
            if FORGOTTEN_IN_TARBALL.contains(&key) {
                let message = format!(
                    "relx's tarball ignores `{key}` in the options of a single release; erlrel's tarball and image heed it"
                );
                self.warnings.push(SpecWarning::OwnOption(self.error(option, message)));
            }
            self.option(option)?;
        }
        Ok(())
    }

    fn option(&mut self, option: &Term) -> Result<(), SourceError> {
        if let Some([key, rest @ ..]) = option.as_tuple()
            && key.is_atom("release")
        {
            self.definitions.push(definition::parse(&self.source, option, rest)?);
            return Ok(());
        }
        let Some((key, value)) = option.as_pair() else {
            self.unknown(option);
            return Ok(());
        };
        match key {
            "mode" => self.mode_option(value)?,
            "dev_mode" => self.dev_mode(self.bool(key, value)?),
            "include_erts" => {
                self.include_erts = self.include_erts_option(value)?;
                self.include_erts_at = Some(value.span());
            }
            "include_src" => self.include_src = Some(self.bool(key, value)?),
            "system_libs" => self.system_libs = self.system_libs_option(value)?,
            "lib_dirs" => self.lib_dirs(value)?,
            "exclude_apps" => self.exclude_apps(value)?,
            "exclude_modules" => self.exclude_modules(value)?,
            "debug_info" => self.strip = self.strip_option(value)?,
            "sys_config" => self.sys_config.plain = self.file(key, value)?,
            "sys_config_src" => self.sys_config.source = self.file(key, value)?,
            "vm_args" => self.vm_args.plain = self.file(key, value)?,
            "vm_args_src" => self.vm_args.source = self.source_file(key, value)?,
            "overlay_vars" => self.overlay_vars.extend(overlay_vars::parse(&self.source, value)?),
            "overlay_vars_values" => {
                self.overlay_vars_values.extend(overlay_vars::parse_values(&self.source, value)?);
            }
            "overrides" => self.option_vars.overrides = self.overrides(value)?,
            "overlay" => self.overlay.extend(overlay::parse(&self.source, value)?),
            "root_dir" => {
                self.root_dir = self.path(key, value)?;
                self.check_directory(&self.root_dir.clone(), value);
            }
            "output_dir" => self.output_dir = self.path(key, value)?,
            "check_for_undefined_functions" => self.undefined_functions.project = self.bool(key, value)?,
            "exref" => self.exref(value)?,
            "warnings_as_errors" => self.warnings_as_errors = self.bool(key, value)?,
            // Both do nothing to a release, and relx looks at the value of the first only.
            "src_tests" => _ = self.bool(key, value)?,
            "upfrom" => {}
            _ if self.start_script.option(&self.source, (key, value), &mut self.warnings)? => {}
            _ => self.unknown(option),
        }
        Ok(())
    }

    /// Something that relx ignores: another name, or a known one without a value or with two.
    fn unknown(&mut self, option: &Term) {
        let name = option.as_tuple().map_or(Some(option), |parts| parts.first()).and_then(Term::as_atom);
        let is_known = |name: &&str| OPTIONS.contains(name);
        let message = match name.filter(is_known) {
            Some(name) => format!("`{name}` takes one value: `{{{name}, VALUE}}`; as it is, it is ignored"),
            None => "relx has no such option; it is ignored".into(),
        };
        let error = self.error(option, message);
        self.warnings.push(SpecWarning::UnknownOption { error, fails_in_relx: self.warnings_as_errors });
    }

    fn error(&self, term: &Term, message: impl Into<String>) -> SourceError {
        self.source.error(term.span(), message)
    }

    fn bool(&self, key: &str, value: &Term) -> Result<bool, SourceError> {
        value.as_bool().ok_or_else(|| self.error(value, format!("`{key}` must be true or false")))
    }

    fn mode_option(&mut self, value: &Term) -> Result<(), SourceError> {
        match value.as_atom() {
            Some(mode @ ("dev" | "prod" | "minimal")) => {
                self.mode(mode);
                Ok(())
            }
            _ => Err(self.error(value, "`mode` must be dev, prod or minimal")),
        }
    }

    /// A mode is a set of other options, applied at its place in the order.
    fn mode(&mut self, mode: &str) {
        self.linked = mode == "dev";
        self.include_src = Some(mode == "dev");
        self.strip = mode != "dev";
        self.include_erts = if mode == "prod" { IncludeErts::Yes } else { IncludeErts::No };
    }

    /// `true` is `{mode, dev}`; `false` only ends linking and does not restore what `dev` had set.
    fn dev_mode(&mut self, on: bool) {
        if !on {
            self.linked = false;
            return;
        }
        self.mode("dev");
    }

    pub(super) fn strip_option(&self, value: &Term) -> Result<bool, SourceError> {
        match value.as_atom() {
            Some("strip") => Ok(true),
            Some("keep") => Ok(false),
            _ => Err(self.error(value, "`debug_info` must be strip or keep")),
        }
    }

    pub(super) fn include_erts_option(&self, value: &Term) -> Result<IncludeErts, SourceError> {
        match (value.as_bool(), value.as_string().filter(|path| !path.is_empty())) {
            (Some(true), _) => Ok(IncludeErts::Yes),
            (Some(false), _) => Ok(IncludeErts::No),
            (None, Some(path)) => Ok(IncludeErts::From(self.absolute(&path))),
            _ => {
                Err(self
                    .error(value, "`include_erts` must be true, false or the path of an Erlang installation"))
            }
        }
    }

    fn system_libs_option(&self, value: &Term) -> Result<SystemLibs, SourceError> {
        let wrong =
            |what: &str| Err(self.error(value, format!("`system_libs` must be true, false or {what}")));
        match (value.as_bool(), value.as_string().filter(|path| !path.is_empty())) {
            (Some(true), _) => Ok(SystemLibs::Include),
            (Some(false), _) => Ok(SystemLibs::Leave),
            (None, Some(path)) if self.absolute(&path).is_dir() => Ok(SystemLibs::From(self.absolute(&path))),
            (None, Some(_)) => wrong("a directory that exists"),
            _ => wrong("a directory"),
        }
    }

    /// `false`, `true` for all applications, or a list of applications.
    fn exref(&mut self, value: &Term) -> Result<(), SourceError> {
        self.undefined_functions.others = match value.as_bool() {
            Some(true) => Scope::All,
            Some(false) => Scope::None,
            None => self
                .atoms("exref", value)
                .map(Scope::Some)
                .map_err(|_| self.error(value, "`exref` must be true, false or a list of applications"))?,
        };
        self.mentions.insert("exref", self.mentioned(value));
        Ok(())
    }

    /// The applications in a list of atoms.
    fn mentioned(&self, list: &Term) -> Vec<Mention> {
        let mention = |term: &Term| Some(Mention::new(term.as_atom()?, None, &self.source, term));
        list.as_list().unwrap_or_default().iter().filter_map(mention).collect()
    }

    fn atoms(&self, key: &str, value: &Term) -> Result<BTreeSet<String>, SourceError> {
        let wrong = |term: &Term| self.error(term, format!("`{key}` must be a list of atoms"));
        let list = value.as_list().ok_or_else(|| wrong(value))?;
        list.iter().map(|term| term.as_atom().map(String::from).ok_or_else(|| wrong(term))).collect()
    }

    fn exclude_apps(&mut self, value: &Term) -> Result<(), SourceError> {
        self.exclude_apps = self.atoms("exclude_apps", value)?;
        let list = value.as_list().unwrap_or_default();
        if let Some(basic) = list.iter().find(|app| app.is_atom("kernel") || app.is_atom("stdlib")) {
            let message = format!("`{basic}` cannot be left out of a release: nothing starts without it");
            return Err(self.error(basic, message));
        }
        self.exclude_apps_at = value.span();
        self.mentions.insert("exclude_apps", self.mentioned(value));
        Ok(())
    }

    /// The warning for an application that is a goal and excluded.
    pub(super) fn check_excluded(&mut self, goals: &[Goal]) {
        if let Some(goal) = goals.iter().find(|goal| self.exclude_apps.contains(&goal.name)) {
            let message = format!(
                "this leaves out `{}`, which the release names as one of its applications",
                goal.name
            );
            let error = self.source.error(self.exclude_apps_at, message);
            self.warnings.push(SpecWarning::GoalExcluded(error));
        }
    }

    /// `[{App, [Module]}]`; of several entries for one application relx takes the first.
    fn exclude_modules(&mut self, value: &Term) -> Result<(), SourceError> {
        let wrong = |term: &Term| self.error(term, "`exclude_modules` must be a list of `{App, [Module]}`");
        let (mut all, mut mentions) = (BTreeMap::new(), Vec::new());
        for entry in value.as_list().ok_or_else(|| wrong(value))? {
            let Some([app, list]) = entry.as_tuple() else { return Err(wrong(&entry)) };
            let name = app.as_atom().ok_or_else(|| wrong(&entry))?;
            let modules = self.atoms("exclude_modules", list).map_err(|_| wrong(&entry))?;
            mentions.push(Mention::new(name, None, &self.source, app));
            let in_app = |term: &Term| Some(Mention::new(name, Some(term.as_atom()?), &self.source, term));
            mentions.extend(list.as_list().unwrap_or_default().iter().filter_map(in_app));
            all.entry(name.to_string()).or_insert(modules);
        }
        self.exclude_modules = all;
        self.mentions.insert("exclude_modules", mentions);
        Ok(())
    }

    /// A list of directories and patterns; those of a later entry are searched first.
    fn lib_dirs(&mut self, value: &Term) -> Result<(), SourceError> {
        let wrong = |term: &Term| self.error(term, "`lib_dirs` must be a list of directories");
        let list = value.as_list().ok_or_else(|| wrong(value))?;
        let path = |term: &Term| self.path("lib_dirs", term).map_err(|_| wrong(term));
        let paths = list.iter().map(path).collect::<Result<Vec<_>, _>>()?;
        for (path, term) in paths.iter().zip(&list) {
            // A pattern may well stand for nothing.
            if !path.to_string_lossy().contains(['*', '?', '[', '{']) {
                self.check_directory(path, term);
            }
        }
        self.lib_dirs.splice(0..0, paths);
        Ok(())
    }

    fn check_directory(&mut self, path: &Path, value: &Term) {
        if !path.is_dir() {
            let message = format!("there is no directory `{}`, so nothing is found in it", path.display());
            self.warnings.push(SpecWarning::NoDirectory(self.error(value, message)));
        }
    }

    /// A list, of which nothing but its variable is left in relx 4.
    fn overrides(&self, value: &Term) -> Result<Term, SourceError> {
        let is_list = value.as_list().is_some();
        is_list
            .then(|| value.clone())
            .ok_or_else(|| self.error(value, "`overrides` must be a list of `{App, Dir}`"))
    }

    fn path(&self, key: &str, value: &Term) -> Result<PathBuf, SourceError> {
        let path = value.as_text().filter(|path| value.as_atom().is_none() && !path.is_empty());
        path.map(|path| self.absolute(&path))
            .ok_or_else(|| self.error(value, format!("`{key}` must be the path of a directory")))
    }

    /// A path is relative to the project, as relx has it, which runs there. `components` drops `./` parts, as
    /// relx does, whose links in development are the same then.
    fn absolute(&self, path: &str) -> PathBuf {
        self.root.join(path).components().collect()
    }

    /// A file, `false` or `undefined`.
    fn file(&self, key: &str, value: &Term) -> Result<Option<FileOption>, SourceError> {
        match (value.as_atom(), value.as_text()) {
            (Some("undefined"), _) => Ok(None),
            (Some("false"), _) => Ok(Some(FileOption::No(value.span()))),
            (None, Some(path)) => Ok(Some(FileOption::Path(self.absolute(&path), value.span()))),
            _ => Err(self.error(value, format!("`{key}` must be a path or false"))),
        }
    }

    /// relx takes `{vm_args_src, false}` for the name of a file.
    fn source_file(&self, key: &str, value: &Term) -> Result<Option<FileOption>, SourceError> {
        match self.file(key, value) {
            Ok(Some(FileOption::No(_))) | Err(_) => Err(self.error(
                value,
                format!("`{key}` must be a path; leave it out, or set `vm_args` to false, to have none"),
            )),
            file => file,
        }
    }
}
