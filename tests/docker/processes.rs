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

/// The container's first process, found without asking Docker, which takes longer than a program to start.
pub(super) fn first_process_of(container: &str) -> Option<u32> {
    processes_of(container).into_iter().find(|id| is_first(&read_file(*id, "status")))
}

/// The processes of a container.
pub(super) fn processes_of(container: &str) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").expect("listed").flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| read_file(*id, "cgroup").contains(container)).collect()
}

/// How many processes see the same processes as this one.
pub(super) fn companions_of(process: u32) -> usize {
    let namespace = |id: &str| std::fs::read_link(format!("/proc/{id}/ns/pid")).ok();
    let ours = namespace(&process.to_string()).expect("running");
    let entries = std::fs::read_dir("/proc").expect("listed").flatten();
    entries.filter(|entry| entry.file_name().to_str().and_then(namespace).as_ref() == Some(&ours)).count()
}

/// A file about a process; empty when it has ended.
fn read_file(process: u32, file: &str) -> String {
    std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default()
}

/// Whether a process has the id 1 in the innermost namespace.
fn is_first(status: &str) -> bool {
    let mut ids = status.lines().filter_map(|line| line.strip_prefix("NSpid:"));
    ids.next().is_some_and(|ids| ids.split_whitespace().skip(1).eq(["1"]))
}

/// Whether a process of the release's program – not the engine's, which was there before – catches SIGTERM.
pub(super) fn handles_term(process: u32) -> bool {
    const TERM: u64 = 1 << 14;
    let field = |name: &str| status_field(process, name);
    let caught = u64::from_str_radix(&field("SigCgt"), 16).unwrap_or(0);
    !field("Name").starts_with("runc") && caught & TERM != 0
}

/// A line of the process's status, without its name; empty when the process has ended.
fn status_field(process: u32, name: &str) -> String {
    let status = read_file(process, "status");
    let mut lines = status.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    lines.next().unwrap_or_default().trim().into()
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

#[test]
fn the_first_process_sleeps_while_nothing_happens() {
    let container = Container::serving(image::hello(), LOCKED);
    let process = container.first_process();
    // What it does after the start is done: the service answers, and nothing has ended since.
    let woken = || status_field(process, "voluntary_ctxt_switches");
    let before = (woken(), cpu_time(process));
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!((woken(), cpu_time(process)), before);
}

/// User and system time in ticks.
fn cpu_time(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("running");
    let fields: Vec<&str> = stat.rsplit_once(") ").expect("a name").1.split(' ').collect();
    fields[11..=12].iter().map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
}
