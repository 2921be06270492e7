//! What is in the images, and what is not.

use crate::support::container::has_no_program;
use crate::support::docker::daemon;
use crate::support::image;

/// The most that hello may have: its needs, and nothing of a distribution.
const HELLO_BOUND: u64 = 16_000_000;

#[test]
fn images_have_no_shell() {
    const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "busybox", "env"];
    for image in image::all() {
        has_no_program(&image.name, "/bin/sh");
        has_no_program(&image.name, "/usr/bin/sh");
        let is_shell = |path: &&String| path.rsplit('/').next().is_some_and(|name| SHELLS.contains(&name));
        let files = image.files();
        assert_eq!(files.keys().filter(is_shell).collect::<Vec<_>>(), [""; 0], "{}", image.name);
    }
}

#[test]
fn hello_unpacks_to_at_most_16_megabytes() {
    let image = image::hello();
    let files: u64 = image.files().values().map(|file| file.size).sum();
    assert!(files <= HELLO_BOUND, "{files} bytes of files");
    let docker: u64 =
        daemon().run(["image", "inspect", "--format={{.Size}}", &image.name]).parse().expect("a number");
    assert!(docker <= HELLO_BOUND, "{docker} bytes in Docker");
}

/// The start program is it.
#[test]
fn images_have_no_epmd_of_otp_and_nothing_that_only_it_needs() {
    for image in image::all() {
        let files = image.files();
        let epmd = image.path_of("/bin/epmd");
        assert!(files[epmd.trim_start_matches('/')].kind.is_symlink(), "{epmd} in {}", image.name);
        let is_needless = |path: &&String| {
            let needless =
                ["libsystemd", "libgcrypt", "libgpg-error", "liblz4", "liblzma", "libzstd", "libcap"];
            needless.iter().any(|name| path.rsplit('/').next().is_some_and(|file| file.starts_with(name)))
        };
        assert_eq!(files.keys().filter(is_needless).collect::<Vec<_>>(), [""; 0], "{}", image.name);
    }
}

/// Of a release build; that for debugging has several times as much.
#[test]
fn the_start_program_has_at_most_2_megabytes() {
    for image in image::all() {
        let program = image.files()[&format!("opt/{0}/bin/{0}", image.release)].size;
        assert!(program <= 2_000_000, "{program} bytes in {}", image.name);
    }
}

#[test]
fn everything_belongs_to_root_and_only_tmp_can_be_written_by_all() {
    for image in image::all() {
        for (path, file) in image.files() {
            assert_eq!(file.owner, (0, 0), "{path}");
            let free = file.mode & 0o002 != 0 && !file.kind.is_symlink();
            assert_eq!(free, path == "tmp" || path == "var/tmp", "{path} has mode {:o}", file.mode);
        }
        assert_eq!(image.files()["tmp"].mode, 0o1777);
    }
}

#[test]
fn images_are_started_as_the_community_starts_its_own() {
    for image in image::all() {
        let config = |field: &str| {
            daemon().run(["image", "inspect", &format!("--format={{{{json .Config.{field}}}}}"), &image.name])
        };
        let home = format!("/opt/{}", image.release);
        assert_eq!(config("Entrypoint"), format!("[\"{home}/bin/{}\"]", image.release));
        assert_eq!(config("Cmd"), r#"["foreground"]"#);
        assert_eq!(config("WorkingDir"), format!("\"{home}\""));
        assert_eq!(config("User"), r#""65532:65532""#);
        assert!(config("Env").contains("\"RELX_OUT_FILE_PATH=/tmp\""), "{}", config("Env"));
    }
}
