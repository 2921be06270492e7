//! A release of a few files, for tests that need no running service.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::support::{erlrel, fails, image, run, temp_dir, tool};

/// A directory with a release in it that could be started by nobody, but looks as if.
pub(super) struct SmallRelease {
    temp: tempfile::TempDir,
}

const REL: &str = "{release, {\"till\", \"1.0\"}, {erts, \"13.1\"},
 [{kernel, \"8.5\"}, {till, \"1.0\"}, {till_web, \"1.0\", load}, {cowlib, \"2.1\"}]}.
";

impl SmallRelease {
    pub(super) fn new() -> Self {
        let release = Self { temp: temp_dir() };
        release.write("rel/releases/start_erl.data", "13.1 1.0");
        release.write("rel/releases/1.0/till.rel", REL);
        release.write("rel/bin/till", "#!/bin/sh\n# foreground\n");
        release.write("rel/erts-13.1/bin/beam.smp", std::fs::read("/bin/true").expect("read"));
        for app in ["kernel-8.5", "till-1.0", "till-0.9", "till_web-1.0", "cowlib-2.1"] {
            release.write(&format!("rel/lib/{app}/ebin/{app}.app"), app);
        }
        release
    }

    pub(super) fn rel(&self) -> PathBuf {
        self.path("rel")
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.temp.path().join(path)
    }

    pub(super) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, content).expect("written");
    }

    pub(super) fn remove(&self, path: &str) {
        let path = self.path(path);
        if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }
            .expect("removed");
    }

    /// `erlrel ARGUMENT…` in the folder that has the release in `rel`, the arguments separated by blanks.
    pub(super) fn erlrel(&self, arguments: &str) -> Command {
        let mut command = erlrel();
        command.args(arguments.split_whitespace()).current_dir(self.temp.path());
        command
    }

    /// What `erlrel image --from` says that must fail.
    pub(super) fn error(&self, from: &str) -> String {
        fails(&mut self.erlrel(&format!("image --from {from}")), 1).trim_end().into()
    }
}

fn digest(command: &mut Command) -> String {
    run(command).lines().next().expect("a digest").into()
}

#[test]
fn the_same_release_gives_the_same_digest_wherever_and_however_it_lies() {
    let (one, other) = (SmallRelease::new(), SmallRelease::new());
    run(tool("chmod", "coreutils").args(["-R", "g+w,o-r"]).arg(other.rel()));
    run(tool("touch", "coreutils").args(["--date", "2001-01-01"]).arg(other.path("rel/bin/till")));
    let tar = |compression: &str, name: &str| {
        let mut tar = tool("tar", "tar");
        run(tar.arg(compression).arg(other.path(name)).arg("-C").arg(other.rel()).arg("."));
        digest(&mut other.erlrel(&format!("image --from {name}")))
    };
    let expected = digest(&mut one.erlrel("image --from rel"));
    assert_eq!(tar("-czf", "till.tar.gz"), expected);
    assert_eq!(tar("-cf", "till.tar"), expected);
}

#[test]
fn the_image_is_put_into_the_current_folder() {
    let release = SmallRelease::new();
    let said = run(&mut release.erlrel("image --from rel"));
    assert!(said.contains("archive:till-1.0.image.tar") && said.contains(" till:1.0\n"), "{said}");
    assert!(release.path("till-1.0.image.tar").is_file());
}

#[test]
fn the_plan_says_what_is_known() {
    let release = SmallRelease::new();
    let plan = run(release.erlrel("plan --from rel").env("PATH", "/without/erlang/and/rebar3"));
    let known = plan.split("\n\nlayer").next().expect("a part").replace("linux/arm64", "linux/amd64");
    insta::assert_snapshot!(known, @r"
    release    till 1.0 (from rel, made by relx)
    erlang     ERTS 13.1, linux/amd64
    base       scratch

    application                  version              origin      start
    kernel                       8.5                  otp         permanent
    till                         1.0                  project     permanent
    till_web                     1.0                  project     load
    cowlib                       2.1                  dependency  permanent
    ");
    let json: Value =
        serde_json::from_str(&run(&mut release.erlrel("plan --from rel --json"))).expect("JSON");
    assert_eq!(json["release"]["maker"], "relx");
    assert_eq!(json["applications"][3]["origin"], "dependency");
}

#[test]
fn the_current_folder_says_what_the_image_is_like() {
    let release = SmallRelease::new();
    release.write(
        "rebar.config",
        "{profiles, [{prod, [{erlrel, [{env, [{\"TILL\", \"7\"}]}, {cmd, [\"console\"]}]}]}]}.\n",
    );
    run(&mut release.erlrel("image --from rel --to oci:layout"));
    let config = config(&release);
    assert_eq!(config["config"]["Cmd"], serde_json::json!(["console"]));
    let env = config["config"]["Env"].as_array().expect("a list");
    assert!(env.contains(&"TILL=7".into()) && env.contains(&"RELX_OUT_FILE_PATH=/tmp".into()), "{env:?}");
}

/// relx's `{extended_start_script, false}`: all arguments are the virtual machine's.
#[test]
fn the_short_start_script_is_started_without_an_erlang_shell() {
    let release = SmallRelease::new();
    release.write("rel/bin/till", "#!/bin/sh\nexec \"$BINDIR/erlexec\" \"$@\"\n");
    run(&mut release.erlrel("image --from rel --to oci:layout"));
    let config = config(&release);
    assert_eq!(config["config"]["Entrypoint"], serde_json::json!(["/opt/till/bin/till"]));
    assert_eq!(config["config"]["Cmd"], serde_json::json!(["-noinput", "+Bd"]));
}

#[test]
fn a_script_in_the_current_folder_is_no_obstacle_where_there_is_no_erlang() {
    let release = SmallRelease::new();
    release.write("rebar.config", "{erlrel, [{env, [{\"TILL\", \"7\"}]}]}.\n");
    release.write("rebar.config.script", "CONFIG.\n");
    insta::assert_snapshot!(stderr(&mut release.erlrel("plan --from rel")), @"");
    let mut without_erlang = release.erlrel("plan --from rel");
    insta::assert_snapshot!(stderr(without_erlang.env("PATH", "/nowhere")), @"warning: `rebar.config.script` must be evaluated by Erlang, and there is no `erl` in PATH; its key `erlrel` is not read");
}

/// The configuration of the only image in `layout`.
fn config(release: &SmallRelease) -> Value {
    let index = image::json(&release.path("layout/index.json"));
    let json = |digest: &Value| {
        image::json(&image::blob(&release.path("layout"), digest.as_str().expect("a digest")))
    };
    json(&json(&index["manifests"][0]["digest"])["config"]["digest"])
}

/// What a command that ends well says of its work.
fn stderr(command: &mut Command) -> String {
    let output = command.output().expect("started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stderr).expect("UTF-8")
}
