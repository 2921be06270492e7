//! What some layers of an image leave, one on the other.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::sync::Arc;

use rayon::prelude::*;

use crate::beam::{self, Outline};
use crate::digest::{Digest, DigestWriter};
use crate::image::contents::{Found, Kind, read_each};
use crate::image::{ImageError, Layer};

/// What a file contains.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) size: u64,
    pub(super) digest: Digest,
    /// If it is a module.
    pub(super) outline: Option<Arc<Outline>>,
}

#[derive(Debug, Clone)]
pub(super) enum Node {
    Directory,
    File(File),
    Symlink(String),
    Special,
    /// A whiteout: what lower layers have there is gone.
    Removed,
}

#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) mode: u32,
    pub(super) node: Node,
}

/// All paths, without the first `/`.
#[derive(Debug, Default)]
pub(super) struct View {
    items: BTreeMap<String, Item>,
    /// Where nothing is left of what lower layers have below.
    opaque: BTreeSet<String>,
}

impl View {
    /// Reads layers, lowest first, and puts one on the other.
    ///
    /// # Errors
    /// When one cannot be read or is damaged.
    pub(super) fn read(layers: Vec<&Layer>) -> Result<Self, ImageError> {
        let read: Vec<Self> =
            layers.par_iter().map(|layer| Self::of_layer(layer)).collect::<Result<_, _>>()?;
        let mut view = Self::default();
        read.into_iter().for_each(|upper| view.apply(upper));
        Ok(view)
    }

    /// All paths with what stands there.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Item)> {
        self.items.iter().map(|(path, item)| (path.as_str(), item))
    }

    /// True if anything stands below `path`.
    pub(super) fn has_below(&self, path: &str) -> bool {
        self.below(path).next().is_some()
    }

    fn below(&self, path: &str) -> impl Iterator<Item = &String> {
        let start = if path.is_empty() { String::new() } else { format!("{path}/") };
        self.items
            .range(start.clone()..)
            .map(|(path, _)| path)
            .take_while(move |path| path.starts_with(&start))
    }

    fn of_layer(layer: &Layer) -> Result<Self, ImageError> {
        let mut view = Self::default();
        read_each(layer, |found| view.add(found))?;
        Ok(view)
    }

    fn add(&mut self, found: Found<'_>) -> io::Result<()> {
        let Found { path, kind, mode, content } = found;
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if let Some(name) = name.strip_prefix(".wh.") {
            self.hide(parent, name);
            return Ok(());
        }
        let node = match kind {
            Kind::Directory => Node::Directory,
            Kind::Symlink(target) => Node::Symlink(target),
            Kind::Special => Node::Special,
            Kind::HardLink(target) => {
                let target = target.trim_start_matches("./").trim_matches('/');
                self.items.get(target).map_or(Node::Special, |there| there.node.clone())
            }
            Kind::File => Node::File(file(&path, content)?),
        };
        if !path.is_empty() {
            self.items.insert(path, Item { mode, node });
        }
        Ok(())
    }

    /// Takes a whiteout for what it is: it hides what lower layers have, and nothing of its own layer, wherever that stands.
    fn hide(&mut self, parent: &str, name: &str) {
        if name == ".wh..opq" {
            self.opaque.insert(parent.into());
            return;
        }
        let path = if parent.is_empty() { name.into() } else { format!("{parent}/{name}") };
        self.opaque.insert(path.clone());
        self.items.entry(path).or_insert(Item { mode: 0, node: Node::Removed });
    }

    fn apply(&mut self, upper: Self) {
        upper.opaque.iter().for_each(|path| self.clear(path));
        for (path, item) in upper.items {
            if !matches!(item.node, Node::Directory) {
                self.clear(&path);
            }
            self.items.insert(path, item);
        }
    }

    /// Removes everything below `path`.
    fn clear(&mut self, path: &str) {
        let below: Vec<String> = self.below(path).cloned().collect();
        below.iter().for_each(|path| drop(self.items.remove(path)));
    }
}

fn file(path: &str, content: &mut dyn Read) -> io::Result<File> {
    if !path.ends_with(".beam") {
        let mut writer = DigestWriter::new(io::sink());
        io::copy(content, &mut writer)?;
        let (_, digest, size) = writer.finish();
        return Ok(File { size, digest, outline: None });
    }
    let mut bytes = Vec::new();
    content.take(beam::LARGEST_OUTLINED as u64 + 1).read_to_end(&mut bytes)?;
    let outline = beam::outline(&bytes).ok().map(Arc::new);
    let mut writer = DigestWriter::new(io::sink());
    io::copy(&mut bytes.as_slice().chain(content), &mut writer)?;
    let (_, digest, size) = writer.finish();
    Ok(File { size, digest, outline })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What layers leave, lowest first, each given by its entries; those that end in `/` are directories.
    fn left(layers: &[&[&str]]) -> Vec<String> {
        let mut view = View::default();
        for entries in layers {
            let mut layer = View::default();
            for entry in *entries {
                let path = entry.trim_end_matches('/');
                let kind = if path == *entry { Kind::File } else { Kind::Directory };
                let found = Found { path: path.into(), kind, mode: 0o755, content: &mut io::empty() };
                layer.add(found).expect("an entry");
            }
            view.apply(layer);
        }
        let there = view.iter().filter(|(_, item)| !matches!(item.node, Node::Removed));
        there.map(|(path, _)| path.into()).collect()
    }

    #[test]
    fn an_opaque_directory_hides_what_lower_layers_have_in_it_and_nothing_of_its_own() {
        let lower: &[&str] = &["etc/", "etc/a", "etc/ssl/", "etc/ssl/b", "etcetera", "opt/"];
        let own = ["etc", "etc/c", "etcetera", "opt"];
        assert_eq!(left(&[lower, &["etc/", "etc/c", "etc/.wh..wh..opq"]]), own);
        assert_eq!(left(&[lower, &["etc/.wh..wh..opq", "etc/", "etc/c"]]), own);
        assert_eq!(left(&[lower, &["etc/.wh..wh..opq"]]), ["etc", "etcetera", "opt"]);
        assert_eq!(left(&[lower, &[".wh..wh..opq", "x"]]), ["x"], "the root");
    }

    #[test]
    fn a_whiteout_hides_what_lower_layers_have_and_nothing_of_its_own_layer() {
        let lower: &[&str] = &["etc/", "etc/a", "x"];
        assert_eq!(left(&[lower, &[".wh.etc"]]), ["x"]);
        assert_eq!(left(&[lower, &["etc/", "etc/b", ".wh.etc"]]), ["etc", "etc/b", "x"]);
        assert_eq!(left(&[lower, &[".wh.etc", "etc/", "etc/b", "x", ".wh.x"]]), ["etc", "etc/b", "x"]);
    }
}
