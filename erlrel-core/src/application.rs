//! The application resource file (`.app`): what an application is made of and what it needs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fs::{self, FsError};
use crate::term::{self, Source, SourceError, Span, Term};

/// A compiled application: its directory and what its `.app` file says.
///
/// Defaults of absent keys are those of `systools` (OTP's `app(4)`): empty lists, `infinity`, no `mod`.
#[derive(Debug, Clone)]
pub struct Application {
    /// The application's name.
    pub name: String,
    /// The directory that has `ebin/`.
    pub dir: PathBuf,
    /// The version, as it stands in the file.
    pub vsn: String,
    /// One line about it.
    pub description: String,
    /// `id`, as a term; default `[]`.
    pub id: Term,
    /// Its modules, in file order.
    pub modules: Vec<String>,
    /// Names of registered processes.
    pub registered: Vec<String>,
    /// Applications that must be started before it.
    pub applications: Vec<String>,
    /// Applications that it includes.
    pub included: Vec<String>,
    /// Those among `applications` that may be absent (OTP 24 and newer).
    pub optional: Vec<String>,
    /// Its environment.
    pub env: Term,
    /// `maxT`.
    pub max_t: Term,
    /// `maxP`.
    pub max_p: Term,
    /// `start_phases`, where given.
    pub start_phases: Option<Term>,
    /// `{Module, Args}` of `mod`, where given.
    pub callback: Option<Term>,
    /// Where a list of names has one twice: the key of the list, and an error at the place.
    pub repeated: Vec<(&'static str, SourceError)>,
    /// The file that was read, for errors about it.
    pub source: Arc<Source>,
    entries: Vec<Term>,
}

/// An application that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplicationError {
    /// The file cannot be read.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// The file is not as `app(4)` says.
    #[error(transparent)]
    Syntax(#[from] SourceError),
}

impl Application {
    /// Reads `dir/ebin/<name>.app`; `None` if there is no such file.
    ///
    /// # Errors
    /// When the file cannot be read, or lacks a required key (`description`, `vsn`, `modules`,
    /// `registered`, `applications`), or a value has the wrong type.
    pub fn read(dir: &Path, name: &str) -> Result<Option<Self>, ApplicationError> {
        let path = dir.join("ebin").join(format!("{name}.app"));
        let Some(bytes) = fs::read_optional(&path)? else { return Ok(None) };
        Ok(Some(parse(dir, name, &path, &bytes)?))
    }

    /// The path of the compiled module.
    pub fn beam(&self, module: &str) -> PathBuf {
        self.dir.join("ebin").join(format!("{module}.beam"))
    }

    /// The directory name in a release: `<name>-<vsn>`.
    pub fn dir_name(&self) -> String {
        format!("{}-{}", self.name, self.vsn)
    }

    /// Takes applications and modules out of its lists; true if any was there.
    pub fn leave_out(&mut self, apps: &BTreeSet<String>, modules: &BTreeSet<String>) -> bool {
        let count = |app: &Self| app.needs().count() + app.modules.len();
        let before = count(self);
        for list in [&mut self.applications, &mut self.included, &mut self.optional] {
            list.retain(|name| !apps.contains(name));
        }
        self.modules.retain(|name| !modules.contains(name));
        count(self) != before
    }

    /// The text of its `.app` file, with those lists as they are now that the file has.
    pub fn text(&self) -> String {
        let lists = [
            ("applications", &self.applications),
            ("included_applications", &self.included),
            ("optional_applications", &self.optional),
            ("modules", &self.modules),
        ];
        let now = |entry: &Term| {
            let key = entry.as_pair().map_or("", |(key, _)| key);
            match lists.iter().find(|(name, _)| *name == key) {
                Some((_, names)) => Term::pair(key, Term::atoms(*names)),
                None => entry.clone(),
            }
        };
        let entries = Term::list(self.entries.iter().map(now));
        let form = Term::tuple([Term::atom("application"), Term::atom(&*self.name), entries]);
        format!("{}.\n", term::pretty(&form))
    }

    /// Everything that must be in a release with it: applications, included, optional, in this order.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        self.applications.iter().chain(&self.included).chain(&self.optional).map(String::as_str)
    }
}

fn parse(dir: &Path, name: &str, path: &Path, bytes: &[u8]) -> Result<Application, SourceError> {
    let document = term::consult(path, bytes)?;
    let keys = Keys::find(&document.source, &document.terms, name)?;
    Ok(Application {
        name: name.into(),
        dir: dir.into(),
        vsn: keys.string("vsn")?,
        description: keys.string("description")?,
        id: keys.checked("id", "a string", |id| id.as_string().is_some())?.unwrap_or_else(|| Term::list([])),
        modules: keys.required_atoms("modules")?,
        registered: keys.required_atoms("registered")?,
        applications: keys.required_atoms("applications")?,
        included: keys.atoms("included_applications")?,
        optional: keys.atoms("optional_applications")?,
        env: keys.checked("env", PAIRS, is_pairs)?.unwrap_or_else(|| Term::list([])),
        max_t: keys.checked("maxT", LIMIT, is_limit)?.unwrap_or_else(|| Term::atom("infinity")),
        max_p: keys.checked("maxP", LIMIT, is_limit)?.unwrap_or_else(|| Term::atom("infinity")),
        start_phases: keys
            .checked("start_phases", PAIRS, |phases| phases.is_atom("undefined") || is_pairs(phases))?
            .filter(|phases| !phases.is_atom("undefined")),
        callback: keys
            .checked("mod", "`{Module, Args}`", is_callback)?
            .filter(|callback| callback.as_tuple().is_some()),
        repeated: LISTS.into_iter().filter_map(|key| Some((key, keys.repeated(key)?))).collect(),
        source: Arc::clone(&document.source),
        entries: keys.entries,
    })
}

/// The keys whose values are lists of names.
const LISTS: [&str; 5] =
    ["modules", "registered", "applications", "included_applications", "optional_applications"];
const PAIRS: &str = "a list of `{Key, Value}`";
const LIMIT: &str = "a positive number or infinity";

fn is_pairs(term: &Term) -> bool {
    term.as_list().is_some_and(|list| list.iter().all(|element| element.as_pair().is_some()))
}

fn is_limit(term: &Term) -> bool {
    term.is_atom("infinity") || term.as_u64().is_some_and(|number| number > 0)
}

fn is_callback(term: &Term) -> bool {
    term.as_pair().is_some() || term.as_list().is_some_and(|list| list.is_empty())
}

/// The key-value list of the file, where the first of equal keys counts.
struct Keys<'a> {
    source: &'a Arc<Source>,
    whole: Span,
    entries: Vec<Term>,
}

impl<'a> Keys<'a> {
    fn find(source: &'a Arc<Source>, terms: &[Term], name: &str) -> Result<Self, SourceError> {
        let expected = || format!("expected one term `{{application, {name}, […]}}.`");
        let [form] = terms else { return Err(source.error(Span::default(), expected())) };
        match form.as_tuple() {
            Some([tag, app, entries]) if tag.is_atom("application") && app.is_atom(name) => {
                let list = entries.as_list().ok_or_else(|| source.error(entries.span(), expected()))?;
                Ok(Self { source, whole: form.span(), entries: list })
            }
            _ => Err(source.error(form.span(), expected())),
        }
    }

    fn optional(&self, key: &str) -> Option<Term> {
        term::lookup(&self.entries, key).cloned()
    }

    /// A value that is of the form that `systools` accepts, or absent.
    fn checked(
        &self,
        key: &str,
        what: &str,
        is: impl Fn(&Term) -> bool,
    ) -> Result<Option<Term>, SourceError> {
        match self.optional(key) {
            Some(value) if !is(&value) => {
                Err(self.source.error(value.span(), format!("`{key}` must be {what}")))
            }
            value => Ok(value),
        }
    }

    fn required(&self, key: &str) -> Result<Term, SourceError> {
        let start = Span { start: self.whole.start, end: self.whole.start + 1 };
        self.optional(key).ok_or_else(|| {
            self.source.error(start, format!("the key `{key}` is missing, which every application needs"))
        })
    }

    fn string(&self, key: &str) -> Result<String, SourceError> {
        let value = self.required(key)?;
        value.as_string().ok_or_else(|| self.source.error(value.span(), format!("`{key}` must be a string")))
    }

    fn required_atoms(&self, key: &str) -> Result<Vec<String>, SourceError> {
        self.required(key)?;
        self.atoms(key)
    }

    /// An error at the first name that stood in the list before.
    fn repeated(&self, key: &str) -> Option<SourceError> {
        let elements = self.optional(key)?.as_list()?;
        let mut seen = BTreeSet::new();
        let again =
            elements.iter().find(|element| element.as_atom().is_some_and(|name| !seen.insert(name)))?;
        Some(self.source.error(again.span(), format!("`{}` is in `{key}` twice", again.as_atom()?)))
    }

    fn atoms(&self, key: &str) -> Result<Vec<String>, SourceError> {
        let Some(value) = self.optional(key) else { return Ok(Vec::new()) };
        let wrong = |span| self.source.error(span, format!("`{key}` must be a list of atoms"));
        let elements = value.as_list().ok_or_else(|| wrong(value.span()))?;
        elements.iter().map(|e| e.as_atom().map(String::from).ok_or_else(|| wrong(e.span()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Application, String> {
        parse(Path::new("lib/x"), "x", Path::new("lib/x/ebin/x.app"), text.as_bytes())
            .map_err(|e| e.to_string())
    }

    #[test]
    fn absent_keys_have_their_defaults() {
        let text = r#"{application, x, [{description, ""}, {vsn, "1"}, {modules, [a, b]},
                       {registered, []}, {applications, [kernel, stdlib]}]}."#;
        let app = read(text).expect("an application");
        assert_eq!((app.dir_name().as_str(), app.modules.len()), ("x-1", 2));
        assert_eq!((app.env, app.max_t, app.callback), (Term::list([]), Term::atom("infinity"), None));
        assert_eq!(app.applications, ["kernel", "stdlib"]);
    }

    #[test]
    fn mistakes_are_shown_at_their_place() {
        insta::assert_snapshot!(read("{application, x, [{vsn, 1}]}.").expect_err("bad"), @r"
        lib/x/ebin/x.app:1:25: `vsn` must be a string
          |
        1 | {application, x, [{vsn, 1}]}.
          |                         ^
        ");
        insta::assert_snapshot!(read("{application, x, []}.").expect_err("bad"), @r"
        lib/x/ebin/x.app:1:1: the key `vsn` is missing, which every application needs
          |
        1 | {application, x, []}.
          | ^
        ");
        let twice = r#"{application, x, [{description, ""}, {vsn, "1"}, {modules, [a, b, a]},
                       {registered, []}, {applications, []}]}."#;
        insta::assert_snapshot!(read(twice).expect("an application").repeated[0].1, @r#"
        lib/x/ebin/x.app:1:67: `a` is in `modules` twice
          |
        1 | {application, x, [{description, ""}, {vsn, "1"}, {modules, [a, b, a]},
          |                                                                   ^
        "#);
        insta::assert_snapshot!(read("{application, y, []}.").expect_err("bad"), @r"
        lib/x/ebin/x.app:1:1: expected one term `{application, x, […]}.`
          |
        1 | {application, y, []}.
          | ^^^^^^^^^^^^^^^^^^^^
        ");
    }
}
