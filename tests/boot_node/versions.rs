//! Versions of a release that come and go while its node runs.

use std::process::{Child, Stdio};

use super::running::{Said, failed, said};
use crate::start_script::installation::{Installation, Shell};
use crate::start_script::project::built;
use crate::support::tool;

/// An unpacked release with erlrel-boot as its program, the tarball of 0.1.1, and its node; ended with it.
struct Depot {
    installation: Installation,
    child: Child,
}

impl Depot {
    fn running(place: &str) -> Self {
        let installation = Installation::unpacked(Shell::Dash, "depot");
        let root = &installation.root;
        std::fs::create_dir_all(root.join(place).parent().expect("a parent")).expect("created");
        std::fs::copy(&built().tarballs[1], root.join(place)).expect("copied");
        installation.file("vm.args", &installation.read("releases/0.1.0/vm.args"));
        let program = root.join("bin/depot");
        std::fs::remove_file(&program).expect("removed");
        std::fs::hard_link(env!("CARGO_BIN_EXE_erlrel-boot"), &program).expect("linked");
        let mut start = installation.command(&["foreground"]);
        let child = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let depot = Self { installation, child: child.expect("started") };
        while depot.run(&["ping"]).out != "pong\n" {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        depot
    }

    fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.installation.command(arguments))
    }

    fn says(&self, arguments: &[&str]) -> String {
        self.run(arguments).done()
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.installation.root.join(path)
    }
}

impl Drop for Depot {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_version_is_unpacked_upgraded_to_downgraded_from_and_uninstalled() {
    let depot = Depot::running("releases/depot-0.1.1.tar.gz");
    assert_eq!(depot.says(&["versions"]), "Installed versions:\n* 0.1.0\tpermanent\n");
    assert_eq!(
        depot.says(&["unpack", "0.1.1"]),
        "Release 0.1.1 not found, attempting to unpack releases/depot-0.1.1.tar.gz\n\
         Unpacked successfully: \"0.1.1\"\n"
    );
    assert_eq!(depot.says(&["versions"]), "Installed versions:\n* 0.1.1\tunpacked\n* 0.1.0\tpermanent\n");
    assert_eq!(depot.says(&["unpack", "0.1.1"]), "Release 0.1.1 is already unpacked.\n");
    assert_eq!(
        depot.says(&["upgrade", "0.1.1", "--no-permanent"]),
        "Release 0.1.1 is already unpacked, now installing.\nInstalled Release: 0.1.1\n"
    );
    assert_eq!(depot.says(&["versions"]), "Installed versions:\n* 0.1.1\tcurrent\n* 0.1.0\tpermanent\n");
    assert_eq!(
        failed(depot.run(&["uninstall", "0.1.1"]), 2).0,
        "Uninstall failed: Release 0.1.1 is marked current.\n"
    );
    assert_eq!(
        depot.says(&["install", "0.1.1"]),
        "Release 0.1.1 is already installed and current, making permanent.\nMade release permanent: \"0.1.1\"\n"
    );
    assert_eq!(depot.says(&["rpc", "depot", "vsn"]), "\"0.1.1\"\n", "the node runs the new code");
    assert_eq!(depot.says(&["version"]), "depot 0.1.1\n", "and the program is that of the new version");
    assert_eq!(
        depot.says(&["upgrade", "0.1.1"]),
        "Release 0.1.1 is already installed, running and set permanent.\n"
    );
    assert_eq!(
        depot.says(&["downgrade", "0.1.0"]),
        "Release 0.1.0 is marked old, switching to it.\nInstalled Release: 0.1.0\n\
         Made release permanent: \"0.1.0\"\n"
    );
    assert_eq!(depot.says(&["rpc", "depot", "vsn"]), "\"0.1.0\"\n");
    assert_eq!(
        depot.says(&["uninstall", "0.1.1"]),
        "Release 0.1.1 is marked old, uninstalling it.\nUninstalled Release: 0.1.1\n"
    );
    assert_eq!(depot.says(&["uninstall", "0.1.1"]), "Release 0.1.1 is already uninstalled.\n");
    assert_eq!(
        failed(depot.run(&["uninstall", "0.1.0"]), 2).0,
        "Uninstall failed: Release 0.1.0 is running.\n"
    );
    assert_eq!(depot.says(&["versions"]), "Installed versions:\n* 0.1.0\tpermanent\n");
    assert_eq!(depot.says(&["stop"]), "");
}

#[test]
fn a_version_that_cannot_be_unpacked_or_installed_fails_with_relx_s_codes() {
    let depot = Depot::running("releases/0.1.1/depot.tar.gz");
    let missing = "Unpack failed: release_package_not_found\nInstalled versions:\n* 0.1.0\tpermanent\n";
    assert_eq!(failed(depot.run(&["upgrade", "9.9"]), 2).0, missing);
    depot.installation.file("releases/depot-8.8.tar.gz", "no tarball");
    let broken = failed(depot.run(&["unpack", "8.8"]), 2).0;
    assert!(broken.contains("attempting to unpack releases/depot-8.8.tar.gz\nUnpack failed: "), "{broken}");
    depot.says(&["unpack", "0.1.1"]);
    std::fs::remove_file(depot.path("releases/0.1.1/relup")).expect("removed");
    let refused = failed(depot.run(&["upgrade", "0.1.1"]), 4).0;
    assert!(refused.contains("ERROR: release_handler:install_release failed: "), "{refused}");
    std::fs::remove_file(depot.path("releases/0.1.1/start.boot")).expect("removed");
    let refused = failed(depot.run(&["upgrade", "0.1.1"]), 3).0;
    assert!(refused.contains("ERROR: release_handler:check_install_release failed: "), "{refused}");
    let usage = "Missing version argument\nUsage: depot upgrade {version}\n";
    assert_eq!(failed(depot.run(&["upgrade", "--no-permanent"]), 1).0, usage);
}

#[test]
fn a_release_that_cannot_be_written_keeps_its_version() {
    let depot = Depot::running("releases/0.1.1/depot.tar.gz");
    let root = depot.installation.root.display().to_string();
    let script = r#"mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@""#;
    let mut upgrade = tool("unshare", "util-linux");
    upgrade.args(["--mount", "sh", "-c", script, "sh", &root]).arg(depot.path("bin/depot"));
    upgrade.args(["upgrade", "0.1.1"]);
    for (name, value) in depot.installation.command(&[]).get_envs() {
        upgrade.env(name, value.expect("a value"));
    }
    let (out, err) = failed(said(&mut upgrade), 1);
    assert_eq!(out, "");
    assert!(
        err.contains("the versions of the release are fixed, as ") && err.contains("Read-only file system"),
        "{err}"
    );
    assert!(err.contains("hint: start a container from an image of the new version"), "{err}");
    assert_eq!(depot.says(&["versions"]), "Installed versions:\n* 0.1.0\tpermanent\n");
}

#[test]
fn without_sasl_nobody_handles_versions() {
    let release = super::running::Release::running();
    // It has not been started as long as the node is starting.
    while release.says(&["eval", "application:stop(sasl)."]) != "ok\n" {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    for arguments in [&["versions"][..], &["upgrade", "0.1.1"]] {
        let (_, err) = failed(release.run(arguments), 1);
        assert!(err.contains("the release has no sasl, so nobody handles its versions"), "{err}");
    }
}
