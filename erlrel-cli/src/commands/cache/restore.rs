//! `erlrel cache restore`: dependencies that another machine has compiled.

use crate::args::CacheRestoreArgs;
use crate::dependency_cache::{DependencyCache, Outcome};
use crate::error::CliError;
use crate::project::load;
use crate::report::{Report, bytes};

pub(crate) fn run(args: &CacheRestoreArgs, report: &Report) -> Result<(), CliError> {
    let project = load(&args.project)?;
    let cache = DependencyCache::of(&project, &args.project, &args.registry, report)?;
    let outcome = cache.restore(&args.from, report);
    if args.json {
        return report.result(format!("{:#}", cache.to_json(&outcome, None)));
    }
    match outcome {
        Outcome::Hit { place, restored } => {
            let (count, size) = (restored.names.len(), bytes(restored.bytes));
            report.result(format!("restored {count} dependencies from {place} ({size})"))
        }
        Outcome::Present => report.result("all dependencies are there"),
        Outcome::Miss => report.result(format!("no cache has {}", cache.tag())),
    }
}
