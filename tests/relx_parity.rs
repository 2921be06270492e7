//! Releases as relx makes them: what erlrel writes against what the real rebar3 wrote for the same project.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::support::gzip::gunzip;
use crate::support::release::{Node, Release, read_directory, read_tarball};
use crate::support::sample::{self, Sample};
use crate::support::toolchain::Toolchain;
use crate::support::{copy_dir, erlang, erlrel, run, temp_dir, tool};

/// Files that relx adds and erlrel leaves out, because its start script does without: it asks a running node
/// through OTP's own `erl_call`, and the node itself upgrades the release.
const LEFT_OUT: [&str; 2] = ["bin/install_upgrade.escript", "bin/nodetool"];

/// How one path of a release is compared.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Comparison {
    /// Byte by byte.
    Bytes,
    /// As Erlang terms: only the layout of the text differs.
    Term,
    /// After decompression: deflate has many right answers.
    Beam,
    /// Not at all: erlrel has its own start script, with tests of its own.
    StartScript,
}

fn comparison(path: &str, sample: &Sample) -> Comparison {
    let (dir, file) = path.rsplit_once('/').unwrap_or(("", path));
    match dir {
        "bin" if file == sample.name || file == format!("{}-{}", sample.name, sample.vsn) => {
            Comparison::StartScript
        }
        _ if dir.starts_with("releases") && file.ends_with(".rel") => Comparison::Term,
        _ if dir.starts_with("releases") && matches!(file, "RELEASES" | "start.script") => Comparison::Term,
        _ if dir.starts_with("lib/") && dir.ends_with("/ebin") && file.ends_with(".beam") => Comparison::Beam,
        _ => Comparison::Bytes,
    }
}

/// A sample with the release that rebar3 made of it, and the one that erlrel made.
pub(crate) struct Pair {
    pub(crate) sample: &'static Sample,
    relx: Release,
    pub(crate) erlrel: Release,
}

fn tarballs() -> &'static [Pair] {
    static PAIRS: OnceLock<Vec<Pair>> = OnceLock::new();
    PAIRS.get_or_init(|| sample::all().into_iter().map(tarball_pair).collect())
}

pub(crate) fn tarball_pair(sample: &'static Sample) -> Pair {
    let temp = temp_dir();
    let out = temp.path().join("ours.tar.gz");
    run(erlrel().arg("tar").arg(&sample.dir).args(sample.otp()).args(["--no-compile", "--out"]).arg(&out));
    Pair { sample, relx: read_tarball(&sample.relx_tarball), erlrel: read_tarball(&out) }
}

fn directories() -> &'static [Pair] {
    static PAIRS: OnceLock<Vec<Pair>> = OnceLock::new();
    PAIRS.get_or_init(|| sample::all().into_iter().map(directory_pair).collect())
}

/// `rebar3 as prod tar` makes the release directory first and puts the tarball into it.
pub(crate) fn directory_pair(sample: &'static Sample) -> Pair {
    let temp = temp_dir();
    let out = temp.path().join("release");
    run(erlrel()
        .arg("release")
        .arg(&sample.dir)
        .args(sample.otp())
        .args(["--no-compile", "--out"])
        .arg(&out));
    let mut relx = read_directory(sample.relx_tarball.parent().expect("it lies in the release"));
    let tarball = sample.relx_tarball.file_name().expect("a name").display().to_string();
    assert!(relx.remove(&tarball).is_some(), "{tarball} lies in the release directory");
    Pair { sample, relx, erlrel: read_directory(&out) }
}

fn paths(release: &Release) -> BTreeSet<&str> {
    release.keys().map(String::as_str).collect()
}

/// The same paths except those that are left out on purpose: these exactly.
pub(crate) fn assert_same_paths(pair: &Pair) {
    let (ours, theirs) = (paths(&pair.erlrel), paths(&pair.relx));
    let missing: Vec<&str> = theirs.difference(&ours).copied().collect();
    let added: Vec<&str> = ours.difference(&theirs).copied().collect();
    assert_eq!(missing, LEFT_OUT, "{}", pair.sample.name);
    assert_eq!(added, [""; 0], "{}", pair.sample.name);
}

/// Every file that both have, compared in its way; the number of files of each way. The samples are built by
/// one toolchain.
pub(crate) fn assert_same_contents(pairs: &[Pair]) -> BTreeMap<Comparison, usize> {
    let temp = temp_dir();
    let (mut terms, mut stripped) = (Vec::new(), Vec::new());
    let mut counts = BTreeMap::new();
    for (path, ours, theirs, sample) in common(pairs) {
        let comparison = comparison(path, sample);
        match (&comparison, ours, theirs) {
            (Comparison::StartScript, Node::File { bytes, .. }, _) => {
                assert!(bytes.starts_with(b"#!/bin/sh\n"), "{path}");
            }
            (Comparison::Term, Node::File { bytes: ours, .. }, Node::File { bytes: theirs, .. }) => {
                terms.push((
                    saved(ours, temp.path(), terms.len(), "ours"),
                    saved(theirs, temp.path(), terms.len(), "theirs"),
                ));
            }
            // relx loses the umbrella's `{debug_info, strip}` between its profiles; erlrel does not.
            (Comparison::Beam, Node::File { bytes: ours, .. }, Node::File { bytes: theirs, .. })
                if theirs.starts_with(b"FOR1") && !ours.starts_with(b"FOR1") =>
            {
                assert_eq!(sample.name, "beacon", "{path}");
                stripped.push((
                    saved(ours, temp.path(), stripped.len(), "stripped"),
                    saved(theirs, temp.path(), stripped.len(), "whole"),
                ));
            }
            (Comparison::Beam, Node::File { bytes: ours, .. }, Node::File { bytes: theirs, .. }) => {
                assert!(gunzip(theirs).starts_with(b"FOR1"), "{path}");
                assert!(gunzip(ours) == gunzip(theirs), "{}: {path} differs", sample.name);
            }
            (Comparison::Bytes, Node::File { bytes: ours, .. }, Node::File { bytes: theirs, .. }) => {
                assert!(ours == theirs, "{}: {path} differs", sample.name);
            }
            _ => assert_eq!(ours, theirs, "{}: {path}", sample.name),
        }
        *counts.entry(comparison).or_default() += 1;
    }
    erlang::assert_equal_terms(&terms, temp.path());
    let toolchain = pairs.first().map_or(&Toolchain::Machine, |pair| pair.sample.toolchain);
    erlang::assert_stripped(toolchain, &stripped, temp.path());
    counts
}

fn common(pairs: &[Pair]) -> impl Iterator<Item = (&str, &Node, &Node, &Sample)> {
    pairs.iter().flat_map(|pair| {
        pair.erlrel
            .iter()
            .filter_map(|(path, ours)| Some((path.as_str(), ours, pair.relx.get(path)?, pair.sample)))
    })
}

fn saved(bytes: &[u8], dir: &Path, number: usize, side: &str) -> PathBuf {
    let path = dir.join(format!("{number}.{side}"));
    std::fs::write(&path, bytes).expect("written");
    path
}

/// relx keeps the modes of the files it found, which are the builder's umask's; erlrel has two.
pub(crate) fn assert_same_modes(pairs: &[Pair]) {
    for (path, ours, theirs, sample) in common(pairs) {
        if let (Node::File { mode: ours, .. }, Node::File { mode: theirs, .. }) = (ours, theirs) {
            let expected = if theirs & 0o100 == 0 { 0o644 } else { 0o755 };
            assert_eq!(format!("{ours:o}"), format!("{expected:o}"), "{}: {path}", sample.name);
        }
    }
}

/// Byte by byte.
pub(crate) fn assert_same_boot_files(Pair { sample, relx, erlrel }: &Pair) {
    for name in ["start.boot", "start_clean.boot", "no_dot_erlang.boot"] {
        let path = format!("releases/{}/{name}", sample.vsn);
        assert_eq!(file(relx, &path)[0], 131, "{path} is an encoded term");
        assert!(file(erlrel, &path) == file(relx, &path), "{}: {path} differs", sample.name);
    }
    let data = "releases/start_erl.data";
    assert_eq!(file(erlrel, data), file(relx, data), "{}", sample.name);
    assert_eq!(file(erlrel, "bin/no_dot_erlang.boot"), file(relx, "bin/no_dot_erlang.boot"));
}

fn file<'a>(release: &'a Release, path: &str) -> &'a [u8] {
    match &release[path] {
        Node::File { bytes, .. } => bytes,
        other => panic!("{path} is {other:?}"),
    }
}

#[test]
fn a_tarball_has_the_paths_that_relx_gives_it() {
    tarballs().iter().for_each(assert_same_paths);
}

#[test]
fn a_tarball_has_the_contents_and_modes_that_relx_gives_it() {
    let counts = assert_same_contents(tarballs());
    assert_same_modes(tarballs());
    // Two `.rel` files and RELEASES, two names of the start script; three samples.
    assert_eq!((counts[&Comparison::Term], counts[&Comparison::StartScript]), (9, 6));
    assert!(counts[&Comparison::Beam] > 600 && counts[&Comparison::Bytes] > 90, "{counts:?}");
}

#[test]
fn the_boot_files_of_a_tarball_are_byte_for_byte_those_of_systools() {
    tarballs().iter().for_each(assert_same_boot_files);
}

#[test]
fn a_release_directory_has_the_paths_that_relx_gives_it() {
    directories().iter().for_each(assert_same_paths);
    // What the tarball has not: headers, the readable boot script, the tools of ERTS.
    let umbrella = &directories()[1].erlrel;
    assert!(umbrella.keys().any(|path| path.starts_with("lib/waypost-") && path.ends_with(".hrl")));
    assert!(umbrella.keys().any(|path| path.ends_with("/start.script")));
    assert!(umbrella.keys().any(|path| path.starts_with("erts-") && path.ends_with("/bin/erlc")));
}

#[test]
fn a_release_directory_has_the_contents_and_modes_that_relx_gives_it() {
    let counts = assert_same_contents(directories());
    assert_same_modes(directories());
    // `.rel`, RELEASES, start.script.
    assert_eq!((counts[&Comparison::Term], counts[&Comparison::StartScript]), (9, 6));
    assert!(counts[&Comparison::Beam] > 600 && counts[&Comparison::Bytes] > 150, "{counts:?}");
}

/// `{mode, dev}` in `hello`, `{dev_mode, true}` in `umbrella`.
#[test]
fn a_release_for_development_has_the_links_that_relx_makes() {
    for original in [sample::hello(), sample::umbrella()] {
        let temp = temp_dir();
        let dir = temp.path().join("project");
        copy_dir(&original.dir, &dir);
        std::fs::remove_dir_all(dir.join("_build/prod")).expect("the other profile's build");
        run(tool("rebar3", "rebar3").arg("release").current_dir(&dir));
        let out = temp.path().join("release");
        run(erlrel()
            .arg("release")
            .arg(&dir)
            .args(["--profile", "default", "--no-compile", "--out"])
            .arg(&out));
        let relx = read_directory(&dir.join("_build/default/rel").join(original.name));
        let pair = Pair { sample: original, relx, erlrel: read_directory(&out) };
        assert_same_paths(&pair);
        let links = pair.erlrel.values().filter(|node| matches!(node, Node::Link(_))).count();
        let apps = pair.erlrel.keys().filter(|path| path.starts_with("lib/")).count();
        assert_eq!(links, apps + 2, "each application, sys.config and vm.args");
        assert_same_contents(&[pair]);
    }
}
