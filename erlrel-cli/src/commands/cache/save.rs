//! `erlrel cache save`: the compiled dependencies of a project, for other machines.

use serde_json::json;

use crate::args::CacheSaveArgs;
use crate::dependency_cache::DependencyCache;
use crate::environment::environment;
use crate::error::CliError;
use crate::project::load;
use crate::registry::{cache_registry, tell_trouble};
use crate::report::{Report, bytes};

pub(crate) fn run(args: &CacheSaveArgs, report: &Report) -> Result<(), CliError> {
    let project = load(&args.project)?;
    let registry = cache_registry(&args.registry, report);
    let (environment, _) = project.compilation_environment(&environment());
    let cache = DependencyCache::of(&project, &environment, &args.project, &registry)?;
    let missing = cache.missing();
    if !missing.is_empty() {
        return Err(CliError::NotCompiled { names: missing });
    }
    let saved = cache.save(&args.to, report);
    tell_trouble(&registry, report);
    let saved = saved?;
    if args.json {
        let saved =
            saved.map(|(names, saved)| json!({ "to": saved.place, "bytes": saved.bytes, "names": names }));
        return report
            .result(format!("{:#}", json!({ "key": cache.key(), "tag": cache.tag(), "saved": saved })));
    }
    match saved {
        Some((names, saved)) => {
            let (count, size) = (names.len(), bytes(saved.bytes));
            report.result(format!("saved {count} dependencies to {} as {} ({size})", saved.place, saved.tag))
        }
        None => report.result("there are no dependencies to save"),
    }
}
