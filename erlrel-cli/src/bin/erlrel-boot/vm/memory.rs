//! Whether the container ran out of memory.

use std::fs;
use std::path::Path;

/// Where the kernel counts what it has killed for want of memory, in control groups of both versions.
const COUNTERS: [&str; 2] = ["memory.events", "memory/memory.oom_control"];

/// Whether the kernel has killed a process of this container because it had reached its memory limit.
pub(crate) fn ran_out() -> bool {
    kills_below(Path::new("/sys/fs/cgroup")) > 0
}

fn kills_below(groups: &Path) -> u64 {
    let text = |file| fs::read_to_string(groups.join(file)).ok();
    COUNTERS.into_iter().filter_map(text).map(|text| kills(&text)).sum()
}

fn kills(text: &str) -> u64 {
    let counts = text.lines().filter_map(|line| line.strip_prefix("oom_kill "));
    counts.filter_map(|count| count.trim().parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::kills_below;
    use std::fs;

    #[test]
    fn both_versions_of_control_groups_count() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(kills_below(dir.path()), 0);
        fs::write(dir.path().join("memory.events"), "low 0\nmax 7\noom 1\noom_kill 2\noom_group_kill 0\n")
            .unwrap();
        assert_eq!(kills_below(dir.path()), 2);
        fs::remove_file(dir.path().join("memory.events")).unwrap();
        fs::create_dir(dir.path().join("memory")).unwrap();
        fs::write(
            dir.path().join("memory/memory.oom_control"),
            "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
        )
        .unwrap();
        assert_eq!(kills_below(dir.path()), 1);
    }
}
