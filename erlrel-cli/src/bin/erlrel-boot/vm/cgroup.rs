//! How much CPU the container may use: the quota of its control group, version 1 or 2.

use std::path::{Path, PathBuf};

/// So much CPU time in each period, both in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quota {
    time: u64,
    period: u64,
}

impl Quota {
    /// The number of CPUs that it takes to use it up: at least one.
    pub(crate) fn cpus(self) -> u64 {
        self.time.div_ceil(self.period).max(1)
    }

    fn parts_per_million(self) -> u128 {
        u128::from(self.time) * 1_000_000 / u128::from(self.period)
    }
}

/// The smallest quota of the process's group and of those that it is in, as far as they can be seen.
///
/// `groups` is the content of `/proc/self/cgroup`, `mounts` that of `/proc/self/mountinfo`; `read` gives the
/// content of another file.
pub(crate) fn quota(groups: &str, mounts: &str, read: &dyn Fn(&Path) -> Option<String>) -> Option<Quota> {
    let found = mounts.lines().filter_map(Mount::parse).flat_map(|mount| {
        let group = groups.lines().find_map(|line| mount.group(line));
        let dirs = group.map(|group| mount.directories(group)).unwrap_or_default();
        dirs.into_iter().filter_map(|dir| mount.version.quota(&dir, read)).collect::<Vec<_>>()
    });
    found.min_by_key(|quota| quota.parts_per_million())
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Version {
    One,
    Two,
}

impl Version {
    fn quota(self, dir: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Option<Quota> {
        let (time, period) = match self {
            Self::One => (read(&dir.join("cpu.cfs_quota_us"))?, read(&dir.join("cpu.cfs_period_us"))?),
            Self::Two => {
                let text = read(&dir.join("cpu.max"))?;
                let (time, period) = text.trim().split_once(' ')?;
                (time.into(), period.into())
            }
        };
        // `-1` and `max` are no limit.
        let number = |text: String| text.trim().parse::<u64>().ok().filter(|number| *number > 0);
        Some(Quota { time: number(time)?, period: number(period)? })
    }
}

/// A mounted hierarchy of groups that knows of CPU time.
#[derive(Debug)]
struct Mount {
    version: Version,
    /// The group that is seen at the mount point.
    root: PathBuf,
    point: PathBuf,
}

impl Mount {
    /// Reads a line: numbers, root, mount point, options, a dash, the type, the source, more options.
    fn parse(line: &str) -> Option<Self> {
        let (front, back) = line.split_once(" - ")?;
        let (front, back): (Vec<&str>, Vec<&str>) = (front.split(' ').collect(), back.split(' ').collect());
        let version = match back[..] {
            ["cgroup2", ..] => Version::Two,
            ["cgroup", _, options, ..] if options.split(',').any(|option| option == "cpu") => Version::One,
            _ => return None,
        };
        let path = |text: &str| PathBuf::from(unescaped(text));
        Some(Self { version, root: path(front.get(3)?), point: path(front.get(4)?) })
    }

    /// The group of the process, if this line (`ID:CONTROLLERS:GROUP`) tells the one in this hierarchy.
    fn group<'a>(&self, line: &'a str) -> Option<&'a Path> {
        let mut parts = line.splitn(3, ':');
        let (id, controllers, group) = (parts.next()?, parts.next()?, parts.next()?);
        let is_this = match self.version {
            Version::One => controllers.split(',').any(|controller| controller == "cpu"),
            Version::Two => id == "0" && controllers.is_empty(),
        };
        is_this.then_some(Path::new(group))
    }

    /// The directories of the group and of those that it is in. A group that is not below the root of the mount,
    /// as with a namespace in between, is taken for this root.
    fn directories(&self, group: &Path) -> Vec<PathBuf> {
        let is_outside = group.components().any(|part| part == std::path::Component::ParentDir);
        let below = group.strip_prefix(&self.root).ok().filter(|_| !is_outside).unwrap_or(Path::new(""));
        below.ancestors().map(|part| self.point.join(part)).collect()
    }
}

/// Blanks and other special characters stand as `\040`.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut path = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        path.extend(code.map(char::from));
        path.push_str(if code.is_some() { &part[3..] } else { part });
    }
    path
}

#[cfg(test)]
#[path = "cgroup_tests.rs"]
mod tests;
