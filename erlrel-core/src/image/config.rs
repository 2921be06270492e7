//! The image configuration (image-spec, "config.md"): how a container starts, and which layers it has.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use oci_spec::image as oci;
use serde_json::{Value, json};

use super::ImageOptions;
use super::base::BaseImage;
use super::error::ImageError;
use super::json::canonical;
use super::layer::Layer;
use super::timestamp::rfc3339;
use crate::digest::DiffId;
use crate::platform::Platform;

/// Where programs are looked for in an image that does not say it: what container engines use themselves.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How a container of the image starts. What is empty or `None` is taken from the base image, if there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerConfig {
    /// The program and its first arguments. Setting it drops the base image's `cmd`, as in a Dockerfile.
    pub entrypoint: Vec<String>,
    /// Arguments that `docker run IMAGE …` replaces.
    pub cmd: Vec<String>,
    /// Environment variables in this order; they win over the base image's, and a later one over an earlier.
    /// `PATH` is set to a usual default if neither names it.
    pub env: Vec<(String, String)>,
    /// The working directory, absolute.
    pub workdir: Option<String>,
    /// `user`, `uid`, `user:group` or `uid:gid`.
    pub user: Option<String>,
    /// Ports the program listens on; added to the base image's.
    pub exposed_ports: BTreeSet<Port>,
    /// Paths that engines mount a volume on; added to the base image's.
    pub volumes: BTreeSet<String>,
    /// Labels; they win over the base image's.
    pub labels: BTreeMap<String, String>,
    /// The signal that asks the program to end, such as `SIGTERM`, which is also what engines use by default.
    pub stop_signal: Option<String>,
    /// How an engine finds out whether the program works. Docker knows it, the OCI specification only
    /// reserves the key, and podman ignores it.
    pub healthcheck: Option<Healthcheck>,
}

/// A port with its protocol, written `8053` or `8053/udp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// The number.
    pub number: u16,
    /// The protocol; `tcp` if the text names none.
    pub protocol: Protocol,
}

/// A protocol that has ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// `tcp`
    Tcp,
    /// `udp`
    Udp,
    /// `sctp`
    Sctp,
}

impl Port {
    /// Reads `NUMBER` or `NUMBER/PROTOCOL`; `None` for any other text and for port 0.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let protocol = match protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "sctp" => Protocol::Sctp,
            _ => return None,
        };
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|number| digits && *number != 0)?;
        Some(Self { number, protocol })
    }
}

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let protocol = match self.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        };
        write!(f, "{}/{protocol}", self.number)
    }
}

/// Docker's health check. A duration or count of `None` leaves the engine's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Healthcheck {
    /// The program and its arguments, run inside the container; empty switches the base image's check off.
    pub command: Vec<String>,
    /// Time between two checks.
    pub interval: Option<Duration>,
    /// Time after which a check has failed.
    pub timeout: Option<Duration>,
    /// Time after the start in which failures do not count.
    pub start_period: Option<Duration>,
    /// Failures in a row that make a container unhealthy.
    pub retries: Option<u32>,
}

impl Healthcheck {
    fn to_json(&self) -> Value {
        let mut test = vec![if self.command.is_empty() { "NONE" } else { "CMD" }];
        test.extend(self.command.iter().map(String::as_str));
        let mut value = json!({ "Test": test });
        let nanoseconds = |time: Duration| json!(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        for (key, time) in
            [("Interval", self.interval), ("Timeout", self.timeout), ("StartPeriod", self.start_period)]
        {
            time.into_iter().for_each(|time| value[key] = nanoseconds(time));
        }
        self.retries.into_iter().for_each(|count| value["Retries"] = json!(count));
        value
    }
}

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
    history.extend((described..base_layers).map(|_| entry("unknown layer of the base image", options)));
    history.extend(layers.iter().map(|layer| entry(&format!("erlrel layer: {}", layer.name()), options)));
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
        let image = serde_json::from_value(value).map_err(|error| error.to_string())?;
        Ok(Self { image, healthcheck })
    }

    /// The platform that the image is for.
    pub(crate) fn platform(&self) -> Platform {
        Platform { os: self.image.os().to_string(), architecture: self.image.architecture().to_string() }
    }

    /// The variant of the architecture, if the image names one.
    pub(crate) fn variant(&self) -> Option<&str> {
        self.image.variant().as_deref()
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

    /// Number of history entries that belong to a layer.
    pub(crate) fn described_layers(&self) -> usize {
        self.image.history().as_deref().map_or(0, non_empty)
    }
}

fn encode_error(error: serde_json::Error) -> ImageError {
    ImageError::Encode { what: "configuration", why: error.to_string() }
}
