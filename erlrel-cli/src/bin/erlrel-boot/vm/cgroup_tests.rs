use std::collections::BTreeMap;
use std::path::Path;

use super::{Quota, quota, unescaped};

/// The quota with these files, as time and period.
fn found(groups: &str, mounts: &str, files: &[(&str, &str)]) -> Option<(u64, u64)> {
    let files: BTreeMap<&Path, &str> = files.iter().map(|(path, text)| (Path::new(*path), *text)).collect();
    quota(groups, mounts, &|path| files.get(path).map(ToString::to_string))
        .map(|quota| (quota.time, quota.period))
}

const V2: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
const V1: &str = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                  33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n";

#[test]
fn version_2_in_a_namespace_of_its_own() {
    let max = |text| found("0::/\n", V2, &[("/sys/fs/cgroup/cpu.max", text)]);
    assert_eq!(max("50000 100000\n"), Some((50_000, 100_000)));
    assert_eq!(max("max 100000\n"), None);
    assert_eq!(max(""), None);
    assert_eq!(max("0 0\n"), None);
    assert_eq!(max("many few\n"), None);
}

#[test]
fn version_2_counts_what_is_around_the_group() {
    let files = [
        ("/sys/fs/cgroup/kubepods/pod1/c1/cpu.max", "max 100000"),
        ("/sys/fs/cgroup/kubepods/pod1/cpu.max", "150000 100000"),
        ("/sys/fs/cgroup/kubepods/cpu.max", "10000000 100000"),
    ];
    assert_eq!(found("0::/kubepods/pod1/c1\n", V2, &files), Some((150_000, 100_000)));
    assert_eq!(found("0::/kubepods\n", V2, &files), Some((10_000_000, 100_000)));
}

#[test]
fn version_1_in_a_container() {
    let groups = "4:memory:/docker/1f\n3:cpuset:/docker/1f\n1:cpu,cpuacct:/docker/1f\n0::/\n";
    let mounts = V1.replace(" / /sys/fs/cgroup/cpu,cpuacct", " /docker/1f /sys/fs/cgroup/cpu,cpuacct");
    let files = |time| {
        [
            ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", time),
            ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
        ]
    };
    assert_eq!(found(groups, &mounts, &files("150000\n")), Some((150_000, 100_000)));
    assert_eq!(found(groups, &mounts, &files("-1\n")), None);
    assert_eq!(found("3:cpuset:/docker/1f\n", &mounts, &files("150000\n")), None);
}

#[test]
fn version_1_on_the_host_and_both_versions_at_once() {
    let both = format!("{V1}{V2}");
    let files = [
        ("/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "40000"),
        ("/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "20000"),
        ("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "50000"),
        ("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000"),
        ("/sys/fs/cgroup/cpu.max", "100000 100000"),
    ];
    assert_eq!(found("1:cpu,cpuacct:/a/b\n0::/\n", &both, &files), Some((50_000, 100_000)));
    assert_eq!(found("1:cpu,cpuacct:/other\n0::/\n", &both, &files), Some((100_000, 100_000)));
}

#[test]
fn a_group_outside_of_what_is_mounted_is_taken_for_its_root() {
    let files = [("/sys/fs/cgroup/cpu.max", "20000 10000")];
    assert_eq!(found("0::/../../other\n", V2, &files), Some((20_000, 10_000)));
    let part = V2.replace(" / /sys", " /docker/1f /sys");
    assert_eq!(found("0::/elsewhere\n", &part, &files), Some((20_000, 10_000)));
}

#[test]
fn without_a_mount_nothing_is_known() {
    assert_eq!(found("0::/\n", "", &[("/sys/fs/cgroup/cpu.max", "1 1")]), None);
    assert_eq!(found("", V2, &[("/sys/fs/cgroup/cpu.max", "1 1")]), None);
    assert_eq!(found("0::/\n", "no - mount\n - \n1 2 - cgroup2\n", &[]), None);
}

#[test]
fn parts_of_a_cpu_need_a_whole_one() {
    let cpus = |time, period| Quota { time, period }.cpus();
    assert_eq!(cpus(50_000, 100_000), 1);
    assert_eq!(cpus(1, 100_000), 1);
    assert_eq!(cpus(100_000, 100_000), 1);
    assert_eq!(cpus(150_000, 100_000), 2);
    assert_eq!(cpus(400_000, 100_000), 4);
}

#[test]
fn special_characters_in_mount_points() {
    assert_eq!(unescaped(r"/a\040b\134c"), r"/a b\c");
    assert_eq!(unescaped(r"/a\9"), "/a9");
}
