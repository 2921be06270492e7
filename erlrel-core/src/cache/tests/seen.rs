//! What was found of files that were compared.

use std::cell::Cell;
use std::time::SystemTime;

use super::{Cache, open, temp_dir};
use crate::cache::CollectOptions;

#[test]
fn a_file_is_compared_once_as_long_as_it_stays_as_it_is() {
    let (dir, files) = (temp_dir(), temp_dir());
    let file = files.path().join("a");
    let compared = Cell::new(0);
    let has = |cache: &Cache, content: &str| {
        let check = || {
            compared.set(compared.get() + 1);
            std::fs::read_to_string(&file).is_ok_and(|text| text == content)
        };
        let answer = cache.has(&file, content, check);
        (answer, compared.replace(0))
    };
    let cache = open(dir.path());
    assert_eq!(has(&cache, "one"), (false, 1), "it is not there");
    std::fs::write(&file, "one").expect("written");
    assert_eq!(has(&cache, "two"), (false, 1));
    assert_eq!(has(&cache, "one"), (true, 1));
    assert_eq!(has(&cache, "one"), (true, 0));
    assert_eq!(has(&cache, "two"), (false, 1), "it was compared with another content");
    assert_eq!(has(&open(dir.path()), "one"), (true, 0), "another process knows too");
    std::fs::write(&file, "two").expect("written");
    assert_eq!(has(&cache, "one"), (false, 1), "it has changed");
    assert_eq!(has(&cache, "two"), (true, 1));
    std::fs::remove_file(&file).expect("removed");
    assert_eq!(has(&cache, "two"), (false, 1), "it is gone");
    let limits = CollectOptions { max_size: None, max_age: None, now: SystemTime::UNIX_EPOCH };
    assert_eq!(cache.collect(limits).expect("collected").removed, 1, "nobody asks for it any more");
}

#[test]
fn a_file_that_was_just_written_or_changes_meanwhile_is_compared_each_time() {
    let (dir, files) = (temp_dir(), temp_dir());
    let file = files.path().join("a");
    std::fs::write(&file, "one").expect("written");
    let now = Cache::open(dir.path()).expect("opened");
    for _ in 0..2 {
        let compared = Cell::new(false);
        assert!(now.has(&file, "one", || !compared.replace(true)) && compared.get());
    }
    let later = open(dir.path());
    let change = || std::fs::write(&file, "another").is_ok();
    assert!(later.has(&file, "one", change));
    assert!(!later.has(&file, "one", || false), "it changed while it was compared");
}
