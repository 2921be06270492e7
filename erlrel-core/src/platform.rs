//! The platform that an image is for, in the words of the OCI image specification.

use std::fmt;

/// An operating system and a CPU architecture, for example `linux/amd64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// `GOOS` value; always `linux` for images that erlrel makes.
    pub os: String,
    /// `GOARCH` value: `amd64`, `arm64`, …
    pub architecture: String,
}

impl Platform {
    /// `linux` on the given architecture.
    pub fn linux(architecture: impl Into<String>) -> Self {
        Self { os: "linux".into(), architecture: architecture.into() }
    }

    /// Reads `OS/ARCHITECTURE`; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (os, architecture) = text.split_once('/')?;
        let is_name = |name: &str| !name.is_empty() && !name.contains('/');
        (is_name(os) && is_name(architecture))
            .then(|| Self { os: os.into(), architecture: architecture.into() })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)
    }
}
