//! `sys.config` and `vm.args` in a release.

use std::path::Path;

use super::ReleaseError;
use super::assemble::{Form, file_entry};
use super::spec::{ConfigFile, ReleaseSpec};
use crate::fs;
use crate::term;
use crate::tree::{Content, Entry, Group, Tree, TreePath};

/// Adds both files to `releases/VSN`.
///
/// # Errors
/// When a plain `sys.config` is not one list of terms (with its place), or cannot be read.
pub(super) fn add(tree: &mut Tree, spec: &ReleaseSpec, form: Form, dir: &str) -> Result<(), ReleaseError> {
    if let ConfigFile::Plain(path) = &spec.sys_config {
        check_sys_config(path)?;
    }
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
        return Ok(Entry::symlink(path.display().to_string(), Group::Release));
    }
    file_entry(path, Content::File(path.into()), Group::Release)
}

/// A mistake in it would stop the virtual machine with a crash dump.
fn check_sys_config(path: &Path) -> Result<(), ReleaseError> {
    let document = term::consult(path, &fs::read(path)?)?;
    match document.terms.as_slice() {
        [list] if list.as_list().is_some() => Ok(()),
        [] => Err(document.source.error(term::Span::default(), EXPECTED).into()),
        [first] => Err(document.source.error(first.span(), EXPECTED).into()),
        [_, second, ..] => Err(document.source.error(second.span(), EXPECTED).into()),
    }
}

const EXPECTED: &str = "expected one list of `{Application, [{Key, Value}, …]}` and nothing else";

/// As relx has it, except that an image gets no cookie: the virtual machine makes a random one.
fn default_vm_args(name: &str, form: Form) -> String {
    let cookie = if form == Form::Image { String::new() } else { format!("-setcookie {name}\n") };
    format!("-sname {name}\n{cookie}+C multi_time_warp\n")
}
