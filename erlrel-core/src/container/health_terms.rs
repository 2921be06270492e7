//! The option `healthcheck`: `none`, or a list of what Docker's `HEALTHCHECK` has.

use super::options::Health;
use super::terms::Entry;
use super::values;
use crate::image::config::Healthcheck;
use crate::term::{SourceError, Term};

const KEYS: [&str; 6] = ["cmd", "interval", "retries", "start_interval", "start_period", "timeout"];

/// Reads the option; of several entries with the same key the first counts.
///
/// # Errors
/// For the first mistake, at its place.
pub(super) fn health(option: &Entry<'_>) -> Result<Health, SourceError> {
    if option.value.is_atom("none") {
        return Ok(Health::Off);
    }
    let what = "`none`, or a list such as `[{cmd, [\"PROGRAM\", \"ARGUMENT\"]}, {interval, \"30s\"}]`";
    let list = option.value.as_list().ok_or_else(|| option.wrong(what))?;
    let mut check = Healthcheck::default();
    for term in list.iter().rev() {
        let wrong = |term: &Term| option.source.error(term.span(), format!("`healthcheck` must be {what}"));
        let (key, value) = term.as_pair().ok_or_else(|| wrong(term))?;
        let entry = Entry { source: option.source, key, value, whole: term };
        entry.check_key("`healthcheck`", &KEYS)?;
        set(&mut check, &entry)?;
    }
    Ok(Health::Check(check))
}

fn set(check: &mut Healthcheck, entry: &Entry<'_>) -> Result<(), SourceError> {
    match entry.key {
        "cmd" => check.command = entry.program()?,
        "interval" => check.interval = Some(entry.checked(values::duration)?),
        "timeout" => check.timeout = Some(entry.checked(values::duration)?),
        "start_period" => check.start_period = Some(entry.checked(values::duration)?),
        "start_interval" => check.start_interval = Some(entry.checked(values::duration)?),
        // All other keys were refused before.
        _ => {
            let count =
                entry.value.as_u64().and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0);
            check.retries = Some(count.ok_or_else(|| entry.wrong("a number above 0"))?);
        }
    }
    Ok(())
}
