//! Where the inputs and the products of a compilation are.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::snapshot::Snapshot;
use super::walk::walk;
use super::{Options, toolchain};
use crate::fs::FsError;
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

    /// True if what is at `path` is looked at by way of this area, as far as its name says.
    pub(super) fn has(&self, path: &Path) -> bool {
        path.starts_with(&self.root)
            && matches!(self.depth, Depth::Whole | Depth::Sources)
            && !super::is_below(path, &self.except)
            && (self.depth == Depth::Whole || !self.is_passed_over(path))
    }

    fn is_passed_over(&self, path: &Path) -> bool {
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        let mut names = below.components().map(|name| name.as_os_str().to_string_lossy());
        names.next().is_some_and(|first| first.starts_with('.')) || below.iter().any(|name| name == BUILD)
    }
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
    pub(super) fn of(project: &Project, options: &Options<'_>) -> Self {
        let except = [[project.base_dir.clone()].as_slice(), options.written].concat();
        let sources = Area { except, ..Area::to(project.root.clone(), Depth::Sources) };
        let mut inputs = vec![sources];
        inputs.extend(of_user(options));
        inputs.extend(toolchain::areas(options.environment));
        Self { inputs, products: products(project) }
    }

    /// With other places of inputs.
    pub(super) fn with(mut self, extra: &[Area]) -> Self {
        self.inputs.extend_from_slice(extra);
        self
    }

    /// Those of these files that are in none of the places.
    pub(super) fn others(&self, files: impl IntoIterator<Item = PathBuf>) -> Vec<Area> {
        let is_here = |path: &Path| self.inputs.iter().chain(&self.products).any(|area| area.has(path));
        files.into_iter().filter(|path| !is_here(path)).map(Area::of).collect()
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
    let configured = |key: &str, usual: &str| {
        project.config.get(key).and_then(|dir| dir.as_text()).unwrap_or_else(|| usual.into())
    };
    let (deps, plugins) = (configured("deps_dir", "lib"), configured("plugins_dir", "plugins"));
    let checkouts = configured("checkouts_out_dir", "checkouts");
    let own = project.profile_dir();
    let mut areas: Vec<Area> =
        [&deps, &plugins, &checkouts, "extras"].map(|name| Area::of(own.join(name))).into();
    let default = project.base_dir.join("default");
    if default != own {
        let names = project.own_names().unwrap_or_default().into_iter().chain([".rebar3".to_string()]);
        let except = names.map(|name| default.join(&deps).join(name)).collect();
        areas.push(Area { except, ..Area::of(default.join(&deps)) });
        areas.push(Area::of(default.join(&plugins)));
    }
    areas
}
