//! The configuration of a release as its start program hands it to the virtual machine, or refuses it before.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::toolchain::{Toolchain, trixie};
use crate::support::{fails, put_program, run, temp_dir};

/// A release `tiny` whose runtime system is a script that prints its arguments and its home.
struct Release {
    temp: tempfile::TempDir,
}

const ERLEXEC: &str = "#!/bin/sh\necho \"home $HOME\"\nfor argument; do echo \"$argument\"; done\n";

impl Release {
    fn new(erts: &str) -> Self {
        let release = Self { temp: temp_dir() };
        release.write("releases/start_erl.data", format!("{erts} 1\n"));
        release.write("releases/1/tiny.rel", "");
        put_program(&release.path(&format!("erts-{erts}/bin/erlexec")), ERLEXEC);
        fs::create_dir(release.path("bin")).expect("created");
        fs::hard_link(env!("CARGO_BIN_EXE_erlrel-boot"), release.path("bin/tiny")).expect("linked");
        release
    }

    fn path(&self, path: &str) -> PathBuf {
        self.temp.path().join(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("created");
        fs::write(path, text).expect("written");
    }

    /// `foreground`, with these variables and few others.
    fn start(&self, variables: &[(&str, &str)]) -> Command {
        self.command("foreground", variables)
    }

    fn command(&self, word: &str, variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(self.path("bin/tiny"));
        command.arg(word).env_clear().env("PATH", "/usr/bin:/bin");
        command.env("HOME", self.temp.path()).envs(variables.iter().copied());
        command
    }

    /// What a start says that must fail, without the directory.
    fn refuses(&self, variables: &[(&str, &str)]) -> String {
        fails(&mut self.start(variables), 1).replace(&self.temp.path().display().to_string(), "ROOT")
    }
}

/// Texts and whether they are told to be wrong before the VM starts, where the VM refuses them.
const TEXTS: &[(&str, bool)] = &[
    ("[].", true),
    ("\"\".", true),
    ("", true),
    ("[{shop, [{a, 1}]}]", true),
    ("[{shop, [{a, 1}]}].x", true),
    ("[{shop, [{a, 1}]}]. x", true),
    ("[{shop, [{a, 1}]}].\n[].", true),
    ("[{shop, [{a, 1}]}].%c", true),
    ("[{shop, [{a, 1}]}]. % comment", true),
    ("{shop, []}.", true),
    ("shop.", true),
    ("[shop].", true),
    ("[1].", true),
    ("[{shop}].", true),
    ("[{shop, [], x}].", true),
    ("[{\"shop\", []}].", true),
    ("[{shop, x}].", true),
    ("[{shop, \"x\"}].", true),
    ("[{shop, \"\"}].", true),
    ("[{shop, #{a => 1}}].", true),
    ("[{shop, [{a, 1} | b]}].", true),
    ("[{shop, []} | shop].", true),
    ("[{shop, [{a, 1}, b]}].", true),
    ("[{shop, [{\"a\", 1}]}].", true),
    ("[{shop, [{a, 1, 2}]}].", true),
    ("[{shop, [{a, 1}, {a, 1}]}].", true),
    ("[{kernel, [{a, 1}, {a, 1}]}].", true),
    ("[{shop, [{a, 1}]}, {shop, [{a, 2}]}].", true),
    ("[{shop, [{'a b', 1}]}].", true),
    ("[{kernel, [{distributed, x}]}].", false),
    ("[{kernel, [{distributed, [{a, [b]}]}]}].", true),
    ("[\"other.config\"].", true),
    ("[\"other\", {shop, [{a, 3}]}].", true),
    ("[\"./other\"].", true),
    ("[\"absent\"].", true),
    ("[\"broken\"].", true),
    ("[\"nested\"].", true),
    ("[\"twice\"].", true),
    ("[\"\"].", true),
    ("[[]].", true),
    ("[[\"other\"]].", true),
    ("[[111, 116, 104, 101, 114]].", true),
    ("[[{shop, []}]].", false),
    ("[<<\"other\">>].", true),
    ("[{shop, [{a, <<1:3>>}]}].", true),
    ("[{shop, [{a, <<\"ab\":16>>}]}].", true),
    ("[{shop, [{a, <<1:16/little>>}]}].", true),
    ("[{shop, [{a, <<1.5/float>>}]}].", true),
    ("[{shop, [{a, <<-1>>}]}].", true),
    ("[{shop, [{a, << <<1>>/binary >>}]}].", true),
    ("[{shop, [{a, <<1}]}].", true),
    ("[{shop, [{a, <<1, b>>}]}].", false),
    ("[{shop, [{a, \"\\^@\\^[\"}]}].", true),
    ("[{shop, [{a, 16#1.8}]}].", false),
    ("[{shop, [{a, fun lists:map/2}]}].", true),
    ("[{shop, [{a, fun map/2}]}].", true),
    ("[{shop, [{a, #{b => 1, b => 2}}]}].", true),
    ("[{shop, [{a, #shop{}}]}].", true),
    ("[{shop, [{a, 1 + 1}]}].", true),
    ("[{shop, [{a, - 1}]}].", true),
    ("[{shop, [{a, - - 1}]}].", true),
    ("[{shop, [{a, (1)}]}].", true),
    ("[{shop, [{a, Variable}]}].", true),
    ("[{shop, [{a, _}]}].", true),
    ("[{shop, [{a, 'open}]}].", true),
    ("[{shop, [{a, \"open}]}].", true),
    ("[{shop, [{a, \"\\q\\x{17c}\\377\"}]}].", true),
    ("[{shop, [{a, $a}, {b, $\\n}, {c, $ }]}].", true),
    ("[{shop, [{a, 1.0e400}]}].", true),
    ("[{shop, [{a, 1_000}, {b, 36#zz}]}].", true),
    ("[{shop, [{a, 37#zz}]}].", true),
    ("[{shop, [{a, case}]}].", true),
    ("[{shop, [{a, maybe}]}].", true),
    ("[{shop, [{a, żółw}]}].", true),
    ("[{shop, [{a, \"żółw\"}]}].", true),
    ("[{shop, [{a, 1},]}].", true),
    ("[{shop, [{a, 1}}].", true),
    ("\u{feff}[].", true),
];

/// Beside each of them.
const OTHERS: [(&str, &str); 4] = [
    ("other.config", "[{shop, [{a, 1}]}].\n"),
    ("broken.config", "[{shop, [{a, 1}\n"),
    ("nested.config", "[\"other\"].\n"),
    ("twice.config", "[]. [].\n"),
];

/// Which of the directories `0`, `1`, … below `dir` have a `sys.config` with which this VM starts.
fn taken(toolchain: &Toolchain, dir: &Path) -> Vec<bool> {
    let script = r#"
        export ERL_CRASH_DUMP_SECONDS=0
        for each in $(seq 0 "$1"); do
            cd "$each"
            set -- "$1" -noinput +S 1:1 -boot no_dot_erlang -config ./sys.config -eval 'halt(0).'
            count=$1; shift
            if timeout -s KILL 60 erl "$@" </dev/null >/dev/null 2>&1; then echo true; else echo false; fi
            set -- "$count"
            cd ..
        done"#;
    let last = (TEXTS.len() - 1).to_string();
    let said = run(toolchain.command("sh", dir).args(["-c", script, "sh", &last]));
    said.lines().map(|line| line == "true").collect()
}

fn compare(toolchain: &Toolchain, erts: &str) {
    let dir = temp_dir();
    let release = Release::new(erts);
    for (number, (text, _)) in TEXTS.iter().enumerate() {
        let place = dir.path().join(number.to_string());
        fs::create_dir(&place).expect("created");
        fs::write(place.join("sys.config"), text).expect("written");
        for (name, content) in OTHERS {
            fs::write(place.join(name), content).expect("written");
        }
    }
    let taken = taken(toolchain, dir.path());
    assert_eq!(taken.len(), TEXTS.len());
    let mut wrong = Vec::new();
    for (number, ((text, is_told), taken)) in TEXTS.iter().zip(&taken).enumerate() {
        let path = dir.path().join(number.to_string()).join("sys.config");
        let mut start = release.start(&[("RELX_CONFIG_PATH", path.to_str().expect("UTF-8"))]);
        let passed = start.output().expect("started").status.success();
        if passed != (*taken || !is_told) {
            wrong.push(format!("{text}: taken by the VM {taken}, passed on to it {passed}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let refused = taken.iter().filter(|taken| !**taken).count();
    assert!(refused * 3 > taken.len() && refused * 3 < taken.len() * 2, "{refused} refused");
}

#[test]
fn what_the_virtual_machine_refuses_is_refused_before_it_starts_and_nothing_else() {
    compare(&Toolchain::Machine, "13.1.5");
}

#[test]
fn what_the_virtual_machine_of_otp_27_refuses_is_refused_before_it_starts_and_nothing_else() {
    compare(trixie(), "15.2.7");
}

#[test]
fn a_rendered_configuration_that_is_no_term_is_told_by_its_template_and_without_the_values() {
    let release = Release::new("13.1.5");
    release.write("releases/1/sys.config.src", "[{shop,\n  [{port, ${PORT}},\n   {key, ${KEY:-none}}]}].\n");
    let variables = [("PORT", "80\n\n"), ("KEY", "s3cret s3cret")];
    insta::assert_snapshot!(release.refuses(&variables), @"
    erlrel-boot: error: the VM would not start with this configuration:
    ROOT/releases/1/sys.config.src:3:10: with the value of KEY this is not what the VM reads
      |
    3 |    {key, ${KEY:-none}}]}].
      |          ^^^^^^^^^^^^
    substituted on this line: KEY
    erlrel-boot: hint: correct the file, or the values of these variables
    ");
    assert!(!release.path("releases/1/sys.config").exists(), "nothing is written");
    assert!(!release.path("erl_crash.dump").exists());
    insta::assert_snapshot!(release.refuses(&[("PORT", "80\n"), ("KEY", "a}}")]), @"
    erlrel-boot: error: the VM would not start with this configuration:
    ROOT/releases/1/sys.config.src:3:10: with the value of KEY this is not what the VM reads
      |
    3 |    {key, ${KEY:-none}}]}].
      |          ^^^^^^^^^^^^
    substituted on this line: KEY
    erlrel-boot: hint: correct the file, or the values of these variables
    ");
}

#[test]
fn strict_env_names_all_missing_variables_at_once() {
    let release = Release::new("13.1.5");
    release.write("releases/1/sys.config.src", "[{shop, [{port, ${PORT}},\n {host, \"${HOST}\"}]}].\n");
    release
        .write("releases/1/vm.args.src", "-sname ${NODE}\n-setcookie ${COOKIE:-c}\n+P ${PORT} +Q ${PORT}\n");
    insta::assert_snapshot!(release.refuses(&[("ERLREL_STRICT_ENV", "1"), ("HOST", "h")]), @"
    erlrel-boot: error: these variables have neither a value nor a default:
      NODE (ROOT/releases/1/vm.args.src:1)
      PORT (ROOT/releases/1/vm.args.src:3)
      PORT (ROOT/releases/1/sys.config.src:1)
    erlrel-boot: hint: set them, give them defaults (`${VARIABLE:-default}`), or unset ERLREL_STRICT_ENV
    ");
    run(&mut release.start(&[("ERLREL_STRICT_ENV", "1"), ("HOST", "h"), ("NODE", "n"), ("PORT", "1")]));
    release.write("releases/1/sys.config.src", "[{shop, [{port, \"${PORT}\"}]}].\n");
    for off in ["", "0", "false"] {
        run(&mut release.start(&[("ERLREL_STRICT_ENV", off)]));
    }
}

/// A user that owns nothing.
const STRANGER: u32 = 12345;

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("changed");
}

#[test]
fn a_file_of_another_user_in_the_way_of_a_rendered_one_is_told_with_its_owner() {
    let release = Release::new("13.1.5");
    release.write("releases/1/vm.args.src", "+P ${PORTS:-1024}\n");
    release.write("out/vm.args", "");
    mode(release.temp.path(), 0o755);
    mode(&release.path("out"), 0o1777);
    let out = release.path("out");
    let mut start = release.start(&[("RELX_OUT_FILE_PATH", out.to_str().expect("UTF-8"))]);
    let said = fails(start.uid(STRANGER).gid(STRANGER), 1);
    insta::assert_snapshot!(said.replace(&release.temp.path().display().to_string(), "ROOT"), @"
    erlrel-boot: error: cannot write ROOT/out/vm.args, which is rendered from ROOT/releases/1/vm.args.src: the file there belongs to the user 0, and this is the user 12345
    erlrel-boot: hint: remove ROOT/out/vm.args, or let RELX_OUT_FILE_PATH name a directory of this user's own
    ");
    assert_eq!(fs::read_dir(&out).expect("read").count(), 1, "nothing is left aside");
    chown(release.path("out/vm.args"), Some(STRANGER), Some(STRANGER)).expect("given away");
    mode(&out, 0o755);
    let said = fails(start.uid(STRANGER).gid(STRANGER), 1);
    assert!(said.contains("out may not be written to by the user 12345"), "{said}");
}

#[test]
fn a_fifo_in_the_place_of_a_file_is_not_waited_for() {
    let release = Release::new("13.1.5");
    let fifo = |path: &str| mknodat(CWD, release.path(path), FileType::Fifo, Mode::RWXU, 0).expect("made");
    fifo("fifo");
    release.write("releases/1/vm.args", "-sname a\n-args_file fifo\n");
    let mut ping = release.command("ping", &[("RELX_COOKIE", "c")]);
    let said = fails(&mut ping, 3);
    assert!(said.contains("includes by -args_file: it is no regular file"), "{said}");
    let path = release.path("fifo");
    let named = [("VMARGS_PATH", path.to_str().expect("UTF-8"))];
    assert!(release.refuses(&named).contains("ROOT/fifo, named by VMARGS_PATH, is no regular file"));
}

/// Where a start as root keeps the cookie of its node, with `out` as the directory for files.
const KEPT: &str = "out/.tiny-home-0/erlang/.erlang.cookie";

#[test]
fn the_end_of_line_of_a_secret_is_no_part_of_the_cookie() {
    let release = Release::new("13.1.5");
    release.write("releases/1/vm.args.src", "-sname a\n# ${RELX_COOKIE:-none}.\n");
    release.write("out/place", "");
    let out = release.path("out").display().to_string();
    run(&mut release.start(&[("RELX_COOKIE", "\ts3cret\r\n"), ("RELX_OUT_FILE_PATH", &out)]));
    assert_eq!(fs::read_to_string(release.path(KEPT)).expect("kept"), "s3cret");
    let rendered = fs::read_to_string(release.path("out/vm.args")).expect("rendered");
    assert_eq!(rendered, "-sname a\n# s3cret.\n");
}

#[test]
fn a_cookie_that_the_vm_does_not_take_is_refused_without_being_shown() {
    let release = Release::new("13.1.5");
    release.write("releases/1/vm.args", "-sname a\n");
    insta::assert_snapshot!(release.refuses(&[("RELX_COOKIE", "s3\ncret")]), @"
    erlrel-boot: error: the cookie that RELX_COOKIE gives cannot be used: it has characters that are not printable ASCII
    erlrel-boot: hint: a cookie is up to 255 printable ASCII characters on one line
    ");
    let mut ping = release.command("ping", &[("RELX_COOKIE", "s3żcret")]);
    assert!(fails(&mut ping, 1).contains("the cookie that RELX_COOKIE gives cannot be used"));
    release.write(".erlang.cookie", "s3\tcret");
    mode(&release.path(".erlang.cookie"), 0o600);
    insta::assert_snapshot!(release.refuses(&[]), @"
    erlrel-boot: error: the cookie that ROOT/.erlang.cookie gives cannot be used: it has characters that are not printable ASCII
    erlrel-boot: hint: a cookie is up to 255 printable ASCII characters on one line
    ");
}

#[test]
fn a_cookie_file_that_somebody_else_has_put_into_home_is_not_used() {
    let release = Release::new("13.1.5");
    release.write("releases/1/vm.args", "-sname a\n");
    release.write("out/place", "");
    release.write(".erlang.cookie", "planted");
    mode(&release.path(".erlang.cookie"), 0o600);
    chown(release.path(".erlang.cookie"), Some(STRANGER), Some(STRANGER)).expect("given away");
    let out = release.path("out").display().to_string();
    let output = release.start(&[("RELX_OUT_FILE_PATH", &out)]).output().expect("started");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    let root = release.temp.path().display().to_string();
    insta::assert_snapshot!(said.replace(&root, "ROOT"), @"erlrel-boot: warning: the node does not take its cookie from ROOT/.erlang.cookie, which belongs to the user 12345, and this is the user 0");
    let home = format!("home {out}/.tiny-home-0/erlang\n");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with(&home), "it finds another cookie there");
    assert_eq!(fs::read(release.path(KEPT)).expect("made").len(), 32);
}
