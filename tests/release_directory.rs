//! What becomes of a release's directory when erlrel makes the release again.

use crate::support::rebar3::Tiny;
use crate::support::{run, tool};

fn config(vsn: &str) -> String {
    format!("{{relx, [{{release, {{tiny, \"{vsn}\"}}, [tiny, sasl]}}, {{mode, prod}}]}}.\n")
}

fn erlrel_release(tiny: &Tiny, vsn: &str) {
    tiny.write("rebar.config", &config(vsn));
    run(&mut tiny.erlrel("release --quiet --profile default"));
}

#[test]
fn what_a_running_release_has_written_stays() {
    let tiny = Tiny::new(&config("1"));
    run(&mut tiny.rebar3("release"));
    let path = |name: &str| format!("_build/default/rel/tiny/{name}");
    let kept = ["data/orders.dcd", "log/erlang.log.1", "bin/backup", "note", "releases/COOKIE"];
    // Inside of an application or a version, which are made anew.
    let stale = ["lib/tiny-1.0/ebin/removed.beam", "releases/1/sys.config.bak"];
    kept.iter().chain(&stale).for_each(|name| tiny.write(&path(name), "before"));
    erlrel_release(&tiny, "1");
    for name in kept {
        assert_eq!(std::fs::read_to_string(tiny.dir().join(path(name))).expect(name), "before");
    }
    for name in stale {
        assert!(!tiny.dir().join(path(name)).exists(), "{name}");
    }
}

#[test]
fn the_version_before_stays_so_that_rebar3_finds_it_for_a_relup() {
    let tiny = Tiny::new(&config("1"));
    erlrel_release(&tiny, "1");
    erlrel_release(&tiny, "2");
    run(&mut tiny.rebar3("relup -n tiny -v 2 -u 1"));
    let tarball = run(&mut tiny.erlrel("tar --quiet --no-compile --profile default"));
    let listed = run(tool("tar", "tar").args(["-tzf", tarball.trim()]));
    assert!(listed.lines().any(|path| path == "releases/2/relup"), "{listed}");
    assert!(!listed.contains("releases/1/"), "{listed}");
    erlrel_release(&tiny, "2");
    for path in ["releases/2/relup", "releases/1/tiny.rel", "bin/tiny-1"] {
        assert!(tiny.dir().join("_build/default/rel/tiny").join(path).is_file(), "{path}");
    }
}
