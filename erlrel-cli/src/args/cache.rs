//! The arguments about caches.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use erlrel_core::container::values;

use super::dependency_cache::{CacheRestoreArgs, CacheSaveArgs};

/// Where the cache is.
#[derive(Debug, Args)]
pub(crate) struct CacheDirArgs {
    /// Where the cache is; default: `erlrel` in XDG_CACHE_HOME, or in ~/.cache
    #[arg(long, value_name = "DIR", env = "ERLREL_CACHE_DIR", hide_env_values = true)]
    pub(crate) cache_dir: Option<PathBuf>,
}

/// Whether there is a cache, and where.
#[derive(Debug, Args)]
pub(crate) struct UseCacheArgs {
    /// Do without what was fetched and packed before, and keep nothing
    #[arg(long)]
    pub(crate) no_cache: bool,
    #[command(flatten)]
    pub(crate) place: CacheDirArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CacheArgs {
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Print the directory of the cache
    Path(CacheDirArgs),
    /// List what is in the cache, what was not used for longest first
    List(CacheListArgs),
    /// Remove what was not used for longest, until the cache keeps within limits
    #[command(after_help = GC_HELP)]
    Gc(CacheGcArgs),
    /// Put the compiled dependencies of a project into a cache that other machines use
    Save(CacheSaveArgs),
    /// Take the compiled dependencies of a project from such a cache, so that rebar3 neither fetches nor compiles them
    Restore(CacheRestoreArgs),
}

const GC_HELP: &str = "\
Without a limit only that is removed which is of no use to anybody. What a running erlrel uses stays.

Example:
  erlrel cache gc --max-size 2GB --max-age 30d";

#[derive(Debug, Args)]
pub(crate) struct CacheListArgs {
    #[command(flatten)]
    pub(crate) place: CacheDirArgs,
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CacheGcArgs {
    #[command(flatten)]
    pub(crate) place: CacheDirArgs,
    /// What all of it may have together: bytes, or with a unit such as `500MB`, `2GB`, `1GiB`
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(crate) max_size: Option<u64>,
    /// How long ago it may have been used last: `12h`, `30d`, `4w`
    #[arg(long, value_name = "TIME", value_parser = parse_age)]
    pub(crate) max_age: Option<Duration>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const TIMES: [(&str, u64); 5] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)];

fn parse_size(text: &str) -> Result<u64, String> {
    values::size(text).map_err(|what| format!("a size is {what}"))
}

fn parse_age(text: &str) -> Result<Duration, &'static str> {
    let seconds = quantity(text, &TIMES).ok_or("a time is a number and a unit: s, m, h, d, w");
    seconds.map(Duration::from_secs)
}

/// A whole number and a unit, in upper or lower case.
fn quantity(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start().to_ascii_lowercase();
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let times = ["90s", "5m", "12h", "30d", "4W"].map(parse_age);
        assert_eq!(
            times,
            [90, 300, 43_200, 2_592_000, 2_419_200].map(|seconds| Ok(Duration::from_secs(seconds)))
        );
        for wrong in ["", "30", "d", "1y", "99999999999999999999d"] {
            assert!(parse_age(wrong).is_err(), "{wrong}");
        }
    }
}
