//! What is no release, or none that an image can be made of.

use std::os::unix::fs::symlink;

use super::small::SmallRelease;
use crate::support::{fails, image, run, tool};

/// What is said of a directory after this change.
fn error_after(change: impl Fn(&SmallRelease)) -> String {
    let release = SmallRelease::new();
    change(&release);
    let message = release.error("rel");
    assert!(!release.path("till-1.0.image.tar").exists());
    message
}

#[test]
fn a_directory_that_is_no_release_is_said_so() {
    let without = |path: &str| error_after(|release| release.remove(path));
    insta::assert_snapshot!(without("rel/releases/start_erl.data"), @r#"
error: `rel` is no release: it has no `releases/start_erl.data`
  hint: name what `rebar3 as prod tar`, `rebar3 as prod release` or `mix release` has made: the tarball, or the directory with `bin`, `lib` and `releases` in it
"#);
    insta::assert_snapshot!(without("rel/releases/1.0/till.rel"), @r#"
error: `rel` is no release: it has no `releases/1.0/NAME.rel`
  hint: name what `rebar3 as prod tar`, `rebar3 as prod release` or `mix release` has made: the tarball, or the directory with `bin`, `lib` and `releases` in it
"#);
    insta::assert_snapshot!(without("rel/bin/till"), @r#"
error: `rel` is no release: it has no `bin/till`
  hint: name what `rebar3 as prod tar`, `rebar3 as prod release` or `mix release` has made: the tarball, or the directory with `bin`, `lib` and `releases` in it
"#);
    insta::assert_snapshot!(without("rel/erts-13.1/bin/beam.smp"), @r#"
error: the runtime system in the release `rel` is not whole: it has no `erts-13.1/bin/beam.smp`
  hint: build the release again
"#);
    insta::assert_snapshot!(without("rel"), @r#"
error: cannot read the release `rel`
  caused by: cannot read `rel`
  caused by: No such file or directory (os error 2)
"#);
}

#[test]
fn a_release_without_erts_needs_a_base_image_with_erlang() {
    insta::assert_snapshot!(error_after(|release| release.remove("rel/erts-13.1")), @r#"
error: the release `till` does not include ERTS, so nothing in the image could run it
  hint: set `{mode, prod}` or `{include_erts, true}` in the profile's relx configuration (`include_erts: true` in mix.exs), or name a base image with Erlang by --base
"#);
    let release = SmallRelease::new();
    release.remove("rel/erts-13.1");
    let base = format!("oci:{}:{}", image::hello().layout.display(), image::TAG);
    let message = release.error(&format!("rel --base {base}"));
    insta::assert_snapshot!(message.replace(&image::hello().layout.display().to_string(), "BASE"), @r#"
error: the release `till` does not include ERTS, and the base image `BASE` has no `erl` on its PATH (/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
  hint: set `{mode, prod}` or `{include_erts, true}` in the profile's relx configuration (`include_erts: true` in mix.exs), or name a base image with Erlang by --base
"#);
}

#[test]
fn a_file_that_is_not_what_it_should_be_is_said_so() {
    let with = |path: &str, text: &str| error_after(|release| release.write(path, text));
    insta::assert_snapshot!(with("rel/releases/start_erl.data", "13.1 ../1.0"), @"error: `releases/start_erl.data` in the release `rel` does not hold the versions of ERTS and of the release");
    insta::assert_snapshot!(with("rel/releases/1.0/till.rel", "{release, till}."), @"error: `releases/1.0/till.rel` in the release `rel` does not hold a `{release, {Name, Vsn}, {erts, Vsn}, [{App, Vsn}]}`");
    insta::assert_snapshot!(with("rel/releases/1.0/till.rel", "{release, {\"till\", \"1.0\"}, {erts, \"13.1\"}, [{kernel}]}."), @r#"
error: `rel` is no release that erlrel can read
  caused by: releases/1.0/till.rel:1:45: expected an application: `App`, or `{App, …}` with a version string, a start type (permanent, transient, temporary, load, none) or a list of included applications
  |
1 | {release, {"till", "1.0"}, {erts, "13.1"}, [{kernel}]}.
  |                                             ^^^^^^^^
"#);
    insta::assert_snapshot!(with("rel/erts-13.1/bin/beam.smp", "\u{feed}"), @r#"
error: `erts-13.1/bin/beam.smp` in the release `rel` is no program for Linux
  hint: build the release on the system that the image is for
"#);
    insta::assert_snapshot!(with("rel/bin/till", "#!/usr/bin/env bash\n"), @r#"
error: the start script `bin/till` is run by `/usr/bin/env`, which is not in the image
  hint: take a base image that has it: `--base oci:DIR[:TAG]`
"#);
}

#[test]
fn a_release_for_development_is_said_so() {
    insta::assert_snapshot!(error_after(|release| {
        release.remove("rel/lib/till-1.0");
        symlink("/src/_build/default/lib/till", release.path("rel/lib/till-1.0")).expect("linked");
    }), @r#"
error: `rel` is a release for development: its `lib/till-1.0` is a link to `/src/_build/default/lib/till`, which would not be in the image
  hint: build it with relx's `{mode, prod}`: `rebar3 as prod release`
"#);
    insta::assert_snapshot!(error_after(|release| {
        symlink("/etc/till.pem", release.path("rel/lib/till-1.0/ebin/till.pem")).expect("linked");
    }), @r#"
error: cannot read the release `rel`
  caused by: the link `lib/till-1.0/ebin/till.pem` leads to `/etc/till.pem`, which is outside: it would lead to something else in an image
  hint: put a copy of what it leads to into the release
"#);
}

#[test]
fn a_hostile_tarball_is_refused_and_nothing_is_written() {
    let hostile = |transform: &str, name: &str| {
        let release = SmallRelease::new();
        let mut tar = tool("tar", "tar");
        tar.arg("-cPf")
            .arg(release.path("till.tar"))
            .arg("-C")
            .arg(release.rel())
            .args(["bin", "lib", "releases"]);
        run(tar.args(["--transform", transform]));
        let message = release.error("till.tar");
        assert!(!std::path::Path::new(name).exists() && !release.path(name).exists());
        message
    };
    insta::assert_snapshot!(hostile("s,^bin/till,/erlrel-hostile,", "/erlrel-hostile"), @r#"
error: cannot read the release `till.tar`
  caused by: the path `/erlrel-hostile` is not inside the release: it must be relative and without `..`
"#);
    insta::assert_snapshot!(hostile("s,^bin/till,../../erlrel-hostile,", "../erlrel-hostile"), @r#"
error: cannot read the release `till.tar`
  caused by: the path `../../erlrel-hostile` is not inside the release: it must be relative and without `..`
"#);
    let release = SmallRelease::new();
    release.write("till.tar.gz", b"\x1f\x8b\x08\x00broken");
    insta::assert_snapshot!(release.error("till.tar.gz"), @r#"
error: cannot read the release `till.tar.gz`
  caused by: cannot unpack `till.tar.gz`
  caused by: incomplete deflate stream
"#);
    release.write("till.zip", "PK\u{3}\u{4}".repeat(200));
    insta::assert_snapshot!(release.error("till.zip"), @r#"
error: cannot read the release `till.zip`
  caused by: `till.zip` is no tar file, neither plain nor compressed by gzip
"#);
    insta::assert_snapshot!(release.error("absent.tar.gz"), @r#"
error: cannot read the release `absent.tar.gz`
  caused by: cannot read `absent.tar.gz`
  caused by: No such file or directory (os error 2)
"#);
}

#[test]
fn arguments_that_contradict_each_other_are_wrong_usage() {
    let release = SmallRelease::new();
    for more in ["--no-compile", "project", "--otp /usr", "--boot-program x", "--release x", "--strict"] {
        let message = fails(&mut release.erlrel(&format!("image --from rel {more}")), 2);
        assert!(message.contains("'--from <FILE|DIR>' cannot be used with"), "{message}");
    }
    fails(&mut release.erlrel("plan --from rel project"), 2);
    fails(&mut release.erlrel("tar --from rel"), 2);
    // A variable may be set for all that a user does.
    run(release.erlrel("plan --from rel").env("ERLREL_BOOT_PROGRAM", "x"));
}
