//! What relx and erlrel made of one project, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::alterations::{Alterations, alter};
use super::explained::{self, Judge};
use super::project::{Project, atom};
use super::rebar3::{Rebar3, Same};
use crate::support::erlrel;
use crate::support::gzip::gunzip;
use crate::support::release::{Node, Release, read_directory, read_tarball};

/// One project after both have tried to make its release.
pub(super) struct Case<'a> {
    pub(super) project: &'a Project,
    /// What rebar3 said.
    pub(super) log: String,
    /// What `erlrel tar` said, warnings and errors.
    pub(super) messages: String,
    pub(super) relx_built: bool,
    pub(super) erlrel_built: bool,
    /// What erlrel packed.
    pub(super) tarball: Release,
    /// What relx put into its directory.
    pub(super) directory: Release,
    /// `NAME-VSN` of the applications whose description relx has made unreadable: it is not UTF-8.
    pub(super) damaged: Vec<String>,
    /// How many paths of each kind were compared.
    pub(super) compared: BTreeMap<Kind, usize>,
    pub(super) differences: Vec<Difference>,
    pub(super) alterations: Alterations,
}

/// One thing that is not the same.
#[derive(Debug)]
pub(super) struct Difference {
    /// `answer`, or a path in the `tar` or the `directory`.
    pub(super) form: &'static str,
    pub(super) path: String,
    pub(super) what: String,
    pub(super) theirs: Option<Node>,
    pub(super) ours: Option<Node>,
    /// The name of what explains it.
    pub(super) explained: Option<&'static str>,
}

/// How a path is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Directory,
    Link,
    /// Byte by byte.
    Bytes,
    /// As Erlang terms: only the layout of the text differs.
    Term,
    /// After decompression.
    Beam,
    /// Only that it is one, and its mode: erlrel has its own, with tests of its own.
    Script,
}

/// What is said of a path in relx's tarball such as `./a` or `a//`.
pub(super) const NOT_NORMAL: &str = "relx writes the path so";

/// How a difference of modes begins.
pub(super) const OTHER_MODE: &str = "relx: mode ";

/// The path of the difference that relx made another one of several releases.
pub(super) const CHOICE: &str = "the choice of a release";

/// How that difference ends if erlrel has said which one relx would make.
pub(super) const FORETOLD: &str = ", as erlrel has said";

/// Makes the release with both, and compares.
pub(super) fn compare<'a>(project: &'a Project, dir: &Path, otp: &Path, rebar3: &mut Rebar3) -> Case<'a> {
    let scratch = dir.parent().expect("the case's directory");
    let log = scratch.join("rebar3.log");
    let relx_built = rebar3.run(dir, &log, &relx_arguments(project));
    let log = std::fs::read(&log).map(|log| String::from_utf8_lossy(&log).into_owned()).unwrap_or_default();
    let mut command = Erlrel { project, dir, otp, scratch, release: selected(project) };
    let mut differences = Vec::new();
    differences.extend(command.choose(&log).map(|what| Difference::answer(CHOICE, what)));
    let (erlrel_built, messages) = command.run("tar");
    let tarball = if erlrel_built { read_tarball(&command.out("tar")) } else { Release::new() };
    let mut case = Case {
        project,
        log,
        messages,
        relx_built,
        erlrel_built,
        tarball,
        directory: Release::new(),
        damaged: damaged(dir),
        compared: BTreeMap::new(),
        differences,
        alterations: Alterations::default(),
    };
    if relx_built != erlrel_built {
        let what = format!("relx {}, erlrel {}", answer(relx_built), answer(erlrel_built));
        case.differences.push(Difference::answer("", what));
    }
    if relx_built && erlrel_built {
        case.compare_both(&command, rebar3);
    }
    let mut differences = std::mem::take(&mut case.differences);
    let mut judge = Judge { case: &case, rebar3, scratch };
    differences
        .iter_mut()
        .for_each(|difference| difference.explained = explained::explain(&mut judge, difference));
    Case { differences, ..case }
}

fn relx_arguments(project: &Project) -> Vec<String> {
    let mut arguments = Vec::new();
    if !project.profiles.is_empty() {
        arguments.extend(["as".into(), project.profiles.join(",")]);
    }
    arguments.push("tar".into());
    if let Some((name, vsn)) = &project.selection {
        arguments.extend(["-n".into(), name.clone()]);
        arguments.extend(vsn.iter().flat_map(|vsn| ["-v".into(), vsn.clone()]));
    }
    arguments
}

fn selected(project: &Project) -> Option<String> {
    let (name, vsn) = project.selection.as_ref()?;
    Some(vsn.as_ref().map_or(name.clone(), |vsn| format!("{name}:{vsn}")))
}

/// The command, ready to make one release of a project in any form.
struct Erlrel<'a> {
    project: &'a Project,
    dir: &'a Path,
    otp: &'a Path,
    scratch: &'a Path,
    release: Option<String>,
}

impl Erlrel<'_> {
    fn out(&self, form: &str) -> PathBuf {
        self.scratch.join(if form == "tar" { "ours.tar.gz" } else { "ours" })
    }

    /// Whether it succeeded, and what it said.
    fn run(&self, form: &str) -> (bool, String) {
        let profiles = self.project.profiles.join(",");
        let profile = if profiles.is_empty() { "default" } else { &profiles };
        let mut command: Command = erlrel();
        command.arg(form).arg(self.dir).args(["--no-compile", "--profile", profile, "--otp"]).arg(self.otp);
        command.args(self.release.iter().flat_map(|release| ["--release", release]));
        command.arg("--out").arg(self.out(form)).env("GIT_CEILING_DIRECTORIES", self.scratch);
        let output = command.current_dir(self.dir).output().expect("erlrel starts");
        assert!(matches!(output.status.code(), Some(0 | 1)), "{command:?} ended with {}", output.status);
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// relx has another order of versions. If it has made another release than erlrel would, and this is known,
    /// erlrel is told to make the same one, so that all of it is compared; what is to be said of the choice.
    fn choose(&mut self, log: &str) -> Option<String> {
        let is_open = self.project.selection.as_ref().is_none_or(|(_, vsn)| vsn.is_none());
        if !(is_open && self.project.has("several releases")) {
            return None;
        }
        let (name, vsn) = assembled(log, self.project)?;
        let (built, messages) = self.run("tar");
        let is_same = built && started(&read_tarball(&self.out("tar"))) == vsn;
        let foretold = messages.contains(&format!("relx would take {vsn},"));
        if is_same || !(foretold || self.project.has("version with a blank")) {
            return None;
        }
        self.release = Some(format!("{name}:{vsn}"));
        Some(format!("relx chose {vsn}{}", if foretold { FORETOLD } else { "" }))
    }
}

/// The name and the version of the release that relx says it assembles.
fn assembled(log: &str, project: &Project) -> Option<(String, String)> {
    let line = log.lines().find_map(|line| line.split_once("Assembling release "))?.1;
    let mut names = project.releases.iter().map(|(name, _)| name);
    names.find_map(|name| {
        let vsn = line.strip_prefix(&format!("{}-", atom(name)))?.strip_suffix("...")?;
        Some((name.clone(), vsn.to_string()))
    })
}

/// The version in `start_erl.data`.
fn started(release: &Release) -> String {
    match release.get("releases/start_erl.data") {
        Some(Node::File { bytes, .. }) => {
            let text = String::from_utf8_lossy(bytes);
            text.split_once(' ').map(|(_, vsn)| vsn.to_string()).unwrap_or_default()
        }
        _ => String::new(),
    }
}

fn damaged(dir: &Path) -> Vec<String> {
    let entries =
        walkdir::WalkDir::new(dir).into_iter().filter_map(Result::ok).map(walkdir::DirEntry::into_path);
    let apps = entries.filter(|path| path.extension().is_some_and(|end| end == "app"));
    let unreadable =
        apps.filter(|path| std::fs::read(path).is_ok_and(|bytes| std::str::from_utf8(&bytes).is_err()));
    unreadable
        .filter_map(|path| Some(path.parent()?.parent()?.file_name()?.to_string_lossy().into_owned()))
        .collect()
}

fn answer(built: bool) -> &'static str {
    if built { "builds" } else { "refuses" }
}

/// The one tarball that rebar3 made, wherever it lies.
fn their_tarball(dir: &Path) -> std::path::PathBuf {
    let entries = walkdir::WalkDir::new(dir).into_iter().map(|entry| entry.expect("an entry").into_path());
    let mut found: Vec<_> = entries.filter(|path| path.to_string_lossy().ends_with(".tar.gz")).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

impl Difference {
    /// One that is about both as a whole.
    pub(super) fn answer(path: &str, what: String) -> Self {
        Self { form: "answer", path: path.into(), what, theirs: None, ours: None, explained: None }
    }
}

impl Case<'_> {
    fn compare_both(&mut self, command: &Erlrel<'_>, rebar3: &mut Rebar3) {
        let theirs = their_tarball(command.dir);
        let relx = self.normal(read_tarball(&theirs));
        let ours = std::mem::take(&mut self.tarball);
        self.compare("tar", &relx, &ours, command.scratch, rebar3);
        self.tarball = ours;
        let (made, messages) = command.run("release");
        if !made {
            let error = messages.find("error: ").map_or("", |start| &messages[start..]);
            self.differences.push(Difference::answer("release", error.into()));
            return;
        }
        if self.is_plain() {
            self.alterations = alter(self, &relx, rebar3, command.scratch);
        }
        let mut relx = read_directory(theirs.parent().expect("it lies in the release"));
        relx.retain(|path, _| !path.ends_with(".tar.gz") || path.contains('/'));
        self.compare("directory", &relx, &read_directory(&command.out("release")), command.scratch, rebar3);
        self.directory = relx;
    }

    /// Whether nothing in it is anything but the same, or left out on purpose.
    fn is_plain(&self) -> bool {
        let project = self.project;
        let is_odd = ["overlay chmod", "links", "exclusion"].iter().any(|name| project.has(name));
        self.damaged.is_empty() && project.own_options.is_empty() && !is_odd
    }

    /// The tarball with its paths as unpacking reads them.
    fn normal(&mut self, release: Release) -> Release {
        let mut normal = Release::new();
        for (path, node) in release {
            let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
            // erl_tar leaves the slash out where the name is long.
            let end = if path.ends_with('/') || node == Node::Directory { "/" } else { "" };
            let plain = parts.join("/") + end;
            if plain.trim_end_matches('/') != path.trim_end_matches('/') || path.ends_with("//") {
                let what = NOT_NORMAL.into();
                self.differences.push(Difference { form: "tar", ..Difference::answer(&path, what) });
            }
            normal.insert(plain, node);
        }
        normal
    }

    fn compare(
        &mut self,
        form: &'static str,
        relx: &Release,
        ours: &Release,
        scratch: &Path,
        rebar3: &mut Rebar3,
    ) {
        let paths: BTreeSet<&String> = relx.keys().chain(ours.keys()).collect();
        for path in paths {
            let what = match (relx.get(path), ours.get(path)) {
                (Some(_), None) => Some("only relx has it".into()),
                (None, Some(_)) => Some("only erlrel has it".into()),
                (Some(theirs), Some(ours)) => {
                    let kind = kind(path, theirs, ours);
                    *self.compared.entry(kind).or_default() += 1;
                    difference(kind, theirs, ours, self.project, scratch, rebar3)
                }
                (None, None) => None,
            };
            if let Some(what) = what {
                let (theirs, ours) = (relx.get(path).cloned(), ours.get(path).cloned());
                let answer = Difference::answer(path, what);
                self.differences.push(Difference { form, theirs, ours, ..answer });
            }
        }
    }
}

/// How a path of both is compared.
pub(super) fn kind(path: &str, theirs: &Node, ours: &Node) -> Kind {
    match (theirs, ours) {
        (Node::File { bytes: theirs, .. }, Node::File { bytes: ours, .. }) => {
            if is_start_script(path) && is_shell(theirs) && is_shell(ours) {
                Kind::Script
            } else if path.ends_with(".beam") {
                Kind::Beam
            } else if is_term(path) {
                Kind::Term
            } else {
                Kind::Bytes
            }
        }
        (Node::Directory, Node::Directory) => Kind::Directory,
        _ => Kind::Link,
    }
}

/// What is not the same.
pub(super) fn difference(
    kind: Kind,
    theirs: &Node,
    ours: &Node,
    project: &Project,
    scratch: &Path,
    rebar3: &mut Rebar3,
) -> Option<String> {
    let (Node::File { mode: their_mode, bytes: theirs }, Node::File { mode, bytes }) = (theirs, ours) else {
        return (theirs != ours).then(|| format!("relx: {}, erlrel: {}", show(theirs), show(ours)));
    };
    let expected = if their_mode & 0o100 == 0 { 0o644 } else { 0o755 };
    let is_chosen = project.has("overlay chmod") && mode == their_mode;
    if *mode != expected && !is_chosen {
        return Some(format!("{OTHER_MODE}{their_mode:o}, erlrel: mode {mode:o}"));
    }
    let same = theirs == bytes
        || match kind {
            Kind::Script => true,
            Kind::Beam => gunzip(theirs) == gunzip(bytes),
            Kind::Term => rebar3.same(&Same::Terms, [theirs, bytes], scratch),
            _ => false,
        };
    (!same).then(|| first_difference(theirs, bytes))
}

/// Start scripts and the hooks that both bring.
fn is_start_script(path: &str) -> bool {
    let builtin = ["pid", "wait_for_vm_start", "wait_for_process", "status"];
    path.strip_prefix("bin/").is_some_and(|name| {
        !name.contains('/') || name.strip_prefix("hooks/builtin/").is_some_and(|hook| builtin.contains(&hook))
    })
}

fn is_shell(bytes: &[u8]) -> bool {
    bytes.starts_with(b"#!/bin/sh\n")
        || bytes.starts_with(b"#!/usr/bin/env bash\n")
        || bytes.starts_with(b"#!/bin/bash\n")
}

fn is_term(path: &str) -> bool {
    [".rel", "/RELEASES", "/start.script", ".app"].iter().any(|end| path.ends_with(end))
}

fn show(node: &Node) -> String {
    match node {
        Node::File { .. } => "a file".into(),
        Node::Link(target) => format!("a link to {target}"),
        Node::Directory => "a directory".into(),
    }
}

/// The first line that is not the same.
fn first_difference(theirs: &[u8], ours: &[u8]) -> String {
    let (theirs, ours) = (String::from_utf8_lossy(theirs), String::from_utf8_lossy(ours));
    let (mut theirs, mut ours) = (theirs.lines(), ours.lines());
    loop {
        match (theirs.next(), ours.next()) {
            (None, None) => return "other ends of lines".into(),
            (line, other) if line == other => {}
            (line, other) => {
                return format!(
                    "relx: `{}`, erlrel: `{}`",
                    line.unwrap_or("(end)"),
                    other.unwrap_or("(end)")
                );
            }
        }
    }
}
