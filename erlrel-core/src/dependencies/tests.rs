//! A project that only looks compiled, and caches with everything in them that must not get out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;
use crate::image::layout::write_artifact;
use crate::image::{Artifact, Blob};
use crate::project::{LoadOptions, load};
use crate::registry::{Registry, RegistryOptions};
use crate::shared_cache::SharedCacheError;
use crate::tree::{TarOptions, Tree, TreePath, listing, read_directory, read_tar, write_tar_gz};

const COMMIT: &str = "dad83125311dafb3be8b55f66caab0fa6716ef6a";
const HASH: &str = "DA94B4478362E1B7A22BE58C617C11EC9C06CE96D47A5BA7F6CCD114B0070AFA";

/// A directory with a project, a home and a cache in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a temporary directory"));
        place.write(
            "project/rebar.config",
            "{deps, [a, {pad, \"1.2.0\"}, {floating, {git, \"u\", {branch, \"main\"}}}]}. {plugins, [plug]}.
             {profiles, [{prod, [{deps, [{only, \"1.0.0\"}]}]}]}.",
        );
        let lock = format!(
            "{{\"1.2.0\",[{{<<\"a\">>,{{git,\"https://user:s3cret@git.example.com/a\",{{ref,\"{COMMIT}\"}}}},0}},
              {{<<\"pad\">>,{{pkg,<<\"pad\">>,<<\"1.2.0\">>}},0}}]}}.
             [{{pkg_hash_ext,[{{<<\"pad\">>, <<\"{HASH}\">>}}]}}]."
        );
        place.write("project/rebar.lock", &lock);
        place.write("project/apps/own/src/own.app.src", "");
        place
    }

    /// With what a compilation leaves.
    fn compiled() -> Self {
        let place = Self::new();
        let config = "[remote \"origin\"]\nurl = https://user:s3cret@git.example.com/a\n";
        for (path, text) in [
            ("default/lib/a/ebin/a.app", "a"),
            ("default/lib/a/.git/config", config),
            ("default/lib/a/deps/b/.git", "gitdir: elsewhere"),
            ("default/lib/a/.rebar3/erlcinfo", "/home/me"),
            ("default/lib/a/priv/a.so.1", "elf"),
            ("default/lib/pad/ebin/pad.app", "pad"),
            (
                "default/lib/pad/hex_metadata.config",
                "{<<\"name\">>,<<\"pad\">>}.\n{<<\"version\">>,<<\"1.2.0\">>}.\n",
            ),
            ("default/lib/floating/ebin/floating.app", "floating"),
            ("default/lib/own/ebin/own.app", "own"),
            ("default/lib/.rebar3/x", "x"),
            ("default/plugins/plug/ebin/plug.app", "plug"),
            ("prod/lib/own/ebin/own.app", "own"),
            ("prod/lib/only/ebin/only.app", "only"),
        ] {
            place.write(&format!("project/_build/{path}"), text);
        }
        let lib = place.path("project/_build/default/lib");
        std::os::unix::fs::symlink("a.so.1", lib.join("a/priv/a.so")).expect("linked");
        std::os::unix::fs::symlink(lib.join("a"), place.path("project/_build/prod/lib/a")).expect("linked");
        crate::fs::set_mode(&lib.join("a/priv/a.so.1"), 0o700).expect("set");
        let other = HASH.replace('D', "F");
        let index = package_index::fixture(7, &[("pad", HASH), ("pad", &other), ("other", "0000")]);
        place.write_bytes("home/.cache/rebar3/hex/packages.idx", &index.encode());
        place
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    fn write(&self, below: &str, text: &str) {
        self.write_bytes(below, text.as_bytes());
    }

    fn write_bytes(&self, below: &str, bytes: &[u8]) {
        let path = self.path(below);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, bytes).expect("written");
    }

    fn dependencies(&self) -> Dependencies {
        let environment =
            [("HOME".to_string(), self.path("home").display().to_string())].into_iter().collect();
        let options = LoadOptions { profiles: vec!["prod".into()], environment, otp: None };
        let project = load(&self.path("project"), &options).expect("a project");
        let toolchain = Toolchain { otp: "25.2.3".into(), ..Toolchain::default() };
        let dependencies = Dependencies::of(&project, &toolchain, &options.environment);
        Dependencies { key: Digest::of(b"key"), ..dependencies.expect("dependencies") }
    }

    fn built(&self) -> String {
        listing(&read_directory(&self.path("project/_build")).expect("read"))
    }
}

fn packed() -> Packed {
    pack(&Place::compiled().dependencies()).expect("packed")
}

fn artifact() -> Artifact {
    packed().artifact.expect("there are some")
}

/// The artifact as it is found in a cache.
fn found(artifact: Artifact) -> Found {
    Found { place: "oci:cache".into(), artifact }
}

fn at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

#[test]
fn the_tag_tells_profile_and_key() {
    let mut dependencies = Place::new().dependencies();
    assert_eq!(dependencies.tag(), "deps-prod-2c70e12b7a0646f92279f427c7b38e73");
    dependencies.profile = "sd+ünï+prod".into();
    assert_eq!(dependencies.tag(), "deps-sd-n-prod-2c70e12b7a0646f92279f427c7b38e73");
    dependencies.profile = "+".into();
    assert_eq!(dependencies.tag(), "deps-2c70e12b7a0646f92279f427c7b38e73");
}

#[test]
fn what_is_locked_travels_and_what_is_only_of_the_profile_without_version_control() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let packed = packed();
    let left_out = packed.left_out.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(left_out, ["the dependency `floating` is not kept in the cache: rebar.lock does not have it"]);
    assert_eq!(packed.names, ["a", "only", "pad", "plug"]);
    let layer = artifact().layers()[0].read().expect("read");
    let tree =
        read_tar(crate::deflate::reader(layer.as_slice()), Path::new("layer"), dir.path()).expect("a tar");
    insta::assert_snapshot!(listing(&tree), @r"
    0755 release default/
    0755 release default/lib/
    0755 release default/lib/a/
    0755 release default/lib/a/deps/
    0755 release default/lib/a/deps/b/
    0755 release default/lib/a/ebin/
    0644 release default/lib/a/ebin/a.app
    0755 release default/lib/a/priv/
    link release default/lib/a/priv/a.so -> a.so.1
    0755 release default/lib/a/priv/a.so.1
    0755 release default/lib/pad/
    0755 release default/lib/pad/ebin/
    0644 release default/lib/pad/ebin/pad.app
    0644 release default/lib/pad/hex_metadata.config
    0755 release default/plugins/
    0755 release default/plugins/plug/
    0755 release default/plugins/plug/ebin/
    0644 release default/plugins/plug/ebin/plug.app
    0644 release packages.idx
    0755 release prod/
    0755 release prod/lib/
    0755 release prod/lib/only/
    0755 release prod/lib/only/ebin/
    0644 release prod/lib/only/ebin/only.app
    ");
}

#[test]
fn credentials_are_nowhere_in_the_artifact() {
    let artifact = self::artifact();
    let layer = crate::deflate::decompress(&artifact.layers()[0].read().expect("read")).expect("gzip");
    for bytes in [layer, artifact.manifest().read().expect("read")] {
        assert!(!bytes.windows(6).any(|part| part == b"s3cret"));
        assert!(!bytes.windows(15).any(|part| part == b"git.example.com"));
    }
}

#[test]
fn the_same_dependencies_are_the_same_artifact() {
    assert_eq!(artifact().manifest().digest(), artifact().manifest().digest());
}

#[test]
fn a_dependency_with_a_link_out_of_itself_is_left_out() {
    let place = Place::compiled();
    std::os::unix::fs::symlink("../../pad", place.path("project/_build/default/lib/a/priv/x"))
        .expect("linked");
    let packed = pack(&place.dependencies()).expect("packed");
    insta::assert_snapshot!(packed.left_out[1], @"the dependency `a` is not kept in the cache: its link `priv/x` leads to `../../pad`, out of it");
    assert!(!packed.names.contains(&"a".to_string()));
}

#[test]
fn what_was_packed_is_there_afterwards_as_rebar3_wants_it() {
    let place = Place::new();
    let dependencies = place.dependencies();
    assert_eq!(dependencies.missing(), ["a", "pad", "floating", "only", "plug"]);
    let layout = place.path("cache");
    write_artifact(&artifact(), &dependencies.tag(), &layout).expect("written");
    let cache = CachePlace::Layout(layout);
    let registry = Registry::new(RegistryOptions::default());
    let found = find(&cache, &dependencies, &registry).expect("read").expect("it is there");
    let restored = restore(&dependencies, &found, at()).expect("restored");
    assert_eq!(restored.names, ["a", "only", "pad", "plug"]);
    assert_eq!(dependencies.missing(), ["floating"]);
    insta::assert_snapshot!(place.built(), @r"
    0755 release default/
    0755 release default/lib/
    0755 release default/lib/a/
    0755 release default/lib/a/.git/
    0644 release default/lib/a/.git/HEAD
    0755 release default/lib/a/.git/objects/
    0755 release default/lib/a/.git/refs/
    0755 release default/lib/a/deps/
    0755 release default/lib/a/deps/b/
    0755 release default/lib/a/ebin/
    0644 release default/lib/a/ebin/a.app
    0755 release default/lib/a/priv/
    link release default/lib/a/priv/a.so -> a.so.1
    0755 release default/lib/a/priv/a.so.1
    0755 release default/lib/pad/
    0755 release default/lib/pad/ebin/
    0644 release default/lib/pad/ebin/pad.app
    0644 release default/lib/pad/hex_metadata.config
    0755 release default/plugins/
    0755 release default/plugins/plug/
    0755 release default/plugins/plug/ebin/
    0644 release default/plugins/plug/ebin/plug.app
    0755 release prod/
    0755 release prod/lib/
    0755 release prod/lib/only/
    0755 release prod/lib/only/ebin/
    0644 release prod/lib/only/ebin/only.app
    ");
    let a = place.path("project/_build/default/lib/a");
    assert_eq!(std::fs::read_to_string(a.join(".git/HEAD")).expect("read"), format!("{COMMIT}\n"));
    let modified = |file: &str| a.join(file).metadata().expect("there").modified().expect("a time");
    assert_eq!((modified("ebin/a.app"), modified("priv/a.so.1")), (at(), at()));
    let index = std::fs::read(place.path("home/.cache/rebar3/hex/packages.idx")).expect("written");
    assert!(index.windows(HASH.len()).any(|part| part == HASH.as_bytes()));
}

#[test]
fn what_is_there_stays() {
    let place = Place::new();
    place.write("project/_build/default/lib/a/mine", "mine");
    let restored = restore(&place.dependencies(), &found(artifact()), at()).expect("restored");
    assert_eq!(
        (restored.names, restored.kept),
        (["only", "pad", "plug"].map(String::from).into(), vec!["a".into()])
    );
    assert!(!place.path("project/_build/default/lib/a/ebin").exists());
    let again = restore(&place.dependencies(), &found(artifact()), at()).expect("restored");
    assert!(again.names.is_empty());
}

#[test]
fn an_index_that_is_there_keeps_what_it_has() {
    let place = Place::new();
    let other = package_index::fixture(7, &[("other", "0000")]);
    place.write_bytes("home/.cache/rebar3/hex/packages.idx", &other.encode());
    restore(&place.dependencies(), &found(artifact()), at()).expect("restored");
    let index = std::fs::read(place.path("home/.cache/rebar3/hex/packages.idx")).expect("written");
    let both = package_index::fixture(7, &[("other", "0000"), ("pad", HASH)]);
    assert_eq!(package_index::PackageIndex::parse(&index), Some(both));
}

/// An artifact of these layers and annotations that pretends to be the right one.
fn poisoned(layers: Vec<Blob>, change: &[(&str, &str)]) -> Artifact {
    static GOOD: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    let mut annotations = GOOD.get_or_init(|| artifact().annotations().clone()).clone();
    annotations.extend(change.iter().map(|(key, value)| (key.to_string(), value.to_string())));
    Artifact::new(ARTIFACT_TYPE, layers, annotations).expect("an artifact")
}

fn layer(tar: Vec<u8>) -> Blob {
    Blob::from_bytes(crate::deflate::compress(&tar).expect("memory"))
}

/// A tar of one entry of this type, which need not make sense.
fn raw(name: &str, kind: u8, link: &str) -> Vec<u8> {
    let mut header = [0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..108].copy_from_slice(b"0000644\0");
    header[108..116].copy_from_slice(b"0000000\0");
    header[116..124].copy_from_slice(b"0000000\0");
    header[124..136].copy_from_slice(b"00000000000\0");
    header[136..148].copy_from_slice(b"00000000000\0");
    header[148..156].copy_from_slice(b"        ");
    header[156] = kind;
    header[157..157 + link.len()].copy_from_slice(link.as_bytes());
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header.to_vec()
}

/// A tar of such entries.
fn evil(entries: &[(&str, u8, &str)]) -> Artifact {
    let mut tar: Vec<u8> = entries.iter().flat_map(|(name, kind, link)| raw(name, *kind, link)).collect();
    tar.extend([0; 1024]);
    poisoned(vec![layer(tar)], &[])
}

#[test]
fn a_poisoned_entry_is_ignored_and_nothing_of_it_is_left() {
    const FILE: u8 = b'0';
    const LINK: u8 = b'2';
    let good = artifact();
    let other = Artifact::new("application/x", good.layers().to_vec(), good.annotations().clone());
    let dir = tempfile::tempdir().expect("a temporary directory");
    let damaged = {
        write_artifact(&good, "x", dir.path()).expect("written");
        let file = dir.path().join("blobs/sha256").join(good.layers()[0].digest().hex());
        let mut bytes = std::fs::read(&file).expect("read");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&file, bytes).expect("written");
        Artifact::in_layout(dir.path(), "x").expect("read").expect("there")
    };
    let entries = [
        other.expect("an artifact"),
        poisoned(good.layers().to_vec(), &[(KEY, &Digest::of(b"another").to_string())]),
        poisoned(vec![], &[]),
        poisoned(vec![good.layers()[0].clone(), good.layers()[0].clone()], &[]),
        poisoned(vec![Blob::in_named_file("/dev/zero".into(), 0, Digest::of(b""), 5 << 30)], &[]),
        damaged,
        poisoned(vec![Blob::from_bytes(b"no gzip".to_vec())], &[]),
        poisoned(vec![layer(b"no tar, but long enough to be taken for one".repeat(30))], &[]),
        evil(&[("../evil", FILE, "")]),
        evil(&[("/tmp/evil", FILE, "")]),
        evil(&[("default/lib/a/../../../../evil", FILE, "")]),
        evil(&[("evil", FILE, "")]),
        evil(&[("default/evil", FILE, "")]),
        evil(&[("default/lib/a", FILE, "")]),
        evil(&[("default/rel/a/x", FILE, "")]),
        evil(&[("test/lib/a/x", FILE, "")]),
        evil(&[("default/lib/own/ebin/own.beam", FILE, "")]),
        evil(&[("default/lib/of_nobody/x", FILE, "")]),
        evil(&[("prod/lib/sasl/ebin/sasl.app", FILE, "")]),
        poisoned(vec![good.layers()[0].clone()], &[(NAMES, "a and more")]),
        evil(&[("prod/lib/.rebar3/x", FILE, "")]),
        evil(&[("default/lib/.hidden/x", FILE, "")]),
        evil(&[("default/lib/a/.git/hooks/post-checkout", FILE, "")]),
        evil(&[("default/lib/a/x", LINK, "/etc/passwd")]),
        evil(&[("default/lib/a/x", LINK, "../../../../../evil")]),
        evil(&[("default/lib/a/x", LINK, "../pad/x")]),
        evil(&[("default/lib/a", LINK, "../pad")]),
        evil(&[("default/lib", LINK, "../..")]),
        evil(&[("default/lib/a/x", LINK, "."), ("default/lib/a/y", LINK, "x/..")]),
        evil(&[("default/lib/a/x", LINK, "."), ("default/lib/a/x/y", FILE, "")]),
        evil(&[("default/lib/a/x", b'3', "")]),
    ];
    let mut messages = Vec::new();
    for artifact in entries {
        let place = Place::new();
        let error = restore(&place.dependencies(), &found(artifact), at()).expect_err("it is poisoned");
        let is_ignored = matches!(error, DependenciesError::Cache(SharedCacheError::Ignored { .. }));
        assert!(is_ignored, "{error:?}");
        messages.push(error.to_string().split_once(" is ignored: ").expect("a reason").1.to_string());
        assert_eq!(place.built(), "", "{error}");
        assert_eq!(std::fs::read_dir(place.0.path()).expect("listed").count(), 1, "{error}");
    }
    insta::assert_snapshot!(messages.join("\n"), @r"
    it is of the type `application/x`
    its key is sha256:ae448ac86c4e8e4dec645729708ef41873ae79c6dff84eff73360989487f08e5, it should be sha256:2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683
    it has 0 layers instead of one
    it has 2 layers instead of one
    its layer has 5368709120 bytes
    the digest of the content is sha256:198a050bd1dffb0ff789b3c5f200b34d6c6bb56a7fab8ca936eb8e4cce94d178, it should be sha256:e19c8a425aeb3b9b34650a74c86bc565327a55b6563c9e7f7d370a730cf72886
    unexpected end of file
    it is no tar file
    it has `../evil`
    it has `/tmp/evil`
    it has `default/lib/a/../../../../evil`
    it has `evil`, which is no place for a dependency
    it has `default/evil`, which is no place for a dependency
    `default/lib/a` is no directory
    it has `default/rel`, which is no place for a dependency
    it has `test`, which is no place for a dependency
    it has `default/lib/own`, which is no dependency of the project
    it has `default/lib/of_nobody`, which is no dependency of the project
    it has `prod/lib/sasl`, which is no dependency of the project
    it does not have the dependencies that it says it has
    it has `prod/lib/.rebar3`
    it has `default/lib/.hidden`, which is no dependency of the project
    it has `default/lib/a/.git`
    its link `default/lib/a/x` leads to `/etc/passwd`, out of it
    its link `default/lib/a/x` leads to `../../../../../evil`, out of it
    `default/lib/a`: its link `x` leads to `../pad/x`, out of it
    `default/lib/a` is no directory
    its link `default/lib` leads to `../..`, out of it
    `default/lib/a`: its link `y` leads to `x/..`, out of it
    `default/lib/a/x` would be a file, but `default/lib/a/x/y` is to be written below it
    `default/lib/a/x` is a device: only files, directories and links can be packed
    ");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn no_link_leads_out_of_a_dependency(
        links in prop::collection::vec(("[ab](/[ab]){0,2}", "(\\.\\.|\\.|a|b)(/(\\.\\.|\\.|a|b)){0,3}"), 0..6),
    ) {
        let mut tree = Tree::new();
        for (path, target) in links {
            let path = TreePath::new(format!("default/lib/x/{path}")).expect("a path");
            let _ = tree.insert(path, crate::tree::Entry::symlink(target, crate::tree::Group::Release));
        }
        if tree.is_empty() || tree.add_parents().is_err() {
            return Ok(());
        }
        let mut tar = Vec::new();
        write_tar_gz(&tree, TarOptions { mtime: 0, directories: true }, &mut tar, "tar").expect("packed");
        let place = Place::new();
        let artifact = poisoned(vec![Blob::from_bytes(tar)], &[]);
        if restore(&place.dependencies(), &found(artifact), at()).is_ok() {
            let root = place.path("project/_build/default/lib/x").canonicalize().expect("there");
            for (path, _) in tree.iter().filter(|(path, _)| path.as_str().starts_with("default/lib/x/")) {
                if let Ok(real) = place.path("project/_build").join(path.as_str()).canonicalize() {
                    prop_assert!(real.starts_with(&root), "{path} is {}", real.display());
                }
            }
        }
    }

    #[test]
    fn arbitrary_layers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let place = Place::new();
        let artifact = poisoned(vec![layer(bytes)], &[]);
        let _ = restore(&place.dependencies(), &found(artifact), at());
        prop_assert_eq!(place.built(), "");
    }
}
