//! The last image that was made of something, with which the next one is compared.

use super::Cache;
use super::collect::Kind;
use crate::digest::{DiffId, Digest};
use crate::image::{Image, ImageError};

/// What an image consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The digest of its manifest.
    pub image: Digest,
    /// Its configuration, as JSON.
    pub config: String,
    /// All layers, lowest first.
    pub layers: Vec<BuiltLayer>,
}

/// A layer of a [`Build`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltLayer {
    /// What it holds: see [`Layer::name`](crate::image::Layer::name).
    pub name: String,
    /// Of the compressed bytes.
    pub digest: Digest,
    /// Of the tar.
    pub diff_id: DiffId,
    /// Compressed size in bytes.
    pub size: u64,
}

impl Build {
    /// What this image consists of.
    ///
    /// # Errors
    /// None in practice: its configuration is in memory.
    pub fn of(image: &Image) -> Result<Self, ImageError> {
        let layers = image.layers().iter().map(|layer| BuiltLayer {
            name: layer.name().into(),
            digest: layer.digest(),
            diff_id: layer.diff_id(),
            size: layer.size(),
        });
        Ok(Self {
            image: image.digest(),
            config: String::from_utf8_lossy(&image.config().read()?).into_owned(),
            layers: layers.collect(),
        })
    }
}

impl Cache {
    /// The image that was made last of what `subject` says: a project's folder, its profiles, what the image is for.
    pub fn last_build(&self, subject: &str) -> Option<Build> {
        parse(&self.record(Kind::Build, &name(subject))?)
    }

    /// Remembers an image as the last that was made of `subject`.
    pub fn keep_build(&self, subject: &str, build: &Build) {
        self.put_record(Kind::Build, &name(subject), &print(build));
    }
}

fn name(subject: &str) -> String {
    Digest::of(subject.as_bytes()).hex()
}

fn print(build: &Build) -> String {
    let first = serde_json::json!([build.image.to_string(), build.config]);
    let layer = |layer: &BuiltLayer| {
        let BuiltLayer { name, digest, diff_id, size } = layer;
        serde_json::json!([name, digest.to_string(), diff_id.to_string(), size])
    };
    [first].into_iter().chain(build.layers.iter().map(layer)).map(|line| format!("{line}\n")).collect()
}

fn parse(body: &str) -> Option<Build> {
    let mut lines = body.lines();
    let (image, config): (String, String) = serde_json::from_str(lines.next()?).ok()?;
    let layer = |line: &str| {
        let (name, digest, diff_id, size): (String, String, String, u64) = serde_json::from_str(line).ok()?;
        Some(BuiltLayer { name, digest: Digest::parse(&digest)?, diff_id: DiffId::parse(&diff_id)?, size })
    };
    Some(Build { image: Digest::parse(&image)?, config, layers: lines.map(layer).collect::<Option<_>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixture::image;

    #[test]
    fn a_build_is_remembered_for_what_it_was_made_of() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let cache = Cache::open(&dir.path().join("cache")).expect("opened");
        let build = Build::of(&image()).expect("in memory");
        cache.keep_build("shop", &build);
        assert_eq!(cache.last_build("shop"), Some(build));
        assert_eq!(cache.last_build("till"), None);
        assert_eq!(parse("[]"), None);
    }
}
