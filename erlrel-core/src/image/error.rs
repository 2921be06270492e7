//! What can go wrong with an image.

use std::path::PathBuf;

use crate::fs::FsError;
use crate::tree::TreeError;

/// An image that cannot be read, built or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// An image that cannot be put on another base.
    #[error("`{}` cannot be put on another base: {why}; build it again instead", path.display())]
    NotRebased {
        /// What the image is called.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// A path that holds no OCI image layout or archive, or cannot be made one.
    #[error(
        "`{}` is no OCI image layout: {why}; `skopeo copy docker://IMAGE oci:DIR:TAG` makes one",
        path.display()
    )]
    NotALayout {
        /// The path as it was given.
        path: PathBuf,
        /// What is missing or wrong.
        why: String,
    },
    /// A text that is not `DIR[:TAG]`.
    #[error("`{text}` does not name an image layout: {why}; write DIR or DIR:TAG")]
    BadLayoutName {
        /// The text as it was given.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No image with that tag.
    #[error("`{}` has no image with the tag `{tag}`; it has {}", path.display(), list(found))]
    TagNotFound {
        /// The layout.
        path: PathBuf,
        /// The tag asked for.
        tag: String,
        /// The tags that are there.
        found: Vec<String>,
    },
    /// Several images and no tag to choose one.
    #[error("`{}` holds several images; add one of these tags: {}", path.display(), list(found))]
    Ambiguous {
        /// The layout.
        path: PathBuf,
        /// The tags that are there.
        found: Vec<String>,
    },
    /// No image for that platform.
    #[error("`{}` has no image for {platform}; it has {}", path.display(), list(found))]
    PlatformNotFound {
        /// The layout.
        path: PathBuf,
        /// The platform asked for.
        platform: String,
        /// The platforms that are there.
        found: Vec<String>,
    },
    /// Images for several platforms, and nothing that says which of them is meant.
    #[error("`{}` has images for several platforms, {}, and nothing says which is meant", path.display(), list(found))]
    SeveralPlatforms {
        /// The layout.
        path: PathBuf,
        /// The platforms that are there.
        found: Vec<String>,
    },
    /// A blob that is not there, has the wrong size, or holds something else than it should.
    #[error("the image in `{}` is damaged: {what}: {why}; fetch or build it again", path.display())]
    Damaged {
        /// The layout.
        path: PathBuf,
        /// Which part of it: a file name, or a kind of blob and its digest.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// Something that is valid but that erlrel cannot do.
    #[error("`{}`: {what} is not supported yet; use an image with gzip layers", path.display())]
    Unsupported {
        /// The layout.
        path: PathBuf,
        /// What would be needed.
        what: String,
    },
    /// A name that means something else in a layer.
    #[error(
        "`{path}` cannot be put into an image: there, names with `.wh.` at the beginning remove a file; rename it"
    )]
    ReservedName {
        /// The path in the tree.
        path: String,
    },
    /// More layers than engines can mount.
    #[error(
        "the image would have {count} layers, container engines take at most {limit}; use a base image with fewer"
    )]
    TooManyLayers {
        /// How many there would be.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// JSON that could not be written.
    #[error("cannot encode the image's {what}: {why}")]
    Encode {
        /// Which document.
        what: &'static str,
        /// What the encoder said.
        why: String,
    },
    /// A layer whose files could not be read or packed.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A file that could not be read or written.
    #[error(transparent)]
    Fs(#[from] FsError),
}

fn list(names: &[String]) -> String {
    match names {
        [] => "none".into(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}
