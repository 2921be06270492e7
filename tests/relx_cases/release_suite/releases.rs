//! Several releases, releases that extend others, versions, and building twice.

use std::path::Path;

use super::BASE;
use crate::relx_cases::fixture::{App, Project};
use crate::support::{run, tool};

/// Of two versions the higher one is built.
#[test]
fn make_release() {
    let project = Project::new(
        r#"{release, {foo, "0.0.1"}, [goal_app_1, goal_app_2]},
           {release, {foo, "0.0.2"}, [goal_app_1, goal_app_2]},
           {check_for_undefined_functions, false}"#,
    );
    let release = project.release("foo");
    assert!(release.rel().starts_with("{release,{\"foo\",\"0.0.2\"},"), "{}", release.rel());
    assert!(!release.has("releases/0.0.1"));
    release.assert_contains(&BASE);
}

/// Options for one release alone, here one that nobody knows: it is reported, that of the other release is not.
/// A goal with a version finds it behind another one.
#[test]
fn make_config_release() {
    let project = Project::new(
        r#"{release, {foo, "0.0.1"}, [goal_app_1, goal_app_2], [{some, config1}]},
           {release, {foo, "0.0.2"}, [{goal_app_1, "0.0.2"}, goal_app_2], [{some, config2}]},
           {lib_dirs, ["other_apps"]}"#,
    );
    project.app("other_apps", "goal_app_1-0.0.2", &App::in_version("goal_app_1", "0.0.2"));
    let release = project.release("foo");
    let expected =
        BASE.map(|app| if app.starts_with("{goal_app_1") { "{goal_app_1,\"0.0.2\"}" } else { app });
    release.assert_contains(&expected);
    assert!(release.warnings.contains("{some, config2}"), "{}", release.warnings);
    assert!(!release.warnings.contains("config1"), "{}", release.warnings);
}

/// From git's last tag, and what came after it.
#[test]
fn make_release_semver() {
    let project = Project::new(r#"{release, {foo, semver}, [goal_app_1, goal_app_2]}"#);
    let dir = project.path(".");
    git(&dir, &["init", "--quiet"]);
    git(&dir, &["commit", "--quiet", "--allow-empty", "--message", "one"]);
    git(&dir, &["tag", "v1.2.0"]);
    let tagged = project.release("foo");
    assert!(tagged.rel().starts_with("{release,{\"foo\",\"1.2.0\"},"), "{}", tagged.rel());
    git(&dir, &["commit", "--quiet", "--allow-empty", "--message", "two"]);
    let sha = git(&dir, &["log", "-n", "1", "--pretty=format:%h"]);
    let release = project.release("foo");
    let expected = format!("{{release,{{\"foo\",\"1.2.0+build.1.ref{sha}\"}},");
    assert!(release.rel().starts_with(&expected), "{}", release.rel());
    release.assert_contains(&BASE);
}

fn git(dir: &Path, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=tester", "-c", "user.email=tester@example.invalid"];
    run(tool("git", "git").arg("-C").arg(dir).args(identity).args(arguments))
}

#[test]
fn make_extend_release() {
    let project = Project::new(
        r#"{release, {foo, "0.0.1"}, [goal_app_1]},
           {release, {foo_test, "0.0.1", {extend, foo}}, [goal_app_2]}"#,
    );
    let release = project.release("foo_test");
    assert!(release.rel().starts_with("{release,{\"foo_test\",\"0.0.1\"},"), "{}", release.rel());
    release.assert_contains(&BASE);
}

#[test]
fn make_extend_release_versioned() {
    let project = Project::new(
        r#"{release, {foo, "0.0.2"}, [goal_app_1]},
           {release, {foo_test, "0.0.3", {extend, {foo, "0.0.2"}}}, [goal_app_2]}"#,
    );
    let release = project.release("foo_test");
    assert!(release.rel().starts_with("{release,{\"foo_test\",\"0.0.3\"},"), "{}", release.rel());
    release.assert_contains(&BASE);
}

#[test]
fn make_extend_config_release() {
    let project = Project::new(
        r#"{release, {foo, "0.0.1"}, [goal_app_1]},
           {release, {foo_test, "0.0.1", {extend, foo}}, [goal_app_2], [{some, config}]}"#,
    );
    let release = project.release("foo_test");
    release.assert_contains(&BASE);
    assert!(release.warnings.contains("{some, config}"), "{}", release.warnings);
}

/// An application that appears in the first of the directories counts at once.
fn release_twice(options: &str) {
    let project = Project::with_lib_dir(
        "apps",
        &format!(
            r#"{{release, {{foo, "0.0.1"}}, [goal_app_1, goal_app_2]}}, {{lib_dirs, ["other_apps", "apps"]}} {options}"#
        ),
    );
    std::fs::create_dir(project.path("other_apps")).expect("created");
    project.release("foo").assert_contains(&BASE);
    project.app("other_apps", "non_goal_1-0.0.3", &App::in_version("non_goal_1", "0.0.3"));
    let expected =
        BASE.map(|app| if app.starts_with("{non_goal_1") { "{non_goal_1,\"0.0.3\"}" } else { app });
    project.release("foo").assert_contains(&expected);
}

#[test]
fn make_release_twice() {
    release_twice("");
}

#[test]
fn make_release_twice_dev_mode() {
    release_twice(", {dev_mode, true}");
}
