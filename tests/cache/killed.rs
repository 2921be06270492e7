//! Processes that are killed in the middle of their work.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Cached, first_line, pushed};
use crate::support::random::Random;
use crate::support::registry::Registry;
use crate::support::{run, tool};

const KILLS: usize = 200;

/// So many in a row, from an empty cache on, before a run that is left alone.
const IN_A_ROW: usize = 5;

#[test]
fn after_two_hundred_kills_at_random_moments_an_image_is_what_it_should_be() {
    let cached = Cached::new();
    let expected = cached.digest_without_cache();
    let registry = Registry::plain();
    let name = format!("{}/shop:1", registry.host());
    let start = Instant::now();
    run(&mut image(&cached, &name));
    let duration = start.elapsed();
    let mut random = Random(5);
    let mut killed = 0;
    for _ in 0..KILLS / IN_A_ROW {
        std::fs::remove_dir_all(cached.cache()).expect("removed");
        for _ in 0..IN_A_ROW {
            let moment = duration.mul_f64(random.below(1000) as f64 / 1000.0);
            killed += usize::from(kill_at(&mut image(&cached, &name), moment));
        }
        assert_eq!(first_line(&run(&mut image(&cached, &name))), expected);
        assert_eq!(pushed(&name), expected);
    }
    assert!(killed > KILLS / 4, "only {killed} were not at their end");
    let left = super::files(&cached.cache().join("aside"));
    assert!(left.is_empty(), "{left:?}");
}

/// Writes the image to a file and to a registry.
fn image(cached: &Cached, name: &str) -> Command {
    let mut command = cached.image("archive:shop.tar");
    command.args(["--to", "registry", "--tag", name]);
    command
}

/// False if the process had ended before.
fn kill_at(command: &mut Command, moment: Duration) -> bool {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started");
    std::thread::sleep(moment);
    child.kill().expect("its own child");
    !child.wait().expect("ended").success()
}

#[test]
fn a_kill_at_any_move_of_a_file_leaves_a_cache_of_use() {
    let cached = Cached::new();
    let expected = cached.digest_without_cache();
    let mut done = false;
    for nth in 1.. {
        if done {
            break;
        }
        let _ = std::fs::remove_dir_all(cached.cache());
        let mut strace = tool("strace", "strace");
        strace.args(["--follow-forks", "--quiet=all", "--output=/dev/null", "--trace=/^rename"]);
        strace.args(["-e", &format!("inject=/^rename:signal=KILL:when={nth}")]);
        let image = cached.image("archive:shop.tar");
        strace.arg(image.get_program()).args(image.get_args()).current_dir(cached.shop.dir());
        strace.env("ERLREL_CACHE_DIR", cached.cache()).stdout(Stdio::null()).stderr(Stdio::null());
        done = strace.status().expect("started").success();
        assert_eq!(cached.digest(), expected, "killed at move {nth}");
        assert!(nth < 100, "it never came to its end");
    }
    run(&mut cached.erlrel("cache gc"));
}
