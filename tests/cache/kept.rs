//! What is kept, and that it does not matter.

use serde_json::Value;

use super::{Cached, files};
use crate::support::sample::{self, Sample};
use crate::support::{debian, erlrel, run, temp_dir, tool};

/// The digest of an image of a sample, and what `more` asks for; what is in `out` is what was written.
fn digest(sample: &Sample, out: &std::path::Path, more: &[&str]) -> String {
    let mut command = erlrel();
    command
        .args(["image", "--quiet", "--no-compile", "--json"])
        .arg(&sample.dir)
        .args(sample.otp())
        .args(more);
    command.arg("--to").arg(format!("oci:{}", out.join("layout").display()));
    command.arg("--to").arg(format!("archive:{}", out.join("image.tar").display()));
    command.env("ERLREL_CACHE_DIR", out.parent().expect("a folder").join("cache"));
    run(&mut command)
}

#[test]
fn every_sample_becomes_the_same_files_without_a_cache_with_an_empty_and_with_a_full_one() {
    let base = format!("oci:{}:{}", debian::layout().display(), debian::TAG);
    for (sample, more) in
        [(sample::hello(), vec![]), (sample::umbrella(), vec![]), (sample::native(), vec!["--base", &base])]
    {
        let temp = temp_dir();
        let made = |name: &str, more: &[&str]| {
            let out = temp.path().join(name);
            std::fs::create_dir(&out).expect("created");
            let said = digest(sample, &out, more).replace(name, "OUT");
            let read = |path: std::path::PathBuf| {
                (path.strip_prefix(&out).expect("below").to_path_buf(), std::fs::read(&path).expect("read"))
            };
            (said, files(&out).into_iter().map(read).collect::<Vec<_>>())
        };
        let without = made("without", &[more.as_slice(), &["--no-cache"]].concat());
        assert!(!temp.path().join("cache").exists());
        for name in ["empty", "full", "again"] {
            assert!(made(name, &more) == without, "{}: {name}", sample.name);
        }
    }
}

#[test]
fn nothing_is_read_twice_that_has_not_changed() {
    let cached = Cached::new();
    // Files that are a moment old are read each time; those of Erlang are older.
    cached.digest();
    let trace = cached.shop.path("trace");
    let mut strace = tool("strace", "strace");
    strace.args(["--follow-forks", "--quiet=all", "--trace=openat"]).arg("--output").arg(&trace);
    let image = cached.image("archive:shop.tar");
    strace.arg(image.get_program()).args(image.get_args()).current_dir(cached.shop.dir());
    run(strace.env("ERLREL_CACHE_DIR", cached.cache()));
    let trace = std::fs::read_to_string(trace).expect("a trace");
    let opened = |name: &str| trace.lines().filter(|line| line.contains(name)).count();
    assert_eq!(opened("/stdlib-"), 1, "its .app file: {trace}");
    assert!(opened("blobs/sha256/") > 0, "{trace}");
}

#[test]
fn an_edit_makes_one_new_layer() {
    let cached = Cached::new();
    let blobs = || -> Vec<Value> {
        let list: Value = serde_json::from_str(&run(&mut cached.erlrel("cache list --json"))).expect("JSON");
        let entries = list["entries"].as_array().expect("a list").clone();
        entries.into_iter().filter(|entry| entry["kind"] == "blob").collect()
    };
    cached.digest();
    let before = blobs().len();
    cached.shop.write("_build/prod/lib/shop/priv/note", "new");
    let digest = cached.digest();
    assert_eq!((blobs().len(), digest), (before + 1, cached.digest_without_cache()));
}
