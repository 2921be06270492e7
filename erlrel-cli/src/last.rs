//! The last image that was made here of the same thing.

use std::path::Path;

use erlrel_core::Project;
use erlrel_core::cache::Build;
use erlrel_core::image::Image;
use serde_json::json;

use crate::error::CliError;
use crate::host::Host;

/// What an image of a project is made of: where the project is, its profiles, what the image is for and of.
pub(crate) fn identity(project: &Project, target: &str, name: &str) -> String {
    json!([project.root, project.profiles, target, name]).to_string()
}

/// The same for a release from elsewhere. Its next version may lie in another file of the same folder.
pub(crate) fn identity_of_prebuilt(path: &Path, name: &str) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
    json!([path.parent().unwrap_or(&path), "from", name]).to_string()
}

/// What the last image consisted of, if one was made and a cache has kept it.
pub(crate) fn build(identity: &str, host: &Host<'_>) -> Option<Build> {
    host.cache.as_ref()?.last_build(identity)
}

/// Remembers an image for the next time.
pub(crate) fn keep(
    identity: &str,
    last: Option<&Build>,
    image: &Image,
    host: &Host<'_>,
) -> Result<(), CliError> {
    if let Some(cache) = host.cache.as_ref().filter(|_| last.is_none_or(|last| last.image != image.digest()))
    {
        cache.keep_build(identity, &Build::of(image)?);
    }
    Ok(())
}
