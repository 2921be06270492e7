//! `erlrel cache gc`: the cache within limits.

use std::time::SystemTime;

use erlrel_core::cache::{CollectOptions, Collected};
use serde_json::json;

use super::existing;
use crate::args::CacheGcArgs;
use crate::cache::directory;
use crate::error::CliError;
use crate::report::{Report, bytes};

#[expect(clippy::disallowed_methods, reason = "the user asks for what was not used for some time to go")]
pub(crate) fn run(args: &CacheGcArgs, report: &Report) -> Result<(), CliError> {
    let options = CollectOptions { max_size: args.max_size, max_age: args.max_age, now: SystemTime::now() };
    let cache = existing(&directory(&args.place)?)?;
    let collected = cache.map(|cache| cache.collect(options)).transpose()?.unwrap_or_default();
    if args.json {
        let Collected { removed, freed, kept, size, in_use } = collected;
        let result =
            json!({ "removed": removed, "freed": freed, "kept": kept, "size": size, "in_use": in_use });
        report.result(format!("{result:#}"))
    } else {
        report.result(as_text(&collected))
    }
}

fn as_text(collected: &Collected) -> String {
    let Collected { removed, freed, kept, size, in_use } = collected;
    let in_use = if *in_use > 0 { format!(", {in_use} of them in use") } else { String::new() };
    format!("removed {removed} entries ({}), kept {kept} ({}){in_use}", bytes(*freed), bytes(*size))
}
