//! What is noted of files is what there is to find in them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use walkdir::WalkDir;

use super::*;
use crate::fs::edits::{Random, edit, keep_time, turn, wait_for_tick};
use crate::fs::{NoNotes, Notes};

fn made() -> TempDir {
    let dir = temp_dir();
    for folder in ["a", "a/b", "c"] {
        std::fs::create_dir_all(dir.path().join(folder)).expect("created");
        for name in 0..4 {
            std::fs::write(dir.path().join(folder).join(name.to_string()), format!("{name}"))
                .expect("written");
        }
    }
    dir
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(dir).sort_by_file_name().into_iter().map(|entry| entry.expect("an entry"));
    entries.filter(|entry| !entry.file_type().is_dir()).map(walkdir::DirEntry::into_path).collect()
}

/// What is found: content and path, in one line.
fn look(file: &Path) -> Option<String> {
    let bytes = std::fs::read(file).ok()?;
    serde_json::to_string(&(file, String::from_utf8_lossy(&bytes))).ok()
}

/// The same, and how often it had to be looked for.
fn noted(cache: &Cache, topic: &str, files: &[PathBuf]) -> (Vec<Option<String>>, usize) {
    let count = AtomicUsize::new(0);
    let counting = |file: &Path| {
        count.fetch_add(1, Ordering::Relaxed);
        look(file)
    };
    (cache.of(topic, files, &counting), count.into_inner())
}

fn found(files: &[PathBuf]) -> Vec<Option<String>> {
    NoNotes.of("", files, &look)
}

fn many_edits(cache: impl Fn() -> Cache, seed: u64, count: usize) {
    let (dir, aside, mut random) = (made(), temp_dir(), Random(seed));
    for round in 0..count {
        wait_for_tick(dir.path());
        // Also of what is no longer there.
        let before = files(dir.path());
        let what = edit(&before, aside.path(), &mut random);
        for files in [before, files(dir.path())] {
            assert_eq!(noted(&cache(), "text", &files).0, found(&files), "round {round}, {what}");
        }
        if files(dir.path()).len() < 8 {
            std::fs::write(dir.path().join(format!("a/more{round}")), what).expect("written");
        }
    }
}

#[test]
fn after_five_hundred_edits_the_notes_are_what_is_found() {
    let dir = temp_dir();
    many_edits(|| open(dir.path()), 1, 400);
    let dir = temp_dir();
    many_edits(|| Cache::open(dir.path()).expect("opened"), 2, 100);
}

#[test]
fn an_edit_in_the_same_moment_is_noted() {
    let (dir, made) = (temp_dir(), made());
    let files = files(made.path());
    for _ in 0..50 {
        let noted = || noted(&Cache::open(dir.path()).expect("opened"), "text", &files).0;
        let before = noted();
        keep_time(&files[0], || turn(&files[0]));
        let after = noted();
        assert_ne!(before, after);
        assert_eq!(after, found(&files));
    }
}

#[test]
fn what_has_not_changed_is_not_looked_at_and_topics_are_apart() {
    let (dir, made) = (temp_dir(), made());
    let files = files(made.path());
    let count = |topic: &str| noted(&open(dir.path()), topic, &files).1;
    assert_eq!([count("one"), count("one"), count("two"), count("two")], [12, 0, 12, 0]);
    std::fs::write(&files[3], "of another size").expect("written");
    assert_eq!([count("one"), count("one"), count("two")], [1, 0, 1]);
}

#[test]
fn damaged_notes_are_replaced() {
    let (dir, made) = (temp_dir(), made());
    let files = files(made.path());
    let count = || {
        let (texts, count) = noted(&open(dir.path()), "text", &files);
        assert_eq!(texts, found(&files));
        count
    };
    assert_eq!([count(), count()], [12, 0]);
    for record in std::fs::read_dir(dir.path().join("notes")).expect("listed") {
        let path = record.expect("an entry").path();
        let mut bytes = std::fs::read(&path).expect("read");
        let last = bytes.len() - 3;
        bytes[last] ^= 1;
        std::fs::write(&path, bytes).expect("written");
    }
    assert_eq!([count(), count()], [12, 0]);
}
