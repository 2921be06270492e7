//! Random edits of files, for the tests of everything that is known of files without reading them.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Random choices that are the same on every machine: SplitMix64 (Sebastiano Vigna).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}

/// Another content of the same size.
pub(crate) fn turn(path: &Path) {
    let mut bytes = fs::read(path).expect("read");
    if let Some(first) = bytes.first_mut() {
        *first = first.wrapping_add(1);
    }
    fs::write(path, bytes).expect("written");
}

/// Does something to a file that has its old modification time afterwards.
pub(crate) fn keep_time(path: &Path, work: impl FnOnce()) {
    let time = path.metadata().expect("there").modified().expect("a time");
    work();
    set_time(path, time);
}

pub(crate) fn set_time(path: &Path, time: SystemTime) {
    File::options().write(true).open(path).expect("opened").set_modified(time).expect("set");
}

/// Waits until a change has another time than all before it.
pub(crate) fn wait_for_tick(dir: &Path) {
    let time = || -> SystemTime {
        let file = super::unnamed_file(dir).expect("a file");
        file.metadata().expect("there").modified().expect("a time")
    };
    let before = time();
    while time() == before {
        std::thread::yield_now();
    }
}

/// One edit of one of these files, or of two; says what it was. `aside` is a directory on the same file system.
pub(crate) fn edit(files: &[PathBuf], aside: &Path, random: &mut Random) -> String {
    let path = &files[random.below(files.len())];
    let other = &files[random.below(files.len())];
    let beside = path.with_extension(format!("{}.erl", random.below(1000)));
    if path.is_symlink() || other.is_symlink() || path == other {
        fs::remove_file(path).expect("removed");
        fs::write(path, "a file again").expect("written");
        return format!("a file in place of {}", path.display());
    }
    let what = match random.below(12) {
        0 => (fs::write(path, random.below(1 << 30).to_string()).expect("written"), "content").1,
        1 => (turn(path), "same size").1,
        2 => (keep_time(path, || turn(path)), "same size and time").1,
        3 => (keep_time(path, || fs::write(path, "of another size").expect("written")), "old time").1,
        4 => {
            let mode = path.metadata().expect("there").mode() ^ 0o111;
            (fs::set_permissions(path, Permissions::from_mode(mode)).expect("set"), "mode").1
        }
        5 => (set_time(path, SystemTime::UNIX_EPOCH), "time only").1,
        6 => (fs::rename(path, &beside).expect("renamed"), "rename").1,
        7 => (fs::remove_file(path).expect("removed"), "delete").1,
        8 => (swap(path, other, aside), "swap").1,
        9 => {
            fs::rename(path, aside.join("target")).expect("renamed");
            (symlink(aside.join("target"), path).expect("linked"), "link").1
        }
        10 => (fs::copy(path, &beside).expect("copied"), "copy").1,
        _ => {
            let bytes = fs::read(path).expect("read");
            turn(path);
            (fs::write(path, bytes).expect("written"), "there and back").1
        }
    };
    format!("{what}: {}", path.display())
}

fn swap(one: &Path, other: &Path, aside: &Path) {
    let aside = aside.join("swapped");
    fs::rename(one, &aside).expect("renamed");
    fs::rename(other, one).expect("renamed");
    fs::rename(&aside, other).expect("renamed");
}
