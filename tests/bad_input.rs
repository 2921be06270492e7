//! Mistakes in a project, on the command line and in the machine: what the command says, how it ends, and
//! that it leaves nothing behind.

use crate::support::shop::Shop;
use crate::support::{fails, run};

/// What `erlrel tar --no-compile` says of a spoiled project.
fn tar_error(shop: &Shop) -> String {
    shop.error(&mut shop.erlrel("tar --no-compile"))
}

#[test]
fn a_folder_without_a_project_is_refused_by_every_command() {
    let shop = Shop::new();
    std::fs::remove_file(shop.path("rebar.config")).expect("removed");
    let messages =
        ["image", "tar", "release", "plan", "key"].map(|command| shop.error(&mut shop.erlrel(command)));
    insta::assert_snapshot!(messages[0], @r"
    error: there is no rebar3 project in `SHOP`: `SHOP/rebar.config` does not exist
      hint: run erlrel in the folder of a rebar3 project, or name the folder
    ");
    for message in &messages {
        assert_eq!(*message, messages[0]);
    }
    insta::assert_snapshot!(shop.error(&mut shop.erlrel("image no/such/folder")), @r"
    error: there is no rebar3 project in `SHOP/no/such/folder`: `SHOP/no/such/folder/rebar.config` does not exist
      hint: run erlrel in the folder of a rebar3 project, or name the folder
    ");
}

#[test]
fn a_malformed_file_is_shown_with_line_and_column() {
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.config", "{deps, []}.\n{relx, [{release, {shop, \"1.0\"}, [shop]]}.\n")), @r#"
    error: rebar.config:2:40: expected `,` or closing delimiter, found `]`
      |
    2 | {relx, [{release, {shop, "1.0"}, [shop]]}.
      |                                        ^
    "#);
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.config", "{deps, []}\n{relx, []}.\n")), @r"
    error: rebar.config:2:1: expected `.` to close top-level term, found `{`
      |
    2 | {relx, []}.
      | ^
    ");
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.config", "{deps, [\"abc]}.\n")), @r#"
    error: rebar.config:1:9: no closing quotation
      |
    1 | {deps, ["abc]}.
      |         ^
    "#);
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.config", b"{deps, []}.\n{a, \"\xff\"}.\n")), @r#"
    error: rebar.config:2:6: the file is not UTF-8 here; convert it, or declare `%% coding: latin-1` in its first line
      |
    2 | {a, "�"}.
      |      ^
    "#);
    insta::assert_snapshot!(tar_error(&Shop::with("config/sys.config", "\u{feff}[].\n")), @r"
    error: SHOP/config/sys.config:1:1: the file begins with a byte order mark, with which Erlang cannot read it: save it as UTF-8 without one
      |
    1 | �[].
      | ^
    ");
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.lock", "[{<<\"a\">>,{pkg,<<\"a\">>,<<\"1.0.0\">>},0},\n {<<\"b\">>,\n].\n")), @r"
    error: rebar.lock:3:1: expected a term, found `]`
      |
    3 | ].
      | ^
    ");
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.lock", "{\"1.2.0\", [{a, b}]}.\n")), @r#"
    error: rebar.lock:1:12: expected a locked dependency `{<<"name">>, Source, Level}`
      |
    1 | {"1.2.0", [{a, b}]}.
      |            ^^^^^^
    "#);
    insta::assert_snapshot!(tar_error(&Shop::with_app("{registered, []}", "{registered, [}")), @r#"
    error: SHOP/_build/prod/lib/shop/ebin/shop.app:2:71: expected a term, found `}`
      |
    2 |   {description, "A shop"}, {vsn, "1.0"}, {modules, []}, {registered, [},
      |                                                                       ^
    "#);
    insta::assert_snapshot!(tar_error(&Shop::with_app("{vsn, \"1.0\"}", "{vsn, git}")), @r#"
    error: SHOP/_build/prod/lib/shop/ebin/shop.app:2:34: `vsn` must be a string
      |
    2 |   {description, "A shop"}, {vsn, git}, {modules, []}, {registered, []},
      |                                  ^^^
    "#);
    insta::assert_snapshot!(tar_error(&Shop::with("config/sys.config", "[{shop, [{port, 80}}].\n")), @r"
    error: SHOP/config/sys.config:1:20: expected `]` to close list, found `}`
      |
    1 | [{shop, [{port, 80}}].
      |                    ^
    ");
    insta::assert_snapshot!(tar_error(&Shop::with("config/sys.config", "[{shop, []}].\n[{sasl, []}].\n")), @r"
    error: SHOP/config/sys.config:2:1: expected one list of `{Application, [{Key, Value}, …]}` and nothing else
      |
    2 | [{sasl, []}].
      | ^^^^^^^^^^^^
    ");
}

#[test]
fn warnings_as_errors_fail_the_build() {
    insta::assert_snapshot!(tar_error(&Shop::with_options("{no_such_option, 1}, {warnings_as_errors, true}")), @r"
    error: rebar.config:3:11: relx has no such option; it is ignored
      |
    3 |         , {no_such_option, 1}, {warnings_as_errors, true}]}.
      |           ^^^^^^^^^^^^^^^^^^^
    error: warnings are errors here, and there is 1 of them
      hint: leave out --strict and `warnings_as_errors` to build in spite of them
    ");
}

#[test]
fn an_image_without_erlang_s_own_applications_is_refused() {
    let shop = Shop::with_options("{system_libs, false}");
    let error = shop.error(&mut shop.erlrel("image --no-compile"));
    insta::assert_snapshot!(error, @r"
    error: the release `shop` leaves out Erlang's own applications (`{system_libs, false}`), and the image would have none
      hint: leave out `system_libs`, or set `{include_erts, false}` and name a base image with Erlang by --base
    ");
}

#[test]
fn a_release_that_is_not_configured_cannot_be_selected() {
    let shop = Shop::with_options("{release, {till, \"2\"}, [shop]}");
    insta::assert_snapshot!(tar_error(&shop), @r"
    error: several releases are configured, and none is selected: shop, till
      hint: name the one to build with --release NAME[:VSN]
    ");
    let error = shop.error(&mut shop.erlrel("tar --no-compile --release shop:9"));
    insta::assert_snapshot!(error, @"error: there is no release `shop:9`; configured are shop:1.0, till:2");
    run(&mut shop.erlrel("tar --no-compile --release till"));
    assert!(shop.path("_build/prod/rel/till/till-2.tar.gz").is_file());
}

#[test]
fn an_option_that_relx_does_not_know_is_a_warning() {
    let shop = Shop::with_options("{extended_start_scrip, true}");
    let output = shop.erlrel("tar --no-compile").output().expect("started");
    assert!(output.status.success());
    insta::assert_snapshot!(shop.plain(&String::from_utf8_lossy(&output.stderr)), @r"
    warning: rebar.config:3:11: relx has no such option; it is ignored
      |
    3 |         , {extended_start_scrip, true}]}.
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    let output = shop.erlrel("tar --no-compile --quiet").output().expect("started");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_release_that_is_not_configured_is_said_so() {
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.config", "{deps, []}.\n")), @r"
    error: `rebar.config` configures no release: it has no `{relx, [{release, {Name, Vsn}, [App]}]}`
      hint: `rebar3 new release` shows what a release looks like
    ");
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.config", "{relx, [{release, {shop, \"1.0\"}, []}]}.\n")), @r#"
    error: rebar.config:1:34: no applications are configured for the release `shop-1.0`
      |
    1 | {relx, [{release, {shop, "1.0"}, []}]}.
      |                                  ^^
    "#);
    insta::assert_snapshot!(tar_error(&Shop::with_options("{sys_config, \"config/absent.config\"}")), @r#"
    error: rebar.config:3:24: there is no file `SHOP/config/absent.config`
      |
    3 |         , {sys_config, "config/absent.config"}]}.
      |                        ^^^^^^^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(tar_error(&Shop::with_options("{overlay, [{copy, \"absent.sql\", \"sql/a.sql\"}]}")), @r#"
    error: rebar.config:3:29: there is no file or directory `SHOP/absent.sql`
      |
    3 |         , {overlay, [{copy, "absent.sql", "sql/a.sql"}]}]}.
      |                             ^^^^^^^^^^^^
    "#);
}

#[test]
fn an_application_or_a_module_that_is_not_there_is_named() {
    insta::assert_snapshot!(tar_error(&Shop::with_app("[kernel, stdlib]", "[kernel, stdlib, recon]")), @r"
    error: the application `recon`, which application `shop` (SHOP/_build/prod/lib/shop/ebin/shop.app) needs, is not in `SHOP/_build/prod/lib` or `OTP/lib`
      hint: compile the project first (`rebar3 as PROFILE compile`), add the application to `deps`, or install the part of Erlang that has it
    ");
    insta::assert_snapshot!(tar_error(&Shop::with_app("{modules, []}", "{modules, [shop_till]}")), @r"
    error: the application `shop` lists the module `shop_till`, but there is no `SHOP/_build/prod/lib/shop/ebin/shop_till.beam`
      hint: compile the project first: `rebar3 as PROFILE compile`
    ");
    let shop = Shop::new();
    std::fs::remove_dir_all(shop.path("_build")).expect("removed");
    insta::assert_snapshot!(tar_error(&shop), @r#"
    error: rebar.config:2:35: the application `shop`, which the release needs, is not in `SHOP/_build/prod/lib` or `OTP/lib`
      |
    2 | {relx, [{release, {shop, "1.0"}, [shop, sasl]}, {mode, prod}
      |                                   ^^^^
      hint: compile the project first (`rebar3 as PROFILE compile`), add the application to `deps`, or install the part of Erlang that has it
    "#);
}

#[test]
fn a_module_that_is_damaged_is_named() {
    let shop = Shop::with_app("{modules, []}", "{modules, [till]}");
    shop.write("_build/prod/lib/shop/ebin/till.beam", "FOR1 and so on");
    let image = "image --no-compile --quiet --boot-program rebar.config --to oci:out";
    insta::assert_snapshot!(shop.error(&mut shop.erlrel(image)), @r"
    error: cannot pack the module `SHOP/_build/prod/lib/shop/ebin/till.beam`
      caused by: not a BEAM file
      hint: remove the file and compile again
    ");
}

#[test]
fn applications_that_need_or_include_each_other_wrongly_are_named() {
    let till = |shop: &Shop, needs: &str| {
        let text = format!(
            "{{application, till, [{{description, \"\"}}, {{vsn, \"1\"}}, {{modules, []}}, {{registered, []}}, \
             {{applications, [kernel, stdlib{needs}]}}]}}."
        );
        shop.write("_build/prod/lib/till/ebin/till.app", text);
    };
    let shop = Shop::with_app("[kernel, stdlib]", "[kernel, stdlib, till]");
    till(&shop, ", shop");
    insta::assert_snapshot!(tar_error(&shop), @"error: these applications need each other in a circle, so none of them can start first: shop, till");
    let shop =
        Shop::with("rebar.config", "{relx, [{release, {shop, \"1\"}, [{shop, [till]}, till, sasl]}]}.\n");
    till(&shop, "");
    insta::assert_snapshot!(tar_error(&shop), @r#"
    error: rebar.config:1:33: the release includes `till` in `shop`, but `shop` does not have it in its `included_applications`
      |
    1 | {relx, [{release, {shop, "1"}, [{shop, [till]}, till, sasl]}]}.
      |                                 ^^^^^^^^^^^^^^
    "#);
    let shop = Shop::with_app("{registered, []}", "{registered, []}, {included_applications, [till]}");
    till(&shop, "]}, {included_applications, [shop");
    insta::assert_snapshot!(tar_error(&shop), @"error: these applications need each other in a circle, so none of them can start first: shop, till");
    let shop = Shop::with_app("{registered, []}", "{registered, [alarm_handler]}");
    insta::assert_snapshot!(tar_error(&shop), @"error: the registered name `alarm_handler` is in two applications of the release: `shop` and `sasl`");
}

#[test]
fn a_machine_without_rebar3_or_erlang_is_told_what_to_do() {
    let shop = Shop::new();
    std::fs::create_dir(shop.path("bin")).expect("created");
    let bin = shop.path("bin");
    insta::assert_snapshot!(shop.error(shop.erlrel("image").env("PATH", &bin)), @r"
    error: cannot start `rebar3` to compile the project: No such file or directory (os error 2)
      hint: install rebar3 and have it on PATH, or compile by other means and add --no-compile
    ");
    insta::assert_snapshot!(shop.error(shop.erlrel("image --no-compile").env("PATH", &bin)), @r"
    error: no Erlang found: there is no `erl` on PATH
      hint: install Erlang, or name an installation with --otp DIR
    ");
    insta::assert_snapshot!(shop.error(&mut shop.erlrel("tar --no-compile --otp bin")), @"error: `SHOP/bin` is no Erlang installation: it has no `releases/start_erl.data`");
    shop.write("bin/erl", "#!/bin/sh\nexec somewhere/else/erl \"$@\"\n");
    insta::assert_snapshot!(shop.error(shop.erlrel("tar --no-compile").env("PATH", &bin)), @r"
    error: `SHOP/bin/erl` does not say where its Erlang is installed
      hint: name the installation with --otp DIR; `erl -noshell -eval 'io:put_chars(code:root_dir()), halt().'` prints it
    ");
}

#[test]
fn a_compilation_that_fails_shows_what_rebar3_says() {
    let shop = Shop::with("src/shop_till.erl", "-module(shop_till).\n-export([open/0]).\nopen() -> closed\n");
    for command in ["image", "tar", "release", "image --quiet"] {
        let message = fails(shop.erlrel(command).env("HOME", shop.dir()).env("REBAR_OFFLINE", "1"), 1);
        let compiler = message.find("shop_till.erl").expect("the compiler's message");
        let own = message.find("error: `rebar3 as prod compile` failed in").expect("erlrel's message");
        assert!(compiler < own, "{message}");
        let own = shop.plain(&message[own..]);
        insta::allow_duplicates! { insta::assert_snapshot!(own, @r"
        error: `rebar3 as prod compile` failed in `SHOP` (exit status: 1)
          hint: rebar3's own messages are above
        "); }
    }
    let made = |suffix: &str| shop.listing().iter().any(|path| path.to_string_lossy().ends_with(suffix));
    assert!(!made(".tar.gz") && !made(".tar") && !made("/rel"));
}

/// Offset and size of `e_machine` in an ELF header (System V gABI, "ELF Header").
const MACHINE: std::ops::Range<usize> = 18..20;

/// Its values for two processors.
const X86_64: [u8; 2] = 62u16.to_le_bytes();
const AARCH64: [u8; 2] = 183u16.to_le_bytes();

#[test]
fn a_nif_for_another_processor_is_refused() {
    let shop = Shop::new();
    let nif = shop.compile_library("shop_nif.so", &[]);
    let mut elf = std::fs::read(&nif).expect("compiled");
    let (machine, other, here) = if cfg!(target_arch = "x86_64") {
        (AARCH64, "linux/arm64", "linux/amd64")
    } else {
        (X86_64, "linux/amd64", "linux/arm64")
    };
    assert_ne!(elf[MACHINE], machine);
    elf[MACHINE].copy_from_slice(&machine);
    std::fs::write(&nif, elf).expect("written");
    let message = shop.error(&mut shop.erlrel("image --no-compile"));
    insta::assert_snapshot!(message.replace(other, "OTHER").replace(here, "HERE"), @"error: `opt/shop/lib/shop-1.0/priv/shop_nif.so` is made for OTHER, but the image is for HERE: compile it for HERE, or leave it out of the release");
    // A tarball is for whoever unpacks it.
    run(&mut shop.erlrel("tar --no-compile"));
}

#[test]
fn a_nif_whose_library_is_missing_is_refused() {
    let shop = Shop::new();
    let stub = shop.compile_library("libtill.so", &["-Wl,-soname,libtill.so.7"]);
    let folder = stub.parent().expect("a folder").display().to_string();
    shop.compile_library("shop_nif.so", &["-Wl,--no-as-needed", "-L", &folder, "-ltill"]);
    std::fs::remove_file(&stub).expect("removed");
    let message = shop.error(&mut shop.erlrel("image --no-compile"));
    let (what, searched) = message.split_once(" (searched ").expect("where it was searched");
    insta::assert_snapshot!(what, @"error: `opt/shop/lib/shop-1.0/priv/shop_nif.so` needs the shared library `libtill.so.7`, which is not on this machine: install it here, or add it to the release");
    assert!(searched.contains("/lib"), "{searched}");
}

#[test]
fn wrong_usage_ends_with_exit_code_2_before_any_work() {
    let shop = Shop::new();
    let before = shop.listing();
    for arguments in [
        "",
        "push",
        "image --bse scratch",
        "image --to out.tar",
        "image --to docker --to",
        "image --to oci:",
        "image --to registry.example.com/shop",
        "image --tag Shop!",
        "image --tag",
        "image --tag shop:{branch}",
        "image --env =1",
        "image --user a:b:c",
        "image --expose web",
        "image --volume data",
        "image --prefix /tmp/shop",
        "image --stop-signal NOW",
        "image --entrypoint=",
        "image --health-interval 30",
        "image --no-healthcheck --health-retries 3",
        "tar --env A=1",
        "image --target testr",
        "image --target tester --from x",
        "image --target tester --shell",
        "image --base Debian:12",
        "image . another",
        "tar --json",
        "key --profile",
        "key --semantic=yes",
    ] {
        let message = fails(&mut shop.erlrel(arguments), 2);
        assert!(message.contains("error: ") || message.contains("Usage: "), "{arguments}: {message}");
    }
    assert_eq!(shop.listing(), before);
    insta::assert_snapshot!(fails(&mut shop.erlrel("image --to out.tar"), 2), @r"
    error: invalid value 'out.tar' for '--to <DEST>': `out.tar` is no destination; write one of `oci:DIR[:TAG]`, `archive:FILE`, `docker`, `registry`

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(fails(&mut shop.erlrel("image --tag Shop!"), 2), @r"
    error: invalid value 'Shop!' for '--tag <NAME>': `Shop!` is no image name: upper-case letters are not allowed before the tag

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(fails(&mut shop.erlrel("image --tag shop:{git_shaa}"), 2), @r"
    error: invalid value 'shop:{git_shaa}' for '--tag <NAME>': there is no placeholder `{git_shaa}` (did you mean `{git_sha}`?); there are `{version}`, `{git_sha}`, `{git_short}`, `{git_branch}`, `{key}`

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(fails(&mut shop.erlrel("image --stop-signal SIGTREM"), 2), @r"
    error: invalid value 'SIGTREM' for '--stop-signal <SIGNAL>': it must be a signal such as `SIGTERM` or `SIGRTMIN+3`, or its number

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(fails(&mut shop.erlrel("image --env =secret"), 2), @"error: a value of '--env <NAME[=VALUE]>' is wrong: in front of `=` there must be a name, which is not empty and has no `=`");
    for name in [".", "..", "../x", "prod,a/b"] {
        let message = fails(&mut shop.erlrel(&format!("tar --profile {name}")), 2);
        assert!(message.contains("as a directory below `_build` is named after it"), "{name}: {message}");
    }
    insta::assert_snapshot!(fails(&mut shop.erlrel("tar --profile="), 2), @r"
    error: invalid value '' for '--profile <NAME>': the name of a profile is missing

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(fails(&mut shop.erlrel("imag"), 2), @r"
    error: unrecognized subcommand 'imag'

      tip: a similar subcommand exists: 'image'

    Usage: erlrel [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(shop.error(shop.erlrel("tar --no-compile").env("SOURCE_DATE_EPOCH", "yesterday")), @r"
    error: SOURCE_DATE_EPOCH is `yesterday`, which is not a number of seconds
      hint: set it to the seconds since 1970, for example `$(git log -1 --format=%ct)`
    ");
}

#[test]
fn an_image_whose_release_has_a_name_that_no_image_can_have_gets_the_nearest_one_or_asks_for_it() {
    let named = |name: &str| {
        let relx =
            format!("{{relx, [{{release, {{'{name}', \"1.0+1\"}}, [shop, sasl]}}, {{mode, prod}}]}}.\n");
        Shop::with("rebar.config", relx)
    };
    let made = run(&mut named("Ünï").erlrel("image --no-compile --quiet --to archive:out.tar"));
    assert!(made.trim_end().ends_with(" n:1.0-1"), "{made}");
    let shop = named("商店");
    insta::assert_snapshot!(shop.error(&mut shop.erlrel("image --no-compile")), @r"
    error: no image can be named after the release `商店` of version `1.0+1`: names have letters from a to z and digits
      hint: name the image with --tag NAME[:TAG]
    ");
}
