//! An image, and a client that never really waits.

use std::error::Error as _;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use erlrel_core::Environment;
use erlrel_core::digest::Digest;
use erlrel_core::image::reference::Repository;
use erlrel_core::image::{Blob, Reference};
use erlrel_core::registry::{Clock, Pause, Registry, RegistryError, RegistryOptions};
use serde_json::{Value, json};

use crate::faulty::{BASIC, Faulty, Host, IDENTITY_BASIC, PASSWORD, USER};

/// The repository that images are pushed to and pulled from.
pub(crate) const REPOSITORY: &str = "acme/app";
/// Another one of the same registry.
pub(crate) const OTHER: &str = "acme/base";
/// The media type of the image's manifest.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// An image of two layers and a configuration.
#[derive(Debug)]
pub(crate) struct SmallImage {
    /// In the order in which they are pushed.
    pub(crate) blobs: Vec<Blob>,
    pub(crate) manifest: Vec<u8>,
}

impl SmallImage {
    /// Images of other numbers have other blobs.
    pub(crate) fn new(number: u8) -> Self {
        let layers = [noise(number, 200_000), noise(number.wrapping_add(100), 3_000)];
        let diff_ids = layers.iter().map(|layer| Digest::of(layer).to_string()).collect::<Vec<_>>();
        let config = json!({
            "architecture": "amd64", "os": "linux", "number": number,
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        })
        .to_string();
        let blobs: Vec<Blob> =
            layers.into_iter().chain([config.into_bytes()]).map(Blob::from_bytes).collect();
        let layer = "application/vnd.oci.image.layer.v1.tar+gzip";
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": descriptor("application/vnd.oci.image.config.v1+json", &blobs[2]),
            "layers": [descriptor(layer, &blobs[0]), descriptor(layer, &blobs[1])],
        });
        Self { blobs, manifest: manifest.to_string().into_bytes() }
    }

    pub(crate) fn digest(&self) -> Digest {
        Digest::of(&self.manifest)
    }

    /// The bytes of everything that is uploaded to a repository that has nothing.
    pub(crate) fn size(&self) -> u64 {
        self.blobs.iter().map(Blob::size).sum()
    }
}

/// Bytes that look like nothing, the same each time.
fn noise(seed: u8, length: usize) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

fn descriptor(media_type: &str, blob: &Blob) -> Value {
    json!({"mediaType": media_type, "digest": blob.digest().to_string(), "size": blob.size()})
}

/// A clock that writes down how long somebody would have waited.
#[derive(Debug)]
pub(crate) struct Waits {
    durations: Mutex<Vec<Duration>>,
    /// How often it waits; then it gives up.
    patience: usize,
}

/// When it always is: 784111777 seconds after the beginning of 1970.
pub(crate) const NOW: u64 = 784_111_777;

impl Clock for Waits {
    fn now(&self) -> Option<u64> {
        Some(NOW)
    }

    fn wait(&self, pause: &Pause) -> bool {
        let mut durations = self.durations.lock().expect("nobody panicked");
        durations.push(pause.duration);
        durations.len() < self.patience
    }

    fn random(&self) -> u32 {
        0
    }
}

impl Waits {
    /// All waits so far, in milliseconds.
    pub(crate) fn millis(&self) -> Vec<u128> {
        self.durations.lock().expect("nobody panicked").iter().map(Duration::as_millis).collect()
    }
}

/// A client of one registry.
#[derive(Debug)]
pub(crate) struct Client<'a> {
    faulty: &'a Faulty,
    pub(crate) registry: Registry,
    pub(crate) waits: Arc<Waits>,
}

/// The options of a client that knows the password.
pub(crate) fn options(faulty: &Faulty) -> RegistryOptions {
    with_environment(faulty, &[("ERLREL_REGISTRY_USERNAME", USER), ("ERLREL_REGISTRY_PASSWORD", PASSWORD)])
}

/// The options of a client with these variables.
pub(crate) fn with_environment(faulty: &Faulty, variables: &[(&str, &str)]) -> RegistryOptions {
    let registry = ("ERLREL_REGISTRY".to_string(), faulty.host());
    let variables = variables.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string()));
    let environment: Environment = variables.chain([registry]).collect();
    RegistryOptions {
        environment,
        plain_http: [faulty.host()].into(),
        timeout: Duration::from_millis(700),
        ..RegistryOptions::default()
    }
}

impl<'a> Client<'a> {
    /// One that knows the password.
    pub(crate) fn new(faulty: &'a Faulty) -> Self {
        Self::with(faulty, options(faulty))
    }

    pub(crate) fn with(faulty: &'a Faulty, options: RegistryOptions) -> Self {
        Self::waiting(faulty, options, usize::MAX)
    }

    /// One that gives up instead of waiting so often.
    pub(crate) fn impatient(faulty: &'a Faulty, patience: usize) -> Self {
        Self::waiting(faulty, options(faulty), patience)
    }

    fn waiting(faulty: &'a Faulty, options: RegistryOptions, patience: usize) -> Self {
        let waits = Arc::new(Waits { durations: Mutex::default(), patience });
        let clock: Arc<dyn Clock> = waits.clone();
        Self { faulty, registry: Registry::new(RegistryOptions { clock, ..options }), waits }
    }

    pub(crate) fn repository(&self, path: &str) -> Repository {
        self.reference(path, "latest").repository()
    }

    /// The name of an image.
    pub(crate) fn reference(&self, path: &str, tag: &str) -> Reference {
        Reference::parse(&format!("{}/{path}:{tag}", self.faulty.host())).expect("a name")
    }

    /// Blobs first, the tag last.
    pub(crate) fn push(&self, image: &SmallImage, tag: &str) -> Result<(), RegistryError> {
        self.push_from(image, tag, None)
    }

    /// The same, if another repository may have the blobs.
    pub(crate) fn push_from(
        &self,
        image: &SmallImage,
        tag: &str,
        from: Option<&Repository>,
    ) -> Result<(), RegistryError> {
        let repository = self.registry.repository(&self.repository(REPOSITORY));
        for blob in &image.blobs {
            repository.push_blob(blob, from)?;
        }
        let digest = repository.push_manifest(tag, MANIFEST, &image.manifest)?;
        assert_eq!(digest, image.digest());
        Ok(())
    }

    /// Everything that a tag or digest leads to; `None` if there is no such thing.
    pub(crate) fn pull(&self, reference: &str) -> Result<Option<Pulled>, RegistryError> {
        let repository = self.registry.repository(&self.repository(REPOSITORY));
        let Some(manifest) = repository.manifest(reference)? else { return Ok(None) };
        let json: Value = serde_json::from_slice(&manifest.bytes).expect("a manifest that was verified");
        let layers = json["layers"].as_array().expect("a list").iter();
        let mut blobs = Vec::new();
        for descriptor in layers.chain([&json["config"]]) {
            let digest = Digest::parse(descriptor["digest"].as_str().expect("a text")).expect("a digest");
            let mut bytes = Vec::new();
            let mut reader = repository.open_blob(digest, descriptor["size"].as_u64().expect("a number"))?;
            reader.read_to_end(&mut bytes).map_err(registry_error)?;
            blobs.push(bytes);
        }
        Ok(Some(Pulled { media_type: manifest.media_type, manifest: manifest.bytes, blobs }))
    }
}

/// Readers wrap it.
fn registry_error(error: std::io::Error) -> RegistryError {
    *error.into_inner().expect("an error inside").downcast().expect("one of the registry's")
}

/// What came.
#[derive(Debug, PartialEq)]
pub(crate) struct Pulled {
    pub(crate) media_type: String,
    pub(crate) manifest: Vec<u8>,
    pub(crate) blobs: Vec<Vec<u8>>,
}

impl Pulled {
    /// True if it is the image, byte by byte.
    pub(crate) fn is(&self, image: &SmallImage) -> bool {
        let blobs = image.blobs.iter().map(|blob| blob.read().expect("in memory"));
        self.manifest == image.manifest && self.media_type == MANIFEST && blobs.eq(self.blobs.iter().cloned())
    }
}

impl Faulty {
    /// Puts an image there, as if somebody had pushed it before.
    pub(crate) fn put(&self, repository: &str, image: &SmallImage, tag: &str) {
        self.store(|store| {
            for blob in &image.blobs {
                store.add_blob(repository, blob.read().expect("in memory"));
            }
            let manifest =
                crate::faulty::Manifest { media_type: MANIFEST.into(), bytes: image.manifest.clone() };
            store.add_manifest(repository, tag, manifest).expect("taken");
        });
    }

    /// The digest that the tag has.
    pub(crate) fn tag(&self, tag: &str) -> Option<String> {
        self.store(|store| store.repositories.get(REPOSITORY)?.tags.get(tag).cloned())
    }

    /// True if the tag leads to the image, and everything of it is there.
    pub(crate) fn has(&self, image: &SmallImage, tag: &str) -> bool {
        let mut digests = image.blobs.iter().map(|blob| blob.digest().to_string());
        self.tag(tag) == Some(image.digest().to_string())
            && self.store(|store| digests.all(|digest| store.blob(REPOSITORY, &digest).is_some()))
    }

    /// An error as users see it, with names for what differs from run to run.
    pub(crate) fn shown(&self, error: &RegistryError) -> String {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            text += &format!(": {error}");
            source = error.source();
        }
        text += &error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        self.named(&text)
    }

    /// A text with one phrase for what the kernel says of the same thing now this way, now that,
    /// with names for the servers, and with digests cut short.
    pub(crate) fn named(&self, text: &str) -> String {
        let names = [(Host::Registry, "REGISTRY"), (Host::Storage, "STORAGE"), (Host::Tokens, "TOKENS")];
        let broken =
            ["Peer disconnected", "Broken pipe (os error 32)", "Connection reset by peer (os error 104)"];
        let text = broken.into_iter().fold(text.to_string(), |text, words| text.replace(words, "BROKEN"));
        let text = names.into_iter().fold(text, |text, (host, name)| text.replace(&self.address(host), name));
        let mut parts = text.split("sha256:");
        let first = parts.next().unwrap_or_default().to_string();
        parts.fold(first, |text, part| format!("{text}sha256:{}…{}", &part[..6], &part[64..]))
    }

    /// Asserts that nobody saw credentials whom they do not concern.
    pub(crate) fn assert_discreet(&self) {
        for request in self.requests() {
            let Some(shown) = request.authorization() else { continue };
            let allowed = match request.host {
                Host::Registry => shown == BASIC || shown.starts_with("Bearer token-"),
                Host::Tokens => shown == BASIC || shown == IDENTITY_BASIC,
                Host::Storage => false,
            };
            assert!(allowed, "{request:?}");
            assert!(!request.head.query.contains(PASSWORD), "{request:?}");
        }
    }
}
