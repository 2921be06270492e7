//! Packed layers: what was packed once is not read again as long as its files have not changed.

use super::Cache;
use super::collect::Kind;
use super::digests::FileDigests;
use super::key::layer_key;
use crate::digest::{DiffId, Digest};
use crate::image::layers::{LayerPlan, PackOptions, Packed, pack_one, some_at_once, write_layer};
use crate::image::{Blob, Compression, ImageError, Layer};
use crate::observer::Event;
use crate::tree::TreeError;

impl Cache {
    /// Does what [`layers::pack`](crate::image::layers::pack) does, with the same result. Layers that are in the cache
    /// are neither read nor compressed; others are put into it, unless a file changes in the meantime.
    ///
    /// # Errors
    /// As without a cache.
    pub fn pack(&self, plans: &[LayerPlan], options: PackOptions<'_>) -> Result<Vec<Layer>, ImageError> {
        if options.observer.stop_requested() {
            return Err(TreeError::Stopped.into());
        }
        let digests = self.file_digests(plans.iter().map(|plan| &plan.tree));
        some_at_once(plans, |plan| self.pack_one(plan, &digests, options))
    }

    fn pack_one(
        &self,
        plan: &LayerPlan,
        digests: &FileDigests,
        options: PackOptions<'_>,
    ) -> Result<Layer, ImageError> {
        // What cannot be read has no digest, and the error is that of packing it.
        let form = (options.mtime, options.compression);
        let key = layer_key(&plan.tree, form, digests, &self.maker);
        let Some(key) = key else { return pack_one(plan, options) };
        if let Some((packed, blob)) = self.packed(&key, options.compression) {
            options.observer.event(&Event::LayerReused { layer: &plan.name, size: packed.size });
            return Ok(packed.layer(plan, blob));
        }
        if options.observer.stop_requested() {
            return Err(TreeError::Stopped.into());
        }
        let made = self.make(plan, &key, digests, form);
        let Some((packed, blob)) = made else { return pack_one(plan, options) };
        options.observer.event(&Event::LayerPacked { layer: &plan.name, size: packed.size });
        Ok(packed.layer(plan, blob))
    }

    /// The layer that was packed for this key.
    fn packed(&self, key: &str, compression: Compression) -> Option<(Packed, Blob)> {
        let packed = parse(&self.record(Kind::Layer, key)?, compression)?;
        let blob = self.stored(packed.digest, packed.size)?;
        self.need_contents(packed.diff_id);
        Some((packed, blob))
    }

    /// Packs a layer into the cache; `None` if that fails, for whatever reason.
    pub(super) fn make(
        &self,
        plan: &LayerPlan,
        key: &str,
        digests: &FileDigests,
        form: (u64, Compression),
    ) -> Option<(Packed, Blob)> {
        let draft = self.directory.draft()?;
        let packed = write_layer(&digests.fill(&plan.tree), form, draft.file(), self.path());
        let packed = packed.map_err(|error| self.remember(error)).ok()?;
        if !digests.still_hold(&plan.tree) {
            let file = draft.into_unnamed().ok()?;
            let blob = Blob::in_good_file(file, self.path(), packed.digest, packed.size);
            return Some((packed, blob));
        }
        let blob = self.put_blob(draft, packed.digest, packed.size)?;
        self.put_record(Kind::Layer, key, &print(&packed));
        self.put_contents(packed.diff_id, &plan.tree, digests);
        Some((packed, blob))
    }

    /// Only what is wrong with the cache is: an error of a file is one without a cache too.
    fn remember(&self, error: ImageError) {
        match error {
            ImageError::Fs(error) | ImageError::Tree(TreeError::Fs(error)) if error.path == self.path() => {
                self.directory.failed(error.source);
            }
            _ => {}
        }
    }
}

fn print(packed: &Packed) -> String {
    let Packed { digest, size, diff_id, unpacked_size, compression: _ } = packed;
    format!("{digest} {size} {diff_id} {unpacked_size}\n")
}

/// What such a text says of a layer that is compressed like this, as its key says.
fn parse(body: &str, compression: Compression) -> Option<Packed> {
    let mut words = body.split_whitespace();
    Some(Packed {
        digest: Digest::parse(words.next()?)?,
        size: words.next()?.parse().ok()?,
        diff_id: DiffId::parse(words.next()?)?,
        unpacked_size: words.next()?.parse().ok()?,
        compression,
    })
}

/// The blob of a packed layer, by its record.
pub(super) fn blob_of(body: &str) -> Option<Digest> {
    Digest::parse(body.split_whitespace().next()?)
}
