//! What this process has to work with besides the project: the local cache, registries, the Docker daemon.

use erlrel_core::cache::Cache;
use erlrel_core::container::BuildOptions;
use erlrel_core::destination::WriteOptions;
use erlrel_core::docker::DockerHost;
use erlrel_core::registry::Registry;
use erlrel_core::shared_cache::CachePlace;

use crate::args::HostArgs;
use crate::cache;
use crate::environment::{docker_host, epoch};
use crate::error::CliError;
use crate::registry::{cache_registry, registry, tell_trouble};
use crate::report::Report;

/// Opened once for a command.
pub(crate) struct Host<'a> {
    pub(crate) registry: Registry,
    pub(crate) cache: Option<Cache>,
    cache_from: &'a [CachePlace],
    pub(crate) cache_registry: Registry,
    docker: DockerHost,
    epoch: u64,
    report: &'a Report,
}

impl<'a> Host<'a> {
    /// As the arguments and the variables of this process say.
    pub(crate) fn new(args: &'a HostArgs, report: &'a Report) -> Result<Self, CliError> {
        Ok(Self {
            registry: registry(&args.registry, report),
            cache: cache::open(&args.cache, report),
            cache_from: &[],
            cache_registry: cache_registry(&args.registry, report),
            // A variable that makes no sense is an error where the daemon is asked.
            docker: docker_host().unwrap_or_default(),
            epoch: epoch()?,
            report,
        })
    }

    /// With caches that machines share.
    pub(crate) fn sharing(self, cache_from: &'a [CachePlace]) -> Self {
        Self { cache_from, ..self }
    }

    /// For the library, while an image is made.
    pub(crate) fn build_options(&self) -> BuildOptions<'_> {
        BuildOptions {
            epoch: self.epoch,
            docker: self.docker.clone(),
            registry: self.registry.clone(),
            cache: self.cache.as_ref(),
            cache_from: self.cache_from,
            cache_registry: self.cache_registry.clone(),
            ..BuildOptions::new(std::env::temp_dir(), self.report)
        }
    }

    /// For the library, while an image is written.
    pub(crate) fn write_options(&self) -> WriteOptions<'_> {
        WriteOptions {
            docker: self.docker.clone(),
            registry: self.registry.clone(),
            cache: self.cache.clone(),
            observer: self.report,
        }
    }

    /// Does some work and then says, whatever came of it, what was of no use: credentials, mirrors, the cache.
    pub(crate) fn telling<T>(&self, work: impl FnOnce() -> T) -> T {
        let result = work();
        self.tell_trouble();
        result
    }

    fn tell_trouble(&self) {
        tell_trouble(&self.registry, self.report);
        tell_trouble(&self.cache_registry, self.report);
        let trouble = self.cache.as_ref().and_then(Cache::trouble);
        trouble.iter().for_each(|trouble| self.report.warning(trouble));
    }
}
