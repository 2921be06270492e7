//! Overlays at work: each changes the tree, in the order of the list.

use std::path::{Path, PathBuf};

use super::variables::Variables;
use super::{Directive, FORMS, Mode, OverlayAction, Text, place};
use crate::fs;
use crate::release::ReleaseError;
use crate::release::assemble::Form;
use crate::release::files::{Found, WalkError, file_entry, walk};
use crate::release::wildcard::wildcard;
use crate::term::{Source, SourceError};
use crate::tree::{Content, Entry, Group, Tree, TreeError, TreePath};

/// What overlays work with.
#[derive(Debug)]
pub(in crate::release) struct Context<'a> {
    /// What sources are relative to.
    pub(in crate::release) root: &'a Path,
    pub(in crate::release) variables: &'a Variables,
    pub(in crate::release) form: Form,
    /// Whether `link` makes links.
    pub(in crate::release) links: bool,
}

/// Adds what the overlays say to the tree, in their order; a later one replaces what was there. Gives the paths
/// that are to have a mode and are not in this form of the release, but may be in its directory.
///
/// # Errors
/// All mistakes of the list together, each with its place: a directive of another form, a source that does
/// not exist or cannot be read, a destination outside of the release or where it cannot be, a template that
/// is not well formed, a mode that is none.
pub(in crate::release) fn add(
    tree: &mut Tree,
    actions: &[OverlayAction],
    context: &Context<'_>,
) -> Result<Vec<TreePath>, ReleaseError> {
    let (mut elsewhere, mut errors) = (Vec::new(), Vec::new());
    for action in actions {
        match apply(tree, action, context) {
            Ok(path) => elsewhere.extend(path),
            Err(error) => errors.push(error),
        }
    }
    match errors.len() {
        0 => Ok(elsewhere),
        1 => Err(errors.remove(0).into()),
        _ => Err(ReleaseError::Overlays { errors }),
    }
}

/// Names in the paths of overlays that stand for nothing: most often mistyped.
pub(in crate::release) fn warnings(actions: &[OverlayAction], variables: &Variables) -> Vec<SourceError> {
    let mut warnings = Vec::new();
    for action in actions {
        let own = own_variables(action, variables).ok().flatten();
        let variables = own.as_ref().unwrap_or(variables);
        for path in action.paths() {
            let empty = variables.render(path.text.as_bytes()).map(|rendered| rendered.empty);
            warnings.extend(empty.unwrap_or_default().into_iter().map(|name| {
                action.error(path.span, format!("`{{{{{name}}}}}` stands for nothing in this path"))
            }));
        }
    }
    warnings
}

/// The variables with those of the action's own file, if it names one.
pub(super) fn own_variables(
    action: &OverlayAction,
    variables: &Variables,
) -> Result<Option<Variables>, SourceError> {
    match &action.directive {
        Directive::Template { vars: Some(own), .. } => variables.with(&own.variables).map(Some),
        _ => Ok(None),
    }
}

fn apply(
    tree: &mut Tree,
    action: &OverlayAction,
    context: &Context<'_>,
) -> Result<Option<TreePath>, SourceError> {
    let own = own_variables(action, context.variables)?;
    let variables = own.as_ref().unwrap_or(context.variables);
    let mut work = Work { tree, action, variables, context };
    match &action.directive {
        Directive::Mkdir { to } => work.mkdir(to),
        Directive::Copy { from, to } => work.each(from, to, Work::copy),
        Directive::Link { from, to } if context.links => work.each(from, to, Work::link),
        Directive::Link { from, to } => work.each(from, to, Work::copy),
        Directive::Template { from, to, .. } => work.template(from, to),
        Directive::Chmod { mode, path } => return work.chmod(mode, path),
        Directive::Malformed => Err(action.error(action.span, FORMS)),
    }
    .map(|()| None)
}

struct Work<'a> {
    tree: &'a mut Tree,
    action: &'a OverlayAction,
    variables: &'a Variables,
    context: &'a Context<'a>,
}

/// A place in the release; `None` is its top.
type Place = Option<TreePath>;

impl Work<'_> {
    fn mkdir(&mut self, to: &Text) -> Result<(), SourceError> {
        let Some(path) = self.destination(to, &self.rendered_to(to)?)? else { return Ok(()) };
        place::directory(self.tree, &path).map_err(|message| self.action.error(to.span, message))
    }

    /// A destination that ends in `/` takes all that matches the pattern; none is no error, as in relx.
    fn each(
        &mut self,
        from: &Text,
        to: &Text,
        add: fn(&mut Self, &Path, &Place) -> Result<(), String>,
    ) -> Result<(), SourceError> {
        let (source, target) = (self.rendered(from)?, self.rendered_to(to)?);
        let place = self.destination(to, &target)?;
        let action = self.action;
        let error = |message: String| action.error(from.span, message);
        if !target.ends_with(['/', '\\']) {
            let path = self.context.root.join(source);
            let place = match place {
                None if !path.is_dir() => self.destination(to, &file_name(&path).map_err(error)?)?,
                place => place,
            };
            return add(self, &path, &place).map_err(error);
        }
        if let Some(path) = &place {
            place::directory(self.tree, path).map_err(|message| action.error(to.span, message))?;
        }
        for path in self.sources(from, &source)? {
            let name = file_name(&path).map_err(error)?;
            let below = place.as_ref().map_or(name.clone(), |place| format!("{place}/{name}"));
            add(self, &path, &self.destination(to, &below)?).map_err(error)?;
        }
        Ok(())
    }

    fn sources(&self, from: &Text, source: &str) -> Result<Vec<PathBuf>, SourceError> {
        if !from.is_pattern {
            return Ok(vec![self.context.root.join(source)]);
        }
        wildcard(source, self.context.root).map_err(|error| self.action.error(from.span, caused(&error)))
    }

    /// A file, or a directory with all that is in it; links are followed.
    fn copy(&mut self, from: &Path, to: &Place) -> Result<(), String> {
        check_source(from)?;
        if from.is_dir() {
            return self.copy_directory(from, to);
        }
        let to = to.as_ref().ok_or("a file cannot take the place of the release")?;
        place::file(self.tree, to, readable(from)?)
    }

    fn copy_directory(&mut self, from: &Path, to: &Place) -> Result<(), String> {
        for found in walk(from, to.as_ref().map_or("", TreePath::as_str)) {
            let Found { path, to, is_directory } = found.map_err(walk_message)?;
            if is_directory {
                place::directory(self.tree, &to)?;
                place::open(self.tree, &to)?;
            } else {
                place::file(self.tree, &to, readable(&path)?)?;
            }
        }
        Ok(())
    }

    /// As an absolute path, since a link is for this machine only.
    fn link(&mut self, from: &Path, to: &Place) -> Result<(), String> {
        check_source(from)?;
        let to = to.as_ref().ok_or("a link cannot take the place of the release")?;
        place::link(self.tree, to, &from.components().collect::<PathBuf>())
    }

    fn template(&mut self, from: &Text, to: &Text) -> Result<(), SourceError> {
        let path = self.context.root.join(self.rendered(from)?);
        let target = self.rendered_to(to)?;
        let error = |message: String| self.action.error(from.span, message);
        check_source(&path).map_err(error)?;
        let template = fs::read(&path).map_err(|failed| error(caused(&failed)))?;
        let rendered = self.variables.render(&template).map_err(|mistake| {
            let shown = path.strip_prefix(self.context.root).unwrap_or(&path).to_path_buf();
            let text = String::from_utf8_lossy(&template).into_owned();
            std::sync::Arc::new(Source { path: shown, text }).error(mistake.span, mistake.message)
        })?;
        let entry = file_entry(&path, Content::from(rendered.bytes), Group::Release);
        let entry = entry.map_err(|failed| error(failed.to_string()))?;
        let place = self.destination(to, &target)?;
        let place = place.ok_or_else(|| error("a file cannot take the place of the release".into()))?;
        place::file(self.tree, &place, entry).map_err(|message| self.action.error(to.span, message))
    }

    fn chmod(&mut self, mode: &Mode, path: &Text) -> Result<Option<TreePath>, SourceError> {
        let bits = self.mode(mode)?;
        let target = self.rendered_to(path)?;
        let error = |message: String| self.action.error(path.span, message);
        let Some(place) = self.destination(path, &target)? else {
            return Err(error("the release itself has always mode 0755".into()));
        };
        let done = place::mode(self.tree, &place, bits);
        let absent = self.tree.get(place.as_str()).is_none() && !self.tree.has_below(&place);
        // What relx has and erlrel has not.
        let left_out = ["bin/install_upgrade.escript", "bin/nodetool"].contains(&place.as_str());
        match done {
            Err(_) if absent && left_out => Ok(None),
            Err(_) if absent && self.context.form != Form::Directory => Ok(Some(place)),
            done => done.map(|()| None).map_err(error),
        }
    }

    fn mode(&self, mode: &Mode) -> Result<u32, SourceError> {
        let (bits, span) = match mode {
            Mode::Bits(bits, span) => (Some(*bits), *span),
            Mode::Template(text) => (decimal(&self.rendered(text)?), text.span),
        };
        let bits = bits.and_then(|bits| u32::try_from(bits).ok()).filter(|bits| *bits <= 0o7777);
        bits.ok_or_else(|| {
            let message = "a mode is a whole number up to 8#7777, for example 8#755; a template must render to one \
                           in decimal, without leading zeros: 493";
            self.action.error(span, message)
        })
    }

    fn rendered(&self, text: &Text) -> Result<String, SourceError> {
        let rendered = self.variables.render(text.text.as_bytes());
        let rendered = rendered.map_err(|mistake| self.action.error(text.span, mistake.message))?;
        String::from_utf8(rendered.bytes).map_err(|_| self.action.error(text.span, "this path is not UTF-8"))
    }

    fn rendered_to(&self, to: &Text) -> Result<String, SourceError> {
        self.rendered(to).map(|rendered| self.variables.inside(&rendered).to_string())
    }

    fn destination(&self, to: &Text, rendered: &str) -> Result<Place, SourceError> {
        let rendered = if rendered.ends_with('\\') { format!("{rendered}/") } else { rendered.to_string() };
        let is_top = !rendered.is_empty() && !rendered.starts_with('/');
        if is_top && rendered.split('/').all(|part| matches!(part, "" | ".")) {
            return Ok(None);
        }
        let message = |error| match error {
            TreeError::PathTooLong { .. } => error.to_string(),
            _ => format!(
                "`{rendered}` is not inside the release: name a place that is relative to it, without `..`"
            ),
        };
        TreePath::new(&rendered).map(Some).map_err(|error| self.action.error(to.span, message(error)))
    }
}

fn check_source(path: &Path) -> Result<(), String> {
    let shown = path.display();
    match (path.metadata(), path.symlink_metadata()) {
        (Ok(metadata), _) if metadata.is_file() || metadata.is_dir() => Ok(()),
        (Ok(_), _) => Err(format!("`{shown}` is neither a file nor a directory")),
        (Err(_), Ok(_)) => Err(format!("`{shown}` is a link that leads nowhere")),
        (Err(_), Err(_)) => Err(format!("there is no file or directory `{shown}`")),
    }
}

/// A file that can be opened: what it holds is read only when it is written.
fn readable(path: &Path) -> Result<Entry, String> {
    check_source(path)?;
    std::fs::File::open(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    file_entry(path, Content::File(path.into()), Group::Release).map_err(|error| error.to_string())
}

fn file_name(path: &Path) -> Result<String, String> {
    let name = path.file_name().ok_or_else(|| format!("`{}` has no name of its own", path.display()))?;
    let not_utf8 = || ReleaseError::NotUtf8 { path: path.into() }.to_string();
    name.to_str().map(String::from).ok_or_else(not_utf8)
}

fn walk_message(error: WalkError) -> String {
    match error {
        WalkError::Unreadable { path, error } => match check_source(&path) {
            Err(message) => message,
            Ok(()) => format!("cannot read `{}`: {error}", path.display()),
        },
        WalkError::Name(error) => error.to_string(),
    }
}

/// An error with its cause.
fn caused(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// A number that nobody can mean in octal.
fn decimal(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text == "0" || !text.starts_with(['0', '+']))
}
