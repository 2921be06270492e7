use super::{Ending, Progress, Push};
use std::time::{Duration, Instant};

const TERM: i32 = 15;
const INT: i32 = 2;

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// What a VM gets that is asked to end at an age, and when after that, until it has ended or nothing more comes;
/// `progress` says how far it is then.
fn pushes(age: f64, until: f64, progress: &dyn Fn(f64) -> Progress) -> Vec<(f64, Push)> {
    let started = Instant::now();
    let asked = started + seconds(age);
    let mut ending = Ending::of_vm_started(started);
    let mut pushes = vec![(0.0, ending.ask(TERM, progress(0.0), asked))];
    while let Some(due) = ending.due() {
        let after = (due - asked).as_secs_f64();
        if after > until {
            break;
        }
        pushes.extend(ending.insist(progress(after), due).map(|push| (after, push)));
    }
    pushes
}

fn times(pushes: &[(f64, Push)]) -> Vec<f64> {
    pushes.iter().map(|(after, _)| (after * 1000.0).round() / 1000.0).collect()
}

#[test]
fn a_vm_that_has_booted_long_ago_is_asked_once() {
    assert_eq!(pushes(3600.0, 60.0, &|_| Progress::Booted), [(0.0, Push::Term)]);
    assert_eq!(pushes(3600.0, 60.0, &|_| Progress::Unknown), [(0.0, Push::Term)]);
}

#[test]
fn a_young_vm_is_asked_again_with_growing_pauses_and_never_killed() {
    let asked = pushes(0.5, 10.0, &|_| Progress::Unknown);
    assert_eq!(times(&asked), [0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]);
    assert!(asked.iter().all(|(_, push)| *push == Push::Term), "{asked:?}");
}

#[test]
fn a_vm_that_boots_is_asked_soon_after_it_has_booted() {
    let booted_after = |after| if after < 0.5 { Progress::Booting } else { Progress::Booted };
    let asked = pushes(0.1, 3.0, &booted_after);
    assert!(asked.iter().all(|(_, push)| *push == Push::Term), "{asked:?}");
    let heard: Vec<f64> = times(&asked).into_iter().filter(|after| *after >= 0.5).collect();
    assert_eq!(heard.len(), 6, "{heard:?}");
    assert!(heard[0] < 0.53, "{heard:?}");
}

#[test]
fn a_vm_that_only_boots_is_killed_after_two_seconds() {
    let asked = pushes(0.1, 60.0, &|_| Progress::Booting);
    let (last, others) = asked.split_last().unwrap();
    assert_eq!(last.1, Push::Kill);
    assert!((2.0..2.1).contains(&last.0), "{last:?}");
    assert!(others.iter().all(|(_, push)| *push == Push::Term));
}

#[test]
fn a_second_request_is_the_end_at_once() {
    let now = Instant::now();
    let mut ending = Ending::of_vm_started(now);
    assert_eq!(ending.ask(TERM, Progress::Booted, now), Push::Term);
    assert_eq!(ending.killed_for(), None);
    assert_eq!(ending.ask(INT, Progress::Booted, now + seconds(1.0)), Push::Kill);
    assert_eq!(ending.killed_for(), Some(INT));
    assert_eq!(ending.due(), None);
}
