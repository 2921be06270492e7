//! Processes of a container that are ended from outside.

use rustix::process::{Pid, Signal, kill_process};

use super::processes::{Process, children, processes_of};
use crate::support::container::{Container, LOCKED, run_to_end};
use crate::support::{fails, image};

fn child(container: &Container, name: &str) -> Process {
    let all = children(container.first_process());
    all.into_iter().find(|child| child.name.starts_with(name)).expect("a child of the first process")
}

fn send(process: u32, signal: Signal) {
    kill_process(Pid::from_raw(process.cast_signed()).expect("no zero"), signal).expect("sent");
}

#[test]
fn a_vm_that_gets_a_signal_itself_ends_the_container_with_its_exit_code() {
    for (signal, code) in [(Signal::TERM, 0), (Signal::INT, 130), (Signal::KILL, 137)] {
        let container = Container::serving(image::hello(), LOCKED);
        send(child(&container, "beam").id, signal);
        assert_eq!(container.wait(), code, "{signal:?}");
        assert_eq!(container.logs().contains("the VM was killed from outside"), code == 137);
    }
}

#[test]
fn nothing_is_left_of_a_container_whose_first_process_is_killed() {
    let container = Container::serving(image::hello(), &[]);
    assert_ne!(processes_of(&container.id), [0; 0]);
    send(container.first_process(), Signal::KILL);
    assert_eq!(container.wait(), 137);
    assert_eq!(processes_of(&container.id), [0; 0]);
    assert_eq!(container.changes_outside_tmp(), [""; 0]);
}

#[test]
fn a_service_lives_on_without_epmd_and_ping_says_what_is_missing() {
    let container = Container::serving(image::hello(), LOCKED);
    let epmd = child(&container, "epmd").id;
    send(epmd, Signal::KILL);
    while children(container.first_process()).iter().any(|child| child.id == epmd) {
        assert_eq!(container.inspect(".State.Running"), "true");
    }
    container.await_service();
    let stderr = fails(&mut container.release(&[], "ping"), 1);
    assert!(stderr.contains("epmd"), "{stderr}");
    container.time_to_stop();
    assert_eq!(container.wait(), 0);
}

#[test]
fn a_service_without_memory_ends_with_137_and_says_so() {
    let greedy = "Take = fun Take(All) -> Take([binary:copy(<<1>>, 80000000) | All]) end, Take([]).";
    let options = [LOCKED, &["--memory", "80m"]].concat();
    let (_, stderr) = run_to_end(&image::hello().name, &options, &["foreground", "-eval", greedy], 137);
    assert!(stderr.contains("had reached its memory limit"), "{stderr}");
}
