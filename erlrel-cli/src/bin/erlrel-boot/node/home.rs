//! The directory in which a release keeps its cookies: one for each user, which nobody else may enter.
//!
//! ```text
//! .hello-home-12345/                        in the directory for rendered files
//! .hello-home-12345/erlang/.erlang.cookie   that of the node
//! .hello-home-12345/client/.erlang.cookie   that of the latest remote console
//! ```

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::rand::{GetRandomFlags, getrandom};

use crate::config::file::out_dir;
use crate::environment::Environment;
use crate::node::cookie::in_text;
use crate::{private_file, regular_file};

/// The directory of one user.
#[derive(Debug, PartialEq)]
pub(crate) struct PrivateHome {
    dir: PathBuf,
}

/// Where the VM looks for a cookie in a home directory.
pub(crate) const COOKIE: &str = ".erlang.cookie";

impl PrivateHome {
    /// That of the user of this process, whether it exists or not.
    pub(crate) fn own(environment: &Environment) -> Option<Self> {
        let uid = rustix::process::geteuid().as_raw();
        Some(Self { dir: writable_dir(environment).join(format!("{}{uid}", prefix(environment)?)) })
    }

    /// What XDG_CONFIG_HOME must be for the node to find its cookie.
    pub(crate) fn config(&self) -> &Path {
        &self.dir
    }

    /// What HOME must be for the node to find its cookie.
    pub(crate) fn node(&self) -> PathBuf {
        self.dir.join("erlang")
    }

    /// What HOME must be for a client to find the cookie that [`Self::keep_for_client`] has written.
    pub(crate) fn client(&self) -> PathBuf {
        self.dir.join("client")
    }

    /// Gives the node this cookie.
    pub(crate) fn keep(&self, cookie: &[u8]) -> io::Result<()> {
        self.make(&self.node())?;
        private_file::write(&self.node().join(COOKIE), cookie)
    }

    /// Gives the node a random cookie, unless it has one. Of two processes at once one makes it for both.
    pub(crate) fn generate(&self) -> io::Result<()> {
        self.make(&self.node())?;
        let path = self.node().join(COOKIE);
        match cookie_in(&path) {
            Some(_) => Ok(()),
            None => private_file::create(&path, &random_cookie()?),
        }
    }

    /// Gives this cookie to a VM that is a client of the node.
    pub(crate) fn keep_for_client(&self, cookie: &[u8]) -> io::Result<()> {
        self.make(&self.client())?;
        private_file::write(&self.client().join(COOKIE), cookie)
    }

    fn make(&self, part: &Path) -> io::Result<()> {
        private_file::directory(&self.dir).and_then(|()| private_file::directory(part))
    }
}

/// The cookie that a node of this release was given. Root looks into the directories of all users, since the
/// container may run as another one, and takes the latest.
pub(crate) fn node_cookie(environment: &Environment) -> Option<OsString> {
    let prefix = prefix(environment)?;
    let entries = fs::read_dir(writable_dir(environment)).ok()?.flatten();
    let homes = entries.filter(|entry| {
        let name = entry.file_name();
        let uid = name.to_str().and_then(|name| name.strip_prefix(&prefix)?.parse::<u32>().ok());
        uid.is_some_and(|uid| belongs_to(&entry.path(), uid))
    });
    let cookies = homes.filter_map(|home| {
        let path = home.path().join("erlang").join(COOKIE);
        Some((fs::symlink_metadata(&path).ok()?.modified().ok()?, cookie_in(&path)?))
    });
    cookies.max_by_key(|(modified, _)| *modified).map(|(_, cookie)| cookie)
}

/// Whether this is a directory of that user, which no other user could have made or changed. Only root may
/// read in one of somebody else.
fn belongs_to(path: &Path, uid: u32) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_dir() && found.uid() == uid && found.mode() & 0o077 == 0)
}

/// The cookie in a file, as the VM reads it.
pub(crate) fn cookie_in(path: &Path) -> Option<OsString> {
    in_text(&regular_file::read(path).ok()?)
}

/// Where the rendered files are, else where temporary files are.
fn writable_dir(environment: &Environment) -> PathBuf {
    let temporary = || environment.get("TMPDIR").map(PathBuf::from);
    out_dir(environment).or_else(temporary).unwrap_or_else(|| Path::new("/tmp").into())
}

fn prefix(environment: &Environment) -> Option<String> {
    Some(format!(".{}-home-", environment.get("REL_NAME")?.to_str()?))
}

/// 190 bits.
const LENGTH: usize = 32;

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn random_cookie() -> io::Result<Vec<u8>> {
    let mut cookie = Vec::with_capacity(LENGTH);
    while cookie.len() < LENGTH {
        let mut bytes = [0; LENGTH];
        let filled = getrandom(&mut bytes, GetRandomFlags::empty())?;
        // Only as many values as make every letter equally likely.
        let fair = bytes[..filled].iter().filter(|byte| usize::from(**byte) < 4 * LETTERS.len());
        cookie.extend(fair.map(|byte| LETTERS[usize::from(*byte) % LETTERS.len()]));
    }
    cookie.truncate(LENGTH);
    Ok(cookie)
}

#[cfg(test)]
#[path = "home_tests.rs"]
mod tests;
