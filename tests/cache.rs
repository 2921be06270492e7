//! The local cache, as users meet it: the same images with it and without, whatever happens to it.

mod damaged;
mod fetched;
mod kept;
mod killed;
mod limits;
mod places;
mod shared;
mod useless;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::support::registry::skopeo;
use crate::support::run;
use crate::support::shop::Shop;

/// A small project with a cache of its own.
struct Cached {
    shop: Shop,
}

impl Cached {
    fn new() -> Self {
        let cached = Self { shop: Shop::new() };
        // Packing the real start program would take most of the time.
        cached.shop.write("start", "#!/bin/sh\n");
        cached
    }

    /// `erlrel image` to this destination, with its cache.
    fn image(&self, to: &str) -> Command {
        let mut command = self.shop.erlrel("image --no-compile --quiet --boot-program start --to");
        command.arg(to).env("ERLREL_CACHE_DIR", self.cache());
        command
    }

    /// The digest of the image that is written as an archive.
    fn digest(&self) -> String {
        first_line(&run(&mut self.image("archive:shop.tar")))
    }

    /// The same without a cache.
    fn digest_without_cache(&self) -> String {
        first_line(&run(self.image("archive:other.tar").arg("--no-cache")))
    }

    fn erlrel(&self, arguments: &str) -> Command {
        let mut command = self.shop.erlrel(arguments);
        command.env("ERLREL_CACHE_DIR", self.cache());
        command
    }

    fn cache(&self) -> PathBuf {
        self.shop.path("cache")
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().expect("a digest").into()
}

/// The digest of an image in a registry, after another program has fetched all of it.
fn pushed(name: &str) -> String {
    let temp = crate::support::temp_dir();
    let name = format!("docker://{name}");
    let to = format!("oci:{}:1", temp.path().join("pulled").display());
    run(skopeo().args(["copy", "--quiet", "--src-tls-verify=false", &name, &to]));
    let inspect = ["inspect", "--tls-verify=false", "--no-tags", "--format", "{{.Digest}}", &name];
    run(skopeo().args(inspect)).trim().into()
}

/// All files below a directory, sorted.
fn files(dir: &Path) -> Vec<PathBuf> {
    crate::support::shop::listing(dir).into_iter().filter(|path| path.is_file()).collect()
}

/// Starts as many at once, and gives the digests that they say.
fn at_once(count: usize, command: impl Fn(usize) -> Command) -> Vec<String> {
    let start = |nth: usize| {
        let mut command = command(nth);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started")
    };
    let running: Vec<Child> = (0..count).map(start).collect();
    let end = |child: Child| {
        let output = child.wait_with_output().expect("ended");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        first_line(&String::from_utf8_lossy(&output.stdout))
    };
    running.into_iter().map(end).collect()
}
