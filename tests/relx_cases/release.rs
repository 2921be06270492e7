//! What a release holds, and the comparison of erlrel's with relx's.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use walkdir::WalkDir;

/// A path of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    File(Vec<u8>),
    Directory,
    Link(PathBuf),
}

/// A release in a directory or a tarball.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) nodes: BTreeMap<String, Node>,
    /// Who may read, write and execute a path.
    pub(super) modes: BTreeMap<String, u32>,
    /// What erlrel said on stderr.
    pub(super) warnings: String,
}

/// What relx adds and erlrel never does: its start script does without (docs/relx-parity.md).
const NEVER: [&str; 2] = ["bin/install_upgrade.escript", "bin/nodetool"];

impl Release {
    pub(super) fn directory(dir: &Path, warnings: String) -> Self {
        let mut release = Self::empty(warnings);
        for entry in WalkDir::new(dir).min_depth(1) {
            let entry = entry.expect("an entry");
            let node = match entry.file_type() {
                kind if kind.is_dir() => Node::Directory,
                kind if kind.is_symlink() => Node::Link(std::fs::read_link(entry.path()).expect("a link")),
                _ => Node::File(std::fs::read(entry.path()).expect("a file")),
            };
            let path = entry.path().strip_prefix(dir).expect("below it").display().to_string();
            release.add(path, node, entry.metadata().expect("metadata").mode());
        }
        release
    }

    /// Of equal paths the last counts, as in unpacking.
    pub(super) fn tarball(path: &Path, warnings: String) -> Self {
        let mut release = Self::empty(warnings);
        let file = std::fs::File::open(path).expect("a tarball");
        let mut archive = tar::Archive::new(GzDecoder::new(file));
        for entry in archive.entries().expect("a tar file") {
            let mut entry = entry.expect("an entry");
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("content");
            let path = entry.path().expect("a path").display().to_string();
            let is_dir = entry.header().entry_type().is_dir();
            let node = if is_dir { Node::Directory } else { Node::File(bytes) };
            release.add(path, node, entry.header().mode().expect("a mode"));
        }
        release
    }

    fn empty(warnings: String) -> Self {
        Self { nodes: BTreeMap::new(), modes: BTreeMap::new(), warnings }
    }

    fn add(&mut self, path: String, node: Node, mode: u32) {
        self.modes.insert(path.clone(), mode & 0o777);
        self.nodes.insert(path, node);
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.nodes.contains_key(path)
    }

    pub(super) fn is_link(&self, path: &str) -> bool {
        matches!(self.nodes.get(path), Some(Node::Link(_)))
    }

    /// Where a link leads to.
    pub(super) fn link(&self, path: &str) -> PathBuf {
        match self.nodes.get(path) {
            Some(Node::Link(target)) => target.clone(),
            other => panic!("{path} is {other:?}"),
        }
    }

    /// Lets absolute links begin in another root directory.
    pub(super) fn link_from(&mut self, root: &Path) {
        for node in self.nodes.values_mut() {
            if let Node::Link(target) = node
                && let Ok(below) = target.strip_prefix(root)
            {
                *target = Path::new("/").join(below);
            }
        }
    }

    pub(super) fn text(&self, path: &str) -> String {
        match self.nodes.get(path) {
            Some(Node::File(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
            other => panic!("{path} is {other:?}"),
        }
    }

    /// The `.rel` file of the version that is started, without blanks and line ends: `{release,{"NAME","VSN"},{erts,"EV"},[…]}.`
    pub(super) fn rel(&self) -> String {
        let started = self.text("releases/start_erl.data");
        let version = format!("releases/{}/", started.split_whitespace().nth(1).expect("a version"));
        let is_rel = |path: &&String| path.starts_with(&version) && path.ends_with(".rel");
        let path = self.nodes.keys().find(is_rel).expect("a .rel file");
        self.text(path).split_whitespace().collect()
    }

    /// The applications of the `.rel` file in its order, as terms; the versions of Erlang's own are `_`.
    pub(super) fn apps(&self) -> Vec<String> {
        let rel = self.rel();
        let (_, apps) = rel.split_once(",[{").expect("a list of applications");
        let apps = apps.strip_suffix("}]}.").expect("the end of the list");
        apps.split("},{").map(|app| without_version_of_erlang(&format!("{{{app}}}"))).collect()
    }

    /// Asserts that these are among the applications.
    pub(super) fn assert_contains(&self, apps: &[&str]) {
        let found = self.apps();
        for app in apps {
            assert!(found.iter().any(|found| found == app), "{app} is not in {found:?}");
        }
    }
}

fn without_version_of_erlang(app: &str) -> String {
    let erlang = ["kernel", "stdlib", "sasl"].iter().find(|name| app.starts_with(&format!("{{{name},\"")));
    erlang.map_or_else(|| app.into(), |name| format!("{{{name},_}}"))
}

/// Asserts that both have the same applications, paths, links, and files below `lib` and `releases`; `missing` are paths that only relx has.
pub(super) fn assert_same(ours: &Release, relx: &Release, missing: &[&str]) {
    assert_eq!(ours.rel(), relx.rel(), "the .rel file");
    let paths = |release: &Release| -> BTreeSet<String> { release.nodes.keys().cloned().collect() };
    let (our_paths, their_paths) = (paths(ours), paths(relx));
    let only_relx: BTreeSet<&str> =
        their_paths.difference(&our_paths).map(String::as_str).filter(|path| !NEVER.contains(path)).collect();
    assert_eq!(only_relx, missing.iter().copied().collect(), "what only relx has");
    let only_ours: Vec<&String> = our_paths.difference(&their_paths).collect();
    assert!(only_ours.is_empty(), "what only erlrel has: {only_ours:?}");
    for (path, node) in &ours.nodes {
        match (node, &relx.nodes[path]) {
            (Node::File(ours), Node::File(theirs)) => assert_same_content(path, ours, theirs),
            (ours, theirs) => assert_eq!(ours, theirs, "{path}"),
        }
    }
}

/// Modules are left to `relx_parity`. How terms are laid out in lines does not matter, nor do comments, which the
/// configuration has that is there by default.
fn assert_same_content(path: &str, ours: &[u8], theirs: &[u8]) {
    let is_compared =
        ["lib/", "releases/"].iter().any(|dir| path.starts_with(dir)) && !path.ends_with(".beam");
    if is_compared && path.ends_with(".boot") {
        assert!(ours == theirs, "{path} differs");
    } else if is_compared {
        assert_eq!(plain(ours), plain(theirs), "{path}");
    }
}

fn plain(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let lines = text.lines().filter(|line| !line.starts_with(['%', '#']));
    lines.flat_map(str::split_whitespace).collect()
}
