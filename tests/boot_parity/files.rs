//! Which files are read, where what is made of them goes, and what else the environment and vm.args decide.

use super::arrived::{Start, assert_same};
use super::installed::{STOOD_IN, Starter};

pub(super) type Files<'a> = &'a [(&'a str, &'a [u8])];
pub(super) type Variables<'a> = &'a [(&'a str, &'a [u8])];

pub(super) const VM_ARGS: &str = "releases/0.1.0/vm.args";
pub(super) const VM_ARGS_SRC: &str = "releases/0.1.0/vm.args.src";
pub(super) const VM_ARGS_ORIG: &str = "releases/0.1.0/vm.args.orig";
pub(super) const SYS_CONFIG: &str = "releases/0.1.0/sys.config";
pub(super) const SYS_CONFIG_SRC: &str = "releases/0.1.0/sys.config.src";
pub(super) const SYS_CONFIG_ORIG: &str = "releases/0.1.0/sys.config.orig";

/// The text of vm.args, and of sys.config, which the virtual machine takes also as it is.
pub(super) const ARGS: &[u8] =
    b"-sname ${NODE:-depot@localhost}\n-setcookie ${SECRET:-depot}\n+P ${PROCESSES:-5000}\n";
pub(super) const CONFIG: &[u8] =
    b"%% Ports.\n[{depot, [{port, \"${PORT:-8080}\"}, {host, \"${HOST:-localhost}\"}]},\n {sasl, []}].\n";
pub(super) const MY_ARGS: &[u8] = b"-sname mine@localhost\n-setcookie mine\n";
pub(super) const PLAIN_ARGS: &[u8] = b"-sname depot@localhost\n-setcookie depot\n";

pub(super) const ARGS_SRC: (&str, &[u8]) = (VM_ARGS_SRC, ARGS);
pub(super) const CONFIG_SRC: (&str, &[u8]) = (SYS_CONFIG_SRC, CONFIG);
pub(super) const ARGS_TEXT: (&str, &[u8]) = (VM_ARGS, ARGS);
pub(super) const CONFIG_TEXT: (&str, &[u8]) = (SYS_CONFIG, CONFIG);
pub(super) const TEMPLATES: Files<'_> = &[ARGS_SRC, CONFIG_SRC];
pub(super) const TEXTS: Files<'_> = &[ARGS_TEXT, CONFIG_TEXT];
pub(super) const NODE: (&str, &[u8]) = ("NODE", b"blue@localhost");
pub(super) const PORT: (&str, &[u8]) = ("PORT", b"9090");
pub(super) const SET: Variables<'_> = &[NODE, PORT, ("SECRET", b"s3cr3t"), ("HOST", b"db.example.org")];
pub(super) const MULTI_NODE: (&str, &[u8]) = ("RELX_MULTI_NODE", b"1");
pub(super) const NAME: (&str, &[u8]) = ("NAME", b"depot@localhost");
pub(super) const REPLACE: (&str, &[u8]) = ("RELX_REPLACE_OS_VARS", b"true");
pub(super) const OUT: (&str, &[u8]) = ("RELX_OUT_FILE_PATH", b"PLACE/out");
/// It makes the directory exist.
pub(super) const IN_OUT: (&str, &[u8]) = ("../out/something", b"");

/// Started with these files and variables.
pub(super) const fn with<'a>(files: Files<'a>, variables: Variables<'a>) -> Start<'a> {
    Start { files, variables, ..Start::FOREGROUND }
}

pub(super) const fn without<'a>(removed: &'a [&'a str], start: Start<'a>) -> Start<'a> {
    Start { removed, ..start }
}

const SAME: &[Start<'_>] = &[
    Start::FOREGROUND,
    // Templates, beside plain files and alone.
    with(TEMPLATES, &[]),
    with(TEMPLATES, SET),
    with(&[(VM_ARGS_SRC, ARGS)], SET),
    with(&[(SYS_CONFIG_SRC, CONFIG)], SET),
    without(&[VM_ARGS, SYS_CONFIG], with(TEMPLATES, SET)),
    with(TEMPLATES, &[REPLACE]),
    with(
        &[
            (VM_ARGS_SRC, ARGS),
            (VM_ARGS_ORIG, b"stale"),
            (SYS_CONFIG_SRC, CONFIG),
            (SYS_CONFIG_ORIG, b"stale"),
        ],
        SET,
    ),
    // Plain files.
    with(&[CONFIG_TEXT], SET),
    with(TEXTS, &[REPLACE]),
    with(TEXTS, &[REPLACE, NODE, PORT]),
    with(&[CONFIG_TEXT], &[("RELX_REPLACE_OS_VARS", b""), PORT]),
    with(TEXTS, &[("RELX_REPLACE_OS_VARS", b"0"), NODE]),
    // What an earlier start has kept.
    with(
        &[
            (VM_ARGS, b"-sname old@localhost\n"),
            (VM_ARGS_ORIG, ARGS),
            (SYS_CONFIG, b"old"),
            (SYS_CONFIG_ORIG, CONFIG),
        ],
        &[REPLACE],
    ),
    with(
        &[
            (VM_ARGS, b"-sname old@localhost\n"),
            (VM_ARGS_ORIG, PLAIN_ARGS),
            (SYS_CONFIG, b"old"),
            (SYS_CONFIG_ORIG, b"[].\n"),
        ],
        &[],
    ),
    with(&[(VM_ARGS_ORIG, PLAIN_ARGS), (SYS_CONFIG_ORIG, b"%% no line end\n[].")], &[]),
    without(&[SYS_CONFIG], with(&[(SYS_CONFIG_ORIG, CONFIG)], &[REPLACE])),
    // Another directory.
    with(&[ARGS_SRC, CONFIG_SRC, IN_OUT], &[OUT]),
    with(&[ARGS_SRC, CONFIG_SRC, IN_OUT], &[OUT, NODE, PORT]),
    with(&[ARGS_TEXT, CONFIG_TEXT, IN_OUT], &[OUT, REPLACE]),
    with(&[IN_OUT], &[OUT]),
    with(&[(VM_ARGS_ORIG, PLAIN_ARGS), (SYS_CONFIG_ORIG, b"[].\n"), IN_OUT], &[OUT]),
    with(&[(VM_ARGS_ORIG, ARGS), (SYS_CONFIG_ORIG, CONFIG), IN_OUT], &[OUT, REPLACE]),
    with(TEMPLATES, &[("RELX_OUT_FILE_PATH", b"")]),
    // Other files.
    with(&[("../etc/my.args", MY_ARGS)], &[("VMARGS_PATH", b"PLACE/etc/my.args")]),
    with(&[("../etc/my.args.src", ARGS)], &[("VMARGS_PATH", b"PLACE/etc/my.args")]),
    with(&[("../etc/my.args.src", ARGS), IN_OUT], &[("VMARGS_PATH", b"PLACE/etc/my.args"), OUT]),
    with(&[("../etc/my.args", ARGS)], &[("VMARGS_PATH", b"PLACE/etc/my.args"), REPLACE]),
    with(&[("../etc/my.args", MY_ARGS), ARGS_SRC], &[("VMARGS_PATH", b"PLACE/etc/my.args")]),
    with(&[("../etc/my.config", CONFIG)], &[("RELX_CONFIG_PATH", b"PLACE/etc/my.config")]),
    with(&[("../etc/my.config.src", CONFIG)], &[("RELX_CONFIG_PATH", b"PLACE/etc/my.config")]),
    with(
        &[("../etc/my.own.config.src", CONFIG), IN_OUT],
        &[("RELX_CONFIG_PATH", b"PLACE/etc/my.own.config"), OUT],
    ),
    with(&[("../etc/a b.config", CONFIG)], &[("RELX_CONFIG_PATH", b"PLACE/etc/a b.config"), REPLACE]),
    with(TEMPLATES, &[("VMARGS_PATH", b""), ("RELX_CONFIG_PATH", b"")]),
    // In the release's root.
    with(&[("vm.args", MY_ARGS), ("sys.config", CONFIG)], &[]),
    with(&[("vm.args", ARGS), ("sys.config", CONFIG)], &[REPLACE]),
    with(
        &[("vm.args", ARGS), ("vm.args.src", PLAIN_ARGS), ("sys.config", b"old"), ("sys.config.src", CONFIG)],
        &[],
    ),
    with(&[("vm.args.src", b"-sname other@localhost\n"), ("sys.config.src", CONFIG)], &[]),
    with(&[("vm.args", PLAIN_ARGS), ("vm.args.orig", PLAIN_ARGS), ARGS_SRC, CONFIG_SRC], &[]),
    // Several nodes of one release; relx's script must be told the name.
    with(TEMPLATES, &[("RELX_MULTI_NODE", b""), NAME]),
    with(TEMPLATES, &[MULTI_NODE, NAME]),
    with(TEXTS, &[MULTI_NODE, NAME, REPLACE]),
    with(&[ARGS_SRC, CONFIG_SRC, IN_OUT], &[MULTI_NODE, NAME, OUT]),
    with(&[], &[MULTI_NODE, NAME]),
    // Ends of lines and of files.
    with(&[(SYS_CONFIG_SRC, b"[].")], &[]),
    with(&[(SYS_CONFIG_SRC, b"[${UNSET}].")], &[]),
    with(&[(SYS_CONFIG_SRC, b"[].\n\n\n")], &[]),
    with(&[(SYS_CONFIG_SRC, b"\n\n[].\n")], &[]),
    with(&[(SYS_CONFIG_SRC, b"[].\r\n%% ${HOME}\r\n")], &[]),
    with(&[(VM_ARGS_SRC, b"-sname depot@localhost\n-setcookie ${SECRET}")], SET),
    with(&[(VM_ARGS_SRC, b"\n# Name.\n\n-sname depot@localhost -setcookie depot\n\n")], &[]),
    with(&[(SYS_CONFIG_SRC, b"%% coding: latin-1\n[{depot, [{name, \"\xe5${UNSET:-\xff}\"}]}].\n")], &[]),
    // What vm.args says of the node, also by way of other files.
    with(&[(VM_ARGS, b"-name depot@127.0.0.1\n-setcookie depot\n")], &[]),
    with(
        &[(VM_ARGS_SRC, b"-name ${NODE}@${ADDRESS}\n-setcookie depot\n")],
        &[("NODE", b"depot"), ("ADDRESS", b"10.1.2.3")],
    ),
    with(&[(VM_ARGS, b"-setcookie depot\n-sname \"depot@localhost\"\n")], &[]),
    with(
        &[
            (VM_ARGS, b"-args_file more.args\n-setcookie depot\n"),
            ("more.args", b"-sname more@localhost\n-env A ${B}\n"),
        ],
        &[],
    ),
    with(
        &[
            (VM_ARGS_SRC, b"-args_file ${FILE}\n-setcookie depot\n"),
            ("more.args", b"-sname more@localhost\n"),
        ],
        &[("FILE", b"more.args")],
    ),
    with(
        &[
            (VM_ARGS, b"-args_file one\n-setcookie depot\n"),
            ("one", b"-args_file two\n"),
            ("two", b"-sname two@localhost\n"),
        ],
        &[],
    ),
    with(&[(VM_ARGS, b"-args_file not.there\n-sname depot@localhost\n-setcookie depot\n")], &[]),
    with(&[(VM_ARGS, b"-sname depot\n-setcookie depot\n")], &[]),
    with(&[(VM_ARGS, b"-name depot\n-setcookie depot\n")], &[]),
    with(&[(VM_ARGS, b"-sname depot@localhost\n"), ("../.erlang.cookie", b"secret")], &[]),
    with(&[(VM_ARGS, b"-sname depot@localhost\n-setcookie depot\n")], &[("RELX_COOKIE", b"secret")]),
    // What decides about the way it is started.
    with(&[], &[("CODE_LOADING_MODE", b"interactive")]),
    with(&[], &[("ERL_DIST_PORT", b"9100")]),
    with(
        &[(VM_ARGS, b"-sname depot@localhost\n-setcookie depot\n-start_epmd true\n")],
        &[("ERL_DIST_PORT", b"9100")],
    ),
    with(&[], &[("RELX_RPC_TIMEOUT", b"5")]),
    with(&[], &[("NODETOOL_TIMEOUT", b"7000")]),
    with(&[], &[("RELX_RPC_TIMEOUT", b"5"), ("NODETOOL_TIMEOUT", b"7000")]),
    with(&[], &[("RUN_ERL_DISABLE_FLOWCNTRL", b"false")]),
    with(&[], &[("ESCRIPT_NAME", b"/elsewhere/depot")]),
    with(&[], &[("TERM", b"dumb")]),
    with(&[], &[("TERM", b"")]),
    with(
        &[],
        &[
            ("ERL_FLAGS", b"+S 1"),
            ("ERL_AFLAGS", b"-a"),
            ("ERL_ZFLAGS", b"-z"),
            ("ERL_LIBS", b"/libs"),
            ("HEART_COMMAND", b"again"),
        ],
    ),
    with(
        &[],
        &[
            ("EMU", b"other"),
            ("PROGNAME", b"other"),
            ("ROOTDIR", b"/other"),
            ("BINDIR", b"/other"),
            ("REL_NAME", b"other"),
            ("RELEASE_VSN", b"9"),
        ],
    ),
    with(&[("releases/0.1.0/depot.boot", b"")], &[]),
    Start { directory: "..", ..with(TEMPLATES, SET) },
    // The words of the command.
    Start { arguments: &["foreground", "a b", "", "--", "-x", "$HOME", "*", "ö"], ..Start::FOREGROUND },
    Start { arguments: &["console"], ..Start::FOREGROUND },
    Start { arguments: &["console_clean"], ..Start::FOREGROUND },
    Start { arguments: &["console_clean", "a b"], ..with(TEMPLATES, SET) },
    Start { arguments: &["console_clean"], ..with(&[], &[("CODE_LOADING_MODE", b"embedded")]) },
    Start { arguments: &["console_boot", "releases/0.1.0/start_clean"], ..Start::FOREGROUND },
    Start { arguments: &["console_boot", "releases/0.1.0/start", "a b", ""], ..with(TEMPLATES, SET) },
    Start { arguments: &["console", "-s", "a b", ""], ..Start::FOREGROUND },
];

#[test]
fn the_same_files_reach_the_virtual_machine_in_the_same_way() {
    for start in SAME {
        assert_same(start);
    }
}

/// relx's are readable for everybody.
#[test]
fn a_rendered_file_holds_the_environment_s_secrets_for_this_user_only() {
    use std::os::unix::fs::PermissionsExt;
    let installed = with(TEMPLATES, SET).installed(Starter::Boot);
    assert_eq!(with(TEMPLATES, SET).run(&installed).status.code(), Some(STOOD_IN));
    for path in [VM_ARGS, SYS_CONFIG] {
        let metadata = std::fs::metadata(installed.root.join(path)).expect("rendered");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{path}");
    }
}
