//! Start scripts.

use crate::relx_cases::fixture::Project;

/// relx has a nodetool for its start script; erlrel's asks a running node through ERTS's own `erl_call`. So
/// `include_nodetool` decides nothing: with relx's extended start script it does not either.
fn nodetool(include_nodetool: bool) {
    let project = Project::new(&format!(
        r#"{{release, {{foo, "0.0.1"}}, [goal_app_1]}}, {{extended_start_script, true}},
           {{include_nodetool, {include_nodetool}}}, {{include_erts, true}}"#
    ));
    let release = project.release("foo");
    release.assert_contains(&["{kernel,_}", "{stdlib,_}"]);
    assert!(!release.has("bin/nodetool"));
    let script = release.text("bin/foo");
    assert!(script.contains("erl_call") && !script.contains("bin/nodetool"));
    assert!(release.nodes.keys().any(|path| path.starts_with("erts-") && path.ends_with("/bin/erl_call")));
}

#[test]
fn make_included_nodetool_release() {
    nodetool(true);
}

#[test]
fn make_not_included_nodetool_release() {
    nodetool(false);
}
