//! The arguments about the dependency cache.

use clap::Args;
use erlrel_core::shared_cache::CachePlace;

use super::{ProjectArgs, RegistryArgs};

/// Where compiled dependencies come from, and where they are kept.
#[derive(Debug, Args)]
pub(crate) struct DependencyCacheArgs {
    /// Take the compiled dependencies, and what the base image holds, from the first of these caches that has them:
    /// `REGISTRY/REPOSITORY`, or `oci:DIR` for an OCI layout; several times if needed. With --no-compile and --from only
    /// what the base image holds
    #[arg(long, value_name = "CACHE", value_parser = CachePlace::parse)]
    pub(crate) cache_from: Vec<CachePlace>,
    /// Keep the compiled dependencies, and what the base image holds, in this cache, unless it has them
    #[arg(long, value_name = "CACHE", value_parser = CachePlace::parse)]
    pub(crate) cache_to: Option<CachePlace>,
}

#[derive(Debug, Args)]
pub(crate) struct CacheSaveArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    /// The cache: `REGISTRY/REPOSITORY`, or `oci:DIR` for an OCI layout
    #[arg(long, value_name = "CACHE", value_parser = CachePlace::parse)]
    pub(crate) to: CachePlace,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CacheRestoreArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    /// The cache, several times if needed; the first that has the dependencies counts
    #[arg(long, value_name = "CACHE", value_parser = CachePlace::parse, required = true)]
    pub(crate) from: Vec<CachePlace>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
