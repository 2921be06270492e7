//! Releases that the real rebar3 has made, in a real Docker daemon.

use std::sync::OnceLock;
use std::time::Duration;

use crate::support::container::{Container, LOCKED};
use crate::support::docker::daemon;
use crate::support::image::{self, SampleImage};
use crate::support::{run, sample};

/// From `rebar3 as prod tar`: the tarball.
fn of_tarball() -> &'static SampleImage {
    static IMAGE: OnceLock<SampleImage> = OnceLock::new();
    IMAGE.get_or_init(|| image::make_from(&sample::hello().relx_tarball, "hello", "hello-from-tarball", &[]))
}

/// And the directory, in which the tarball lies too.
fn of_directory() -> &'static SampleImage {
    static IMAGE: OnceLock<SampleImage> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let release = sample::hello().dir.join("_build/prod/rel/hello");
        image::make_from(&release, "hello", "hello-from-directory", &[])
    })
}

fn both() -> [&'static SampleImage; 2] {
    [of_tarball(), of_directory()]
}

#[test]
fn a_release_of_relx_is_a_service_with_its_own_start_script() {
    for image in both() {
        let container = Container::serving(image, LOCKED);
        assert!(container.get("/").body.starts_with("Hello from hello@"));
        container.ping();
        let rpc = ["/opt/hello/bin/hello", "eval", "lists:sum([1, 2, 3])."];
        assert_eq!(run(&mut container.exec(&[], &rpc)).trim(), "6");
        assert_eq!(container.changes_outside_tmp(), [""; 0], "{}", image.name);
        daemon().run(["stop", &container.id]);
        assert_eq!(container.wait(), 0, "{}", container.logs());
    }
}

#[test]
fn a_release_of_relx_stops_in_under_three_seconds() {
    let container = Container::serving(of_tarball(), LOCKED);
    let time = container.time_to_stop();
    assert!(time < Duration::from_secs(3), "{time:?}");
    assert_eq!(container.wait(), 0, "{}", container.logs());
}

#[test]
fn a_release_of_relx_has_a_remote_console() {
    let container = Container::serving(of_tarball(), LOCKED);
    let mut terminal = container.release_on_terminal("remote_console");
    terminal.shows("(hello@");
    terminal.types("halt(4).\r");
    assert_eq!(container.wait(), 4);
}

#[test]
fn a_shell_with_tools_comes_along() {
    let container = Container::serving(of_tarball(), LOCKED);
    let script =
        "printf '1.10\\n1.9\\n' | sort -V | head -n 1; ls -d /opt/hello/releases/*/; id -u; readlink -f .";
    let said = run(&mut container.exec(&[], &["/bin/sh", "-c", script]));
    assert_eq!(said, "1.9\n/opt/hello/releases/0.1.0/\n12345\n/opt/hello\n");
}

#[test]
fn what_belongs_to_no_image_is_left_out_of_a_directory() {
    let files = of_directory().files();
    assert!(files.keys().all(|path| !path.ends_with(".tar.gz")), "{files:?}");
    assert_eq!(files["opt/hello/bin/hello"].mode, 0o755);
    let erts = |image: &SampleImage| image.files().keys().filter(|path| path.contains("/erts-")).count();
    assert!(erts(of_directory()) > 10);
    let config = |field: &str| of_tarball().config(field);
    assert_eq!(config("Entrypoint"), "[\"/opt/hello/bin/hello\"]");
    assert_eq!(config("Cmd"), "[\"foreground\"]");
    assert_eq!(config("WorkingDir"), "\"/opt/hello\"");
    assert!(config("Env").contains("\"RELX_OUT_FILE_PATH=/tmp\""), "{}", config("Env"));
}
