//! What is given up, and what is not.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::*;
use crate::cache::{CollectOptions, Collected, Kind};
use crate::image::Blob;

/// Gives entries, from the first name to the last, an age in hours.
fn age(cache: &Cache, ages: &[(Digest, u64)]) -> SystemTime {
    let now = SystemTime::UNIX_EPOCH + HOUR * 10_000;
    for (digest, hours) in ages {
        let path = cache.directory.path(Kind::Blob, &digest.hex());
        let file = std::fs::File::options().write(true).open(path).expect("there");
        file.set_modified(now - HOUR * *hours as u32).expect("set");
    }
    now
}

fn put(cache: &Cache, content: &[u8]) -> Blob {
    let blob = cache.blob(Digest::of(content), content.len() as u64, || Ok(content));
    blob.expect("fetched").expect("kept")
}

fn names(cache: &Cache) -> BTreeSet<String> {
    cache.entries().expect("listed").into_iter().map(|entry| entry.name).collect()
}

#[test]
fn what_was_not_used_for_longest_goes_first_and_what_is_used_stays() {
    let dir = temp_dir();
    let cache = Cache::open(dir.path()).expect("opened");
    let [a, b, c, d] = [b"aaaa", b"bbbb", b"cccc", b"dddd"].map(|content| put(&cache, content).digest());
    let now = age(&cache, &[(a, 5), (b, 40), (c, 20), (d, 30)]);
    let held = put(&cache, b"dddd");
    let now = age(&cache, &[(a, 5), (b, 40), (c, 20), (d, 30)]).max(now);
    let limits = CollectOptions { max_size: None, max_age: None, now };
    let kept = cache.collect(limits).expect("collected");
    assert_eq!(kept, Collected { kept: 4, size: 16, ..Collected::default() });
    let collected = cache.collect(CollectOptions { max_size: Some(8), ..limits }).expect("collected");
    assert_eq!(collected, Collected { removed: 2, freed: 8, kept: 2, size: 8, in_use: 1 });
    assert_eq!(names(&cache), BTreeSet::from([a.hex(), d.hex()]));
    drop(held);
    let max_age = Some(HOUR * 10);
    let collected = cache.collect(CollectOptions { max_age, ..limits }).expect("collected");
    assert_eq!(collected, Collected { removed: 1, freed: 4, kept: 1, size: 4, in_use: 0 });
    assert_eq!(names(&cache), BTreeSet::from([a.hex()]));
}

#[test]
fn what_is_used_counts_as_used() {
    let dir = temp_dir();
    let cache = Cache::open(dir.path()).expect("opened");
    let digest = put(&cache, b"aaaa").digest();
    age(&cache, &[(digest, 9000)]);
    let used = || cache.entries().expect("listed").first().expect("one").used;
    let before = used();
    put(&cache, b"aaaa");
    assert!(used() > before + HOUR * 1000);
}

#[test]
fn what_ended_processes_have_left_and_layers_without_bytes_are_removed() {
    let (dir, project) = (temp_dir(), Project::new());
    project.with(&open(dir.path()));
    for left in ["aside/.erlrel-half", "locks/x"] {
        std::fs::write(dir.path().join(left), "half").expect("written");
    }
    let cache = Cache::open(dir.path()).expect("opened");
    let blobs = dir.path().join("blobs/sha256");
    std::fs::remove_dir_all(&blobs).expect("removed");
    std::fs::create_dir(&blobs).expect("created");
    let limits = CollectOptions { max_size: None, max_age: None, now: SystemTime::UNIX_EPOCH };
    assert_eq!(cache.collect(limits).expect("collected").removed, 5);
    let count = |name: &str| std::fs::read_dir(dir.path().join(name)).expect("listed").count();
    assert_eq!(["aside", "locks", "layers"].map(count), [0, 0, 0]);
}
