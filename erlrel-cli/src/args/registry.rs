//! How registries are spoken to.

use std::path::PathBuf;

use clap::Args;

/// Over these options in the help.
const REGISTRIES: &str = "Registries";

/// For all commands that fetch from registries or send to them. Credentials come from where docker and podman keep
/// them, which is no argument: it would be seen in the list of processes.
#[derive(Debug, Args)]
pub(crate) struct RegistryArgs {
    /// Speak to this registry without TLS, several times if needed; those on this machine are spoken to as they like
    #[arg(long, help_heading = REGISTRIES, value_name = "HOST[:PORT]", env = "ERLREL_PLAIN_HTTP", value_delimiter = ',', value_parser = parse_host)]
    pub(crate) plain_http: Vec<String>,
    /// Trust the authorities in this file too
    #[arg(long, help_heading = REGISTRIES, value_name = "FILE", env = "ERLREL_REGISTRY_CA")]
    pub(crate) registry_ca: Option<PathBuf>,
    /// The certificate to show to a registry that wants to see one
    #[arg(long, help_heading = REGISTRIES, value_name = "FILE", env = "ERLREL_REGISTRY_CERT", requires = "registry_key")]
    pub(crate) registry_cert: Option<PathBuf>,
    /// The key of that certificate
    #[arg(long, help_heading = REGISTRIES, value_name = "FILE", env = "ERLREL_REGISTRY_KEY", requires = "registry_cert")]
    pub(crate) registry_key: Option<PathBuf>,
    /// Where to ask first for what is fetched from a registry, several times if needed
    #[arg(long, help_heading = REGISTRIES, value_name = "HOST=URL", env = "ERLREL_REGISTRY_MIRROR", value_delimiter = ',', value_parser = parse_mirror)]
    pub(crate) registry_mirror: Vec<(String, String)>,
}

/// As it stands in names of images.
fn parse_host(text: &str) -> Result<String, &'static str> {
    let host = text.trim().to_ascii_lowercase();
    if host.is_empty() || host.contains(['/', ' ', '@']) {
        return Err("write HOST or HOST:PORT, as in the name of an image");
    }
    Ok(host)
}

fn parse_mirror(text: &str) -> Result<(String, String), &'static str> {
    let (host, url) =
        text.split_once('=').ok_or("write HOST=URL, such as docker.io=https://mirror.example.com")?;
    let is_url = url.starts_with("https://") || url.starts_with("http://");
    if host.is_empty() || !is_url {
        return Err("write HOST=URL, such as docker.io=https://mirror.example.com");
    }
    Ok((host.into(), url.into()))
}
