//! The image configuration as JSON (image-spec, "config.md"): ours on top of the base image's.
//!
//! The wire format is oci-spec's business; this module is the only one that knows its configuration types.

use std::collections::BTreeSet;

use oci_spec::image as oci;
use serde_json::{Value, json};

use super::ImageOptions;
use super::base::BaseImage;
use super::config::{ContainerConfig, Healthcheck, Port};
use super::error::ImageError;
use super::json::canonical;
use super::layer::Layer;
use super::timestamp::rfc3339;
use crate::digest::DiffId;
use crate::platform::Platform;

/// Where programs are looked for in an image that does not say it: what container engines use themselves.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How the history of a layer begins that erlrel has made.
const OWN_LAYER: &str = "erlrel layer: ";
/// The history of a layer that the base says nothing of.
const UNKNOWN_LAYER: &str = "unknown layer of the base image";

/// The configuration of an image of `base`'s layers and then `layers`, as the bytes that are its identity.
///
/// # Errors
/// None in practice; the type keeps the caller free of panics.
pub(crate) fn encode(
    base: Option<&BaseImage>,
    layers: &[Layer],
    options: &ImageOptions,
) -> Result<Vec<u8>, ImageError> {
    let base_config = base.map(BaseImage::config);
    let mut image = base_config.map_or_else(oci::ImageConfiguration::default, |base| base.image.clone());
    image.set_os(oci::Os::from(options.platform.os.as_str()));
    image.set_architecture(oci::Arch::from(options.platform.architecture.as_str()));
    image.set_created(Some(rfc3339(options.created)));
    let base_layers = base.map_or(&[][..], BaseImage::layers);
    let diff_ids = base_layers.iter().chain(layers).map(|layer| layer.diff_id().to_string()).collect();
    image.rootfs_mut().set_diff_ids(diff_ids);
    image.set_history(Some(history(&image, base_layers.len(), layers, options)));
    image.set_config(Some(merge(image.config().clone().unwrap_or_default(), &options.config)));
    let mut value = serde_json::to_value(image).map_err(encode_error)?;
    let base_check = base_config.and_then(|base| base.healthcheck.clone());
    if let Some(check) = options.config.healthcheck.as_ref().map(Healthcheck::to_json).or(base_check) {
        value["config"]["Healthcheck"] = check;
    }
    Ok(canonical(value))
}

/// The configuration of an image whose lower layers are another base's: `layers` are all of them, the last `own` the
/// image's own.
pub(crate) fn rebased(image: &ParsedConfig, base: &ParsedConfig, layers: &[Layer], own: usize) -> Vec<u8> {
    let below = layers.len() - own;
    let mut history = base.history().to_vec();
    let described = non_empty(&history);
    history.extend((described..below).map(|_| {
        let mut entry = oci::History::default();
        entry.set_created(image.image.created().clone());
        entry.set_created_by(Some(UNKNOWN_LAYER.into()));
        entry
    }));
    let from = image.first_own().unwrap_or_default();
    history.extend(image.history().get(from..).unwrap_or_default().iter().cloned());
    let diff_ids: Vec<String> = layers.iter().map(|layer| layer.diff_id().to_string()).collect();
    let mut json = image.json.clone();
    json["history"] = json!(history);
    json["rootfs"] = json!({ "type": "layers", "diff_ids": diff_ids });
    canonical(json)
}

/// The base's history, filled up to one entry a layer so that ours pair with ours, then one entry for each of
/// `layers`.
fn history(
    image: &oci::ImageConfiguration,
    base_layers: usize,
    layers: &[Layer],
    options: &ImageOptions,
) -> Vec<oci::History> {
    let mut history = image.history().clone().unwrap_or_default();
    let described = non_empty(&history);
    history.extend((described..base_layers).map(|_| entry(UNKNOWN_LAYER, options)));
    history.extend(layers.iter().map(|layer| entry(&format!("{OWN_LAYER}{}", layer.name()), options)));
    history
}

fn entry(created_by: &str, options: &ImageOptions) -> oci::History {
    let mut entry = oci::History::default();
    entry.set_created(Some(rfc3339(options.created)));
    entry.set_created_by(Some(created_by.into()));
    entry
}

fn non_empty(history: &[oci::History]) -> usize {
    history.iter().filter(|entry| entry.empty_layer() != Some(true)).count()
}

/// The base's container configuration with ours on top, by the rules of a Dockerfile that starts `FROM` it.
fn merge(mut config: oci::Config, ours: &ContainerConfig) -> oci::Config {
    if !ours.entrypoint.is_empty() {
        config.set_entrypoint(Some(ours.entrypoint.clone()));
        config.set_cmd(None);
    }
    if !ours.cmd.is_empty() {
        config.set_cmd(Some(ours.cmd.clone()));
    }
    let env = merge_env(config.env().clone().unwrap_or_default(), &ours.env);
    config.set_env(Some(env));
    config.set_working_dir(ours.workdir.clone().or_else(|| config.working_dir().clone()));
    config.set_user(ours.user.clone().or_else(|| config.user().clone()));
    config.set_stop_signal(ours.stop_signal.clone().or_else(|| config.stop_signal().clone()));
    let ports = union(config.exposed_ports().clone(), ours.exposed_ports.iter().map(Port::to_string));
    config.set_exposed_ports(ports);
    let volumes = union(config.volumes().clone(), ours.volumes.iter().cloned());
    config.set_volumes(volumes);
    let mut labels = config.labels().clone().unwrap_or_default();
    labels.extend(ours.labels.clone());
    config.set_labels(Some(labels).filter(|labels| !labels.is_empty()));
    config
}

fn merge_env(base: Vec<String>, ours: &[(String, String)]) -> Vec<String> {
    let mut env: Vec<(String, String)> = Vec::new();
    let base = base.iter().map(|line| line.split_once('=').unwrap_or((line, "")));
    for (name, value) in base.chain(ours.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
        match env.iter_mut().find(|(there, _)| there == name) {
            Some(there) => there.1 = value.into(),
            None => env.push((name.into(), value.into())),
        }
    }
    if !env.iter().any(|(name, _)| name == "PATH") {
        env.insert(0, ("PATH".into(), DEFAULT_PATH.into()));
    }
    env.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
}

fn union(base: Option<Vec<String>>, ours: impl Iterator<Item = String>) -> Option<Vec<String>> {
    let all: BTreeSet<String> = base.unwrap_or_default().into_iter().chain(ours).collect();
    Some(all.into_iter().collect::<Vec<_>>()).filter(|all| !all.is_empty())
}

/// A configuration that was read, of OCI's or Docker's kind.
#[derive(Debug, Clone)]
pub(crate) struct ParsedConfig {
    image: oci::ImageConfiguration,
    healthcheck: Option<Value>,
    /// All of it, also what the specification does not know.
    json: Value,
}

impl ParsedConfig {
    /// Reads a configuration.
    ///
    /// # Errors
    /// What is wrong with it, as text.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let check = value.get("config").and_then(|config| config.get("Healthcheck"));
        let healthcheck = check.filter(|check| check.is_object()).cloned();
        let image = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
        Ok(Self { image, healthcheck, json: value })
    }

    /// The platform that the image is for.
    pub(crate) fn platform(&self) -> Platform {
        Platform { os: self.image.os().to_string(), architecture: self.image.architecture().to_string() }
    }

    /// The variant of the architecture, if the image names one.
    pub(crate) fn variant(&self) -> Option<&str> {
        self.image.variant().as_deref()
    }

    /// A variable that containers of the image have.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let all = self.image.config().as_ref()?.env().as_deref()?;
        all.iter().find_map(|variable| variable.strip_prefix(name)?.strip_prefix('='))
    }

    /// The uncompressed layers.
    ///
    /// # Errors
    /// The first one that is not a SHA-256 digest, as text.
    pub(crate) fn diff_ids(&self) -> Result<Vec<DiffId>, String> {
        let read =
            |text: &String| DiffId::parse(text).ok_or_else(|| format!("`{text}` is no SHA-256 digest"));
        self.image.rootfs().diff_ids().iter().map(read).collect()
    }

    /// How many layers lie below the first that erlrel has made; `None` if it has made none.
    pub(crate) fn layers_below_own(&self) -> Option<usize> {
        self.first_own().map(|at| non_empty(&self.history()[..at]))
    }

    /// What each layer holds, as far as erlrel has made it: see [`Layer::name`].
    pub(crate) fn layer_names(&self) -> impl Iterator<Item = Option<&str>> {
        let layers = self.history().iter().filter(|entry| entry.empty_layer() != Some(true));
        layers.map(|entry| entry.created_by().as_deref()?.strip_prefix(OWN_LAYER))
    }

    /// All of it, as it was read.
    pub(crate) fn json(&self) -> &Value {
        &self.json
    }

    fn first_own(&self) -> Option<usize> {
        let is_own = |entry: &oci::History| {
            entry.created_by().as_ref().is_some_and(|command| command.starts_with(OWN_LAYER))
        };
        self.history().iter().position(is_own)
    }

    fn history(&self) -> &[oci::History] {
        self.image.history().as_deref().unwrap_or_default()
    }

    /// Number of history entries that belong to a layer.
    pub(crate) fn described_layers(&self) -> usize {
        non_empty(self.history())
    }
}

fn encode_error(error: serde_json::Error) -> ImageError {
    ImageError::Encode { what: "configuration", why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use proptest::prelude::*;
    use serde_json::json;

    use crate::image::fixture::{RawLayout, layers, options};
    use crate::tree::Tree;

    fn pretty(bytes: &[u8]) -> String {
        serde_json::to_string_pretty(&serde_json::from_slice::<Value>(bytes).expect("JSON")).expect("text")
    }

    fn full() -> ContainerConfig {
        let text = |text: &str| text.to_string();
        ContainerConfig {
            entrypoint: vec![text("/opt/app/bin/app")],
            cmd: vec![text("foreground")],
            env: vec![(text("HOME"), text("/tmp")), (text("A"), text("1")), (text("A"), text("2=3"))],
            workdir: Some(text("/opt/app")),
            user: Some(text("65532:65532")),
            exposed_ports: ["8053", "8053/udp", "3000"].iter().filter_map(|port| Port::parse(port)).collect(),
            volumes: [text("/data")].into(),
            labels: [(text("b"), text("2")), (text("a"), text("1"))].into(),
            stop_signal: Some(text("SIGTERM")),
            healthcheck: Some(Healthcheck {
                command: vec![text("/opt/app/bin/app"), text("ping")],
                interval: Some(Duration::from_millis(1500)),
                retries: Some(3),
                ..Default::default()
            }),
        }
    }

    /// A base image with this configuration and one layer.
    fn base(config: &Value) -> BaseImage {
        let layout = RawLayout::new();
        let layer = layout.layer(&Tree::new());
        let mut whole = json!({"architecture": "amd64", "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [layer.1]}});
        config.as_object().expect("an object").iter().for_each(|(key, value)| whole[key] = value.clone());
        layout.index(&[layout.manifest_with(&[layer], &whole)]);
        BaseImage::open(layout.path(), None, &Platform::linux("amd64")).expect("opened")
    }

    #[test]
    fn a_configuration_without_a_base() {
        let options = ImageOptions { config: full(), created: 1_700_000_000, ..options() };
        let bytes = encode(None, layers().get(..1).expect("a layer"), &options).expect("encoded");
        insta::assert_snapshot!(pretty(&bytes), @r#"
        {
          "architecture": "amd64",
          "config": {
            "Cmd": [
              "foreground"
            ],
            "Entrypoint": [
              "/opt/app/bin/app"
            ],
            "Env": [
              "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
              "HOME=/tmp",
              "A=2=3"
            ],
            "ExposedPorts": {
              "3000/tcp": {},
              "8053/tcp": {},
              "8053/udp": {}
            },
            "Healthcheck": {
              "Interval": 1500000000,
              "Retries": 3,
              "Test": [
                "CMD",
                "/opt/app/bin/app",
                "ping"
              ]
            },
            "Labels": {
              "a": "1",
              "b": "2"
            },
            "StopSignal": "SIGTERM",
            "User": "65532:65532",
            "Volumes": {
              "/data": {}
            },
            "WorkingDir": "/opt/app"
          },
          "created": "2023-11-14T22:13:20Z",
          "history": [
            {
              "created": "2023-11-14T22:13:20Z",
              "created_by": "erlrel layer: native"
            }
          ],
          "os": "linux",
          "rootfs": {
            "diff_ids": [
              "sha256:2c1d653ecdd75f36dbded5c2493f6d58b128d1bcfc755d98ff56e82c150b9c12"
            ],
            "type": "layers"
          }
        }
        "#);
    }

    #[test]
    fn a_configuration_is_made_of_the_same_bytes_each_time() {
        let make =
            || encode(None, &layers(), &ImageOptions { config: full(), ..options() }).expect("encoded");
        let first = make();
        assert!((0..20).all(|_| make() == first));
        insta::assert_snapshot!(crate::digest::Digest::of(&first), @"sha256:d5de0c5762ec3ab65dfc1161e24996baba2884ced09ca194a4fd1f1de1bd28f2");
    }

    #[test]
    fn the_base_is_inherited_as_a_dockerfile_does_and_ours_wins() {
        let base = base(&json!({
            "author": "me", "variant": "v1",
            "config": {
                "Env": ["PATH=/base", "HOME=/root", "X=1"], "Labels": {"a": "base", "z": "26"},
                "Cmd": ["/bin/sh"], "Entrypoint": ["/entry"], "ExposedPorts": {"80/tcp": {}},
                "Volumes": null, "User": "nobody", "StopSignal": "SIGQUIT",
                "Healthcheck": {"Test": ["CMD", "base"]},
            },
            "history": [{"created_by": "base"}, {"created_by": "ENV", "empty_layer": true}],
        }));
        let ours = ContainerConfig { stop_signal: None, healthcheck: None, ..full() };
        let options = ImageOptions { config: ours, ..options() };
        let bytes = encode(Some(&base), layers().get(..1).expect("a layer"), &options).expect("encoded");
        insta::assert_snapshot!(pretty(&bytes), @r#"
        {
          "architecture": "amd64",
          "author": "me",
          "config": {
            "Cmd": [
              "foreground"
            ],
            "Entrypoint": [
              "/opt/app/bin/app"
            ],
            "Env": [
              "PATH=/base",
              "HOME=/tmp",
              "X=1",
              "A=2=3"
            ],
            "ExposedPorts": {
              "3000/tcp": {},
              "80/tcp": {},
              "8053/tcp": {},
              "8053/udp": {}
            },
            "Healthcheck": {
              "Test": [
                "CMD",
                "base"
              ]
            },
            "Labels": {
              "a": "1",
              "b": "2",
              "z": "26"
            },
            "StopSignal": "SIGQUIT",
            "User": "65532:65532",
            "Volumes": {
              "/data": {}
            },
            "WorkingDir": "/opt/app"
          },
          "created": "1970-01-01T00:00:00Z",
          "history": [
            {
              "created_by": "base"
            },
            {
              "created_by": "ENV",
              "empty_layer": true
            },
            {
              "created": "1970-01-01T00:00:00Z",
              "created_by": "erlrel layer: native"
            }
          ],
          "os": "linux",
          "rootfs": {
            "diff_ids": [
              "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
              "sha256:2c1d653ecdd75f36dbded5c2493f6d58b128d1bcfc755d98ff56e82c150b9c12"
            ],
            "type": "layers"
          },
          "variant": "v1"
        }
        "#);
    }

    #[test]
    fn a_new_entrypoint_drops_the_command_of_the_base_and_none_keeps_both() {
        let base = base(&json!({"config": {"Cmd": ["c"], "Entrypoint": ["e"]}}));
        let config = |entrypoint: &[&str]| {
            let entrypoint = entrypoint.iter().map(|text| text.to_string()).collect();
            let config = ContainerConfig { entrypoint, ..Default::default() };
            let bytes = encode(Some(&base), &[], &ImageOptions { config, ..options() }).expect("encoded");
            let value: Value = serde_json::from_slice(&bytes).expect("JSON");
            (value["config"]["Entrypoint"].to_string(), value["config"]["Cmd"].to_string())
        };
        assert_eq!(config(&["new"]), (r#"["new"]"#.into(), "null".into()));
        assert_eq!(config(&[]), (r#"["e"]"#.into(), r#"["c"]"#.into()));
    }

    #[test]
    fn a_history_that_is_too_short_is_filled_up_so_that_entries_pair_with_layers() {
        let base = base(&json!({"history": []}));
        let bytes = encode(Some(&base), &layers(), &options()).expect("encoded");
        let value: Value = serde_json::from_slice(&bytes).expect("JSON");
        let history: Vec<&str> = value["history"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|entry| entry["created_by"].as_str())
            .collect();
        insta::assert_snapshot!(history.join("\n"), @r"
        unknown layer of the base image
        erlrel layer: native
        erlrel layer: otp
        erlrel layer: dependency dep
        erlrel layer: project app
        erlrel layer: release
        ");
    }

    proptest! {
        #[test]
        fn arbitrary_configurations_never_panic(text in "\\PC{0,60}", healthcheck in "\\PC{0,10}") {
            let _ = ParsedConfig::parse(text.as_bytes());
            let json = json!({"os": text, "architecture": "", "rootfs": {"type": "", "diff_ids": [healthcheck]}});
            let config = ParsedConfig::parse(json.to_string().as_bytes()).expect("it has all it must");
            prop_assert!(config.diff_ids().is_err());
        }
    }
}
