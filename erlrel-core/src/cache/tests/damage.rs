//! Whatever happens to the files of a cache.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::image::BaseImage;
use crate::image::fixture::RawLayout;
use crate::platform::Platform;

/// All files of a cache, sorted.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries =
        walkdir::WalkDir::new(dir).sort_by_file_name().into_iter().map(|entry| entry.expect("an entry"));
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// What may happen to a file.
#[derive(Debug, Clone)]
enum Damage {
    Byte(usize, u8),
    Cut(usize),
    More,
    Gone,
    /// The content of another file.
    Other(usize),
    Directory,
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => (any::<usize>(), 1..=255u8).prop_map(|(at, by)| Damage::Byte(at, by)),
        2 => any::<usize>().prop_map(Damage::Cut),
        1 => Just(Damage::More),
        1 => Just(Damage::Gone),
        2 => any::<usize>().prop_map(Damage::Other),
        1 => Just(Damage::Directory),
    ]
}

fn spoil(files: &[PathBuf], which: usize, damage: &Damage) {
    let path = &files[which % files.len()];
    let Ok(mut bytes) = std::fs::read(path) else { return };
    match damage {
        Damage::Byte(at, by) if !bytes.is_empty() => {
            let at = at % bytes.len();
            bytes[at] ^= by;
        }
        Damage::Byte(..) => {}
        Damage::Cut(at) => bytes.truncate(at % bytes.len().max(1)),
        Damage::More => bytes.push(b'x'),
        Damage::Other(other) => bytes = std::fs::read(&files[other % files.len()]).unwrap_or_default(),
        Damage::Gone | Damage::Directory => {
            std::fs::remove_file(path).expect("removed");
            if matches!(damage, Damage::Directory) {
                std::fs::create_dir_all(path.join("in it")).expect("created");
            }
            return;
        }
    }
    std::fs::write(path, bytes).expect("written");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_damaged_cache_gives_no_error_and_no_wrong_bytes_and_is_mended(
        damages in prop::collection::vec((any::<usize>(), damage()), 1..5),
    ) {
        let (dir, project, (_layout, image)) = (temp_dir(), Project::new(), small_base());
        let expected = (facts(&project.without_cache()), image.files().expect("read"), b"right".to_vec());
        let make = || {
            let cache = open(dir.path());
            let (layers, events) = project.with(&cache);
            let blob = cache.blob(Digest::of(b"right"), 5, || Ok(b"right".as_slice())).expect("fetched");
            let blob = blob.map_or_else(|| b"right".to_vec(), |blob| blob.read().expect("read"));
            ((facts(&layers), cache.files(&image).expect("read"), blob), events)
        };
        prop_assert_eq!(&make().0, &expected);
        let files = files(dir.path());
        for (which, damage) in &damages {
            spoil(&files, *which, damage);
        }
        prop_assert_eq!(&make().0, &expected);
        let (made, events) = make();
        prop_assert_eq!(&made, &expected);
        prop_assert!(events.iter().all(|event| event.ends_with("reused")), "{:?}", events);
    }
}

fn small_base() -> (RawLayout, BaseImage) {
    let layout = RawLayout::new();
    layout.index(&[layout.manifest(&[layout.layer(&tree())])]);
    let image = BaseImage::open(layout.path(), None, &Platform::linux("amd64")).expect("opened");
    (layout, image)
}
