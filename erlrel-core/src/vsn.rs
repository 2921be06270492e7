//! Versions of OTP and of applications, which are not semantic versions: `5.2.3.1`, `25.2.3`, a git sha.

use std::cmp::Ordering;
use std::fmt;

/// A version of Erlang/OTP, ERTS or an application.
///
/// Compared as OTP compares them: dot-separated parts, numbers by value, anything else as text; of two
/// versions of which one begins with the other, the longer is newer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vsn(String);

impl Vsn {
    /// Any text is a version.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The first number, if the version begins with one: the OTP release of `25.2.3`.
    pub fn major(&self) -> Option<u32> {
        self.0.split(['.', '-']).next()?.parse().ok()
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Vsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialOrd for Vsn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Vsn {
    fn cmp(&self, other: &Self) -> Ordering {
        let part = |text: &str| match text.parse::<u64>() {
            Ok(number) => (0, number, String::new()),
            Err(_) => (1, 0, text.to_string()),
        };
        self.0.split('.').map(part).cmp(other.0.split('.').map(part)).then_with(|| self.0.cmp(&other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        let mut versions = ["5.10", "5.2.3.1", "5.2.3", "5.9", "25.2"].map(Vsn::new);
        versions.sort();
        assert_eq!(versions.map(|vsn| vsn.to_string()), ["5.2.3", "5.2.3.1", "5.9", "5.10", "25.2"]);
    }
}
