//! What the layers of base images hold, so that they are read once.

use std::collections::BTreeSet;

use super::Cache;
use super::collect::Kind;
use crate::digest::Digest;
use crate::image::files::{FileInfo, FileKind, FileMap, LayerFiles, Removal};
use crate::image::{BaseImage, ImageError, Layer, read_files};

impl Cache {
    /// Does what [`BaseImage::files`] does; a layer that was read before is neither fetched nor read.
    ///
    /// # Errors
    /// As without a cache.
    pub fn files(&self, image: &BaseImage) -> Result<FileMap, ImageError> {
        image.files_of(|layer| self.layer_files(layer))
    }

    fn layer_files(&self, layer: &Layer) -> Result<LayerFiles, ImageError> {
        // Neither of the two says that the other belongs to it.
        let name = Digest::of(format!("{} {}", layer.digest(), layer.diff_id()).as_bytes()).hex();
        if let Some(files) = self.record(Kind::Listing, &name).and_then(|body| parse(&body)) {
            return Ok(files);
        }
        let files = read_files(layer)?;
        if let Some(body) = print(&files) {
            self.put_record(Kind::Listing, &name, &body);
        }
        Ok(files)
    }
}

/// One line: what it is, the path, the target of a link, mode, user, group, symbol versions.
type Line = (char, String, String, u32, u64, u64, BTreeSet<String>);

fn print(files: &LayerFiles) -> Option<String> {
    let removal = |removal: &Removal| match removal {
        Removal::Path(path) => ('w', path.clone()),
        Removal::Children(path) => ('o', path.clone()),
    };
    let removals = files.removals.iter().map(removal);
    let removals = removals.map(|(what, path)| (what, path, String::new(), 0, 0, 0, BTreeSet::new()));
    let lines = removals.chain(files.entries.iter().map(|(path, info)| line(path, info)));
    lines.map(|line: Line| Some(serde_json::to_string(&line).ok()? + "\n")).collect()
}

fn line(path: &str, info: &FileInfo) -> Line {
    let (what, target) = match &info.kind {
        FileKind::Directory => ('d', ""),
        FileKind::File => ('f', ""),
        FileKind::Symlink(target) => ('l', target.as_str()),
        FileKind::Special => ('s', ""),
    };
    let (user, group) = info.owner;
    (what, path.into(), target.into(), info.mode, user, group, info.symbol_versions.clone())
}

fn parse(body: &str) -> Option<LayerFiles> {
    let mut files = LayerFiles::default();
    for line in body.lines() {
        let (what, path, target, mode, user, group, symbol_versions): Line =
            serde_json::from_str(line).ok()?;
        let kind = match what {
            'w' => {
                files.removals.push(Removal::Path(path));
                continue;
            }
            'o' => {
                files.removals.push(Removal::Children(path));
                continue;
            }
            'd' => FileKind::Directory,
            'f' => FileKind::File,
            'l' => FileKind::Symlink(target),
            's' => FileKind::Special,
            _ => return None,
        };
        let info = FileInfo { kind, mode, owner: (user, group), symbol_versions };
        files.entries.push((path, info));
    }
    Some(files)
}
