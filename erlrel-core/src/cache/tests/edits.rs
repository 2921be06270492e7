//! Whatever is done to files, layers with a cache are those without one.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::*;
use crate::fs::edits::{Random, edit, keep_time, turn, wait_for_tick};
use crate::tree::Tree;

/// Directories as a release has them.
fn made() -> TempDir {
    let dir = temp_dir();
    for (name, length) in
        [("lib/a/ebin/a.app", 100), ("lib/a/ebin/b.beam", 3000), ("lib/b/priv/x/y", 1), ("lib/b/z", 0)]
    {
        for copy in 0..4 {
            let path = dir.path().join(format!("{name}{copy}"));
            std::fs::create_dir_all(path.parent().expect("a directory")).expect("created");
            std::fs::write(path, format!("{copy}").repeat(length)).expect("written");
        }
    }
    dir
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(dir).sort_by_file_name().into_iter().map(|entry| entry.expect("an entry"));
    entries.filter(|entry| !entry.file_type().is_dir()).map(walkdir::DirEntry::into_path).collect()
}

/// The layers of what is in the directory now.
fn plans(dir: &Path) -> Vec<LayerPlan> {
    let entry = |file: &PathBuf| {
        let name = file.strip_prefix(dir).expect("below").to_str().expect("UTF-8");
        let group = if name.starts_with("lib/a") { Group::Project("a".into()) } else { Group::Release };
        let mode = if file.metadata().expect("there").mode() & 0o100 == 0 { 0o644 } else { 0o755 };
        (path(name), Entry::file(file.clone(), mode, group))
    };
    let files = files(dir);
    let found = files.iter().filter(|file| file.is_file()).map(entry);
    split(&Tree::from_iter(found), SplitOptions::default()).expect("split")
}

fn digests(layers: &[Layer]) -> Vec<(String, Digest, String)> {
    layers.iter().map(|layer| (layer.name().into(), layer.digest(), layer.diff_id().to_string())).collect()
}

/// Edits, after each of which the layers with the cache and without are compared.
fn many_edits(cache: impl Fn() -> Cache, seed: u64, count: usize) {
    let (dir, aside, mut random) = (made(), temp_dir(), Random(seed));
    let mut all = std::collections::BTreeSet::new();
    for round in 0..count {
        wait_for_tick(dir.path());
        let what = edit(&files(dir.path()), aside.path(), &mut random);
        let plans = plans(dir.path());
        let options = PackOptions {
            mtime: 0,
            compression: Compression::Gzip,
            scratch_dir: aside.path(),
            observer: &(),
        };
        let expected = digests(&pack(&plans, options).expect("packed"));
        for _ in 0..=random.below(2) {
            let layers = cache().pack(&plans, options).expect("packed");
            assert_eq!(digests(&layers), expected, "round {round}, {what}");
        }
        all.insert(expected);
        if files(dir.path()).len() < 8 {
            std::fs::write(dir.path().join(format!("lib/a/more{round}")), what).expect("written");
        }
    }
    assert!(all.len() > count / 2, "{} of {count}", all.len());
}

#[test]
fn after_five_hundred_edits_the_layers_are_those_without_a_cache() {
    let dir = temp_dir();
    many_edits(|| open(dir.path()), 1, 400);
    let dir = temp_dir();
    many_edits(|| Cache::open(dir.path()).expect("opened"), 2, 100);
}

#[test]
fn an_edit_in_the_same_moment_is_seen() {
    let (dir, files_dir) = (temp_dir(), made());
    let file = files_dir.path().join("lib/a/ebin/b.beam1");
    for _ in 0..50 {
        let plans = plans(files_dir.path());
        let options =
            PackOptions { mtime: 0, compression: Compression::Gzip, scratch_dir: dir.path(), observer: &() };
        let with = |cache: Cache| digests(&cache.pack(&plans, options).expect("packed"));
        let before = with(Cache::open(dir.path()).expect("opened"));
        // Without a tick of the clock between them.
        keep_time(&file, || turn(&file));
        let after = with(Cache::open(dir.path()).expect("opened"));
        assert_ne!(before, after);
        assert_eq!(after, digests(&pack(&plans, options).expect("packed")));
    }
}
