//! The local cache of this user.

use std::path::{Path, PathBuf};

use erlrel_core::Environment;
use erlrel_core::cache::Cache;

use crate::args::{CacheDirArgs, UseCacheArgs};
use crate::environment::environment;
use crate::error::CliError;
use crate::report::Report;

/// Where the cache is: as the user says, else in the directory for caches (XDG Base Directory Specification).
pub(crate) fn directory(args: &CacheDirArgs) -> Result<PathBuf, CliError> {
    if let Some(dir) = &args.cache_dir {
        return std::path::absolute(dir).map_err(CliError::NoCurrentFolder);
    }
    usual(&environment()).ok_or(CliError::NoCacheDirectory)
}

/// Relative paths in these variables are to be ignored.
fn usual(environment: &Environment) -> Option<PathBuf> {
    let dir = |name: &str| environment.get(name).map(Path::new).filter(|path| path.is_absolute());
    let caches = dir("XDG_CACHE_HOME").map(Path::to_path_buf).or_else(|| Some(dir("HOME")?.join(".cache")));
    Some(caches?.join("erlrel"))
}

/// Opens the cache unless the user wants none. One that cannot be used is no reason to stop.
pub(crate) fn open(args: &UseCacheArgs, report: &Report) -> Option<Cache> {
    if args.no_cache {
        return None;
    }
    let opened = directory(&args.place).and_then(|dir| Ok(Cache::open(&dir)?));
    opened.map_err(|error| report.warning(without(&error))).ok()
}

fn without(error: &CliError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{source}; nothing is kept in a cache")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_where_caches_are() {
        let usual = |variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string()));
            usual(&variables.collect()).map(|path| path.display().to_string())
        };
        let both = |xdg| usual(&[("XDG_CACHE_HOME", xdg), ("HOME", "/home/me")]);
        assert_eq!(both("/var/cache/me").as_deref(), Some("/var/cache/me/erlrel"));
        for unusable in ["", "relative", "./x"] {
            assert_eq!(both(unusable).as_deref(), Some("/home/me/.cache/erlrel"), "{unusable}");
        }
        assert_eq!(usual(&[("HOME", "")]), None);
        assert_eq!(usual(&[("HOME", "me")]), None);
        assert_eq!(usual(&[]), None);
    }
}
