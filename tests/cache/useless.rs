//! Caches that take nothing: a full disk, a read-only one.

use std::path::PathBuf;

use super::Cached;
use crate::support::{run, tool};

/// A file system in memory in place of the cache, until it is dropped.
struct Disk {
    dir: PathBuf,
}

impl Disk {
    fn mount(cached: &Cached, size: &str) -> Self {
        let disk = Self { dir: cached.cache() };
        std::fs::create_dir(&disk.dir).expect("created");
        let options = format!("mode=0700,size={size}");
        run(tool("mount", "mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&disk.dir));
        disk
    }

    fn make_read_only(&self) {
        run(tool("mount", "mount").args(["-o", "remount,ro"]).arg(&self.dir));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run(tool("umount", "mount").arg(&self.dir));
    }
}

/// What an image says with a cache that does not matter.
fn said(cached: &Cached) -> String {
    let mut command = cached.erlrel("image --no-compile --boot-program start --to archive:shop.tar");
    let output = command.output().expect("started");
    assert!(output.status.success(), "{output:?}");
    let digest = super::first_line(&String::from_utf8_lossy(&output.stdout));
    assert_eq!(digest, cached.digest_without_cache());
    cached.shop.plain(&String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_full_disk_is_told_and_the_work_goes_on() {
    let cached = Cached::new();
    let _disk = Disk::mount(&cached, "64k");
    for _ in ["the first time", "again"] {
        insta::allow_duplicates!(
            insta::assert_snapshot!(said(&cached), @"warning: the cache does not take everything: cannot write into the cache `SHOP/cache`: No space left on device (os error 28)")
        );
    }
    let left = super::files(&cached.cache().join("aside"));
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_disk_that_is_read_only_is_told_and_the_work_goes_on() {
    let cached = Cached::new();
    let disk = Disk::mount(&cached, "100m");
    cached.digest();
    disk.make_read_only();
    insta::assert_snapshot!(said(&cached), @"warning: cannot write into the cache `SHOP/cache`: read-only filesystem or storage medium; nothing is kept in a cache");
}
