//! The project's directory in an image: configuration and lock, sources, and what rebar3 has compiled.

use std::path::{Path, PathBuf};

use super::{Own, Target, TargetError, TargetOptions, compile_graph, sources};
use crate::container::ContainerWarning;
use crate::dependencies::{Dependencies, in_place};
use crate::fs;
use crate::project::Project;
use crate::project::deps_key::Toolchain;
use crate::tree::{Entry, Group, Tree, TreePath};

/// What rebar3 reads of a project.
const CONFIGURATION: [&str; 4] = ["rebar.config", "rebar.config.script", "rebar.lock", "rebar.lock.script"];

/// Where rebar3 puts what it builds, seen from the project.
const BUILD: &str = "_build";

/// What of a project goes into an image.
pub(super) struct App {
    /// By paths from the project's directory on.
    pub(super) tree: Tree,
    /// Dependencies that rebar3 asks git about, with the commits that it expects.
    pub(super) commits: Vec<(TreePath, String)>,
    /// rebar3's index of packages.
    pub(super) index: Option<Vec<u8>>,
    /// The names of the project's own applications.
    pub(super) own: Own,
    pub(super) left_out: Vec<ContainerWarning>,
}

/// Reads a project that is compiled.
///
/// # Errors
/// When something cannot be read, or the project has checkouts.
pub(super) fn read(
    target: Target,
    project: &Project,
    options: &TargetOptions<'_>,
    epoch: u64,
) -> Result<App, TargetError> {
    if !fs::list(&project.root.join("_checkouts"))?.is_empty() {
        return Err(TargetError::Checkouts);
    }
    let dependencies = Dependencies::of(project, &Toolchain::default(), options.environment)?;
    let there = in_place(&dependencies)?;
    let build = TreePath::new(BUILD)?;
    let mut tree = there.tree.under(&build);
    let own = project.own_names()?;
    if target == Target::Builder {
        for name in CONFIGURATION.map(|name| project.root.join(name)).iter().filter(|path| path.is_file()) {
            sources::add_below(&mut tree, &project.root, name)?;
        }
    } else {
        sources::add(&mut tree, project)?;
        add_compiled(&mut tree, project, &own, (options.home(), epoch))?;
    }
    let warning = |left: crate::dependencies::LeftOut| ContainerWarning::DependencyLeftOut {
        name: left.name,
        why: left.why,
    };
    Ok(App {
        tree,
        commits: there.commits.into_iter().map(|(place, commit)| (place.under(&build), commit)).collect(),
        index: there.index,
        own,
        left_out: there.left_out.into_iter().map(warning).collect(),
    })
}

/// What rebar3 has made of the project itself: its applications, their links to the sources, and how it knows that they are
/// up to date.
fn add_compiled(
    tree: &mut Tree,
    project: &Project,
    own: &Own,
    (home, epoch): (&str, u64),
) -> Result<(), TargetError> {
    let profile = project.profile_name();
    let lib = project.profile_dir().join("lib");
    let mut found = Tree::new();
    for dir in own.iter().map(|name| lib.join(name)).chain([project.profile_dir().join("extras")]) {
        if dir.is_dir() {
            sources::add_below(&mut found, &outside_build(project), &dir)?;
        }
    }
    // The base directory may have another name here.
    for (path, entry) in found.iter() {
        let Some(rest) = below(path, project) else { continue };
        tree.replace(TreePath::new(format!("{BUILD}/{rest}"))?, entry.clone());
    }
    for graph in graphs(&lib)? {
        let moved = compile_graph::moved(&fs::read(&graph)?, &real(&project.root), home, epoch);
        if let (Some(bytes), Ok(path)) = (moved, graph.strip_prefix(&lib)) {
            let path = TreePath::new(format!("{BUILD}/{profile}/lib/{}", path.display()))?;
            tree.replace(path, Entry::file(bytes, 0o644, Group::Release));
        }
    }
    link_dependencies(tree, &profile)
}

/// rebar3 links what all profiles share into each of them; by an absolute path, which would be one of this machine.
fn link_dependencies(tree: &mut Tree, profile: &str) -> Result<(), TargetError> {
    if profile == "default" {
        return Ok(());
    }
    let names: Own =
        tree.iter().filter_map(|(path, _)| shared_dependency(path.as_str())).map(String::from).collect();
    for name in names {
        let link = TreePath::new(format!("{BUILD}/{profile}/lib/{name}"))?;
        if tree.get(link.as_str()).is_none() {
            tree.insert(link, Entry::symlink(format!("../../default/lib/{name}"), Group::Release))?;
        }
    }
    Ok(())
}

fn shared_dependency(path: &str) -> Option<&str> {
    let (name, _) = path.strip_prefix("_build/default/lib/")?.split_once('/')?;
    Some(name)
}

/// The directory that has both sources and what is built, for links from one to the other.
fn outside_build(project: &Project) -> PathBuf {
    if project.base_dir.starts_with(&project.root) { project.root.clone() } else { PathBuf::from("/") }
}

/// The rest of a path below the base directory.
fn below<'a>(path: &'a TreePath, project: &Project) -> Option<&'a str> {
    let base = project.base_dir.strip_prefix(outside_build(project)).ok()?.to_str()?;
    path.as_str().strip_prefix(base)?.strip_prefix('/')
}

/// Where rebar3 keeps its graphs of the project's applications: `.rebar3/COMPILER/*.dag`.
fn graphs(lib: &Path) -> Result<Vec<PathBuf>, TargetError> {
    let compilers = fs::list(&lib.join(".rebar3"))?;
    let files = compilers.iter().map(|dir| if dir.is_dir() { fs::list(dir) } else { Ok(Vec::new()) });
    let files = files.collect::<Result<Vec<_>, _>>()?.concat();
    Ok(files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "dag"))
        .collect())
}

/// rebar3 knows its own directory by the path without links.
pub(super) fn real(root: &Path) -> String {
    let real = std::fs::canonicalize(root);
    real.as_deref().unwrap_or(root).display().to_string()
}

/// Where an entry comes from: sources and the project's own applications change with every commit, all else with the
/// lock.
pub(super) fn group_of(path: &TreePath, own: &Own) -> Group {
    let parts: Vec<&str> = path.as_str().split('/').collect();
    match parts.as_slice() {
        [BUILD, _, "lib" | "plugins", name, ..] if !own.contains(*name) && !name.starts_with('.') => {
            Group::Dependency((*name).into())
        }
        [BUILD, _, "lib", name, ..] => Group::Project((*name).into()),
        [.., file] if file.ends_with("_plt") => Group::Dependency((*file).into()),
        _ => Group::Release,
    }
}
