//! A base image: what the layers of a new image are put on.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::config_json::ParsedConfig;
use super::docker_archive;
use super::error::ImageError;
use super::files::{FileMap, LayerFiles};
use super::layer::Layer;
use super::manifest::{self, Manifest};
use super::reference::Reference;
use super::remote::{Remote, RemoteManifest, RemoteName};
use super::select::select;
use super::store::Store;
use super::{BASE_DIGEST, BASE_NAME};
use crate::digest::{DiffId, Digest};
use crate::fs::FsError;
use crate::platform::Platform;

/// An image in an OCI layout, an archive or a registry, opened to be built on.
///
/// Manifest and configuration are read and verified; the layers stay where they are and are verified when
/// they are read. Docker's media types become OCI's, since the two must not be mixed in one manifest.
#[derive(Debug, Clone)]
pub struct BaseImage {
    path: PathBuf,
    name: Option<String>,
    digest: Digest,
    platform: Platform,
    config: ParsedConfig,
    layers: Vec<Layer>,
    annotations: BTreeMap<String, String>,
}

impl BaseImage {
    /// Opens the image with this tag for this platform in the layout directory, or archive of one, at `path`.
    ///
    /// Without a tag there must be one image only.
    ///
    /// # Errors
    /// When `path` is no layout, has no image with that tag or for that platform (the error lists those it
    /// has), or the image is damaged.
    pub fn open(path: &Path, tag: Option<&str>, platform: &Platform) -> Result<Self, ImageError> {
        Self::open_for(path, tag, Some(platform))
    }

    /// The same for whatever platform the image is for: there must be one only.
    ///
    /// # Errors
    /// As [`open`](Self::open), and when there are images for several platforms.
    pub fn open_only(path: &Path, tag: Option<&str>) -> Result<Self, ImageError> {
        Self::open_for(path, tag, None)
    }

    /// Opens an image in a registry for this platform or, without one, for the only platform that there is. `top`
    /// is what the registry has under the name; what it refers to is taken from `remote`.
    ///
    /// # Errors
    /// As [`open`](Self::open), and when the registry does not give what it refers to.
    pub fn open_remote(
        remote: Arc<dyn Remote>,
        name: RemoteName,
        top: RemoteManifest,
        platform: Option<&Platform>,
    ) -> Result<Self, ImageError> {
        Self::open_in(&Store::remote(remote, name, top), None, platform)
    }

    /// Opens the only image of an archive that `docker save` has written. `name` is what it is called; `digest` that of
    /// its manifest, if it has one in a registry.
    ///
    /// # Errors
    /// When it is no such archive or damaged, or the image is for another platform.
    pub fn open_docker(
        archive: File,
        name: &Reference,
        digest: Option<Digest>,
        platform: Option<&Platform>,
    ) -> Result<Self, ImageError> {
        let path = PathBuf::from(format!("docker:{}", name.familiar()));
        let opened = docker_archive::open(Arc::new(archive), &path)?;
        let found = opened.config.platform();
        if let Some(platform) = platform.filter(|platform| **platform != found) {
            let (platform, found) = (platform.to_string(), vec![found.to_string()]);
            return Err(ImageError::PlatformNotFound { path, platform, found });
        }
        Ok(Self {
            path,
            name: Some(name.to_string()),
            digest: digest.unwrap_or(opened.digest),
            platform: found,
            config: opened.config,
            layers: opened.layers,
            annotations: BTreeMap::new(),
        })
    }

    fn open_for(path: &Path, tag: Option<&str>, platform: Option<&Platform>) -> Result<Self, ImageError> {
        Self::open_in(&Store::open(path)?, tag, platform)
    }

    fn open_in(store: &Store, tag: Option<&str>, platform: Option<&Platform>) -> Result<Self, ImageError> {
        let selected = select(store, tag, platform)?;
        let manifest = store.manifest(&selected.manifest)?;
        if !manifest::is_config(&manifest.config.media_type) {
            let what = format!("an artifact of type `{}`", manifest.config.media_type);
            return Err(ImageError::Unsupported { path: store.path().into(), what });
        }
        let config = store.config(&manifest)?;
        let layers = layers(store, &manifest, &config)?;
        Ok(Self {
            path: store.path().into(),
            name: selected.name,
            digest: selected.manifest.digest,
            platform: config.platform(),
            config,
            layers,
            annotations: manifest.annotations,
        })
    }

    /// The full name of the image, if the layout records one, such as `docker.io/library/debian:12`.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The digest of its manifest.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The platform it is for.
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Its layers, lowest first; each is named `base`.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// What each of its layers holds, as far as erlrel has made it.
    pub(crate) fn layer_names(&self) -> impl Iterator<Item = Option<&str>> {
        self.config.layer_names().chain(std::iter::repeat(None)).take(self.layers.len())
    }

    /// Whether its layers are in a registry, to be fetched when they are read.
    pub fn is_remote(&self) -> bool {
        self.layers.iter().any(|layer| layer.blob().repository().is_some())
    }

    /// The annotations of its manifest.
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }

    /// What an image on it says of it.
    pub(super) fn annotations_of_image(&self) -> impl Iterator<Item = (String, String)> {
        let name = self.name.clone().map(|name| (BASE_NAME.to_string(), name));
        [(BASE_DIGEST.to_string(), self.digest.to_string())].into_iter().chain(name)
    }

    /// Reads all layers and says which files they leave, whiteouts applied.
    ///
    /// # Errors
    /// When a layer cannot be read, is damaged, or is compressed with zstd.
    pub fn files(&self) -> Result<FileMap, ImageError> {
        self.files_of(read_files)
    }

    /// The same from what `list` knows of each layer.
    ///
    /// # Errors
    /// What `list` says.
    pub(crate) fn files_of(
        &self,
        list: impl Fn(&Layer) -> Result<LayerFiles, ImageError> + Send + Sync,
    ) -> Result<FileMap, ImageError> {
        let layers: Vec<LayerFiles> = self.layers.par_iter().map(list).collect::<Result<_, _>>()?;
        let mut files = FileMap::default();
        layers.into_iter().for_each(|layer| files.apply(layer));
        Ok(files)
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn config(&self) -> &ParsedConfig {
        &self.config
    }
}

/// Reads a layer to its end.
///
/// # Errors
/// As [`BaseImage::files`].
pub(crate) fn read_files(layer: &Layer) -> Result<LayerFiles, ImageError> {
    let files = LayerFiles::read(layer.open_unpacked()?);
    Ok(files.map_err(FsError::while_doing("read the layer", layer.blob().path()))?)
}

fn layers(store: &Store, manifest: &Manifest, config: &ParsedConfig) -> Result<Vec<Layer>, ImageError> {
    let damaged = |why| store.damaged(&format!("configuration {}", manifest.config.digest), why);
    let diff_ids = config.diff_ids().map_err(damaged)?;
    let (count, ids) = (manifest.layers.len(), diff_ids.len());
    if count != ids {
        return Err(damaged(format!("it lists {ids} layers, the manifest {count}")));
    }
    if config.described_layers() > count {
        return Err(damaged(format!(
            "its history describes {} layers of {count}",
            config.described_layers()
        )));
    }
    manifest
        .layers
        .iter()
        .zip(diff_ids)
        .map(|(descriptor, diff_id)| layer(store, descriptor, diff_id))
        .collect()
}

/// The layer that a descriptor of a manifest and an entry of the configuration name.
pub(crate) fn layer(
    store: &Store,
    descriptor: &manifest::Descriptor,
    diff_id: DiffId,
) -> Result<Layer, ImageError> {
    let Some(media_type) = manifest::layer_media_type(&descriptor.media_type) else {
        let what = format!("layer {} of type `{}`", descriptor.digest, descriptor.media_type);
        return Err(ImageError::Unsupported { path: store.path().into(), what });
    };
    let blob = store.blob("layer", descriptor)?;
    let (name, media_type) = ("base".into(), media_type.into());
    Ok(Layer { name, media_type, blob, diff_id, unpacked_size: None, entries: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixture::{RawLayout, on_platform, path, short, tagged, tree};
    use crate::image::store::blob_name;
    use crate::tree::{Entry, Group, Tree};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn open(layout: &RawLayout, tag: Option<&str>, architecture: &str) -> Result<BaseImage, ImageError> {
        BaseImage::open(layout.path(), tag, &Platform::linux(architecture))
    }

    /// The error's text, without the directory and with short digests.
    fn error<T>(layout: &RawLayout, result: Result<T, ImageError>) -> String {
        let error = result.err().expect("an error");
        let source = std::error::Error::source(&error).map(|source| format!("\n  caused by: {source}"));
        let text = format!("{error}{}", source.unwrap_or_default());
        short(&text.replace(&layout.path().display().to_string(), "DIR").replace("sha256/", "sha256:"))
    }

    fn one_layer() -> (RawLayout, Value) {
        let layout = RawLayout::new();
        let manifest = layout.manifest(&[layout.layer(&tree())]);
        (layout, manifest)
    }

    #[test]
    fn what_is_no_layout_is_named() {
        let missing = BaseImage::open(Path::new("/no/such"), None, &Platform::linux("amd64"));
        insta::assert_snapshot!(missing.expect_err("nothing there"), @"`/no/such` is no OCI image layout: there is no such file or directory; `skopeo copy docker://IMAGE oci:DIR:TAG` makes one");
        let layout = RawLayout::new();
        insta::assert_snapshot!(error(&layout, open(&layout, None, "amd64")), @"`DIR` is no OCI image layout: it has no file `index.json`; `skopeo copy docker://IMAGE oci:DIR:TAG` makes one");
        std::fs::write(layout.path().join("index.json"), "{").expect("written");
        insta::assert_snapshot!(error(&layout, open(&layout, None, "amd64")), @"the image in `DIR` is damaged: index.json: EOF while parsing an object at line 1 column 1; fetch or build it again");
        std::fs::write(layout.path().join("oci-layout"), r#"{"imageLayoutVersion":"2.0.0"}"#)
            .expect("written");
        insta::assert_snapshot!(error(&layout, open(&layout, None, "amd64")), @"the image in `DIR` is damaged: oci-layout: unknown version `2.0.0`; fetch or build it again");
        std::fs::remove_file(layout.path().join("oci-layout")).expect("removed");
        insta::assert_snapshot!(error(&layout, open(&layout, None, "amd64")), @"`DIR` is no OCI image layout: it has no file `oci-layout`; `skopeo copy docker://IMAGE oci:DIR:TAG` makes one");
    }

    #[test]
    fn a_tag_or_a_platform_that_is_not_there_is_answered_with_those_that_are() {
        let (layout, manifest) = one_layer();
        let other = layout.manifest(&[]);
        layout.index(&[tagged(manifest, "one"), tagged(other, "two")]);
        insta::assert_snapshot!(error(&layout, open(&layout, None, "amd64")), @"`DIR` holds several images; add one of these tags: `one`, `two`");
        insta::assert_snapshot!(error(&layout, open(&layout, Some("three"), "amd64")), @"`DIR` has no image with the tag `three`; it has `one`, `two`");
        insta::assert_snapshot!(error(&layout, open(&layout, Some("one"), "arm64")), @"`DIR` has no image for linux/arm64; it has `linux/amd64`");
        open(&layout, Some("one"), "amd64").expect("it is there");
        layout.index(&[]);
        insta::assert_snapshot!(error(&layout, open(&layout, None, "amd64")), @"`DIR` has no image for linux/amd64; it has none");
    }

    #[test]
    fn the_platform_is_found_in_nested_indexes_beside_attestations() {
        let (layout, manifest) = one_layer();
        let mut attestation = on_platform(layout.manifest(&[]), "unknown", None);
        attestation["platform"]["os"] = json!("unknown");
        let inner = layout.json(
            "application/vnd.docker.distribution.manifest.list.v2+json",
            &json!({"schemaVersion": 2, "manifests": [
                attestation, on_platform(manifest.clone(), "amd64", Some("v3")), on_platform(manifest, "amd64", None),
            ]}),
        );
        let outer = layout.json(
            "application/vnd.oci.image.index.v1+json",
            &json!({"schemaVersion": 2, "manifests": [inner]}),
        );
        layout.index(&[tagged(outer, "docker.io/library/x:1.0")]);
        let base = open(&layout, Some("1.0"), "amd64").expect("found");
        assert_eq!((base.name(), base.layers().len()), (Some("docker.io/library/x:1.0"), 1));
        insta::assert_snapshot!(error(&layout, open(&layout, None, "s390x")), @"`DIR` has no image for linux/s390x; it has `linux/amd64`");
    }

    #[test]
    fn indexes_in_indexes_end_somewhere() {
        let (layout, mut entry) = one_layer();
        for _ in 0..6 {
            let index = json!({"schemaVersion": 2, "manifests": [entry]});
            entry = layout.json("application/vnd.oci.image.index.v1+json", &index);
        }
        layout.index(&[entry]);
        assert!(error(&layout, open(&layout, None, "amd64")).contains("too deep"));
    }

    #[test]
    fn dockers_types_become_ocis() {
        let layout = RawLayout::new();
        let (mut layer, id) = layout.layer(&tree());
        layer["mediaType"] = json!("application/vnd.docker.image.rootfs.diff.tar.gzip");
        let config = json!({"architecture": "amd64", "os": "linux", "container_config": {"Cmd": null},
            "rootfs": {"type": "layers", "diff_ids": [id]}, "history": null});
        let mut config = layout.json("", &config);
        config["mediaType"] = json!("application/vnd.docker.container.image.v1+json");
        let docker = "application/vnd.docker.distribution.manifest.v2+json";
        let manifest = json!({"schemaVersion": 2, "mediaType": docker, "config": config, "layers": [layer]});
        layout.index(&[layout.json(docker, &manifest)]);
        let base = open(&layout, None, "amd64").expect("opened");
        assert_eq!(base.layers()[0].media_type(), manifest::LAYER_GZIP);
        assert!(base.files().expect("read").is_directory("opt/app"));
    }

    #[test]
    fn damage_is_found_before_it_is_passed_on() {
        let (layout, entry) = one_layer();
        layout.index(std::slice::from_ref(&entry));
        let base = open(&layout, None, "amd64").expect("opened");
        let layer = layout.path().join(blob_name(base.layers()[0].digest()));
        let bytes = std::fs::read(&layer).expect("read");
        let mut damaged = bytes.clone();
        damaged.iter_mut().rev().take(20).for_each(|byte| *byte ^= 1);
        std::fs::write(&layer, damaged).expect("written");
        base.files().expect_err("the gzip is broken");
        std::fs::write(&layer, [bytes, vec![0; 8]].concat()).expect("written");
        insta::assert_snapshot!(error(&layout, open(&layout, None, "amd64")), @"the image in `DIR` is damaged: layer sha256:73ef0217…: it has 315 bytes instead of 307; fetch or build it again");
        std::fs::remove_file(&layer).expect("removed");
        insta::assert_snapshot!(error(&layout, open(&layout, None, "amd64")), @"the image in `DIR` is damaged: layer sha256:73ef0217…: there is no file `blobs/sha256:73ef0217…`; fetch or build it again");
        let manifest = layout.path().join("blobs/sha256").join(
            entry["digest"].as_str().and_then(|digest| digest.strip_prefix("sha256:")).expect("a digest"),
        );
        let text = std::fs::read_to_string(&manifest).expect("read");
        std::fs::write(&manifest, text.replace("\"schemaVersion\":2", "\"schemaVersion\":3"))
            .expect("written");
        insta::assert_snapshot!(error(&layout, open(&layout, None, "amd64")), @"the image in `DIR` is damaged: manifest sha256:9d822b85…: the digest of the content is sha256:fb92dc06…, it should be sha256:9d822b85…; fetch or build it again");
    }

    #[test]
    fn a_wrong_diff_id_is_found_when_the_files_are_read() {
        let layout = RawLayout::new();
        let (layer, _) = layout.layer(&tree());
        let (_, other) = layout.layer(&Tree::new());
        layout.index(&[layout.manifest(&[(layer, other)])]);
        let base = open(&layout, None, "amd64").expect("opened");
        insta::assert_snapshot!(error(&layout, base.files()), @r"
        cannot read the layer `DIR/blobs/sha256:73ef0217…`
          caused by: the digest of the content is sha256:d6cd543a…, it should be sha256:5f70bf18…
        ");
    }

    #[test]
    fn what_erlrel_cannot_do_is_said() {
        let layout = RawLayout::new();
        let (layer, id) = layout.layer(&tree());
        let retyped = |media_type: &str| {
            let mut layer = layer.clone();
            layer["mediaType"] = json!(media_type);
            layout.index(&[layout.manifest(&[(layer, id.clone())])]);
            open(&layout, None, "amd64")
        };
        let zstd = retyped(manifest::LAYER_ZSTD).expect("it can be built on");
        insta::assert_snapshot!(error(&layout, zstd.files()), @r"
        cannot read the layer `DIR/blobs/sha256:73ef0217…`
          caused by: Unknown frame descriptor
        ");
        let foreign = retyped("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
        insta::assert_snapshot!(error(&layout, foreign), @"`DIR`: layer sha256:73ef0217… of type `application/vnd.docker.image.rootfs.foreign.diff.tar.gzip` is not supported yet; use an image with gzip layers");
    }

    #[test]
    fn a_configuration_that_does_not_fit_its_manifest_is_damage() {
        let layout = RawLayout::new();
        let layer = layout.layer(&tree());
        let with = |extra: Value| {
            let mut config = json!({"architecture": "amd64", "os": "linux",
                "rootfs": {"type": "layers", "diff_ids": [layer.1]}});
            extra.as_object().expect("an object").iter().for_each(|(key, value)| config[key] = value.clone());
            layout.index(&[layout.manifest_with(std::slice::from_ref(&layer), &config)]);
            error(&layout, open(&layout, None, "amd64"))
        };
        insta::assert_snapshot!(with(json!({"history": [{}, {}]})), @"the image in `DIR` is damaged: configuration sha256:f12afd0e…: its history describes 2 layers of 1; fetch or build it again");
        insta::assert_snapshot!(with(json!({"rootfs": {"type": "layers", "diff_ids": []}})), @"the image in `DIR` is damaged: configuration sha256:d5e5f6d6…: it lists 0 layers, the manifest 1; fetch or build it again");
        insta::assert_snapshot!(with(json!({"rootfs": {"type": "layers", "diff_ids": ["md5:1"]}})), @"the image in `DIR` is damaged: configuration sha256:0fde72a8…: `md5:1` is no SHA-256 digest; fetch or build it again");
        insta::assert_snapshot!(with(json!({"os": null})), @"the image in `DIR` is damaged: configuration sha256:1193e396…: invalid type: null, expected a string; fetch or build it again");
    }

    #[test]
    fn the_files_are_those_that_all_layers_leave() {
        let file = |text| (path(text), Entry::file("", 0o644, Group::Otp));
        let layout = RawLayout::new();
        let lower = layout.layer(&Tree::from_iter([file("a"), file("b/c")]));
        let upper = layout.layer(&Tree::from_iter([file(".wh.a"), file("b/d")]));
        layout.index(&[layout.manifest(&[lower, upper])]);
        let files = open(&layout, None, "amd64").expect("opened").files().expect("read");
        assert_eq!(files.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["b", "b/c", "b/d"]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_as_index_manifest_or_layer_never_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            let layout = RawLayout::new();
            std::fs::write(layout.path().join("index.json"), &bytes).expect("written");
            prop_assert!(open(&layout, None, "amd64").is_err());
            let manifest = layout.blob(manifest::MANIFEST, &bytes);
            layout.index(&[manifest]);
            prop_assert!(open(&layout, None, "amd64").is_err());
            let layer = layout.blob("application/vnd.oci.image.layer.v1.tar", &bytes);
            layout.index(&[layout.manifest(&[(layer, format!("sha256:{}", "0".repeat(64)))])]);
            prop_assert!(open(&layout, None, "amd64").expect("opened").files().is_err());
        }

        #[test]
        fn arbitrary_bytes_as_archive_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let dir = tempfile::tempdir().expect("a temporary directory");
            let file = dir.path().join("a.tar");
            std::fs::write(&file, &bytes).expect("written");
            prop_assert!(BaseImage::open(&file, None, &Platform::linux("amd64")).is_err());
        }
    }
}
