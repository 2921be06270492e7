//! The images of the samples, made by erlrel once for each run of the tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use super::docker::daemon;
use super::erlrel;
use super::sample::{self, Sample};

/// An image as an archive, as a layout, and in the Docker daemon.
#[derive(Debug)]
pub(crate) struct SampleImage {
    /// The release in it.
    pub(crate) release: &'static str,
    /// Its name in the daemon.
    pub(crate) name: String,
    pub(crate) archive: PathBuf,
    /// The layout has this one image.
    pub(crate) layout: PathBuf,
    /// What `erlrel image --json` said.
    pub(crate) report: Value,
    /// And what it said on stderr.
    pub(crate) warnings: String,
}

/// The tag of every image here.
pub(crate) const TAG: &str = "1.0";

/// One app with `.src` configurations.
pub(crate) fn hello() -> &'static SampleImage {
    static IMAGE: OnceLock<SampleImage> = OnceLock::new();
    IMAGE.get_or_init(|| of_sample(sample::hello(), "hello"))
}

/// Five apps and their dependencies.
pub(crate) fn umbrella() -> &'static SampleImage {
    static IMAGE: OnceLock<SampleImage> = OnceLock::new();
    IMAGE.get_or_init(|| of_sample(sample::umbrella(), "umbrella"))
}

/// A NIF, crypto and ssl.
pub(crate) fn native() -> &'static SampleImage {
    static IMAGE: OnceLock<SampleImage> = OnceLock::new();
    IMAGE.get_or_init(|| of_sample(sample::native(), "native"))
}

/// All three.
pub(crate) fn all() -> [&'static SampleImage; 3] {
    [hello(), umbrella(), native()]
}

fn of_sample(sample: &'static Sample, name: &str) -> SampleImage {
    make(&sample.dir, sample.name, name, &[])
}

/// Makes an image of a compiled project with more options; `name` is not used twice.
pub(crate) fn make(project: &Path, release: &'static str, name: &str, options: &[&str]) -> SampleImage {
    make_of(&[Path::new("--no-compile"), project], release, name, options)
}

/// Makes an image of a release that something else has assembled; `name` is not used twice.
pub(crate) fn make_from(from: &Path, release: &'static str, name: &str, options: &[&str]) -> SampleImage {
    make_of(&[Path::new("--from"), from], release, name, options)
}

fn make_of(what: &[&Path], release: &'static str, name: &str, options: &[&str]) -> SampleImage {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("images").join(name);
    if dir.exists() {
        std::fs::remove_dir_all(&dir).expect("the last run's images can be removed");
    }
    std::fs::create_dir_all(&dir).expect("created");
    let (archive, layout) = (dir.join("image.tar"), dir.join("layout"));
    let name = format!("erlrel.test/{name}:{TAG}");
    let mut command = erlrel();
    command.args(["image", "--json", "--tag", &name, "--to", "docker"]).args(options);
    command.arg("--to").arg(format!("archive:{}", archive.display()));
    command.arg("--to").arg(format!("oci:{}:{TAG}", layout.display()));
    let output = command.args(what).env("DOCKER_HOST", daemon().host()).output().expect("erlrel starts");
    let warnings = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}:\n{warnings}");
    let report = serde_json::from_slice(&output.stdout).expect("JSON");
    SampleImage { release, name, archive, layout, report, warnings }
}

impl SampleImage {
    /// A value of its configuration, as JSON, as the Docker daemon has it.
    pub(crate) fn config(&self, field: &str) -> String {
        daemon().run(["image", "inspect", &format!("--format={{{{json .Config.{field}}}}}"), &self.name])
    }

    /// What every layer is in the archive and in the layout: a blob of this digest.
    pub(crate) fn layer_digests(&self) -> Vec<String> {
        let layers = self.report["layers"].as_array().expect("a list");
        layers.iter().map(|layer| layer["digest"].as_str().expect("a digest").into()).collect()
    }

    /// As Go names it.
    pub(crate) fn architecture(&self) -> &str {
        self.report["platform"].as_str().and_then(|text| text.split('/').nth(1)).expect("os/architecture")
    }

    /// The file of a blob in the layout.
    pub(crate) fn blob(&self, digest: &str) -> PathBuf {
        blob(&self.layout, digest)
    }

    /// The one file whose path ends so, as a path in the image.
    pub(crate) fn path_of(&self, end: &str) -> String {
        let found = self.files().into_keys().find(|path| path.ends_with(end));
        format!("/{}", found.unwrap_or_else(|| panic!("no {end} in {}", self.name)))
    }

    /// What the image unpacks to, by path.
    pub(crate) fn files(&self) -> BTreeMap<String, PackedFile> {
        self.layer_digests().iter().flat_map(|digest| packed_files(&self.blob(digest))).collect()
    }
}

/// Where a layout has a blob.
pub(crate) fn blob(layout: &Path, digest: &str) -> PathBuf {
    layout.join("blobs").join(digest.replace(':', "/"))
}

/// What a layer says of a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PackedFile {
    pub(crate) kind: tar::EntryType,
    pub(crate) mode: u32,
    pub(crate) owner: (u64, u64),
    pub(crate) size: u64,
}

/// The entries of a layer, compressed or not, with paths as in the file but no slash at the end.
pub(crate) fn packed_files(layer: &Path) -> Vec<(String, PackedFile)> {
    let bytes = std::fs::read(layer).unwrap_or_else(|error| panic!("{}: {error}", layer.display()));
    let plain = super::gzip::gunzip(&bytes);
    let mut archive = tar::Archive::new(plain.as_slice());
    let entries = archive.entries().expect("a tar file").map(|entry| packed_file(&entry.expect("an entry")));
    entries.collect()
}

fn packed_file(entry: &tar::Entry<'_, impl std::io::Read>) -> (String, PackedFile) {
    let header = entry.header();
    let owner = (header.uid().expect("a user"), header.gid().expect("a group"));
    let path = entry.path().expect("a path").display().to_string();
    let mode = header.mode().expect("a mode") & 0o7777;
    let file = PackedFile { kind: header.entry_type(), mode, owner, size: entry.size() };
    (path.trim_end_matches('/').into(), file)
}

/// A JSON file.
pub(crate) fn json(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
