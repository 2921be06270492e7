//! `erlrel cache list` and `gc`.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{Cached, files};
use crate::support::{fails, run};

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// Makes everything in the cache look as if it was used this many days ago.
fn age(cached: &Cached, days: u64) {
    for file in files(&cached.cache()) {
        let file = std::fs::File::options().write(true).open(file).expect("opened");
        file.set_modified(SystemTime::now() - Duration::from_secs(days * 86_400)).expect("set");
    }
}

#[test]
fn what_is_in_the_cache_is_listed_with_sizes() {
    let cached = Cached::new();
    insta::assert_snapshot!(run(&mut cached.erlrel("cache list")).trim_end(), @"0 B in 0 entries");
    assert!(!cached.cache().exists(), "to look does not make it");
    cached.digest();
    let list = json(&run(&mut cached.erlrel("cache list --json")));
    let entries = list["entries"].as_array().expect("a list");
    let sizes: u64 = entries.iter().map(|entry| entry["size"].as_u64().expect("a size")).sum();
    assert_eq!(list["size"].as_u64(), Some(sizes));
    assert_eq!(list["dir"].as_str(), cached.cache().to_str());
    let count = |kind: &str| entries.iter().filter(|entry| entry["kind"] == kind).count();
    assert_eq!(
        (count("blob"), count("packed layer"), count("layer content"), count("listing")),
        (4, 4, 4, 0)
    );
    age(&cached, 3);
    let text = run(&mut cached.erlrel("cache list"));
    assert_eq!(text.lines().count(), entries.len() + 1);
    assert!(text.lines().next().is_some_and(|line| line.contains("  3 d  ")), "{text}");
}

#[test]
fn the_cache_is_kept_within_limits() {
    let cached = Cached::new();
    insta::assert_snapshot!(run(&mut cached.erlrel("cache gc")).trim_end(), @"removed 0 entries (0 B), kept 0 (0 B)");
    let digest = cached.digest();
    let gc = |limit: &str| json(&run(&mut cached.erlrel(&format!("cache gc --json {limit}"))));
    let before = gc("");
    assert_eq!((before["removed"].as_u64(), before["in_use"].as_u64()), (Some(0), Some(0)));
    let all = before["kept"].as_u64().expect("a number");
    age(&cached, 30);
    assert_eq!(gc("--max-age 31d --max-size 2GB")["kept"].as_u64(), Some(all));
    // What is used is young again.
    assert_eq!(cached.digest(), digest);
    assert_eq!(gc("--max-age 29d")["removed"].as_u64(), Some(0));
    age(&cached, 30);
    let size = gc("")["size"].as_u64().expect("a number");
    let after = gc(&format!("--max-size {}", size / 2));
    assert!(after["size"].as_u64().is_some_and(|left| left <= size / 2), "{after}");
    assert_eq!(
        after["size"].as_u64().zip(after["freed"].as_u64()).map(|(left, freed)| left + freed),
        Some(size)
    );
    assert_eq!(cached.digest(), digest);
    age(&cached, 30);
    let last = gc("--max-age 4w");
    assert_eq!((last["kept"].as_u64(), last["size"].as_u64()), (Some(0), Some(0)), "{last}");
}

#[test]
fn a_limit_that_is_none_is_an_error_of_usage() {
    let cached = Cached::new();
    let said = fails(&mut cached.erlrel("cache gc --max-size 2XB"), 2);
    insta::assert_snapshot!(said.lines().next().expect("a line"), @"error: invalid value '2XB' for '--max-size <SIZE>': a size is a number of bytes, or a number and a unit: kB, MB, GB, TB, KiB, MiB, GiB, TiB");
    let said = fails(&mut cached.erlrel("cache gc --max-age 30"), 2);
    insta::assert_snapshot!(said.lines().next().expect("a line"), @"error: invalid value '30' for '--max-age <TIME>': a time is a number and a unit: s, m, h, d, w");
}
