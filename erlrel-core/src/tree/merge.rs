//! How a tree that was written aside comes into a directory in which something lies already.
//!
//! Piece by piece, and each piece is exchanged for what lies in its place: nothing is ever absent, and what has come
//! aside is thrown away in the end, or exchanged back if a later piece fails. On a file system that cannot exchange,
//! what was there is parked for a moment, under the number of its piece in a list that is written first. From that
//! list the next run knows what to put back if this one is ended in between.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Entry, Node, Tree, TreeError, TreePath};
use crate::fs::{
    Abandoned, FsError, ScratchDir, create_dir_all, exchange, is_aside, list, mode, read_optional, set_mode,
};

/// Below the directory for temporary files: the tree that was written; later what it has replaced.
pub(super) const ASIDE: &str = "aside";
const PARKED: &str = "parked";
const LIST: &str = "pieces";

/// Puts the tree that was written to [`ASIDE`] in `scratch` into the directory `into`.
///
/// # Errors
/// When a piece cannot be moved; everything is then as it was, or [`TreeError::NotPutBack`] says where it is.
pub(super) fn merge(
    tree: &Tree,
    into: &Path,
    scratch: ScratchDir,
    is_one: impl Fn(&TreePath) -> bool,
) -> Result<(), TreeError> {
    let merge = Merge::plan(tree, into, scratch.path(), is_one)?;
    merge.write_list()?;
    let Err((reached, error)) = merge.run() else { return Ok(()) };
    if merge.undo(reached) {
        return Err(error.into());
    }
    Err(TreeError::NotPutBack { path: into.into(), kept: scratch.keep(), source: error })
}

/// Removes what ended runs have left in `dir`; what a merge has parked there is put back first.
///
/// # Errors
/// When that cannot be moved.
pub(crate) fn clean_up(dir: &Path) -> Result<(), FsError> {
    Abandoned::all_in(dir).into_iter().try_for_each(|left| {
        if left.path.is_dir() {
            put_back(&left.path, dir)?;
        }
        left.remove();
        Ok(())
    })
}

fn put_back(scratch: &Path, into: &Path) -> Result<(), FsError> {
    let list = read_optional(&scratch.join(LIST))?.unwrap_or_default();
    let paths = String::from_utf8_lossy(&list);
    for (number, path) in paths.split('\0').enumerate() {
        let parked = scratch.join(PARKED).join(number.to_string());
        let Ok(path) = TreePath::new(path) else { continue };
        let place = into.join(path.as_str());
        if is_there(&parked) && !is_there(&place) {
            fs::rename(&parked, &place).map_err(FsError::while_doing("restore", &place))?;
        }
    }
    Ok(())
}

/// True if a run that wrote into the directory `path` was ended before all was in place.
///
/// # Errors
/// When the directory cannot be listed.
pub fn is_half_written(path: &Path) -> Result<bool, FsError> {
    Ok(list(path)?.iter().any(|path| is_aside(path) && path.join(LIST).is_file()))
}

struct Merge<'a> {
    into: &'a Path,
    scratch: &'a Path,
    /// In the order in which they are moved.
    pieces: Vec<Piece<'a>>,
    /// The directories that are in both, outermost first.
    shared: Vec<Shared>,
}

struct Piece<'a> {
    path: &'a TreePath,
    entry: &'a Entry,
    /// Whether something lies in its place.
    replaces: bool,
}

impl Piece<'_> {
    /// What is new first, then applications and versions, files last: the start script still starts what was there
    /// before while the rest comes.
    fn turn(&self) -> (bool, bool) {
        (self.replaces, matches!(self.entry.node, Node::File(_)))
    }
}

struct Shared {
    place: PathBuf,
    aside: PathBuf,
    mode_before: u32,
    mode: u32,
}

impl<'a> Merge<'a> {
    fn plan(
        tree: &'a Tree,
        into: &'a Path,
        scratch: &'a Path,
        is_one: impl Fn(&TreePath) -> bool,
    ) -> Result<Self, FsError> {
        let mut merge = Self { into, scratch, pieces: Vec::new(), shared: Vec::new() };
        let mut whole = BTreeSet::new();
        for (path, entry) in tree.iter() {
            if path.ancestors().any(|above| whole.contains(&above)) {
                continue; // moved with the directory that it is in
            }
            let place = into.join(path.as_str());
            match (entry.is_directory(), is_directory(&place) && !is_one(path)) {
                (true, true) => merge.shared.push(Shared {
                    mode_before: mode(&place)?,
                    aside: merge.aside(path),
                    place,
                    mode: entry.mode,
                }),
                (false, true) => {
                    let taken = io::Error::from(io::ErrorKind::IsADirectory);
                    return Err(FsError::while_doing("write a file in place of the directory", &place)(
                        taken,
                    ));
                }
                (_, false) => {
                    merge.pieces.push(Piece { path, entry, replaces: is_there(&place) });
                    whole.insert(path.clone());
                }
            }
        }
        merge.pieces.sort_by_key(Piece::turn);
        Ok(merge)
    }

    fn aside(&self, path: &TreePath) -> PathBuf {
        self.scratch.join(ASIDE).join(path.as_str())
    }

    fn parked(&self, number: usize) -> PathBuf {
        self.scratch.join(PARKED).join(number.to_string())
    }

    fn write_list(&self) -> Result<(), FsError> {
        create_dir_all(&self.scratch.join(PARKED))?;
        let paths: Vec<&str> = self.pieces.iter().map(|piece| piece.path.as_str()).collect();
        let path = self.scratch.join(LIST);
        fs::write(&path, paths.join("\0")).map_err(FsError::while_doing("write", &path))
    }

    /// Moves everything; or says which piece it came to.
    fn run(&self) -> Result<(), (usize, FsError)> {
        for shared in &self.shared {
            // Without write permission nothing can be moved out or in.
            set_mode(&shared.place, 0o755)
                .and_then(|()| set_mode(&shared.aside, 0o755))
                .map_err(|error| (0, error))?;
        }
        for (number, piece) in self.pieces.iter().enumerate() {
            self.put(number, piece).map_err(|error| (number, error))?;
        }
        let modes = self.shared.iter().rev().try_for_each(|shared| set_mode(&shared.place, shared.mode));
        modes.map_err(|error| (self.pieces.len(), error))
    }

    fn put(&self, number: usize, piece: &Piece<'_>) -> Result<(), FsError> {
        let (aside, place) = (self.aside(piece.path), self.into.join(piece.path.as_str()));
        if !piece.replaces {
            place.parent().map_or(Ok(()), create_dir_all)?;
        } else if exchange(&aside, &place).map_err(FsError::while_doing("replace", &place))? {
            return Ok(());
        } else {
            fs::rename(&place, self.parked(number)).map_err(FsError::while_doing("replace", &place))?;
        }
        fs::rename(&aside, &place).map_err(FsError::while_doing("write", &place))
    }

    /// Takes back all pieces before `reached`, as far as possible; false if something is not as it was.
    fn undo(&self, reached: usize) -> bool {
        let pieces = self.pieces.iter().enumerate().take(reached + 1).rev();
        // Every piece is tried, whatever becomes of the others.
        let lost = pieces
            .filter(|(number, piece)| self.take_back(*number, piece, *number < reached).is_err())
            .count();
        self.shared.iter().rev().for_each(|shared| drop(set_mode(&shared.place, shared.mode_before)));
        lost == 0
    }

    fn take_back(&self, number: usize, piece: &Piece<'_>, was_put: bool) -> io::Result<()> {
        let (aside, place) = (self.aside(piece.path), self.into.join(piece.path.as_str()));
        let parked = self.parked(number);
        if is_there(&parked) {
            if was_put {
                fs::rename(&place, &aside)?;
            }
            return fs::rename(&parked, &place);
        }
        match (was_put, piece.replaces) {
            (false, _) => Ok(()),
            (true, false) => fs::rename(&place, &aside),
            (true, true) => exchange(&place, &aside).map(drop),
        }
    }
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn is_directory(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}
