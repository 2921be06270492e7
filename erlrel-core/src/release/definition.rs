//! `{release, …}`: a configured release in any of relx's forms, and the choice among several.

use std::cmp::Reverse;
use std::path::Path;
use std::sync::Arc;

use super::ReleaseError;
use super::goal::{self, Goal};
use super::spec::SpecWarning;
use super::version;
use crate::term::{Place, Source, SourceError, Span, Term};

/// A release as the configuration has it, before its version is evaluated.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    name: String,
    name_at: Span,
    vsn: Term,
    erts: Option<(String, Span)>,
    base: Option<Base>,
    goals: Vec<Goal>,
    goals_at: Span,
    options: Vec<Term>,
}

/// The release that another one extends; its version is that of the other one if none is named.
#[derive(Debug, Clone)]
struct Base {
    name: String,
    vsn: Option<Term>,
    span: Span,
}

/// A release with its version evaluated and the goals of its base.
#[derive(Debug, Clone)]
pub(super) struct Configured {
    pub(super) name: String,
    name_at: Span,
    pub(super) vsn: String,
    vsn_at: Span,
    /// The version of `{erts, Vsn}` and its place, where given.
    pub(super) erts: Option<(String, Span)>,
    pub(super) goals: Vec<Goal>,
    goals_at: Span,
    /// Options for this release only, to be folded after all others.
    pub(super) options: Vec<Term>,
    warning: Option<SpecWarning>,
}

/// Which of several configured releases is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Its name. Default: the only one there is.
    pub name: Option<String>,
    /// Its version. Default: the highest.
    pub vsn: Option<String>,
}

impl Selection {
    /// Reads `NAME` or `NAME:VSN`.
    pub fn parse(text: &str) -> Self {
        let (name, vsn) = text.split_once(':').map_or((text, None), |(name, vsn)| (name, Some(vsn)));
        Self { name: Some(name.into()), vsn: vsn.map(String::from) }
    }

    fn fits(&self, release: &Configured) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|text| text == found);
        is(&self.name, &release.name) && is(&self.vsn, &release.vsn)
    }
}

/// Reads what follows `release` in its tuple: `{Name, Vsn}` or `{Name, Vsn, {extend, Base}}`, for the former
/// perhaps `{erts, Vsn}`, the goals, and perhaps options for this release only.
///
/// # Errors
/// For any other form, at its place.
pub(super) fn parse(source: &Arc<Source>, option: &Term, rest: &[Term]) -> Result<Definition, SourceError> {
    let wrong = || source.error(option.span(), EXPECTED);
    let (id, rest) = rest.split_first().ok_or_else(wrong)?;
    let (erts, rest) = match rest.split_first() {
        Some((first, rest)) if first.as_pair().is_some_and(|(key, _)| key == "erts") => {
            let vsn = first.as_pair().and_then(|(_, vsn)| vsn.as_string());
            let vsn = vsn.ok_or_else(|| source.error(first.span(), "`erts` must be a version string"))?;
            (Some((vsn, first.span())), rest)
        }
        _ => (None, rest),
    };
    let list = |term: &Term| term.as_list().ok_or_else(wrong);
    let (goals, options) = match rest {
        [goals] => (goals, Vec::new()),
        [goals, options] => (goals, list(options)?),
        _ => return Err(wrong()),
    };
    let (goals, goals_at) = (list(goals)?, goals.span());
    let (name, vsn, base) = match id.as_tuple() {
        Some([name, vsn]) => (name, vsn, None),
        Some([name, vsn, base]) if erts.is_none() => (name, vsn, Some(extended(source, base)?)),
        _ => return Err(wrong()),
    };
    let name_at = name.span();
    let name = name.as_atom().ok_or_else(|| source.error(name_at, "a release's name must be an atom"))?;
    let goals = goals.iter().map(|goal| goal::parse(source, goal)).collect::<Result<_, _>>()?;
    Ok(Definition { name: name.into(), name_at, vsn: vsn.clone(), erts, base, goals, goals_at, options })
}

const EXPECTED: &str = "expected `{release, {Name, Vsn}, [App, …]}`, where `{erts, Vsn}` may stand before the \
                        applications and options for this release only behind them";

/// `{extend, Name}` or `{extend, {Name, Vsn}}`.
fn extended(source: &Arc<Source>, term: &Term) -> Result<Base, SourceError> {
    let wrong = || source.error(term.span(), "expected `{extend, Name}` or `{extend, {Name, Vsn}}`");
    let (_, base) = term.as_pair().filter(|(key, _)| *key == "extend").ok_or_else(wrong)?;
    let (name, vsn) = match base.as_tuple() {
        Some([name, vsn]) => (name, Some(vsn.clone())),
        _ => (base, None),
    };
    Ok(Base { name: name.as_atom().ok_or_else(wrong)?.into(), vsn, span: term.span() })
}

/// Chooses the release that is meant.
///
/// # Errors
/// When there is none, or none that fits; when several names are configured and none is selected; when a
/// release extends one that is not defined before it; when the chosen one has no goals, or a name or version that
/// no directory can have.
pub(super) fn choose(
    definitions: &[Definition],
    selection: &Selection,
    root: &Path,
    source: &Arc<Source>,
    warnings: &mut Vec<SpecWarning>,
) -> Result<Configured, ReleaseError> {
    let configured = configure(definitions, root, source)?;
    let mut names: Vec<&str> = configured.iter().map(|release| release.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > 1 && selection.name.is_none() {
        return Err(ReleaseError::SeveralReleases { names: names.join(", ") });
    }
    let fitting = configured.iter().filter(|release| selection.fits(release));
    // Of versions that count as equal relx takes the one that sorts first as text.
    let key = |release: &&Configured| (Reverse(version::precedence(&release.vsn)), release.vsn.clone());
    let chosen = fitting.clone().min_by_key(key).ok_or_else(|| none_fits(&configured, selection, source))?;
    let key =
        |release: &&Configured| (Reverse(version::precedence_in_relx(&release.vsn)), release.vsn.clone());
    warnings.extend(fitting.min_by_key(key).and_then(|in_relx| other_choice(chosen, in_relx, source)));
    check_names(chosen, source)?;
    if chosen.goals.is_empty() {
        let error = ReleaseError::NoGoals { release: format!("{}-{}", chosen.name, chosen.vsn) };
        return Err(error.at(&Place::new(source, chosen.goals_at)));
    }
    warnings.extend(chosen.warning.clone());
    Ok(chosen.clone())
}

/// That relx would take another one of several versions.
fn other_choice(chosen: &Configured, in_relx: &Configured, source: &Arc<Source>) -> Option<SpecWarning> {
    let message = format!(
        "of several versions this one, {}, is the highest; relx would take {}, as it does not look at what is behind \
         `+`, and compares what is behind `-` as text. Name the version that is meant: `--release {}:VSN`",
        chosen.vsn, in_relx.vsn, chosen.name
    );
    let error = source.error(chosen.goals_at, message);
    (chosen.vsn != in_relx.vsn).then_some(SpecWarning::RelxDiffers(error))
}

/// Both become names of directories.
fn check_names(release: &Configured, source: &Arc<Source>) -> Result<(), SourceError> {
    let Configured { name, name_at, vsn, vsn_at, .. } = release;
    for (text, span, what) in [(name, name_at, "name"), (vsn, vsn_at, "version")] {
        let named = if text.is_empty() { "an empty text".into() } else { format!("`{text}`") };
        if matches!(text.as_str(), "" | "." | "..") || text.contains(['/', '\0']) {
            let message = format!(
                "{named} cannot be the {what} of a release, as directories and files are named after it"
            );
            return Err(source.error(*span, message));
        }
    }
    Ok(())
}

fn none_fits(configured: &[Configured], selection: &Selection, source: &Arc<Source>) -> ReleaseError {
    if configured.is_empty() {
        return ReleaseError::NoRelease { path: source.path.clone(), unread: false };
    }
    let wanted = [&selection.name, &selection.vsn].into_iter().flatten().cloned().collect::<Vec<_>>();
    let all = configured.iter().map(|release| format!("{}:{}", release.name, release.vsn));
    ReleaseError::NoSuchRelease { wanted: wanted.join(":"), configured: all.collect::<Vec<_>>().join(", ") }
}

/// Evaluates all versions, in order; of equal name and version the later definition replaces the earlier.
fn configure(
    definitions: &[Definition],
    root: &Path,
    source: &Arc<Source>,
) -> Result<Vec<Configured>, SourceError> {
    let mut all: Vec<Configured> = Vec::new();
    for definition in definitions {
        let (vsn, warning) = version::evaluate(root, source, &definition.vsn)?;
        let goals = match &definition.base {
            Some(base) => merge(base_goals(base, &vsn, &all, root, source)?, &definition.goals),
            None => definition.goals.clone(),
        };
        all.retain(|other| (&other.name, &other.vsn) != (&definition.name, &vsn));
        all.push(Configured {
            name: definition.name.clone(),
            name_at: definition.name_at,
            vsn,
            vsn_at: definition.vsn.span(),
            erts: definition.erts.clone(),
            goals,
            goals_at: definition.goals_at,
            options: definition.options.clone(),
            warning,
        });
    }
    Ok(all)
}

fn base_goals(
    base: &Base,
    vsn: &str,
    before: &[Configured],
    root: &Path,
    source: &Arc<Source>,
) -> Result<Vec<Goal>, SourceError> {
    let vsn = match &base.vsn {
        Some(term) => version::evaluate(root, source, term)?.0,
        None => vsn.to_string(),
    };
    let found = before.iter().find(|release| release.name == base.name && release.vsn == vsn);
    found.map(|release| release.goals.clone()).ok_or_else(|| {
        let message = format!("no release `{}` of version {vsn} is defined before this one", base.name);
        source.error(base.span, message)
    })
}

/// The base's goals, each replaced where the extending release has one of the same application.
fn merge(mut goals: Vec<Goal>, own: &[Goal]) -> Vec<Goal> {
    for goal in own {
        match goals.iter_mut().find(|there| there.name == goal.name) {
            Some(there) => *there = goal.clone(),
            None => goals.push(goal.clone()),
        }
    }
    goals
}
