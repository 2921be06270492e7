//! A process as `/proc` shows it.

use std::fs;
use std::path::Path;

/// A process that can be seen from here, which one in another container cannot.
#[derive(Debug, PartialEq)]
pub(crate) struct Process {
    pid: String,
    /// That of the program, cut off at 15 bytes.
    pub(crate) name: String,
    /// Tells it from a later process of the same number.
    started: String,
}

impl Process {
    /// The process with this number; nothing if it is a zombie, which only waits for its parent.
    pub(crate) fn seen(pid: &str) -> Option<Self> {
        let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat")).ok()?;
        // The name stands in brackets, and may have any characters.
        let (name, rest) = stat.split_once(" (")?.1.rsplit_once(") ")?;
        let mut fields = rest.split_whitespace();
        let state = fields.next()?;
        // The 22nd field of the file.
        let started = fields.nth(18)?.to_owned();
        let process = Self { pid: pid.into(), name: name.into(), started };
        (state != "Z" && state != "X").then_some(process)
    }

    /// Whether it is still there.
    pub(crate) fn runs(&self) -> bool {
        Self::seen(&self.pid).is_some_and(|seen| seen.started == self.started)
    }
}

#[cfg(test)]
mod tests {
    use super::Process;
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_runs_until_it_ends_even_if_nobody_has_noticed() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pid = child.id().to_string();
        let process = Process::seen(&pid).unwrap();
        assert!(process.runs());
        drop(child.stdin.take());
        while process.runs() {
            std::thread::yield_now();
        }
        assert!(std::path::Path::new(&format!("/proc/{pid}")).exists(), "a zombie");
        child.wait().unwrap();
        assert_eq!(Process::seen(&pid), None);
    }
}
