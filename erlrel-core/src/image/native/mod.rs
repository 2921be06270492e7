//! The native part of an image: what a release needs of an operating system, and no more.
//!
//! An image without a base has nothing at all: no C library, no `/tmp`, no certificates. [`closure()`] looks
//! at every program and shared library of a release, follows the rules of the dynamic loader (ld.so(8)) on
//! the build machine or any other root directory, and gives the files that have to be there, at the paths
//! where the loader of the image will find them without a cache.

mod cache;
mod closure;
mod debian;
mod dlopened;
mod host;
mod loader;
mod path;
mod release;
mod shell;
mod system;
mod system_files;

use std::fmt;
use std::path::PathBuf;

pub use closure::{LibraryPlace, NativeLibrary};
pub use shell::Shell;

use host::Host;
use release::Release;
use shell::Programs;
use system_files::SystemFiles;

use crate::elf::ElfError;
use crate::fs::FsError;
use crate::platform::Platform;
use crate::tree::{Entry, Group, Tree, TreeError, TreePath};

/// What [`closure()`] needs to know besides the release.
#[derive(Debug, Clone)]
pub struct NativeOptions {
    /// What the image is for; every program and library of the release must be made for it.
    pub platform: Platform,
    /// Where the libraries come from. Default: `/`, this machine. The root of another system, for example one
    /// for another architecture, may be given instead; links in it never lead out of it.
    pub host_root: PathBuf,
    /// Absolute path at which the release's tree will stand in the image, for search paths in ELF files that
    /// lead out of it or name it. Default: `/`, for a tree that has its place in the image already.
    pub release_at: String,
    /// How much of the host's shell the image gets. Default: [`Shell::No`].
    pub shell: Shell,
}

impl NativeOptions {
    /// The defaults for a platform.
    pub fn new(platform: Platform) -> Self {
        Self { platform, host_root: "/".into(), release_at: "/".into(), shell: Shell::No }
    }
}

/// What a release needs of an operating system.
#[derive(Debug, Clone, Default)]
pub struct NativeFiles {
    /// Every file for an image without a base. All are in [`Group::Native`], except the records of packages
    /// that only the release has files of: [`Group::Otp`]. Directories above them are not in it (see
    /// [`Tree::add_parents`]), except those with a meaning of their own, such as `tmp`.
    pub tree: Tree,
    /// The programs and libraries among them, sorted by path: what a base image must have instead.
    pub libraries: Vec<NativeLibrary>,
    /// What is missing without being fatal.
    pub warnings: Vec<NativeWarning>,
}

/// Everything that `release` needs of an operating system, taken from the host.
///
/// The files are the shared libraries with all that they need in turn, the program interpreters, certificates,
/// users, terminal descriptions, a writable `tmp`, and on a Debian host the records of the packages
/// that the files come from, so that scanners know what is in the image.
///
/// # Errors
/// When a file of the release is made for another platform or damaged, or needs something that the host does
/// not have; see [`NativeError`].
pub fn closure(release: &Tree, options: &NativeOptions) -> Result<NativeFiles, NativeError> {
    let host = Host::new(&options.host_root);
    let release = Release::scan(release, &options.release_at, &options.platform)?;
    let programs = Programs::of(options.shell, &host);
    let closure = closure::walk(&release, host, &options.platform.architecture, &programs.files)?;
    let mut system = SystemFiles::collect(&host, &closure.names)?;
    for directory in closure.directories {
        let path = TreePath::new(directory.trim_start_matches('/'))?;
        system.tree.insert(path, Entry::directory(Group::Native))?;
    }
    let libraries: Vec<NativeLibrary> = closure.libraries.into_values().collect();
    for library in &libraries {
        system.take(library.path.as_str(), &library.real, library.file.clone(), 0o755)?;
    }
    for (path, target) in programs.links {
        system.tree.insert(TreePath::new(path)?, Entry::symlink(target, Group::Native))?;
    }
    debian::add_records(&mut system, &release.sources(&host), &host)?;
    Ok(NativeFiles { tree: system.tree, libraries, warnings: system.warnings })
}

/// Something that an image will do without.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NativeWarning {
    /// The host has no bundle of CA certificates.
    NoCertificates {
        /// Where one was looked for.
        searched: Vec<String>,
    },
    /// A file of the image handles terminals, and the host has no description of any.
    NoTerminalDescriptions {
        /// Where they were looked for.
        searched: Vec<String>,
    },
}

impl fmt::Display for NativeWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCertificates { searched } => write!(
                f,
                "no CA certificates on this machine (looked for {}): TLS clients in the image will trust nobody",
                searched.join(", ")
            ),
            Self::NoTerminalDescriptions { searched } => write!(
                f,
                "no terminal descriptions on this machine (looked in {}): line editing will not work in the image",
                searched.join(", ")
            ),
        }
    }
}

/// A release that cannot run in an image made from this host.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NativeError {
    /// A program or library for another processor or operating system.
    #[error(
        "`{path}` is made for {found}, but the image is for {needed}: compile it for {needed}, or leave it out \
         of the release"
    )]
    WrongArchitecture {
        /// The file in the release.
        path: String,
        /// What it is made for.
        found: String,
        /// What the image is for.
        needed: Platform,
    },
    /// A program or library that the loader would refuse.
    #[error("cannot read what `{path}` needs: compile it again")]
    BadElf {
        /// The file in the release.
        path: String,
        /// What is wrong with it.
        source: ElfError,
    },
    /// A shared library that is neither in the release nor on the host.
    #[error(
        "`{needed_by}` needs the shared library `{library}`, which is not on this machine: install it here, \
         or add it to the release (searched {})", searched.join(", ")
    )]
    LibraryNotFound {
        /// The library's name.
        library: String,
        /// The file that needs it: a path in the release, or the absolute path of another library.
        needed_by: String,
        /// Directories and files that were searched, in order.
        searched: Vec<String>,
    },
    /// A shared library that is older than the file that needs it.
    #[error(
        "`{needed_by}` needs `{version}` of the shared library `{library}`, which this machine's does not \
         have: compile it here, or make the image on a machine with a newer `{library}`"
    )]
    VersionNotFound {
        /// The library's name.
        library: String,
        /// The symbol version that it lacks.
        version: String,
        /// The file that needs it: a path in the release, or the absolute path of another library.
        needed_by: String,
    },
    /// A program interpreter that is neither in the release nor on the host.
    #[error(
        "`{needed_by}` is started by `{interpreter}`, which is not on this machine: install the C library that \
         it was linked with, or build the release here"
    )]
    InterpreterNotFound {
        /// Absolute path of the program interpreter.
        interpreter: String,
        /// The program.
        needed_by: String,
    },
    /// A program of the host that was asked for and is not there.
    #[error("there is no program `{program}` for the image's platform on this machine: install it here")]
    ProgramNotFound {
        /// Absolute path of the program.
        program: String,
    },
    /// A file that cannot be placed or read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A file that cannot be read.
    #[error(transparent)]
    Fs(#[from] FsError),
}

#[cfg(test)]
mod tests;
