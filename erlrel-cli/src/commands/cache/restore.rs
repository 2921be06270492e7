//! `erlrel cache restore`: dependencies that another machine has compiled.

use crate::args::CacheRestoreArgs;
use crate::dependency_cache::{DependencyCache, Outcome};
use crate::environment::environment;
use crate::error::CliError;
use crate::project::load;
use crate::registry::{cache_registry, tell_trouble};
use crate::report::{Report, bytes};

pub(crate) fn run(args: &CacheRestoreArgs, report: &Report) -> Result<(), CliError> {
    let project = load(&args.project)?;
    let registry = cache_registry(&args.registry, report);
    let (environment, _) = project.compilation_environment(&environment());
    let cache = DependencyCache::of(&project, &environment, &args.project, &registry)?;
    let outcome = cache.restore(&args.from, report);
    tell_trouble(&registry, report);
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
