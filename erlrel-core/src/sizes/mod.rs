//! What takes the space in an image: native libraries, runtime system, applications, modules.

mod page;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use rayon::prelude::*;

pub use page::{Heading, page};

use crate::fs::FsError;
use crate::image::layers::LayerPlan;
use crate::tree::{Content, Group, Node, TreeError, TreePath};

/// What a part of an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartKind {
    /// Everything.
    Image,
    /// Shared libraries and other files that the virtual machine needs from a system.
    Native,
    /// The Erlang runtime system.
    Erts,
    /// Applications of Erlang/OTP, or one of them.
    Otp,
    /// Dependencies, or one of them.
    Dependency,
    /// The project's own applications, or one of them.
    Project,
    /// Boot files, configuration, scripts, overlays.
    Release,
    /// A compiled module.
    Module,
    /// Any other file.
    File,
}

/// A part of an image, and what it consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is called: `stdlib-4.2`, `lists`, `priv/cacerts.pem`.
    pub name: String,
    /// What it is.
    pub kind: PartKind,
    /// The bytes of all its files, as they are packed and before they are compressed.
    pub size: u64,
    /// How many files those are.
    pub files: usize,
    /// What it consists of, the largest first; nothing for a file.
    pub parts: Vec<Part>,
}

impl Part {
    /// All applications, the largest first.
    pub fn applications(&self) -> Vec<&Part> {
        let kinds = [PartKind::Otp, PartKind::Dependency, PartKind::Project];
        let groups = self.parts.iter().filter(|part| kinds.contains(&part.kind));
        let mut applications: Vec<&Part> = groups.flat_map(|group| &group.parts).collect();
        applications.sort_by(|a, b| larger(a, b));
        applications
    }

    fn of(name: impl Into<String>, kind: PartKind, mut parts: Vec<Self>) -> Self {
        parts.sort_by(larger);
        let (size, files) =
            (parts.iter().map(|part| part.size).sum(), parts.iter().map(|part| part.files).sum());
        Self { name: name.into(), kind, size, files, parts }
    }

    fn file(path: &str, size: u64) -> Self {
        let module = path.strip_prefix("ebin/").and_then(|name| name.strip_suffix(".beam"));
        let (name, kind) = module.map_or((path, PartKind::File), |module| (module, PartKind::Module));
        Self { name: name.into(), kind, size, files: 1, parts: Vec::new() }
    }
}

/// A size for people, as `page.js` shows it too: `312 B`, `4.5 kB`, `12.4 MB`.
pub fn bytes(size: u64) -> String {
    match size {
        0..1_000 => format!("{size} B"),
        1_000..1_000_000 => format!("{:.1} kB", size as f64 / 1e3),
        _ => format!("{:.1} MB", size as f64 / 1e6),
    }
}

/// The larger one first; of equal ones, by name.
fn larger(a: &Part, b: &Part) -> Ordering {
    b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name))
}

/// Measures all files of some layers.
///
/// # Errors
/// When a file cannot be read.
pub fn measure(layers: &[LayerPlan]) -> Result<Part, TreeError> {
    let files = sizes(layers)?;
    let apps = Apps::of(&files);
    let mut groups: BTreeMap<PartKind, BTreeMap<String, Vec<Part>>> = BTreeMap::new();
    for (path, group, size) in &files {
        let (kind, app, inner) = apps.place(path.as_str(), group);
        groups.entry(kind).or_default().entry(app).or_default().push(Part::file(&inner, *size));
    }
    let group = |(kind, apps): (PartKind, BTreeMap<String, Vec<Part>>)| {
        let parts = apps.into_iter().flat_map(|(app, files)| match app.as_str() {
            "" => files,
            _ => vec![Part::of(app, kind, files)],
        });
        Part::of(called(kind), kind, parts.collect())
    };
    Ok(Part::of("image", PartKind::Image, groups.into_iter().map(group).collect()))
}

fn called(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Native => "native libraries",
        PartKind::Erts => "ERTS",
        PartKind::Otp => "OTP",
        PartKind::Dependency => "dependencies",
        PartKind::Project => "project",
        PartKind::Release => "release files",
        PartKind::Image | PartKind::Module | PartKind::File => "files",
    }
}

/// A file, where it comes from, and its size.
type Measured<'a> = (&'a TreePath, &'a Group, u64);

fn sizes(layers: &[LayerPlan]) -> Result<Vec<Measured<'_>>, TreeError> {
    let entries = layers.iter().flat_map(|layer| layer.tree.iter());
    let files = entries.filter_map(|(path, entry)| match &entry.node {
        Node::File(content) => Some((path, &entry.group, content)),
        Node::Directory | Node::Symlink(_) => None,
    });
    let files: Vec<_> = files.collect();
    let measured = files.into_par_iter().map(|(path, group, content)| Ok((path, group, size_of(content)?)));
    measured.collect()
}

fn size_of(content: &Content) -> Result<u64, TreeError> {
    match content {
        Content::File(path) => Ok(path.metadata().map_err(FsError::while_doing("read", path))?.len()),
        content => Ok(content.read()?.len() as u64),
    }
}

/// The directories of applications, and what kind they are of.
struct Apps<'a>(BTreeMap<&'a str, PartKind>);

impl<'a> Apps<'a> {
    fn of(files: &[Measured<'a>]) -> Self {
        let app = |(path, group, _): &Measured<'a>| {
            let kind = match group {
                Group::Otp => PartKind::Otp,
                Group::Dependency(_) => PartKind::Dependency,
                Group::Project(_) => PartKind::Project,
                Group::Native | Group::Erts | Group::Release => return None,
            };
            Some((app_dir(path.as_str())?, kind))
        };
        Self(files.iter().filter_map(app).collect())
    }

    /// What a file belongs to: kind, application, and its path in there.
    fn place(&self, path: &str, group: &Group) -> (PartKind, String, String) {
        let mut ends = path.match_indices('/').map(|(at, _)| at);
        if let Some((dir, kind)) = ends.find_map(|at| self.0.get_key_value(path.get(..at)?)) {
            let name = dir.rsplit('/').next().unwrap_or(dir);
            return (*kind, name.into(), path.get(dir.len() + 1..).unwrap_or_default().into());
        }
        let (kind, app) = match group {
            Group::Native => (PartKind::Native, ""),
            Group::Erts => (PartKind::Erts, ""),
            Group::Release => (PartKind::Release, ""),
            // The start program, which is there as long as erlrel itself stays the same.
            Group::Otp => (PartKind::Release, ""),
            // Without `ebin` there is nothing that shows where they begin.
            Group::Dependency(name) => (PartKind::Dependency, name.as_str()),
            Group::Project(name) => (PartKind::Project, name.as_str()),
        };
        (kind, app.into(), path.into())
    }
}

/// `LIB/NAME-VSN` of a file in `LIB/NAME-VSN/ebin`.
fn app_dir(path: &str) -> Option<&str> {
    let (dir, _) = path.rsplit_once("/ebin/")?;
    let (above, _) = dir.rsplit_once('/')?;
    (above == "lib" || above.ends_with("/lib")).then_some(dir)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixture::tree;
    use crate::image::layers::{SplitOptions, split};

    fn show(part: &Part, depth: usize) -> String {
        let inner: String = part.parts.iter().map(|part| show(part, depth + 1)).collect();
        format!("{}{} {:?} {} {}\n{inner}", "  ".repeat(depth), part.name, part.kind, part.size, part.files)
    }

    #[test]
    fn every_file_counts_once_where_it_belongs() {
        let layers = split(&tree(), SplitOptions::default()).expect("split");
        let measured = measure(&layers).expect("measured");
        insta::assert_snapshot!(show(&measured, 0), @r"
        image Image 35 6
          native libraries Native 19 2
            etc/passwd File 15 1
            lib/libc.so File 4 1
          OTP Otp 6 1
            stdlib Otp 6 1
              ebin/stdlib.app File 6 1
          ERTS Erts 4 1
            opt/app/erts/bin/beam File 4 1
          dependencies Dependency 3 1
            dep Dependency 3 1
              ebin/dep.app File 3 1
          project Project 3 1
            app Project 3 1
              ebin/app.app File 3 1
        ");
        let names: Vec<&str> = measured.applications().iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["stdlib", "app", "dep"]);
    }
}
