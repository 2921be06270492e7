//! What is uploaded, counted at a proxy before the registry.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::support::docker::daemon;
use crate::support::proxy::{Proxy, Sent};
use crate::support::registry::{Registry, skopeo};
use crate::support::{erlrel, fails, repository, run, sample, temp_dir, tool};

/// The umbrella sample in a place of its own, a registry, and a proxy between it and who pushes.
struct Push {
    dir: tempfile::TempDir,
    _registry: Registry,
    proxy: Proxy,
}

/// What a run said and what it sent.
struct Done {
    report: Value,
    /// Bodies of uploads, those with something in them.
    blobs: Vec<u64>,
    manifests: Vec<u64>,
}

impl Push {
    fn new() -> Self {
        let dir = temp_dir();
        let registry = Registry::plain();
        let proxy = Proxy::before(&registry.host());
        let push = Self { dir, _registry: registry, proxy };
        run(tool("sh", "dash")
            .arg(repository().join("sample_apps/prepare"))
            .arg("umbrella")
            .arg(push.project()));
        push
    }

    fn project(&self) -> PathBuf {
        self.dir.path().join("umbrella")
    }

    fn name(&self, tag: &str) -> String {
        format!("{}/acme/beacon:{tag}", self.proxy.host())
    }

    fn push(&self, tag: &str) -> Done {
        self.proxy.take();
        let mut command = erlrel();
        command.args(["image", "--json", "--quiet", "--to", "registry", "--tag", &self.name(tag)]);
        let report = run(command.arg(self.project()).env("XDG_CACHE_HOME", self.dir.path().join("cache")));
        let report = serde_json::from_str(&report).expect("JSON");
        let (uploads, others): (Vec<Sent>, Vec<Sent>) = self
            .proxy
            .take()
            .into_iter()
            .filter(|sent| sent.body() > 0)
            .partition(|sent| sent.path.contains("/blobs/uploads/"));
        assert!(others.iter().all(|sent| sent.path.contains("/manifests/")), "{others:?}");
        let bodies = |sent: &[Sent]| sent.iter().map(Sent::body).collect();
        Done { report, blobs: bodies(&uploads), manifests: bodies(&others) }
    }

    /// Adds a function, as one does between two builds.
    fn edit_one_module(&self) {
        let file = self.project().join("apps/beacon_tools/src/beacon.erl");
        edit(&file, ("-export([help/0, ", "-export([edited/0, help/0, "), "edited() -> true.\n");
    }

    /// Commits everything, so that every version of the project that is a commit is another one.
    fn commit(&self) {
        git(&self.project(), &["commit", "--quiet", "--all", "--message", "Edited"]);
    }

    /// Releases another version of a dependency, and takes it.
    fn bump_a_dependency(&self) {
        let work = self.dir.path().join("hashring");
        let bare = self.dir.path().join("umbrella.deps/hashring.git");
        let text = |path: &Path| path.to_str().expect("UTF-8").to_string();
        git(self.dir.path(), &["clone", "--quiet", &text(&bare), &text(&work)]);
        edit(&work.join("src/hashring.app.src"), ("{vsn, \"", "{vsn, \"9."), "");
        let exported = ("-export([new/1, ", "-export([newer/0, new/1, ");
        edit(&work.join("src/hashring.erl"), exported, "newer() -> true.\n");
        git(&work, &["commit", "--quiet", "--all", "--message", "Newer"]);
        git(&work, &["push", "--quiet"]);
        run(tool("rebar3", "rebar3").args(["upgrade", "hashring"]).current_dir(self.project()));
    }
}

/// Replaces a text in a file, and adds another at its end.
fn edit(file: &Path, (from, to): (&str, &str), end: &str) {
    let text = std::fs::read_to_string(file).expect("a file");
    assert!(text.contains(from), "{}", file.display());
    std::fs::write(file, text.replacen(from, to, 1) + end).expect("written");
}

fn git(dir: &Path, arguments: &[&str]) {
    let somebody = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
    run(tool("git", "git").args(somebody).args(arguments).current_dir(dir));
}

impl Done {
    /// Number of bytes as the command tells it.
    fn reported(&self) -> u64 {
        self.report["destinations"][0]["bytes"].as_u64().expect("a number")
    }

    fn counted(&self) -> u64 {
        self.blobs.iter().chain(&self.manifests).sum()
    }

    /// How many blobs it says that it uploaded, without the manifest.
    fn uploaded(&self) -> usize {
        let blobs = self.report["destinations"][0]["blobs"].as_array().expect("a list");
        blobs
            .iter()
            .filter(|blob| blob["how"] == "uploaded" && blob["digest"] != self.report["digest"])
            .count()
    }

    fn layers(&self) -> Vec<String> {
        digests(&self.report)
    }

    /// The names of the layers that `before` did not have.
    fn moved(&self, before: &Done) -> Vec<&str> {
        let (old, layers) = (before.layers(), self.report["layers"].as_array().expect("a list").iter());
        let moved = layers.filter(|layer| old.iter().all(|there| layer["digest"] != there.as_str()));
        moved.map(|layer| layer["group"].as_str().expect("a name")).collect()
    }
}

#[test]
fn only_what_changed_is_uploaded() {
    let push = Push::new();
    let first = push.push("1");
    assert_eq!((first.blobs.len(), first.manifests.len()), (first.layers().len() + 1, 1));
    assert_eq!((first.reported(), first.uploaded()), (first.counted(), first.blobs.len()));

    let second = push.push("1");
    assert_eq!(second.report["digest"], first.report["digest"]);
    assert_eq!(second.blobs, [0_u64; 0]);
    assert_eq!((second.reported(), second.uploaded()), (second.counted(), 0));

    push.edit_one_module();
    let third = push.push("2");
    assert_eq!(third.moved(&first), ["project beacon_tools"]);
    assert_eq!((third.blobs.len(), third.manifests.len()), (2, 1), "one layer and the configuration");
    assert_eq!((third.reported(), third.uploaded()), (third.counted(), 2));
    assert!(third.counted() < first.counted(), "{} of {}", third.counted(), first.counted());

    for (tag, done) in [("1", &first), ("2", &third)] {
        daemon().run(["pull", "--quiet", &push.name(tag)]);
        let format = "--format={{index .RepoDigests 0}}";
        let digest = daemon().run(["image", "inspect", format, &push.name(tag)]);
        assert!(digest.ends_with(done.report["digest"].as_str().expect("a digest")), "{digest}");
    }
}

/// Kilobytes that may be sent for a commit that changes a module, with the configuration and the manifest.
const COMMIT: u64 = 64 * 1024;

#[test]
fn a_commit_that_changes_one_module_sends_little_though_every_version_is_the_commit() {
    let push = Push::new();
    let first = push.push("1");
    push.edit_one_module();
    push.commit();
    let second = push.push("2");
    assert_eq!(second.moved(&first), ["project beacon_tools", "release"]);
    assert_eq!((second.blobs.len(), second.manifests.len()), (3, 1), "two layers and the configuration");
    assert!(second.counted() <= COMMIT, "{} bytes", second.counted());
    assert_eq!((second.reported(), second.uploaded()), (second.counted(), 3));
}

#[test]
fn another_version_of_a_dependency_sends_that_dependency_and_the_release_s_own_files() {
    let push = Push::new();
    let first = push.push("1");
    push.bump_a_dependency();
    let second = push.push("2");
    assert_eq!(second.moved(&first), ["dependency hashring", "release"]);
    assert_eq!((second.blobs.len(), second.manifests.len()), (3, 1), "two layers and the configuration");
    assert_eq!((second.reported(), second.uploaded()), (second.counted(), 3));
}

fn digests(report: &Value) -> Vec<String> {
    let layers = report["layers"].as_array().expect("a list").iter();
    layers.map(|layer| layer["digest"].as_str().expect("a digest").into()).collect()
}

#[test]
fn a_push_that_was_killed_goes_on_with_what_is_missing() {
    let dir = temp_dir();
    let registry = Registry::plain();
    let proxy = Proxy::before(&registry.host());
    let name = format!("{}/acme/hello:1", proxy.host());
    let command = || {
        let mut command = erlrel();
        command.args(["image", "--no-compile", "--json", "--quiet", "--to", "registry", "--tag", &name]);
        command.arg(&sample::hello().dir).env("XDG_CACHE_HOME", dir.path());
        command
    };
    let mut killed = command().stdout(Stdio::null()).spawn().expect("erlrel starts");
    while !proxy.sent().iter().any(|sent| sent.method == "PUT") {
        assert!(killed.try_wait().expect("asked").is_none(), "it ended without having sent anything");
        std::thread::yield_now();
    }
    killed.kill().expect("killed");
    killed.wait().expect("it ended");
    proxy.take();
    let report: Value = serde_json::from_str(&run(&mut command())).expect("JSON");
    let pushed = &report["destinations"][0];
    let blobs = pushed["blobs"].as_array().expect("a list").iter();
    let uploaded = blobs.filter(|blob| blob["how"] == "uploaded").map(|blob| blob["size"].as_u64());
    let counted: u64 = proxy.take().iter().map(Sent::body).sum();
    assert_eq!((pushed["bytes"].as_u64(), uploaded.sum()), (Some(counted), Some(counted)));
    let image = format!("docker://{name}");
    let digest = run(skopeo().args(["inspect", "--tls-verify=false", "--format={{.Digest}}", &image]));
    assert_eq!(digest.trim(), report["digest"]);
}

/// Pushes a compiled sample under these names, on a base if there is one.
fn push_all(names: &[&str], base: Option<&str>) -> std::process::Command {
    let mut command = erlrel();
    command.args(["image", "--no-compile", "--json", "--quiet", "--to", "registry"]);
    command.args(names.iter().map(|name| format!("--tag={name}")));
    command.args(base.map(|base| format!("--base={base}"))).arg(&sample::hello().dir);
    command
}

#[test]
fn each_registry_mounts_what_it_has_itself() {
    let (one, two) = (Registry::plain(), Registry::plain());
    let name = |registry: &Registry, path: &str| format!("{}/{path}", registry.host());
    let base = name(&two, "base:1");
    let layers = digests(&serde_json::from_str(&run(&mut push_all(&[&base], None))).expect("JSON"));
    let names = [name(&one, "app:1"), name(&two, "app:1")];
    let report = run(&mut push_all(&[&names[0], &names[1]], Some(&base)));
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let blobs = report["destinations"][0]["blobs"].as_array().expect("a list");
    let mounted: Vec<&Value> = blobs.iter().filter(|blob| blob["how"] == "mounted").collect();
    assert!(mounted.iter().all(|blob| blob["repository"] == name(&two, "app").as_str()), "{mounted:?}");
    let is_mounted = |layer: &String| mounted.iter().any(|blob| blob["digest"] == layer.as_str());
    assert!(layers.iter().all(is_mounted), "{report:#}");
}

#[test]
fn no_tag_is_set_as_long_as_another_registry_lacks_something() {
    let registry = Registry::plain();
    let name = format!("{}/app:1", registry.host());
    let nowhere = format!("127.0.0.1:{}/app:1", crate::support::port::free_port());
    let error = fails(&mut push_all(&[&name, &nowhere], None), 1);
    assert!(error.contains(nowhere.trim_end_matches(":1")), "{error}");
    let tags = skopeo()
        .args(["list-tags", "--tls-verify=false", &format!("docker://{}/app", registry.host())])
        .output();
    assert!(!tags.expect("skopeo starts").status.success(), "the repository has no tag yet");
}

#[test]
fn whoever_says_yes_to_everything_is_no_registry() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let host = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            std::thread::spawn(move || say_yes(&client));
        }
    });
    let error = fails(&mut push_all(&[&format!("{host}/app:1")], None), 1);
    assert!(error.contains("is it a registry?"), "{error}");
}

/// Answers one request, or an attempt at TLS, as a page for people does.
fn say_yes(mut client: &std::net::TcpStream) {
    use std::io::{BufRead, BufReader, Write};
    let head: Vec<String> =
        BufReader::new(client).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    if head.first().is_some_and(|line| line.ends_with("HTTP/1.1")) {
        let _ = client.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    }
}
