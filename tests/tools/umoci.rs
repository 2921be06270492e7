//! umoci, which unpacks images with no engine and checks every diff_id.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use walkdir::WalkDir;

use crate::support::image::{self, TAG};
use crate::support::{run, temp_dir, tool};

/// What can be seen of a path in both an image and a directory: type, mode, owner, size of a file.
type Seen = (char, u32, (u64, u64), u64);

#[test]
fn umoci_unpacks_every_path_as_it_was_packed() {
    for image in image::all() {
        let dir = temp_dir();
        let bundle = dir.path().join("bundle");
        let reference = format!("{}:{TAG}", image.layout.display());
        run(tool("umoci", "umoci").args(["unpack", "--image", &reference]).arg(&bundle));
        let packed: BTreeMap<String, Seen> =
            image.files().iter().map(|(path, file)| (path.clone(), packed(file))).collect();
        let unpacked = unpacked(&bundle.join("rootfs"));
        for (path, seen) in &packed {
            assert_eq!(unpacked.get(path), Some(seen), "{path} in {}", image.name);
        }
        assert_eq!(unpacked.len(), packed.len(), "{}", image.name);
        assert_eq!(unpacked["tmp"].1, 0o1777);
    }
}

fn packed(file: &image::PackedFile) -> Seen {
    match file.kind {
        tar::EntryType::Directory => ('d', file.mode, file.owner, 0),
        tar::EntryType::Symlink => ('l', 0o777, file.owner, 0),
        _ => ('f', file.mode, file.owner, file.size),
    }
}

fn unpacked(root: &Path) -> BTreeMap<String, Seen> {
    let entries = WalkDir::new(root).min_depth(1).into_iter().map(|entry| {
        let entry = entry.expect("listed");
        let data = entry.metadata().expect("read");
        let path = entry.path().strip_prefix(root).expect("below").display().to_string();
        let owner = (u64::from(data.uid()), u64::from(data.gid()));
        let kind = entry.file_type();
        let letter = if kind.is_dir() {
            'd'
        } else if kind.is_symlink() {
            'l'
        } else {
            'f'
        };
        (path, (letter, data.mode() & 0o7777, owner, if letter == 'f' { data.len() } else { 0 }))
    });
    entries.collect()
}

#[test]
fn umoci_makes_a_runtime_configuration_of_the_image() {
    let image = image::hello();
    let dir = temp_dir();
    let bundle = dir.path().join("bundle");
    let reference = format!("{}:{TAG}", image.layout.display());
    run(tool("umoci", "umoci").args(["unpack", "--image", &reference]).arg(&bundle));
    let process = &image::json(&bundle.join("config.json"))["process"];
    assert_eq!(process["args"], serde_json::json!(["/opt/hello/bin/hello", "foreground"]));
    assert_eq!(process["cwd"], "/opt/hello");
    assert_eq!((&process["user"]["uid"], &process["user"]["gid"]), (&65532.into(), &65532.into()));
}
