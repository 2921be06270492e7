//! An image into a registry: its blobs, several at once, and only then the manifest under each name.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;

use super::{DestinationError, PushedBlob, WriteOptions};
use crate::image::{Blob, Image, ImageError, Reference, Repository};
use crate::observer::Event;
use crate::registry::{Pushed, RemoteRepository};
use crate::tree::TreeError;

/// How many blobs are on their way at once: enough to hide the waiting, few enough not to be turned away.
const AT_ONCE: usize = 4;

/// Brings an image into the repository of each name and gives it the name's tag. Tags are set when everything is in every
/// repository, so that whatever fails before, none is moved, and none ever leads to half an image.
///
/// # Errors
/// When there is no name, a layer cannot be read, or a registry does not take it.
pub(super) fn push(
    image: &Image,
    names: &[Reference],
    options: &WriteOptions<'_>,
) -> Result<Vec<PushedBlob>, DestinationError> {
    if names.is_empty() {
        return Err(DestinationError::NoName);
    }
    if let Some(name) =
        names.iter().find(|name| name.registry() == "docker.io" && name.path().starts_with("library/"))
    {
        return Err(DestinationError::NotYours { name: name.familiar() });
    }
    let manifest = image.manifest().read().map_err(ImageError::from)?;
    let mut pushed = Vec::new();
    let mut tags: BTreeMap<Repository, Vec<&str>> = BTreeMap::new();
    for name in names {
        tags.entry(name.repository()).or_default().push(name.tag());
    }
    let mut before: Vec<&Repository> = Vec::new();
    for repository in tags.keys() {
        let remote = options.registry.repository(repository);
        pushed.extend(Transfer { remote: &remote, before: &before, options }.blobs(image)?);
        before.push(repository);
    }
    for (repository, tag) in
        tags.iter().flat_map(|(repository, tags)| tags.iter().map(move |tag| (repository, tag)))
    {
        options.registry.repository(repository).push_manifest(tag, image.media_type(), &manifest)?;
        pushed.push(PushedBlob::new(repository, image.manifest(), Pushed::Uploaded));
    }
    Ok(pushed)
}

/// The blobs of an image on their way into one repository.
struct Transfer<'a> {
    remote: &'a RemoteRepository,
    /// Repositories that have them all, since they have just been brought there.
    before: &'a [&'a Repository],
    options: &'a WriteOptions<'a>,
}

impl Transfer<'_> {
    /// Layers and configuration, largest first, so that the last one is a short one.
    fn blobs(&self, image: &Image) -> Result<Vec<PushedBlob>, DestinationError> {
        let mut blobs = image.blobs();
        blobs.retain(|blob| blob.digest() != image.digest());
        blobs.sort_by_key(|blob| std::cmp::Reverse(blob.size()));
        let queue = Mutex::new(blobs.into_iter());
        let work = || {
            let mut pushed = Vec::new();
            while let Some(blob) = next(&queue) {
                // What is left is of no use if one of them does not arrive.
                pushed.push(self.blob(blob).inspect_err(|_| while next(&queue).is_some() {})?);
            }
            Ok(pushed)
        };
        let results: Vec<Result<_, DestinationError>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        let mut pushed: Vec<PushedBlob> = results.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
        pushed.sort_by_key(|blob| blob.digest);
        Ok(pushed)
    }

    fn blob(&self, blob: &Blob) -> Result<PushedBlob, DestinationError> {
        if self.options.observer.stop_requested() {
            return Err(ImageError::from(TreeError::Stopped).into());
        }
        let is_near = |from: &&Repository| from.registry() == self.remote.name().registry();
        let from = self.before.iter().copied().find(is_near).or_else(|| blob.repository());
        let how = self.remote.push_blob(blob, from)?;
        let pushed = PushedBlob::new(self.remote.name(), blob, how);
        let (digest, sent) = (pushed.digest.to_string(), how == Pushed::Uploaded);
        self.options.observer.event(&Event::BlobPushed { digest: &digest, size: pushed.size, sent });
        Ok(pushed)
    }
}

fn next<'a>(queue: &Mutex<impl Iterator<Item = &'a Blob>>) -> Option<&'a Blob> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).next()
}
