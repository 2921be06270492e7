//! A large system that nobody wrote for these tests: all applications of Debian's RabbitMQ in one release.

use std::path::{Path, PathBuf};

use crate::relx_parity::{assert_same_boot_files, assert_same_contents, assert_same_paths, tarball_pair};
use crate::support::port::free_port;
use crate::support::sample::Sample;
use crate::support::{copy_dir, erlrel, fails, run, temp_dir, tool, toolchain};

const APP: &str = r#"{application, broker, [{description, "All of it"}, {vsn, "1.0.0"}, {registered, []},
    {applications, [kernel, stdlib]}]}."#;

/// Starts the broker and asks it, as a user would, until it says that it runs.
const SESSION: &str = r#"bin/broker foreground >output 2>&1 &
    tries=0
    until [ "$(bin/broker eval 'rabbit:is_running().' 2>/dev/null)" = true ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || { cat output; exit 1; }
        sleep 0.1
    done
    bin/broker eval 'length(rabbit_networking:active_listeners()) > 0.'
    bin/broker stop || exit 1
    wait $!"#;

#[test]
fn all_applications_of_rabbitmq_are_assembled_as_relx_does_and_start() {
    let temp = temp_dir();
    let dir = temp.path().join("project");
    let apps = project(&dir);
    assert_both_refuse_a_name_that_two_applications_register(&dir);
    let osiris =
        dir.join("libs").join(apps.iter().find(|app| app.starts_with("osiris-")).expect("it is there"));
    let osiris = osiris.join("ebin/osiris.app");
    let text = std::fs::read_to_string(&osiris).expect("read");
    std::fs::write(&osiris, text.replace("{registered,[ra_sup]}", "{registered,[]}")).expect("written");

    toolchain::trixie().rebar3(&dir, &["as", "prod", "tar"]);
    let relx_tarball = dir.join("_build/prod/rel/broker/broker-1.0.0.tar.gz");
    let sample =
        Sample { dir, name: "broker", vsn: "1.0.0".into(), relx_tarball, toolchain: toolchain::trixie() };
    let pair = tarball_pair(Box::leak(Box::new(sample)));
    assert_same_paths(&pair);
    assert_same_boot_files(&pair);
    assert_same_contents(std::slice::from_ref(&pair));
    let of_it = |path: &&String| apps.iter().any(|app| path.starts_with(&format!("lib/{app}/ebin/")));
    let modules = pair.erlrel.keys().filter(of_it).filter(|path| path.ends_with(".beam")).count();
    assert!(apps.len() >= 70 && modules >= 1000, "{} applications, {modules} modules", apps.len());

    assert_eq!(start(temp.path(), &pair.sample.dir), "true\n");
}

/// A project whose release has each application that the package brings, by the name and version of its directory.
/// Plugins are only loaded: which of them start is for the broker to say.
fn project(dir: &Path) -> Vec<String> {
    std::fs::create_dir_all(dir.join("src")).expect("created");
    copy_dir(plugins(), dir.join("libs"));
    let names = std::fs::read_dir(dir.join("libs")).expect("a directory");
    let mut apps: Vec<String> =
        names.map(|entry| entry.expect("listed").file_name().display().to_string()).collect();
    apps.retain(|app| app.contains('-'));
    apps.sort();
    let goals: Vec<String> = apps.iter().map(|app| goal(app.split('-').next().expect("a name"))).collect();
    let config = format!(
        r#"{{relx, [{{release, {{broker, "1.0.0"}}, [{}, sasl]}}, {{lib_dirs, ["libs"]}},
                    {{sys_config, "sys.config"}}, {{vm_args, "vm.args"}}]}}.
           {{profiles, [{{prod, [{{relx, [{{mode, prod}}]}}]}}]}}."#,
        goals.join(", ")
    );
    let files = [
        ("rebar.config", config.as_str()),
        ("src/broker.app.src", APP),
        ("sys.config", "[].\n"),
        ("vm.args", "-sname broker@localhost\n-setcookie broker\n"),
    ];
    for (name, text) in files {
        std::fs::write(dir.join(name), text).expect("written");
    }
    apps
}

fn plugins() -> PathBuf {
    let lib = toolchain::trixie().otp().join("../rabbitmq/lib");
    let mut servers = std::fs::read_dir(lib).expect("the package is in the tree");
    servers.next().expect("a version").expect("listed").path().join("plugins")
}

fn goal(app: &str) -> String {
    let is_plugin = app.starts_with("rabbitmq_") && app != "rabbitmq_prelaunch";
    if is_plugin { format!("{{{app}, load}}") } else { app.into() }
}

/// `osiris` says that it registers `ra_sup`, as `ra` does: its authors copied the line.
fn assert_both_refuse_a_name_that_two_applications_register(dir: &Path) {
    let said =
        toolchain::trixie().command("rebar3", dir).args(["as", "prod", "tar"]).output().expect("started");
    let theirs = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(!said.status.success() && theirs.contains("ra_sup registered in ra and osiris"), "{theirs}");
    let otp = toolchain::trixie().otp();
    let ours = fails(erlrel().arg("tar").arg(dir).arg("--no-compile").arg("--otp").arg(otp), 1);
    assert!(ours.contains("the registered name `ra_sup` is in two applications of the release: "), "{ours}");
}

/// What the broker says in a session.
fn start(temp: &Path, project: &Path) -> String {
    let (root, tarball) = (temp.join("broker"), temp.join("broker.tar.gz"));
    std::fs::create_dir(&root).expect("created");
    let otp = toolchain::trixie().otp();
    run(erlrel()
        .arg("tar")
        .arg(project)
        .args(["--no-compile", "--quiet", "--otp"])
        .arg(otp)
        .arg("--out")
        .arg(&tarball));
    run(tool("tar", "tar").arg("-xzf").arg(&tarball).current_dir(&root));
    let mut shell = toolchain::trixie().command("sh", &root);
    shell.args(["-c", SESSION]).env("ERL_EPMD_PORT", free_port().to_string());
    shell.env("RABBITMQ_NODE_PORT", free_port().to_string());
    shell.env("RABBITMQ_NODENAME", "broker@localhost").env("RABBITMQ_PLUGINS_DIR", root.join("lib"));
    shell
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", root.join("plugins"))
        .env("RABBITMQ_LOG_BASE", root.join("log"));
    shell.env("RABBITMQ_CONFIG_FILE", root.join("rabbit.conf"));
    run(shell.env("RABBITMQ_MNESIA_BASE", root.join("data")))
}
