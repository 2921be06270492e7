//! Base images in registries: what was fetched once stays.

use std::collections::BTreeMap;

use super::{Cached, at_once};
use crate::support::proxy::Proxy;
use crate::support::registry::{Registry, skopeo};
use crate::support::run;

/// A registry with one image, the project's own, which will do as a base.
struct Bases {
    _registry: Registry,
    proxy: Proxy,
}

impl Bases {
    fn new(cached: &Cached) -> Self {
        run(cached.image("oci:base:1").arg("--no-cache"));
        let registry = Registry::plain();
        let to = format!("docker://{}/base:1", registry.host());
        let from = format!("oci:{}:1", cached.shop.path("base").display());
        run(skopeo().args(["copy", "--quiet", "--dest-tls-verify=false", &from, &to]));
        Self { proxy: Proxy::before(&registry.host()), _registry: registry }
    }

    fn name(&self) -> String {
        format!("{}/base:1", self.proxy.host())
    }

    /// How often each blob was asked for since the last time.
    fn fetched(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for sent in self.proxy.take().iter().filter(|sent| sent.path.contains("/blobs/sha256:")) {
            *counts.entry(sent.path.clone()).or_default() += 1;
        }
        counts
    }
}

/// Starts as many on that base at once, and gives the digests.
fn on_base_at_once(cached: &Cached, base: &str, count: usize, more: &[&str]) -> Vec<String> {
    at_once(count, |nth| {
        let mut command = cached.image(&format!("archive:out{nth}"));
        command.args(["--base", base]).args(more);
        command
    })
}

#[test]
fn eight_at_once_fetch_each_blob_of_a_base_once_and_nobody_fetches_it_again() {
    let cached = Cached::new();
    let bases = Bases::new(&cached);
    let expected = on_base_at_once(&cached, &bases.name(), 1, &["--no-cache"]);
    let blobs: Vec<String> = bases.fetched().into_keys().collect();
    assert!(blobs.len() > 3, "the layers and the configuration: {blobs:?}");
    assert_eq!(on_base_at_once(&cached, &bases.name(), 8, &[]), vec![expected[0].clone(); 8]);
    assert_eq!(bases.fetched(), blobs.into_iter().map(|blob| (blob, 1)).collect());
    assert_eq!(on_base_at_once(&cached, &bases.name(), 1, &[]), expected);
    assert_eq!(bases.fetched(), BTreeMap::new());
}

#[test]
fn a_damaged_blob_of_a_base_is_fetched_again() {
    let cached = Cached::new();
    let bases = Bases::new(&cached);
    let expected = on_base_at_once(&cached, &bases.name(), 1, &[]);
    let all = bases.fetched();
    for blob in super::files(&cached.cache().join("blobs/sha256")) {
        let mut bytes = std::fs::read(&blob).expect("read");
        bytes[0] ^= 1;
        std::fs::write(&blob, bytes).expect("written");
    }
    assert_eq!(on_base_at_once(&cached, &bases.name(), 1, &[]), expected);
    assert_eq!(bases.fetched(), all);
}
