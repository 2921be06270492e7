//! Destinations that do not take what is written: what the command says, and that nothing half-written is left.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use erlrel_core::digest::Digest;

use crate::support::shop::{Shop, listing};
use crate::support::{fails, run, tool};

/// The commands that write something.
const WRITERS: [&str; 4] = [
    "tar --no-compile --out out/shop.tar.gz",
    "release --no-compile --out out/shop",
    "image --no-compile --to archive:out/shop.tar",
    "image --no-compile --to oci:out/layout",
];

#[test]
fn a_destination_that_cannot_be_written_is_named() {
    let shop = Shop::with("out", "a file");
    for writer in WRITERS {
        let message = shop.error(&mut shop.erlrel(writer));
        assert!(is_about_out(&message), "{writer}: {message}");
        assert!(message.contains("caused by"), "{message}");
    }
    assert_eq!(std::fs::read(shop.path("out")).expect("still there"), b"a file");
}

/// Directories are named by their absolute paths, files as the user wrote them.
fn is_about_out(message: &str) -> bool {
    let place = message.strip_prefix("error: cannot ").and_then(|rest| rest.split('`').nth(1));
    place.is_some_and(|place| place.trim_start_matches("SHOP/").split('/').next() == Some("out"))
}

#[test]
fn a_directory_that_is_no_release_is_not_replaced() {
    let shop = Shop::with("home/letter", "precious");
    insta::assert_snapshot!(shop.error(&mut shop.erlrel("release --no-compile --out home")), @r"
    error: `SHOP/home` is there and is no release: nothing will be written into it
      hint: name a directory that is empty or does not exist
    ");
    insta::assert_snapshot!(shop.error(&mut shop.erlrel("release --no-compile --out .")), @r"
    error: `SHOP` is there and is no release: nothing will be written into it
      hint: name a directory that is empty or does not exist
    ");
    insta::assert_snapshot!(shop.error(&mut shop.erlrel("release --no-compile --out home/letter")), @r"
    error: `SHOP/home/letter` is there and is no release: nothing will be written into it
      hint: name a directory that is empty or does not exist
    ");
    insta::assert_snapshot!(shop.error(&mut shop.erlrel("image --no-compile --to oci:home")), @"error: `home` is no OCI image layout: the directory has other files; name a new or empty directory; `skopeo copy docker://IMAGE oci:DIR:TAG` makes one");
    insta::assert_snapshot!(shop.error(&mut shop.erlrel("tar --no-compile --out home")), @r"
    error: cannot write `home`
      caused by: Is a directory (os error 21)
    ");
    assert_eq!(std::fs::read(shop.path("home/letter")).expect("still there"), b"precious");
    std::fs::create_dir(shop.path("empty")).expect("created");
    for _ in ["an empty directory", "a release"] {
        run(&mut shop.erlrel("release --no-compile --out empty"));
        assert!(shop.path("empty/releases/start_erl.data").is_file());
    }
}

#[test]
fn tarball_and_directory_are_made_side_by_side_in_either_order() {
    let shop = Shop::new();
    let tarball = PathBuf::from(run(&mut shop.erlrel("tar --no-compile")).trim());
    for _ in ["after the tarball", "again"] {
        run(&mut shop.erlrel("release --no-compile"));
        assert!(tarball.is_file(), "the tarball stays");
    }
}

#[test]
fn a_destination_of_somebody_else_is_named() {
    let shop = Shop::new();
    std::fs::create_dir(shop.path("out")).expect("created");
    let home = tempfile::tempdir().expect("a temporary directory");
    std::os::unix::fs::chown(home.path(), Some(65534), None).expect("as root");
    let somebody = |arguments: &str| {
        let mut command = tool("setpriv", "util-linux");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program_for_all(&shop));
        command.args(arguments.split_whitespace()).current_dir(shop.dir()).env("HOME", home.path());
        command.env_remove("XDG_CACHE_HOME").env_remove("ERLREL_CACHE_DIR");
        command
    };
    assert!(run(&mut somebody("plan --json")).starts_with('{'), "it may read all it needs");
    for writer in WRITERS {
        let message = shop.error(&mut somebody(writer));
        assert!(is_about_out(&message), "{writer}: {message}");
        assert!(message.contains("Permission denied"), "{message}");
    }
}

/// A copy of the command, and of the start program beside it, that every user may start.
fn program_for_all(shop: &Shop) -> PathBuf {
    for (name, program) in
        [("erlrel", env!("CARGO_BIN_EXE_erlrel")), ("erlrel-boot", env!("CARGO_BIN_EXE_erlrel-boot"))]
    {
        if !shop.path(name).exists() {
            std::fs::copy(program, shop.path(name)).expect("copied");
        }
    }
    shop.path("erlrel")
}

/// A file system of one megabyte, until it is dropped.
struct SmallDisk {
    dir: PathBuf,
}

impl SmallDisk {
    fn mount(dir: PathBuf) -> Self {
        std::fs::create_dir(&dir).expect("created");
        run(tool("mount", "mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(&dir));
        Self { dir }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        run(tool("umount", "mount").arg(&self.dir));
    }
}

#[test]
fn a_disk_that_fills_up_leaves_the_old_file_and_no_other() {
    for (writer, file) in WRITERS.into_iter().zip(["shop.tar.gz", "shop", "shop.tar", "layout"]) {
        let shop = Shop::new();
        let disk = SmallDisk::mount(shop.path("out"));
        for old in [false, true] {
            if old {
                put_old(&disk.dir.join(file));
            }
            let before = contents(&disk.dir);
            let message = shop.plain(&fails(&mut shop.erlrel(writer), 1));
            assert!(message.contains("No space left on device"), "{writer}: {message}");
            let what = message.lines().next().expect("a message");
            assert!(
                what.contains(&format!("out/{file}")) && !what.contains(".erlrel-"),
                "{writer}: {message}"
            );
            assert_as_before(&before, contents(&disk.dir));
        }
    }
}

/// What an earlier build left under the final name: a file, a release, a layout without images.
fn put_old(path: &Path) {
    let files: &[(&str, &str)] = match path.file_name().and_then(|name| name.to_str()) {
        Some("shop") => &[("releases/start_erl.data", "1 1")],
        Some("layout") => &[("oci-layout", LAYOUT), ("index.json", "{\"schemaVersion\":2,\"manifests\":[]}")],
        _ => &[("", "old")],
    };
    for (below, content) in files {
        let file = if below.is_empty() { path.to_path_buf() } else { path.join(below) };
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        std::fs::write(file, content).expect("written");
    }
}

const LAYOUT: &str = "{\"imageLayoutVersion\":\"1.0.0\"}";

fn contents(dir: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    listing(dir).into_iter().map(|path| (path.clone(), std::fs::read(path).ok())).collect()
}

/// Nothing is lost, and nothing is new except complete blobs of a layout, which no index mentions yet.
fn assert_as_before(
    before: &BTreeMap<PathBuf, Option<Vec<u8>>>,
    mut after: BTreeMap<PathBuf, Option<Vec<u8>>>,
) {
    for (path, content) in before {
        assert_eq!(after.remove(path).as_ref(), Some(content), "{}", path.display());
    }
    for (path, content) in after {
        let is_blob_folder = path.ends_with("layout/blobs") || path.ends_with("layout/blobs/sha256");
        match content {
            None => assert!(is_blob_folder, "{}", path.display()),
            Some(bytes) => assert!(
                path.ends_with(Digest::of(&bytes).to_string().replace(':', "/")),
                "{}",
                path.display()
            ),
        }
    }
}

#[test]
fn a_full_disk_for_temporary_files_is_named() {
    let shop = Shop::new();
    let disk = SmallDisk::mount(shop.path("scratch"));
    for writer in &WRITERS[2..] {
        let message = shop.error(shop.erlrel(writer).arg("--no-cache").env("TMPDIR", &disk.dir));
        assert!(message.contains("No space left on device") && message.contains("SHOP/scratch"), "{message}");
    }
}

#[test]
fn a_device_is_written_to_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    let shop = Shop::new();
    let disk = SmallDisk::mount(shop.path("out"));
    let full = disk.dir.join("full");
    run(tool("mknod", "coreutils").arg(&full).args(["c", "1", "7"]));
    for writer in ["tar --no-compile --out out/full", "image --no-compile --to archive:out/full"] {
        let message = shop.error(&mut shop.erlrel(writer));
        assert!(
            message.contains("cannot write `out/full`") && message.contains("No space left on device"),
            "{message}"
        );
        let kind = std::fs::symlink_metadata(&full).expect("still there").file_type();
        assert!(kind.is_char_device(), "{writer} replaced the device");
    }
}

#[test]
fn a_result_that_cannot_be_printed_is_an_error() {
    let shop = Shop::new();
    let full = || Stdio::from(std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device"));
    for command in ["key", "plan", "plan --json"] {
        let message = shop.error(shop.erlrel(command).stdout(full()));
        assert!(message.contains("No space left on device"), "{command}: {message}");
    }
    // A reader that went away, as `head` does, is none.
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    assert!(shop.erlrel("plan --json").stdout(writer).status().expect("started").success());
}

#[test]
fn a_docker_daemon_that_is_not_there_is_named() {
    let shop = Shop::new();
    let to_docker = |host: &str| {
        let mut command = shop.erlrel("image --no-compile --to docker");
        command.env("DOCKER_HOST", host);
        shop.error(&mut command)
    };
    insta::assert_snapshot!(to_docker(&format!("unix://{}", shop.path("docker.sock").display())), @r"
    error: cannot reach the Docker daemon at `unix://SHOP/docker.sock`; start it, set DOCKER_HOST to where it listens, or use an archive: `docker load -i FILE` takes one, `docker save -o FILE` makes one
      caused by: No such file or directory (os error 2)
    ");
    insta::assert_snapshot!(to_docker("ssh://build.example.com"), @"error: DOCKER_HOST is `ssh://build.example.com`, erlrel knows unix:///PATH and tcp://HOST:PORT without TLS only; `docker load -i FILE` takes an archive, `docker save -o FILE` makes one");
    // What listens on port 1 of this machine is no daemon.
    let message = to_docker("tcp://127.0.0.1:1");
    assert!(message.starts_with("error: cannot reach the Docker daemon at `tcp://127.0.0.1:1`"), "{message}");
}

#[test]
fn a_killed_command_leaves_nothing_under_the_final_name() {
    for (writer, file) in WRITERS.into_iter().zip(["shop.tar.gz", "shop", "shop.tar", "layout"]) {
        let shop = Shop::new();
        let large = shop.path("_build/prod/lib/shop/priv/large");
        std::fs::create_dir(large.parent().expect("priv")).expect("created");
        std::fs::write(&large, incompressible(48 << 20)).expect("written");
        let mut command = shop.erlrel(writer).spawn().expect("started");
        wait_for_something_aside(&shop.path("out"), &mut command);
        command.kill().expect("killed");
        assert_eq!(command.wait().expect("ended").code(), None, "by the signal");
        assert!(!shop.path("out").join(file).exists(), "{writer}");
        std::fs::remove_file(&large).expect("removed");
        run(&mut shop.erlrel(writer));
        assert!(shop.path("out").join(file).exists(), "{writer}: what is left does not hinder the next one");
        let left = std::fs::read_dir(shop.path("out")).expect("listed").count();
        assert_eq!(left, 1, "{writer}: which removes it");
    }
}

/// Bytes that take their time to be compressed and written.
fn incompressible(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    next.flatten().take(length).collect()
}

/// Waits until the command has begun to write beside its destination.
fn wait_for_something_aside(out: &Path, command: &mut Child) {
    let is_aside = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with(".erlrel-"))
    };
    while !std::fs::read_dir(out).is_ok_and(|mut entries| entries.any(is_aside)) {
        assert!(command.try_wait().expect("a child").is_none(), "it ended before it wrote anything");
        std::thread::yield_now();
    }
}
