use std::collections::BTreeSet;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::digest::Digest;
use crate::image::fixture::{RawLayout, path, tree};
use crate::image::layers::{LayerPlan, PackOptions, SplitOptions, pack, split};
use crate::image::{BaseImage, Blob, ImageError, Layer, Remote, Repository};
use crate::observer::{Event, Observer};
use crate::platform::Platform;
use crate::tree::{Content, Entry as TreeEntry, Group, Tree};

const HOUR: Duration = Duration::from_secs(3600);

fn temp_dir() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// A cache that is opened when the files that were just written are an hour old.
fn open(dir: &Path) -> Cache {
    let cache = Cache::open(dir).expect("opened");
    let directory = Arc::into_inner(cache.directory).expect("the only one").later(HOUR);
    Cache { directory: Arc::new(directory), ..cache }
}

/// Keeps what it hears.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn event(&self, event: &Event<'_>) {
        let text = match event {
            Event::LayerPacked { layer, .. } => format!("{layer} packed"),
            Event::LayerReused { layer, .. } => format!("{layer} reused"),
            other => format!("{other:?}"),
        };
        self.0.lock().expect("no panic").push(text);
    }
}

/// A tree with computed contents and files on disk.
struct Project {
    dir: TempDir,
    plans: Vec<LayerPlan>,
}

impl Project {
    fn new() -> Self {
        let dir = temp_dir();
        let mut tree = tree();
        for name in ["a", "b"] {
            let file = dir.path().join(name);
            std::fs::write(&file, name.repeat(100)).expect("written");
            let file = TreeEntry::file(file, 0o644, Group::Release);
            tree.insert(path(&format!("opt/app/{name}")), file).expect("inserted");
        }
        Self { dir, plans: split(&tree, SplitOptions::default()).expect("split") }
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.dir.path().join(name), content).expect("written");
    }

    fn without_cache(&self) -> Vec<Layer> {
        pack(&self.plans, PackOptions { mtime: 0, scratch_dir: self.dir.path(), observer: &() })
            .expect("packed")
    }

    /// The layers, and which of them were packed and which were there.
    fn with(&self, cache: &Cache) -> (Vec<Layer>, Vec<String>) {
        let log = Log::default();
        let options = PackOptions { mtime: 0, scratch_dir: self.dir.path(), observer: &log };
        let layers = cache.pack(&self.plans, options).expect("packed");
        let mut events = log.0.into_inner().expect("no panic");
        events.sort();
        (layers, events)
    }
}

/// All that an image says of layers, after their content was read and verified.
fn facts(layers: &[Layer]) -> Vec<String> {
    let fact = |layer: &Layer| {
        let content = layer.blob().read().expect("the content");
        let unpacked =
            io::copy(&mut layer.open_unpacked().expect("opened"), &mut io::sink()).expect("a layer");
        assert_eq!(Some(unpacked), layer.unpacked_size());
        let (digest, name) = (Digest::of(&content), layer.name());
        assert_eq!(digest, layer.digest());
        format!("{name} {digest} {} {} {:?}", layer.diff_id(), layer.size(), layer.entries())
    };
    layers.iter().map(fact).collect()
}

#[test]
fn layers_are_packed_once_and_are_the_same_with_and_without_a_cache() {
    let (dir, project) = (temp_dir(), Project::new());
    let expected = facts(&project.without_cache());
    let (layers, events) = project.with(&open(dir.path()));
    assert_eq!(facts(&layers), expected);
    assert_eq!(events, ["dependencies packed", "native packed", "otp packed", "project packed"]);
    let (layers, events) = project.with(&open(dir.path()));
    assert_eq!(facts(&layers), expected);
    assert_eq!(events, ["dependencies reused", "native reused", "otp reused", "project reused"]);
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
    assert_eq!(events, ["dependencies reused", "native reused", "otp reused", "project packed"]);
    assert_eq!(facts(&layers), facts(&project.without_cache()));
    project.write("a", &"a".repeat(100));
    let (_, events) = project.with(&open(dir.path()));
    assert_eq!(events[3], "project reused", "it is known by its content");
}

#[test]
fn every_decision_about_an_entry_is_a_part_of_the_key() {
    let (dir, project) = (temp_dir(), Project::new());
    let cache = open(dir.path());
    let mut keys = BTreeSet::new();
    let file = project.dir.path().join("a");
    let entry = |content: Content, mode| TreeEntry::file(content, mode, Group::Release);
    let trees = [
        ("x", entry(file.clone().into(), 0o644)),
        ("x", entry(file.clone().into(), 0o755)),
        ("y", entry(file.clone().into(), 0o644)),
        ("x", entry(project.dir.path().join("b").into(), 0o644)),
        ("x", entry("text".into(), 0o644)),
        ("x", TreeEntry::symlink("a", Group::Release)),
        ("x", TreeEntry::symlink("b", Group::Release)),
        ("x", TreeEntry::directory(Group::Release)),
    ];
    for (name, entry) in trees {
        let tree = Tree::from_iter([(path(name), entry)]);
        let digests = cache.file_digests([&tree].into_iter());
        for (mtime, maker) in [(0, "1"), (1, "1"), (0, "2")] {
            keys.insert(key::layer_key(&tree, mtime, &digests, maker).expect("a key"));
        }
    }
    assert_eq!(keys.len(), 24);
    let same = Tree::from_iter([(path("x"), entry(Content::from("a".repeat(100)), 0o644))]);
    let same = key::layer_key(&same, 0, &digests::FileDigests::default(), "1").expect("a key");
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
    let options = PackOptions { mtime: 0, scratch_dir: project.dir.path(), observer: &observer };
    let cache = open(dir.path());
    let digests = cache.file_digests(project.plans.iter().map(|plan| &plan.tree));
    project.write("a", &"x".repeat(100));
    let key = |plan: &LayerPlan| key::layer_key(&plan.tree, 0, &digests, &cache.maker).expect("a key");
    let changed = |plan: &&LayerPlan| plan.name == "project";
    let plan = project.plans.iter().find(changed).expect("a layer");
    let (packed, _) = cache.make(plan, &key(plan), &digests, 0).expect("packed");
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
    let options = PackOptions { mtime: 0, scratch_dir: project.dir.path(), observer: &() };
    let error = |result: Result<Vec<Layer>, ImageError>| result.map(drop).expect_err("no file").to_string();
    let cache = open(dir.path());
    assert_eq!(error(cache.pack(&project.plans, options)), error(pack(&project.plans, options)));
    assert!(cache.trouble().is_none());
}

/// A base image of two layers, with a whiteout and a library.
fn base() -> (RawLayout, BaseImage) {
    let file = |name: &str, content: Content| (path(name), TreeEntry::file(content, 0o644, Group::Otp));
    let layout = RawLayout::new();
    let link = (path("l"), TreeEntry::symlink("b", Group::Otp));
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

/// A repository that counts how often it is asked.
#[derive(Debug)]
struct Counting {
    repository: Repository,
    content: Vec<u8>,
    asked: AtomicUsize,
}

impl Counting {
    fn new(content: &[u8]) -> Arc<Self> {
        let repository = crate::image::Reference::parse("example.com/a").expect("a name").repository();
        Arc::new(Self { repository, content: content.into(), asked: AtomicUsize::default() })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Remote for Counting {
    fn repository(&self) -> &Repository {
        &self.repository
    }

    fn open(&self, _: Digest, _: u64) -> io::Result<Box<dyn Read + Send>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(io::Cursor::new(self.content.clone())))
    }

    fn manifest(&self, _: Digest) -> io::Result<Vec<u8>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.content.clone())
    }
}

#[test]
fn a_blob_is_fetched_once_however_many_ask_for_it() {
    let dir = temp_dir();
    let content = b"content".repeat(30_000);
    let (remote, digest) = (Counting::new(&content), Digest::of(&content));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                // Locks are between open files, so a thread is as good as a process.
                let remote = open(dir.path()).through(remote.clone());
                assert_eq!(Blob::remote(remote, digest, 210_000).read().expect("read"), content);
            });
        }
    });
    assert_eq!(remote.asked(), 1);
    let document = open(dir.path()).through(remote.clone()).manifest(digest).expect("known");
    assert_eq!((document, remote.asked()), (content, 1));
}

#[test]
fn other_bytes_than_were_asked_for_are_an_error_and_not_kept() {
    let dir = temp_dir();
    let cache = open(dir.path());
    for wrong in [b"other".as_slice(), b"righ", b""] {
        let error = cache.blob(Digest::of(b"right"), 5, || Ok(wrong)).expect_err("wrong");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
    let remote = Counting::new(b"other");
    assert_eq!(
        cache.through(remote).manifest(Digest::of(b"right")).expect("whoever reads it verifies"),
        b"other"
    );
    assert_eq!(cache.entries().expect("listed"), []);
    let refused = cache.blob(Digest::of(b"right"), 5, || Err::<&[u8], _>(io::Error::other("refused")));
    assert_eq!(refused.expect_err("refused").to_string(), "refused");
    assert!(cache.trouble().is_none());
    let blob =
        cache.blob(Digest::of(b"right"), 5, || Ok(b"right".as_slice())).expect("fetched").expect("kept");
    assert_eq!(blob.read().expect("read"), b"right");
}

#[test]
fn what_the_cache_cannot_take_is_told_once_and_fetched_past_it() {
    let (dir, project) = (temp_dir(), Project::new());
    let cache = open(dir.path());
    for name in ["aside", "locks"] {
        std::fs::remove_dir(dir.path().join(name)).expect("removed");
    }
    let remote = Counting::new(b"right");
    let blob = Blob::remote(cache.through(remote.clone()), Digest::of(b"right"), 5);
    assert_eq!((blob.read().expect("read"), remote.asked()), (b"right".to_vec(), 1));
    let (layers, _) = project.with(&cache);
    assert_eq!(facts(&layers), facts(&project.without_cache()));
    let said = cache.trouble().expect("told").to_string().replace(&dir.path().display().to_string(), "DIR");
    insta::assert_snapshot!(said, @"the cache does not take everything: cannot write into the cache `DIR`: No such file or directory (os error 2)");
    assert!(cache.trouble().is_none());
}

#[test]
fn only_a_directory_that_nobody_else_can_write_is_a_cache() {
    let parent = temp_dir();
    let said = |dir: &Path| {
        let error = Cache::open(dir).expect_err("no cache");
        let text = error.to_string().replace(&parent.path().display().to_string(), "DIR");
        format!("{text} ({})", error.hint().unwrap_or_default())
    };
    let made = parent.path().join("a/made");
    Cache::open(&made).expect("made");
    assert_eq!(made.metadata().expect("there").permissions().mode() & 0o777, 0o700);
    std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o755)).expect("set");
    Cache::open(&made).expect("others may read it");
    std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o775)).expect("set");
    insta::assert_snapshot!(said(&made), @"the cache `DIR/a/made` can be written by other users: its mode is 0775 (close it to others (`chmod 700`), after a look at what is in it)");
    std::os::unix::fs::chown(&made, Some(65534), None).expect("as root");
    insta::assert_snapshot!(said(&made), @"the cache `DIR/a/made` belongs to another user, with the number 65534 (name another directory with --cache-dir DIR, or do without by --no-cache)");
    insta::assert_snapshot!(said(parent.path()), @"`DIR` is no cache of erlrel: it holds `a` (name another directory with --cache-dir DIR, or do without by --no-cache)");
    std::fs::write(parent.path().join("file"), "").expect("written");
    insta::assert_snapshot!(said(&parent.path().join("file/b")), @"cannot create the directory `DIR/file/b` ()");
}

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
fn a_blob_that_somebody_holds_is_read_to_its_end_whatever_happens_to_the_cache() {
    let (dir, project) = (temp_dir(), Project::new());
    let (layers, _) = project.with(&open(dir.path()));
    std::fs::remove_dir_all(dir.path()).expect("removed");
    assert_eq!(facts(&layers), facts(&project.without_cache()));
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
    assert_eq!(cache.collect(limits).expect("collected").removed, 4);
    let count = |name: &str| std::fs::read_dir(dir.path().join(name)).expect("listed").count();
    assert_eq!(["aside", "locks", "layers"].map(count), [0, 0, 0]);
}

/// All files of a cache, sorted.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries =
        walkdir::WalkDir::new(dir).sort_by_file_name().into_iter().map(|entry| entry.expect("an entry"));
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// What may happen to a file.
#[derive(Debug, Clone)]
enum Damage {
    Byte(usize, u8),
    Cut(usize),
    More,
    Gone,
    /// The content of another file.
    Other(usize),
    Directory,
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => (any::<usize>(), 1..=255u8).prop_map(|(at, by)| Damage::Byte(at, by)),
        2 => any::<usize>().prop_map(Damage::Cut),
        1 => Just(Damage::More),
        1 => Just(Damage::Gone),
        2 => any::<usize>().prop_map(Damage::Other),
        1 => Just(Damage::Directory),
    ]
}

fn spoil(files: &[PathBuf], which: usize, damage: &Damage) {
    let path = &files[which % files.len()];
    let Ok(mut bytes) = std::fs::read(path) else { return };
    match damage {
        Damage::Byte(at, by) if !bytes.is_empty() => {
            let at = at % bytes.len();
            bytes[at] ^= by;
        }
        Damage::Byte(..) => {}
        Damage::Cut(at) => bytes.truncate(at % bytes.len().max(1)),
        Damage::More => bytes.push(b'x'),
        Damage::Other(other) => bytes = std::fs::read(&files[other % files.len()]).unwrap_or_default(),
        Damage::Gone | Damage::Directory => {
            std::fs::remove_file(path).expect("removed");
            if matches!(damage, Damage::Directory) {
                std::fs::create_dir(path).expect("created");
            }
            return;
        }
    }
    std::fs::write(path, bytes).expect("written");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_damaged_cache_gives_no_error_and_no_wrong_bytes_and_is_mended(
        damages in prop::collection::vec((any::<usize>(), damage()), 1..5),
    ) {
        let (dir, project, (_layout, image)) = (temp_dir(), Project::new(), small_base());
        let expected = (facts(&project.without_cache()), image.files().expect("read"), b"right".to_vec());
        let make = || {
            let cache = open(dir.path());
            let (layers, events) = project.with(&cache);
            let blob = cache.blob(Digest::of(b"right"), 5, || Ok(b"right".as_slice())).expect("fetched");
            let blob = blob.map_or_else(|| b"right".to_vec(), |blob| blob.read().expect("read"));
            ((facts(&layers), cache.files(&image).expect("read"), blob), events)
        };
        prop_assert_eq!(&make().0, &expected);
        let files = files(dir.path());
        for (which, damage) in &damages {
            spoil(&files, *which, damage);
        }
        prop_assert_eq!(&make().0, &expected);
        let has_directory = damages.iter().any(|(_, damage)| matches!(damage, Damage::Directory));
        let (made, events) = make();
        prop_assert_eq!(&made, &expected);
        // What cannot be replaced stays as it is.
        prop_assert!(has_directory || events.iter().all(|event| event.ends_with("reused")), "{:?}", events);
    }
}

fn small_base() -> (RawLayout, BaseImage) {
    let layout = RawLayout::new();
    layout.index(&[layout.manifest(&[layout.layer(&tree())])]);
    let image = BaseImage::open(layout.path(), None, &Platform::linux("amd64")).expect("opened");
    (layout, image)
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
