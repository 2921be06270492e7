//! How this process speaks to registries.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use erlrel_core::registry::{Registry, RegistryOptions, Retries};

use crate::args::RegistryArgs;
use crate::environment::environment;
use crate::report::Report;

/// How often a registry is asked again that does not answer: a cache that is out of order should not cost more time
/// than it saves.
const CACHE_RETRIES: u32 = 2;

/// As the arguments and the variables of this process say.
pub(crate) fn registry(args: &RegistryArgs, report: &Report) -> Registry {
    Registry::new(registry_options(args, report))
}

/// The same for caches.
pub(crate) fn cache_registry(args: &RegistryArgs, report: &Report) -> Registry {
    let retries = Retries { count: CACHE_RETRIES, ..Retries::default() };
    Registry::new(RegistryOptions { retries, ..registry_options(args, report) })
}

/// Says which credentials and mirrors were of no use.
pub(crate) fn tell_trouble(registry: &Registry, report: &Report) {
    registry.warnings().iter().for_each(|warning| report.warning(warning));
}

fn registry_options(args: &RegistryArgs, report: &Report) -> RegistryOptions {
    let mut mirrors: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (host, url) in &args.registry_mirror {
        mirrors.entry(host.clone()).or_default().push(url.clone());
    }
    let certificate = args.registry_cert.clone().zip(args.registry_key.clone());
    RegistryOptions {
        plain_http: args.plain_http.iter().cloned().collect::<BTreeSet<_>>(),
        ca: args.registry_ca.iter().cloned().collect(),
        client_certificate: certificate,
        certificate_dirs: certificate_dirs(),
        mirrors,
        clock: report.clock(),
        environment: environment(),
        ..RegistryOptions::default()
    }
}

/// Where docker and podman look for the certificates of single registries.
fn certificate_dirs() -> Vec<PathBuf> {
    let home = environment().get("HOME").map(|home| PathBuf::from(home).join(".config/containers/certs.d"));
    let usual = ["/etc/containers/certs.d", "/etc/docker/certs.d"].map(PathBuf::from);
    home.into_iter().chain(usual).collect()
}
