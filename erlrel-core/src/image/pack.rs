//! The packing of layers: tar, compression and both digests in one pass, several layers at once.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use rayon::prelude::*;

use super::blob::Blob;
use super::compression::Compression;
use super::error::ImageError;
use super::layer::Layer;
use super::layers::LayerPlan;
use crate::digest::{DiffId, Digest, DigestWriter};
use crate::fs::{FsError, unnamed_file};
use crate::observer::{Event, Observer};
use crate::tree::{TarOptions, Tree, TreeError, write_tar};

/// Choices for [`pack`].
#[derive(Clone, Copy)]
pub struct PackOptions<'a> {
    /// Modification time of every entry, in seconds since 1970.
    pub mtime: u64,
    /// How the layers are compressed.
    pub compression: Compression,
    /// A directory for unnamed temporary files, with space for the compressed layers.
    pub scratch_dir: &'a Path,
    /// Is told of every packed layer, and may stop the work between two layers.
    pub observer: &'a dyn Observer,
}

impl std::fmt::Debug for PackOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { mtime, compression, scratch_dir, observer: _ } = self;
        f.debug_struct("PackOptions")
            .field("mtime", mtime)
            .field("compression", compression)
            .field("scratch_dir", scratch_dir)
            .finish_non_exhaustive()
    }
}

/// Packs layers, several at once; the result has their order, and its bytes do not depend on the number of
/// threads.
///
/// Memory holds a few files of as many layers as there are threads at a time; the compressed layers are in unnamed temporary files,
/// which vanish with the last [`Layer`] that refers to them, even if the process is killed.
///
/// # Errors
/// When a file of a tree cannot be read, the scratch directory cannot be written, or the observer asks to
/// stop.
pub fn pack(plans: &[LayerPlan], options: PackOptions<'_>) -> Result<Vec<Layer>, ImageError> {
    some_at_once(plans, |plan| pack_one(plan, options))
}

/// Does something with each layer, with as many at once as there are threads: with more, a thread that waits for the parts
/// of one would begin another, and hold them all in memory.
///
/// # Errors
/// The first of those of `pack`.
pub(crate) fn some_at_once(
    plans: &[LayerPlan],
    pack: impl Fn(&LayerPlan) -> Result<Layer, ImageError> + Sync,
) -> Result<Vec<Layer>, ImageError> {
    let some = |plans: &[LayerPlan]| plans.par_iter().map(&pack).collect::<Result<Vec<_>, _>>();
    Ok(plans.chunks(rayon::current_num_threads()).map(some).collect::<Result<Vec<_>, _>>()?.concat())
}

/// Packs one layer into an unnamed file.
///
/// # Errors
/// As [`pack`].
pub(crate) fn pack_one(plan: &LayerPlan, options: PackOptions<'_>) -> Result<Layer, ImageError> {
    if options.observer.stop_requested() {
        return Err(TreeError::Stopped.into());
    }
    let dir = options.scratch_dir;
    let file = unnamed_file(dir)?;
    let packed = write_layer(&plan.tree, (options.mtime, options.compression), &file, dir)?;
    options.observer.event(&Event::LayerPacked { layer: &plan.name, size: packed.size });
    let blob = Blob::in_good_file(file, dir, packed.digest, packed.size);
    Ok(packed.layer(plan, blob))
}

/// Packs a tree as one gzip-compressed tar, with 1970 as the time of every entry, into an unnamed file in `dir`.
///
/// # Errors
/// When a file of the tree cannot be read, or the directory cannot be written.
pub(crate) fn pack_tree(tree: &Tree, dir: &Path) -> Result<Blob, ImageError> {
    let file = unnamed_file(dir)?;
    let packed = write_layer(tree, (0, Compression::Gzip), &file, dir)?;
    Ok(Blob::in_good_file(file, dir, packed.digest, packed.size))
}

/// What is known of a layer that was packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packed {
    /// Of the compressed bytes.
    pub(crate) digest: Digest,
    /// Of the compressed bytes.
    pub(crate) size: u64,
    /// Of the tar.
    pub(crate) diff_id: DiffId,
    /// Of the tar.
    pub(crate) unpacked_size: u64,
    pub(crate) compression: Compression,
}

impl Packed {
    /// The layer, with its bytes.
    pub(crate) fn layer(&self, plan: &LayerPlan, blob: Blob) -> Layer {
        Layer {
            name: plan.name.clone(),
            media_type: self.compression.media_type().into(),
            blob,
            diff_id: self.diff_id,
            unpacked_size: Some(self.unpacked_size),
            entries: Some(plan.tree.len()),
        }
    }
}

/// tar with one time for all, then the digest of the tar, then compression, then the digest of that, then a file in `dir`.
///
/// # Errors
/// When a file of the tree cannot be read, or `file` not be written.
pub(crate) fn write_layer(
    tree: &Tree,
    (mtime, compression): (u64, Compression),
    file: &File,
    dir: &Path,
) -> Result<Packed, ImageError> {
    let failed = |error| FsError::while_doing("write a temporary file in", dir)(error);
    let compressed = DigestWriter::new(BufWriter::with_capacity(1 << 16, file));
    let tar = DigestWriter::new(compression.writer(compressed).map_err(failed)?);
    let tar_options = TarOptions { mtime, directories: true };
    let tar = write_tar(tree, tar_options, tar, &dir.display().to_string())?;
    let (compressor, diff_id, unpacked_size) = tar.finish_diff_id();
    let (buffer, digest, size) = compressor.finish().map_err(failed)?.finish();
    buffer.into_inner().map_err(|error| failed(error.into_error()))?;
    Ok(Packed { digest, size, diff_id, unpacked_size, compression })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixture::{path, tree};
    use crate::image::layers::{SplitOptions, split};
    use crate::tree::{Entry, Group};

    fn pack_in(dir: &Path, plans: &[LayerPlan]) -> Result<Vec<Layer>, ImageError> {
        pack(plans, PackOptions { mtime: 0, compression: Compression::Gzip, scratch_dir: dir, observer: &() })
    }

    #[test]
    fn packed_layers_are_golden_and_the_same_with_any_number_of_threads() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let plans = split(&tree(), SplitOptions::default()).expect("split");
        let digests = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let layers = pool.install(|| pack_in(dir.path(), &plans)).expect("packed");
            let line = |layer: &Layer| {
                let (name, size, entries) = (layer.name(), layer.unpacked_size(), layer.entries());
                format!("{name} {} {} {size:?} {entries:?}\n", layer.digest(), layer.diff_id())
            };
            layers.iter().map(line).collect::<String>()
        };
        let one = digests(1);
        assert_eq!(one, digests(3));
        insta::assert_snapshot!(one, @r"
        native sha256:d5e548d71df3ddd597840d7ef5aeb561811ca12eb489e4d6028a856de700e6fe sha256:2c1d653ecdd75f36dbded5c2493f6d58b128d1bcfc755d98ff56e82c150b9c12 Some(4608) Some(5)
        otp sha256:ba160d271679c218a9dff559300d70943844dde49a878a53805a4f70bfe240c7 sha256:b2f8bec016bdee05a81c667d9aa2a0b66090840e78f22401ef78ef5c10182c84 Some(6656) Some(9)
        dependency dep sha256:b1d0c906f24b27980b1b71c2a162e684ed25543be076244e6b361d945bd6b53f sha256:712422e663aa1a2b0ee08a1168c10ae6233fc9cf75bc2f85e2d497e3aa541b43 Some(4608) Some(6)
        project app sha256:bf54366a6c5d89538d73ef7c6287ab72c9d05d5030adfb80bf300a885a060c7b sha256:dad0fb7f46df1d1195b49deff9d8559f33dd4597b54c5648e252a37473ef44e7 Some(4608) Some(6)
        release sha256:a4631b0c5018e767e99d56645a287be1d457b58caa4e749745196778d39077f9 sha256:5a0051b40e62bf8f956318b25467c3220e0f1cbbc2b00c20f8c6fb1b2eaae883 Some(3072) Some(4)
        ");
        assert_eq!(
            std::fs::read_dir(dir.path()).expect("listed").count(),
            0,
            "temporary files have no names"
        );
    }

    #[test]
    fn a_packed_layer_reads_back_as_its_tar() {
        let plans = split(&tree(), SplitOptions::default()).expect("split");
        let dir = tempfile::tempdir().expect("a temporary directory");
        let layers = pack_in(dir.path(), &plans).expect("packed");
        for layer in layers {
            let size = std::io::copy(&mut layer.open_unpacked().expect("opened"), &mut std::io::sink());
            assert_eq!(size.ok(), layer.unpacked_size());
        }
    }

    #[test]
    fn what_cannot_be_read_or_written_is_named() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let missing = dir.path().join("missing");
        let entry = Entry::file(missing.clone(), 0o644, Group::Otp);
        let plans = split(&Tree::from_iter([(path("a"), entry)]), SplitOptions::default()).expect("split");
        let error = pack_in(dir.path(), &plans).expect_err("no source");
        assert_eq!(error.to_string(), format!("cannot read `{}`", missing.display()));
        let error = pack_in(&missing, &plans).expect_err("no directory");
        assert_eq!(error.to_string(), format!("cannot write a temporary file in `{}`", missing.display()));
    }

    #[test]
    fn the_observer_can_stop() {
        struct Stop;
        impl Observer for Stop {
            fn stop_requested(&self) -> bool {
                true
            }
        }
        let plans = split(&tree(), SplitOptions::default()).expect("split");
        let options = PackOptions {
            mtime: 0,
            compression: Compression::Gzip,
            scratch_dir: Path::new("/nowhere"),
            observer: &Stop,
        };
        assert_eq!(pack(&plans, options).expect_err("stopped").to_string(), "stopped on request");
    }
}
