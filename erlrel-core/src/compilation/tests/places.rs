//! Records, and when there is none.

use std::fs;
use std::time::SystemTime;

use super::Fixture;
use crate::fs::edits::{keep_time, set_time};

const NO_RECORD: [&str; 1] = ["erlrel knows of no earlier compilation"];

fn record(fixture: &Fixture) -> std::path::PathBuf {
    let mut records = crate::fs::list(&fixture.path("project/_build/erlrel/compilations")).expect("listed");
    assert_eq!(records.len(), 1, "{records:?}");
    records.remove(0)
}

#[test]
fn a_record_that_is_damaged_or_of_something_else_is_none() {
    let fixture = Fixture::settled();
    assert_eq!(fixture.whys(), NO_RECORD);
    fixture.compile();
    let path = record(&fixture);
    let good = fs::read(&path).expect("a record");
    for at in (0..good.len()).step_by(97) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).expect("written");
        assert_eq!(fixture.whys(), NO_RECORD, "byte {at}");
        fs::write(&path, &good[..at]).expect("written");
        assert_eq!(fixture.whys(), NO_RECORD, "up to byte {at}");
    }
    fs::write(&path, &good).expect("written");
    assert_eq!(fixture.whys(), [""; 0]);
    let mut other = Fixture::settled();
    fs::create_dir_all(other.path("project/_build/erlrel/compilations")).expect("created");
    fs::copy(&path, other.path("project/_build/erlrel/compilations").join(path.file_name().expect("a name")))
        .expect("copied");
    assert_eq!(other.whys(), NO_RECORD, "it is of another project");
    other.arguments.push("--more".into());
    assert_eq!(other.whys(), NO_RECORD);
    fs::remove_dir_all(fixture.path("project/_build")).expect("removed");
    assert_eq!(fixture.whys(), NO_RECORD);
}

#[test]
fn what_changes_during_a_compilation_counts_as_changed() {
    let fixture = Fixture::settled();
    let path = "project/apps/a/src/a.erl";
    let text = fs::read_to_string(fixture.path(path)).expect("read");
    fixture.wait_for_tick();
    let changed = ["`apps/a/src/a.erl` has changed"];
    fixture.compile_meanwhile(|| fixture.write(path, "-module(a). % other"));
    assert_eq!(fixture.whys(), changed);
    fixture.wait_for_tick();
    // What rebar3 has read of it in between, nobody knows.
    fixture.compile_meanwhile(|| {
        fixture.write(path, "other");
        fixture.write(path, &text);
    });
    assert_eq!(fixture.whys(), changed);
    fixture.check(|check| drop(check.begin().expect("ready")));
    assert!(
        !fixture.path("project/_build/prod/lib/a/ebin").exists(),
        "it may be as old as what was made of it"
    );
    fixture.compile_meanwhile(|| fixture.write("project/.git/refs/heads/main", "2222"));
    assert_eq!(fixture.whys(), ["`.git/refs/heads/main` has changed"]);
    fixture.compile();
    assert_eq!(fixture.whys(), [""; 0]);
}

#[test]
fn a_file_that_could_change_once_more_without_a_trace_is_read_each_time() {
    // Not every kernel gives two changes in a row the same time, so it is asked of the record.
    let mut fixture = Fixture::new();
    let settled = |fixture: &Fixture| {
        let project = fixture.project();
        let inputs = super::Place::of(&project, &fixture.arguments).read().expect("a record").inputs;
        match &inputs.0[&fixture.path("project/apps/a/src/a.erl")] {
            super::super::snapshot::Fact::File(content) => content.is_settled,
            other => panic!("{other:?}"),
        }
    };
    (0..2).for_each(|_| fixture.compile());
    assert_eq!((fixture.whys(), settled(&fixture)), (vec![], false));
    fixture.later = super::HOUR;
    assert_eq!((fixture.whys(), settled(&fixture)), (vec![], true));
}

#[test]
fn links_are_followed_wherever_they_lead() {
    let fixture = Fixture::settled();
    fs::create_dir(fixture.path("else")).expect("created");
    fixture.write("else/there/x.hrl", "1");
    fixture.link("../../../../else/there", "project/apps/a/src/there");
    fixture.link(&fixture.path("else/single").display().to_string(), "project/apps/a/src/single.hrl");
    fixture.compile();
    assert_eq!(fixture.whys(), [""; 0]);
    fixture.wait_for_tick();
    fixture.write("else/there/x.hrl", "2");
    assert_eq!(fixture.whys(), ["`../else/there/x.hrl` has changed"]);
    fixture.compile();
    fixture.write("else/single", "it is there now");
    assert_eq!(fixture.whys(), ["`../else/single` is new"]);
    fixture.compile();
    fixture.link("here", "else/way");
    fixture.write("else/here/x.hrl", "3");
    fs::remove_file(fixture.path("project/apps/a/src/single.hrl")).expect("removed");
    fixture.link("../../../../else/way/x.hrl", "project/apps/a/src/single.hrl");
    fixture.compile();
    fs::remove_file(fixture.path("else/way")).expect("removed");
    fixture.link("there", "else/way");
    assert!(
        fixture.whys().contains(&"`apps/a/src/single.hrl` has changed".into()),
        "a link far away leads elsewhere"
    );
    fixture.compile();
    fs::remove_file(fixture.path("project/apps/a/src/there")).expect("removed");
    fixture.link("../../../..", "project/apps/a/src/there");
    fixture.compile();
    assert_eq!(fixture.whys(), ["`apps/a/src/there` cannot be read"], "nobody reads a whole machine");
}

#[test]
fn whatever_may_read_more_than_rebar3_knows_has_everything_compiled() {
    let transform = "-module(b).\n-compile({parse_transform, b_transform}).";
    for (path, text, changed, expected) in [
        ("project/apps/b/src/b.erl", "-module(b).", "project/README.md", false),
        ("project/apps/b/src/b.erl", transform, "project/README.md", true),
        ("project/apps/b/src/b.erl", transform, "project/apps/b/src/b.app.src", true),
        ("project/apps/b/src/b.erl", transform, "project/apps/a/src/a.erl", true),
        (
            "project/apps/b/rebar.config",
            "{erl_opts, [{parse_transform, t}]}.",
            "project/apps/a/priv/data",
            true,
        ),
        (
            "project/apps/b/rebar.config",
            "{yrl_opts, [{includefile, \"a.hrl\"}]}.",
            "project/apps/a/src/a.erl",
            true,
        ),
        (
            "project/_build/default/lib/dep/src/dep.erl",
            "parse_transform(F, _) -> F.",
            "project/README.md",
            false,
        ),
    ] {
        let fixture = Fixture::settled();
        fixture.write(path, text);
        (0..2).for_each(|_| fixture.compile());
        fixture.wait_for_tick();
        let before = fs::read_to_string(fixture.path(changed)).unwrap_or_default();
        fixture.write(changed, &format!("{before} % more"));
        fixture.make_newer(changed);
        fixture.check(|check| drop(check.begin().expect("ready")));
        assert_eq!(!fixture.path("project/_build/prod/lib/a/ebin").exists(), expected, "{path}, {changed}");
    }
}

#[test]
fn macros_in_the_environment_hide_from_rebar3_what_is_included_with_them() {
    for (options, expected) in [("[deterministic]", false), ("[deterministic,{d,'WITH'}]", true)] {
        let mut fixture = Fixture::settled();
        fixture.more.push(("ERL_COMPILER_OPTIONS".into(), options.into()));
        fixture.compile();
        fixture.wait_for_tick();
        fixture.write("project/apps/a/src/x.inc", "1");
        fixture.check(|check| drop(check.begin().expect("ready")));
        assert_eq!(!fixture.path("project/_build/prod/lib/a/ebin").exists(), expected, "{options}");
    }
}

#[test]
fn what_was_made_is_removed_wherever_rebar3_builds() {
    let mut fixture = Fixture::settled();
    fixture.compile();
    fs::rename(fixture.path("project/_build"), fixture.path("built")).expect("renamed");
    fixture.link("../built", "project/_build");
    fixture.write("project/rebar.config", "{erl_opts, []}.");
    let is_forgotten = |fixture: &Fixture| {
        fixture.check(|check| drop(check.begin().expect("ready")));
        !fixture.path("built/prod/lib/a/ebin").exists()
    };
    assert!(is_forgotten(&fixture), "a link");
    fs::remove_file(fixture.path("project/_build")).expect("removed");
    fixture.write("built/prod/lib/a/ebin/a.beam", "old");
    fixture.more.push(("REBAR_BASE_DIR".into(), "../built".into()));
    assert!(is_forgotten(&fixture), "a variable");
}

#[test]
fn sources_and_dependencies_are_not_removed_wherever_rebar3_is_told_to_build() {
    for (config, kept) in [
        ("{deps_dir, \"../../apps\"}.", "project/apps/a/ebin/a.beam"),
        ("{checkouts_out_dir, \"lib\"}.", "project/_build/prod/lib/dep/ebin/dep.beam"),
    ] {
        let fixture = Fixture::settled();
        fixture.write("project/rebar.config", config);
        fixture.write(kept, "");
        fixture.check(|check| drop(check.begin().expect("ready")));
        assert!(fixture.path(kept).exists(), "{config}");
    }
}

#[test]
fn an_application_that_comes_from_elsewhere_now_leaves_nothing_behind() {
    let fixture = Fixture::settled();
    fixture.compile();
    let lib = |name: &str| fixture.path(&format!("project/_build/prod/lib/{name}"));
    fs::remove_dir_all(lib("b")).expect("removed");
    fixture.link("../../default/lib/dep", "project/_build/prod/lib/b");
    fixture.write("project/_build/prod/lib/a/src/a.erl", "of a dependency");
    fixture.write("project/_build/prod/lib/gone/ebin/gone.beam", "");
    fixture.link("../../../../apps/gone/src", "project/_build/prod/lib/gone/src");
    fixture.write("project/rebar.config", "{erl_opts, []}.");
    fixture.check(|check| drop(check.begin().expect("ready")));
    for name in ["a", "b", "gone"] {
        assert!(lib(name).symlink_metadata().is_err(), "{name}");
    }
    assert!(fixture.path("project/_build/default/lib/dep/ebin/dep.beam").exists());
}

#[test]
fn what_erlrel_knows_nothing_of_is_compiled_anew() {
    let fixture = Fixture::settled();
    let begin = || fixture.check(|check| drop(check.begin().expect("ready")));
    let is_there = || fixture.path("project/_build/prod/lib/a/ebin").exists();
    fixture.rebar3();
    begin();
    assert!(!is_there(), "rebar3 was started by hand");
    fixture.write("project/rebar.config", &format!("{}{{plugins, [pc]}}.", super::CONFIG));
    (0..2).for_each(|_| fixture.compile());
    begin();
    assert!(is_there(), "a doubt alone removes nothing");
    fixture.write("project/apps/a/src/a.erl", "new");
    set_time(&fixture.path("project/apps/a/src/a.erl"), SystemTime::UNIX_EPOCH);
    begin();
    assert!(!is_there());
}

#[test]
fn what_rebar3_would_overlook_makes_it_compile_everything() {
    let fixture = Fixture::settled();
    fixture.write("project/apps/a/src/n.inc", "1");
    fixture.write("project/_build/default/lib/dep/include/dep.hrl", "1");
    let old = |path: &str| set_time(&fixture.path(path), SystemTime::UNIX_EPOCH);
    let is_forgotten = || {
        fixture.check(|check| drop(check.begin().expect("ready")));
        !fixture.path("project/_build/prod/lib/a/ebin").exists()
    };
    fixture.link("../../../kept", "project/apps/a/src/linked.inc");
    let cases: [(&str, &dyn Fn(), bool); 17] = [
        (
            "an edit",
            &|| {
                fixture.write("project/apps/a/src/a.erl", "1");
                fixture.make_newer("project/apps/a/src/a.erl")
            },
            false,
        ),
        ("an edit in the same second", &|| fixture.write("project/apps/a/src/a.erl", "2"), true),
        (
            "an older file",
            &|| {
                fixture.write("project/apps/a/src/a.erl", "3");
                old("project/apps/a/src/a.erl")
            },
            true,
        ),
        ("a new module", &|| fixture.write("project/apps/a/src/new.erl", "1"), false),
        (
            "a module that is gone",
            &|| fs::remove_file(fixture.path("project/apps/a/src/new.erl")).expect("removed"),
            true,
        ),
        (
            "a module with another's name",
            &|| {
                fixture.write("project/apps/a/src/sub/b.erl", "1");
                fixture.make_newer("project/apps/a/src/sub/b.erl")
            },
            true,
        ),
        ("a header with another's name", &|| fixture.write("project/apps/a/src/b.hrl", "1"), true),
        ("a document", &|| fixture.write("project/README", "1"), false),
        (
            "an included file with any name, under its old time",
            &|| {
                let path = fixture.path("project/apps/a/src/n.inc");
                keep_time(&path, || fs::write(&path, "2").expect("written"));
            },
            true,
        ),
        ("one that stands before it", &|| fixture.write("project/apps/a/include/n.inc", "3"), true),
        ("what a link leads to now", &|| fixture.write("project/kept", "1"), true),
        ("what is read under the name of a link", &|| fixture.write("project/kept", "2"), true),
        ("a new header", &|| fixture.write("project/apps/a/include/new.hrl", "1"), false),
        (
            "a header with the name of one that a dependency has",
            &|| fixture.write("project/apps/a/include/dep.hrl", "1"),
            true,
        ),
        ("what only a parse transform could read", &|| fixture.write("project/apps/a/priv/data", "1"), false),
        ("an option", &|| fixture.write("project/rebar.config", "{erl_opts, []}."), true),
        ("another compiler", &|| fixture.write("otp/lib/compiler-8.2.3/ebin/compile.beam", "2"), true),
    ];
    for (what, change, expected) in cases {
        fixture.compile();
        fixture.wait_for_tick();
        change();
        assert_eq!(is_forgotten(), expected, "{what}");
    }
    assert!(fixture.path("project/_build/default/lib/dep/ebin/dep.beam").exists());
}
