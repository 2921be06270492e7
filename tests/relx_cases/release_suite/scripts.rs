//! Start scripts: for which systems, and with what.

use super::BASE;
use crate::relx_cases::fixture::Project;

/// That there is no start script counts more than for which systems there is one.
#[test]
fn make_scriptless_release() {
    let project = Project::new(
        r#"{generate_start_script, false}, {release, {foo, "0.0.1"}, [goal_app_1, goal_app_2]},
           {include_start_scripts_for, [unix]}"#,
    );
    let release = project.release("foo");
    for path in ["bin/foo", "bin/foo-0.0.1", "bin/psutil.ps1"] {
        assert!(!release.has(path), "{path}");
    }
    release.assert_contains(&BASE);
}

/// erlrel writes start scripts for Unix only, and says so. relx has one for PowerShell here.
#[test]
fn include_powershell() {
    let project = Project::new(
        r#"{release, {foo, "0.0.1"}, [goal_app_1, goal_app_2]}, {include_start_scripts_for, [powershell]}"#,
    );
    let missing = ["bin/foo.ps1", "bin/foo-0.0.1.ps1", "bin/psutil.ps1"];
    let release = project.release_without("foo", &missing);
    assert!(!release.has("bin/foo") && !release.has("bin/foo-0.0.1"));
    assert!(release.warnings.contains("powershell"), "{}", release.warnings);
}

/// As [`include_powershell`], with that for Unix.
#[test]
fn include_unix_powershell_win32() {
    let project = Project::new(
        r#"{release, {foo, "0.0.1"}, [goal_app_1, goal_app_2]},
           {include_start_scripts_for, [powershell, unix, win32]}"#,
    );
    let missing = ["bin/foo.ps1", "bin/foo-0.0.1.ps1", "bin/psutil.ps1", "bin/foo.cmd", "bin/foo-0.0.1.cmd"];
    let release = project.release_without("foo", &missing);
    assert!(release.has("bin/foo") && release.has("bin/foo-0.0.1"));
    assert!(release.warnings.contains("win32"), "{}", release.warnings);
}

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
