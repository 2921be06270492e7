//! containerd, by its own client, without Docker.

use std::process::Command;

use crate::support::docker::daemon;
use crate::support::image;
use crate::support::{run, tool};

fn ctr() -> Command {
    let mut command = tool("ctr", "containerd");
    command.arg("--address").arg(daemon().containerd_socket()).args(["--namespace", "erlrel-test"]);
    command
}

#[test]
fn containerd_imports_unpacks_and_runs_the_archive() {
    for image in image::all() {
        run(ctr().args(["images", "import"]).arg(&image.archive));
        let list = run(ctr().args(["images", "list"]));
        let line = list.lines().find(|line| line.starts_with(&format!("{} ", image.name))).expect("its name");
        assert!(line.contains(image.report["digest"].as_str().expect("a digest")), "{line}");
        let program = format!("/opt/{0}/bin/{0}", image.release);
        let container = format!("version-of-{}", image.release);
        let version = run(ctr().args(["run", "--rm", &image.name, &container, &program, "version"]));
        assert!(version.starts_with(&format!("{} ", image.release)), "{version}");
    }
}
