//! What the tests share: the programs under test, prepared sample projects, other people's tools.

pub(crate) mod busybox;
pub(crate) mod certificate;
pub(crate) mod container;
pub(crate) mod debian;
pub(crate) mod depot;
pub(crate) mod docker;
pub(crate) mod epmd;
pub(crate) mod erlang;
pub(crate) mod gzip;
pub(crate) mod http;
pub(crate) mod image;
pub(crate) mod issuer;
pub(crate) mod port;
pub(crate) mod proxy;
pub(crate) mod random;
pub(crate) mod rebar3;
pub(crate) mod registry;
pub(crate) mod release;
pub(crate) mod said;
pub(crate) mod sample;
pub(crate) mod shop;
pub(crate) mod terminal;
pub(crate) mod toolchain;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the repository").to_path_buf()
}

/// The command under test, with nothing of the tester's environment that would decide something.
pub(crate) fn erlrel() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_erlrel"));
    for variable in DECISIVE {
        command.env_remove(variable);
    }
    command.env("ERLREL_CACHE_DIR", cache_dir());
    command
}

/// The cache of this run of the tests, in place of the tester's own.
pub(crate) fn cache_dir() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        if dir.exists() {
            std::fs::remove_dir_all(&dir).expect("the last run's cache can be removed");
        }
        dir
    })
}

/// Variables that would decide something.
const DECISIVE: [&str; 14] = [
    "SOURCE_DATE_EPOCH",
    "REBAR_PROFILE",
    "REBAR_BASE_DIR",
    "REBAR_CONFIG",
    "ERLREL_BOOT_PROGRAM",
    // Those of CI systems.
    "GITHUB_SHA",
    "GITHUB_HEAD_REF",
    "GITHUB_REF_NAME",
    "CI_COMMIT_SHA",
    "CI_COMMIT_REF_NAME",
    "CIRCLE_SHA1",
    "CIRCLE_BRANCH",
    "COMMIT_SHA",
    "BRANCH_NAME",
];

/// A tool of the machine; `package` is the Debian package that has it.
pub(crate) fn tool(program: &str, package: &str) -> Command {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|dir| dir.join(program))
        .find(|path| path.is_file());
    let path = found
        .unwrap_or_else(|| panic!("`{program}` is needed: `make setup` installs it (package {package})"));
    Command::new(path)
}

/// Runs a command to a good end and gives its stdout.
pub(crate) fn run(command: &mut Command) -> String {
    let output = output(command);
    assert!(
        output.status.success(),
        "{command:?} failed ({}):\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a command that must fail with this exit code and gives its stderr.
pub(crate) fn fails(command: &mut Command, code: i32) -> String {
    let output = output(command);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{command:?}:\n{stderr}");
    stderr
}

fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"))
}

/// A fresh directory below the build's own directory for temporary files.
pub(crate) fn temp_dir() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary directory")
}

/// Puts a program somewhere. Another test may start a process while this one writes, which then has the file open for
/// writing for a moment, and nothing can start it: so another process writes it.
pub(crate) fn put_program(path: &Path, content: impl AsRef<[u8]>) {
    let mut draft = tempfile::NamedTempFile::new().expect("a file");
    std::io::Write::write_all(&mut draft, content.as_ref()).expect("written");
    run(tool("install", "coreutils").args(["-D", "-m", "755"]).arg(draft.path()).arg(path));
}

/// Copies a directory with everything in it, links as links.
pub(crate) fn copy_dir(from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) {
    run(tool("cp", "coreutils").arg("-a").arg(from.as_ref()).arg(to.as_ref()));
}
