//! The file in which a VM looks for its cookie by itself, and whether it is to be trusted.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::node::NodeError;
use crate::node::cookie::{checked, in_text};
use crate::node::home::COOKIE;
use crate::regular_file;

/// What is where a VM looks.
#[derive(PartialEq)]
pub(crate) enum HomeFile {
    Nothing,
    /// A cookie in a file that only this user can have made and can read.
    Cookie {
        path: PathBuf,
        value: OsString,
    },
    /// Something that is not used, and why.
    Unfit {
        path: PathBuf,
        problem: String,
    },
}

/// The first thing that a VM would find.
///
/// # Errors
/// When it is a cookie that a VM would not take.
pub(crate) fn find(environment: &Environment) -> Result<HomeFile, NodeError> {
    let mut found = places(environment).map(look).filter(|found| *found != HomeFile::Nothing);
    let found = found.next().unwrap_or(HomeFile::Nothing);
    if let HomeFile::Cookie { path, value } = &found {
        checked(value, &path.display().to_string())?;
    }
    Ok(found)
}

/// Whether there is nothing at the first place.
pub(crate) fn home_is_free(environment: &Environment) -> bool {
    places(environment).next().is_some_and(|path| look(path) == HomeFile::Nothing)
}

/// What root takes from the home directory of somebody else, whose node may run in this container: a file that nobody
/// but the owner of the directory can have put there.
pub(crate) fn of_owner(environment: &Environment) -> Option<OsString> {
    let is_root = rustix::process::geteuid().is_root();
    places(environment).filter(|_| is_root).find_map(|path| {
        let dir = path.parent()?.metadata().ok()?;
        let is_link = path.symlink_metadata().ok()?.is_symlink();
        let (mut file, found) = regular_file::open(&path).ok()?;
        let is_owners = found.uid() == dir.uid() && dir.mode() & 0o022 == 0 && found.mode() & 0o077 == 0;
        let mut text = Vec::new();
        file.read_to_end(&mut text).ok()?;
        in_text(&text).filter(|_| is_owners && !is_link)
    })
}

/// Where a VM looks for a cookie: `$HOME/.erlang.cookie`, then `erlang/.erlang.cookie` in the directory for
/// configurations (`filename:basedir(user_config, "erlang")`).
fn places(environment: &Environment) -> impl Iterator<Item = PathBuf> {
    let home = environment.get("HOME").map(Path::new);
    let config = environment.get("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = config.or_else(|| home.map(|home| home.join(".config"))).map(|dir| dir.join("erlang"));
    home.map(Path::to_owned).into_iter().chain(config).map(|dir| dir.join(COOKIE))
}

fn look(path: PathBuf) -> HomeFile {
    let unfit = |path, problem| HomeFile::Unfit { path, problem };
    match usable(&path) {
        Ok(Ok(value)) => HomeFile::Cookie { path, value },
        Ok(Err(problem)) => unfit(path, problem),
        Err(error) if error.kind() == io::ErrorKind::NotFound => HomeFile::Nothing,
        Err(error) => unfit(path, format!("cannot be read: {error}")),
    }
}

/// The cookie, or why the file is not used.
fn usable(path: &Path) -> io::Result<Result<OsString, String>> {
    if fs::symlink_metadata(path)?.is_symlink() && is_for_everybody(path)? {
        return Ok(Err("is a symbolic link in a directory where everybody may make one".into()));
    }
    let (mut file, found) = regular_file::open(path)?;
    if let Some(problem) = not_private(&found) {
        return Ok(Err(problem));
    }
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    Ok(in_text(&text).ok_or_else(|| "is empty".into()))
}

fn is_for_everybody(path: &Path) -> io::Result<bool> {
    let dir = path.parent().unwrap_or(Path::new("/")).metadata()?;
    Ok(dir.mode() & 0o002 != 0)
}

fn not_private(found: &Metadata) -> Option<String> {
    let user = rustix::process::geteuid().as_raw();
    let mode = found.mode() & 0o777;
    if found.uid() != user {
        return Some(format!("belongs to the user {}, and this is the user {user}", found.uid()));
    }
    (mode & 0o077 != 0).then(|| format!("is not closed to others (mode {mode:o})"))
}

#[cfg(test)]
#[path = "home_file_tests.rs"]
mod tests;
