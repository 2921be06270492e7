//! Machines that build the umbrella sample: each run has a home of its own, which is empty.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{copy_dir, erlrel, repository, run, temp_dir, tool};

/// The dependencies of the umbrella.
pub(crate) const DEPENDENCIES: [&str; 5] = ["hashring", "pctcode", "tally", "tinyjson", "waypost"];

/// The umbrella, the repositories of its dependencies, and a cache, in a directory of their own.
pub(crate) struct Checkouts {
    temp: tempfile::TempDir,
}

/// What came of a run of erlrel.
pub(crate) struct Ran {
    /// What it printed with `--json`.
    pub(crate) json: Value,
    /// What rebar3 and erlrel have said.
    pub(crate) log: String,
}

impl Checkouts {
    pub(crate) fn new() -> Self {
        let temp = temp_dir();
        let prepare = repository().join("sample_apps/prepare");
        run(tool("sh", "dash").arg(prepare).arg("umbrella").arg(temp.path().join("umbrella")));
        Self { temp }
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.temp.path().join(below)
    }

    /// A fresh checkout.
    pub(crate) fn checkout(&self, at: &str) -> PathBuf {
        let dir = self.path(at);
        if dir.exists() {
            std::fs::remove_dir_all(&dir).expect("removed");
        }
        std::fs::create_dir_all(dir.parent().expect("a directory")).expect("created");
        copy_dir(self.path("umbrella"), &dir);
        dir
    }

    /// From now on, there is nowhere to fetch dependencies from.
    pub(crate) fn lose_repositories(&self) {
        std::fs::rename(self.path("umbrella.deps"), self.path("lost")).expect("renamed");
    }

    /// `oci:DIR`
    pub(crate) fn cache(&self) -> String {
        format!("oci:{}", self.path("cache").display())
    }

    /// The only layer in the cache.
    pub(crate) fn layer(&self) -> PathBuf {
        let blobs = self.path("cache/blobs/sha256");
        let files = std::fs::read_dir(blobs).expect("listed").map(|entry| entry.expect("a file").path());
        files.max_by_key(|file| file.metadata().expect("there").len()).expect("a blob")
    }

    /// `erlrel ARGUMENT… DIR` on a new machine.
    pub(crate) fn erlrel(&self, dir: &Path, arguments: &[&str]) -> Command {
        let home = tempfile::tempdir_in(self.temp.path()).expect("a home").keep();
        let mut command = erlrel();
        command.args(arguments).arg(dir).env("HOME", home).env_remove("XDG_CACHE_HOME");
        command
    }

    pub(crate) fn image(&self, dir: &Path, arguments: &[&str]) -> Ran {
        let to = format!("oci:{}", self.path("images").display());
        let mut command = self.erlrel(dir, &["image", "--json", "--to", &to]);
        let output = command.args(arguments).output().expect("erlrel starts");
        ran(&output)
    }

    /// An image with the cache in both directions.
    pub(crate) fn cached_image(&self, dir: &Path) -> Ran {
        let cache = self.cache();
        self.image(dir, &["--cache-from", &cache, "--cache-to", &cache])
    }
}

fn ran(output: &Output) -> Ran {
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");
    Ran { json: serde_json::from_slice(&output.stdout).expect("JSON"), log }
}

impl Ran {
    pub(crate) fn digest(&self) -> &str {
        self.json["digest"].as_str().expect("a digest")
    }

    pub(crate) fn outcome(&self) -> &str {
        self.json["dependency_cache"]["outcome"].as_str().expect("an outcome")
    }

    /// The digests of the layers by their names.
    pub(crate) fn layer(&self, group: &str) -> &Value {
        let layers = self.json["layers"].as_array().expect("layers");
        &layers.iter().find(|layer| layer["group"] == group).expect("the layer")["digest"]
    }

    /// What rebar3 has said of fetching and compiling dependencies.
    pub(crate) fn work_on(&self, dependencies: &[&str]) -> Vec<&str> {
        let is_work = |line: &&str| {
            let compiles = dependencies.iter().any(|name| line.ends_with(&format!("Compiling {name}")));
            compiles || line.contains("Fetching") || line.contains("Upgrading")
        };
        self.log.lines().map(|line| line.trim_end_matches("\u{1b}[0m")).filter(is_work).collect()
    }
}
