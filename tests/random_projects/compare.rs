//! What relx and erlrel made of one project, side by side.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::project::Project;
use super::rebar3::Rebar3;
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
    pub(super) differences: Vec<Difference>,
}

/// One thing that is not the same.
#[derive(Debug)]
pub(super) struct Difference {
    /// `answer`, or a path in the `tar` or the `directory`.
    pub(super) form: &'static str,
    pub(super) path: String,
    pub(super) what: String,
}

/// What is said of a path in relx's tarball such as `./a` or `a//`.
pub(super) const NOT_NORMAL: &str = "relx writes the path so";

/// Makes the release with both, and compares.
pub(super) fn compare<'a>(project: &'a Project, dir: &Path, otp: &Path, rebar3: &mut Rebar3) -> Case<'a> {
    let scratch = dir.parent().expect("the case's directory");
    let log = scratch.join("rebar3.log");
    let profiles = project.profiles.join(",");
    let arguments: &[&str] = if profiles.is_empty() { &["tar"] } else { &["as", &profiles, "tar"] };
    let relx_built = rebar3.run(dir, &log, arguments);
    let profile = if profiles.is_empty() { "default" } else { &profiles };
    let command = |subcommand: &str, out: &Path| {
        let mut command = erlrel();
        command.arg(subcommand).arg(dir).args(["--no-compile", "--profile", profile, "--otp"]).arg(otp);
        command.arg("--out").arg(out).env("GIT_CEILING_DIRECTORIES", scratch).current_dir(dir);
        command
    };
    let tarball = scratch.join("ours.tar.gz");
    let (erlrel_built, messages) = ends(&mut command("tar", &tarball));
    let log = std::fs::read(&log).map(|log| String::from_utf8_lossy(&log).into_owned()).unwrap_or_default();
    let mut case = Case { project, log, messages, relx_built, erlrel_built, differences: Vec::new() };
    if relx_built != erlrel_built {
        let what = format!("relx {}, erlrel {}", answer(relx_built), answer(erlrel_built));
        case.differences.push(Difference { form: "answer", path: String::new(), what });
    }
    if relx_built && erlrel_built {
        let theirs = their_tarball(dir);
        let relx = case.normal(read_tarball(&theirs));
        case.compare("tar", &relx, &read_tarball(&tarball), scratch, rebar3);
        let out = scratch.join("ours");
        let (made, messages) = ends(&mut command("release", &out));
        if made {
            let mut relx = read_directory(theirs.parent().expect("it lies in the release"));
            relx.retain(|path, _| !path.ends_with(".tar.gz") || path.contains('/'));
            case.compare("directory", &relx, &read_directory(&out), scratch, rebar3);
        } else {
            case.differences.push(Difference { form: "answer", path: "release".into(), what: messages });
        }
    }
    case
}

fn answer(built: bool) -> &'static str {
    if built { "builds" } else { "refuses" }
}

fn ends(command: &mut Command) -> (bool, String) {
    let output = command.output().expect("erlrel starts");
    assert!(matches!(output.status.code(), Some(0 | 1)), "{command:?} ended with {}", output.status);
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The one tarball that rebar3 made, wherever it lies.
fn their_tarball(dir: &Path) -> std::path::PathBuf {
    let entries = walkdir::WalkDir::new(dir).into_iter().map(|entry| entry.expect("an entry").into_path());
    let mut found: Vec<_> = entries.filter(|path| path.to_string_lossy().ends_with(".tar.gz")).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

impl Case<'_> {
    /// The tarball with its paths as unpacking reads them.
    fn normal(&mut self, release: Release) -> Release {
        let mut normal = Release::new();
        for (path, node) in release {
            let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
            let end = if path.ends_with('/') { "/" } else { "" };
            let plain = parts.join("/") + end;
            if plain != path {
                self.differences.push(Difference {
                    form: "tar",
                    path: path.clone(),
                    what: NOT_NORMAL.into(),
                });
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
                (Some(_), None) => "only relx has it".into(),
                (None, Some(_)) => "only erlrel has it".into(),
                (Some(theirs), Some(ours)) => match difference(path, theirs, ours, scratch, rebar3) {
                    Some(what) => what,
                    None => continue,
                },
                (None, None) => continue,
            };
            self.differences.push(Difference { form, path: path.clone(), what });
        }
    }
}

fn difference(path: &str, theirs: &Node, ours: &Node, scratch: &Path, rebar3: &mut Rebar3) -> Option<String> {
    let (Node::File { mode: their_mode, bytes: theirs }, Node::File { mode, bytes }) = (theirs, ours) else {
        return (theirs != ours).then(|| format!("relx: {}, erlrel: {}", show(theirs), show(ours)));
    };
    let expected = if their_mode & 0o100 == 0 { 0o644 } else { 0o755 };
    if *mode != expected {
        return Some(format!("relx: mode {their_mode:o}, erlrel: mode {mode:o}"));
    }
    if theirs == bytes || is_start_script(path, bytes) {
        return None;
    }
    let same = if path.ends_with(".beam") {
        gunzip(theirs) == gunzip(bytes)
    } else {
        is_term(path) && {
            let files = [scratch.join("theirs.term"), scratch.join("ours.term")];
            std::fs::write(&files[0], theirs)
                .and_then(|()| std::fs::write(&files[1], bytes))
                .expect("written");
            rebar3.same_terms(&files[0], &files[1])
        }
    };
    (!same).then(|| first_difference(theirs, bytes))
}

/// erlrel has its own, with tests of its own.
fn is_start_script(path: &str, bytes: &[u8]) -> bool {
    path.starts_with("bin/") && path.matches('/').count() == 1 && bytes.starts_with(b"#!/bin/sh\n")
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
