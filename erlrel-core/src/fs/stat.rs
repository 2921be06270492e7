//! What tells a changed file from an unchanged one without reading it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

/// The times of some file systems are whole seconds, even ones on others.
const RESOLUTION: Duration = Duration::from_secs(2);

/// Size, times and identity of a file. They say that it is unchanged only if they were settled when its content was
/// read: a file that is younger than the resolution of its times can change once more without a trace (git calls that
/// "racy"). Nobody can set the time of the last change (ctime) at will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stat {
    /// Length in bytes.
    pub(crate) size: u64,
    /// When the content was last modified, as whoever could write to it says: seconds and nanoseconds.
    pub(crate) modified: (i64, i64),
    /// When content, mode or name was last changed, as the kernel says.
    pub(crate) changed: (i64, i64),
    /// The number of the file on its device.
    pub(crate) inode: u64,
    /// The device.
    pub(crate) device: u64,
}

impl Stat {
    /// That of a file which was looked at.
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
            device: metadata.dev(),
        }
    }

    /// True if a change after `time` could not go unnoticed.
    pub(crate) fn is_settled_at(&self, time: SystemTime) -> bool {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let limit = since.saturating_sub(RESOLUTION);
        let last = self.modified.max(self.changed);
        u64::try_from(last.0).is_ok_and(|seconds| seconds < limit.as_secs())
    }
}
