//! The project whose release is installed: one application, with a hook in each phase and some extensions.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub(crate) use crate::support::depot::write;
use crate::support::depot::{self, rebar3};
use crate::support::{erlrel, run, tool};

/// The hooks, extensions and files that both relx and erlrel put into the release.
const REBAR_CONFIG: &str = r#"{relx, [{release, {depot, "VSN"}, [depot, sasl]},
  {mode, prod},
  {sys_config, "config/sys.config"},
  {vm_args, "config/vm.args"},
  {extended_start_script_hooks, [
    {pre_start, [{custom, "hooks/pre_start"}]},
    {post_start, [wait_for_vm_start, {pid, "$REL_NAME.pid"}, {wait_for_process, depot_sup}, {custom, "hooks/post_start"}]},
    {pre_stop, [{custom, "hooks/pre_stop"}]},
    {post_stop, [{custom, "hooks/post_stop"}]},
    {pre_install_upgrade, [{custom, "hooks/pre_install_upgrade"}]},
    {post_install_upgrade, [{custom, "hooks/post_install_upgrade"}]},
    {status, [{custom, "hooks/status"}]}]},
  {extended_start_script_extensions, [
    {bar, "extensions/bar"}, {foo, "extensions/foo"}, {baz, "extensions/baz"}, {show, "extensions/show"}]},
  {overlay, [{copy, "hooks/*", "bin/hooks/"}, {copy, "extensions/*", "bin/extensions/"}, {copy, "greet", "bin/greet"}]}]}.
"#;

const APPUP: &str = r#"{"0.1.1", [{"0.1.0", [{load_module, depot}]}], [{"0.1.0", [{load_module, depot}]}]}."#;

/// What the hooks of relx's own tests do: they leave a line with what they know.
const PHASES: [&str; 6] =
    ["pre_start", "post_start", "pre_stop", "post_stop", "pre_install_upgrade", "post_install_upgrade"];

const EXTENSIONS: [(&str, &str); 4] = [
    ("bar", "echo \"{bar, $REL_NAME, '$NAME', $COOKIE, $*}.\"\nexit 0\n"),
    ("foo", "echo \"teststring $1\"\nexit 42\n"),
    ("baz", "echo teststring\n"),
    ("show", "cat \"$RELX_CONFIG_PATH\"\nexit 0\n"),
];

/// What is built of it once, for all tests.
#[derive(Debug)]
pub(crate) struct Built {
    /// The project, at 0.1.1.
    pub(crate) project: PathBuf,
    /// Where the tarball of 0.1.0 is unpacked. Tests do not change it.
    pub(crate) unpacked: PathBuf,
    /// The release of 0.1.0 as an image has it. Tests do not change it.
    pub(crate) imaged: PathBuf,
    /// The tarballs of 0.1.0 and 0.1.1; the latter has the relup that rebar3 made.
    pub(crate) tarballs: [PathBuf; 2],
    /// The release directory of 0.1.1 with the minimal script, linked for development.
    pub(crate) minimal: PathBuf,
    /// relx's own start script for 0.1.0.
    pub(crate) relx_script: PathBuf,
}

pub(crate) fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(build)
}

/// rebar3 compiles both versions and makes the relup; erlrel makes the tarballs.
fn build() -> Built {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("depot");
    if dir.exists() {
        std::fs::remove_dir_all(&dir).expect("the last run's project can be removed");
    }
    write_project(&dir, "0.1.0");
    rebar3(&dir, &["release"]);
    let first = tarball(&dir, "0.1.0");
    let imaged = imaged(&dir);
    let relx_script = dir.join("_build/prod/rel/depot/bin/depot-0.1.0");
    // Times of one second are equal for rebar3.
    std::fs::remove_dir_all(dir.join("_build/prod/lib")).expect("removed");
    write_project(&dir, "0.1.1");
    write(&dir.join("ebin/depot.appup"), APPUP);
    rebar3(&dir, &["release"]);
    rebar3(&dir, &["relup", "-n", "depot", "-v", "0.1.1", "-u", "0.1.0"]);
    let second = tarball(&dir, "0.1.1");
    let unpacked = dir.join("unpacked");
    unpack(&first, &unpacked);
    let minimal = minimal(&dir);
    write_project(&dir, "0.1.1");
    Built { project: dir, unpacked, imaged, tarballs: [first, second], minimal, relx_script }
}

fn minimal(dir: &Path) -> PathBuf {
    let config = std::fs::read_to_string(dir.join("rebar.config")).expect("a configuration");
    write(
        &dir.join("rebar.config"),
        config.replace("{mode, prod}", "{mode, dev}, {extended_start_script, false}"),
    );
    let out = dir.join("minimal");
    run(erlrel().arg("release").arg(dir).args(["--no-compile", "--quiet", "--out"]).arg(&out));
    out
}

fn write_project(dir: &Path, vsn: &str) {
    let file = |path: &str, text: &str| write(&dir.join(path), text.replace("VSN", vsn));
    file("rebar.config", REBAR_CONFIG);
    depot::application(dir, vsn);
    file("config/sys.config", "[{depot, [{var1, \"${VAR1}\"}]}].\n");
    file("config/vm.args", "-sname depot@localhost\n-setcookie depot\n");
    file(
        "greet",
        "#!/usr/bin/env escript\nmain(Words) -> io:format(\"~p ~s~n\", [Words, os:getenv(\"REL_NAME\")]).\n",
    );
    for phase in PHASES {
        let text = format!("echo \"{{{phase}, $REL_NAME, '$NAME', $COOKIE}}.\" >>order\n");
        file(&format!("hooks/{phase}"), &text);
    }
    file("hooks/status", "echo \"{status, $REL_NAME, '$NAME', $COOKIE}.\"\n");
    for (name, text) in EXTENSIONS {
        file(&format!("extensions/{name}"), text);
    }
}

fn tarball(dir: &Path, vsn: &str) -> PathBuf {
    let out = dir.join(format!("depot-{vsn}.tar.gz"));
    run(erlrel().arg("tar").arg(dir).args(["--no-compile", "--quiet", "--out"]).arg(&out));
    out
}

/// Makes an image, and unpacks what of its layers is the release.
fn imaged(dir: &Path) -> PathBuf {
    let (layout, root) = (dir.join("layout"), dir.join("imaged"));
    let to = format!("oci:{}:1.0", layout.display());
    run(erlrel().arg("image").arg(dir).args(["--no-compile", "--quiet", "--shell", "--to", &to]));
    std::fs::create_dir_all(&root).expect("created");
    for blob in std::fs::read_dir(layout.join("blobs/sha256")).expect("blobs") {
        let blob = blob.expect("a blob").path();
        if std::fs::read(&blob).expect("read").starts_with(&[0x1f, 0x8b]) {
            unpack(&blob, &root);
        }
    }
    root.join("opt/depot")
}

pub(crate) fn unpack(tarball: &Path, dir: &Path) {
    std::fs::create_dir_all(dir).expect("created");
    run(tool("tar", "tar").arg("xzf").arg(tarball).arg("-C").arg(dir));
}
