//! Several processes with one cache.

use std::process::{Child, Stdio};

use erlrel_core::image::validate;

use super::{Cached, first_line};

/// Starts as many, each with a destination of its own, and gives what they say.
fn at_once(cached: &Cached, count: usize) -> Vec<String> {
    let to = |nth: usize| {
        if nth.is_multiple_of(2) { format!("oci:out{nth}") } else { format!("archive:out{nth}") }
    };
    let start = |nth: usize| {
        let mut command = cached.image(&to(nth));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started")
    };
    let running: Vec<Child> = (0..count).map(start).collect();
    let end = |child: Child| {
        let output = child.wait_with_output().expect("ended");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        first_line(&String::from_utf8_lossy(&output.stdout))
    };
    let digests = running.into_iter().map(end).collect();
    for nth in 0..count {
        let out = cached.shop.path(&format!("out{nth}"));
        assert_eq!(validate::check(&out).expect("an image"), []);
        let _ = if out.is_dir() { std::fs::remove_dir_all(out) } else { std::fs::remove_file(out) };
    }
    digests
}

#[test]
fn two_and_eight_at_once_make_the_same_image_and_leave_the_cache_whole() {
    let cached = Cached::new();
    let expected = cached.digest_without_cache();
    for count in [2, 8] {
        for _ in ["with an empty cache", "with a full one"] {
            assert_eq!(at_once(&cached, count), vec![expected.clone(); count]);
        }
        for blob in super::files(&cached.cache().join("blobs/sha256")) {
            let name = blob.file_name().expect("a name").to_string_lossy().into_owned();
            let bytes = std::fs::read(&blob).expect("read");
            assert_eq!(erlrel_core::digest::Digest::of(&bytes).hex(), name, "no torn file");
        }
        assert!(super::files(&cached.cache().join("aside")).is_empty());
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
