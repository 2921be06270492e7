//! How a container of the image starts, and the values that it is written with.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

/// How a container of the image starts. What is empty or `None` is taken from the base image, if there is
/// one.
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
    /// Time between two checks in that time; engines before Docker 25 do not know it.
    pub start_interval: Option<Duration>,
    /// Failures in a row that make a container unhealthy.
    pub retries: Option<u32>,
}

impl Healthcheck {
    pub(crate) fn to_json(&self) -> Value {
        let mut test = vec![if self.command.is_empty() { "NONE" } else { "CMD" }];
        test.extend(self.command.iter().map(String::as_str));
        let mut value = json!({ "Test": test });
        let nanoseconds = |time: Duration| json!(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        for (key, time) in [
            ("Interval", self.interval),
            ("Timeout", self.timeout),
            ("StartPeriod", self.start_period),
            ("StartInterval", self.start_interval),
        ] {
            time.into_iter().for_each(|time| value[key] = nanoseconds(time));
        }
        self.retries.into_iter().for_each(|count| value["Retries"] = json!(count));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_and_written() {
        let port = |text| Port::parse(text).map(|port| port.to_string());
        assert_eq!(port("8053"), Some("8053/tcp".into()));
        assert_eq!(port("53/udp"), Some("53/udp".into()));
        for bad in ["", "0", "70000", "+80", "80/", "80/icmp", "a/tcp"] {
            assert_eq!(port(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_empty_health_check_switches_the_one_of_the_base_off() {
        assert_eq!(Healthcheck::default().to_json().to_string(), r#"{"Test":["NONE"]}"#);
    }
}
