//! Manifests, indexes and descriptors (image-spec, "manifest.md", "image-index.md", "descriptor.md").
//!
//! The wire format is oci-spec's business; this module is the only one that knows its manifest types. What
//! is read is plain data, and what is written has one form only.

use std::collections::BTreeMap;

use oci_spec::image as oci;
use serde_json::Value;

use super::error::ImageError;
use super::json::canonical;
use crate::digest::Digest;
use crate::platform::Platform;

/// Media type of an image manifest.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of an image index.
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Docker's index, a manifest list.
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// Docker's manifest, of its second schema.
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Every kind of manifest and index that there is; a registry shows only what is asked for.
pub(crate) const KINDS: [&str; 4] = [INDEX, MANIFEST, DOCKER_LIST, DOCKER_MANIFEST];
/// Media type of an image configuration.
pub(crate) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// Media type of layers that are not compressed.
pub(crate) const LAYER_TAR: &str = "application/vnd.oci.image.layer.v1.tar";
/// Media type of the layers that erlrel makes, unless it is asked to make others.
pub(crate) const LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// Media type of layers that are compressed with zstd.
pub(crate) const LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

/// Annotation of an index entry: the tag.
pub(crate) const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// Annotation of an index entry: the full name, as containerd reads it.
pub(crate) const CONTAINERD_NAME: &str = "io.containerd.image.name";

/// A reference to a blob: what it is, its digest and size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Descriptor {
    /// Media type of the blob.
    pub(crate) media_type: String,
    /// SHA-256 of its bytes.
    pub(crate) digest: Digest,
    /// Its length in bytes.
    pub(crate) size: u64,
    /// The platform that a manifest is for, if the descriptor says so.
    pub(crate) platform: Option<Platform>,
    /// The variant of the platform's architecture, such as `v8`.
    pub(crate) variant: Option<String>,
    /// Annotations of the descriptor.
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// A descriptor without platform and annotations.
    pub(crate) fn new(media_type: impl Into<String>, digest: Digest, size: u64) -> Self {
        let media_type = media_type.into();
        Self { media_type, digest, size, platform: None, variant: None, annotations: BTreeMap::new() }
    }

    /// The descriptor as a JSON value.
    pub(crate) fn to_json(&self) -> Result<Value, ImageError> {
        serde_json::to_value(encode_descriptor(self)?).map_err(encode_error)
    }
}

/// An image manifest: a config and layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// What it is, if it is no image.
    pub(crate) artifact_type: Option<String>,
    /// The image configuration.
    pub(crate) config: Descriptor,
    /// The layers, base first.
    pub(crate) layers: Vec<Descriptor>,
    /// Annotations of the manifest.
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Manifest {
    /// The manifest as the bytes that its digest is computed from.
    ///
    /// # Errors
    /// None in practice; the type keeps the caller free of panics.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, ImageError> {
        let mut manifest = oci::ImageManifestBuilder::default()
            .schema_version(oci::SCHEMA_VERSION)
            .media_type(oci::MediaType::ImageManifest)
            .config(encode_descriptor(&self.config)?)
            .layers(self.layers.iter().map(encode_descriptor).collect::<Result<Vec<_>, _>>()?)
            .build()
            .map_err(encode_error)?;
        manifest.set_artifact_type(self.artifact_type.as_deref().map(oci::MediaType::from));
        if !self.annotations.is_empty() {
            manifest.set_annotations(Some(self.annotations.clone().into_iter().collect()));
        }
        Ok(canonical(serde_json::to_value(manifest).map_err(encode_error)?))
    }

    /// Reads an OCI image manifest or a Docker schema 2 manifest; media types stay as they are.
    ///
    /// # Errors
    /// What is wrong with it, as text.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let manifest: oci::ImageManifest =
            serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        Ok(Self {
            artifact_type: manifest.artifact_type().as_ref().map(ToString::to_string),
            config: decode_descriptor(manifest.config())?,
            layers: manifest.layers().iter().map(decode_descriptor).collect::<Result<_, _>>()?,
            annotations: manifest.annotations().clone().unwrap_or_default().into_iter().collect(),
        })
    }
}

/// The manifests that an OCI image index or a Docker manifest list refers to, in its order.
///
/// # Errors
/// What is wrong with it, as text.
pub(crate) fn parse_index(bytes: &[u8]) -> Result<Vec<Descriptor>, String> {
    let index: oci::ImageIndex = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    index.manifests().iter().map(decode_descriptor).collect()
}

/// An index of these manifests, as bytes.
pub(crate) fn encode_index(manifests: &[Descriptor]) -> Result<Vec<u8>, ImageError> {
    let manifests = manifests.iter().map(Descriptor::to_json).collect::<Result<Vec<_>, _>>()?;
    Ok(canonical(serde_json::json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})))
}

/// What a manifest or an index is: what it says itself, what the header of a registry's answer says (nothing, if it is
/// empty), what its fields say. What says both an index and a
/// manifest is none, since others could take it for the other (GHSA-77vh-xpmg-72qh).
pub(super) fn media_type(header: &str, bytes: &[u8]) -> Result<String, String> {
    let body: Value =
        serde_json::from_slice(bytes).map_err(|error| format!("the manifest is not JSON: {error}"))?;
    let has = |field: &str| body.get(field).is_some();
    let is_index = has("manifests");
    if is_index && (has("layers") || has("config")) {
        return Err("the manifest is an index as well".into());
    }
    let kind = |text: &str| KINDS.into_iter().find(|kind| *kind == text);
    let inside = body.get("mediaType").and_then(Value::as_str);
    let media_type = match (inside, kind(header)) {
        (Some(inside), Some(header)) if inside != header => {
            return Err(format!(
                "the manifest is of the type `{inside}`, and the registry calls it `{header}`"
            ));
        }
        (Some(inside), _) => kind(inside).ok_or_else(|| unsupported(inside))?,
        (None, Some(header)) => header,
        (None, None) if is_index => INDEX,
        (None, None) if has("layers") => MANIFEST,
        (None, None) => return Err(unsupported(header)),
    };
    if self::is_index(media_type) == is_index {
        Ok(media_type.into())
    } else {
        Err(format!("the manifest is not what its type says, `{media_type}`"))
    }
}

fn unsupported(media_type: &str) -> String {
    format!("the type `{media_type}` is not supported: it is no image of OCI or of Docker's second schema")
}

/// True for the media types of an index: OCI's and Docker's manifest list.
pub(crate) fn is_index(media_type: &str) -> bool {
    matches!(media_type, INDEX | DOCKER_LIST)
}

/// True for the media types of an image manifest: OCI's and Docker's schema 2.
pub(crate) fn is_manifest(media_type: &str) -> bool {
    matches!(media_type, MANIFEST | DOCKER_MANIFEST)
}

/// True for the media types of an image configuration: OCI's and Docker's.
pub(crate) fn is_config(media_type: &str) -> bool {
    matches!(media_type, CONFIG | "application/vnd.docker.container.image.v1+json")
}

/// The OCI media type of a layer that may have Docker's; `None` if it is no layer that an image may share.
///
/// The bytes of both are the same, and a manifest must not mix the two (image-spec, "media-types.md").
pub(crate) fn layer_media_type(media_type: &str) -> Option<&'static str> {
    match media_type {
        LAYER_TAR | "application/vnd.docker.image.rootfs.diff.tar" => Some(LAYER_TAR),
        LAYER_GZIP | "application/vnd.docker.image.rootfs.diff.tar.gzip" => Some(LAYER_GZIP),
        LAYER_ZSTD | "application/vnd.docker.image.rootfs.diff.tar.zstd" => Some(LAYER_ZSTD),
        _ => None,
    }
}

fn encode_descriptor(descriptor: &Descriptor) -> Result<oci::Descriptor, ImageError> {
    let digest: oci::Digest = descriptor.digest.to_string().parse().map_err(encode_error)?;
    let media_type = oci::MediaType::from(descriptor.media_type.as_str());
    let mut encoded = oci::Descriptor::new(media_type, descriptor.size, digest);
    if !descriptor.annotations.is_empty() {
        encoded.set_annotations(Some(descriptor.annotations.clone().into_iter().collect()));
    }
    if let Some(platform) = &descriptor.platform {
        encoded.set_platform(Some(encode_platform(platform, descriptor.variant.as_deref())?));
    }
    Ok(encoded)
}

fn encode_platform(platform: &Platform, variant: Option<&str>) -> Result<oci::Platform, ImageError> {
    let encoded = oci::PlatformBuilder::default()
        .os(oci::Os::from(platform.os.as_str()))
        .architecture(oci::Arch::from(platform.architecture.as_str()));
    let encoded = match variant {
        Some(variant) => encoded.variant(variant),
        None => encoded,
    };
    encoded.build().map_err(encode_error)
}

fn decode_descriptor(descriptor: &oci::Descriptor) -> Result<Descriptor, String> {
    let digest = Digest::parse(descriptor.digest().as_ref()).ok_or_else(|| {
        format!("the digest `{}` is not SHA-256, the only kind erlrel knows", descriptor.digest())
    })?;
    let platform = descriptor.platform().as_ref();
    Ok(Descriptor {
        media_type: descriptor.media_type().to_string(),
        digest,
        size: descriptor.size(),
        platform: platform
            .map(|at| Platform { os: at.os().to_string(), architecture: at.architecture().to_string() }),
        variant: platform.and_then(|at| at.variant().clone()),
        annotations: descriptor.annotations().clone().unwrap_or_default().into_iter().collect(),
    })
}

fn encode_error(error: impl std::fmt::Display) -> ImageError {
    ImageError::Encode { what: "manifest", why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn annotations(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    fn fixture() -> Manifest {
        Manifest {
            artifact_type: None,
            config: Descriptor::new(CONFIG, Digest::of(b"config"), 6),
            layers: vec![Descriptor::new(LAYER_GZIP, Digest::of(b"layer"), 5)],
            annotations: annotations(&[("b", "2"), ("a", "1"), ("c", "3"), ("B", "4")]),
        }
    }

    #[test]
    fn a_manifest_is_golden() {
        let bytes = fixture().encode().expect("encoded");
        insta::assert_snapshot!(String::from_utf8_lossy(&bytes), @r#"{"annotations":{"B":"4","a":"1","b":"2","c":"3"},"config":{"digest":"sha256:b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910","mediaType":"application/vnd.oci.image.config.v1+json","size":6},"layers":[{"digest":"sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":5}],"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}"#);
        insta::assert_snapshot!(Digest::of(&bytes), @"sha256:ffed68353a9741ef2d53e31adcb25c16c36826538577bf5caac95edb375641d0");
        assert_eq!(Manifest::parse(&bytes), Ok(fixture()));
    }

    #[test]
    fn an_index_entry_says_its_platform() {
        let mut entry = Descriptor::new(MANIFEST, Digest::of(b"m"), 1);
        entry.platform = Some(Platform::linux("arm64"));
        entry.variant = Some("v8".into());
        entry.annotations = annotations(&[(REF_NAME, "1.0")]);
        let bytes = encode_index(std::slice::from_ref(&entry)).expect("encoded");
        insta::assert_snapshot!(String::from_utf8_lossy(&bytes), @r#"{"manifests":[{"annotations":{"org.opencontainers.image.ref.name":"1.0"},"digest":"sha256:62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a","mediaType":"application/vnd.oci.image.manifest.v1+json","platform":{"architecture":"arm64","os":"linux","variant":"v8"},"size":1}],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}"#);
        assert_eq!(parse_index(&bytes), Ok(vec![entry]));
    }

    #[test]
    fn docker_types_become_oci_types() {
        let gzip = layer_media_type("application/vnd.docker.image.rootfs.diff.tar.gzip");
        assert_eq!(gzip, Some(LAYER_GZIP));
        assert_eq!(layer_media_type("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"), None);
        assert!(is_manifest("application/vnd.docker.distribution.manifest.v2+json"));
    }

    #[test]
    fn another_digest_algorithm_is_named() {
        let text = String::from_utf8(fixture().encode().expect("encoded")).expect("text");
        let layer = Digest::of(b"layer").to_string();
        let changed = text.replace(&layer, &format!("sha512:{}", "0".repeat(128)));
        let error = Manifest::parse(changed.as_bytes()).expect_err("no SHA-256");
        assert!(error.contains("is not SHA-256"), "{error}");
    }

    #[test]
    fn a_manifest_is_what_it_says_or_what_the_registry_says() {
        let [index, manifest, list, docker] = KINDS;
        let own = |kind: &str, field: &str| format!(r#"{{"mediaType":"{kind}","{field}":[]}}"#);
        for (header, body, expected) in [
            (index, own(index, "manifests"), index),
            ("application/json", own(manifest, "layers"), manifest),
            ("", own(list, "manifests"), list),
            (docker, r#"{"layers":[]}"#.into(), docker),
            ("text/plain", r#"{"layers":[]}"#.into(), manifest),
            ("text/plain", r#"{"manifests":[]}"#.into(), index),
        ] {
            assert_eq!(media_type(header, body.as_bytes()).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_manifest_of_two_kinds_is_none() {
        let [index, manifest, ..] = KINDS;
        let error = |header: &str, body: &str| media_type(header, body.as_bytes()).expect_err(body);
        insta::assert_snapshot!([
            error(manifest, r#"{"layers":[],"manifests":[]}"#),
            error(index, &format!(r#"{{"mediaType":"{manifest}","layers":[]}}"#)),
            error(index, r#"{"layers":[]}"#),
            error("application/vnd.docker.distribution.manifest.v1+prettyjws", r#"{"fsLayers":[]}"#),
            error("text/html", "<html>"),
        ].join("\n"), @r#"
        the manifest is an index as well
        the manifest is of the type `application/vnd.oci.image.manifest.v1+json`, and the registry calls it `application/vnd.oci.image.index.v1+json`
        the manifest is not what its type says, `application/vnd.oci.image.index.v1+json`
        the type `application/vnd.docker.distribution.manifest.v1+prettyjws` is not supported: it is no image of OCI or of Docker's second schema
        the manifest is not JSON: expected value at line 1 column 1
        "#);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Manifest::parse(&bytes);
            let _ = parse_index(&bytes);
        }

        #[test]
        fn damaged_manifests_never_panic(at in 0usize..400, byte in any::<u8>()) {
            let mut bytes = fixture().encode().expect("encoded");
            let length = bytes.len();
            bytes[at % length] = byte;
            let _ = Manifest::parse(&bytes);
            let _ = parse_index(&bytes[..at % length]);
        }
    }
}
