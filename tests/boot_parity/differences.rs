//! Starts that erlrel-boot makes otherwise than relx's script, each with its reason.

use super::arrived::{OTHER_VARIABLES, SHELL_VARIABLES, Start, UNCHANGED_VARIABLES, differences};
use super::files::{
    ARGS, CONFIG, IN_OUT, MULTI_NODE, OUT, REPLACE, SYS_CONFIG, SYS_CONFIG_SRC, TEMPLATES, VM_ARGS,
    Variables, with, without,
};
use super::installed::{STOOD_IN, Starter};

/// What arrives otherwise, on purpose: where, by relx's script, by erlrel-boot.
type Differences<'a> = &'a [(&'a str, Option<&'a str>, Option<&'a str>)];

/// How a start differs, and the reason.
const OTHERWISE: &[(Start<'_>, Differences<'_>, &str)] = &[
    (
        with(&[(SYS_CONFIG_SRC, b"[].\n")], &[MULTI_NODE]),
        &[
            (
                "-config",
                Some("PLACE/depot/releases/0.1.0/sys..config"),
                Some("PLACE/depot/releases/0.1.0/sys.depot@localhost.config"),
            ),
            ("depot/releases/0.1.0/sys..config", Some("[].\\n"), None),
            ("depot/releases/0.1.0/sys.depot@localhost.config", None, Some("[].\\n")),
        ],
        "relx's script does not know the name yet",
    ),
    (
        Start {
            directory: "..",
            ..with(&[(SYS_CONFIG_SRC, b"[].\n"), IN_OUT], &[("RELX_OUT_FILE_PATH", b"out")])
        },
        &[
            ("-config", Some("out/sys.config"), Some("PLACE/out/sys.config")),
            ("content of -config", None, Some("[].\\n")),
        ],
        "a relative path begins where the command was given, also after the change into the release",
    ),
    (
        Start {
            directory: "..",
            ..with(&[("../etc/my.config", b"[].\n")], &[("RELX_CONFIG_PATH", b"etc/my.config")])
        },
        &[
            ("-config", Some("etc/my.config"), Some("PLACE/etc/my.config")),
            ("content of -config", None, Some("[].\\n")),
        ],
        "the same",
    ),
    (
        with(&[(SYS_CONFIG_SRC, b"[].\n"), IN_OUT], &[("RELX_OUT_FILE_PATH", b"PLACE/out/")]),
        &[("-config", Some("PLACE/out//sys.config"), Some("PLACE/out/sys.config"))],
        "the same file",
    ),
    (
        Start {
            removed: &[SYS_CONFIG],
            links: &[(SYS_CONFIG, "../../../project.config")],
            ..with(&[("../project.config", b"[${UNSET}].\n")], &[REPLACE])
        },
        &[("project.config", Some("[].\\n"), Some("[${UNSET}].\\n"))],
        "a project's own file is no place for what one start finds in its environment",
    ),
    (
        without(&[SYS_CONFIG], Start::FOREGROUND),
        &[("-config", Some("PLACE/depot/releases/0.1.0/sys.config"), None)],
        "a virtual machine does not start with a file that is not there, but without one",
    ),
    (
        with(&[(VM_ARGS, b"-sname $USER@localhost\n-setcookie depot\n")], &[("USER", b"somebody")]),
        &[("$NAME", Some("somebody@localhost"), Some("$USER@localhost"))],
        "the virtual machine does not replace it either, and its file is not rendered",
    ),
    (
        with(&[(VM_ARGS, b"-sname depot@localhost\n"), IN_OUT], &[OUT, ("RELX_COOKIE", b"secret")]),
        &[("$XDG_CONFIG_HOME", None, Some("PLACE/out/.depot-home-0"))],
        "the node has the cookie that the commands have",
    ),
    (
        with(&[], &[("NODETOOL_TIMEOUT", b"1500")]),
        &[("$RELX_RPC_TIMEOUT", Some("1"), Some("2"))],
        "500 milliseconds are no 0 seconds",
    ),
    (
        Start { arguments: &["foreground", "a", "--relx-disable-hooks", "b"], ..Start::FOREGROUND },
        &[(
            "other arguments",
            Some(
                "-noinput\n+Bd\n-boot\nPLACE/depot/releases/0.1.0/start\n-mode\nembedded\n-boot_var\nSYSTEM_LIB_DIR\nPLACE/depot/lib\n--\nforeground\na\n--relx-disable-hooks\nb",
            ),
            Some(
                "-noinput\n+Bd\n-boot\nPLACE/depot/releases/0.1.0/start\n-mode\nembedded\n-boot_var\nSYSTEM_LIB_DIR\nPLACE/depot/lib\n--\nforeground\na\nb",
            ),
        )],
        "it is for the start program, and no argument of the release",
    ),
    (
        with(&[], &[("ESCRIPT_NAME", b"")]),
        &[("$ESCRIPT_NAME", Some(""), Some("PLACE/depot/bin/depot"))],
        "an empty variable counts as none, as for all others",
    ),
    (
        with(
            &[],
            &[
                ("CODE_LOADING_MODE", b""),
                ("COOKIE", b"a"),
                ("ERTS_VSN", b"b"),
                ("SCRIPT", b"c"),
                ("VMARGS_PATH", b"PLACE/depot/releases/0.1.0/vm.args"),
            ],
        ),
        &[
            ("$CODE_LOADING_MODE", Some("embedded"), Some("")),
            ("$COOKIE", Some("depot"), Some("a")),
            ("$ERTS_VSN", Some("13.1.5"), Some("b")),
            ("$SCRIPT", Some("PLACE/depot/bin/depot"), Some("c")),
        ],
        "variables of the script's own take the place of those that somebody has set, the cookie too",
    ),
];

/// An exit code, and what is said before.
type End<'a> = (i32, &'a str);

/// Starts of which only one comes to the virtual machine, or none: how relx's script ends, how erlrel-boot, and the reason.
const REFUSED: &[(Start<'_>, End<'_>, End<'_>, &str)] = &[
    (
        with(TEMPLATES, &[OUT]),
        (STOOD_IN, ""),
        (
            1,
            "cannot write PLACE/out/vm.args, which is rendered from PLACE/depot/releases/0.1.0/vm.args.src: the directory PLACE/out does not exist",
        ),
        "who names a directory wants the files there; relx writes them into the release",
    ),
    (
        with(&[], &[("VMARGS_PATH", b"PLACE/none")]),
        (2, "awk: cannot open PLACE/none"),
        (1, "PLACE/none, named by VMARGS_PATH, does not exist"),
        "said in words that name the variable",
    ),
    (
        with(&[], &[("RELX_CONFIG_PATH", b"PLACE/none")]),
        (STOOD_IN, ""),
        (1, "PLACE/none, named by RELX_CONFIG_PATH, does not exist"),
        "the virtual machine would crash",
    ),
    (
        with(&[("../etc/conf.src", b"[].\n")], &[("RELX_CONFIG_PATH", b"PLACE/etc/conf")]),
        (2, "Is a directory"),
        (STOOD_IN, ""),
        "a file needs no ending; relx takes that of a directory in its path",
    ),
    (
        without(&[VM_ARGS], Start::FOREGROUND),
        (2, "awk: cannot open PLACE/depot/releases/0.1.0/vm.args"),
        (STOOD_IN, ""),
        "a node needs no name",
    ),
    (
        with(&[(VM_ARGS, b"-setcookie depot\n")], &[]),
        (1, "need to have exactly one of either -name or -sname parameters but none found"),
        (STOOD_IN, ""),
        "the same",
    ),
    (
        with(&[(VM_ARGS, b"  -setcookie depot -sname depot@localhost\n")], &[]),
        (1, "need to have exactly one of either -name or -sname parameters but none found"),
        (STOOD_IN, ""),
        "flags are read as the virtual machine reads them, not only at the start of a line",
    ),
    (
        with(&[(VM_ARGS, b"-sname a@localhost\n-name b@localhost\n-setcookie depot\n")], &[]),
        (2, "parameter found in PLACE/depot/releases/0.1.0/vm.args but already specified"),
        (2, "PLACE/depot/releases/0.1.0/vm.args gives the node two names"),
        "the same exit code",
    ),
    (
        with(
            &[
                (VM_ARGS, b"-args_file a\n-sname depot@localhost\n"),
                ("a", b"-args_file b\n"),
                ("b", b"-args_file a\n"),
            ],
            &[],
        ),
        (5, "circular reference to a encountered in b"),
        (5, "a includes itself by -args_file"),
        "the same exit code",
    ),
    (
        Start {
            directory: "..",
            ..with(
                &[
                    (VM_ARGS, b"-args_file more.args\n-setcookie depot\n"),
                    ("more.args", b"-sname more@localhost\n"),
                ],
                &[],
            )
        },
        (1, "none found"),
        (STOOD_IN, ""),
        "an included file is where the virtual machine looks for it, which is in the release",
    ),
    (
        with(&[], &[("ERL_DIST_PORT", b"many")]),
        (STOOD_IN, ""),
        (1, "ERL_DIST_PORT is \\\"many\\\", which is no port number"),
        "the virtual machine would crash",
    ),
    (
        with(&[], &[("NODETOOL_TIMEOUT", b"long")]),
        (2, "Illegal number: long"),
        (2, "NODETOOL_TIMEOUT is \\\"long\\\", which is no number of milliseconds"),
        "the same exit code",
    ),
    (
        with(&[], &[("RELX_RPC_TIMEOUT", b"long")]),
        (STOOD_IN, ""),
        (2, "RELX_RPC_TIMEOUT is \\\"long\\\", which is no number of seconds"),
        "as for the other",
    ),
];

#[test]
fn a_start_differs_from_relx_s_in_what_is_listed() {
    for (start, expected, reason) in OTHERWISE {
        let owned = |value: &Option<&str>| value.map(String::from);
        let expected =
            expected.iter().map(|(part, relx, boot)| (part.to_string(), [owned(relx), owned(boot)]));
        assert_eq!(differences(start, Starter::Relx), expected.collect(), "{start:?}{reason}");
    }
}

#[test]
fn a_start_ends_as_relx_s_does_or_for_a_reason() {
    for (start, by_relx, by_boot, reason) in REFUSED {
        for (starter, (code, words)) in [(Starter::Relx, by_relx), (Starter::Boot, by_boot)] {
            let installed = start.installed(starter);
            let output = start.run(&installed);
            let said = installed.shown(&[output.stdout, output.stderr].concat());
            assert_eq!(output.status.code(), Some(*code), "{starter:?} {start:?}{reason}: {said}");
            assert!(said.contains(words), "{starter:?} {start:?}{reason}: {said}");
        }
    }
}

#[test]
fn the_variables_that_only_one_of_both_hands_on_are_those_that_are_listed() {
    let erts = super::installed::erts();
    let [relx, boot] =
        [Starter::Relx, Starter::Boot].map(|starter| Start::FOREGROUND.by(starter).environment);
    for (name, by_relx, by_boot, reason) in OTHER_VARIABLES {
        for (found, expected) in [(relx.get(name), by_relx), (boot.get(name), by_boot)] {
            let expected = expected.map(|value| value.replace("erts-VSN", &erts));
            assert_eq!(found, expected.as_ref(), "{name}: {reason}");
        }
    }
    assert!(SHELL_VARIABLES.iter().all(|name| !boot.contains_key(*name)), "{boot:?}");
    assert!(SHELL_VARIABLES.iter().any(|name| relx.contains_key(*name)), "{relx:?}");
}

#[test]
fn a_variable_that_names_a_file_stays_as_it_is() {
    let paths: Variables<'_> =
        &[("VMARGS_PATH", b"PLACE/my.args"), ("RELX_CONFIG_PATH", b"PLACE/my.config"), OUT];
    let start = with(&[("../my.args.src", ARGS), ("../my.config.src", CONFIG), IN_OUT], paths);
    for (starter, directory) in [(Starter::Relx, "PLACE/out"), (Starter::Boot, "PLACE")] {
        let environment = start.by(starter).environment;
        let named = UNCHANGED_VARIABLES.map(|name| environment[name].as_str());
        assert_eq!(named, ["my.args", "my.config"].map(|file| format!("{directory}/{file}")), "{starter:?}");
    }
}

/// relx tells how the virtual machine is started, and where.
#[test]
fn the_output_is_the_service_s_alone() {
    for word in ["foreground", "console"] {
        let start = Start { arguments: &[word], ..Start::FOREGROUND };
        let [relx, boot] = [Starter::Relx, Starter::Boot]
            .map(|starter| String::from_utf8(start.run(&start.installed(starter)).stdout).expect("UTF-8"));
        assert!(relx.starts_with("Exec: ") && relx.contains("\nRoot: "), "{relx}");
        assert_eq!(boot, "", "{word}");
    }
}
