//! Variables of a project's own for its overlays: `overlay_vars`, `overlay_vars_values`, files of variables.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fs;
use crate::release::spec::SpecWarning;
use crate::term::{self, Source, SourceError, Span, Term};

/// The variables that a configuration sets or hands to overlays, with the files of variables read.
#[derive(Debug, Clone, Default)]
pub struct OverlayVars {
    /// In the order in which their values are rendered.
    pub(in crate::release) own: Vec<Variable>,
    /// What relx's built-in variables come before.
    pub(in crate::release) values: Vec<Variable>,
    /// The options that have variables of their names.
    pub(in crate::release) options: OptionVars,
}

/// What relx's options of the same names say, as templates see it.
#[derive(Debug, Clone)]
pub(in crate::release) struct OptionVars {
    pub(in crate::release) overrides: Term,
    pub(in crate::release) sys_config: Term,
    pub(in crate::release) vm_args: Term,
}

impl Default for OptionVars {
    fn default() -> Self {
        let [sys_config, vm_args] = [(); 2].map(|()| Term::atom("undefined"));
        Self { overrides: Term::list([]), sys_config, vm_args }
    }
}

/// `{Name, Value}`, with the text it was read from.
#[derive(Debug, Clone)]
pub(in crate::release) struct Variable {
    pub(in crate::release) name: Term,
    pub(in crate::release) value: Term,
    pub(in crate::release) source: Arc<Source>,
}

/// One element of `overlay_vars`.
#[derive(Debug, Clone)]
pub(in crate::release) enum VarsEntry {
    /// A file of variables.
    File(VarsFile),
    /// A variable on the spot.
    Variable(Variable),
}

impl VarsEntry {
    /// A file that no configuration names: what is wrong with it has its place in itself.
    pub(in crate::release) fn file(path: &Path) -> Self {
        let source = Arc::new(Source { path: path.into(), text: String::new() });
        Self::File(VarsFile { path: path.display().to_string(), source, span: Span::default() })
    }
}

/// The name of a file of variables, with its place.
#[derive(Debug, Clone)]
pub(in crate::release) struct VarsFile {
    pub(in crate::release) path: String,
    pub(in crate::release) source: Arc<Source>,
    pub(in crate::release) span: Span,
}

/// Reads the value of `overlay_vars`: a file's name, or a list of such names and of `{Name, Value}`.
///
/// # Errors
/// For a value of another form.
pub(in crate::release) fn parse(source: &Arc<Source>, value: &Term) -> Result<Vec<VarsEntry>, SourceError> {
    if value.is_atom("undefined") {
        return Ok(Vec::new());
    }
    if let Some(path) = value.as_string().filter(|path| !path.is_empty()) {
        return Ok(vec![VarsEntry::File(VarsFile { path, source: Arc::clone(source), span: value.span() })]);
    }
    let wrong = || {
        source.error(
            value.span(),
            "`overlay_vars` must be a file name or a list of file names and `{Name, Value}`",
        )
    };
    value.as_list().ok_or_else(wrong)?.iter().map(|term| entry(source, term)).collect()
}

/// Reads the value of `overlay_vars_values`: a list of `{Name, Value}`.
///
/// # Errors
/// For a value of another form.
pub(in crate::release) fn parse_values(
    source: &Arc<Source>,
    value: &Term,
) -> Result<Vec<Variable>, SourceError> {
    let wrong =
        |term: &Term| source.error(term.span(), "`overlay_vars_values` must be a list of `{Name, Value}`");
    let list = value.as_list().ok_or_else(|| wrong(value))?;
    list.iter().map(|term| variable(source, term).ok_or_else(|| wrong(term))).collect()
}

fn entry(source: &Arc<Source>, term: &Term) -> Result<VarsEntry, SourceError> {
    if let Some(variable) = variable(source, term) {
        return Ok(VarsEntry::Variable(variable));
    }
    let path = if term.as_atom().is_some() { None } else { term.as_text() };
    let path = path.ok_or_else(|| {
        source.error(term.span(), "expected a variable, `{Name, Value}`, or the name of a file of variables")
    })?;
    Ok(VarsEntry::File(VarsFile { path, source: Arc::clone(source), span: term.span() }))
}

fn variable(source: &Arc<Source>, term: &Term) -> Option<Variable> {
    let [name, value] = term.as_tuple()? else { return None };
    Some(Variable { name: name.clone(), value: value.clone(), source: Arc::clone(source) })
}

/// The variables of all entries, with the files read. Paths are relative to `root`.
///
/// A variable replaces one of the same name where that stands; those of a file are taken out and come
/// last. Within one file the first of two counts.
///
/// # Errors
/// When a file is malformed, or includes itself. One that cannot be read is a warning, and left out.
pub(in crate::release) fn load(
    entries: &[VarsEntry],
    root: &Path,
    warnings: &mut Vec<SpecWarning>,
) -> Result<Vec<Variable>, SourceError> {
    let mut loader = Loader { root, warnings, open: Vec::new() };
    let mut variables = Vec::new();
    for entry in entries {
        match entry {
            VarsEntry::Variable(new) => {
                match variables.iter_mut().find(|old: &&mut Variable| old.name == new.name) {
                    Some(old) => *old = new.clone(),
                    None => variables.push(new.clone()),
                }
            }
            VarsEntry::File(file) => loader.file(&mut variables, file)?,
        }
    }
    Ok(variables)
}

struct Loader<'a> {
    root: &'a Path,
    warnings: &'a mut Vec<SpecWarning>,
    /// The files that are being read, each included by the one before.
    open: Vec<PathBuf>,
}

impl Loader<'_> {
    fn file(&mut self, variables: &mut Vec<Variable>, file: &VarsFile) -> Result<(), SourceError> {
        let path: PathBuf = self.root.join(&file.path).components().collect();
        if self.open.contains(&path) {
            return Err(file.source.error(file.span, format!("`{}` includes itself", file.path)));
        }
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let message =
                    format!("cannot read `{}` ({}); its variables are missing", path.display(), error.source);
                self.warnings.push(SpecWarning::OverlayVars(file.source.error(file.span, message)));
                return Ok(());
            }
        };
        self.open.push(path);
        let new = self.terms(file, &bytes)?;
        self.open.pop();
        replace(variables, new);
        Ok(())
    }

    /// A string among the variables names another file, relative to this one.
    fn terms(&mut self, file: &VarsFile, bytes: &[u8]) -> Result<Vec<Variable>, SourceError> {
        let document = term::consult(Path::new(&file.path), bytes)?;
        let mut variables = Vec::new();
        for term in &document.terms {
            match entry(&document.source, term)? {
                VarsEntry::Variable(variable) => variables.push(variable),
                VarsEntry::File(included) => {
                    let dir = Path::new(&file.path).parent().unwrap_or(Path::new(""));
                    let path = dir.join(&included.path).display().to_string();
                    self.file(&mut variables, &VarsFile { path, ..included })?;
                }
            }
        }
        Ok(variables)
    }
}

/// Each new variable takes away one old one of its name; the new ones follow the rest.
fn replace(variables: &mut Vec<Variable>, new: Vec<Variable>) {
    for variable in &new {
        if let Some(old) = variables.iter().position(|old| old.name == variable.name) {
            variables.remove(old);
        }
    }
    variables.extend(new);
}
