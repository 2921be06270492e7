//! rlx_relup_SUITE. erlrel computes no `relup`: `rebar3 relup` does, and erlrel packs it.

use super::fixture::{App, Project};
use super::release::Release;
use crate::support::run;

/// Three versions of a release, with three versions of both goals, which can be upgraded from version `from`.
fn project(from: &str) -> Project {
    let release = |vsn: &str| {
        format!(r#"{{release, {{foo, "{vsn}"}}, [sasl, {{goal_app_1, "{vsn}"}}, {{goal_app_2, "{vsn}"}}]}}"#)
    };
    let project = Project::without_apps(&format!(
        r#"{}, {}, {}, {{lib_dirs, ["applications"]}}, {{include_src, false}}"#,
        release("0.0.1"),
        release("0.0.2"),
        release("0.0.3")
    ));
    for name in ["lib_dep_1", "non_goal_1", "non_goal_2"] {
        add(&project, name, "0.0.1");
    }
    for name in ["goal_app_1", "goal_app_2"] {
        ["0.0.1", "0.0.2", "0.0.3"].iter().for_each(|vsn| add(&project, name, vsn));
        project.write(
            &format!("applications/{name}-0.0.3/ebin/{name}.appup"),
            &format!("{{\"0.0.3\", [{{\"{from}\", []}}], [{{\"{from}\", []}}]}}.\n"),
        );
    }
    project
}

fn add(project: &Project, name: &str, vsn: &'static str) {
    project.app("applications", &format!("{name}-{vsn}"), &App::in_version(name, vsn));
}

fn release(project: &Project, vsn: &str) {
    run(project.rebar3(&["release", "-n", "foo", "-v", vsn]).env("QUIET", "1"));
}

/// What a tarball of version 0.0.3 must have in common with relx's, whose `bin` still has the start scripts of
/// the earlier versions.
fn assert_upgrades_from(from: &str, tarball: &Release) {
    let relup: String = tarball.text("releases/0.0.3/relup").replace("%% coding: utf-8", "");
    let relup: String = relup.split_whitespace().collect();
    let step = format!("[{{\"{from}\",[],[point_of_no_return]}}]");
    assert_eq!(relup, format!("{{\"0.0.3\",{step},{step}}}."));
    let expected = [
        "{kernel,_}",
        "{stdlib,_}",
        "{sasl,_}",
        "{lib_dep_1,\"0.0.1\",load}",
        "{non_goal_1,\"0.0.1\"}",
        "{goal_app_1,\"0.0.3\"}",
        "{non_goal_2,\"0.0.1\"}",
        "{goal_app_2,\"0.0.3\"}",
    ];
    assert_eq!(tarball.apps(), expected);
}

const OLD_SCRIPTS: [&str; 2] = ["bin/foo-0.0.1", "bin/foo-0.0.2"];

/// The version before is found by itself, and its applications lie only in the release that was made of them.
#[test]
fn make_relup_release() {
    let project = project("0.0.2");
    release(&project, "0.0.1");
    release(&project, "0.0.2");
    for vsn in ["0.0.1", "0.0.2"] {
        let app = project.path(&format!("applications/goal_app_1-{vsn}"));
        std::fs::remove_dir_all(app).expect("removed");
    }
    run(&mut project.rebar3(&["relup", "-n", "foo", "-v", "0.0.3"]));
    assert_upgrades_from("0.0.2", &project.tar_without("foo", "0.0.3", &OLD_SCRIPTS));
}

#[test]
fn make_relup_release2() {
    let project = project("0.0.1");
    release(&project, "0.0.1");
    release(&project, "0.0.2");
    run(&mut project.rebar3(&["relup", "-n", "foo", "-v", "0.0.3", "-u", "0.0.1"]));
    assert_upgrades_from("0.0.1", &project.tar_without("foo", "0.0.3", &OLD_SCRIPTS));
}

/// Without an earlier release rebar3 refuses, and erlrel's tarball has no `relup`.
#[test]
fn no_upfrom_release() {
    let project = project("0.0.2");
    let relup = project.rebar3(&["relup", "-n", "foo", "-v", "0.0.3"]).output().expect("it starts");
    let said = String::from_utf8(relup.stdout).expect("text");
    assert_eq!(relup.status.code(), Some(1), "{said}");
    assert!(said.contains("Upfrom release version (0.0.3) for relup not found"), "{said}");
    let tarball = project.tar_without("foo", "0.0.3", &[]);
    assert!(!tarball.has("releases/0.0.3/relup"));
    assert!(tarball.has("releases/0.0.3/foo.rel"));
}
