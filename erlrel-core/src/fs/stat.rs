//! What tells a changed file from an unchanged one without reading it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
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
    changed: (i64, i64),
    inode: u64,
    device: u64,
}

/// The same as it is written down: size, times, inode, device.
pub(crate) type Fields = (u64, (i64, i64), (i64, i64), u64, u64);

impl Stat {
    /// That of the file that a path leads to; `None` if there is none.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        path.metadata().ok().map(|metadata| Self::of(&metadata))
    }

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

    /// To be written down.
    pub(crate) fn fields(&self) -> Fields {
        let Self { size, modified, changed, inode, device } = self;
        (*size, *modified, *changed, *inode, *device)
    }
}

impl From<Fields> for Stat {
    fn from((size, modified, changed, inode, device): Fields) -> Self {
        Self { size, modified, changed, inode, device }
    }
}
