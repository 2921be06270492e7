//! Small images and layouts for the tests of this module and of the destinations.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::layers::{PackOptions, SplitOptions, pack, split};
use super::layout::MARKER;
use super::manifest::{CONFIG, LAYER_GZIP, MANIFEST};
use super::store::blob_name;
use super::{Compression, ContainerConfig, Image, ImageOptions, Layer, build};
use crate::deflate::compress;
use crate::digest::{Digest, DigestWriter};
use crate::platform::Platform;
use crate::tree::{Entry, Group, TarOptions, Tree, TreePath, write_tar};

/// A path.
pub(crate) fn path(text: &str) -> TreePath {
    TreePath::new(text).expect("a path")
}

/// A tree with something for every layer.
pub(crate) fn tree() -> Tree {
    let (dep, app) = (Group::Dependency("dep".into()), Group::Project("app".into()));
    Tree::from_iter([
        (path("etc/passwd"), Entry::file("root:x:0:0::/:\n", 0o644, Group::Native)),
        (path("lib/libc.so"), Entry::file("libc", 0o755, Group::Native)),
        (path("tmp"), Entry { mode: 0o1777, ..Entry::directory(Group::Native) }),
        (path("opt/app/erts/bin/beam"), Entry::file("beam", 0o755, Group::Erts)),
        (path("opt/app/lib/stdlib/ebin/stdlib.app"), Entry::file("stdlib", 0o644, Group::Otp)),
        (path("opt/app/lib/dep/ebin/dep.app"), Entry::file("dep", 0o644, dep)),
        (path("opt/app/lib/app/ebin/app.app"), Entry::file("app", 0o644, app)),
        (path("opt/app/bin/app"), Entry::symlink("../erts/bin/beam", Group::Release)),
    ])
}

/// The tree's layers without a base.
pub(crate) fn layers() -> Vec<Layer> {
    let plans = split(&tree(), SplitOptions::default()).expect("split");
    let dir = tempfile::tempdir().expect("a temporary directory");
    pack(
        &plans,
        PackOptions { mtime: 0, compression: Compression::Gzip, scratch_dir: dir.path(), observer: &() },
    )
    .expect("packed")
}

/// Options for an amd64 image with an entrypoint.
pub(crate) fn options() -> ImageOptions {
    let config = ContainerConfig { entrypoint: vec!["/opt/app/bin/app".into()], ..Default::default() };
    ImageOptions { platform: Platform::linux("amd64"), created: 0, config, annotations: Default::default() }
}

/// The image of the tree without a base.
pub(crate) fn image() -> Image {
    build(None, &layers(), &options()).expect("built")
}

/// A layout that is written by hand, as other tools, or broken ones, write it.
pub(crate) struct RawLayout {
    /// The layout.
    pub(crate) dir: TempDir,
}

impl RawLayout {
    /// A layout without blobs and without `index.json`.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("oci-layout"), MARKER).expect("written");
        std::fs::create_dir_all(dir.path().join("blobs/sha256")).expect("created");
        Self { dir }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Adds a blob; gives its descriptor.
    pub(crate) fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::of(bytes);
        std::fs::write(self.path().join(blob_name(digest)), bytes).expect("written");
        json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()})
    }

    /// Adds a JSON blob; gives its descriptor.
    pub(crate) fn json(&self, media_type: &str, value: &Value) -> Value {
        self.blob(media_type, value.to_string().as_bytes())
    }

    /// Adds a gzip layer of a tree; gives its descriptor and diff_id.
    pub(crate) fn layer(&self, tree: &Tree) -> (Value, String) {
        let options = TarOptions { mtime: 0, directories: true };
        let tar = write_tar(tree, options, DigestWriter::new(Vec::new()), "memory").expect("written");
        let (tar, diff_id, _) = tar.finish_diff_id();
        let packed = compress(&tar).expect("memory");
        (self.blob(LAYER_GZIP, &packed), diff_id.to_string())
    }

    /// Adds the manifest of an amd64 image with these layers; gives its descriptor.
    pub(crate) fn manifest(&self, layers: &[(Value, String)]) -> Value {
        let ids: Vec<&String> = layers.iter().map(|(_, id)| id).collect();
        let config = json!({
            "architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ids},
        });
        self.manifest_with(layers, &config)
    }

    /// Adds a manifest with these layers and this configuration; gives its descriptor.
    pub(crate) fn manifest_with(&self, layers: &[(Value, String)], config: &Value) -> Value {
        let layers: Vec<&Value> = layers.iter().map(|(layer, _)| layer).collect();
        let config = self.json(CONFIG, config);
        self.json(MANIFEST, &json!({"schemaVersion": 2, "config": config, "layers": layers}))
    }

    /// Writes `index.json`.
    pub(crate) fn index(&self, manifests: &[Value]) {
        let index = json!({"schemaVersion": 2, "manifests": manifests});
        std::fs::write(self.path().join("index.json"), index.to_string()).expect("written");
    }
}

/// The descriptor with a tag.
pub(crate) fn tagged(mut descriptor: Value, tag: &str) -> Value {
    descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
    descriptor
}

/// The descriptor with a platform.
pub(crate) fn on_platform(mut descriptor: Value, architecture: &str, variant: Option<&str>) -> Value {
    descriptor["platform"] = json!({"os": "linux", "architecture": architecture});
    if let Some(variant) = variant {
        descriptor["platform"]["variant"] = json!(variant);
    }
    descriptor
}

/// The text with digests cut to eight digits.
pub(crate) fn short(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let first = parts.next().unwrap_or_default().to_string();
    let cut = |part: &str| format!("sha256:{}…{}", &part[..8], &part[64..]);
    parts.map(cut).fold(first, |text, part| text + &part)
}
