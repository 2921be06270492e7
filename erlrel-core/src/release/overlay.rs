//! Overlays: files and directories that a project adds to its release.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use globset::GlobBuilder;
use walkdir::WalkDir;

use super::ReleaseError;
use super::assemble::{add_directory, file_entry};
use super::paths::Variables;
use crate::fs::FsError;
use crate::term::{Source, SourceError, Term};
use crate::tree::{Content, Entry, Group, Tree, TreePath};

/// One directive of an `overlay` list, with its place for errors.
#[derive(Debug, Clone)]
pub struct OverlayAction {
    directive: Directive,
    term: Term,
    source: Arc<Source>,
}

#[derive(Debug, Clone)]
enum Directive {
    Mkdir { to: String },
    Copy { from: String, to: String },
}

/// Reads an `overlay` list.
///
/// # Errors
/// For a directive of another form, or one that is not supported yet.
pub(super) fn parse(source: &Arc<Source>, list: &Term) -> Result<Vec<OverlayAction>, SourceError> {
    let list = list.as_list().ok_or_else(|| source.error(list.span(), "`overlay` must be a list"))?;
    list.iter().map(|term| action(source, term)).collect()
}

fn action(source: &Arc<Source>, term: &Term) -> Result<OverlayAction, SourceError> {
    let parts = term.as_tuple().unwrap_or_default();
    let name = parts.first().and_then(Term::as_atom).unwrap_or_default();
    let texts: Option<Vec<String>> = parts.iter().skip(1).map(Term::as_text).collect();
    let directive = match (name, texts.as_deref()) {
        ("mkdir", Some([to])) => Directive::Mkdir { to: to.clone() },
        ("copy", Some([from, to])) => Directive::Copy { from: from.clone(), to: to.clone() },
        ("link" | "template" | "chmod", _) => {
            return Err(source.error(term.span(), format!("erlrel does not support `{name}` overlays yet")));
        }
        _ => {
            return Err(source.error(term.span(), "expected an overlay: `{mkdir, To}` or `{copy, From, To}`"));
        }
    };
    Ok(OverlayAction { directive, term: term.clone(), source: Arc::clone(source) })
}

impl OverlayAction {
    fn error(&self, message: impl Into<String>) -> ReleaseError {
        self.source.error(self.term.span(), message).into()
    }
}

/// Adds what the overlays say to the tree, in their order; a later one replaces what was there.
///
/// Sources are relative to `root`. A copy to a destination that ends in `/` takes all files and
/// directories that match the pattern (`* ** ? [..] {a,b}`, as `filelib:wildcard/1` reads them).
///
/// # Errors
/// When a source does not exist, a destination lies outside of the release, or a variable is unknown.
pub(super) fn add(
    tree: &mut Tree,
    actions: &[OverlayAction],
    root: &Path,
    variables: &Variables,
) -> Result<(), ReleaseError> {
    for action in actions {
        let render = |text: &str| variables.render(text).map_err(|message| action.error(message));
        match &action.directive {
            Directive::Mkdir { to } => mkdir(tree, action, &render(to)?)?,
            Directive::Copy { from, to } => {
                copy(tree, action, root, &render(from)?, variables.inside(&render(to)?))?;
            }
        }
    }
    Ok(())
}

fn mkdir(tree: &mut Tree, action: &OverlayAction, to: &str) -> Result<(), ReleaseError> {
    let path = destination(action, to)?;
    if tree.get(path.as_str()).is_none() {
        tree.replace(path, Entry::directory(Group::Release));
    }
    Ok(())
}

fn copy(
    tree: &mut Tree,
    action: &OverlayAction,
    root: &Path,
    from: &str,
    to: &str,
) -> Result<(), ReleaseError> {
    if !to.ends_with(['/', '\\']) {
        return copy_one(tree, action, &root.join(from), to);
    }
    if !matches!(to.trim_matches(['/', '\\']), "" | ".") {
        mkdir(tree, action, to)?;
    }
    for path in wildcard(action, root, from)? {
        let name = path.file_name().unwrap_or_default().display().to_string();
        copy_one(tree, action, &path, &format!("{to}{name}"))?;
    }
    Ok(())
}

fn copy_one(tree: &mut Tree, action: &OverlayAction, from: &Path, to: &str) -> Result<(), ReleaseError> {
    let whole_release = matches!(to, "." | "./");
    if from.is_dir() {
        let target = if whole_release { String::new() } else { destination(action, to)?.to_string() };
        return add_directory(tree, from, &target, &Group::Release);
    }
    if !from.is_file() {
        return Err(action.error(format!("there is no file or directory `{}` to copy", from.display())));
    }
    let to =
        if whole_release { from.file_name().unwrap_or_default().display().to_string() } else { to.into() };
    let entry = file_entry(from, Content::File(from.into()), Group::Release)?;
    tree.replace(destination(action, &to)?, entry);
    Ok(())
}

fn destination(action: &OverlayAction, to: &str) -> Result<TreePath, ReleaseError> {
    TreePath::new(to).map_err(|_| action.error(format!("`{to}` is not inside the release")))
}

/// The paths that match a pattern, sorted; none is no error, as in relx. Names that begin with a dot are no
/// exception, as in Erlang.
fn wildcard(action: &OverlayAction, root: &Path, pattern: &str) -> Result<Vec<PathBuf>, ReleaseError> {
    // What the project's own path is called is no pattern.
    let whole = root.join(pattern);
    let (root, below) = whole.strip_prefix(root).map_or((Path::new("/"), &*whole), |below| (root, below));
    // `components` drops `./` parts, which no path that is found would match.
    let parts = below.components().filter(|part| !matches!(part, Component::RootDir));
    let text = parts.collect::<PathBuf>().display().to_string();
    let escaped = globset::escape(&root.display().to_string());
    let glob = GlobBuilder::new(&format!("{}/{text}", escaped.trim_end_matches('/')))
        .literal_separator(true)
        .build();
    let matcher =
        glob.map_err(|error| action.error(format!("bad pattern: {}", error.kind())))?.compile_matcher();
    let is_plain = |part: &&str| !part.contains(['*', '?', '[', '{', '\\']);
    let fixed = text.split('/').take_while(is_plain).collect::<Vec<_>>().join("/");
    let depth = if text.contains("**") {
        usize::MAX
    } else {
        text.split('/').count() - fixed.split('/').filter(|part| !part.is_empty()).count()
    };
    let base = root.join(&fixed);
    if !base.exists() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in WalkDir::new(&base).follow_links(true).max_depth(depth).sort_by_file_name() {
        let entry = entry.map_err(|error| FsError::while_doing("list the directory", &base)(error.into()))?;
        if matcher.is_match(entry.path()) {
            paths.push(entry.into_path());
        }
    }
    Ok(paths)
}
