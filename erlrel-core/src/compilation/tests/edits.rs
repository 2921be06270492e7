//! Whatever is done to an input or a product, it is compiled; whatever is done to something else, it is not.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::SystemTime;

use walkdir::WalkDir;

use super::Fixture;
use crate::fs::edits::{Random, edit, keep_time, set_time, turn};

/// Everything that a compilation may depend on or has made, as one who knows nothing of records sees it.
fn state(fixture: &Fixture) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let roots = ["bin", "otp", "home", "checkout", "project"].map(|root| fixture.path(root));
    let entries =
        roots.iter().flat_map(|root| WalkDir::new(root).into_iter().map(|entry| entry.expect("an entry")));
    let mut state = BTreeMap::new();
    for entry in entries {
        let path = entry.into_path();
        let metadata = path.symlink_metadata().expect("there");
        let fact = if metadata.is_symlink() {
            let target = fs::read_link(&path).expect("a link").into_os_string();
            (1, std::os::unix::ffi::OsStringExt::into_vec(target))
        } else if metadata.is_file() {
            (metadata.mode(), fs::read(&path).expect("read"))
        } else {
            (0, Vec::new())
        };
        state.insert(path, fact);
    }
    state.retain(|path, _| !path.starts_with(fixture.path("project/_build/erlrel")));
    state
}

/// All files of the project, of what it has made, and of what lies in its checkout.
fn edited(fixture: &Fixture) -> Vec<PathBuf> {
    let roots = [
        "project/apps",
        "project/config",
        "project/_build/prod/lib",
        "project/_build/default/lib",
        "checkout/src",
    ];
    let files = roots.iter().flat_map(|root| WalkDir::new(fixture.path(root)).into_iter());
    let mut files: Vec<PathBuf> = files.map(|entry| entry.expect("an entry").into_path()).collect();
    // A version that makes no sense would be in doubt.
    let is_edited = |path: &PathBuf| !path.is_dir() && !path.to_string_lossy().contains(".app.src");
    files.retain(is_edited);
    files.sort();
    files
}

fn many_edits(fixture: &Fixture, seed: u64, count: usize) {
    let mut random = Random(seed);
    // A header outside of the project is known before a compilation from the second time on.
    (0..2).for_each(|_| fixture.compile());
    let (mut recorded, mut skipped) = (state(fixture), 0);
    for round in 0..count {
        fixture.wait_for_tick();
        let what = edit(&edited(fixture), fixture.temp.path(), &mut random);
        let (now, whys) = (state(fixture), fixture.whys());
        assert_eq!(whys.is_empty(), now == recorded, "round {round}, {what}: {whys:?}");
        skipped += usize::from(whys.is_empty());
        if random.below(3) > 0 {
            fixture.compile();
            // Where the edit was one of rebar3's graph, the header is unknown once more.
            if fixture.later.is_zero() {
                fixture.compile();
            }
            assert_eq!(fixture.whys(), [""; 0], "round {round}, after {what}");
            recorded = state(fixture);
        }
    }
    assert!(skipped > count / 20, "{skipped} of {count}");
}

#[test]
fn whatever_is_edited_is_compiled_and_what_is_only_touched_is_not() {
    many_edits(&Fixture::settled(), 1, 300);
}

#[test]
fn an_edit_in_the_moment_after_a_compilation_is_seen() {
    many_edits(&Fixture::new(), 2, 100);
    // Without a tick of the clock between them.
    let (fixture, path) = (Fixture::new(), "project/apps/a/src/a.erl");
    fixture.compile();
    for _ in 0..100 {
        fixture.compile();
        assert_eq!(fixture.whys(), [""; 0]);
        keep_time(&fixture.path(path), || turn(&fixture.path(path)));
        assert_eq!(fixture.whys(), ["`apps/a/src/a.erl` has changed"]);
    }
}

#[test]
fn each_kind_of_input_counts() {
    let fixture = Fixture::settled();
    for path in [
        "project/rebar.config",
        "project/rebar.lock",
        "project/apps/a/src/a.app.src",
        "project/apps/a/priv/data",
        "project/c_src/a.c",
        "project/.tool-versions",
        "project/.git/HEAD",
        "project/.git/refs/tags/v1",
        "project/.git/packed-refs",
        "project/.git/objects/pack/pack-1.idx",
        "home/.gitconfig",
        "home/.config/rebar3/rebar.config",
        "home/.cache/rebar3/plugins/p/ebin/p.beam",
        "checkout/include/c.hrl",
        "bin/rebar3",
        "otp/bin/erl",
        "otp/releases/25/OTP_VERSION",
        "otp/lib/compiler-8.2.3/ebin/compile.beam",
        "otp/lib/compiler-8.2.4/ebin/compile.beam",
        "otp/lib/kernel-8.5.3/include/logger.hrl",
        "project/_build/prod/lib/a/ebin/new.beam",
        "project/_build/prod/plugins/p/ebin/p.beam",
        "project/_build/default/plugins/p/ebin/p.beam",
        "project/_build/default/lib/dep/ebin/dep.beam",
    ] {
        fixture.compile();
        assert_eq!(fixture.whys(), [""; 0], "before {path}");
        fixture.wait_for_tick();
        let text = fs::read_to_string(fixture.path(path)).unwrap_or_default();
        let more = if path.ends_with("rebar.config") { "{new, true}." } else { "%% new" };
        fixture.write(path, &format!("{text}\n{more}\n"));
        assert!(fixture.whys().iter().any(|why| why.contains('`')), "{path}: {:?}", fixture.whys());
    }
}

#[test]
fn what_is_no_input_does_not_count() {
    let fixture = Fixture::settled();
    fixture.compile();
    for path in [
        "project/_build/prod/rel/r/bin/r",
        "project/_build/prod/erlrel/r.tar",
        "project/_build/test/lib/a/ebin/a.beam",
        "project/_build/default/lib/a/ebin/a.beam",
        "project/_build/default/lib/.rebar3/x.dag",
        "project/_build/default/rel/r/bin/r",
        "project/_checkouts/c/_build/default/lib/c/ebin/c.beam",
        "project/.idea/workspace.xml",
        "project/out/oci-layout",
        "project/out/index.json",
        "project/r-1.tar.gz",
        "project/rel/releases/start_erl.data",
        "project/rel/lib/a-1/ebin/a.beam",
        "project/.git/index",
        "project/.git/logs/HEAD",
        "project/.git/objects/11/1111",
        "project/.git/refs/remotes/origin/main",
        "home/other",
        "otp/lib/kernel-8.5.3/ebin/kernel.beam",
    ] {
        fixture.write(path, "new");
        assert_eq!(fixture.whys(), [""; 0], "{path}");
    }
    let page = "<!DOCTYPE html>\n<meta name=\"generator\" content=\"erlrel\">";
    fixture.write("project/size.html", page);
    assert_eq!(fixture.whys(), [""; 0], "a page that erlrel has drawn");
    let commented = format!("%% A comment.\n{}", super::CONFIG.replace("{r, \"1\"}", "{r, \"2\"}"));
    fixture.write("project/rebar.config", &commented);
    assert_eq!(fixture.whys(), [""; 0], "a comment, and what is about a release");
}

#[test]
fn what_looks_like_a_result_hides_no_sources() {
    for path in ["project/apps/b/releases/start_erl.data", "project/index.html", "project/apps/b/src/x.tar"] {
        let fixture = Fixture::settled();
        fixture.compile();
        fixture.wait_for_tick();
        fixture.write(path, "new");
        fixture.write("project/apps/b/src/b.erl", "new");
        let (path, whys) = (path.strip_prefix("project/").expect("a path"), fixture.whys());
        for why in [format!("`{path}` is new"), "`apps/b/src/b.erl` has changed".into()] {
            assert!(whys.contains(&why), "{path}: {whys:?}");
        }
    }
}

#[test]
fn files_that_have_not_changed_are_not_read_again() {
    let fixture = Fixture::settled();
    fixture.compile();
    let touched = fixture.path("project/apps/a/src/a.erl");
    fixture.wait_for_tick();
    set_time(&touched, SystemTime::UNIX_EPOCH);
    assert!(fixture.whys().is_empty());
    let known = |fixture: &Fixture| {
        let project = fixture.project();
        super::Place::of(&project, &fixture.arguments).read().expect("a record").inputs
    };
    let facts = known(&fixture);
    assert_eq!(
        facts,
        fixture.check(|check| check.now.expect("readable").inputs),
        "its new times are put down"
    );
}
