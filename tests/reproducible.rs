//! The same bytes anywhere: another directory, user, umask, time zone, locale, date and number of processors.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

use crate::support::rebar3::{Tiny, committed};
use crate::support::sample::{self, Sample};
use crate::support::{copy_dir, fails, repository, run, tool};

/// A user who owns nothing else; root is 0.
const OTHER_USER: &str = "1000";

/// The year that programs see there.
const OTHER_YEAR: &str = "2031";

/// A place to build in, with a compiled sample and the programs under test: every user may read it.
struct Place {
    temp: tempfile::TempDir,
    below: PathBuf,
}

/// Everything that was made of a sample.
#[derive(PartialEq, Eq)]
struct Made {
    digest: String,
    archive: Vec<u8>,
    layout: BTreeMap<PathBuf, Vec<u8>>,
    tarball: Vec<u8>,
}

impl Place {
    fn new(sample: &Sample, below: &str) -> Self {
        let place = Self::empty(below);
        copy_dir(&sample.dir, place.project());
        place.relink(&sample.dir);
        place
    }

    /// With the programs only.
    fn empty(below: &str) -> Self {
        let temp = tempfile::Builder::new().prefix("erlrel-").tempdir().expect("a temporary directory");
        set_mode(temp.path(), 0o755);
        let place = Self { below: temp.path().join(below), temp };
        std::fs::create_dir_all(&place.below).expect("created");
        for program in [env!("CARGO_BIN_EXE_erlrel"), env!("CARGO_BIN_EXE_erlrel-boot")] {
            copy_dir(program, place.temp.path());
        }
        place
    }

    /// A clone of a sample that nobody has compiled yet, with its dependencies in repositories beside it.
    fn clone_of(sample: &str, below: &str) -> Self {
        let place = Self::empty(below);
        run(tool("sh", "dash")
            .arg(repository().join("sample_apps/prepare"))
            .arg(sample)
            .arg(place.project()));
        place
    }

    fn project(&self) -> PathBuf {
        self.below.join("project")
    }

    /// rebar3 links dependencies by absolute paths: those into the original shall lead into the copy.
    fn relink(&self, original: &Path) {
        for entry in WalkDir::new(self.project()) {
            let entry = entry.expect("an entry");
            let target = entry.path_is_symlink().then(|| std::fs::read_link(entry.path()).expect("a link"));
            if let Some(inside) = target.as_deref().and_then(|target| target.strip_prefix(original).ok()) {
                std::fs::remove_file(entry.path()).expect("removed");
                std::os::unix::fs::symlink(self.project().join(inside), entry.path()).expect("linked");
            }
        }
    }

    /// Adds a dependency to the project and its release.
    fn depend_on(&self, name: &str, source: &str) {
        let path = self.project().join("rebar.config");
        let text = std::fs::read_to_string(&path).expect("a configuration");
        let goal = text.replacen("[hello", &format!("[{name}, hello"), 1);
        assert_ne!(goal, text, "the release has a goal of this name");
        std::fs::write(path, format!("{{deps, [{{{name}, {source}}}]}}.\n{goal}")).expect("written");
    }

    fn erlrel(&self) -> PathBuf {
        self.temp.path().join("erlrel")
    }

    /// Has the project compiled and makes its image; the digest.
    fn compile(&self, start: &dyn Fn(&Path) -> Command, arguments: &[&str]) -> String {
        let mut image = start(&self.erlrel());
        image.args(["image", "--no-cache", "--quiet"]).args(arguments);
        let to = format!("oci:{}", self.below.join("compiled").display());
        image.args(["--to", &to]).arg(self.project());
        run(&mut image).lines().next().expect("a digest").to_string()
    }

    /// Builds image and tarball with commands that `start` makes of a program, and reads all that they wrote.
    fn build(&self, name: &str, start: &dyn Fn(&Path) -> Command) -> Made {
        let out = self.below.join(name);
        let (archive, layout, tarball) =
            (out.join("image.tar"), out.join("layout"), out.join("release.tar.gz"));
        let to = |kind: &str, path: &Path| format!("{kind}:{}", path.display());
        let mut image = start(&self.erlrel());
        image.args(["image", "--no-compile", "--no-cache", "--quiet"]).arg(self.project());
        image.args(["--to", &to("archive", &archive), "--to", &to("oci", &layout)]);
        let digest = run(&mut image).lines().next().expect("a digest").to_string();
        run(start(&self.erlrel())
            .args(["tar", "--no-compile", "--quiet"])
            .arg(self.project())
            .arg("--out")
            .arg(&tarball));
        Made { digest, archive: read(&archive), layout: files(&layout), tarball: read(&tarball) }
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = WalkDir::new(root).into_iter().map(|entry| entry.expect("an entry"));
    let files = entries.filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| (entry.path().strip_prefix(root).expect("below").to_path_buf(), read(entry.path())))
        .collect()
}

fn assert_same(one: &Made, other: &Made, what: &str) {
    assert!(one.digest.starts_with("sha256:") && one.layout.len() > 5, "{}", one.digest);
    assert_eq!(one.digest, other.digest, "{what}: image digest");
    assert!(one.tarball == other.tarball, "{what}: the tarballs differ");
    assert!(one.archive == other.archive, "{what}: the archives differ");
    assert!(one.layout == other.layout, "{what}: the layouts differ");
}

/// A command of root, with nothing unusual around it.
fn plainly(program: &Path) -> Command {
    under_umask("022", program.as_os_str(), &[], &[("TZ", "UTC"), ("LANG", "C"), ("HOME", "/root")])
}

/// A command of another user, on one processor, in another part of the world and another year.
fn elsewhere(program: &Path, home: &Path) -> Command {
    let faketime = tool("faketime", "faketime").get_program().to_owned();
    let taskset = tool("taskset", "util-linux").get_program().to_owned();
    let setpriv = tool("setpriv", "util-linux").get_program().to_owned();
    let date = format!("@{OTHER_YEAR}-05-06 07:08:09");
    let (user, group) = (format!("--reuid={OTHER_USER}"), format!("--regid={OTHER_USER}"));
    let before: Vec<&OsStr> = vec![
        setpriv.as_os_str(),
        user.as_ref(),
        group.as_ref(),
        "--clear-groups".as_ref(),
        taskset.as_os_str(),
        "-c".as_ref(),
        "0".as_ref(),
        faketime.as_os_str(),
        "-f".as_ref(),
        date.as_ref(),
    ];
    let locale = "de_DE.UTF-8";
    let home = home.to_str().expect("UTF-8");
    let environment =
        [("TZ", "Asia/Tokyo"), ("LANG", locale), ("LC_ALL", locale), ("HOME", home), ("USER", "somebody")];
    under_umask("077", program.as_os_str(), &before, &environment)
}

fn under_umask(umask: &str, program: &OsStr, before: &[&OsStr], environment: &[(&str, &str)]) -> Command {
    let mut command = tool("sh", "dash");
    command
        .args(["-c", "umask $0; exec \"$@\"", umask])
        .args(before)
        .arg(program)
        .current_dir("/")
        .env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs(environment.iter().copied());
    command
}

#[test]
fn another_directory_user_umask_time_zone_locale_date_and_processor_change_no_byte() {
    for sample in sample::all() {
        let here = Place::new(sample, "a");
        let there = Place::new(sample, "somewhere/else entirely/and deeper");
        let home = there.temp.path().to_path_buf();
        run(tool("chown", "coreutils").args(["-R", OTHER_USER]).arg(there.temp.path()));
        let start = |program: &Path| elsewhere(program, &home);
        let seen = "id -u; date +%Y%z; umask; nproc";
        assert_eq!(
            run(start(Path::new("/bin/sh")).args(["-c", seen])),
            format!("{OTHER_USER}\n{OTHER_YEAR}+0900\n0077\n1\n"),
            "the surroundings really differ"
        );
        let one = here.build("out", &plainly);
        assert_same(&one, &there.build("out", &start), sample.name);
    }
}

/// The dependencies of a sample are compiled with the options that they have themselves, and `hello` has one here that logs.
#[test]
fn clones_that_are_compiled_in_different_places_become_the_same_image() {
    for sample in ["hello", "umbrella", "native"] {
        let here = Place::clone_of(sample, "a");
        let there = Place::clone_of(sample, "somewhere/else entirely/and deeper");
        if sample == "hello" {
            // git reads no repository of another user.
            for place in [&here, &there] {
                place.depend_on("scribe", &logging_dependency(place.temp.path()));
            }
        }
        let home = there.temp.path().to_path_buf();
        run(tool("chown", "coreutils").args(["-R", OTHER_USER]).arg(there.temp.path()));
        let one = here.compile(&plainly, &[]);
        assert_eq!(one, there.compile(&|program| elsewhere(program, &home), &[]), "{sample}");
        if sample == "hello" {
            std::fs::remove_dir_all(here.project().join("_build")).expect("removed");
            assert_ne!(one, here.compile(&plainly, &["--no-deterministic"]), "its literals have a path now");
        }
    }
}

#[test]
fn releases_of_mix_that_are_compiled_in_different_places_become_the_same_image() {
    let made = |place: &Place, start: &dyn Fn(&Path) -> Command| {
        let mix = tool("mix", "elixir").get_program().to_owned();
        let mut release = start(Path::new(&mix));
        run(release.arg("release").env("MIX_ENV", "prod").current_dir(place.project()));
        let out = place.below.join("out");
        let mut image = start(&place.erlrel());
        image.args(["image", "--no-cache", "--quiet", "--to", &format!("oci:{}", out.display()), "--from"]);
        run(image.arg(place.project().join("_build/prod/rel/waybill")));
        files(&out)
    };
    let places = ["a", "somewhere/else entirely/and deeper"].map(Place::empty);
    for place in &places {
        copy_dir(repository().join("sample_apps/waybill"), place.project());
    }
    let [here, there] = places;
    let home = there.temp.path().to_path_buf();
    run(tool("chown", "coreutils").args(["-R", OTHER_USER]).arg(&home));
    let one = made(&here, &plainly);
    assert!(one.len() > 5, "{}", one.len());
    assert!(one == made(&there, &|program| elsewhere(program, &home)), "the images differ");
}

/// A git repository with an application that logs, and whose options are its own.
fn logging_dependency(dir: &Path) -> String {
    let dir = dir.join("scribe");
    let app = r#"{application, scribe, [{vsn, "1.0"}, {applications, [kernel, stdlib]}]}."#;
    let module = "-module(scribe).\n-export([write/1]).\n-include_lib(\"kernel/include/logger.hrl\").\n\
                  write(Text) -> ?LOG_NOTICE(Text), {Text, ?FILE}.\n";
    let files = [
        ("rebar.config", "{erl_opts, [debug_info]}.\n"),
        ("src/scribe.app.src", app),
        ("src/deep/scribe.erl", module),
    ];
    for (name, text) in files {
        crate::support::depot::write(&dir.join(name), text);
    }
    committed(&dir)
}

#[test]
fn building_again_and_touched_files_change_no_byte() {
    for sample in [sample::umbrella(), sample::native()] {
        let place = Place::new(sample, "a");
        let first = place.build("first", &plainly);
        assert_same(&first, &place.build("second", &plainly), sample.name);
        touch_everything(&place.project());
        assert_same(&first, &place.build("third", &plainly), sample.name);
    }
}

/// Every file and directory gets another time.
fn touch_everything(dir: &Path) {
    let before = modified(&dir.join("rebar.config"));
    run(tool("find", "findutils").arg(dir).args([
        "-exec",
        "touch",
        "-h",
        "-d",
        "2001-02-03 04:05:06",
        "{}",
        "+",
    ]));
    assert_ne!(modified(&dir.join("rebar.config")), before);
}

fn modified(path: &Path) -> std::time::SystemTime {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).expect("a time")
}

#[test]
fn modules_that_hold_the_path_of_the_project_are_named() {
    let tiny = Tiny::new(
        r#"{relx, [{release, {tiny, "1"}, [tiny]}, {mode, prod}]}. {erl_opts, [debug_info]}. {deps, []}."#,
    );
    for number in 10..24 {
        let module = format!("-module(m{number}).\n-export([file/0]).\nfile() -> ?FILE.\n");
        tiny.write(&format!("src/m{number}.erl"), &module);
    }
    let image = |arguments: &str| tiny.erlrel(&format!("image --to oci:out {arguments}"));
    let bound = |arguments: &str| {
        let report: serde_json::Value =
            serde_json::from_str(&run(&mut image(&format!("--json {arguments}")))).expect("JSON");
        report["bound_modules"].clone()
    };
    let all: Vec<String> = (10..24).map(|number| format!("m{number}")).collect();
    assert_eq!(bound("--no-deterministic"), serde_json::json!({ "tiny": all }));
    let said = fails(&mut image("--no-compile"), 0);
    let shown: Vec<String> = (10..22).map(|number| format!("`m{number}`")).collect();
    let shown = format!("since modules hold that path: {} of `tiny`; and 2 more", shown.join(", "));
    assert!(said.contains(&shown) && said.contains(&tiny.dir().display().to_string()), "{said}");
    std::fs::remove_dir_all(tiny.dir().join("_build")).expect("removed");
    assert_eq!(bound(""), serde_json::Value::Null);
}
