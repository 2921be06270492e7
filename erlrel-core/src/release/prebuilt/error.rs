//! What can be wrong with a release that something else has assembled.

use std::path::{Path, PathBuf};

use crate::term::SourceError;
use crate::tree::TreeError;

/// A release that no image can be made of.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrebuiltError {
    /// Something else than a release.
    #[error("`{}` is no release: it has no `{missing}`", path.display())]
    NotARelease {
        /// The directory or tarball.
        path: PathBuf,
        /// What every release has.
        missing: String,
    },
    /// A file in it that is not what it should be.
    #[error("`{file}` in the release `{}` does not hold {expected}", path.display())]
    Malformed {
        /// The directory or tarball.
        path: PathBuf,
        /// The file.
        file: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A release for development, which has links in place of applications.
    #[error(
        "`{}` is a release for development: its `{link}` is a link to `{target}`, which would not be in the image",
        path.display()
    )]
    Development {
        /// The directory.
        path: PathBuf,
        /// The link.
        link: String,
        /// Where it leads.
        target: String,
    },
    /// Half a runtime system.
    #[error("the runtime system in the release `{}` is not whole: it has no `{emulator}`", path.display())]
    NoEmulator {
        /// The directory or tarball.
        path: PathBuf,
        /// The emulator that `start_erl.data` leads to.
        emulator: String,
    },
    /// A runtime system for another operating system.
    #[error("`{emulator}` in the release `{}` is no program for Linux", path.display())]
    NotLinux {
        /// The directory or tarball.
        path: PathBuf,
        /// The emulator.
        emulator: String,
    },
    /// A `.rel` file with a mistake.
    #[error("`{}` is no release that erlrel can read", path.display())]
    Rel {
        /// The directory or tarball.
        path: PathBuf,
        /// The mistake.
        source: SourceError,
    },
    /// It cannot be read, or has something that no image can hold.
    #[error("cannot read the release `{}`", path.display())]
    Unreadable {
        /// The directory or tarball.
        path: PathBuf,
        /// What is wrong.
        source: TreeError,
    },
}

impl PrebuiltError {
    /// The error of a reader, with a link of a release for development told from others.
    pub(super) fn reading(path: &Path, error: TreeError) -> Self {
        let path = path.to_path_buf();
        match error {
            TreeError::LinkOutside { path: link, target } if is_linked(&link) => {
                Self::Development { path, link, target }
            }
            source => Self::Unreadable { path, source },
        }
    }

    /// What to do next.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotARelease { .. } => Some(
                "name what `rebar3 as prod tar`, `rebar3 as prod release` or `mix release` has made: the tarball, or \
                 the directory with `bin`, `lib` and `releases` in it",
            ),
            Self::Development { .. } => Some("build it with relx's `{mode, prod}`: `rebar3 as prod release`"),
            Self::NoEmulator { .. } => Some("build the release again"),
            Self::NotLinux { .. } => Some("build the release on the system that the image is for"),
            Self::Unreadable { source: TreeError::LinkOutside { .. }, .. } => {
                Some("put a copy of what it leads to into the release")
            }
            _ => None,
        }
    }
}

/// True for what relx links in its development mode: each application, and the configuration files.
fn is_linked(link: &str) -> bool {
    let parts: Vec<&str> = link.split('/').collect();
    matches!(parts[..], ["lib", _] | ["releases", _, _])
}
