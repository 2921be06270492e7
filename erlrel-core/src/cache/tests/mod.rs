//! What the tests of the cache share.

mod blobs;
mod collect;
mod damage;
mod edits;
mod layers;
mod notes;
mod places;
mod seen;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;

use super::Cache;
use crate::digest::Digest;
use crate::image::fixture::{path, tree};
use crate::image::layers::{LayerPlan, PackOptions, SplitOptions, pack, split};
use crate::image::{Compression, Layer};
use crate::observer::{Event, Observer};
use crate::tree::{Entry, Group};

const HOUR: Duration = Duration::from_secs(3600);

fn temp_dir() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// A cache that is opened when the files that were just written are an hour old.
fn open(dir: &Path) -> Cache {
    Cache::open(dir).expect("opened").later(HOUR)
}

/// Keeps what it hears.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn event(&self, event: &Event<'_>) {
        let text = match event {
            Event::LayerPacked { layer, .. } => format!("{layer} packed"),
            Event::LayerReused { layer, .. } => format!("{layer} reused"),
            other => format!("{other:?}"),
        };
        self.0.lock().expect("no panic").push(text);
    }
}

/// A tree with computed contents and files on disk.
struct Project {
    dir: TempDir,
    plans: Vec<LayerPlan>,
}

impl Project {
    fn new() -> Self {
        let dir = temp_dir();
        let mut tree = tree();
        for name in ["a", "b"] {
            let file = dir.path().join(name);
            std::fs::write(&file, name.repeat(100)).expect("written");
            let file = Entry::file(file, 0o644, Group::Release);
            tree.insert(path(&format!("opt/app/{name}")), file).expect("inserted");
        }
        Self { dir, plans: split(&tree, SplitOptions::default()).expect("split") }
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.dir.path().join(name), content).expect("written");
    }

    fn without_cache(&self) -> Vec<Layer> {
        pack(
            &self.plans,
            PackOptions {
                mtime: 0,
                compression: Compression::Gzip,
                scratch_dir: self.dir.path(),
                observer: &(),
            },
        )
        .expect("packed")
    }

    /// The layers, and which of them were packed and which were there.
    fn with(&self, cache: &Cache) -> (Vec<Layer>, Vec<String>) {
        let log = Log::default();
        let options = PackOptions {
            mtime: 0,
            compression: Compression::Gzip,
            scratch_dir: self.dir.path(),
            observer: &log,
        };
        let layers = cache.pack(&self.plans, options).expect("packed");
        let mut events = log.0.into_inner().expect("no panic");
        events.sort();
        (layers, events)
    }
}

/// All that an image says of layers, after their content was read and verified.
fn facts(layers: &[Layer]) -> Vec<String> {
    let fact = |layer: &Layer| {
        let content = layer.blob().read().expect("the content");
        let unpacked =
            io::copy(&mut layer.open_unpacked().expect("opened"), &mut io::sink()).expect("a layer");
        assert_eq!(Some(unpacked), layer.unpacked_size());
        let (digest, name) = (Digest::of(&content), layer.name());
        assert_eq!(digest, layer.digest());
        format!("{name} {digest} {} {} {:?}", layer.diff_id(), layer.size(), layer.entries())
    };
    layers.iter().map(fact).collect()
}
