//! Archives as `docker save` writes them: `manifest.json` names a configuration and one tar for each layer.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::blob::{Blob, part_of};
use super::compression::media_type_of;
use super::config_json::ParsedConfig;
use super::error::ImageError;
use super::layer::Layer;
use super::manifest::{CONFIG, Descriptor, LAYER_TAR, Manifest};
use crate::digest::{DiffId, Digest, DigestWriter};
use crate::fs::FsError;

/// The largest JSON document that is read.
const MAX_DOCUMENT: u64 = 16 << 20;

/// What an archive holds.
pub(super) struct Opened {
    pub(super) config: ParsedConfig,
    pub(super) layers: Vec<Layer>,
    /// Of the manifest that the image would have in a registry, if nobody says which one it has.
    pub(super) digest: Digest,
}

/// Opens the only image of an archive; `name` stands for it in messages.
///
/// # Errors
/// When it is no such archive, or damaged.
pub(super) fn open(file: Arc<File>, name: &Path) -> Result<Opened, ImageError> {
    let archive = Archive { members: members(&file, name)?, file, name };
    let manifest = archive.document("manifest.json")?;
    let manifest: Value = serde_json::from_slice(&manifest)
        .map_err(|error| archive.damaged("manifest.json", error.to_string()))?;
    let image = manifest.get(0).ok_or_else(|| archive.damaged("manifest.json", "it names no image"))?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(String::from);
    let config_name =
        text(image.get("Config")).ok_or_else(|| archive.damaged("manifest.json", "it has no `Config`"))?;
    let bytes = archive.document(&config_name)?;
    let config = ParsedConfig::parse(&bytes).map_err(|why| archive.damaged(&config_name, why))?;
    let names = image.get("Layers").and_then(Value::as_array).into_iter().flatten();
    let names: Vec<String> = names.filter_map(|name| text(Some(name))).collect();
    let layers = archive.layers(&names, &config, &config_name)?;
    let digest = digest(&Blob::from_bytes(bytes), &layers)?;
    Ok(Opened { config, layers, digest })
}

fn digest(config: &Blob, layers: &[Layer]) -> Result<Digest, ImageError> {
    let layers = layers.iter().map(|layer| Descriptor::new(layer.media_type(), layer.digest(), layer.size()));
    let config = Descriptor::new(CONFIG, config.digest(), config.size());
    let manifest =
        Manifest { artifact_type: None, config, layers: layers.collect(), annotations: BTreeMap::new() };
    Ok(Digest::of(&manifest.encode()?))
}

struct Archive<'a> {
    file: Arc<File>,
    name: &'a Path,
    members: BTreeMap<String, Member>,
}

#[derive(Clone)]
enum Member {
    /// Offset and size.
    File(u64, u64),
    /// A layer that another image of the archive has too.
    Link(String),
}

impl Archive<'_> {
    fn document(&self, name: &str) -> Result<Vec<u8>, ImageError> {
        let (offset, size) = self.find(name)?;
        if size > MAX_DOCUMENT {
            return Err(self.damaged(name, format!("{size} bytes are too many for it")));
        }
        let mut bytes = Vec::new();
        let read = part_of(&self.file, offset, size).read_to_end(&mut bytes);
        read.map_err(FsError::while_doing("read", self.name))?;
        Ok(bytes)
    }

    fn layers(
        &self,
        names: &[String],
        config: &ParsedConfig,
        config_name: &str,
    ) -> Result<Vec<Layer>, ImageError> {
        let diff_ids = config.diff_ids().map_err(|why| self.damaged(config_name, why))?;
        if diff_ids.len() != names.len() {
            let why = format!("it lists {} layers, the archive has {}", diff_ids.len(), names.len());
            return Err(self.damaged(config_name, why));
        }
        names.iter().zip(diff_ids).map(|(name, diff_id)| self.layer(name, diff_id)).collect()
    }

    fn layer(&self, name: &str, diff_id: DiffId) -> Result<Layer, ImageError> {
        let (offset, size) = self.find(name)?;
        let failed = FsError::while_doing("read", self.name);
        let (media_type, digest) = self.identify(offset, size, diff_id).map_err(failed)?;
        let blob = Blob::in_open_file(self.file.clone(), offset, self.name, digest, size);
        let (name, media_type) = ("base".into(), media_type.into());
        Ok(Layer { name, media_type, blob, diff_id, unpacked_size: None, entries: None })
    }

    /// A plain tar is known already by its `diff_id`, which whoever reads it verifies.
    fn identify(&self, offset: u64, size: u64, diff_id: DiffId) -> io::Result<(&'static str, Digest)> {
        let mut start = Vec::new();
        part_of(&self.file, offset, size.min(4)).read_to_end(&mut start)?;
        let media_type = media_type_of(&start);
        if media_type == LAYER_TAR {
            return Ok((LAYER_TAR, Digest::from(diff_id)));
        }
        let mut hasher = DigestWriter::new(io::sink());
        io::copy(&mut part_of(&self.file, offset, size), &mut hasher)?;
        Ok((media_type, hasher.finish().1))
    }

    /// Where a file of this name is, links followed.
    fn find(&self, name: &str) -> Result<(u64, u64), ImageError> {
        let mut at = name.to_string();
        for _ in 0..8 {
            match self.members.get(&at) {
                Some(Member::File(offset, size)) => return Ok((*offset, *size)),
                Some(Member::Link(target)) => at = beside(&at, target),
                None => break,
            }
        }
        Err(self.damaged(name, "it is not in the archive"))
    }

    fn damaged(&self, what: &str, why: impl Into<String>) -> ImageError {
        ImageError::Damaged { path: self.name.into(), what: what.into(), why: why.into() }
    }
}

/// The name that a link of this name leads to.
fn beside(link: &str, target: &str) -> String {
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn members(file: &Arc<File>, name: &Path) -> Result<BTreeMap<String, Member>, ImageError> {
    let failed = |error| FsError::while_doing("read", name)(error);
    let mut reader: &File = file;
    reader.rewind().map_err(failed)?;
    let mut archive = tar::Archive::new(reader);
    let entries = archive.entries_with_seek().map_err(failed)?;
    let named = entries.filter_map(|entry| entry.map(|entry| member(&entry)).transpose());
    Ok(named.collect::<io::Result<_>>().map_err(failed)?)
}

fn member(entry: &tar::Entry<'_, impl Read>) -> Option<(String, Member)> {
    let name = String::from_utf8(entry.path_bytes().into_owned()).ok()?;
    let kind = entry.header().entry_type();
    if kind.is_symlink() || kind.is_hard_link() {
        let target = String::from_utf8(entry.link_name_bytes()?.into_owned()).ok()?;
        // A hard link's target begins at the top.
        let target = if kind.is_hard_link() {
            format!("{}{target}", "../".repeat(name.matches('/').count()))
        } else {
            target
        };
        return Some((name, Member::Link(target)));
    }
    kind.is_file().then(|| (name, Member::File(entry.raw_file_position(), entry.size())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflate;
    use crate::image::fixture::tree;
    use crate::image::manifest::LAYER_GZIP;
    use crate::image::{BaseImage, Reference};
    use crate::platform::Platform;
    use crate::tree::{TarOptions, write_tar};
    use serde_json::json;
    use std::io::Write;
    use tar::{EntryType, Header};

    fn layer() -> Vec<u8> {
        let mut bytes = Vec::new();
        write_tar(&tree(), TarOptions { mtime: 0, directories: true }, &mut bytes, "memory")
            .expect("written");
        bytes
    }

    /// What `docker save` of this image would write: its only layer twice, the second time as a link.
    fn archive(layer: &[u8], tar: &[u8]) -> Vec<(&'static str, Vec<u8>, EntryType)> {
        let diff_id = Digest::of(tar).to_string();
        let config = json!({
            "architecture": "amd64", "os": "linux", "config": {"Env": ["A=1"]},
            "rootfs": {"type": "layers", "diff_ids": [diff_id, diff_id]},
        });
        let names = ["one/layer.tar", "two/layer.tar"];
        let manifest = json!([{"Config": "c.json", "RepoTags": ["x:1"], "Layers": names}]);
        vec![
            ("one/layer.tar", layer.to_vec(), EntryType::Regular),
            ("two/layer.tar", b"../one/layer.tar".to_vec(), EntryType::Symlink),
            ("c.json", config.to_string().into(), EntryType::Regular),
            ("manifest.json", manifest.to_string().into(), EntryType::Regular),
        ]
    }

    fn file(members: &[(&str, Vec<u8>, EntryType)]) -> File {
        let mut tar = tar::Builder::new(tempfile::tempfile().expect("a file"));
        for (name, bytes, kind) in members {
            let mut header = Header::new_ustar();
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            if kind.is_symlink() {
                header.set_size(0);
                let target = std::str::from_utf8(bytes).expect("a path");
                tar.append_link(&mut header, name, target).expect("written");
            } else {
                header.set_size(bytes.len() as u64);
                tar.append_data(&mut header, name, bytes.as_slice()).expect("written");
            }
        }
        tar.into_inner().expect("written")
    }

    fn open(file: File) -> Result<BaseImage, ImageError> {
        let name = Reference::parse("x:1").expect("a name");
        BaseImage::open_docker(file, &name, None, Some(&Platform::linux("amd64")))
    }

    #[test]
    fn an_archive_of_the_daemon_is_a_base_with_plain_layers() {
        let layer = layer();
        let base = open(file(&archive(&layer, &layer))).expect("opened");
        let described: Vec<String> = base
            .layers()
            .iter()
            .map(|layer| format!("{} {}", layer.media_type(), layer.diff_id() == base.layers()[0].diff_id()))
            .collect();
        insta::assert_snapshot!(described.join("\n"), @r"
        application/vnd.oci.image.layer.v1.tar true
        application/vnd.oci.image.layer.v1.tar true
        ");
        assert_eq!(base.layers()[1].blob().read().expect("read"), layer);
        assert!(base.files().expect("read").is_directory("opt/app"));
        assert_eq!((base.name(), base.config().variable("A")), (Some("docker.io/library/x:1"), Some("1")));
    }

    #[test]
    fn compressed_layers_stay_as_they_are() {
        let (tar, mut gzip) = (layer(), deflate::writer(Vec::new()));
        gzip.write_all(&tar).expect("memory");
        let gzip = gzip.finish().expect("memory");
        let base = open(file(&archive(&gzip, &tar))).expect("opened");
        assert_eq!(
            (base.layers()[0].media_type(), base.layers()[0].digest()),
            (LAYER_GZIP, Digest::of(&gzip))
        );
        assert!(base.files().expect("read").is_directory("opt/app"));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let (layer, mut errors) = (layer(), Vec::new());
        for without in ["manifest.json", "c.json", "one/layer.tar"] {
            let mut members = archive(&layer, &layer);
            members.retain(|(name, ..)| *name != without);
            errors.push(open(file(&members)).expect_err(without).to_string());
        }
        let other = open(file(&archive(&layer, b"another"))).expect("opened");
        errors.push(other.files().expect_err("another layer").to_string());
        let name = Reference::parse("x:1").expect("a name");
        let arm = BaseImage::open_docker(
            file(&archive(&layer, &layer)),
            &name,
            None,
            Some(&Platform::linux("arm64")),
        );
        errors.push(arm.expect_err("another platform").to_string());
        insta::assert_snapshot!(errors.join("\n"), @r"
        the image in `docker:x:1` is damaged: manifest.json: it is not in the archive; fetch or build it again
        the image in `docker:x:1` is damaged: c.json: it is not in the archive; fetch or build it again
        the image in `docker:x:1` is damaged: one/layer.tar: it is not in the archive; fetch or build it again
        cannot read the layer `docker:x:1`
        `docker:x:1` has no image for linux/arm64; it has `linux/amd64`
        ");
    }
}
