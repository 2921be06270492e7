//! Whatever is done to the files of a project, the image that is made with a warm cache is the one that is made without any.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use walkdir::WalkDir;

use super::{BuildOptions, ContainerOptions, ContainerWarning, Plan, bound_modules};
use crate::cache::Cache;
use crate::digest::Digest;
use crate::environment::Environment;
use crate::fs::edits::{Random, keep_time, set_time, wait_for_tick};
use crate::fs::{NoNotes, Notes};
use crate::image::Image;
use crate::observer::{Event, Observer};
use crate::project::{self, LoadOptions};
use crate::release::{self, Overrides, Selection};
use crate::term::{AtomEncoding, Term, encode};
use crate::{Error, OtpRoot};

const HOUR: Duration = Duration::from_secs(3600);

/// The files at the beginning: applications of the project, a dependency, Erlang, and what configures the release.
const FILES: [&str; 28] = [
    "otp/lib/kernel-8.5/ebin/kernel.app",
    "otp/lib/kernel-8.5/ebin/kernel.beam",
    "otp/lib/stdlib-4.2/ebin/stdlib.app",
    "otp/lib/stdlib-4.2/ebin/lists.beam",
    "otp/erts-13.1.5/bin/erl",
    "otp/erts-13.1.5/bin/erlexec",
    "boot",
    "project/rebar.config",
    "project/config/sys.config",
    "project/config/vm.args",
    "project/files/motd",
    "project/apps/shop/src/shop.app.src",
    "project/apps/cart/src/cart.app.src",
    "project/_build/default/lib/shop/ebin/shop.app",
    "project/_build/default/lib/shop/ebin/shop.beam",
    "project/_build/default/lib/shop/ebin/shop_app.beam",
    "project/_build/default/lib/shop/ebin/shop_sup.beam",
    "project/_build/default/lib/shop/priv/index.html",
    "project/_build/default/lib/shop/priv/deep/style.css",
    "project/_build/default/lib/cart/ebin/cart.app",
    "project/_build/default/lib/cart/ebin/cart.beam",
    "project/_build/default/lib/cart/ebin/cart_item.beam",
    "project/_build/default/lib/cart/priv/items",
    "project/_build/default/lib/till/ebin/till.app",
    "project/_build/default/lib/till/ebin/till.beam",
    "project/_build/default/lib/till/ebin/till_drawer.beam",
    "project/_build/default/lib/till/priv/coins",
    "project/_build/default/lib/till/priv/notes",
];

/// A project and an Erlang installation in a temporary directory.
struct Site {
    dir: TempDir,
    random: Random,
}

/// What an image is: its digest, and what was said; or the error.
type Made = Result<(Digest, String), String>;

impl Site {
    fn new(seed: u64) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let site = Self { dir, random: Random(seed) };
        for path in FILES {
            site.write(path, content(Path::new(path), 0));
        }
        site.write("otp/releases/start_erl.data", "13.1.5 25");
        site.write("otp/erts-13.1.5/bin/beam.smp", program());
        let modules = [("preLoaded", ["erlang", "init"]), ("primLoad", ["error_handler", "lists"])];
        let modules = modules.map(|(key, names)| Term::pair(key, Term::atoms(names)));
        let script = Term::tuple([Term::atom("script"), Term::list([]), Term::list(modules)]);
        site.write("otp/bin/start_clean.boot", encode(&script, AtomEncoding::Latin1));
        site
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        fs::write(path, content).expect("written");
    }

    /// All that can be edited.
    fn files(&self) -> Vec<PathBuf> {
        let entries = WalkDir::new(self.dir.path()).sort_by_file_name().into_iter();
        let files = entries.map(|entry| entry.expect("an entry")).filter(|entry| entry.file_type().is_file());
        let is_fixed = |path: &PathBuf| ["smp", "boot", "data", "src"].contains(&extension(path));
        files.map(walkdir::DirEntry::into_path).filter(|path| !is_fixed(path)).collect()
    }

    fn plan(&self, build: &BuildOptions<'_>) -> Result<Plan, Error> {
        let project = project::load(&self.path("project"), &LoadOptions::default())?;
        let otp = OtpRoot::load(&self.path("otp"))?;
        let spec = release::spec(&project, &Selection::default(), &Overrides::default())?;
        let release = release::resolve(project, otp, spec)?;
        let options = ContainerOptions::of(&release.project, &Environment::default())?;
        let mut plan = super::plan(&release, &self.path("boot"), &options, build)?;
        let notes = build.cache.map_or(&NoNotes as &dyn Notes, |cache| cache);
        let warnings = release::warnings_noted(&release, notes).into_iter();
        plan.warnings.extend(warnings.map(ContainerWarning::Release));
        Ok(plan)
    }

    fn image(&self, build: &BuildOptions<'_>) -> Result<(Image, String), Error> {
        let mut plan = self.plan(build)?;
        let bound = bound_modules(&plan, build);
        plan.warnings.extend(bound);
        let warnings = plan.warnings.iter().map(|warning| format!("{warning}\n")).collect();
        Ok((super::build(&plan, build)?, warnings))
    }

    fn make(&self, cache: Option<&Cache>, observer: &dyn Observer) -> Made {
        let build = BuildOptions { cache, ..BuildOptions::new(self.dir.path().into(), observer) };
        let (image, warnings) = self.image(&build).map_err(|error| said(&error))?;
        for layer in image.layers() {
            assert_eq!(Digest::of(&layer.blob().read().expect("read")), layer.digest(), "{}", layer.name());
        }
        Ok((image.digest(), warnings))
    }

    /// One edit; says what it was.
    fn edit(&mut self) -> String {
        let files = self.files();
        let path = files[self.random.below(files.len())].clone();
        let other = files[self.random.below(files.len())].clone();
        let number = 1 + self.random.below(99_999_998);
        let beside = self.path(&format!("project/_build/default/lib/shop/priv/new{number}"));
        let new = content(&path, number);
        let what = match self.random.below(10) {
            0 => (fs::write(&path, [new, b"\n\n".to_vec()].concat()).expect("written"), "another size").1,
            1 => (fs::write(&path, new).expect("written"), "same size").1,
            2 | 3 => (keep_time(&path, || fs::write(&path, new).expect("written")), "same size and time").1,
            4 => (flip_mode(&path), "mode").1,
            5 => (set_time(&path, SystemTime::UNIX_EPOCH), "time only").1,
            6 => (fs::rename(&path, &beside).expect("renamed"), "rename").1,
            7 => (fs::remove_file(&path).expect("removed"), "delete").1,
            8 => (fs::copy(&path, &beside).map(drop).expect("copied"), "copy").1,
            _ if extension(&path) == extension(&other) => (swap(&path, &other), "swap").1,
            _ => {
                (fs::rename(&path, &beside).and_then(|()| fs::copy(&beside, &path)).expect("there"), "again")
                    .1
            }
        };
        format!("{what}: {}", path.display())
    }

    /// Gives a file two contents of the same size and time, the second while an image is made with the first: without a tick
    /// of the clock in between, if the machine is fast enough.
    fn edit_twice_at_once(&mut self, cache: &Cache) -> String {
        let files = self.files();
        let path = files[self.random.below(files.len())].clone();
        let numbers = [1 + self.random.below(49_999_999), 50_000_000 + self.random.below(49_999_999)];
        let [first, second] = numbers.map(|number| content(&path, number));
        let write = |new: &[u8]| keep_time(&path, || fs::write(&path, new).expect("written"));
        let edit = Once::new(|| write(&second));
        let build = BuildOptions { cache: Some(cache), ..BuildOptions::new(self.dir.path().into(), &edit) };
        let plan = self.plan(&build).expect("it could be planned before");
        wait_for_tick(self.dir.path());
        write(&first);
        super::build(&plan, &build).expect("built");
        format!("at once: {}", path.display())
    }

    /// Mode and content of every file that can be edited.
    fn state(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let file = |path: PathBuf| {
            let mode = path.metadata().expect("there").mode();
            (path.clone(), (mode, fs::read(path).expect("read")))
        };
        self.files().into_iter().map(file).collect()
    }

    fn restore(&self, state: &BTreeMap<PathBuf, (u32, Vec<u8>)>) {
        let added = self.files().into_iter().filter(|path| !state.contains_key(path));
        added.for_each(|path| fs::remove_file(path).expect("removed"));
        let now = self.state();
        for (path, file) in state.iter().filter(|(path, file)| now.get(*path) != Some(file)) {
            fs::write(path, &file.1).expect("written");
            fs::set_permissions(path, Permissions::from_mode(file.0)).expect("set");
        }
    }
}

/// How many layers were packed, and how many were there.
#[derive(Default)]
struct Counts {
    packed: AtomicUsize,
    reused: AtomicUsize,
}

impl Observer for Counts {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::LayerPacked { .. } => self.packed.fetch_add(1, Ordering::Relaxed),
            Event::LayerReused { .. } => self.reused.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
    }
}

/// Does something as soon as a layer is there, when all files have been looked at.
struct Once<F>(Mutex<Option<F>>);

impl<F: FnOnce()> Once<F> {
    fn new(work: F) -> Self {
        Self(Mutex::new(Some(work)))
    }
}

impl<F: FnOnce() + Send> Observer for Once<F> {
    fn event(&self, event: &Event<'_>) {
        if matches!(event, Event::LayerPacked { .. } | Event::LayerReused { .. }) {
            let work = self.0.lock().expect("no panic").take();
            work.into_iter().for_each(|work| work());
        }
    }
}

fn said(error: &Error) -> String {
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    format!("{error} {cause} {}", error.hint().unwrap_or_default())
}

/// What a file may contain, of the same size for each number up to 99999999.
fn content(path: &Path, number: usize) -> Vec<u8> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let text = match extension(path) {
        "app" => format!(
            "{{application, {stem}, [{{description, \"{number:08}\"}}, {{vsn, \"{}\"}}, {{modules, [{}]}}, {{registered, []}},
             {{applications, {}}}]}}.",
            if stem == "shop" { format!("1.{}", number % 3) } else { "1.0".into() },
            match stem {
                "shop" => "shop, shop_app, shop_sup",
                "cart" => "cart, cart_item",
                "till" => "till, till_drawer",
                "kernel" => "kernel",
                _ => "lists",
            },
            match stem {
                "kernel" => "[]",
                "stdlib" => "[kernel]",
                _ => "[kernel, stdlib]",
            },
        ),
        "beam" => return module(number),
        "config" if stem == "rebar" => format!(
            "{{erl_opts, [debug_info]}}.
             {{relx, [{{release, {{shop, \"1.0\"}}, [shop, cart, till]}}, {{mode, prod}}, {{sys_config, \"config/sys.config\"}},
                      {{vm_args, \"config/vm.args\"}}, {{overlay, [{{copy, \"files/motd\", \"etc/motd\"}}]}}]}}.
             {{erlrel, [{{env, [{{\"NUMBER\", \"{number:08}\"}}]}}]}}."
        ),
        "config" => format!("[{{shop, [{{number, \"{number:08}\"}}]}}]."),
        "args" => format!("-env NUMBER {number:08}\n"),
        _ => format!("{number:08}"),
    };
    text.into_bytes()
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

/// A module that can be brought into canonical form. One with an odd number needs a shell, which is worth a warning.
fn module(number: usize) -> Vec<u8> {
    let chunk = |id: &str, data: &[u8]| [id.as_bytes(), &(data.len() as u32).to_be_bytes(), data].concat();
    let strings = format!("{number:08}");
    let strings = strings.as_bytes();
    let function = [2u32, if number % 2 == 1 { 3 } else { 4 }, 1];
    let imports: Vec<u8> = [&[1u32][..], &function].concat().into_iter().flat_map(u32::to_be_bytes).collect();
    let chunks: [(&str, &[u8]); 6] = [
        ("AtU8", b"\0\0\0\x04\x01m\x02os\x03cmd\x03get"),
        ("Code", b""),
        ("ExpT", b""),
        ("ImpT", &imports),
        ("StrT", strings),
        ("CInf", strings),
    ];
    let chunks: Vec<u8> = chunks.iter().flat_map(|(id, data)| padded(chunk(id, data))).collect();
    let size = (chunks.len() as u32 + 4).to_be_bytes();
    [b"FOR1".as_slice(), &size, b"BEAM", &chunks].concat()
}

/// Chunks begin at multiples of four.
fn padded(mut chunk: Vec<u8>) -> Vec<u8> {
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

/// The header of a program for x86-64 that needs nothing (elf(5)).
fn program() -> Vec<u8> {
    let mut header = vec![0; 64];
    header[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    header[16..21].copy_from_slice(&[2, 0, 62, 0, 1]);
    header[52] = 64;
    header[54] = 56;
    header[58] = 64;
    header
}

fn flip_mode(path: &Path) {
    let mode = path.metadata().expect("there").mode() ^ 0o111;
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("set");
}

fn swap(one: &Path, other: &Path) {
    let aside = one.with_file_name("swapped");
    for (from, to) in [(one, aside.as_path()), (other, one), (&aside, other)] {
        // A file that is swapped with itself has gone aside by now.
        let _ = fs::rename(from, to);
    }
}

/// Makes edits, after each of which the images with a cache and without are compared.
fn many_edits(
    mut site: Site,
    count: usize,
    open: impl Fn() -> Cache,
    edit: impl Fn(&mut Site) -> String,
) -> Counts {
    let (mut digests, mut failures, counts) = (BTreeSet::new(), 0, Counts::default());
    for round in 0..count {
        let before = site.state();
        wait_for_tick(site.dir.path());
        let what = edit(&mut site);
        let with = site.make(Some(&open()), &counts);
        let without = site.make(None, &());
        assert_eq!(with, without, "round {round}, {what}");
        match without {
            Ok((digest, _)) => drop(digests.insert(digest)),
            Err(_) => {
                failures += 1;
                site.restore(&before);
            }
        }
    }
    assert!(failures < count / 5, "{failures} of {count} edits left no image to compare");
    assert!(digests.len() > count / 2, "{} images of {count} edits", digests.len());
    counts
}

#[test]
fn after_any_edit_the_image_is_the_one_without_a_cache() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    // A cache that is opened an hour later takes all files for settled.
    let open = || Cache::open(dir.path()).expect("opened").later(HOUR);
    let counts = many_edits(Site::new(6), 400, open, Site::edit);
    let (packed, reused) = (counts.packed.into_inner(), counts.reused.into_inner());
    assert!(packed > 200 && reused > packed, "{packed} layers were packed, {reused} were there");
}

#[test]
fn after_two_edits_in_the_same_moment_the_image_is_the_one_without_a_cache() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let open = || Cache::open(dir.path()).expect("opened");
    many_edits(Site::new(7), 100, open, |site| site.edit_twice_at_once(&open()));
}
