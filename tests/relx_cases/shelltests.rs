//! Those of relx's shelltests that need no running node.

use super::fixture::Project;
use super::release::Release;
use crate::support::{copy_dir, erlang};

fn project(system_libs: &str) -> Project {
    Project::new(&format!(
        r#"{{release, {{foo, "0.0.1"}}, [goal_app_1]}}, {{include_erts, false}}, {{system_libs, {system_libs}}}"#
    ))
}

/// An application of Erlang's own in a version that the installation has not.
fn add_system_library(project: &Project, name: &str, vsn: &str) {
    let original = erlang::evaluate(&format!("io:put_chars(code:lib_dir({name})), halt()."), &[]);
    let (_, installed) = original.rsplit_once('-').expect("a version");
    let dir = project.path(&format!("system/{name}-{vsn}"));
    std::fs::create_dir_all(&dir).expect("created");
    copy_dir(format!("{original}/ebin"), &dir);
    let app = format!("{original}/ebin/{name}.app");
    let app = std::fs::read_to_string(app)
        .expect("it is there")
        .replace(&format!("\"{installed}\""), &format!("\"{vsn}\""));
    project.write(&format!("system/{name}-{vsn}/ebin/{name}.app"), &app);
}

fn has_library(release: &Release, name: &str) -> bool {
    release.nodes.keys().any(|path| path.starts_with(&format!("lib/{name}-")))
}

/// A directory of such libraries counts instead of the installation, which is not asked even if something is
/// missing there; with `false` they are no part of the release.
#[test]
fn system_libs_tests() {
    let from_directory = project("\"system\"");
    add_system_library(&from_directory, "stdlib", "3.13.2-test");
    let (message, relx) = from_directory.errors("foo");
    assert!(message.contains("`kernel`"), "{message}");
    assert_eq!(relx, "Application needed for release not found: kernel");

    add_system_library(&from_directory, "kernel", "7.1-test");
    for release in [from_directory.release("foo"), from_directory.tar("foo", "0.0.1")] {
        assert!(release.has("lib/kernel-7.1-test/ebin/kernel.app"));
        assert!(release.has("lib/stdlib-3.13.2-test/ebin/stdlib.app"));
        assert!(
            release.rel().contains("{kernel,\"7.1-test\"},{stdlib,\"3.13.2-test\"}"),
            "{}",
            release.rel()
        );
    }

    let without = project("false");
    for release in [without.release("foo"), without.tar("foo", "0.0.1")] {
        assert!(!has_library(&release, "kernel") && !has_library(&release, "stdlib"));
        assert!(has_library(&release, "goal_app_1"));
    }
}
