//! Versions that come and go while the node runs: relx's upgrade_test, and every other way through its escript.

use std::process::Stdio;

use super::installation::{Installation, SHELLS, Shell, said, with_each_shell};
use super::project::built;
use super::questions::on_a_command_line;

/// A release of its own that runs, with the tarball of 0.1.1 at a place.
fn running(shell: Shell, place: &str) -> Installation {
    let depot = Installation::unpacked(shell, "depot");
    std::fs::create_dir_all(depot.root.join(place).parent().expect("a parent")).expect("created");
    std::fs::copy(&built().tarballs[1], depot.root.join(place)).expect("copied");
    // It comes before that of any version.
    depot.file("vm.args", &depot.read("releases/0.1.0/vm.args"));
    depot.says(&["daemon"]);
    depot
}

#[test]
fn a_version_is_unpacked_upgraded_to_downgraded_from_and_uninstalled() {
    for shell in SHELLS {
        let depot = running(shell, "releases/depot-0.1.1.tar.gz");
        assert_eq!(depot.says(&["versions"]), "Installed versions:\n* 0.1.0\tpermanent\n");
        assert_eq!(
            depot.says(&["unpack", "0.1.1"]),
            "Release 0.1.1 not found, attempting to unpack releases/depot-0.1.1.tar.gz\n\
             Unpacked successfully: \"0.1.1\"\n"
        );
        assert_eq!(depot.says(&["versions"]), "Installed versions:\n* 0.1.1\tunpacked\n* 0.1.0\tpermanent\n");
        assert_eq!(depot.says(&["unpack", "0.1.1"]), "Release 0.1.1 is already unpacked.\n");
        assert_eq!(
            depot.says(&["upgrade", "0.1.1"]),
            "Release 0.1.1 is already unpacked, now installing.\nInstalled Release: 0.1.1\n\
             Made release permanent: \"0.1.1\"\n"
        );
        assert_eq!(depot.says(&["versions"]), "Installed versions:\n* 0.1.1\tpermanent\n* 0.1.0\told\n");
        assert_eq!(depot.says(&["rpc", "depot", "vsn"]), "\"0.1.1\"\n", "the node runs the new code");
        assert_eq!(depot.says(&["version"]), "depot 0.1.1\n", "and the script is the new version's");
        assert_eq!(
            depot.says(&["upgrade", "0.1.1"]),
            "Release 0.1.1 is already installed, running and set permanent.\n"
        );
        assert_eq!(depot.says(&["unpack", "0.1.0"]), "Release 0.1.0 is marked old.\n");
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
            depot.run(&["uninstall", "0.1.0"]).failed(2),
            "Uninstall failed: Release 0.1.0 is running.\n"
        );
        assert_eq!(depot.says(&["versions"]), "Installed versions:\n* 0.1.0\tpermanent\n");
        depot.says(&["stop"]);
    }
}

#[test]
fn without_permanent_the_old_version_is_the_one_that_starts() {
    for shell in SHELLS {
        let depot = running(shell, "releases/0.1.1/depot.tar.gz");
        assert_eq!(
            depot.says(&["install", "0.1.1", "--no-permanent"]),
            "Release 0.1.1 not found, attempting to unpack releases/0.1.1/depot.tar.gz\n\
             Unpacked successfully: \"0.1.1\"\nInstalled Release: 0.1.1\n"
        );
        assert_eq!(depot.says(&["versions"]), "Installed versions:\n* 0.1.1\tcurrent\n* 0.1.0\tpermanent\n");
        assert_eq!(depot.says(&["version"]), "depot 0.1.0\n");
        assert_eq!(
            depot.says(&["install", "--no-permanent", "0.1.1"]),
            "Release 0.1.1 is already installed and current.\n"
        );
        assert_eq!(
            depot.run(&["uninstall", "0.1.1"]).failed(2),
            "Uninstall failed: Release 0.1.1 is marked current.\n"
        );
        assert_eq!(
            depot.says(&["install", "0.1.0", "--no-permanent"]),
            "Release 0.1.1 is the currently running version.\nInstalled Release: 0.1.0\n"
        );
        let script = depot.read("order");
        assert!(script.contains("pre_install_upgrade"), "{script}");
        assert!(
            script.ends_with(&format!("{{post_install_upgrade, depot, '{}', depot}}.\n", depot.node)),
            "{script}"
        );
    }
}

#[test]
fn a_version_that_is_current_can_be_made_permanent() {
    for shell in SHELLS {
        let depot = running(shell, "releases/0.1.1/depot-0.1.1.tar.gz");
        let said = depot.says_with(&[("USE_NODETOOL", "1")], &["upgrade", "--no-permanent", "0.1.1/depot"]);
        assert_eq!(
            said,
            "Release 0.1.1 not found, attempting to unpack releases/0.1.1/depot-0.1.1.tar.gz\n\
             Unpacked successfully: \"0.1.1\"\nInstalled Release: 0.1.1\n"
        );
        assert_eq!(depot.says(&["unpack", "0.1.1"]), "Release 0.1.1 is already installed and current.\n");
        assert_eq!(
            depot.says(&["install", "0.1.1"]),
            "Release 0.1.1 is already installed and current, making permanent.\nMade release permanent: \"0.1.1\"\n"
        );
        assert_eq!(
            depot.says(&["unpack", "0.1.1"]),
            "Release 0.1.1 is already installed and set permanent.\n"
        );
        // What starts the next time is the new version.
        depot.says(&["stop"]);
        shell.reads(&depot.root.join("bin/depot"));
        depot.says(&["daemon"]);
        assert_eq!(depot.says(&["rpc", "depot", "vsn"]), "\"0.1.1\"\n");
    }
}

#[test]
fn a_version_that_cannot_be_unpacked_or_installed_fails_with_relx_s_codes() {
    for shell in SHELLS {
        let depot = running(shell, "releases/depot-0.1.1.tar.gz");
        let missing = "Unpack failed: release_package_not_found\nInstalled versions:\n* 0.1.0\tpermanent\n";
        assert_eq!(depot.run(&["upgrade", "9.9"]).failed(2), missing);
        depot.file("releases/depot-8.8.tar.gz", "no tarball");
        let broken = depot.run(&["unpack", "8.8"]).failed(2);
        assert!(
            broken.starts_with("Release 8.8 not found, attempting to unpack releases/depot-8.8.tar.gz\n"),
            "{broken}"
        );
        assert!(broken.contains("Unpack failed: "), "{broken}");
        depot.says(&["unpack", "0.1.1"]);
        std::fs::remove_file(depot.root.join("releases/0.1.1/relup")).expect("removed");
        let failed = depot.run(&["upgrade", "0.1.1"]).failed(4);
        assert!(failed.contains("ERROR: release_handler:install_release failed: "), "{failed}");
        std::fs::remove_file(depot.root.join("releases/0.1.1/start.boot")).expect("removed");
        let failed = depot.run(&["upgrade", "0.1.1"]).failed(3);
        assert!(failed.contains("ERROR: release_handler:check_install_release failed: "), "{failed}");
        for arguments in [&["upgrade"][..], &["install", "--no-permanent"]] {
            let usage = format!("Missing version argument\nUsage: depot {} {{version}}\n", arguments[0]);
            assert_eq!(depot.run(arguments).failed(1), usage);
        }
        depot.says(&["uninstall", "0.1.1"]);
    }
}

#[test]
fn without_sasl_nobody_handles_versions() {
    with_each_shell(|depot| {
        depot.says(&["daemon_boot", "releases/0.1.0/start_clean", "--relx-disable-hooks"]);
        for arguments in [&["versions"][..], &["upgrade", "0.1.1", "--relx-disable-hooks"]] {
            let said = depot.run(arguments).failed(1);
            assert_eq!(said, "The release has no sasl, so nobody handles its versions.\n");
        }
    });
}

/// A release handler that answers nobody until it is told to go on.
#[test]
fn an_upgrade_may_take_five_minutes_or_what_relx_rpc_timeout_says() {
    with_each_shell(|depot| {
        depot.says(&["daemon"]);
        depot.says(&["eval", "sys:suspend(release_handler)."]);
        for command in [&["versions"][..], &["upgrade", "0.1.1"]] {
            let message = said(depot.command(command).env("RELX_RPC_TIMEOUT", "3")).failed(1);
            assert!(message.contains(&format!("no answer from {}", depot.node)), "{message}");
        }
        let versions = depot.command(&["versions"]).stdout(Stdio::piped()).spawn().expect("started");
        let asking = format!("\"{}\\0-R\\0-timeout\\x{{0}}300\"", depot.node);
        while depot.says(&["eval", &on_a_command_line(&asking)]) != "true\n" {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        depot.says(&["eval", "sys:resume(release_handler)."]);
        let output = versions.wait_with_output().expect("ended");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "Installed versions:\n* 0.1.0\tpermanent\n");
    });
}
