//! `sys.config` and `vm.args` in a release.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::assemble::Form;
use super::files::{file_entry, link_entry};
use super::spec::{ConfigFile, ReleaseSpec, SpecWarning};
use super::{ReleaseError, sys_config};
use crate::otp::OtpRoot;
use crate::term::{Place, Source, Span, Term};
use crate::tree::{Content, Entry, Group, Tree, TreePath};

/// What `sys_config` and `sys_config_src` (or the `vm_args` pair) say.
#[derive(Debug, Clone, Default)]
pub(super) struct ConfigChoice {
    pub(super) plain: Option<FileOption>,
    pub(super) source: Option<FileOption>,
    /// A file that stands in for both.
    pub(super) overridden: Option<PathBuf>,
}

/// The value of such an option.
#[derive(Debug, Clone)]
pub(super) enum FileOption {
    /// `false`, and where it stands.
    No(Span),
    /// A file that is to be there, and where the configuration names it.
    Path(PathBuf, Span),
}

impl ConfigChoice {
    /// The plain file as the overlays' variable shows it.
    pub(super) fn variable(&self) -> Term {
        match (&self.overridden, &self.plain) {
            (Some(path), _) | (None, Some(FileOption::Path(path, _))) => {
                Term::string(path.display().to_string())
            }
            (None, Some(FileOption::No(_))) => Term::atom("false"),
            (None, None) => Term::atom("undefined"),
        }
    }

    /// Where it says that there is to be no file, if that is so.
    pub(super) fn turned_off(&self, source: &Arc<Source>) -> Option<Place> {
        match (&self.source, &self.plain) {
            (Some(FileOption::Path(..)), _) => None,
            (_, Some(FileOption::No(span))) => Some(Place::new(source, *span)),
            _ => None,
        }
    }

    /// Which file is taken: the one that stands in for all others, a configured `.src`, a configured plain one, the
    /// root directory's `config/NAME.src`, its `config/NAME`, the default. `false` for the plain one means none.
    pub(super) fn choose(
        &self,
        option: &'static str,
        root_dir: &Path,
        source: &Arc<Source>,
        warnings: &mut Vec<SpecWarning>,
    ) -> Result<ConfigFile, ReleaseError> {
        if let Some(path) = &self.overridden {
            let is_source = path.extension().is_some_and(|ending| ending == "src");
            return Ok(if is_source {
                ConfigFile::Source(path.into())
            } else {
                ConfigFile::Plain(path.into())
            });
        }
        let name = option.replace('_', ".");
        let usual = |suffix: &str| {
            let path = root_dir.join(format!("config/{name}{suffix}"));
            path.is_file().then_some(path)
        };
        match (&self.source, &self.plain) {
            (Some(FileOption::Path(path, span)), plain) => {
                if let Some(FileOption::Path(_, plain)) = plain {
                    let message = format!("this file is not used, as `{option}_src` is set too");
                    warnings.push(SpecWarning::BothForms(source.error(*plain, message)));
                }
                existing(path, *span, source).map(ConfigFile::Source)
            }
            (_, Some(FileOption::No(_))) => Ok(ConfigFile::Absent),
            (_, Some(FileOption::Path(path, span))) => existing(path, *span, source).map(ConfigFile::Plain),
            (Some(FileOption::No(_)), None) => Ok(usual("").map_or(ConfigFile::Default, ConfigFile::Plain)),
            (None, None) => Ok(match usual(".src") {
                Some(path) => ConfigFile::Source(path),
                None => usual("").map_or(ConfigFile::Default, ConfigFile::Plain),
            }),
        }
    }
}

fn existing(path: &Path, span: Span, source: &Arc<Source>) -> Result<PathBuf, ReleaseError> {
    if path.is_file() {
        return Ok(path.into());
    }
    let message = format!("there is no file `{}`", path.display());
    Err(ReleaseError::ConfigFileMissing(source.error(span, message)))
}

/// Checks that a plain `sys.config` is a list of terms.
///
/// # Errors
/// As [`sys_config::check`].
pub(super) fn check(spec: &ReleaseSpec, otp: &OtpRoot) -> Result<(), ReleaseError> {
    match &spec.sys_config {
        ConfigFile::Plain(path) => sys_config::check(path, otp.major()),
        _ => Ok(()),
    }
}

/// Checks what of the whole release would stop the virtual machine, unless a file is rendered over it at start.
///
/// # Errors
/// As [`sys_config::check_in`].
pub(super) fn check_whole(tree: &Tree, spec: &ReleaseSpec) -> Result<(), ReleaseError> {
    let dir = format!("releases/{}", spec.vsn);
    let is_rendered = tree.get(&format!("{dir}/sys.config.src")).is_some();
    if is_rendered { Ok(()) } else { sys_config::check_in(tree, &dir) }
}

/// Adds both files to `releases/VSN`.
///
/// # Errors
/// When one cannot be read.
pub(super) fn add(tree: &mut Tree, spec: &ReleaseSpec, form: Form, dir: &str) -> Result<(), ReleaseError> {
    let defaults = [("sys.config", "[].\n".to_string()), ("vm.args", default_vm_args(&spec.name, form))];
    for ((name, default), file) in defaults.into_iter().zip([&spec.sys_config, &spec.vm_args]) {
        let (name, entry) = match file {
            ConfigFile::Absent => continue,
            ConfigFile::Default => (name.to_string(), Entry::file(default, 0o644, Group::Release)),
            ConfigFile::Source(path) => (format!("{name}.src"), config_entry(path, spec, form)?),
            ConfigFile::Plain(path) => (name.to_string(), config_entry(path, spec, form)?),
        };
        tree.insert(TreePath::new(format!("{dir}/{name}"))?, entry)?;
    }
    Ok(())
}

fn config_entry(path: &Path, spec: &ReleaseSpec, form: Form) -> Result<Entry, ReleaseError> {
    if form.links(spec) {
        return link_entry(path, Group::Release);
    }
    file_entry(path, Content::File(path.into()), Group::Release)
}

/// As relx has it, except that an image gets no cookie: the virtual machine makes a random one. What the name of a node
/// must not have becomes `_`: with it the virtual machine would not start (`net_kernel`).
fn default_vm_args(name: &str, form: Form) -> String {
    let in_node = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = name.chars().map(in_node).collect();
    let cookie = if form == Form::Image { String::new() } else { format!("-setcookie {name}\n") };
    format!("-sname {name}\n{cookie}+C multi_time_warp\n")
}
