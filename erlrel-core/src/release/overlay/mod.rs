//! Overlays: what a project adds to its release, and changes in it.

mod apply;
mod in_relx;
mod mustache;
pub(super) mod overlay_vars;
mod place;
mod variables;

use std::path::Path;
use std::sync::Arc;

pub(super) use self::apply::{Context, add, warnings};
pub(super) use self::in_relx::relx_differs;
use self::overlay_vars::{Variable, VarsEntry, VarsFile};
pub(super) use self::variables::Variables;
use super::spec::SpecWarning;
use crate::term::{Source, SourceError, Span, Term};

/// One directive of an `overlay` list, with its place for errors.
#[derive(Debug, Clone)]
pub struct OverlayAction {
    directive: Directive,
    source: Arc<Source>,
    span: Span,
}

#[derive(Debug, Clone)]
enum Directive {
    /// `{mkdir, To}`
    Mkdir { to: Text },
    /// `{copy, From, To}`
    Copy { from: Text, to: Text },
    /// `{link, From, To}`
    Link { from: Text, to: Text },
    /// `{template, From, To}`, `{template, From, To, VarsFile}`
    Template { from: Text, to: Text, vars: Option<OwnVars> },
    /// `{chmod, Mode, Path}`
    Chmod { mode: Mode, path: Text },
    /// None of these, which is said together with all other mistakes of the list.
    Malformed,
}

/// The variables of one `template` directive: their file, and what was read from it.
#[derive(Debug, Clone)]
struct OwnVars {
    file: VarsFile,
    variables: Vec<Variable>,
}

/// A template for a path or a mode.
#[derive(Debug, Clone)]
struct Text {
    text: String,
    span: Span,
    /// Whether it can be a pattern: relx takes a binary as it is.
    is_pattern: bool,
}

#[derive(Debug, Clone)]
enum Mode {
    Bits(u64, Span),
    Template(Text),
}

/// What an overlay can be, for messages.
const FORMS: &str = "expected an overlay: `{mkdir, To}`, `{copy, From, To}`, `{link, From, To}`, \
                     `{template, From, To}`, `{template, From, To, VarsFile}` or `{chmod, Mode, Path}`";

/// Reads an `overlay` list. A directive of another form is an error when the overlays are added, like every
/// other mistake in them, so that all are told at once.
///
/// # Errors
/// When it is no list.
pub(super) fn parse(source: &Arc<Source>, list: &Term) -> Result<Vec<OverlayAction>, SourceError> {
    let list = list.as_list().ok_or_else(|| source.error(list.span(), "`overlay` must be a list"))?;
    Ok(list.iter().map(|term| action(source, term)).collect())
}

fn action(source: &Arc<Source>, term: &Term) -> OverlayAction {
    let parts = term.as_tuple().unwrap_or_default();
    let directive = directive(source, parts).unwrap_or(Directive::Malformed);
    OverlayAction { directive, source: Arc::clone(source), span: term.span() }
}

fn directive(source: &Arc<Source>, parts: &[Term]) -> Option<Directive> {
    let (name, rest) = parts.split_first()?;
    Some(match (name.as_atom()?, rest) {
        ("mkdir", [to]) => Directive::Mkdir { to: text(to)? },
        ("copy", [from, to]) => Directive::Copy { from: text(from)?, to: text(to)? },
        ("link", [from, to]) => Directive::Link { from: text(from)?, to: text(to)? },
        ("template", [from, to]) => Directive::Template { from: text(from)?, to: text(to)?, vars: None },
        ("template", [from, to, file]) => {
            let file = VarsFile { path: text(file)?.text, source: Arc::clone(source), span: file.span() };
            let vars = Some(OwnVars { file, variables: Vec::new() });
            Directive::Template { from: text(from)?, to: text(to)?, vars }
        }
        ("chmod", [mode, path]) => Directive::Chmod { mode: chmod_mode(mode)?, path: text(path)? },
        _ => return None,
    })
}

fn text(term: &Term) -> Option<Text> {
    let is_pattern = !matches!(term.value(), crate::term::Value::Binary(_));
    Some(Text { text: term.as_text()?, span: term.span(), is_pattern })
}

fn chmod_mode(term: &Term) -> Option<Mode> {
    match term.as_u64() {
        Some(bits) => Some(Mode::Bits(bits, term.span())),
        None => text(term).map(Mode::Template),
    }
}

/// Reads the files of variables that single directives name, relative to `root`.
///
/// # Errors
/// When one is malformed. One that cannot be read is a warning.
pub(super) fn load_vars(
    actions: &mut [OverlayAction],
    root: &Path,
    warnings: &mut Vec<SpecWarning>,
) -> Result<(), SourceError> {
    for action in actions {
        if let Directive::Template { vars: Some(own), .. } = &mut action.directive {
            own.variables = overlay_vars::load(&[VarsEntry::File(own.file.clone())], root, warnings)?;
        }
    }
    Ok(())
}

impl OverlayAction {
    fn error(&self, span: Span, message: impl Into<String>) -> SourceError {
        self.source.error(span, message)
    }

    /// The paths among its parts.
    fn paths(&self) -> Vec<&Text> {
        match &self.directive {
            Directive::Mkdir { to } | Directive::Chmod { path: to, .. } => vec![to],
            Directive::Copy { from, to }
            | Directive::Link { from, to }
            | Directive::Template { from, to, .. } => {
                vec![from, to]
            }
            Directive::Malformed => Vec::new(),
        }
    }
}
