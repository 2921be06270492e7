//! What an image says of itself: the `org.opencontainers.image.*` keys (image-spec, "annotations.md").

use std::collections::BTreeMap;
use std::path::Path;
use std::thread::{self, JoinHandle};

use crate::image::timestamp::rfc3339;
use crate::project::{Project, commands};
use crate::release::{Prebuilt, ReleaseSpec};

/// Title, version and origin of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The release's name, or the project's.
    pub title: String,
    /// The release's version.
    pub version: Option<String>,
    /// The commit it was made from, with `-dirty` behind it if tracked files were changed since.
    pub revision: Option<String>,
    /// Where its source is, as an address that others can use: no local path, no password.
    pub source: Option<String>,
}

impl Description {
    /// Describes a release; `git` is asked for commit and origin.
    pub fn of(spec: &ReleaseSpec, project: &Project) -> Self {
        Self::of_project(spec.name.clone(), Some(spec.vsn.clone()), project)
    }

    /// Describes something else that is made of a project; `git` is asked for commit and origin.
    pub fn of_project(title: String, version: Option<String>, project: &Project) -> Self {
        let (revision, source) = origin(&project.root);
        Self { title, version, revision, source }
    }

    /// Describes a release that something else has assembled; what it was made from is not known.
    pub fn of_prebuilt(release: &Prebuilt) -> Self {
        Self { title: release.name.clone(), version: Some(release.vsn.clone()), revision: None, source: None }
    }

    /// The keys and values; `epoch` is the time of `created` in seconds since 1970.
    pub fn annotations(&self, epoch: u64) -> BTreeMap<String, String> {
        let pairs = [
            ("title", Some(self.title.clone())),
            ("version", self.version.clone()),
            ("revision", self.revision.clone()),
            ("source", self.source.clone()),
            ("created", Some(rfc3339(epoch))),
        ];
        let key = |name: &str| format!("org.opencontainers.image.{name}");
        pairs.into_iter().filter_map(|(name, value)| Some((key(name), value?))).collect()
    }
}

/// A description for which git is being asked: it takes as long as much of what can be done until the answer is needed.
pub(super) struct Asking {
    /// Without the answer.
    description: Description,
    asked: Option<JoinHandle<Origin>>,
}

impl Asking {
    /// Begins to ask `git` for commit and origin of a release.
    pub(super) fn of(spec: &ReleaseSpec, project: &Project) -> Self {
        let (title, version, root) = (spec.name.clone(), Some(spec.vsn.clone()), project.root.clone());
        match thread::Builder::new().spawn(move || origin(&root)) {
            Ok(asked) => {
                let description = Description { title, version, revision: None, source: None };
                Self { description, asked: Some(asked) }
            }
            Err(_) => Description::of(spec, project).into(),
        }
    }

    /// The title, which is known before.
    pub(super) fn title(&self) -> &str {
        &self.description.title
    }

    /// Waits for the answer.
    pub(super) fn answer(self) -> Description {
        let answer = self.asked.and_then(|asked| asked.join().ok());
        match answer {
            Some((revision, source)) => Description { revision, source, ..self.description },
            None => self.description,
        }
    }
}

impl From<Description> for Asking {
    fn from(description: Description) -> Self {
        Self { description, asked: None }
    }
}

/// Revision and source, as [`Description`] has them.
type Origin = (Option<String>, Option<String>);

fn origin(root: &Path) -> Origin {
    let source = git(root, &["config", "--get", "remote.origin.url"]).and_then(|url| public_url(&url));
    (revision(root), source)
}

/// One process says both what the commit is and what was changed since, unless git is older than 2.17 or there are no files to
/// compare.
fn revision(root: &Path) -> Option<String> {
    if let Some(status) = git(root, &STATUS) {
        return in_status(&status);
    }
    let sha = git(root, &["rev-parse", "HEAD"])?;
    let is_dirty = git(root, &["status", "--porcelain", "--untracked-files=no"]).is_some();
    Some(revision_of(&sha, is_dirty))
}

fn revision_of(sha: &str, is_dirty: bool) -> String {
    if is_dirty { format!("{sha}-dirty") } else { sha.into() }
}

/// How far a branch is from another would take long to count. Nothing is to be locked, since a plan that fails does not wait for
/// the answer.
const STATUS: [&str; 6] = [
    "--no-optional-locks",
    "status",
    "--porcelain=v2",
    "--branch",
    "--no-ahead-behind",
    "--untracked-files=no",
];

/// The commit in git's answer (git-status(1), "Porcelain Format Version 2"): headers begin with `#`, and each other line is
/// a file that was changed.
fn in_status(status: &str) -> Option<String> {
    let sha = status.lines().find_map(|line| line.strip_prefix("# branch.oid "))?;
    let is_dirty = status.lines().any(|line| !line.starts_with('#'));
    // Before the first commit it is `(initial)`.
    let is_commit = sha.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_commit.then(|| revision_of(sha, is_dirty))
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    commands::git(root, arguments).filter(|text| !text.is_empty())
}

/// The address without user and password; `git@host:path` as `https://host/path`; `None` for a local path.
fn public_url(url: &str) -> Option<String> {
    if let Some((scheme, rest)) = url.split_once("://") {
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = authority.rsplit('@').next().filter(|host| !host.is_empty())?;
        return match scheme {
            "http" | "https" => Some(format!("{scheme}://{host}/{path}")),
            "ssh" | "git" => Some(format!("https://{}/{path}", host.split(':').next()?)),
            _ => None,
        };
    }
    let (host, path) = url.split_once(':').filter(|(host, _)| !host.contains('/'))?;
    let host = host.rsplit('@').next().filter(|host| host.contains('.'))?;
    Some(format!("https://{host}/{}", path.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_revision_is_that_of_a_commit_and_says_whether_files_differ_from_it() {
        let sha = "e87bb2db25e1f792744a1ea1916584eb9715a770";
        let headers = format!("# branch.oid {sha}\n# branch.head main\n# stash 1");
        assert_eq!(in_status(&headers).as_deref(), Some(sha));
        for entry in ["1 .M N... 100644 100644 100644 1 1 #a", "2 R. N... 1 1 1 1 1 R1 b\ta", "u UU N... c"] {
            let status = format!("{headers}\n{entry}");
            assert_eq!(in_status(&status), Some(format!("{sha}-dirty")), "{entry}");
        }
        assert_eq!(in_status("# branch.oid (initial)\n# branch.head main\n1 A. N... a"), None);
    }

    #[test]
    fn git_says_from_which_commit_and_whether_tracked_files_differ() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = dir.path();
        let run = |arguments: &[&str]| commands::git(root, arguments).expect("git works");
        let write = |text: &str| std::fs::write(root.join("tracked"), text).expect("written");
        assert_eq!(origin(root), (None, None), "no repository");
        run(&["init", "--quiet"]);
        assert_eq!(origin(root), (None, None), "no commit");
        write("one");
        run(&["add", "tracked"]);
        run(&["-c", "user.name=A", "-c", "user.email=a@example.invalid", "commit", "--quiet", "-m", "One"]);
        run(&["config", "remote.origin.url", "git@code.example:acme/shop.git"]);
        std::fs::write(root.join("untracked"), "").expect("written");
        let source = Some("https://code.example/acme/shop.git".to_string());
        let sha = run(&["rev-parse", "HEAD"]);
        assert_eq!(origin(root), (Some(sha.clone()), source.clone()));
        write("two");
        assert_eq!(origin(root), (Some(format!("{sha}-dirty")), source.clone()));
        run(&["add", "tracked"]);
        assert_eq!(origin(root).0, Some(format!("{sha}-dirty")), "staged");
        run(&["reset", "--quiet", "--hard"]);
        assert_eq!(origin(root), (Some(sha), source));
    }

    #[test]
    fn a_source_address_leaks_neither_password_nor_path() {
        let url = |text| public_url(text).unwrap_or_default();
        assert_eq!(url("https://me:secret@code.example/acme/shop.git"), "https://code.example/acme/shop.git");
        assert_eq!(url("git@code.example:acme/shop.git"), "https://code.example/acme/shop.git");
        assert_eq!(url("ssh://git@code.example:22/acme/shop"), "https://code.example/acme/shop");
        for local in ["/home/me/shop", "../shop", "file:///home/me/shop", "C:/shop"] {
            assert_eq!(url(local), "", "{local}");
        }
    }
}
