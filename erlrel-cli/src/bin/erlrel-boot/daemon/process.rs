//! Whether a process is there.

use std::fs;

/// True for a process that is there and no zombie, which only waits for its parent.
pub(super) fn is_running(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    // The name of the program stands in brackets, and may have any characters.
    stat.is_ok_and(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.starts_with(" Z")))
}

#[cfg(test)]
mod tests {
    use super::is_running;
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_runs_until_it_ends_even_if_nobody_has_noticed() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pid = child.id().to_string();
        assert!(is_running(&pid));
        drop(child.stdin.take());
        while is_running(&pid) {
            std::thread::yield_now();
        }
        assert!(std::path::Path::new(&format!("/proc/{pid}")).exists(), "a zombie");
        child.wait().unwrap();
        assert!(!is_running(&pid));
    }
}
