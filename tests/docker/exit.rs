//! How containers end, and with what exit code.

use super::stop::BOUND;
use crate::support::container::{Container, LOCKED, run_to_end};
use crate::support::docker::daemon;
use crate::support::image;

#[test]
fn docker_stop_ends_a_service_in_under_three_seconds_with_exit_code_0() {
    for image in image::all() {
        let container = Container::serving(image, LOCKED);
        let time = container.time_to_stop();
        assert!(time < BOUND, "{} took {time:?}", image.name);
        assert_eq!(container.wait(), 0, "{}:\n{}", image.name, container.logs());
    }
}

#[test]
fn term_ends_the_service_in_order() {
    for image in image::all() {
        let container = Container::serving(image, LOCKED);
        daemon().run(["kill", "--signal=TERM", &container.id]);
        assert_eq!(container.wait(), 0, "{}:\n{}", image.name, container.logs());
        assert!(container.logs().contains("SIGTERM received - shutting down"), "{}", container.logs());
    }
}

#[test]
fn the_exit_code_of_the_vm_is_that_of_the_container() {
    for code in [0, 3, 255] {
        run_to_end(&image::hello().name, LOCKED, &["foreground", "-eval", &format!("halt({code}).")], code);
    }
}

#[test]
fn a_halt_on_the_console_is_the_end_of_the_container() {
    let container = Container::serving(image::hello(), LOCKED);
    let mut terminal = container.release_on_terminal("remote_console");
    terminal.shows("(hello@");
    terminal.types("halt(4).\r");
    assert_eq!(container.wait(), 4);
}

#[test]
fn a_release_that_cannot_start_fails_and_says_why() {
    let container = Container::start(image::hello(), &["--env", "PORT=none", "--user", "12345"]);
    assert_ne!(container.wait(), 0);
    assert!(container.logs().contains("none"), "{}", container.logs());
}

#[test]
fn a_port_mapper_that_cannot_listen_is_told_of_before_the_node_fails() {
    // This user may not listen on such a port.
    let container = Container::start(image::hello(), &["--env", "ERL_EPMD_PORT=80", "--user", "12345"]);
    assert_ne!(container.wait(), 0);
    let logs = container.logs();
    assert!(logs.contains("/bin/epmd does not run, it ended with exit status: 1"), "{logs}");
}
