//! The name of a node.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// A node name as written after `-sname` or `-name`; the host part may be missing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NodeName {
    pub(crate) length: Names,
    pub(crate) name: OsString,
}

/// Short names (`-sname`) or long ones (`-name`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Names {
    Short,
    Long,
}

impl NodeName {
    /// The name with its host part: `host` is used when the name has none, up to its first dot for short names.
    pub(crate) fn on_host(&self, host: &OsStr) -> Self {
        // The VM completes an empty host too.
        let own = self.name.as_bytes();
        let own = own.strip_suffix(b"@").unwrap_or(own);
        if own.contains(&b'@') {
            return self.clone();
        }
        let host = match self.length {
            Names::Long => host.as_bytes(),
            Names::Short => host.as_bytes().split(|byte| *byte == b'.').next().unwrap_or_default(),
        };
        let name = [own, b"@", host].concat();
        Self { length: self.length, name: OsString::from_vec(name) }
    }

    /// What follows the `@`.
    pub(crate) fn host(&self) -> &OsStr {
        let name = self.name.as_bytes();
        let at = name.iter().position(|byte| *byte == b'@').map_or(name.len(), |at| at + 1);
        OsStr::from_bytes(&name[at..])
    }
}

impl Names {
    /// The flag of `erl`.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Self::Short => "-sname",
            Self::Long => "-name",
        }
    }
}
