//! The option `layers`: how many layers there are at most, by kind.

use super::terms::Entry;
use crate::image::layers::LayerBudget;
use crate::term::{SourceError, Term};

const KEYS: [&str; 2] = ["dependencies", "project"];

/// Reads the option; of several entries with the same key the first counts.
///
/// # Errors
/// For the first mistake, at its place.
pub(super) fn layers(option: &Entry<'_>) -> Result<LayerBudget, SourceError> {
    let what = "a list such as `[{dependencies, 20}, {project, 20}]`";
    let list = option.value.as_list().ok_or_else(|| option.wrong(what))?;
    let mut budget = LayerBudget::default();
    for term in list.iter().rev() {
        let wrong = |term: &Term| option.source.error(term.span(), format!("`layers` must be {what}"));
        let (key, value) = term.as_pair().ok_or_else(|| wrong(term))?;
        let entry = Entry { source: option.source, key, value, whole: term };
        entry.check_key("`layers`", &KEYS)?;
        let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
        let count = count.ok_or_else(|| entry.wrong("a whole number, 0 for one layer"))?;
        match key {
            "dependencies" => budget.dependencies = count,
            // All other keys were refused before.
            _ => budget.project = count,
        }
    }
    Ok(budget)
}
