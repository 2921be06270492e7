//! Releases that something else has assembled: directory in, listing out.

use std::path::{Path, PathBuf};

use erlrel_core::container::{BuildOptions, ContainerOptions, plan_prebuilt};
use erlrel_core::release::{Maker, Prebuilt, read_prebuilt};
use erlrel_core::tree;

use crate::fixture::text;

const REL: &str = "{release, {\"till\", \"1.0\"}, {erts, \"13.1\"},
 [{kernel, \"8.5\"}, {till, \"1.0\"}, {till_web, \"1.0\", load}, {cowlib, \"2.1\"}]}.
";

const SCRIPT: &str = "#!/bin/sh\n# foreground\n";

struct Release(tempfile::TempDir);

impl Release {
    fn new() -> Self {
        let release = Self(tempfile::tempdir().expect("a temporary directory"));
        release.write("releases/start_erl.data", "13.1 1.0");
        release.write("releases/1.0/till.rel", REL);
        release.write("releases/1.0/start_clean.rel", REL.replace("\"till\"", "\"start_clean\""));
        release.write("bin/till", SCRIPT);
        release.write("erts-13.1/bin/beam.smp", std::fs::read("/proc/self/exe").expect("read"));
        for app in ["kernel-8.5", "till-1.0", "till_web-1.0", "cowlib-2.1"] {
            release.write(&format!("lib/{app}/ebin/x.app"), "");
        }
        release
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, content).expect("written");
    }

    /// Packs it into a file in `dir`.
    fn tarball(&self, dir: &Path) -> PathBuf {
        let path = dir.join("till.tar");
        let mut builder = tar::Builder::new(std::fs::File::create(&path).expect("created"));
        builder.append_dir_all("", self.0.path()).expect("packed");
        builder.into_inner().expect("packed");
        path
    }

    fn read(&self) -> Prebuilt {
        read_prebuilt(self.0.path(), &PathBuf::from("/nowhere")).expect("a release")
    }

    fn listing(&self) -> String {
        let files = |line: &&str| !line.ends_with('/');
        tree::listing(&self.read().tree).lines().filter(files).collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn groups_come_from_names_and_versions() {
    insta::assert_snapshot!(Release::new().listing(), @r"
    0644 release bin/till
    0644 erts erts-13.1/bin/beam.smp
    0644 dependency:cowlib lib/cowlib-2.1/ebin/x.app
    0644 otp lib/kernel-8.5/ebin/x.app
    0644 project:till lib/till-1.0/ebin/x.app
    0644 project:till_web lib/till_web-1.0/ebin/x.app
    0644 release releases/1.0/start_clean.rel
    0644 release releases/1.0/till.rel
    0644 release releases/start_erl.data
    ");
}

#[test]
fn what_belongs_to_no_image_is_left_out() {
    let release = Release::new();
    release.write("releases/1.0/vm.args.src", "-sname till");
    let before = release.listing();
    for path in [
        "releases/1.0/vm.args",
        "log/erlang.log.1",
        "tmp/till.runtime.config",
        "erl_crash.dump",
        "till-1.0.tar.gz",
        "lib/till-0.9/ebin/x.app",
        ".erlrel-ln1UL8/aside/lib/till-1.0/ebin/x.app",
        ".erlrel-Xk0aPb",
    ] {
        release.write(path, "secret");
    }
    assert_eq!(release.listing(), before);
    for path in ["releases/1.0/sys.config", "lib/other-1.0/data", "data/till-1.0.tar.gz", "releases/COOKIE"] {
        release.write(path, "");
        assert!(release.listing().contains(path), "{path}");
    }
}

#[test]
fn the_start_script_tells_who_made_the_release() {
    let maker = |script: &str| {
        let release = Release::new();
        release.write("bin/till", script);
        let read = release.read();
        (read.maker, read.interpreter)
    };
    let sh = Some("/bin/sh".to_string());
    assert_eq!(maker("#!/bin/sh\ncase $1 in foreground)"), (Maker::Relx, sh.clone()));
    assert_eq!(maker("#! /bin/sh -e\nexec $BINDIR/erlexec \"$@\""), (Maker::RelxShort, sh.clone()));
    assert_eq!(maker("#!/bin/sh\n"), (Maker::Unknown, sh));
    assert_eq!(maker("\u{7f}ELF"), (Maker::Unknown, None));
    let release = Release::new();
    for path in ["releases/1.0/env.sh", "releases/1.0/elixir", "releases/COOKIE"] {
        release.write(path, "");
    }
    assert_eq!(release.read().maker, Maker::Mix);
    assert!(!release.listing().contains("COOKIE"));
}

#[test]
fn the_contents_of_a_tarball_are_there_as_long_as_the_release_is() {
    let (release, scratch) = (Release::new(), tempfile::tempdir().expect("a temporary directory"));
    let read = read_prebuilt(&release.tarball(scratch.path()), scratch.path()).expect("a release");
    assert_eq!(tree::listing(&read.tree), tree::listing(&release.read().tree));
    let copy = read.clone();
    drop(read);
    assert_eq!(count(scratch.path()), 2);
    drop(copy);
    assert_eq!(count(scratch.path()), 1);
}

/// Where nobody sees to it that the release lives as long as its plan.
#[test]
fn the_contents_of_a_tarball_are_there_as_long_as_a_plan_is() {
    let (release, scratch) = (Release::new(), tempfile::tempdir().expect("a temporary directory"));
    let prebuilt = read_prebuilt(&release.tarball(scratch.path()), scratch.path()).expect("a release");
    let scratch_dir = scratch.path().to_path_buf();
    let build = BuildOptions::new(scratch_dir, &());
    let plan = plan_prebuilt(&prebuilt, &ContainerOptions::default(), &build).expect("a plan");
    drop(prebuilt);
    assert_eq!(text(&plan.tree, "opt/till/bin/till"), SCRIPT);
    drop(plan);
    assert_eq!(count(scratch.path()), 1);
}

fn count(dir: &Path) -> usize {
    std::fs::read_dir(dir).expect("listed").count()
}
