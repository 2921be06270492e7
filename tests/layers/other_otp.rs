//! The same in the virtual machine of another OTP: rebar3 and erlrel run in its tree, and so does what they make.

use std::path::{Path, PathBuf};

use crate::support::depot::{self, write};
use crate::support::port::free_port;
use crate::support::toolchain::{self, Toolchain};
use crate::support::{copy_dir, run, temp_dir, tool};

const REBAR_CONFIG: &str =
    r#"{relx, [{release, {depot, "VSN"}, [depot, sasl]}, {mode, prod}, {vm_args, "config/vm.args"}]}."#;

const APPUP: &str = r#"{"0.1.1", [{"0.1.0", [{load_module, depot}]}], [{"0.1.0", [{load_module, depot}]}]}."#;

/// Asks a node from its start in `$1`, over an upgrade and back, to a start in the newer version.
const SESSION: &str = r#"
    cd "$1"
    start() {
        bin/depot foreground >>log 2>&1 &
        node=$! tries=0
        until [ "$(bin/depot ping 2>/dev/null)" = pong ]; do
            tries=$((tries + 1))
            [ "$tries" -lt 600 ] || { cat log; exit 1; }
            sleep 0.1
        done
    }
    say() {
        bin/depot eval '{code:get_mode(), depot:vsn(), filename:basename(code:lib_dir(depot)), file:read_link(code:lib_dir(depot)),
            lists:prefix(code:root_dir(), code:lib_dir(depot)), element(2, application:get_key(depot, vsn))}.'
    }
    change() {
        bin/depot "$@" >>log 2>&1 || { cat log; exit 1; }
    }
    finish() {
        change stop
        wait "$node"
    }
    start
    say
    change upgrade 0.1.1
    say
    change downgrade 0.1.0
    say
    change upgrade 0.1.1
    change uninstall 0.1.0
    finish
    ls -d lib/depot*
    start
    say
    finish"#;

/// A project in a directory that the toolchain sees, with what erlrel and rebar3 make of two of its versions.
struct Depot {
    temp: tempfile::TempDir,
    toolchain: &'static Toolchain,
}

impl Depot {
    fn new(toolchain: &'static Toolchain) -> Self {
        let depot = Self { temp: temp_dir(), toolchain };
        let programs = Path::new(env!("CARGO_BIN_EXE_erlrel")).parent().expect("a folder");
        for name in ["erlrel", "erlrel-boot"] {
            std::fs::copy(programs.join(name), depot.path(name)).expect("copied");
        }
        depot.compiled("0.1.0");
        depot.erlrel(&["image", "--to", "oci:layout:1"]);
        std::fs::remove_dir_all(depot.path("project/_build/prod/lib")).expect("removed");
        write(&depot.path("project/ebin/depot.appup"), APPUP);
        depot.compiled("0.1.1");
        depot.rebar3(&["relup", "-n", "depot", "-v", "0.1.1", "-u", "0.1.0"]);
        depot.erlrel(&["tar", "--out", "depot-0.1.1.tar.gz"]);
        depot.unpack();
        depot
    }

    fn path(&self, path: &str) -> PathBuf {
        self.temp.path().join(path)
    }

    fn compiled(&self, vsn: &str) {
        write(&self.path("project/rebar.config"), REBAR_CONFIG.replace("VSN", vsn));
        depot::application(&self.path("project"), vsn);
        let node = std::process::id();
        write(
            &self.path("project/config/vm.args"),
            format!("-sname depot27_{node}@localhost\n-setcookie depot\n"),
        );
        self.rebar3(&["release"]);
    }

    fn rebar3(&self, arguments: &[&str]) {
        self.toolchain.rebar3(&self.path("project"), &[&["as", "prod"], arguments].concat());
    }

    fn erlrel(&self, arguments: &[&str]) {
        let program = self.path("erlrel").display().to_string();
        let mut erlrel = self.toolchain.command(&program, &self.path("project"));
        run(erlrel
            .args(arguments)
            .args(["--no-compile", "--quiet"])
            .env("ERLREL_CACHE_DIR", self.path("cache")));
    }

    /// What the layers hold of the release.
    fn unpack(&self) {
        for blob in std::fs::read_dir(self.path("project/layout/blobs/sha256")).expect("blobs") {
            let blob = blob.expect("a blob").path();
            if std::fs::read(&blob).expect("read").starts_with(&[0x1f, 0x8b]) {
                run(tool("tar", "tar").arg("xzf").arg(&blob).arg("-C").arg(self.temp.path()));
            }
        }
    }

    /// What a session with a copy of it says.
    fn says(&self, mode: &str) -> String {
        let copy = self.path(mode);
        copy_dir(self.path("opt/depot"), &copy);
        let next = "depot-0.1.1.tar.gz";
        std::fs::copy(self.path("project").join(next), copy.join("releases").join(next)).expect("copied");
        let mut shell = self.toolchain.command("sh", self.temp.path());
        shell.env("CODE_LOADING_MODE", mode).env("ERL_EPMD_PORT", free_port().to_string());
        run(shell.args(["-c", SESSION, "sh"]).arg(copy))
    }
}

#[test]
fn another_otp_finds_the_applications_and_upgrades_them_in_both_modes_of_loading() {
    for toolchain in toolchain::others() {
        let depot = Depot::new(toolchain);
        for mode in ["embedded", "interactive"] {
            let said = depot.says(mode);
            let expected = [
                r#"{MODE, "0.1.0", "depot-0.1.0", {ok, "depot"}, true, "0.1.0"}"#,
                r#"{MODE, "0.1.1", "depot-0.1.1", {error, einval}, true, "0.1.1"}"#,
                r#"{MODE, "0.1.0", "depot-0.1.0", {ok, "depot"}, true, "0.1.0"}"#,
                "lib/depot",
                "lib/depot-0.1.1",
                r#"{MODE, "0.1.1", "depot-0.1.1", {error, einval}, true, "0.1.1"}"#,
                "",
            ];
            assert_eq!(said, expected.join("\n").replace("MODE", mode), "{}", toolchain.name());
        }
    }
}
