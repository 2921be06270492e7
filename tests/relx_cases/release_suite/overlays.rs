//! Overlays and their variables.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use super::BASE;
use crate::relx_cases::fixture::Project;
use crate::support::{erlang, toolchain};

/// A template which is a list of terms, one for each of these variables; numbers and atoms are not quoted.
const QUOTED: [&str; 15] = [
    "erts_vsn",
    "release_erts_version",
    "release_version",
    "log",
    "output_dir",
    "target_dir",
    "sys_config",
    "root_dir",
    "yahoo",
    "yahoo4",
    "foo_dir",
    "foo_yahoo",
    "google",
    "prop1",
    "tpl_var",
];

fn template() -> String {
    let quoted = QUOTED.map(|name| format!("{{{name}, \"{{{{{name}}}}}\"}}.\n")).concat();
    let api = "{api_caller_var, \"{{api_caller_var}}\"}.\n";
    format!(
        "{quoted}{api}{{release_name, {{{{release_name}}}}}}.\n{{prop2, {{{{prop2}}}}}}.\n{{config_file, \"{{{{ config_file }}}}\"}}.\n"
    )
}

/// The values of a rendered template by name.
fn rendered(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().map(|line| line.strip_prefix('{').and_then(|line| line.strip_suffix("}.")));
    lines.map(|line| line.and_then(|line| line.split_once(", ")).expect("a pair")).collect()
}

/// Files of variables that mention each other: of equal names the last one counts, and each may use the others.
fn write_variables(project: &Project) {
    project.write(
        "vars1.config",
        "{yahoo, \"yahoo\"}.\n{yahoo2, [{foo, \"bar\"}]}.\n{foo_yahoo, \"foo_{{yahoo}}\"}.\n{foo_dir, \"foodir\"}.\n\
         {prop2, 1}.\n{tpl_var, \"defined in vars1\"}.\n{api_caller_var, \"{{api_caller_var}}\"}.\n",
    );
    project.write(
        "vars2.config",
        "{google, \"yahoo\"}.\n{yahoo2, \"foo\"}.\n{tpl_arg, \"a template value\"}.\n\
         {tpl_var, \"Redefined in vars2 with {{tpl_arg}}\"}.\n\"vars3.config\".\n\"vars4.config\".\n",
    );
    project
        .write("vars3.config", "{google, \"yahoo\"}.\n{prop2, 3}.\n{yahoo4, \"{{yahoo}}/{{yahoo2}}4\"}.\n");
    project.write("vars4.config", "{prop1, \"val1\"}.\n{prop2, 2}.\n");
    project.write("test_template", &template());
    let executable = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(project.path("test_template"), executable).expect("a mode");
    project.write("first_test_dir/test_file", &template());
}

/// `overlay_vars_values` are what a caller of relx's API gives: they count least.
const OVERLAY_RELEASE: &str = r#"
    {release, {foo, "0.0.1"}, [goal_app_1, goal_app_2]},
    {overlay_vars_values, [{api_caller_var, "api-caller-var"}, {release_name, "release-var-conflict"},
                           {yahoo, "overlays-file-conflict"}]},
    {overlay_vars, [{var_list_dir, "non-file-variable-list"}, "vars1.config", "vars2.config"]},
    {overlay, [{mkdir, "{{target_dir}}/fooo"},
               {mkdir, "{{target_dir}}/{{var_list_dir}}"},
               {copy, "{{goal_app_1}}/priv/subdir/foo.txt", "{{target_dir}}/{{foo_dir}}/test_app_overlay"},
               {copy, "vars1.config", "{{target_dir}}/{{foo_dir}}/vars1.config"},
               {copy, "vars1*.config", "{{target_dir}}/{{yahoo}}/"},
               {link, "vars4.config", "{{target_dir}}/{{yahoo}}/vars4.config"},
               {copy, "first_test_dir", "{{target_dir}}/second_test_dir/"},
               {template, "test_template", "{{target_dir}}/test_template_resolved"},
               {template, "test_template", "bin/{{release_name}}-{{release_version}}"},
               {copy, "{{erts_dir}}/bin/erl", "bin/copy.erl"}]}"#;

#[test]
fn overlay_release() {
    let project = Project::new(OVERLAY_RELEASE);
    write_variables(&project);
    let release = project.release("foo");
    release.assert_contains(&BASE);
    for path in [
        "fooo",
        "non-file-variable-list",
        "foodir/vars1.config",
        "foodir/test_app_overlay",
        "yahoo/vars1.config",
        "yahoo/vars4.config",
        "second_test_dir/first_test_dir/test_file",
        "bin/copy.erl",
    ] {
        assert!(release.has(path), "{path}");
    }
    // relx keeps the mode, 0777; erlrel has one mode for all that may be executed.
    assert_eq!(release.modes["test_template_resolved"], 0o755);
    let text = release.text("test_template_resolved");
    let values = rendered(&text);
    let erts = erlang::evaluate("io:format(\"~p\", [erlang:system_info(version)]), halt().", &[]);
    for (name, expected) in [
        ("erts_vsn", erts.as_str()),
        ("release_erts_version", &erts),
        ("release_version", "\"0.0.1\""),
        ("release_name", "foo"),
        ("yahoo4", "\"yahoo/foo4\""),
        ("foo_yahoo", "\"foo_yahoo\""),
        ("google", "\"yahoo\""),
        ("yahoo", "\"yahoo\""),
        ("prop1", "\"val1\""),
        ("prop2", "2"),
        ("tpl_var", "\"Redefined in vars2 with a template value\""),
        ("api_caller_var", "\"api-caller-var\""),
        ("config_file", "\"\""),
    ] {
        assert_eq!(values[name], expected, "{name}");
    }
    assert_eq!(release.text("bin/foo-0.0.1"), text, "the template in place of the start script");
}

/// relx's tests have three pairs here, with which no virtual machine starts: erlrel refuses that.
const SYS_CONFIG: &str = "[{this_is_a_test, [{yup, it_is}, {var1, \"{{var1}}\"}, {var2, \"{{var2}}\"}]}].\n";

/// A template replaces the link that development would have, and never writes through it.
#[test]
fn make_dev_mode_template_release() {
    let project = Project::new(
        r#"{release, {foo, "0.0.1"}, [goal_app_1, goal_app_2]}, {dev_mode, true}, {mode, dev},
           {sys_config, "config/sys.config"}, {vm_args, "config/vm.args"}, {overlay_vars, ["config/vars1.config"]},
           {overlay, [{template, "config/sys.config", "releases/{{release_version}}/sys.config"},
                      {template, "config/vm.args", "releases/{{release_version}}/vm.args"}]}"#,
    );
    project.write("config/sys.config", SYS_CONFIG);
    project.write("config/vm.args", "-sname {{nodename}}");
    project.write("config/vars1.config", "{var1, \"indeed it is\"}.\n{nodename, \"testnode\"}.\n");
    let release = project.release("foo");
    for name in ["non_goal_1", "non_goal_2", "goal_app_1", "goal_app_2", "lib_dep_1"] {
        assert!(release.is_link(&format!("lib/{name}-0.0.1")), "{name}");
    }
    assert!(release.text("releases/0.0.1/sys.config").contains("{var1, \"indeed it is\"}"));
    assert_eq!(release.text("releases/0.0.1/vm.args"), "-sname testnode");
    let original = |file: &str| std::fs::read_to_string(project.path(file)).expect("it is there");
    assert_eq!(original("config/sys.config"), SYS_CONFIG);
    assert_eq!(original("config/vm.args"), "-sname {{nodename}}");
}

/// The file of variables that a template has for itself counts most, then the project's own, then relx's, then what a
/// caller of relx's API gives. That is so since relx 4.9.0: Debian 13's is asked here.
#[test]
fn make_multiple_overlay_vars_template_release() {
    let project = Project::new(
        r#"{release, {foo, "0.0.1"}, [goal_app_1, goal_app_2]}, {dev_mode, true}, {mode, dev},
           {sys_config, "config/sys.config"}, {overlay_vars, ["config/vars1.config"]},
           {overlay_vars_values, [{release_name, never}, {low, "lowest"}]},
           {overlay, [{template, "config/names", "releases/{{release_version}}/names"},
                      {template, "config/sys.config", "releases/{{release_version}}/sys.config"},
                      {template, "config/sys.config", "releases/{{release_version}}/a/sys.config",
                       "config/vars2.config"},
                      {template, "config/sys.config", "releases/{{release_version}}/b/sys.config",
                       "config/vars3.config"}]}"#,
    );
    project.write("config/sys.config", SYS_CONFIG);
    project.write("config/names", "{{erts_vsn}} {{release_name}} {{low}}");
    project.write(
        "config/vars1.config",
        "{var1, \"indeed it is\"}.\n{var2, \"and so\"}.\n{erts_vsn, \"own\"}.\n",
    );
    project.write("config/vars2.config", "{var1, \"indeed it is and more\"}.\n");
    project.write("config/vars3.config", "{var1, \"indeed it is and more\"}.\n{var2, \"and so on\"}.\n");
    let release = project.release_of(toolchain::trixie(), "foo");
    for name in ["non_goal_1", "non_goal_2", "goal_app_1", "goal_app_2", "lib_dep_1"] {
        assert!(release.is_link(&format!("lib/{name}-0.0.1")), "{name}");
    }
    assert_eq!(release.text("releases/0.0.1/names"), "own foo lowest");
    let expected = |var1: &str, var2: &str| SYS_CONFIG.replace("{{var1}}", var1).replace("{{var2}}", var2);
    for (path, var1, var2) in [
        ("sys.config", "indeed it is", "and so"),
        ("a/sys.config", "indeed it is and more", "and so"),
        ("b/sys.config", "indeed it is and more", "and so on"),
    ] {
        assert_eq!(release.text(&format!("releases/0.0.1/{path}")), expected(var1, var2), "{path}");
    }
    let original = std::fs::read_to_string(project.path("config/sys.config")).expect("it is there");
    assert_eq!(original, SYS_CONFIG);
}
