//! ERTS, sources, modules.

use crate::relx_cases::fixture::Project;
use crate::support::erlang;

/// `code:root_dir()`'s own version of ERTS.
fn erts() -> String {
    erlang::evaluate("io:put_chars(erlang:system_info(version)), halt().", &[])
}

#[test]
fn make_erts_release() {
    let erts = erts();
    let project =
        Project::new(&format!(r#"{{release, {{foo, "0.0.1"}}, {{erts, "{erts}"}}, [goal_app_1]}}"#));
    let release = project.release("foo");
    release.assert_contains(&["{kernel,_}", "{stdlib,_}"]);
    assert!(release.rel().contains(&format!("{{erts,\"{erts}\"}}")), "{}", release.rel());
}

#[test]
fn make_erts_config_release() {
    let erts = erts();
    let project = Project::new(&format!(
        r#"{{release, {{foo, "0.0.1"}}, {{erts, "{erts}"}}, [goal_app_1], [{{some, config}}]}}"#
    ));
    let release = project.release("foo");
    release.assert_contains(&["{kernel,_}", "{stdlib,_}"]);
    assert!(release.rel().contains(&format!("{{erts,\"{erts}\"}}")), "{}", release.rel());
    assert!(release.warnings.contains("{some, config}"), "{}", release.warnings);
}

#[test]
fn make_src_release() {
    let project = Project::new(
        r#"{release, {foo, "0.0.1"}, [goal_app_1]}, {extended_start_script, true}, {include_erts, true},
           {include_src, true}"#,
    );
    let release = project.release("foo");
    release.assert_contains(&["{kernel,_}", "{stdlib,_}"]);
    assert!(release.has(&format!("erts-{}/bin/beam.smp", erts())));
    assert!(release.has("lib/goal_app_1-0.0.1/src/a_real_beamgoal_app_1.erl"));
}

#[test]
fn make_excluded_src_release() {
    let project = Project::new(
        r#"{release, {foo, "0.0.1"}, [goal_app_1]}, {extended_start_script, true}, {include_erts, true},
           {include_src, false}"#,
    );
    let release = project.release("foo");
    release.assert_contains(&["{kernel,_}", "{stdlib,_}"]);
    assert!(release.has(&format!("erts-{}/bin/beam.smp", erts())));
    assert!(!release.has(&format!("erts-{}/src", erts())));
    assert!(!release.has("lib/goal_app_1-0.0.1/src"));
}

#[test]
fn make_exclude_modules_release() {
    let project = Project::new(
        r#"{release, {foo, "0.0.1"}, [goal_app_1]}, {exclude_modules, [{non_goal_1, [a_real_beamnon_goal_1]}]}"#,
    );
    let release = project.release("foo");
    release.assert_contains(&["{kernel,_}", "{stdlib,_}", "{goal_app_1,\"0.0.1\"}"]);
    assert!(!release.has("lib/non_goal_1-0.0.1/ebin/a_real_beamnon_goal_1.beam"));
    let app: String = release.text("lib/non_goal_1-0.0.1/ebin/non_goal_1.app").split_whitespace().collect();
    let expected = "{application,non_goal_1,[{description,[]},{vsn,\"0.0.1\"},{modules,[]},\
                    {included_applications,[lib_dep_1]},{optional_applications,[]},{registered,[]},\
                    {applications,[stdlib,kernel]}]}.";
    assert_eq!(app, expected);
}
