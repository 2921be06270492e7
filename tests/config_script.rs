//! `rebar.config.script`: what becomes of its result, of its mistakes, and when it is evaluated anew; and hooks on
//! making a release.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::shop::Shop;
use crate::support::{erlang, fails, run, tool};

/// A shop whose script sets the release's version with this expression.
fn versioned(expression: &str) -> Shop {
    Shop::with("rebar.config.script", script(expression))
}

fn script(expression: &str) -> String {
    format!(
        "Vsn = {expression},
{{relx, [{{release, {{shop, _}}, Apps}} | Rest]}} = lists:keyfind(relx, 1, CONFIG),
lists:keystore(relx, 1, CONFIG, {{relx, [{{release, {{shop, Vsn}}, Apps}} | Rest]}}).
"
    )
}

/// The version that `erlrel plan` shows.
fn version(command: &mut Command) -> String {
    let plan = run(command.arg("--quiet"));
    plan.split_whitespace().nth(2).expect("a version").to_string()
}

const KEPT: &str = "_build/erlrel/scripts/rebar.config.script";

/// Replaces the version in the result that was kept, so that its use shows.
fn mark(shop: &Shop) {
    let kept = std::fs::read_to_string(shop.path(KEPT)).expect("a kept result");
    let (heading, terms) = kept.split_once('\n').expect("a heading");
    let (before, after) = terms.split_once("{shop,\"").expect("the release");
    let (_, after) = after.split_once('"').expect("its version");
    shop.write(KEPT, format!("{heading}\n{before}{{shop,\"kept\"{after}"));
}

/// What `erlrel tar --no-compile` says of a spoiled project.
fn tar_error(shop: &Shop) -> String {
    shop.error(&mut shop.erlrel("tar --no-compile"))
}

#[test]
fn a_script_is_evaluated_once_until_something_changes_that_its_result_depends_on() {
    let shop = versioned("os:getenv(\"SHOP_VSN\", \"unset\")");
    let version = |vsn: &str| version(shop.erlrel("plan").env("SHOP_VSN", vsn).env("SOMETHING", vsn));
    assert_eq!(version("1"), "1");
    mark(&shop);
    assert_eq!(version("1"), "kept", "nothing changed");
    assert_eq!(version("2"), "2", "the variable changed");
    mark(&shop);
    assert_eq!(version("2"), "kept");
    shop.write(
        "rebar.config",
        std::fs::read_to_string(shop.path("rebar.config")).expect("a file") + "{a, b}.\n",
    );
    assert_eq!(version("2"), "2", "rebar.config changed");
    mark(&shop);
    assert_eq!(version("2"), "kept");
    shop.write("rebar.config.script", script("\"3\""));
    assert_eq!(version("2"), "3", "the script changed");
    mark(&shop);
    assert_eq!(version("4"), "kept", "the script no longer reads the variable");
    let otp = other_otp(&shop);
    assert_eq!(self::version(shop.erlrel("plan").arg("--otp").arg(&otp)), "3", "Erlang is another one");
}

/// The same Erlang by another path.
fn other_otp(shop: &Shop) -> PathBuf {
    let otp = shop.path("otp");
    std::fs::create_dir(&otp).expect("created");
    let root = erlang::root();
    for entry in std::fs::read_dir(root).expect("listed").map(|entry| entry.expect("an entry")) {
        if entry.file_name() != "bin" {
            std::os::unix::fs::symlink(entry.path(), otp.join(entry.file_name())).expect("linked");
        }
    }
    std::fs::create_dir(otp.join("bin")).expect("created");
    let erl = format!("#!/bin/sh\nexec {}/bin/erl \"$@\"\n", root.display());
    shop.write("otp/bin/erl", erl);
    run(Command::new("chmod").args(["755"]).arg(otp.join("bin/erl")));
    for boot in ["start_clean.boot", "no_dot_erlang.boot", "start.boot"] {
        std::fs::copy(root.join("bin").join(boot), otp.join("bin").join(boot)).expect("copied");
    }
    otp
}

#[test]
fn a_script_that_may_read_or_run_anything_is_evaluated_each_time() {
    let shop = versioned("begin {ok, V} = file:read_file(\"VERSION\"), string:trim(binary_to_list(V)) end");
    shop.write("VERSION", "1\n");
    assert_eq!(version(&mut shop.erlrel("plan")), "1");
    shop.write("VERSION", "2\n");
    assert_eq!(version(&mut shop.erlrel("plan")), "2");
    let shop = versioned("string:trim(os:cmd(\"cat VERSION\"))");
    shop.write("VERSION", "1\n");
    assert_eq!(version(&mut shop.erlrel("plan")), "1");
    shop.write("VERSION", "2\n");
    assert_eq!(version(&mut shop.erlrel("plan")), "2");
    assert!(!shop.path(KEPT).exists());
}

/// rebar3 evaluates a script once, and erlrel once more, whether rebar3 compiles in between or not.
#[test]
fn a_script_that_does_something_does_it_once_a_command() {
    let shop = Shop::with("rebar.config.script", noting("configured"));
    shop.write("rebar.lock", "[].\n");
    shop.write("rebar.lock.script", noting("locked"));
    shop.write("apps/till/src/till.app.src", "{application, till, [{vsn, \"1\"}]}.\n");
    shop.write("apps/till/rebar.config.script", noting("till"));
    let times = || {
        ["configured", "locked", "till"].map(|what| {
            let lines = std::fs::read_to_string(shop.path(what)).unwrap_or_default().lines().count();
            shop.write(what, "");
            lines
        })
    };
    for command in
        ["tar --no-compile", "release --no-compile", "image --no-compile", "plan", "key --semantic"]
    {
        run(&mut shop.erlrel(command));
        assert_eq!(times(), [1; 3], "{command}");
    }
    run(&mut shop.erlrel("key"));
    assert_eq!(times(), [0; 3]);
    run(tool("rebar3", "rebar3").args(["as", "prod", "compile"]).current_dir(shop.dir()));
    let by_rebar3 = times();
    for command in ["tar", "release"] {
        run(&mut shop.erlrel(command));
        assert_eq!(times(), by_rebar3.map(|count| count + 1), "{command}");
    }
}

/// A script that changes nothing, and adds a line to a file.
fn noting(file: &str) -> String {
    format!("file:write_file(\"{file}\", \"x\\n\", [append]), CONFIG.\n")
}

#[test]
fn a_project_where_nothing_can_be_kept_works_all_the_same() {
    let shop = versioned("\"7\"");
    shop.write("_build/erlrel", "a file where the folder would be");
    assert_eq!(version(&mut shop.erlrel("plan")), "7");
    let elsewhere = versioned("\"7\"");
    std::fs::rename(elsewhere.path("_build"), elsewhere.path("out")).expect("renamed");
    assert_eq!(version(elsewhere.erlrel("plan").env("REBAR_BASE_DIR", "out")), "7");
    assert!(elsewhere.path("out/erlrel/scripts/rebar.config.script").is_file());
    assert!(!elsewhere.path("_build").exists());
}

#[test]
fn a_damaged_memory_is_no_error() {
    let shop = versioned("\"7\"");
    shop.write(KEPT, b"\xff\xff");
    assert_eq!(version(&mut shop.erlrel("plan")), "7");
}

#[test]
fn what_a_script_prints_is_no_part_of_the_result() {
    let shop = versioned(
        "begin io:format(\"{relx, []}.~n\"), io:put_chars(user, \"\\n%% erlrel: end\\n\"), \"5\" end",
    );
    assert_eq!(version(&mut shop.erlrel("plan")), "5");
}

#[test]
fn terms_without_a_text_do_no_harm() {
    let shop = Shop::with(
        "rebar.config.script",
        "[{hook, fun(X) -> X end}, {self, self()}, {bits, <<1:3>>}, {known, fun lists:map/2},
          {name, \"Bücher 漢\"} | CONFIG].\n",
    );
    assert_eq!(version(&mut shop.erlrel("plan")), "1.0");
}

#[test]
fn a_failing_script_is_shown_at_its_line() {
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.config.script", "A = 1,\nB = A + 1,\n  A = B.\n")), @r"
    error: rebar.config.script:3:3: error: {badmatch,2}
      |
    3 |   A = B.
      |   ^^^^^^
    ");
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.config.script", "CONFIG\n ++ ,\n [].\n")), @r"
    error: rebar.config.script:2:2: syntax error before: ','
      |
    2 |  ++ ,
      |  ^^^^
    ");
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.config.script", "io:format(\"SHOP_KEY is not set~n\"), exit(no_key).\n")), @r#"
    error: rebar.config.script:1:1: exit: no_key
      |
    1 | io:format("SHOP_KEY is not set~n"), exit(no_key).
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    it printed:
    SHOP_KEY is not set
    "#);
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.config.script", "halt(3).\n")), @"error: `rebar.config.script` ended Erlang (exit status: 3) instead of giving a configuration");
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.lock.script", "throw(no).\n")), @r"
    error: rebar.lock.script:1:1: throw: no
      |
    1 | throw(no).
      | ^^^^^^^^^^
    ");
}

#[test]
fn a_mistake_in_a_result_is_shown_in_the_result() {
    let tar_error = |shop: &Shop| shop.plain(&fails(&mut shop.erlrel("tar --no-compile"), 1));
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.config.script", "CONFIG ++ [lists:seq(1, 3)].\n")), @r"
    error: rebar.config.script (its result):3:1: every term of this file must be a tuple of two: `{Key, Value}.`
      |
    3 | [1,2,3].
      | ^^^^^^^
    ");
    let shop = versioned("1.5");
    insta::assert_snapshot!(tar_error(&shop), @r#"
    error: rebar.config.script (its result):2:23: expected a version: a string, `{git, short}`, `{git, long}`, `git` or `semver` (from the last tag), `{file, "F"}` or `{cmd, "C"}`
      |
    2 | {relx,[{release,{shop,1.5},[shop,sasl]},{mode,prod}]}.
      |                       ^^^
    "#);
    insta::assert_snapshot!(tar_error(&Shop::with("rebar.lock.script", "[{<<\"a\">>, 1}].\n")), @r#"
    error: rebar.lock.script (its result):1:1: this is no rebar.lock: expected a list of locked dependencies
      |
    1 | {<<"a">>,1}.
      | ^^^^^^^^^^^
    "#);
}

#[test]
fn a_script_without_an_erlang_is_refused_with_advice() {
    let shop = versioned("\"1\"");
    let mut command = shop.erlrel("tar --no-compile");
    insta::assert_snapshot!(shop.error(command.env("PATH", "/nowhere")), @r"
    error: `rebar.config.script` must be evaluated by Erlang, and there is no `erl` in PATH
      hint: install Erlang, or name an installation with --otp DIR
    ");
    let mut command = shop.erlrel("tar --no-compile --otp /nowhere");
    insta::assert_snapshot!(shop.error(&mut command), @r"
    error: `rebar.config.script` must be evaluated by Erlang, and there is no `erl` in `/nowhere/bin`
      hint: install Erlang, or name an installation with --otp DIR
    ");
}

const HOOKS: &str =
    "{provider_hooks, [{pre, [{compile, {pc, compile}}]}, {post, [{release, {git_vsn, write}}]}]}.
{post_hooks, [{compile, \"true\"},
              {\"(linux|darwin)\", tar, \"cp $REBAR_BUILD_DIR/x /srv\"}]}.
";

fn hooked(hooks: &str) -> Shop {
    let shop = Shop::new();
    let config = std::fs::read_to_string(shop.path("rebar.config")).expect("a file");
    shop.write("rebar.config", hooks.to_owned() + &config);
    shop
}

#[test]
fn a_hook_on_making_a_release_is_refused_by_the_command_that_stands_for_it() {
    let shop = hooked(HOOKS);
    insta::assert_snapshot!(tar_error(&shop), @r#"
    error: rebar.config:3:15: `rebar3 tar` runs this hook of `post_hooks`, erlrel cannot
      |
    3 |               {"(linux|darwin)", tar, "cp $REBAR_BUILD_DIR/x /srv"}]}.
      |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      hint: make the release with rebar3 and the image of it with `erlrel image --from`, or leave the hook out with --ignore-hooks
    "#);
    let expected =
        "error: rebar.config:1:62: `rebar3 release` runs this hook of `provider_hooks`, erlrel cannot";
    for command in ["release --no-compile", "image --no-compile", "plan", "image"] {
        let message = shop.error(&mut shop.erlrel(command));
        assert_eq!(message.lines().next(), Some(expected), "{command}");
    }
    run(&mut shop.erlrel("key --semantic"));
}

#[test]
fn an_ignored_hook_is_a_warning() {
    let shop = hooked(HOOKS);
    let output = shop.erlrel("tar --no-compile --ignore-hooks").output().expect("started");
    assert!(output.status.success());
    insta::assert_snapshot!(shop.plain(&String::from_utf8_lossy(&output.stderr)), @r#"
    warning: rebar.config:3:15: `rebar3 tar` runs this hook of `post_hooks`, erlrel does not
      |
    3 |               {"(linux|darwin)", tar, "cp $REBAR_BUILD_DIR/x /srv"}]}.
      |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn with_strict_an_ignored_hook_is_an_error() {
    for command in ["tar --no-compile", "release --no-compile", "image --no-compile", "plan"] {
        let shop = hooked(HOOKS);
        let message = shop.error(&mut shop.erlrel(&format!("{command} --ignore-hooks --strict")));
        assert!(
            message.starts_with("error: rebar.config:") && message.contains("erlrel does not"),
            "{message}"
        );
    }
}

#[test]
fn hooks_of_applications_and_of_active_profiles_count_and_others_do_not() {
    let shop = hooked("{profiles, [{prod, [{pre_hooks, [{tar, \"x\"}]}]}]}.\n");
    assert!(
        tar_error(&shop).starts_with("error: rebar.config:1:34: `rebar3 tar` runs this hook of `pre_hooks`")
    );
    fails(&mut shop.erlrel("tar --no-compile --profile other"), 1); // nothing is compiled there
    let shop = hooked("{pre_hooks, [{compile, \"true\"}, {\"win32\", tar, \"x\"}]}.\n");
    run(&mut shop.erlrel("tar --no-compile"));
    shop.write("apps/part/src/part.app.src", "{application, part, [{vsn, \"1\"}]}.\n");
    shop.write("apps/part/rebar.config", "{post_hooks, [{tar, \"x\"}]}.\n");
    assert!(tar_error(&shop).starts_with("error: apps/part/rebar.config:1:15: `rebar3 tar` runs this hook"));
    assert!(Path::new(&shop.path("apps")).is_dir());
}
