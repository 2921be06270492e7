//! rlx_tar_SUITE.

use super::fixture::Project;
use super::release::Release;
use super::release_suite::BASE;
use crate::support::erlang;

fn project(vsn: &str, options: &str) -> Project {
    Project::new(&format!(r#"{{release, {{foo, "{vsn}"}}, [goal_app_1, goal_app_2]}}, {options}"#))
}

/// The paths that begin with `lib/NAME-` and go on, behind the version, with `/FOLDER/`.
fn files(release: &Release, name: &str, folder: &str) -> usize {
    let is_there = |path: &&String| {
        let below = path.strip_prefix(&format!("lib/{name}-")).and_then(|rest| rest.split_once('/'));
        below.is_some_and(|(_, rest)| rest.starts_with(&format!("{folder}/")))
    };
    release.nodes.keys().filter(is_there).count()
}

fn assert_has_modules_of_erlang(release: &Release) {
    assert!(files(release, "stdlib", "ebin") > 50 && files(release, "kernel", "ebin") > 50);
}

#[test]
fn basic_tar() {
    let project =
        project("0.0.4", r#"{sys_config_src, "config/sys.config.src"}, {vm_args_src, "config/vm.args.src"}"#);
    project.write("config/sys.config.src", "[{this_is_a_test, \"yup it is\"}].\n");
    project.write("config/vm.args.src", "");
    let release = project.tar("foo", "0.0.4");
    release.assert_contains(&BASE);
    assert_has_modules_of_erlang(&release);
    assert!(release.has("releases/0.0.4/vm.args.src") && release.has("releases/0.0.4/sys.config.src"));
}

/// Without ERTS, kernel and stdlib are still there.
#[test]
fn exclude_erts() {
    let release = project("0.0.3", "{include_erts, false}").tar("foo", "0.0.3");
    release.assert_contains(&BASE);
    assert_has_modules_of_erlang(&release);
    assert!(!release.nodes.keys().any(|path| path.starts_with("erts-")));
}

/// Erlang's own applications with sources, which not every installation has.
fn with_sources_of_erlang(project: &Project) {
    for name in ["kernel", "stdlib"] {
        let dir = erlang::evaluate(&format!("io:put_chars(code:lib_dir({name})), halt()."), &[]);
        let (_, folder) = dir.rsplit_once('/').expect("a path");
        project.write(&format!("otp/{folder}/src/{name}.erl"), "");
        std::os::unix::fs::symlink(format!("{dir}/ebin"), project.path(&format!("otp/{folder}/ebin")))
            .expect("linked");
    }
}

#[test]
fn exclude_src() {
    let project = project("0.0.1", r#"{include_src, false}, {system_libs, "otp"}"#);
    with_sources_of_erlang(&project);
    let release = project.tar("foo", "0.0.1");
    release.assert_contains(&BASE);
    for name in ["stdlib", "kernel", "goal_app_1"] {
        assert_eq!(files(&release, name, "src"), 0, "{name}");
    }
}

#[test]
fn include_src() {
    let project = project("0.0.2", r#"{include_src, true}, {system_libs, "otp"}"#);
    with_sources_of_erlang(&project);
    let release = project.tar("foo", "0.0.2");
    release.assert_contains(&BASE);
    for name in ["stdlib", "kernel", "goal_app_1"] {
        assert_eq!(files(&release, name, "src"), 1, "{name}");
    }
}

/// Modes are numbers, or templates of decimal ones: 504 is 8#770.
#[test]
fn overlay_archive() {
    let project = project(
        "0.0.1",
        r#"{overlay_vars, ["vars1.config", "vars2.config"]},
           {overlay, [{mkdir, "{{target_dir}}/fooo"},
                      {copy, "vars1.config", "{{target_dir}}/{{foo_dir}}/vars1.config"},
                      {copy, "vars1.config", "{{target_dir}}/{{yahoo}}/"},
                      {link, "vars1.config", "{{target_dir}}/{{yahoo}}/vars.link.config"},
                      {copy, "first_test_dir", "{{target_dir}}/second_test_dir/"},
                      {copy, "test_script", "{{target_dir}}/second_test_dir/test_script"},
                      {chmod, 8#00700, "{{target_dir}}/second_test_dir/test_script"},
                      {copy, "test_script2", "{{target_dir}}/second_test_dir/test_script2"},
                      {chmod, "{{test_script_perm}}", "{{target_dir}}/second_test_dir/test_script2"},
                      {template, "test_template", "{{target_dir}}/test_template_resolved"},
                      {template, "test_template", "bin/{{release_name}}-{{release_version}}"}]}"#,
    );
    project.write(
        "vars1.config",
        "{yahoo, \"yahoo\"}.\n{yahoo2, [{foo, \"bar\"}]}.\n{foo_yahoo, \"foo_{{yahoo}}\"}.\n{foo_dir, \"foodir\"}.\n\
         {test_script_perm, 504}.\n",
    );
    project.write("vars2.config", "{google, \"yahoo\"}.\n{yahoo2, \"foo\"}.\n\"vars3.config\".\n");
    project.write("vars3.config", "{google, \"yahoo\"}.\n{yahoo4, \"{{yahoo}}/{{yahoo2}}4\"}.\n");
    for file in ["test_script", "test_script2", "first_test_dir/test_file"] {
        project.write(file, "#!/bin/sh\necho hello world\n");
    }
    project.write("test_template", "{{yahoo4}} {{foo_yahoo}} {{google}}\n");
    // relx's tarball has these paths with that of the build directory in front; erlrel's has them where they belong.
    for release in [project.release("foo"), project.tar_alone("foo", "0.0.1")] {
        release.assert_contains(&BASE);
        assert_has_modules_of_erlang(&release);
        assert_eq!(release.text("test_template_resolved"), "yahoo/foo4 foo_yahoo yahoo\n");
        assert_eq!(release.text("bin/foo-0.0.1"), "yahoo/foo4 foo_yahoo yahoo\n");
        assert!(release.has("yahoo/vars1.config") && release.has("yahoo/vars.link.config"));
        assert!(release.has("second_test_dir/first_test_dir/test_file"));
        assert_eq!(release.modes["second_test_dir/test_script"], 0o700);
        assert_eq!(release.modes["second_test_dir/test_script2"], 0o770);
    }
}
