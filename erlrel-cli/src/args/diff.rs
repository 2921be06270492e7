//! The arguments of `erlrel diff`.

use std::path::Path;

use clap::Args;
use erlrel_core::container::{Base, ContainerError};
use erlrel_core::image::layout::LayoutName;
use erlrel_core::platform::Platform;

use super::HostArgs;

pub(super) const EXAMPLES: &str = "\
Examples:
  erlrel diff registry.example.com/shop:1.4 registry.example.com/shop:1.5
  erlrel diff registry.example.com/shop:latest archive:_build/prod/erlrel/shop-1.5.0.tar
  erlrel diff oci:out:1.4 docker:shop:1.5 --exit-code

Layers that both images have are neither fetched nor read.";

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The old image: `archive:FILE`, `oci:DIR[:TAG]`, `docker:NAME`, or `[REGISTRY/]NAME[:TAG][@DIGEST]`
    #[arg(value_name = "OLD", value_parser = parse_image)]
    pub(crate) old: Base,
    /// The new image
    #[arg(value_name = "NEW", value_parser = parse_image)]
    pub(crate) new: Base,
    /// Which of several platforms is meant, such as linux/arm64; default: the only one that an image has
    #[arg(long, value_name = "OS/ARCH", value_parser = parse_platform)]
    pub(crate) platform: Option<Platform>,
    /// End with exit code 1 if the images differ
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// Print all of it as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) host: HostArgs,
}

/// The forms of an image.
const FORMS: &str = "`archive:FILE`, `oci:DIR[:TAG]`, `docker:NAME`, `[REGISTRY/]NAME[:TAG][@DIGEST]`";

/// As a base image is written, or as `erlrel image` names an archive.
fn parse_image(text: &str) -> Result<Base, String> {
    if let Some(file) = text.strip_prefix("archive:").filter(|file| !file.is_empty()) {
        return Ok(Base::Layout(LayoutName { dir: file.into(), tag: None }));
    }
    if Path::new(text).is_file() {
        return Err(format!("there is a file of this name: write `archive:{text}`"));
    }
    Base::parse(text, Path::new("")).map_err(|error| match error {
        ContainerError::UnknownBase { text, why } => {
            format!("`{text}` is no image: {why}; write one of {FORMS}")
        }
        error => error.to_string(),
    })
}

fn parse_platform(text: &str) -> Result<Platform, &'static str> {
    Platform::parse(text).ok_or("a platform is an operating system and an architecture: linux/arm64")
}
