//! Several processes with one cache.

use std::process::{Child, Stdio};

use erlrel_core::digest::Digest;
use erlrel_core::image::validate;

use super::{Cached, at_once, files, first_line, pushed};
use crate::support::registry::Registry;

/// Every blob is what its name says, and nothing is left aside.
fn assert_whole(cached: &Cached) {
    for blob in files(&cached.cache().join("blobs/sha256")) {
        let name = blob.file_name().expect("a name").to_string_lossy().into_owned();
        assert_eq!(Digest::of(&std::fs::read(&blob).expect("read")).hex(), name);
    }
    assert!(files(&cached.cache().join("aside")).is_empty());
}

#[test]
fn two_and_eight_at_once_make_the_same_image_and_leave_the_cache_whole() {
    let cached = Cached::new();
    let expected = cached.digest_without_cache();
    for count in [2, 8] {
        for round in ["with an empty cache", "with a full one"] {
            let out = |nth: usize| cached.shop.path(&format!("out {count} {round} {nth}"));
            let kind = |nth: usize| if nth.is_multiple_of(2) { "oci" } else { "archive" };
            let digests =
                at_once(count, |nth| cached.image(&format!("{}:{}", kind(nth), out(nth).display())));
            assert_eq!(digests, vec![expected.clone(); count]);
            (0..count).for_each(|nth| assert_eq!(validate::check(&out(nth)).expect("an image"), []));
        }
        assert_whole(&cached);
        std::fs::remove_dir_all(cached.cache()).expect("removed");
    }
}

#[test]
fn two_and_eight_at_once_push_the_same_image_to_one_repository() {
    let cached = Cached::new();
    let expected = cached.digest_without_cache();
    let registry = Registry::plain();
    for count in [2, 8] {
        let name = |nth: usize| format!("{}/of-{count}:{nth}", registry.host());
        let push = |nth: usize| {
            let mut command = cached.image("registry");
            command.args(["--tag", &name(nth)]);
            command
        };
        assert_eq!(at_once(count, push), vec![expected.clone(); count]);
        (0..count).for_each(|nth| assert_eq!(pushed(&name(nth)), expected));
        assert_whole(&cached);
        std::fs::remove_dir_all(cached.cache()).expect("removed");
    }
}

#[test]
fn a_cache_that_is_emptied_all_the_time_disturbs_nobody() {
    let cached = Cached::new();
    let expected = cached.digest_without_cache();
    let mut image = cached.image("archive:shop.tar");
    image.stdout(Stdio::piped()).stderr(Stdio::piped());
    for _ in 0..5 {
        let running = image.spawn().expect("started");
        let mut gc = cached.erlrel("cache gc --max-size 0");
        let mut collecting: Vec<Child> =
            (0..4).map(|_| gc.stdout(Stdio::null()).spawn().expect("started")).collect();
        collecting.iter_mut().for_each(|child| assert!(child.wait().expect("ended").success()));
        let output = running.wait_with_output().expect("ended");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        assert_eq!(first_line(&String::from_utf8_lossy(&output.stdout)), expected);
    }
}
