//! What relx passes over in silence, and what it fails for: the real rebar3 and erlrel on the same tiny projects.

use std::process::Output;

use crate::support::rebar3::Tiny;
use crate::support::{run, tool};

const CALLS: &str = "-module(tiny).\n-export([run/0]).\nrun() -> mnesia:start(), nowhere:at_all().\n";

/// The last list of options is on line 2.
fn tiny(options: &str) -> Tiny {
    Tiny::new(&format!(
        "{{relx, [{{release, {{tiny, \"1\"}}, [tiny, sasl]}}, {{mode, prod}},\n  {options}]}}.\n"
    ))
}

fn relx(tiny: &Tiny) -> Output {
    tiny.rebar3("tar").output().expect("started")
}

fn erlrel(tiny: &Tiny, command: &str) -> Output {
    tiny.erlrel(&format!("{command} --no-compile --profile default")).output().expect("started")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The paths in the tarball, without those that are of no interest here.
fn packed(tiny: &Tiny) -> String {
    let tarball = tiny.dir().join("_build/default/rel/tiny/tiny-1.tar.gz");
    let paths = run(tool("tar", "tar").arg("-Ptzf").arg(tarball));
    let is_other = |path: &&str| !["lib/", "erts-", "bin/"].iter().any(|dir| path.starts_with(dir));
    paths.lines().filter(is_other).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_configuration_that_relx_builds_with_warnings_as_errors_is_built() {
    let options = "{warnings_as_errors, true}, {overlay_vars, \"nofile\"}, {vm_args_src, \"args\"}, {vm_args, \"args\"}";
    let project = tiny(options);
    project.write("src/tiny.erl", CALLS);
    project.write("args", "-sname tiny\n");
    assert!(relx(&project).status.success());
    let ours = erlrel(&project, "tar");
    let said = said(&ours);
    assert!(ours.status.success(), "{said}");
    assert_eq!(said.matches("warning: ").count(), 4, "{said}");
    let strict = erlrel(&project, "tar --strict");
    assert_eq!(strict.status.code(), Some(1));
}

#[test]
fn what_relx_fails_for_with_warnings_as_errors_fails() {
    let unknown = tiny("{no_such_option, 1}, {warnings_as_errors, true}");
    let no_sasl =
        Tiny::new("{relx, [{release, {tiny, \"1\"}, [tiny]}, {mode, prod}, {warnings_as_errors, true}]}.\n");
    let alone = tiny("warnings_as_errors");
    let projects = [
        (unknown, "relx has no such option"),
        (alone, "`warnings_as_errors` takes one value"),
        (no_sasl, "the release has no `sasl`"),
    ];
    for (project, message) in projects {
        assert!(!relx(&project).status.success(), "{message}");
        let ours = erlrel(&project, "tar");
        assert_eq!(ours.status.code(), Some(1));
        assert!(said(&ours).starts_with("error: ") && said(&ours).contains(message), "{}", said(&ours));
    }
}

#[test]
fn a_tarball_that_differs_from_relx_s_for_a_defect_of_it_comes_with_warnings() {
    let project = tiny("{sys_config, false}, {overlay, [{mkdir, \"{{output_dir}}/data\"}]}");
    project.write("sys.config", "[].\n");
    assert!(relx(&project).status.success());
    let theirs = packed(&project);
    assert!(theirs.contains(" releases/1/sys.config ") && theirs.contains("/rel/tiny/data"), "{theirs}");
    let ours = erlrel(&project, "tar");
    assert!(ours.status.success());
    insta::assert_snapshot!(said(&ours), @r#"
    warning: rebar.config:2:16: relx would pack the `sys.config` in the project's folder all the same, as it happens to be the current one; erlrel packs none. To have it, write `{sys_config, "sys.config"}`
      |
    2 |   {sys_config, false}, {overlay, [{mkdir, "{{output_dir}}/data"}]}]}.
      |                ^^^^^
    warning: rebar.config:2:43: in relx's tarball this has the absolute path that it has on this machine; erlrel has it inside of the release, where it also is without `{{output_dir}}/`, with both
      |
    2 |   {sys_config, false}, {overlay, [{mkdir, "{{output_dir}}/data"}]}]}.
      |                                           ^^^^^^^^^^^^^^^^^^^^^
    "#);
    let packed = packed(&project);
    assert!(!packed.contains("sys.config") && !packed.contains("/rel/tiny/data"), "{packed}");
    let directory = erlrel(&project, "release");
    assert_eq!((directory.status.success(), said(&directory)), (true, String::new()), "it is as relx's");
}

#[test]
fn of_versions_that_relx_mixes_up_the_highest_is_made_and_relx_s_choice_named() {
    let versions = |first: &str, second: &str| {
        let release = |vsn: &str| format!("{{release, {{tiny, \"{vsn}\"}}, [tiny, sasl]}}");
        Tiny::new(&format!("{{relx, [{}, {}, {{mode, dev}}]}}.\n", release(first), release(second)))
    };
    for (highest, other) in [("1.0.0+b.2", "1.0.0+b.1"), ("1.0.0-rc.10", "1.0.0-rc.9")] {
        let project = versions(highest, other);
        let theirs = String::from_utf8_lossy(&relx(&project).stdout).into_owned();
        assert!(theirs.contains(&format!("Assembling release tiny-{other}...")), "{theirs}");
        let ours = erlrel(&project, "release");
        assert!(
            said(&ours).contains(&format!("this one, {highest}, is the highest; relx would take {other},"))
        );
        let start = project.dir().join("_build/default/rel/tiny/releases/start_erl.data");
        assert!(std::fs::read_to_string(start).expect("a release").ends_with(&format!(" {highest}")));
        let told = project.erlrel(&format!("release --no-compile --profile default --release tiny:{other}"));
        assert_eq!(said(&{ told }.output().expect("started")), "");
    }
}

#[test]
fn a_release_file_that_lies_about_is_the_boot_file_of_relx_and_a_warning_here() {
    let project = tiny("{include_src, false}");
    assert!(relx(&project).status.success());
    let dir = project.dir().join("_build/default/rel/tiny/releases/1");
    let rel = std::fs::read_to_string(dir.join("tiny.rel")).expect("a file");
    let (before, after) = rel.split_once(",{sasl,").expect("sasl is the last one");
    let after = after.split_once('}').expect("a tuple").1;
    project.write("tiny.rel", &format!("{before}{after}"));
    let has_sasl = || {
        let boot = std::fs::read(dir.join("start.boot")).expect("a file");
        boot.windows(11).any(|bytes| bytes == b"sasl_report")
    };
    assert!(has_sasl());
    let theirs = relx(&project);
    assert!(theirs.status.success(), "{}", String::from_utf8_lossy(&theirs.stdout));
    assert!(!has_sasl(), "relx takes the file");
    let ours = erlrel(&project, "release");
    insta::assert_snapshot!(said(&ours), @"warning: `tiny.rel` lies in the project's folder, and relx would make the boot file from it, as it happens to be the current one; erlrel does not look at it: put what it says into `{release, …}`, or give the file another name");
    assert!(has_sasl());
}

#[test]
fn exref_crashes_relx_and_is_a_check_here() {
    let project = tiny("{exref, [tiny]}");
    project.write("src/tiny.erl", CALLS);
    let theirs = relx(&project);
    assert!(!theirs.status.success() && String::from_utf8_lossy(&theirs.stdout).contains("check_xref"));
    assert!(erlrel(&project, "tar").status.success());
}

#[test]
fn names_and_versions_that_no_directory_can_have_break_relx_s_release_and_are_refused_here() {
    for (id, by_relx, lost) in [
        ("{'a/b', \"1\"}", false, ""),
        ("{'..', \"1\"}", false, ""),
        ("{tiny, \"1/2\"}", false, ""),
        ("{tiny, \"\"}", true, "releases/tiny.rel"),
        ("{tiny, \"..\"}", true, "tiny.rel"),
    ] {
        let project = Tiny::new(&format!("{{relx, [{{release, {id}, [tiny, sasl]}}]}}.\n"));
        assert_eq!(relx(&project).status.success(), by_relx, "{id}");
        assert!(project.dir().join("_build/default/rel/tiny").join(lost).exists() || !by_relx, "{id}");
        let ours = erlrel(&project, "image");
        assert_eq!(ours.status.code(), Some(1), "{id}");
        assert!(said(&ours).contains("as directories and files are named after it"), "{id}: {}", said(&ours));
    }
}
