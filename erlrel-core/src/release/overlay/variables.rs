//! The variables of overlays: relx's built-in ones and the project's own, ready for templates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::mustache::{self, Rendered, TemplateError};
use super::overlay_vars::Variable;
use crate::project::Project;
use crate::release::ReleaseError;
use crate::release::resolve::Release;
use crate::release::spec::ReleaseSpec;
use crate::term::{Source, SourceError, Span, Term, Value};

/// The values that names stand for in templates and in the paths of overlays.
#[derive(Debug, Clone)]
pub(in crate::release) struct Variables {
    /// A list of `{Name, Value}`; the first of equal names counts.
    data: Term,
    output_dir: String,
}

impl Default for Variables {
    fn default() -> Self {
        Self { data: Term::list([]), output_dir: String::new() }
    }
}

impl Variables {
    /// The project's own variables come first, then relx's, then those of `overlay_vars_values`: the order
    /// of relx 4.9 and newer. Strings among the project's own are templates over what stands before them
    /// and over the others.
    ///
    /// # Errors
    /// When a variable's value is a template with a mistake.
    pub(in crate::release) fn of(release: &Release) -> Result<Self, ReleaseError> {
        let Release { project, spec, apps, .. } = release;
        let output_dir = spec.output_dir.join(&spec.name);
        let mut known = state_variables(spec, &output_dir);
        known.extend(apps.iter().map(|app| Term::pair(&app.app.name, path_term(&app.app.dir))));
        known.extend(release_variables(release));
        known.extend(spec.overlay_vars.values.iter().map(pair));
        known.push(Term::pair("profile_string", Term::string(profile_string(project))));
        let base_dir = Variable {
            name: Term::atom("base_dir"),
            value: path_term(&project.profile_dir()),
            source: Arc::new(Source { path: PathBuf::new(), text: String::new() }),
        };
        let redefined = spec.overlay_vars.own.iter().any(|variable| variable.name == base_dir.name);
        let own: Vec<Variable> =
            (!redefined).then_some(base_dir).into_iter().chain(spec.overlay_vars.own.clone()).collect();
        Ok(Self { data: with_own(&own, &known)?, output_dir: output_dir.display().to_string() })
    }

    /// The same with more variables before all others: the file of one `template` overlay.
    ///
    /// # Errors
    /// When a variable's value is a template with a mistake.
    pub(super) fn with(&self, own: &[Variable]) -> Result<Self, SourceError> {
        let known = self.data.as_list().unwrap_or_default();
        Ok(Self { data: with_own(own, &known)?, output_dir: self.output_dir.clone() })
    }

    /// A template with all variables replaced.
    pub(super) fn render(&self, template: &[u8]) -> Result<Rendered, TemplateError> {
        mustache::render(template, &self.data)
    }

    /// A destination below `{{output_dir}}` is one inside the release; the directory itself is all of it.
    pub(super) fn inside<'a>(&self, to: &'a str) -> &'a str {
        match to.strip_prefix(&self.output_dir) {
            Some("") => ".",
            Some(rest) if rest.trim_matches('/').is_empty() => "./",
            Some(rest) if rest.starts_with('/') => rest.trim_start_matches('/'),
            _ => to,
        }
    }
}

fn state_variables(spec: &ReleaseSpec, output_dir: &Path) -> Vec<Term> {
    let options = &spec.overlay_vars.options;
    let overridden = options.overrides.as_list().unwrap_or_default();
    let overridden = overridden.iter().filter_map(Term::as_pair).map(|(app, _)| app);
    vec![
        Term::pair("output_dir", path_term(output_dir)),
        Term::pair("target_dir", path_term(output_dir)),
        Term::pair("overridden", Term::atoms(overridden)),
        Term::pair("overrides", options.overrides.clone()),
        Term::pair("lib_dirs", Term::list(spec.lib_dirs.iter().map(|dir| path_term(dir)))),
        Term::pair("vm_args", options.vm_args.clone()),
        Term::pair("sys_config", options.sys_config.clone()),
        Term::pair("root_dir", path_term(&spec.root_dir)),
    ]
}

fn release_variables(release: &Release) -> Vec<Term> {
    let (spec, erts_vsn) = (&release.spec, &release.erts.vsn);
    vec![
        Term::pair("erts_vsn", Term::string(erts_vsn)),
        Term::pair("erts_dir", path_term(&release.otp.root)),
        Term::pair("release_erts_version", Term::string(erts_vsn)),
        Term::pair("release_name", Term::atom(&*spec.name)),
        Term::pair("release_version", Term::string(&spec.vsn)),
        Term::pair("release", Term::string(format!("{}-{}", spec.name, spec.vsn))),
    ]
}

fn path_term(path: &Path) -> Term {
    Term::string(path.display().to_string())
}

fn pair(variable: &Variable) -> Term {
    Term::tuple([variable.name.clone(), variable.value.clone()])
}

/// The name of the profile's directory.
fn profile_string(project: &Project) -> String {
    let dir = project.profile_dir();
    dir.file_name().unwrap_or_default().display().to_string()
}

/// The rendered own variables before the known ones.
fn with_own(own: &[Variable], known: &[Term]) -> Result<Term, SourceError> {
    let mut rendered: Vec<Term> = Vec::new();
    for variable in own {
        let value = rendered_value(variable, &variable.value, &rendered, known)?;
        rendered.push(Term::tuple([variable.name.clone(), value]));
    }
    Ok(Term::list(rendered.into_iter().chain(known.iter().cloned())))
}

/// A string or a binary is a template and becomes a binary; a list of pairs is rendered pair by pair.
fn rendered_value(
    variable: &Variable,
    value: &Term,
    before: &[Term],
    known: &[Term],
) -> Result<Term, SourceError> {
    if let Some(template) = template(value) {
        let data = Term::list(before.iter().chain(known).cloned());
        let rendered = mustache::render(&template, &data).map_err(|error| error.in_value(variable, value))?;
        return Ok(Term::new(Value::Binary(rendered.bytes)).at(value.span()));
    }
    let Value::List(elements) = value.value() else { return Ok(value.clone()) };
    let outer: Vec<Term> = before.iter().chain(known).cloned().collect();
    let mut inner = Vec::new();
    for element in elements {
        inner.push(match element.as_tuple() {
            Some([name, value]) => {
                Term::tuple([name.clone(), rendered_value(variable, value, &inner, &outer)?])
            }
            _ => element.clone(),
        });
    }
    Ok(Term::list(inner))
}

/// The text of a value that is one. A list of numbers is text if all of them are printable characters of
/// Latin-1, as Erlang guesses it.
fn template(value: &Term) -> Option<Vec<u8>> {
    let printable = |c: char| matches!(c, ' '..='~' | '\u{a0}'..='\u{ff}' | '\u{8}'..='\r' | '\u{1b}');
    match value.value() {
        Value::Binary(bytes) => Some(bytes.clone()),
        Value::String(text) => Some(text.as_bytes().to_vec()),
        _ => value.as_string().filter(|text| text.chars().all(printable)).map(String::into_bytes),
    }
}

impl TemplateError {
    /// The error at the value that is the template.
    fn in_value(&self, variable: &Variable, value: &Term) -> SourceError {
        let span = if value.span() == Span::default() { variable.value.span() } else { value.span() };
        variable
            .source
            .error(span, format!("`{}` is a template with a mistake: {}", variable.name, self.message))
    }
}
