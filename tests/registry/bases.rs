//! Base images in a registry: what is fetched of them, and another one below an image that is there.

use std::path::Path;

use serde_json::Value;

use crate::support::docker::daemon;
use crate::support::image::json as json_file;
use crate::support::proxy::{Proxy, Sent};
use crate::support::registry::{Registry, skopeo};
use crate::support::{debian, erlrel, fails, run, sample, temp_dir};

/// A registry that has Debian, with a proxy between it and erlrel.
struct Shop {
    dir: tempfile::TempDir,
    _registry: Registry,
    proxy: Proxy,
}

impl Shop {
    fn new() -> Self {
        let registry = Registry::plain();
        let from = format!("oci:{}:{}", debian::layout().display(), debian::TAG);
        let to = format!("docker://{}/debian:12", registry.host());
        run(skopeo().args(["copy", "--quiet", "--dest-tls-verify=false", &from, &to]));
        let proxy = Proxy::before(&registry.host());
        Self { dir: temp_dir(), _registry: registry, proxy }
    }

    fn name(&self, path: &str) -> String {
        format!("{}/{path}", self.proxy.host())
    }

    /// What `erlrel` says with these arguments on this machine, and what it asked the registry for.
    fn erlrel(&self, machine: &str, arguments: &[&str]) -> (Value, Vec<Sent>) {
        self.proxy.take();
        let mut command = erlrel();
        command.args(arguments).args(["--json", "--quiet", "--cache-dir"]).arg(self.dir.path().join(machine));
        let report = serde_json::from_str(&run(&mut command)).expect("JSON");
        (report, self.proxy.take())
    }

    /// An image of a sample on Debian.
    fn image(&self, machine: &str, arguments: &[&str]) -> (Value, Vec<Sent>) {
        let base = self.name("debian:12");
        let project = sample::hello().dir.display().to_string();
        let all = [&["image", "--no-compile", &project, "--base", &base], arguments].concat();
        self.erlrel(machine, &all)
    }
}

/// The layers of Debian that somebody wanted to have.
fn fetched(asked: &[Sent]) -> usize {
    let base = debian::manifest();
    let layers = base["layers"].as_array().expect("a list");
    let is_layer =
        |path: &str| layers.iter().any(|layer| path.ends_with(layer["digest"].as_str().expect("a digest")));
    asked.iter().filter(|sent| sent.method == "GET" && is_layer(&sent.path)).count()
}

#[test]
fn layers_that_the_destination_has_are_not_fetched_by_those_who_know_the_base() {
    let shop = Shop::new();
    let (name, cache) = (shop.name("acme/hello:1"), shop.name("acme/cache"));
    let push = ["--to", "registry", "--tag", &name];
    let (first, asked) = shop.image("one", &[&push[..], &["--cache-to", &cache]].concat());
    assert_eq!(fetched(&asked), 1, "nobody knows yet what the base holds");
    let mounted = |report: &Value| {
        let blobs = report["destinations"][0]["blobs"].as_array().expect("a list").clone();
        blobs.iter().filter(|blob| blob["how"] == "mounted").count()
    };
    assert_eq!(mounted(&first), 1);
    let (again, asked) = shop.image("one", &push);
    assert_eq!((fetched(&asked), &again["digest"]), (0, &first["digest"]));
    let (fresh, asked) = shop.image("two", &[&push[..], &["--cache-from", &cache]].concat());
    assert_eq!((fetched(&asked), &fresh["digest"]), (0, &first["digest"]));

    let archive = format!("archive:{}", shop.dir.path().join("hello.tar").display());
    let (archived, asked) = shop.image("three", &["--to", &archive, "--cache-from", &cache]);
    assert_eq!((fetched(&asked), &archived["digest"]), (1, &first["digest"]), "an archive has all layers");

    daemon().run(["pull", "--quiet", &name]);
    let help = daemon().run(["run", "--rm", "--network=host", &name, "help"]);
    assert!(help.contains("remote_console"), "{help}");
}

#[test]
fn an_image_says_which_base_it_is_on() {
    let shop = Shop::new();
    let layout = shop.dir.path().join("layout");
    let to = format!("oci:{}", layout.display());
    shop.image("one", &["--to", &to]);
    let manifest = |layout: &Path| {
        let index = json_file(&layout.join("index.json"));
        let digest = index["manifests"][0]["digest"].as_str().expect("a digest").replace(':', "/");
        json_file(&layout.join("blobs").join(digest))
    };
    let annotations = manifest(&layout)["annotations"].clone();
    assert_eq!(annotations["org.opencontainers.image.base.digest"], debian::manifest_digest().as_str());
    assert_eq!(annotations["org.opencontainers.image.base.name"], shop.name("debian:12").as_str());
}

#[test]
fn a_base_that_is_pinned_to_a_digest_is_that_one_or_none() {
    let shop = Shop::new();
    let error = |name: &str| {
        let mut command = erlrel();
        command.args(["image", "--no-compile", "--base", name]).arg(&sample::hello().dir);
        fails(&mut command, 1).replace(&shop.proxy.host(), "HOST")
    };
    let other = format!("sha256:{}", "0".repeat(64));
    insta::assert_snapshot!(error(&shop.name(&format!("debian:12@{other}"))), @"error: the registry has no image `HOST/debian:12@sha256:0000000000000000000000000000000000000000000000000000000000000000`");
    insta::assert_snapshot!(error(&shop.name("debian:13")), @"error: the registry has no image `HOST/debian:13`");
    let pinned = shop.name(&format!("debian@{}", debian::manifest_digest()));
    let to = format!("oci:{}", shop.dir.path().join("layout").display());
    let project = sample::hello().dir.display().to_string();
    let arguments = ["image", "--no-compile", &project, "--base", &pinned, "--to", &to];
    let (first, _) = shop.erlrel("one", &arguments);
    let (again, asked) = shop.erlrel("one", &arguments);
    assert_eq!(again["digest"], first["digest"]);
    assert_eq!(asked.len(), 0, "a digest leads to the same for ever: {asked:?}");
}

#[test]
fn another_base_below_an_image_costs_a_manifest_and_a_configuration() {
    let shop = Shop::new();
    let name = shop.name("acme/hello:1");
    let (image, _) = shop.image("one", &["--to", "registry", "--tag", &name]);
    let newer = newer_debian(&shop);
    let (rebased, asked) =
        shop.erlrel("one", &["rebase", &name, "--base", &newer, "--tag", &shop.name("acme/hello:2")]);
    let bodies: Vec<&Sent> = asked.iter().filter(|sent| sent.body() > 0).collect();
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    let counted: u64 = bodies.iter().map(|sent| sent.body()).sum();
    assert_eq!(rebased["destinations"][0]["bytes"].as_u64(), Some(counted));
    assert_eq!(fetched(&asked), 0);
    let on_it = shop
        .erlrel(
            "one",
            &[
                "image",
                "--no-compile",
                &sample::hello().dir.display().to_string(),
                "--base",
                &newer,
                "--to",
                "registry",
                "--tag",
                &name,
            ],
        )
        .0;
    assert_eq!(on_it["digest"], rebased["digest"], "as if it had been built on it");
    assert_ne!(image["digest"], rebased["digest"]);
    let name = shop.name("acme/hello:2");
    daemon().run(["pull", "--quiet", &name]);
    let help = daemon().run(["run", "--rm", "--network=host", &name, "help"]);
    assert!(help.contains("remote_console"), "{help}");
}

/// Debian with one more layer, in the registry.
fn newer_debian(shop: &Shop) -> String {
    let name = shop.name("debian:12.1");
    let dir = temp_dir();
    let dockerfile = format!("FROM {}\nCOPY Dockerfile /etc/newer\n", shop.name("debian:12"));
    std::fs::write(dir.path().join("Dockerfile"), dockerfile).expect("written");
    run(daemon().docker().args(["build", "--quiet", "--tag", &name]).arg(dir.path()));
    daemon().run(["push", "--quiet", &name]);
    name
}
