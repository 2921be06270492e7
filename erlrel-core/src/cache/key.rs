//! The key of a packed layer: the digest of everything that decides its bytes.

use super::digests::FileDigests;
use crate::deflate;
use crate::digest::Digest;
use crate::image::Compression;
use crate::tree::{Node, Tree};

/// What erlrel itself decides of the bytes of stripped BEAM files, of tars and of their compression: its version, and
/// what its compressor makes of a sample, since that may be another one in the same version.
pub(super) fn maker() -> String {
    let sample: Vec<u8> = (0..1u32 << 15).map(|n| (n.wrapping_mul(n) / 7 % 61) as u8).collect();
    let packed = deflate::compress(&sample).unwrap_or_default();
    format!("{} {}", env!("CARGO_PKG_VERSION"), Digest::of(&packed))
}

/// The key of the layer of a tree whose entries have this modification time, compressed like this; `None` if the content of
/// a file is not known.
pub(super) fn layer_key(
    tree: &Tree,
    (mtime, compression): (u64, Compression),
    digests: &FileDigests,
    maker: &str,
) -> Option<String> {
    let text = format!("{maker}\n{mtime}\n{}\n{}", compression.identity(), entries(tree, digests)?);
    Some(Digest::of(text.as_bytes()).hex())
}

/// The entries of a tree as text, a line each; `None` if the content of a file is not known.
pub(super) fn entries(tree: &Tree, digests: &FileDigests) -> Option<String> {
    let mut text = String::new();
    for (path, entry) in tree.iter() {
        let (kind, what) = match &entry.node {
            Node::Directory => ("d", String::new()),
            Node::Symlink(target) => ("l", target.clone()),
            Node::File(content) => ("f", digests.of(content)?.to_string()),
        };
        text += &serde_json::json!([kind, entry.mode, path.as_str(), what]).to_string();
        text.push('\n');
    }
    Some(text)
}
