//! What can be seen of a VM from outside.

use std::fs;
use std::path::Path;

use rustix::process::Pid;

use crate::vm::ending::Progress;

/// How far a VM is that listens for other nodes when it has booted. It does so while its application kernel
/// starts, immediately before SIGTERM is heard; until then its only socket leads to the program that starts
/// others for it.
pub(crate) fn progress_of_listener(vm: Pid) -> Progress {
    match sockets(&Path::new("/proc").join(vm.as_raw_nonzero().to_string()).join("fd")) {
        Some(0 | 1) => Progress::Booting,
        Some(_) => Progress::Booted,
        None => Progress::Unknown,
    }
}

/// The number of sockets among the open files in a directory of `/proc`, without the inherited standard ones.
fn sockets(descriptors: &Path) -> Option<usize> {
    let entries = fs::read_dir(descriptors).ok()?.flatten();
    let own = entries.filter(|entry| !["0", "1", "2"].map(Into::into).contains(&entry.file_name()));
    // What is closed meanwhile is none.
    let targets = own.filter_map(|entry| fs::read_link(entry.path()).ok());
    Some(targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count())
}
