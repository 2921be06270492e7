//! A port mapper of these tests' own, which ends with the last installation that uses it.

use std::sync::{Mutex, OnceLock, PoisonError};

use super::port::free_port;
use super::tool;

/// How many use it.
static USERS: Mutex<usize> = Mutex::new(0);

/// The use of the port mapper. The first node starts it.
#[derive(Debug)]
pub(crate) struct Epmd(());

impl Epmd {
    pub(crate) fn used() -> Self {
        *USERS.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self(())
    }

    fn end(&self) -> bool {
        let output = tool("epmd", "erlang-base").args(["-port", self.port(), "-kill"]).output();
        let refused = output.is_ok_and(|output| {
            let said = [output.stdout, output.stderr].concat();
            String::from_utf8_lossy(&said).contains("not allowed")
        });
        if refused {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        !refused
    }

    /// What the nodes and those that ask them find in `ERL_EPMD_PORT`.
    pub(crate) fn port(&self) -> &'static str {
        static PORT: OnceLock<String> = OnceLock::new();
        PORT.get_or_init(|| free_port().to_string())
    }
}

impl Drop for Epmd {
    fn drop(&mut self) {
        let mut users = USERS.lock().unwrap_or_else(PoisonError::into_inner);
        *users -= 1;
        if *users == 0 {
            // It refuses as long as it knows a node, and takes a moment to notice that one is gone.
            let ended = (0..50).any(|_| self.end());
            assert!(ended || std::thread::panicking(), "a node of a test runs still");
        }
    }
}
