//! Releases with other OTP releases than this machine's, each with the rebar3 and relx of its Debian suite.

use std::path::{Path, PathBuf};

use crate::relx_parity::{
    Comparison, Pair, assert_same_boot_files, assert_same_contents, assert_same_modes, assert_same_paths,
    directory_pair, tarball_pair,
};
use crate::support::port::free_port;
use crate::support::{erlrel, fails, run, sample, temp_dir, tool, toolchain};
use crate::systools_parity::assert_same_as_systools;

#[test]
fn a_tarball_of_another_otp_is_the_one_that_its_relx_makes() {
    let pairs: Vec<Pair> = sample::all_by_others().iter().map(tarball_pair).collect();
    pairs.iter().for_each(assert_same_paths);
    pairs.iter().for_each(assert_same_boot_files);
    for pair in pairs.chunks(1) {
        assert!(assert_same_contents(pair)[&Comparison::Beam] > 190);
    }
    assert_same_modes(&pairs);
}

#[test]
fn a_release_directory_of_another_otp_is_the_one_that_its_relx_makes() {
    let pairs: Vec<Pair> = sample::all_by_others().iter().map(directory_pair).collect();
    pairs.iter().for_each(assert_same_paths);
    for pair in pairs.chunks(1) {
        assert!(assert_same_contents(pair)[&Comparison::Beam] > 190);
    }
    assert_same_modes(&pairs);
}

#[test]
fn generated_applications_get_the_boot_files_of_the_systools_of_another_otp() {
    toolchain::others().iter().for_each(|toolchain| assert_same_as_systools(toolchain));
}

/// The start script is run there too: the suite has its own shell and tools.
#[test]
fn a_tarball_of_another_otp_starts_in_its_tree() {
    for sample in sample::all_by_others().iter().filter(|sample| sample.name == "hello") {
        let temp = temp_dir();
        let tarball = temp.path().join("hello.tar.gz");
        run(erlrel()
            .arg("tar")
            .arg(&sample.dir)
            .args(sample.otp())
            .args(["--no-compile", "--out"])
            .arg(&tarball));
        run(tool("tar", "tar").args(["-xzf", "hello.tar.gz"]).current_dir(temp.path()));
        let session = r#"bin/hello foreground >log 2>&1 &
            tries=0
            until bin/hello ping >answer 2>&1; do
                tries=$((tries + 1))
                [ "$tries" -lt 300 ] || { cat log; exit 1; }
                sleep 0.1
            done
            cat answer
            bin/hello eval 'erlang:system_info(otp_release).'
            bin/hello stop
            wait $!"#;
        let mut shell = sample.toolchain.command("sh", temp.path());
        // A port of its own for each, as both see the same network.
        shell.env("ERL_EPMD_PORT", free_port().to_string()).env("PORT", free_port().to_string());
        shell.args(["-c", session]);
        let said = run(&mut shell);
        let release = std::fs::read_to_string(sample.toolchain.otp().join("releases/start_erl.data"));
        let release = release.expect("read").split_whitespace().nth(1).expect("a number").to_string();
        assert_eq!(said.lines().next(), Some("pong"), "{said}");
        assert!(said.contains(&format!("{release:?}")), "{said}");
    }
}

/// The dynamic loader of this machine says whether its libraries are new enough for the suite's virtual machine.
#[test]
fn an_image_for_which_this_machine_s_libraries_are_too_old_is_refused() {
    for sample in sample::all_by_others().iter().filter(|sample| sample.name == "hello") {
        let temp = temp_dir();
        let loaded =
            tool("ldd", "libc-bin").arg(emulator(&sample.toolchain.otp())).output().expect("started");
        let is_too_old = String::from_utf8_lossy(&loaded.stderr).contains("not found (required by")
            || String::from_utf8_lossy(&loaded.stdout).contains("not found (required by");
        let mut image = erlrel();
        image.args(["image", "--no-compile", "--to", "oci:image"]).args(sample.otp());
        image.arg(&sample.dir).current_dir(temp.path());
        if !is_too_old {
            run(&mut image);
            continue;
        }
        let message = fails(&mut image, 1);
        assert!(message.contains("bin/beam.smp` needs `"), "{message}");
        assert!(message.contains("which this machine's does not have: compile it here"), "{message}");
        assert!(!temp.path().join("image").exists());
    }
}

fn emulator(otp: &Path) -> PathBuf {
    let entries = std::fs::read_dir(otp).expect("listed").map(|entry| entry.expect("an entry").path());
    entries.map(|dir| dir.join("bin/beam.smp")).find(|path| path.is_file()).expect("an emulator")
}
