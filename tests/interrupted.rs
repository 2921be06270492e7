//! Commands that are ended in the middle, at every point where something moves: what is there then, and what the
//! next one makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::shop::{Shop, listing};
use crate::support::{copy_dir, fails, run, tool};

const RELEASE: &str = "release --quiet --no-compile --out out/shop";

/// The system calls that move: of one thing to a free place or over a file, and of two in exchange.
const MOVE: &str = "/^rename(at)?$";
const EXCHANGE: &str = "renameat2";

const KILLED: &str = "signal=KILL";
const FAILING: &str = "error=EIO";

/// `erlrel RELEASE` in the shop's folder, with faults in strace's words.
fn with_faults(shop: &Shop, faults: &[&str]) -> Command {
    let mut command = tool("strace", "strace");
    command.args(["--follow-forks", "--quiet=all", "--output=/dev/null", "--trace=/^rename"]);
    for fault in faults {
        command.args(["-e", &format!("inject={fault}")]);
    }
    let erlrel = shop.erlrel(RELEASE);
    command.arg(erlrel.get_program()).args(erlrel.get_args()).current_dir(shop.dir());
    command
}

/// Does it to each of the moves in turn, each time onto a copy of the same directory.
struct AtEvery<'a> {
    what: &'a str,
    /// The system calls, with how many of them there are.
    moves: &'a [(&'a str, usize)],
    /// A fault that is there always.
    always: &'a [&'a str],
}

impl AtEvery<'_> {
    fn check(&self, shop: &Shop, check: impl Fn(&str)) {
        let (before, out) = (shop.path("before"), shop.path("out"));
        std::fs::rename(&out, &before).expect("moved");
        for (call, count) in self.moves {
            for nth in 1..=count + 1 {
                copy_dir(&before, &out);
                let fault = format!("{call}:{}:when={nth}", self.what);
                let faults = [self.always, &[&fault]].concat();
                let status = with_faults(shop, &faults).stderr(Stdio::null()).status().expect("started");
                assert_eq!(status.success(), nth > *count, "{fault}: {status}");
                if !status.success() {
                    check(&fault);
                }
                std::fs::remove_dir_all(&out).expect("removed");
            }
        }
    }
}

/// A release of this version in `out/shop`, and a project that would make the next one.
fn shop(from: &str, to: &str) -> Shop {
    let shop = Shop::with_options("{vm_args, \"vm.args\"}, {debug_info, keep}");
    shop.write("vm.args", "");
    run(&mut shop.erlrel(RELEASE));
    for file in ["rebar.config", "_build/prod/lib/shop/ebin/shop.app"] {
        let text = std::fs::read_to_string(shop.path(file)).expect(file);
        shop.write(file, text.replace(from, to));
    }
    // Which of the two it is can be seen in every application.
    shop.write("_build/prod/lib/shop/priv/note", "new");
    shop
}

/// Starts the release and stops it at once.
fn assert_starts(release: &Path, when: &str) {
    let script = release.join("bin/shop");
    let output = Command::new(&script).args(["foreground", "-s", "init", "stop"]).output();
    let output = output.unwrap_or_else(|error| panic!("{when}: {}: {error}", script.display()));
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{when}: {}", String::from_utf8_lossy(&text));
}

/// All paths of a release, below its directory.
fn paths(release: &Path) -> BTreeSet<PathBuf> {
    let below = |path: PathBuf| path.strip_prefix(release).expect("below").to_path_buf();
    listing(release).into_iter().map(below).collect()
}

fn put_aside(paths: &BTreeSet<PathBuf>) -> Vec<&PathBuf> {
    paths.iter().filter(|path| path.to_string_lossy().contains(".erlrel-")).collect()
}

#[test]
fn an_update_that_is_killed_anywhere_leaves_a_release_that_starts() {
    let shop = shop("1.0", "2.0");
    let every = AtEvery { what: KILLED, moves: &[(MOVE, 3), (EXCHANGE, 8)], always: &[] };
    every.check(&shop, |when| assert_starts(&shop.path("out/shop"), when));
}

#[test]
fn an_update_that_is_killed_anywhere_takes_nothing_away_and_is_made_good_by_the_next() {
    let shop = shop("1.0", "1.0");
    let old = paths(&shop.path("out/shop"));
    let release = shop.path("out/shop");
    AtEvery { what: KILLED, moves: &[(EXCHANGE, 11)], always: &[] }.check(&shop, |when| {
        let there = paths(&release);
        assert!(there.is_superset(&old), "{when}: {:?}", old.difference(&there));
        assert_next_run_repairs(&shop, &old, when);
    });
}

#[test]
fn without_an_exchange_the_next_run_puts_back_what_a_killed_one_has_put_aside() {
    let shop = shop("1.0", "2.0");
    let old = paths(&shop.path("out/shop"));
    let always = &["renameat2:error=EINVAL"];
    AtEvery { what: KILLED, moves: &[(MOVE, 19)], always }.check(&shop, |when| {
        // A release that does not replace what was put aside.
        shop.write("other/rebar.config", "{relx, [{release, {other, \"1\"}, [sasl]}, {mode, prod}]}.\n");
        shop.write("other/src/other.app.src", "{application, other, [{vsn, \"1\"}]}.\n");
        shop.write("other/_build/prod/lib/other/ebin/other.app", "{application, other, [{vsn, \"1\"}]}.\n");
        run(&mut shop.erlrel(&format!("{RELEASE} other")));
        let there = paths(&shop.path("out/shop"));
        assert!(there.is_superset(&old), "{when}: {:?}", old.difference(&there));
        assert_eq!(put_aside(&there).len(), 0, "{when}");
    });
}

fn assert_next_run_repairs(shop: &Shop, old: &BTreeSet<PathBuf>, when: &str) {
    run(&mut shop.erlrel(RELEASE));
    let mut expected = old.clone();
    expected.extend(["lib/shop-1.0/priv", "lib/shop-1.0/priv/note"].map(PathBuf::from));
    assert_eq!(paths(&shop.path("out/shop")), expected, "{when}");
}

#[test]
fn if_anything_cannot_be_moved_all_is_as_it_was() {
    let shop = shop("1.0", "2.0");
    let before = contents(&shop.path("out/shop"));
    AtEvery { what: FAILING, moves: &[(MOVE, 3), (EXCHANGE, 8)], always: &[] }.check(&shop, |when| {
        // Too long to be shown.
        assert!(contents(&shop.path("out/shop")) == before, "{when}");
    });
}

/// All files and directories with what is in them and their modes.
fn contents(release: &Path) -> BTreeMap<PathBuf, (u32, Option<Vec<u8>>)> {
    let of = |path: PathBuf| {
        let on_disk = release.join(&path);
        let mode = on_disk.symlink_metadata().expect("there").permissions().mode();
        (path, (mode, std::fs::read(on_disk).ok()))
    };
    paths(release).into_iter().map(of).collect()
}

#[test]
fn if_the_undo_fails_too_nothing_is_deleted_and_the_message_names_the_place() {
    let shop = shop("1.0", "1.0");
    let old = paths(&shop.path("out/shop"));
    let message = shop.plain(&fails(&mut with_faults(&shop, &["/^rename:error=EIO:when=6+"]), 1));
    let there = paths(&shop.path("out/shop"));
    let kept = put_aside(&there).first().expect("it is kept").display().to_string();
    insta::assert_snapshot!(message.replace(&kept, "KEPT"), @r"
    error: cannot write into `SHOP/out/shop`, nor put back all that was there: what is missing or was replaced is in `SHOP/out/shop/KEPT`
      caused by: cannot replace `SHOP/out/shop/releases/1.0`
      caused by: Input/output error (os error 5)
      hint: take out of it what you need: the next release that is written there removes it
    ");
    assert!(there.is_superset(&old), "nothing is missing");
    run(&mut shop.erlrel(RELEASE));
    assert_eq!(put_aside(&paths(&shop.path("out/shop"))).len(), 0);
}

#[test]
fn what_an_ended_command_has_left_in_the_usual_directory_does_not_stop_the_next() {
    let shop = Shop::new();
    for left in ["rel/shop/.erlrel-ln1UL8", "rel/shop/lib/kernel-1/ebin/kernel.beam"] {
        shop.write(&format!("_build/prod/{left}"), "half");
    }
    run(&mut shop.erlrel("release --no-compile"));
    run(&mut shop.erlrel("tar --no-compile"));
    assert_eq!(put_aside(&paths(&shop.path("_build/prod/rel"))).len(), 0, "and is removed");
}

#[test]
fn a_directory_that_an_ended_command_has_half_filled_is_filled_by_the_next() {
    let shop = shop("1.0", "1.0");
    let all = paths(&shop.path("out/shop")).len() + 2;
    std::fs::remove_dir_all(shop.path("out/shop")).expect("removed");
    std::fs::create_dir(shop.path("out/shop")).expect("created");
    AtEvery { what: KILLED, moves: &[(MOVE, 4)], always: &[] }.check(&shop, |when| {
        run(&mut shop.erlrel(RELEASE));
        assert_eq!(paths(&shop.path("out/shop")).len(), all, "{when}");
    });
}

#[test]
fn what_another_user_has_put_there_is_not_touched() {
    let shop = Shop::with("out/.erlrel-trap/pieces", "etc/passwd");
    shop.write("out/.erlrel-trap/parked/0", "");
    std::os::unix::fs::chown(shop.path("out/.erlrel-trap"), Some(65534), None).expect("as root");
    let before = listing(&shop.path("out"));
    run(&mut shop.erlrel("tar --quiet --no-compile --out out/shop.tar.gz"));
    run(&mut shop.erlrel(RELEASE));
    let after = listing(&shop.path("out"));
    assert_eq!(before, after.into_iter().filter(|path| before.contains(path)).collect::<Vec<_>>());
}

#[test]
fn first_runs_into_one_directory_at_the_same_time_all_succeed() {
    let shop = Shop::new();
    for _ in 0..3 {
        let start = |_| shop.erlrel(RELEASE).spawn().expect("started");
        let running: Vec<_> = (0..3).map(start).collect();
        running.into_iter().for_each(|mut child| assert!(child.wait().expect("ended").success()));
        assert_eq!(put_aside(&paths(&shop.path("out"))).len(), 0);
        std::fs::remove_dir_all(shop.path("out")).expect("removed");
    }
}

#[test]
fn a_file_is_made_durable_before_it_gets_its_name_and_the_name_after() {
    let shop = Shop::new();
    let mut command = tool("strace", "strace");
    command.args(["--follow-forks", "--quiet=all", "--decode-fds=path", "--trace=fsync,/^rename"]);
    command.arg(format!("--output={}", shop.path("trace").display()));
    let tar = shop.erlrel("tar --quiet --no-compile --out out/shop.tar.gz");
    run(command.arg(tar.get_program()).args(tar.get_args()).current_dir(shop.dir()));
    let trace = std::fs::read_to_string(shop.path("trace")).expect("a trace");
    let calls = trace.lines().filter_map(|line| line.split_whitespace().nth(1));
    let names = calls.filter_map(|call| Some(call.split_once('(')?.0.trim_end_matches("at")));
    let calls: Vec<&str> = names.collect();
    assert_eq!(calls, ["fsync", "rename", "fsync"], "{trace}");
    let last = shop.plain(trace.lines().rfind(|line| line.contains("fsync")).expect("the last"));
    assert!(last.contains("<SHOP/out>"), "{last}");
}
