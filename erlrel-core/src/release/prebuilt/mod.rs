//! A release that something else has assembled: relx's or mix's, as a directory or a tarball.
//!
//! There is no project beside it, so all that is known of it is what it says itself: `releases/start_erl.data`,
//! `releases/VSN/NAME.rel`, its emulator and its start script.

mod description;
mod error;
mod leftovers;
mod origin;

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::PrebuiltError;
pub(crate) use origin::is_shipped;

use super::goal::StartType;
use crate::deflate;
use crate::elf;
use crate::fs::{FsError, ScratchDir};
use crate::platform::Platform;
use crate::project::Origin;
use crate::tree::{Node, Tree, TreeError, read_directory, read_tar};

/// Which versions the release starts.
const START_ERL_DATA: &str = "releases/start_erl.data";

/// A release as something else has assembled it: what it says of itself, and its files.
#[derive(Debug, Clone)]
pub struct Prebuilt {
    /// The directory or tarball that it was read from.
    pub path: PathBuf,
    /// The release's name.
    pub name: String,
    /// Its version: the one that `releases/start_erl.data` starts.
    pub vsn: String,
    /// The version of its runtime system.
    pub erts_vsn: String,
    /// What its runtime system runs on; `None` if it has none and needs an Erlang that is there already.
    pub platform: Option<Platform>,
    /// How its start script is called.
    pub maker: Maker,
    /// What runs its start script: the path after `#!`; `None` for a program.
    pub interpreter: Option<String>,
    /// Its applications, in the order of the `.rel` file.
    pub apps: Vec<PrebuiltApp>,
    /// Everything in it that belongs into an image.
    pub tree: Tree,
    /// Where the contents of a tarball are as long as any copy of this value lives, or a plan made of one.
    unpacked: Option<Arc<ScratchDir>>,
}

/// What assembled a release, as far as its start script shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Maker {
    /// relx, with its extended start script or another that knows `foreground`.
    Relx,
    /// relx, with its short start script, which hands all arguments to the virtual machine.
    RelxShort,
    /// `mix release`.
    Mix,
    /// Something else; its script is started without arguments.
    Unknown,
}

/// An application of such a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrebuiltApp {
    /// Its name.
    pub name: String,
    /// Its version.
    pub vsn: String,
    /// How it is started.
    pub start: StartType,
    /// Where it came from: [`Origin::Otp`] if Erlang/OTP or Elixir ships it; [`Origin::Project`] if it has the
    /// release's name or version; else [`Origin::Dependency`].
    pub origin: Origin,
}

/// Reads a release: a directory, or a tar file, compressed by gzip or not.
///
/// Left out of it is what a run has left behind in a directory (`log`, `tmp`, crash dumps, tarballs of the release
/// itself) or an interrupted run of erlrel (`.erlrel-*`), configuration files that the start script has rendered from `.src` files, other versions of its
/// applications, and mix's `releases/COOKIE`. `scratch` is a directory with space for an unpacked tarball.
///
/// # Errors
/// When it is no release, was built for development, has half an ERTS or one for something else than Linux,
/// cannot be read, or is a tar file that no honest program makes.
pub fn read_prebuilt(path: &Path, scratch: &Path) -> Result<Prebuilt, PrebuiltError> {
    refuse_other_directory(path)?;
    let (tree, unpacked) = read_tree(path, scratch).map_err(|error| PrebuiltError::reading(path, error))?;
    let found = description::describe(&tree, path)?;
    let platform = platform(&tree, &found.erts_vsn, path)?;
    let tree = leftovers::remove(tree, &found, unpacked.is_none());
    let tree = origin::group(tree, &found);
    let description::Description { name, vsn, erts_vsn, maker, interpreter, apps } = found;
    let path = path.to_path_buf();
    Ok(Prebuilt { path, name, vsn, erts_vsn, platform, maker, interpreter, apps, tree, unpacked })
}

impl Prebuilt {
    /// True if its contents were unpacked from a tarball.
    pub fn is_tarball(&self) -> bool {
        self.unpacked.is_some()
    }

    /// What must live as long as anything that names files of its tree.
    pub(crate) fn unpacked(&self) -> Option<Arc<ScratchDir>> {
        self.unpacked.clone()
    }
}

/// Another directory may be a large one, such as `/`.
fn refuse_other_directory(path: &Path) -> Result<(), PrebuiltError> {
    if path.is_dir() && !path.join(START_ERL_DATA).is_file() {
        return Err(PrebuiltError::NotARelease { path: path.into(), missing: START_ERL_DATA.into() });
    }
    Ok(())
}

fn read_tree(path: &Path, scratch: &Path) -> Result<(Tree, Option<Arc<ScratchDir>>), TreeError> {
    let metadata = path.metadata().map_err(FsError::while_doing("read", path))?;
    if metadata.is_dir() {
        let mut tree = read_directory(path)?;
        tree.add_parents()?;
        return Ok((tree, None));
    }
    let scratch = ScratchDir::new_in(scratch)?;
    let tree = read_tar(open(path)?, path, scratch.path())?;
    Ok((tree, Some(Arc::new(scratch))))
}

fn open(path: &Path) -> Result<Box<dyn Read>, FsError> {
    let failed = || FsError::while_doing("read", path);
    let mut file = std::fs::File::open(path).map_err(failed())?;
    let mut start = Vec::new();
    file.by_ref().take(2).read_to_end(&mut start).map_err(failed())?;
    let compressed = deflate::is_gzip(&start);
    let whole = Cursor::new(start).chain(std::io::BufReader::new(file));
    Ok(if compressed { Box::new(deflate::reader(whole)) } else { Box::new(whole) })
}

fn platform(tree: &Tree, erts_vsn: &str, path: &Path) -> Result<Option<Platform>, PrebuiltError> {
    let erts = format!("erts-{erts_vsn}");
    if tree.get(&erts).is_none() {
        return Ok(None);
    }
    let emulator = format!("{erts}/bin/beam.smp");
    let Some(Node::File(content)) = tree.get(&emulator).map(|entry| &entry.node) else {
        return Err(PrebuiltError::NoEmulator { path: path.into(), emulator });
    };
    let bytes = content.read().map_err(|error| PrebuiltError::reading(path, error))?;
    match elf::parse(&bytes) {
        Ok(elf) => Ok(Some(Platform::linux(elf.architecture))),
        Err(_) => Err(PrebuiltError::NotLinux { path: path.into(), emulator }),
    }
}
