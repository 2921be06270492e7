//! Paths inside a tree: relative, normal, and unable to escape.

use std::borrow::Borrow;
use std::fmt;

use super::TreeError;

/// The longest path, and the longest part of one, that Linux can have in a file system.
pub(super) const LONGEST: usize = 4096;
const LONGEST_PART: usize = 255;

/// A path inside a [`Tree`](super::Tree): UTF-8, relative, `/` between its parts, no `.`, `..` or empty part.
///
/// The order is that of the bytes, so a directory sorts before everything in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TreePath(String);

impl TreePath {
    /// Checks `text`; a trailing `/` and `./` parts are dropped.
    ///
    /// # Errors
    /// [`TreeError::BadPath`] for an absolute or empty path, for `..`, and for a NUL byte; [`TreeError::PathTooLong`]
    /// for more than 4096 bytes, or more than 255 between two slashes.
    pub fn new(text: impl AsRef<str>) -> Result<Self, TreeError> {
        let text = text.as_ref();
        let bad = || TreeError::BadPath { path: text.into() };
        if text.starts_with('/') || text.contains('\0') {
            return Err(bad());
        }
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.is_empty() || parts.contains(&"..") {
            return Err(bad());
        }
        let path = parts.join("/");
        if path.len() > LONGEST || parts.iter().any(|part| part.len() > LONGEST_PART) {
            return Err(TreeError::PathTooLong { path });
        }
        Ok(Self(path))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This path below `prefix`.
    #[must_use]
    pub fn under(&self, prefix: &TreePath) -> Self {
        Self(format!("{}/{}", prefix.0, self.0))
    }

    /// The directories above this path, outermost first.
    pub fn ancestors(&self) -> impl Iterator<Item = TreePath> + '_ {
        self.0.match_indices('/').map(|(at, _)| TreePath(self.0[..at].to_string()))
    }

    /// True if a link here with this target leads to something in the tree, the tree's root included. Links on
    /// the way there are not followed.
    pub(super) fn holds_link(&self, target: &str) -> bool {
        let mut depth = self.0.matches('/').count();
        !target.starts_with('/')
            && target.split('/').all(|part| match part {
                "" | "." => true,
                ".." => depth.checked_sub(1).map(|above| depth = above).is_some(),
                _ => {
                    depth += 1;
                    true
                }
            })
    }

    /// The last part.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

/// The order of both is that of the bytes.
impl Borrow<str> for TreePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normal() {
        let path = |text: &str| TreePath::new(text).map(|path| path.to_string()).ok();
        assert_eq!(path("bin/./hello"), Some("bin/hello".into()));
        assert_eq!(path("sql/"), Some("sql".into()));
        for bad in ["", ".", "/etc", "a/../b", "..", "a\0b"] {
            assert_eq!(path(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn paths_that_no_file_system_could_hold_are_refused() {
        let part = "p".repeat(255);
        assert!(TreePath::new(&part).is_ok() && TreePath::new("p/".repeat(2048)).is_ok());
        assert!(TreePath::new("p/".repeat(2049)).is_err());
        let error = TreePath::new(format!("lib/{part}p")).expect_err("too long");
        insta::assert_snapshot!(error, @"the path `lib/pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp…` is too long: it has 260 bytes; 4096 are possible, and 255 between two slashes");
    }

    #[test]
    fn a_link_that_leads_out_is_seen() {
        let path = TreePath::new("bin/run").expect("a path");
        for inside in ["start", "../lib/x/../y", "..", "./../bin"] {
            assert!(path.holds_link(inside), "{inside}");
        }
        for outside in ["/bin/start", "../..", "x/../../../y", "../../bin/start"] {
            assert!(!path.holds_link(outside), "{outside}");
        }
    }

    #[test]
    fn ancestors_come_outermost_first() {
        let path = TreePath::new("a/b/c").expect("a path");
        let above: Vec<String> = path.ancestors().map(|path| path.to_string()).collect();
        assert_eq!(above, ["a", "a/b"]);
    }
}
