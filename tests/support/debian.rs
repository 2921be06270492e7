//! Debian base images, made by mmdebstrap and umoci. Each takes a minute, so they are kept for later runs.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use super::docker::daemon;
use super::image::{blob, json};
use super::{run, tool};

/// Debian's essential packages; another recipe needs another name.
const NAME: &str = "debian-bookworm-essential-2";

/// Those and Erlang.
const NAME_WITH_ERLANG: &str = "debian-bookworm-erlang-1";

/// Those and what it takes to work on a project: rebar3, Common Test, Dialyzer, git.
const NAME_FOR_WORK: &str = "debian-bookworm-rebar3-1";

/// The image's tag in the layout.
pub(crate) const TAG: &str = "12";

/// An OCI layout that has the image.
pub(crate) fn layout() -> &'static Path {
    static LAYOUT: OnceLock<PathBuf> = OnceLock::new();
    LAYOUT.get_or_init(|| kept(NAME, "usr-is-merged"))
}

/// An OCI layout that has the same with Erlang in it.
pub(crate) fn layout_with_erlang() -> &'static Path {
    static LAYOUT: OnceLock<PathBuf> = OnceLock::new();
    LAYOUT.get_or_init(|| kept(NAME_WITH_ERLANG, "usr-is-merged,erlang-base"))
}

/// An OCI layout that has the same with all that rebar3 needs to test and check a project.
pub(crate) fn layout_for_work() -> &'static Path {
    static LAYOUT: OnceLock<PathBuf> = OnceLock::new();
    LAYOUT.get_or_init(|| {
        kept(NAME_FOR_WORK, "usr-is-merged,rebar3,erlang-common-test,erlang-dialyzer,erlang-eunit,git")
    })
}

fn kept(name: &str, packages: &str) -> PathBuf {
    let layout = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if !layout.exists() {
        make(&layout, packages);
    }
    layout
}

/// Its name in the Docker daemon.
pub(crate) fn loaded() -> &'static str {
    static NAME: OnceLock<&str> = OnceLock::new();
    NAME.get_or_init(|| {
        let archive = super::temp_dir().keep().join("debian.tar");
        let image = format!("oci:{}:{TAG}", layout().display());
        let name = "erlrel.test/debian:12";
        run(tool("skopeo", "skopeo").args([
            "copy",
            &image,
            &format!("docker-archive:{}:{name}", archive.display()),
        ]));
        run(daemon().docker().args(["load", "--input"]).arg(&archive));
        std::fs::remove_dir_all(archive.parent().expect("a directory")).expect("removed");
        name
    })
}

/// The digest of the image's manifest.
pub(crate) fn manifest_digest() -> String {
    let index = json(&layout().join("index.json"));
    index["manifests"][0]["digest"].as_str().expect("a digest").into()
}

/// The image's manifest.
pub(crate) fn manifest() -> Value {
    json(&blob(layout(), &manifest_digest()))
}

/// Nothing half-made is ever under the final name.
fn make(layout: &Path, packages: &str) {
    let dir = super::temp_dir();
    let (root, made) = (dir.path().join("root.tar"), dir.path().join("layout"));
    let image = format!("{}:{TAG}", made.display());
    // Links such as /lib -> usr/lib from the beginning: the package that makes them later brings Perl along.
    let include = format!("--include={packages}");
    let merged_usr = ["--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", &include];
    let debian = ["--variant=essential", "--dpkgopt=path-exclude=/usr/share/doc/*", "bookworm"];
    run(tool("mmdebstrap", "mmdebstrap")
        .args(merged_usr)
        .args(debian)
        .arg(&root)
        .env("SOURCE_DATE_EPOCH", "0"));
    let umoci = |arguments: &[&str]| run(tool("umoci", "umoci").args(arguments));
    umoci(&["init", "--layout", &made.display().to_string()]);
    umoci(&["new", "--image", &image]);
    umoci(&["raw", "add-layer", "--image", &image, &root.display().to_string()]);
    umoci(&["config", "--image", &image, "--config.cmd", "/bin/bash", "--config.env", PATH]);
    umoci(&["gc", "--layout", &made.display().to_string()]);
    if std::fs::rename(&made, layout).is_err() {
        assert!(layout.exists(), "another run of the tests was faster");
    }
}

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
