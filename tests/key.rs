//! `erlrel key`: the dependency-layer key that build scripts compute with `cksum`, and the semantic one.

use std::path::{Path, PathBuf};

use erlrel_core::project::deps_key;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::{copy_dir, erlang, erlrel, run, sample, temp_dir, tool};

const PAIRS: usize = 1000;

/// Of these the command is started too; for the others the library is asked.
const BY_COMMAND: usize = 20;

/// A file's content: often empty or short, up to 20,000 arbitrary bytes.
fn content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        1 => Just(Vec::new()),
        4 => proptest::collection::vec(any::<u8>(), 0..300),
        3 => proptest::collection::vec(any::<u8>(), 0..=20_000),
    ]
}

/// Writes pairs of files below `root`, where every fifth has no rebar.lock.
fn write_pairs(root: &Path) -> Vec<PathBuf> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let pair = (content(), proptest::option::weighted(0.8, content()));
    let write = |number: usize| {
        let (config, lock) = pair.new_tree(&mut runner).expect("a pair").current();
        let dir = root.join(format!("{number:04}"));
        std::fs::create_dir(&dir).expect("created");
        std::fs::write(dir.join("rebar.config"), config).expect("written");
        if let Some(lock) = lock {
            std::fs::write(dir.join("rebar.lock"), lock).expect("written");
        }
        dir
    };
    (0..PAIRS).map(write).collect()
}

/// What the build scripts of the Erlang community compute, in each of the folders.
fn by_cksum(dirs: &[&Path]) -> Vec<String> {
    let script = r#"for dir; do cd "$dir" && cat rebar.config rebar.lock 2>/dev/null | cksum | awk '{print $1}'; done"#;
    let keys = run(tool("sh", "dash").args(["-c", script, "sh"]).args(dirs).env("LC_ALL", "C"));
    keys.lines().map(String::from).collect()
}

#[test]
fn the_key_is_what_cksum_prints() {
    let temp = temp_dir();
    let dirs = write_pairs(temp.path());
    let without_lock = dirs.iter().filter(|dir| !dir.join("rebar.lock").exists()).count();
    assert!((100..300).contains(&without_lock), "{without_lock}");
    let expected = by_cksum(&dirs.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    let keys: Vec<String> = dirs.iter().map(|dir| deps_key::cksum(dir).expect("a key").to_string()).collect();
    assert_eq!(keys.len(), PAIRS);
    assert_eq!(keys, expected);
    for (dir, key) in dirs.iter().zip(&expected).step_by(PAIRS / BY_COMMAND) {
        assert_eq!(run(erlrel().arg("key").arg(dir)), format!("{key}\n"), "{}", dir.display());
    }
}

#[test]
fn the_key_of_each_sample_is_what_cksum_prints() {
    for sample in sample::all() {
        let key = run(erlrel().arg("key").current_dir(&sample.dir));
        assert_eq!(by_cksum(&[&sample.dir]), [key.trim_end()], "{}", sample.name);
    }
}

/// The umbrella sample, uncompiled, in a place of its own, with an empty home.
struct Umbrella {
    temp: tempfile::TempDir,
}

impl Umbrella {
    fn new() -> Self {
        let temp = temp_dir();
        std::fs::create_dir_all(temp.path().join("home/.config/rebar3")).expect("created");
        std::fs::create_dir(temp.path().join("umbrella")).expect("created");
        let umbrella = Self { temp };
        for part in ["rebar.config", "rebar.lock", "apps", "config"] {
            copy_dir(sample::umbrella().dir.join(part), umbrella.file(part));
        }
        umbrella
    }

    fn file(&self, name: &str) -> PathBuf {
        self.temp.path().join("umbrella").join(name)
    }

    /// With one text in one file replaced by another.
    fn edited(name: &str, from: &str, to: &str) -> Self {
        let umbrella = Self::new();
        let file = umbrella.file(name);
        let text = std::fs::read_to_string(&file).expect("a text");
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {name}");
        std::fs::write(&file, text.replace(from, to)).expect("written");
        umbrella
    }

    fn key(&self, arguments: &[&str]) -> String {
        let home = self.temp.path().join("home");
        let mut command = erlrel();
        command.args(["key", "--semantic"]).arg(self.file("")).args(arguments);
        for variable in ["ERL_COMPILER_OPTIONS", "ERL_LIBS", "CC", "CFLAGS", "REBAR_GLOBAL_CONFIG_DIR"] {
            command.env_remove(variable);
        }
        let key = run(command.env("HOME", home));
        assert!(key.trim_end().strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64), "{key}");
        key
    }
}

#[test]
fn the_semantic_key_stays_when_the_bytes_of_dependencies_stay() {
    let key = Umbrella::new().key(&[]);
    let relx = "{extended_start_script, true}";
    for (what, edited) in [
        ("nothing, in another place", Umbrella::new()),
        (
            "a comment",
            Umbrella::edited("rebar.config", "{relx, [{release", "%% What we ship.\n{relx, [{release"),
        ),
        (
            "the layout",
            Umbrella::edited(
                "rebar.config",
                "{erl_opts, [debug_info]}.",
                "{ erl_opts\n, [ debug_info ] }\n.",
            ),
        ),
        (
            "the release's applications",
            Umbrella::edited("rebar.config", "{beacon_tools, load},", "beacon_tools,"),
        ),
        ("a relx option", Umbrella::edited("rebar.config", relx, "{extended_start_script, false}")),
        (
            "a relx option of the profile",
            Umbrella::edited("rebar.config", "{debug_info, strip}", "{debug_info, keep}"),
        ),
        (
            "shell",
            Umbrella::edited(
                "rebar.config",
                "{xref_checks,",
                "{shell, [{apps, [beacon_http]}]}.\n{xref_checks,",
            ),
        ),
        ("xref", Umbrella::edited("rebar.config", "locals_not_used,", "")),
        (
            "the project's erl_opts",
            Umbrella::edited("rebar.config", "[debug_info]", "[debug_info, warnings_as_errors]"),
        ),
        ("another profile", Umbrella::edited("rebar.config", "nowarn_export_all", "export_all")),
        (
            "the layout of the lock",
            Umbrella::edited("rebar.lock", "[{<<\"hashring\">>,\n", "[ {<<\"hashring\">>,\n\n"),
        ),
        (
            "a source file",
            Umbrella::edited("apps/beacon_tools/src/beacon.erl", "-module(beacon).", "-module(beacon). % !"),
        ),
    ] {
        assert_eq!(edited.key(&[]), key, "{what}");
    }
}

#[test]
fn the_semantic_key_moves_when_the_bytes_of_dependencies_may_move() {
    let key = Umbrella::new().key(&[]);
    let global = Umbrella::new();
    let home = global.temp.path().join("home/.config/rebar3/rebar.config");
    std::fs::write(home, "{plugins, [rebar3_hex]}.\n").expect("written");
    let sub_dependency = "{tag, \"1.0.0\"}}}]}]}]}.";
    let mut keys = vec![("nothing", key)];
    for (what, edited) in [
        ("a commit in the lock", Umbrella::edited("rebar.lock", "dad83125", "dad83126")),
        ("an override", Umbrella::edited("rebar.config", sub_dependency, "{tag, \"1.0.1\"}}}]}]}]}.")),
        (
            "an override of options",
            Umbrella::edited(
                "rebar.config",
                "{overrides,\n [",
                "{overrides,\n [{add, [{erl_opts, [inline]}]}, ",
            ),
        ),
        ("a plugin", Umbrella::edited("rebar.config", "{xref_checks,", "{plugins, [pc]}.\n{xref_checks,")),
        (
            "a plugin of the profile",
            Umbrella::edited("rebar.config", "[{prod, [", "[{prod, [{plugins, [rebar3_hex]}, "),
        ),
        (
            "a project plugin",
            Umbrella::edited("rebar.config", "{xref_checks,", "{project_plugins, [pc]}.\n{xref_checks,"),
        ),
        (
            "overrides of the profile",
            Umbrella::edited(
                "rebar.config",
                "[{prod, [",
                "[{prod, [{overrides, [{del, [{erl_opts, [debug_info]}]}]}, ",
            ),
        ),
        (
            "a dependency that no lock pins",
            Umbrella::edited("rebar.config", "{deps, [{tinyjson", "{deps, [recon, {tinyjson"),
        ),
        (
            "a dependency of the profile",
            Umbrella::edited("rebar.config", "[{prod, [", "[{prod, [{deps, [jsx]}, "),
        ),
        ("a plugin of the user", global),
    ] {
        keys.push((what, edited.key(&[])));
    }
    keys.push(("the profile", Umbrella::new().key(&["--profile", "test"])));
    keys.push(("two profiles", Umbrella::new().key(&["--profile", "prod,test"])));
    for (at, (what, key)) in keys.iter().enumerate() {
        for (other, earlier) in &keys[..at] {
            assert_ne!(key, earlier, "{what} and {other}");
        }
    }
}

#[test]
fn the_semantic_key_moves_with_the_release_of_erlang_and_not_with_its_place() {
    let umbrella = Umbrella::new();
    let otp = umbrella.temp.path().join("otp");
    let real = erlang::root();
    std::fs::create_dir(&otp).expect("created");
    for entry in std::fs::read_dir(real).expect("listed") {
        let entry = entry.expect("an entry");
        if entry.file_name() != "releases" {
            std::os::unix::fs::symlink(entry.path(), otp.join(entry.file_name())).expect("linked");
        }
    }
    copy_dir(real.join("releases"), otp.join("releases"));
    let with_otp = || umbrella.key(&["--otp", otp.to_str().expect("UTF-8")]);
    let key = umbrella.key(&[]);
    assert_eq!(with_otp(), key, "the same release in another place");
    let data = std::fs::read_to_string(otp.join("releases/start_erl.data")).expect("read");
    let release = data.split_whitespace().nth(1).expect("ERTS and release");
    std::fs::write(otp.join("releases").join(release).join("OTP_VERSION"), format!("{release}.99.1\n"))
        .expect("written");
    assert_ne!(with_otp(), key);
}
