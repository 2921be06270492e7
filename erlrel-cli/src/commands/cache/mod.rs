//! `erlrel cache`: what was fetched, packed and compiled before.

mod gc;
mod list;
mod restore;
mod save;

use std::path::Path;

use erlrel_core::cache::Cache;

use crate::args::{CacheArgs, CacheCommand};
use crate::cache::directory;
use crate::error::CliError;
use crate::report::Report;

pub(crate) fn run(args: &CacheArgs, report: &Report) -> Result<(), CliError> {
    match &args.command {
        CacheCommand::Path(place) => report.result(directory(place)?.display()),
        CacheCommand::List(list) => list::run(list, report),
        CacheCommand::Gc(gc) => gc::run(gc, report),
        CacheCommand::Save(save) => save::run(save, report),
        CacheCommand::Restore(restore) => restore::run(restore, report),
    }
}

/// The cache in a directory, if there is one: to look at it does not make it.
fn existing(dir: &Path) -> Result<Option<Cache>, CliError> {
    Ok(dir.exists().then(|| Cache::open(dir)).transpose()?)
}
