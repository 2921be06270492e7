//! `docker stop` in the first moments of a container.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::processes::{first_process_of, handles_term};
use crate::support::container::{Container, LOCKED};
use crate::support::image;

/// After the start, in milliseconds.
const INSTANTS: [u64; 7] = [0, 50, 100, 200, 300, 400, 600];

const TIMES: usize = 20;

/// Well below the ten seconds after which an engine kills.
pub(super) const BOUND: Duration = Duration::from_secs(3);

/// How many containers run at once.
const AT_ONCE: usize = 3;

/// The end of one container.
struct End {
    took: Duration,
    code: i32,
    logs: String,
}

#[test]
fn docker_stop_at_any_moment_is_quick_and_no_kill() {
    image::hello();
    let instants = Mutex::new(INSTANTS.repeat(TIMES).into_iter());
    let ends: Mutex<BTreeMap<u64, Vec<End>>> = Mutex::default();
    let next = || instants.lock().expect("whole").next();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(instant) = next() {
                    let end = stopped_after(instant);
                    ends.lock().expect("whole").entry(instant).or_default().push(end);
                }
            });
        }
    });
    let ends = ends.into_inner().expect("whole");
    println!("{}", table(&ends));
    for (instant, ends) in &ends {
        assert_eq!(ends.len(), TIMES);
        for end in ends {
            // 143 is the end of a program that SIGTERM ends before the VM can stop in order.
            let End { took, code, logs } = end;
            assert!([0, 143].contains(code), "after {instant} ms: {code}\n{logs}");
            assert!(*took < BOUND, "after {instant} ms: {took:?}\n{logs}");
        }
    }
}

/// Docker says that a container has started a moment before its program has. Until a first process has said what
/// it does with a signal, the kernel drops it, whatever the program: so the moments count from then on.
fn stopped_after(instant: u64) -> End {
    let container = Container::start(image::hello(), LOCKED);
    while !first_process_of(&container.id).is_some_and(handles_term) {
        assert_eq!(container.inspect(".State.Running"), "true", "{}", container.logs());
    }
    thread::sleep(Duration::from_millis(instant));
    let took = container.time_to_stop();
    End { took, code: container.wait(), logs: container.logs() }
}

/// For each instant the shortest, the middle and the longest time, and how often each exit code.
fn table(ends: &BTreeMap<u64, Vec<End>>) -> String {
    let line = |(instant, ends): (&u64, &Vec<End>)| {
        let mut times: Vec<u128> = ends.iter().map(|end| end.took.as_millis()).collect();
        times.sort_unstable();
        let mut codes = BTreeMap::new();
        ends.iter().for_each(|end| *codes.entry(end.code).or_insert(0) += 1);
        let (shortest, middle, longest) = (times[0], times[times.len() / 2], times[times.len() - 1]);
        format!("{instant} ms: {shortest} {middle} {longest} ms, {codes:?}\n")
    };
    ends.iter().map(line).collect()
}
