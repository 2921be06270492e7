//! What an image says of itself: the `org.opencontainers.image.*` keys (image-spec, "annotations.md").

use std::collections::BTreeMap;

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
        let git =
            |arguments: &[&str]| commands::git(&project.root, arguments).filter(|text| !text.is_empty());
        let is_dirty = || git(&["status", "--porcelain", "--untracked-files=no"]).is_some();
        let revision = git(&["rev-parse", "HEAD"]);
        Self {
            title,
            version,
            revision: revision.map(|sha| if is_dirty() { format!("{sha}-dirty") } else { sha }),
            source: git(&["config", "--get", "remote.origin.url"]).and_then(|url| public_url(&url)),
        }
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
