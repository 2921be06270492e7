//! The first process of a container looks after all others.

use crate::support::container::{Container, LOCKED};
use crate::support::docker::daemon;
use crate::support::{image, run};

/// A process as the host sees it.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) id: u32,
    pub(super) name: String,
    /// As in `ps`: `Z` is a zombie.
    pub(super) state: String,
}

/// The children of a process.
pub(super) fn children(parent: u32) -> Vec<Process> {
    let all = std::fs::read_dir("/proc").expect("listed").filter_map(|entry| {
        let id = entry.ok()?.file_name().to_str()?.parse().ok()?;
        // One that has ended meanwhile is nobody's child.
        read(id, &std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
    });
    all.filter(|(_, process_parent)| *process_parent == parent).map(|(process, _)| process).collect()
}

/// The name stands in brackets and may have any characters.
fn read(id: u32, stat: &str) -> Option<(Process, u32)> {
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?.into();
    Some((Process { id, name: name.into(), state }, fields.next()?.parse().ok()?))
}

fn zombies(container: &Container) -> Vec<Process> {
    children(container.first_process()).into_iter().filter(|child| child.state == "Z").collect()
}

/// What health checks could use up: atoms, processes, ports and ETS tables of the node; files; processes of the container.
fn used(container: &Container) -> (String, String, usize) {
    let question = "[erlang:system_info(atom_count), length(processes()), length(erlang:ports()), length(ets:all()), \
                    lists:sort(element(2, file:list_dir_all(\"/tmp\")))].";
    let node = run(container.release(&[], "eval").arg(question));
    (node, daemon().run(["diff", &container.id]), children(container.first_process()).len())
}

#[test]
fn a_thousand_pings_in_a_row_use_up_nothing() {
    let container = Container::serving(image::hello(), LOCKED);
    // The first questions load code.
    (0..10).for_each(|_| container.ping());
    used(&container);
    let before = used(&container);
    assert!(before.0.starts_with('['), "{}", before.0);
    (0..1_000).for_each(|_| container.ping());
    assert!(zombies(&container).is_empty(), "{:?}", zombies(&container));
    let table = daemon().run(["top", &container.id, "-eo", "pid,stat,comm"]);
    assert!(!table.contains("defunct"), "{table}");
    assert_eq!(used(&container), before);
}

#[test]
fn orphans_are_collected_when_they_end() {
    let container = Container::serving(image::hello(), LOCKED);
    let before = children(container.first_process()).len();
    let program = image::hello().path_of("/bin/epmd");
    let port = container.dns_port().to_string();
    let epmd = |option| {
        let relaxed = ["--env", "ERL_EPMD_RELAXED_COMMAND_CHECK=1"];
        run(&mut container.exec(&relaxed, &[&program, "-port", &port, option]))
    };
    // A second epmd detaches itself and so becomes a child of the first process.
    epmd("-daemon");
    comes_to_have_children(&container, before + 1);
    epmd("-kill");
    comes_to_have_children(&container, before);
}

/// Asks again and again, with a ping in between.
fn comes_to_have_children(container: &Container, count: usize) {
    let now = || children(container.first_process());
    let as_said = |_| {
        container.ping();
        now().len() == count
    };
    assert!((0..1_000).any(as_said), "{count} expected: {:?}", now());
}
