//! What the variables of this process say.

use erlrel_core::Environment;

use erlrel_core::docker::DockerHost;

use crate::error::CliError;

/// Variables that are not UTF-8 decide nothing here.
pub(crate) fn environment() -> Environment {
    std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect()
}

/// The time of everything that is written: SOURCE_DATE_EPOCH, else 0.
pub(crate) fn epoch() -> Result<u64, CliError> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) if !text.is_empty() => text.parse().map_err(|_| CliError::BadEpoch(text)),
        _ => Ok(0),
    }
}

/// Where the Docker daemon listens: DOCKER_HOST, else its usual socket.
pub(crate) fn docker_host() -> Result<DockerHost, CliError> {
    let host = std::env::var("DOCKER_HOST").unwrap_or_default();
    Ok(DockerHost::parse(&host).map_err(erlrel_core::destination::DestinationError::from)?)
}
