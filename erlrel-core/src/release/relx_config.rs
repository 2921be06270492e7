//! The `relx` list: a left-to-right fold over its options, as relx does it, key by key.

use std::path::PathBuf;
use std::sync::Arc;

use super::ReleaseError;
use super::goal::{self, Goal};
use super::overlay::{self, OverlayAction};
use super::spec::{ConfigFile, SpecWarning};
use crate::project::Project;
use crate::term::{Source, SourceError, Span, Term};

/// The state after the last option.
#[derive(Debug)]
pub(super) struct Fold {
    pub(super) source: Arc<Source>,
    pub(super) releases: Vec<Release>,
    pub(super) linked: bool,
    pub(super) include_erts: bool,
    pub(super) include_src: Option<bool>,
    pub(super) strip: bool,
    pub(super) sys_config: ConfigChoice,
    pub(super) vm_args: ConfigChoice,
    pub(super) start_script: bool,
    pub(super) overlay: Vec<OverlayAction>,
    pub(super) warnings: Vec<SpecWarning>,
    /// Where `{debug_info, strip}` stands, while it is in force or undone by a mode that came later.
    strip_at: Option<Span>,
    root: PathBuf,
}

/// A configured release before its version is evaluated.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) name: String,
    pub(super) vsn: Term,
    pub(super) goals: Vec<Goal>,
}

/// What `sys_config` and `sys_config_src` (or the `vm_args` pair) say.
#[derive(Debug, Default)]
pub(super) struct ConfigChoice {
    plain: Option<FileOption>,
    source: Option<FileOption>,
}

#[derive(Debug, Clone)]
enum FileOption {
    No,
    Path(PathBuf),
}

/// Options of relx that change what a release contains and are not supported yet.
const UNSUPPORTED: [&str; 12] = [
    "exclude_apps",
    "exclude_modules",
    "exref",
    "extended_start_script_extensions",
    "extended_start_script_hooks",
    "include_start_scripts_for",
    "lib_dirs",
    "output_dir",
    "overlay_vars",
    "overlay_vars_values",
    "root_dir",
    "warnings_as_errors",
];

/// Options that do not change what a release contains: they steer relx's own checks and messages, or are
/// without effect in relx 4 too.
const WITHOUT_EFFECT: [&str; 5] =
    ["check_for_undefined_functions", "include_nodetool", "overrides", "src_tests", "upfrom"];

/// Folds over the project's merged `relx` list.
///
/// # Errors
/// When an option has a wrong value, or is one that is not supported yet.
pub(super) fn fold(project: &Project) -> Result<Fold, SourceError> {
    let (source, options) = project.config.relx()?;
    let mut fold = Fold::new(source, project.root.clone());
    // rebar3 puts `{mode, prod}` in front if a profile has this very name.
    if project.profiles.iter().any(|profile| profile == "prod") {
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
    fold.check_strip();
    Ok(fold)
}

impl Fold {
    fn new(source: Arc<Source>, root: PathBuf) -> Self {
        Self {
            source,
            root,
            releases: Vec::new(),
            linked: false,
            include_erts: false,
            include_src: None,
            strip: false,
            strip_at: None,
            sys_config: ConfigChoice::default(),
            vm_args: ConfigChoice::default(),
            start_script: true,
            overlay: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn option(&mut self, option: &Term) -> Result<(), SourceError> {
        if let Some([key, rest @ ..]) = option.as_tuple()
            && key.is_atom("release")
        {
            return self.release(option, rest);
        }
        let Some((key, value)) = option.as_pair() else {
            self.unknown(option);
            return Ok(());
        };
        match key {
            "mode" => self.mode_option(value)?,
            "dev_mode" => self.dev_mode(self.bool(key, value)?),
            "include_erts" => self.include_erts = self.include_erts_option(value)?,
            "include_src" => self.include_src = Some(self.bool(key, value)?),
            "debug_info" => self.debug_info(option, value)?,
            "sys_config" => self.sys_config.plain = self.file(key, value)?,
            "sys_config_src" => self.sys_config.source = self.file(key, value)?,
            "vm_args" => self.vm_args.plain = self.file(key, value)?,
            "vm_args_src" => self.vm_args.source = self.file(key, value)?,
            "generate_start_script" => self.start_script = self.bool(key, value)?,
            "overlay" => self.overlay.extend(overlay::parse(&self.source, value)?),
            "system_libs" | "extended_start_script" => self.only_true(key, value)?,
            _ if WITHOUT_EFFECT.contains(&key) => {}
            _ if UNSUPPORTED.contains(&key) => {
                return Err(self.error(option, format!("erlrel does not support relx's option `{key}` yet")));
            }
            _ => self.unknown(option),
        }
        Ok(())
    }

    fn unknown(&mut self, option: &Term) {
        let error = self.error(option, "relx has no such option; it is ignored");
        self.warnings.push(SpecWarning::UnknownOption(error));
    }

    fn error(&self, term: &Term, message: impl Into<String>) -> SourceError {
        self.source.error(term.span(), message)
    }

    fn bool(&self, key: &str, value: &Term) -> Result<bool, SourceError> {
        value.as_bool().ok_or_else(|| self.error(value, format!("`{key}` must be true or false")))
    }

    fn only_true(&self, key: &str, value: &Term) -> Result<(), SourceError> {
        if value.is_atom("true") {
            return Ok(());
        }
        Err(self.error(value, format!("erlrel supports only `true` for relx's option `{key}` yet")))
    }

    /// `{release, {Name, Vsn}, Goals}`; the other forms are not supported yet.
    fn release(&mut self, option: &Term, rest: &[Term]) -> Result<(), SourceError> {
        let wrong = || self.error(option, "expected `{release, {Name, Vsn}, [App, …]}`");
        let (id, goals) = match rest {
            [id, goals] => (id, goals),
            [_, _, _] | [_, _, _, _] => {
                let message =
                    "erlrel does not support a release with its own ERTS version or configuration yet";
                return Err(self.error(option, message));
            }
            _ => return Err(wrong()),
        };
        let (name, vsn) = match id.as_tuple() {
            Some([name, vsn]) => (name, vsn),
            Some([_, _, base]) if base.as_pair().is_some_and(|(key, _)| key == "extend") => {
                return Err(self.error(base, "erlrel does not support releases that extend another one yet"));
            }
            _ => return Err(wrong()),
        };
        let name = name.as_text().ok_or_else(wrong)?;
        let goals = goals.as_list().ok_or_else(wrong)?;
        let goals = goals.iter().map(|goal| goal::parse(&self.source, goal)).collect::<Result<_, _>>()?;
        self.releases.push(Release { name, vsn: vsn.clone(), goals });
        Ok(())
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
        self.include_erts = mode == "prod";
    }

    /// `true` is `{mode, dev}`; `false` only ends linking and does not restore what `dev` had set.
    fn dev_mode(&mut self, on: bool) {
        if !on {
            self.linked = false;
            return;
        }
        self.mode("dev");
    }

    /// The warning for a wish to strip that a later `dev_mode` undid.
    fn check_strip(&mut self) {
        let Some(span) = self.strip_at.filter(|_| !self.strip) else { return };
        let message = "`debug_info` is undone by `dev_mode`: relx evaluates merged options in the order of their \
                       names, so BEAM files keep their debug information; remove `dev_mode` from the base \
                       configuration, or set `{mode, prod}` in the profile";
        self.warnings.push(SpecWarning::StripUndone(self.source.error(span, message)));
    }

    fn debug_info(&mut self, option: &Term, value: &Term) -> Result<(), SourceError> {
        self.strip = match value.as_atom() {
            Some("strip") => true,
            Some("keep") => false,
            _ => return Err(self.error(value, "`debug_info` must be strip or keep")),
        };
        self.strip_at = self.strip.then(|| option.span());
        Ok(())
    }

    fn include_erts_option(&self, value: &Term) -> Result<bool, SourceError> {
        if value.as_string().is_some() {
            return Err(
                self.error(value, "erlrel does not support a path in `include_erts` yet; use `--otp DIR`")
            );
        }
        self.bool("include_erts", value)
    }

    /// A path is relative to the project, as relx has it, which runs there.
    fn file(&self, key: &str, value: &Term) -> Result<Option<FileOption>, SourceError> {
        match (value.as_atom(), value.as_text()) {
            (Some("undefined"), _) => Ok(None),
            (Some("false"), _) => Ok(Some(FileOption::No)),
            // `components` drops `./` parts, as relx does, whose links in development are the same then.
            (None, Some(path)) => Ok(Some(FileOption::Path(self.root.join(path).components().collect()))),
            _ => Err(self.error(value, format!("`{key}` must be a path or false"))),
        }
    }
}

impl ConfigChoice {
    /// Which file is taken: a configured `.src`, the project's `config/NAME.src`, a configured plain one,
    /// the project's `config/NAME`, the default. `false` for the plain one means none.
    pub(super) fn choose(
        &self,
        option: &'static str,
        project: &Project,
        warnings: &mut Vec<SpecWarning>,
    ) -> Result<ConfigFile, ReleaseError> {
        let name = option.replace('_', ".");
        let usual = |suffix: &str| {
            let path = project.root.join(format!("config/{name}{suffix}"));
            path.is_file().then_some(path)
        };
        match (&self.source, &self.plain) {
            (Some(FileOption::Path(path)), plain) => {
                if matches!(plain, Some(FileOption::Path(_))) {
                    warnings.push(SpecWarning::BothForms { option });
                }
                existing(option, "_src", path).map(ConfigFile::Source)
            }
            (_, Some(FileOption::No)) => Ok(ConfigFile::Absent),
            (_, Some(FileOption::Path(path))) => existing(option, "", path).map(ConfigFile::Plain),
            (None, None) if usual(".src").is_some() => {
                Ok(usual(".src").map_or(ConfigFile::Default, ConfigFile::Source))
            }
            (_, None) => Ok(usual("").map_or(ConfigFile::Default, ConfigFile::Plain)),
        }
    }
}

fn existing(option: &str, suffix: &str, path: &std::path::Path) -> Result<PathBuf, ReleaseError> {
    if path.is_file() {
        return Ok(path.into());
    }
    Err(ReleaseError::ConfigFileMissing { option: format!("{option}{suffix}"), path: path.into() })
}
