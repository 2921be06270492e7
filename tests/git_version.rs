//! Release versions that git, a file or a command say: against the real rebar3 in the same repository.

use std::path::{Path, PathBuf};

use crate::support::{erlrel, run, temp_dir, tool};

fn git(dir: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=Shop", "-c", "user.email=shop@example.invalid"];
    run(tool("git", "git").args(identity).args(arguments).current_dir(dir));
}

fn commit(dir: &Path) {
    git(dir, &["add", "."]);
    git(dir, &["commit", "-q", "--allow-empty", "-m", "One more"]);
}

/// A project in a git repository, whose release has this version.
fn project(vsn: &str) -> tempfile::TempDir {
    let dir = temp_dir();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, text).expect("written");
    };
    write(
        "rebar.config",
        &format!("{{relx, [{{release, {{shop, {vsn}}}, [shop]}}, {{system_libs, false}}]}}."),
    );
    write("src/shop.app.src", "{application, shop, [{vsn, \"1\"}, {applications, [kernel, stdlib]}]}.");
    write("VERSION", "\n7.1\n\n");
    write(".gitignore", "_build\n");
    git(dir.path(), &["init", "-q"]);
    commit(dir.path());
    dir
}

/// The version that the real relx gave the release: the name of a folder.
fn relx(dir: &Path) -> String {
    run(tool("rebar3", "rebar3").arg("release").current_dir(dir));
    let releases = dir.join("_build/default/rel/shop/releases");
    let folders =
        std::fs::read_dir(&releases).expect("a release").map(|entry| entry.expect("an entry").path());
    let folders: Vec<PathBuf> = folders.filter(|path| path.is_dir()).collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders[0].file_name().expect("a name").to_string_lossy().into_owned()
}

fn ours(dir: &Path) -> String {
    let out = dir.join("out.tar.gz");
    let mut erlrel = erlrel();
    erlrel.args(["tar", "--no-compile", "--profile", "default", "--out"]).arg(&out).current_dir(dir);
    run(&mut erlrel);
    let mut tar = tool("tar", "tar");
    let data = run(tar.arg("-xOzf").arg(&out).arg("releases/start_erl.data"));
    data.split_once(' ').expect("two versions").1.to_string()
}

/// The warnings.
fn said(dir: &Path) -> String {
    let arguments = ["tar", "--no-compile", "--profile", "default", "--out", "out.tar.gz"];
    let output = erlrel().args(arguments).current_dir(dir).output().expect("started");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_version_from_tags_is_that_of_relx() {
    let dir = project("semver");
    let path = dir.path();
    assert_eq!((relx(path), ours(path)), ("0.0.0".into(), "0.0.0".into()), "without a tag");
    std::fs::remove_dir_all(path.join("_build/default/rel")).expect("removed");
    git(path, &["tag", "v1.2.0"]);
    assert_eq!((relx(path), ours(path)), ("1.2.0".into(), "1.2.0".into()), "at the tag");
    std::fs::remove_dir_all(path.join("_build/default/rel")).expect("removed");
    commit(path);
    commit(path);
    let found = ours(path);
    assert!(found.starts_with("1.2.0+build.2.ref"), "{found}");
    assert_eq!(found, relx(path), "behind the tag");
}

#[test]
fn a_version_from_a_file_or_the_commit_is_that_of_relx() {
    for vsn in ["{file, \"VERSION\"}", "{git, long}", "git"] {
        let dir = project(vsn);
        git(dir.path(), &["tag", "v3.0"]);
        let theirs = relx(dir.path());
        assert_eq!(ours(dir.path()), theirs, "{vsn}");
    }
}

/// relx keeps the line end of the command's output, in the names of folders too.
#[test]
fn a_version_from_a_command_has_no_line_end() {
    let dir = project("{cmd, \"echo 4.5\"}");
    assert_eq!(relx(dir.path()), "4.5\n");
    assert_eq!(ours(dir.path()), "4.5");
    assert!(said(dir.path()).contains("relx makes the line end of this output a part of the version"));
}

/// relx knows short hashes of seven digits only, and takes 0.0.0 for longer ones.
#[test]
fn a_short_hash_of_any_length_counts() {
    let dir = project("{git, short}");
    git(dir.path(), &["config", "core.abbrev", "12"]);
    assert_eq!(relx(dir.path()), "0.0.0");
    assert_eq!(ours(dir.path()).len(), 12);
    assert!(said(dir.path()).contains("only takes hashes of 7 or 40 digits, and this one has 12"));
}
