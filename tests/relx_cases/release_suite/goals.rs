//! Which applications come into a release, and in which order.

use super::BASE;
use crate::relx_cases::fixture::{App, Project};

/// goal_app_2 needs goal_app_1, so their order changes.
#[test]
fn make_release_goal_reorder() {
    let project = Project::new(r#"{release, {reordered_foo, "0.0.1"}, [goal_app_2, goal_app_1]}"#);
    let expected = [
        "{kernel,_}",
        "{stdlib,_}",
        "{lib_dep_1,\"0.0.1\",load}",
        "{non_goal_1,\"0.0.1\"}",
        "{goal_app_1,\"0.0.1\"}",
        "{non_goal_2,\"0.0.1\"}",
        "{goal_app_2,\"0.0.1\"}",
    ];
    assert_eq!(project.release("reordered_foo").apps(), expected);
}

/// Two that do not need each other stay; that another application would include lib_dep_1 does not matter.
#[test]
fn make_release_keep_goal_order() {
    let project = Project::new(r#"{release, {ordered_foo, "0.0.1"}, [non_goal_2, lib_dep_1]}"#);
    let expected = ["{kernel,_}", "{stdlib,_}", "{non_goal_2,\"0.0.1\"}", "{lib_dep_1,\"0.0.1\"}"];
    assert_eq!(project.release("ordered_foo").apps(), expected);
}

/// What a release of goal_app_3 with its optional application consists of.
const WITH_OPTIONAL: [&str; 8] = [
    "{kernel,_}",
    "{stdlib,_}",
    "{lib_dep_1,\"0.0.1\",load}",
    "{non_goal_1,\"0.0.1\"}",
    "{goal_app_1,\"0.0.1\"}",
    "{non_goal_2,\"0.0.1\"}",
    "{non_goal_3,\"0.0.1\"}",
    "{goal_app_3,\"0.0.1\"}",
];

#[test]
fn optional_application() {
    let project = Project::new(r#"{release, {optional_foo, "0.0.1"}, [goal_app_3]}"#);
    assert_eq!(project.release("optional_foo").apps(), WITH_OPTIONAL);
}

#[test]
fn missing_optional_application() {
    let project = Project::new(r#"{release, {missing_optional_foo, "0.0.1"}, [goal_app_4]}"#);
    let expected = [
        "{kernel,_}",
        "{stdlib,_}",
        "{lib_dep_1,\"0.0.1\",load}",
        "{non_goal_1,\"0.0.1\"}",
        "{goal_app_1,\"0.0.1\"}",
        "{non_goal_2,\"0.0.1\"}",
        "{goal_app_4,\"0.0.1\"}",
    ];
    assert_eq!(project.release("missing_optional_foo").apps(), expected);
}

#[test]
fn duplicated_optional_applications() {
    let project = Project::new(r#"{release, {duplicated_optional_foo, "0.0.1"}, [goal_app_3]}"#);
    assert_eq!(project.release("duplicated_optional_foo").apps(), WITH_OPTIONAL);
}

/// Optional for one application and needed by another: it must be there, whichever of the two needs the other.
#[test]
fn missing_duplicated_optional_application() {
    for goal in ["goal_app_5", "goal_app_6"] {
        let project = Project::new(&format!(r#"{{release, {{missing_optional_foo, "0.0.1"}}, [{goal}]}}"#));
        let (message, relx) = project.errors("missing_optional_foo");
        assert!(message.contains("`non_existant_goal`"), "{message}");
        assert_eq!(relx, "Application needed for release not found: non_existant_goal");
    }
}

/// The relx that is asked in other cases replaces the optional applications by the included ones here, which was a
/// mistake: erlrel keeps them, as newer ones do.
#[test]
fn excluded_optional_applications() {
    let project = Project::new(
        r#"{release, {excluded_optional_foo, "0.0.1"}, [goal_app_3]}, {exclude_apps, [non_goal_2]}"#,
    );
    let expected = [
        "{kernel,_}",
        "{stdlib,_}",
        "{lib_dep_1,\"0.0.1\",load}",
        "{non_goal_1,\"0.0.1\"}",
        "{goal_app_1,\"0.0.1\"}",
        "{non_goal_3,\"0.0.1\"}",
        "{goal_app_3,\"0.0.1\"}",
    ];
    let release = project.release_alone("excluded_optional_foo");
    assert_eq!(release.apps(), expected);
    let app: String = release.text("lib/goal_app_3-0.0.1/ebin/goal_app_3.app").split_whitespace().collect();
    assert!(app.contains("{optional_applications,[non_goal_3]},"), "{app}");
    assert!(app.ends_with("{applications,[stdlib,kernel,goal_app_1]}]}."), "{app}");
}

/// What the excluded application needs stays.
#[test]
fn make_exclude_app_release() {
    let project = Project::new(r#"{release, {foo, "0.0.1"}, [goal_app_1]}, {exclude_apps, [non_goal_1]}"#);
    let release = project.release("foo");
    release.assert_contains(&["{kernel,_}", "{stdlib,_}", "{goal_app_1,\"0.0.1\"}"]);
    assert!(!release.rel().contains("non_goal_1"), "{}", release.rel());
    assert!(!release.has("lib/non_goal_1-0.0.1"));
}

#[test]
fn make_app_type_none_release() {
    let project = Project::new(r#"{release, {foo, "0.0.1"}, [goal_app_1, {goal_app_2, none}]}"#);
    let release = project.release("foo");
    let expected =
        BASE.map(|app| if app.starts_with("{goal_app_2") { "{goal_app_2,\"0.0.1\",none}" } else { app });
    release.assert_contains(&expected);
}

#[test]
fn make_goalless_release() {
    let project = Project::new(r#"{release, {foo, "0.0.1"}, []}"#);
    let (message, relx) = project.errors("foo");
    insta::assert_snapshot!(message, @r#"
    error: rebar.config:1:35: no applications are configured for the release `foo-0.0.1`
      |
    1 | {relx, [{release, {foo, "0.0.1"}, []}]}.
      |                                   ^^
    "#);
    assert_eq!(relx, "No applications configured to be included in release foo-0.0.1");
}

/// One application that needs no other of the project.
#[test]
fn make_one_app_top_level_release() {
    let project = Project::new(r#"{release, {foo, "0.0.1"}, [{non_goal_2, "0.0.1"}]}"#);
    let expected = ["{kernel,_}", "{stdlib,_}", "{non_goal_2,\"0.0.1\"}"];
    assert_eq!(project.release("foo").apps(), expected);
}

/// An application of a directory that stands in front of another one is linked from there.
#[test]
fn make_overridden_release() {
    let project = Project::with_lib_dir(
        "apps",
        r#"{release, {foo, "0.0.1"}, [goal_app_1, non_goal_3, goal_app_2]}, {dev_mode, true},
           {lib_dirs, ["override", "apps"]}"#,
    );
    project.app("override", "non_goal_3-7.8.9", &App::in_version("non_goal_3", "7.8.9"));
    let release = project.release("foo");
    release.assert_contains(&BASE);
    release.assert_contains(&["{non_goal_3,\"7.8.9\"}"]);
    assert_eq!(release.link("lib/non_goal_3-7.8.9"), project.path("override/non_goal_3-7.8.9"));
}
