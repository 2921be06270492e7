//! Where the inputs and the products of a compilation are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::snapshot::Snapshot;
use super::walk::walk;
use super::{Options, Work, real, toolchain, with_end};
use crate::fs::{FsError, is_aside, read_start};
use crate::project::Project;

/// A file, or a directory with all that is in it. It need not be there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Area {
    pub(super) root: PathBuf,
    pub(super) depth: Depth,
    /// What is no part of it.
    pub(super) except: Vec<PathBuf>,
}

/// How far one looks into an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Depth {
    /// Everything.
    Whole,
    /// Everything, but for what nobody compiles from: at its top directories whose name begins with a dot and archives; anywhere what
    /// others have built, and OCI layouts.
    Sources,
    /// Of a git directory what says which commit is checked out and which tags there are.
    Git,
    /// The names in a directory.
    Names,
}

impl Area {
    /// All of it.
    pub(super) fn of(root: PathBuf) -> Self {
        Self { root, depth: Depth::Whole, except: Vec::new() }
    }

    /// As far as this.
    pub(super) fn to(root: PathBuf, depth: Depth) -> Self {
        Self { root, depth, except: Vec::new() }
    }

    /// True if what is at `path` is looked at by way of this area.
    pub(super) fn has(&self, path: &Path) -> bool {
        let is_found = |path: &&Path| *path != self.root;
        let dirs = path.ancestors().skip(1).take_while(is_found).map(Entry::Directory);
        let own = if path.is_dir() { Entry::Directory(path) } else { Entry::Other(path) };
        path.starts_with(&self.root)
            && matches!(self.depth, Depth::Whole | Depth::Sources)
            && (path == self.root || !dirs.chain([own]).any(|entry| self.leaves_out(entry)))
    }

    /// True if an entry of one of its directories is no part of it.
    pub(super) fn leaves_out(&self, entry: Entry<'_>) -> bool {
        let (Entry::Directory(path) | Entry::Other(path)) = entry;
        let of_nobody = || self.depth == Depth::Sources && self.is_passed_over(entry);
        is_aside(path) || self.except.iter().any(|except| except == path) || of_nobody()
    }

    /// Images and releases are often written into a project.
    fn is_passed_over(&self, entry: Entry<'_>) -> bool {
        let (Entry::Directory(path) | Entry::Other(path)) = entry;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_at_top = path.parent() == Some(&self.root);
        match entry {
            Entry::Directory(_) => {
                name == BUILD || is_at_top && name.starts_with('.') || is_image(path) || is_release(path)
            }
            Entry::Other(_) => {
                let is_archive = [".tar", ".tar.gz", ".tgz"].iter().any(|end| name.ends_with(end));
                is_at_top && (is_archive || name.ends_with(".html") && is_page(path))
            }
        }
    }
}

/// What a directory has.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entry<'a> {
    Directory(&'a Path),
    /// A file, a link, or something else.
    Other(&'a Path),
}

fn is_image(dir: &Path) -> bool {
    dir.join("oci-layout").exists()
}

/// An application may have something that looks like a release in it, and be none.
fn is_release(dir: &Path) -> bool {
    let has = |path: &str| dir.join(path).exists();
    has("releases/start_erl.data") && !["src", "ebin", "rebar.config"].into_iter().any(has)
}

/// Whether erlrel has drawn it, which its first lines say.
fn is_page(file: &Path) -> bool {
    let start = read_start(file, 512, |_| false).unwrap_or_default();
    String::from_utf8_lossy(&start).contains("<meta name=\"generator\" content=\"erlrel\">")
}

/// Where rebar3 builds unless it is told otherwise; the project's own directory for that is left out by its path.
pub(super) const BUILD: &str = "_build";

/// The usual places.
#[derive(Debug)]
pub(super) struct Areas {
    pub(super) inputs: Vec<Area>,
    pub(super) products: Vec<Area>,
}

impl Areas {
    pub(super) fn of(work: &Work<'_>) -> Self {
        let Work { project, options, written, .. } = work;
        let except = [[project.base_dir.clone()].as_slice(), written].concat();
        let sources = Area { except, ..Area::to(project.root.clone(), Depth::Sources) };
        let mut inputs = vec![sources];
        // Variables can name a configuration that lies elsewhere.
        inputs.extend([work.configuration(), with_end(&work.configuration(), ".script")].map(Area::of));
        inputs.extend(of_user(options));
        inputs.extend(toolchain::areas(options.environment));
        Self { inputs, products: products(project) }
    }

    /// With other places of inputs.
    pub(super) fn with(mut self, extra: &[Area]) -> Self {
        self.inputs.extend_from_slice(extra);
        self
    }

    /// Those of these files that were not found in the usual places.
    pub(super) fn others(&self, files: &BTreeSet<PathBuf>, found: [&Snapshot; 2]) -> Vec<Area> {
        let is_found = |path: &Path| found.iter().any(|snapshot| snapshot.has(path));
        let is_made = |path: &Path| self.products.iter().any(|area| area.has(path));
        // A path through a link is not the one by which something was found.
        let others = files.iter().filter(|path| !is_found(path) && !is_made(path) && !is_found(&real(path)));
        others.cloned().map(Area::of).collect()
    }

    /// What the inputs are now; what is known of them need not be read. `time` is the present.
    ///
    /// # Errors
    /// When something cannot be read.
    pub(super) fn take_inputs(
        &self,
        known: &Snapshot,
        time: Option<SystemTime>,
    ) -> Result<Snapshot, FsError> {
        Snapshot::take(walk(&self.inputs, &self.products)?, known, time)
    }

    /// The same of the products.
    ///
    /// # Errors
    /// As above.
    pub(super) fn take_products(
        &self,
        known: &Snapshot,
        time: Option<SystemTime>,
    ) -> Result<Snapshot, FsError> {
        Snapshot::take(walk(&self.products, &self.inputs)?, known, time)
    }
}

/// What takes part in every build of a user.
fn of_user(options: &Options<'_>) -> Vec<Area> {
    let get = |name: &str| options.environment.get(name).map(PathBuf::from);
    let home = get("HOME");
    let global = get("REBAR_GLOBAL_CONFIG_DIR").or_else(|| home.clone());
    let cache = get("REBAR_CACHE_DIR").or_else(|| Some(home.clone()?.join(".cache/rebar3")));
    let config = global.map(|dir| dir.join(".config/rebar3"));
    let files =
        config.iter().flat_map(|dir| ["rebar.config", "rebar.config.script"].map(|name| dir.join(name)));
    let plugins = cache.iter().map(|dir| dir.join("plugins"));
    let of_erlang = home.iter().flat_map(|home| [".erlang", ".erlang.crypt"].map(|name| home.join(name)));
    files.chain(plugins).chain(of_erlang).map(Area::of).collect()
}

/// Where rebar3 compiles to in this profile, and in the default profile, from which all take dependencies and plugins. What it has compiled
/// there of the project itself is for that profile alone.
fn products(project: &Project) -> Vec<Area> {
    let (own, default) = (project.profile_dir(), project.base_dir.join("default"));
    let mut areas: Vec<Area> = [
        project.lib_dir(&own),
        project.plugins_dir(&own),
        project.checkouts_out_dir(&own),
        own.join("extras"),
    ]
    .map(Area::of)
    .into();
    if default != own {
        let lib = project.lib_dir(&default);
        let names = project.own_names().unwrap_or_default().into_iter().chain([".rebar3".to_string()]);
        let except = names.map(|name| lib.join(name)).collect();
        areas.push(Area { except, ..Area::of(lib) });
        areas.push(Area::of(project.plugins_dir(&default)));
    }
    areas
}
