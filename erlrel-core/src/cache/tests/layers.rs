//! Layers that are packed once, and the files of base images.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::*;
use crate::beam::{BeamForm, SourceFiles, Sources};
use crate::cache::{digests, key};
use crate::image::fixture::RawLayout;
use crate::image::{BaseImage, Compression, ImageError};
use crate::platform::Platform;
use crate::tree::{Content, Tree};

/// The layers of the project, sorted.
const LAYERS: [&str; 5] = ["dependency dep", "native", "otp", "project app", "release"];

#[test]
fn layers_are_packed_once_and_are_the_same_with_and_without_a_cache() {
    let (dir, project) = (temp_dir(), Project::new());
    let expected = facts(&project.without_cache());
    let (layers, events) = project.with(&open(dir.path()));
    assert_eq!(facts(&layers), expected);
    assert_eq!(events, LAYERS.map(|name| format!("{name} packed")));
    let (layers, events) = project.with(&open(dir.path()));
    assert_eq!(facts(&layers), expected);
    assert_eq!(events, LAYERS.map(|name| format!("{name} reused")));
}

#[test]
fn a_file_that_changes_is_packed_again_with_its_layer_only() {
    let (dir, project) = (temp_dir(), Project::new());
    project.with(&open(dir.path()));
    let file = project.dir.path().join("a");
    let modified = file.metadata().expect("there").modified().expect("a time");
    project.write("a", &"x".repeat(100));
    // As old and as large as before.
    let changed = std::fs::File::options().write(true).open(&file).expect("opened");
    changed.set_modified(modified).expect("set");
    let (layers, events) = project.with(&open(dir.path()));
    let how = |name: &str| if name == "release" { "packed" } else { "reused" };
    assert_eq!(events, LAYERS.map(|name| format!("{name} {}", how(name))));
    assert_eq!(facts(&layers), facts(&project.without_cache()));
    project.write("a", &"a".repeat(100));
    let (_, events) = project.with(&open(dir.path()));
    assert_eq!(events[4], "release reused", "it is known by its content");
}

#[test]
fn every_decision_about_an_entry_is_a_part_of_the_key() {
    let (dir, project) = (temp_dir(), Project::new());
    let cache = open(dir.path());
    let mut keys = BTreeSet::new();
    let file = project.dir.path().join("a");
    let entry = |content: Content, mode| Entry::file(content, mode, Group::Release);
    let trees = [
        ("x", entry(file.clone().into(), 0o644)),
        ("x", entry(file.clone().into(), 0o755)),
        ("y", entry(file.clone().into(), 0o644)),
        ("x", entry(project.dir.path().join("b").into(), 0o644)),
        ("x", entry("text".into(), 0o644)),
        ("x", Entry::symlink("a", Group::Release)),
        ("x", Entry::symlink("b", Group::Release)),
        ("x", Entry::directory(Group::Release)),
    ];
    for (name, entry) in trees {
        let tree = Tree::from_iter([(path(name), entry)]);
        let digests = cache.file_digests([&tree].into_iter());
        let zstd = |level| Compression::Zstd { level };
        for (mtime, compression, maker) in [
            (0, Compression::Gzip, "1"),
            (1, Compression::Gzip, "1"),
            (0, Compression::Gzip, "2"),
            (0, zstd(3), "1"),
            (0, zstd(4), "1"),
        ] {
            keys.insert(key::layer_key(&tree, (mtime, compression), &digests, maker).expect("a key"));
        }
    }
    assert_eq!(keys.len(), 40);
    let same = Tree::from_iter([(path("x"), entry(Content::from("a".repeat(100)), 0o644))]);
    let same =
        key::layer_key(&same, (0, Compression::Gzip), &digests::FileDigests::default(), "1").expect("a key");
    assert!(keys.contains(&same), "where a content comes from does not count");
}

#[test]
fn a_file_that_was_just_written_is_read_each_time() {
    let (dir, project) = (temp_dir(), Project::new());
    let records = || std::fs::read_dir(dir.path().join("digests")).expect("listed").count();
    project.with(&Cache::open(dir.path()).expect("opened"));
    assert_eq!(records(), 0, "a change could go unnoticed");
    project.with(&open(dir.path()));
    assert_eq!(records(), 1);
}

#[test]
fn a_module_is_remembered_once_whatever_sources_its_application_has_had() {
    let (dir, files) = (temp_dir(), temp_dir());
    let module = files.path().join("shop.beam");
    let compiled = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/beams/otp27-normal.beam");
    std::fs::copy(compiled, &module).expect("copied");
    let remembered = |own: &[&str]| {
        let own: SourceFiles = own.iter().map(|name| (*name).to_string()).collect();
        let form = BeamForm::Canonical(Arc::new(Sources::new("shop", own, &Arc::default(), "/home/me/shop")));
        let content = Content::Beam { path: module.clone(), form };
        let tree: Tree =
            [(path("shop.beam"), Entry::file(content, 0o644, Group::Release))].into_iter().collect();
        assert_eq!(open(dir.path()).naming_directory(&tree), []);
        let record = std::fs::read_dir(dir.path().join("digests")).expect("listed").next().expect("a record");
        let text = std::fs::read_to_string(record.expect("an entry").path()).expect("read");
        text.lines().filter(|line| line.contains("shop.beam")).count()
    };
    assert_eq!(remembered(&["src/shop.erl"]), 1);
    assert_eq!(remembered(&["src/shop.erl", "src/till.erl"]), 1);
}

#[test]
fn a_file_that_changes_while_its_layer_is_packed_leaves_nothing_wrong_behind() {
    struct Change<'a>(&'a Project, &'a str);
    impl Observer for Change<'_> {
        // Asked before each layer, when the digests are known.
        fn stop_requested(&self) -> bool {
            self.0.write("a", self.1);
            false
        }
    }
    let (dir, project) = (temp_dir(), Project::new());
    let expected = facts(&project.without_cache());
    let original = "a".repeat(100);
    // The first time it is as expected when the digests are taken.
    let observer = Change(&project, &original);
    let options = PackOptions {
        mtime: 0,
        compression: Compression::Gzip,
        scratch_dir: project.dir.path(),
        observer: &observer,
    };
    let cache = open(dir.path());
    let digests = cache.file_digests(project.plans.iter().map(|plan| &plan.tree));
    project.write("a", &"x".repeat(100));
    let form = (0, Compression::Gzip);
    let key = |plan: &LayerPlan| key::layer_key(&plan.tree, form, &digests, &cache.maker).expect("a key");
    let changed = |plan: &&LayerPlan| plan.name == "release";
    let plan = project.plans.iter().find(changed).expect("a layer");
    let (packed, _) = cache.make(plan, &key(plan), &digests, form).expect("packed");
    let layers = cache.pack(&project.plans, options).expect("packed");
    assert_eq!(facts(&layers).len(), expected.len());
    project.write("a", &original);
    let (layers, _) = project.with(&cache);
    assert!(layers.iter().all(|layer| layer.digest() != packed.digest));
    assert_eq!(facts(&layers), expected);
}

#[test]
fn a_file_that_cannot_be_read_is_the_error_that_it_is_without_a_cache() {
    let (dir, project) = (temp_dir(), Project::new());
    std::fs::remove_file(project.dir.path().join("a")).expect("removed");
    let options = PackOptions {
        mtime: 0,
        compression: Compression::Gzip,
        scratch_dir: project.dir.path(),
        observer: &(),
    };
    let error = |result: Result<Vec<Layer>, ImageError>| result.map(drop).expect_err("no file").to_string();
    let cache = open(dir.path());
    assert_eq!(error(cache.pack(&project.plans, options)), error(pack(&project.plans, options)));
    assert!(cache.trouble().is_none());
}

/// A base image of two layers, with a whiteout and a library.
fn base() -> (RawLayout, BaseImage) {
    let file = |name: &str, content: Content| (path(name), Entry::file(content, 0o644, Group::Otp));
    let layout = RawLayout::new();
    let link = (path("l"), Entry::symlink("b", Group::Otp));
    let library = Content::File(libc());
    let lower =
        Tree::from_iter([file("a", "".into()), file("b/c", "".into()), file("lib/libc.so.6", library), link]);
    let layers = [layout.layer(&lower), layout.layer(&Tree::from_iter([file(".wh.a", "".into())]))];
    layout.index(&[layout.manifest(&layers)]);
    let image = BaseImage::open(layout.path(), None, &Platform::linux("amd64")).expect("opened");
    (layout, image)
}

/// The C library of this machine.
fn libc() -> PathBuf {
    let text = std::fs::read_to_string("/proc/self/maps").expect("the libraries of this process");
    let path =
        text.lines().find_map(|line| Some(&line[line.find('/')?..]).filter(|path| path.contains("/libc.so")));
    path.expect("a C library").into()
}

#[test]
fn the_layers_of_a_base_image_are_read_once() {
    let (dir, (layout, image)) = (temp_dir(), base());
    let expected = image.files().expect("read");
    assert_eq!(open(dir.path()).files(&image).expect("read"), expected);
    let versions = &expected.get("lib/libc.so.6").expect("the library").symbol_versions;
    assert!(versions.contains("GLIBC_2.34"), "{versions:?}");
    std::fs::remove_dir_all(layout.path().join("blobs")).expect("removed");
    image.files().expect_err("nothing is there");
    assert_eq!(open(dir.path()).files(&image).expect("known"), expected);
}

#[test]
fn a_blob_that_somebody_holds_is_read_to_its_end_whatever_happens_to_the_cache() {
    let (dir, project) = (temp_dir(), Project::new());
    let (layers, _) = project.with(&open(dir.path()));
    std::fs::remove_dir_all(dir.path()).expect("removed");
    assert_eq!(facts(&layers), facts(&project.without_cache()));
}

#[test]
fn eight_at_once_give_the_same_layers_and_leave_a_cache_without_damage() {
    let (dir, project) = (temp_dir(), Project::new());
    let expected = facts(&project.without_cache());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(facts(&project.with(&open(dir.path())).0), expected));
        }
    });
    let (_, events) = project.with(&open(dir.path()));
    assert!(events.iter().all(|event| event.ends_with("reused")), "{events:?}");
    assert_eq!(std::fs::read_dir(dir.path().join("aside")).expect("listed").count(), 0);
}
