//! Modes, and which `sys.config` and `vm.args` a release has.

use crate::relx_cases::fixture::Project;

const LIBRARIES: [&str; 5] = ["non_goal_1", "non_goal_2", "goal_app_1", "goal_app_2", "lib_dep_1"];

/// relx's tests have a string in place of the list, with which no virtual machine starts: erlrel refuses that.
const TERM: &str = "[{this_is_a_test, [{yup, it_is}]}].\n";

/// With the folder `config`, and these options after the release.
fn project(files: &[&str], options: &str) -> Project {
    let project =
        Project::new(&format!(r#"{{release, {{foo, "0.0.1"}}, [goal_app_1, goal_app_2]}}, {options}"#));
    for file in files {
        let text = if file.contains("sys.config") { TERM } else { "" };
        project.write(&format!("config/{file}"), text);
    }
    project
}

/// They need not be named.
#[test]
fn make_release_with_default_sys_config_vm_args() {
    let project = project(&["sys.config", "vm.args"], "{mode, prod}");
    let release = project.release("foo");
    assert_eq!(release.text("releases/0.0.1/sys.config"), TERM);
    assert_eq!(release.text("releases/0.0.1/vm.args"), "");
}

const ALL: [&str; 4] = ["sys.config", "sys.config.src", "vm.args", "vm.args.src"];

#[test]
fn make_release_with_default_sys_config_vm_args_src() {
    let project = project(&ALL, "{dev_mode, false}");
    let release = project.release("foo");
    assert_eq!(release.text("releases/0.0.1/sys.config.src"), TERM);
    assert_eq!(release.text("releases/0.0.1/vm.args.src"), "");
    assert!(!release.has("releases/0.0.1/sys.config") && !release.has("releases/0.0.1/vm.args"));
}

#[test]
fn make_release_with_sys_config_vm_args_src() {
    let project = project(
        &ALL,
        r#"{dev_mode, true}, {sys_config_src, "config/sys.config.src"}, {vm_args_src, "config/vm.args.src"}"#,
    );
    let release = project.release("foo");
    for name in LIBRARIES {
        assert!(release.is_link(&format!("lib/{name}-0.0.1")), "{name}");
    }
    for name in ["sys.config", "vm.args"] {
        let source = format!("{name}.src");
        let linked = release.link(&format!("releases/0.0.1/{source}"));
        assert_eq!(linked, project.path("config").join(source));
        assert!(!release.has(&format!("releases/0.0.1/{name}")), "{name}");
    }
}

const EXPLICIT: &str = r#"{sys_config, "config/sys.config"}, {vm_args, "config/vm.args"}"#;

#[test]
fn make_dev_mode_release() {
    let project = project(&["sys.config", "vm.args"], &format!("{{dev_mode, true}}, {EXPLICIT}"));
    let release = project.release("foo");
    for name in LIBRARIES {
        let linked = release.link(&format!("lib/{name}-0.0.1"));
        assert_eq!(linked, project.path("_build/default/lib").join(name));
    }
    for name in ["sys.config", "vm.args"] {
        assert_eq!(release.link(&format!("releases/0.0.1/{name}")), project.path("config").join(name));
    }
}

/// Not one of relx's: what `true` has set besides the links stays.
#[test]
fn dev_mode_that_is_ended_again() {
    let project =
        project(&["sys.config", "vm.args"], &format!("{{dev_mode, true}}, {{dev_mode, false}}, {EXPLICIT}"));
    project.write("_build/default/lib/goal_app_1/src/more.hrl", "");
    let release = project.release("foo");
    let links: Vec<&String> = release.nodes.keys().filter(|path| release.is_link(path)).collect();
    assert!(links.is_empty(), "{links:?}");
    assert!(release.has("lib/goal_app_1-0.0.1/src/more.hrl"), "sources come along");
    let project = self::project(&[], "{mode, prod}, {dev_mode, false}");
    let release = project.release("foo");
    assert!(release.nodes.keys().any(|path| path.starts_with("erts-")), "the mode counts");
}

/// No mode but `dev` links.
fn without_links(mode: &str) {
    let project =
        project(&["sys.config", "vm.args"], &format!("{{mode, {mode}}}, {{debug_info, keep}}, {EXPLICIT}"));
    let release = project.release("foo");
    let expected = LIBRARIES.map(|name| format!("lib/{name}-0.0.1")).into_iter();
    for path in expected.chain(["sys.config", "vm.args"].map(|name| format!("releases/0.0.1/{name}"))) {
        assert!(release.has(&path), "{path}");
    }
    let links: Vec<&String> = release.nodes.keys().filter(|path| release.is_link(path)).collect();
    assert!(links.is_empty(), "{links:?}");
}

#[test]
fn make_prod_mode_release() {
    without_links("prod");
}

#[test]
fn make_minimal_mode_release() {
    without_links("minimal");
}
