//! What some layers of an image leave, one on the other.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use rayon::prelude::*;

use crate::beam::{self, Outline};
use crate::digest::{Digest, DigestWriter};
use crate::image::contents::{Found, Kind, read_each};
use crate::image::{ImageError, Layer};

/// The largest file that is looked into.
const LARGEST_MODULE: u64 = 64 << 20;

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
pub(super) struct View(BTreeMap<String, Item>);

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
        self.0.iter().map(|(path, item)| (path.as_str(), item))
    }

    /// True if anything stands below `path`.
    pub(super) fn has_below(&self, path: &str) -> bool {
        self.below(path).next().is_some()
    }

    fn below(&self, path: &str) -> impl Iterator<Item = &String> {
        let start = format!("{path}/");
        self.0.range(start.clone()..).map(|(path, _)| path).take_while(move |path| path.starts_with(&start))
    }

    fn of_layer(layer: &Layer) -> Result<Self, ImageError> {
        let mut view = Self::default();
        read_each(layer, |found| view.add(found))?;
        Ok(view)
    }

    fn add(&mut self, found: Found<'_>) -> io::Result<()> {
        let Found { path, kind, mode, content } = found;
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", &path));
        // Engines take a directory that hides those of lower layers for what they make of whiteouts.
        if name == ".wh..wh..opq" {
            return Ok(());
        }
        if let Some(name) = name.strip_prefix(".wh.") {
            let path = if parent.is_empty() { name.into() } else { format!("{parent}/{name}") };
            self.0.insert(path, Item { mode: 0, node: Node::Removed });
            return Ok(());
        }
        let node = match kind {
            Kind::Directory => Node::Directory,
            Kind::Symlink(target) => Node::Symlink(target),
            Kind::Special => Node::Special,
            Kind::HardLink(target) => {
                let target = target.trim_start_matches("./").trim_matches('/');
                self.0.get(target).map_or(Node::Special, |there| there.node.clone())
            }
            Kind::File => Node::File(file(&path, content)?),
        };
        if !path.is_empty() {
            self.0.insert(path, Item { mode, node });
        }
        Ok(())
    }

    fn apply(&mut self, upper: Self) {
        for (path, item) in upper.0 {
            if !matches!(item.node, Node::Directory) {
                let below: Vec<String> = self.below(&path).cloned().collect();
                below.iter().for_each(|path| drop(self.0.remove(path)));
            }
            self.0.insert(path, item);
        }
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
    content.take(LARGEST_MODULE).read_to_end(&mut bytes)?;
    let outline = beam::outline(&bytes).ok().map(Arc::new);
    let mut writer = DigestWriter::new(io::sink());
    io::copy(&mut bytes.as_slice().chain(content), &mut writer)?;
    let (_, digest, size) = writer.finish();
    Ok(File { size, digest, outline })
}
