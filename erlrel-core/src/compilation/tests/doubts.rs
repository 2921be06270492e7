//! What cannot be known is compiled each time.

use super::{CONFIG, Fixture};

/// What is said of a project in which this was changed, after it was compiled.
fn after(change: impl FnOnce(&mut Fixture)) -> Vec<String> {
    let mut fixture = Fixture::settled();
    change(&mut fixture);
    fixture.compile();
    fixture.whys()
}

fn configured(text: &str) -> Vec<String> {
    after(|fixture| fixture.write("project/rebar.config", &format!("{CONFIG}{text}")))
}

#[test]
fn hooks_plugins_and_paths_of_a_configuration_are_doubtful() {
    let doubtful = [
        "{pre_hooks, [{compile, \"make\"}]}.",
        "{post_hooks, [{\"linux\", compile, \"make\"}]}.",
        "{pre_hooks, [{'get-deps', \"x\"}, {app_compile, \"x\"}]}.",
        "{provider_hooks, [{pre, [{compile, {pc, compile}}]}]}.",
        "{provider_hooks, [{post, [{clean, x}, {compile, x}]}]}.",
        "{profiles, [{prod, [{pre_hooks, [{compile, \"make\"}]}]}]}.",
        "{overrides, [{add, [{pre_hooks, [{compile, \"make\"}]}]}]}.",
        "{overrides, [{override, a, [{post_hooks, [{compile, \"make\"}]}]}]}.",
        "{overrides, [{override, c, [{erl_opts, [{i, \"/usr/include\"}]}]}]}.",
        "{plugins, [pc]}.",
        "{project_plugins, [rebar3_hex, {rebar3_gpb_plugin, \"2.0.0\"}]}.",
        "{erl_opts, [{i, \"/usr/include\"}]}.",
        "{erl_opts, [{i, \"../shared/include\"}]}.",
        "{src_dirs, [\"src\", \"../more\"]}.",
        "{erl_opts, [{i, \".include\"}]}.",
        "{erl_opts, [{i, \"_build/include\"}]}.",
        "{project_app_dirs, [\"apps/*\", \"../other/*\"]}.",
    ];
    for text in doubtful {
        assert_eq!(configured(text).len(), 1, "{text}: {:?}", configured(text));
    }
    insta::assert_snapshot!(doubtful.map(|text| configured(text).join("")).join("\n"), @r"
    a hook on `compile` may do anything
    a hook on `compile` may do anything
    a hook on `app_compile` may do anything
    a hook on `compile` may do anything
    a hook on `compile` may do anything
    a hook on `compile` may do anything
    a hook on `compile` may do anything
    a hook on `compile` may do anything
    `erl_opts` names a path out of the project, or a hidden one
    the plugin `pc` may do anything
    the plugin `rebar3_gpb_plugin` may do anything
    `erl_opts` names a path out of the project, or a hidden one
    `erl_opts` names a path out of the project, or a hidden one
    `src_dirs` names a path out of the project, or a hidden one
    `erl_opts` names a path out of the project, or a hidden one
    `erl_opts` names a path out of the project, or a hidden one
    `project_app_dirs` names a path out of the project, or a hidden one
    ");
}

#[test]
fn rebar3_may_build_in_a_hidden_directory_of_the_project() {
    let is_named = |text: &str| configured(text).concat().contains("base_dir");
    assert!(!is_named("{base_dir, \".build\"}.") && is_named("{base_dir, \"../build\"}."));
}

#[test]
fn what_is_not_run_or_not_compiled_again_is_not_doubtful() {
    for text in [
        "{pre_hooks, [{release, \"x\"}, {clean, \"make clean\"}]}.",
        "{provider_hooks, [{pre, [{tar, x}, {ct, x}]}]}.",
        "{plugins, [rebar3_hex, {erlfmt, \"1.0.0\"}]}. {project_plugins, [rebar3_erlrel]}.",
        "{overrides, [{override, dep, [{pre_hooks, [{compile, \"make\"}]}, {plugins, [pc]}]}]}.",
        "{erl_opts, [{i, \"include\"}, {d, 'PREFIX', \"/opt\"}]}.",
        "{dialyzer, [{plt_location, \"/tmp\"}]}.",
        "{relx, [{overlay, [{copy, \"/etc/hosts\", \"etc/hosts\"}]}]}.",
    ] {
        assert_eq!(configured(text), [""; 0], "{text}");
    }
}

#[test]
fn applications_checkouts_and_the_user_have_configurations_too() {
    let hook = "{pre_hooks, [{compile, \"make\"}]}.";
    let with = |path: &str, text: &str| after(|fixture| fixture.write(path, text)).join("\n");
    insta::assert_snapshot!([
        with("project/apps/b/rebar.config", hook),
        with("home/.config/rebar3/rebar.config", "{"),
        with("checkout/rebar.config", hook),
        with("home/.config/rebar3/rebar.config", "{plugins, [other]}."),
        with("project/apps/b/src/b.app.src.script", "os:timestamp()."),
        with("project/apps/b/src/b.app.src", "{application, b, [{vsn, {cmd, \"date\"}}]}."),
        with("project/apps/b/src/b.app.src", "{application, b, [{vsn, {file, \"/etc/version\"}}]}."),
        with("bin/rebar3", "#!/bin/sh\nexec asdf exec rebar3\n"),
    ].join("\n"), @r"
    `apps/b/rebar.config`: a hook on `compile` may do anything
    `../home/.config/rebar3/rebar.config`: it is malformed
    `_checkouts/c/rebar.config`: a hook on `compile` may do anything
    `../home/.config/rebar3/rebar.config`: the plugin `other` may do anything
    `apps/b/src/b.app.src.script` may read anything
    `apps/b/src/b.app.src`: its version may come from anywhere
    `apps/b/src/b.app.src`: its version may come from anywhere
    `../bin/rebar3` is no escript and may start any rebar3
    ");
    assert_eq!(with("project/apps/b/src/b.app.src", "{application, b, [{vsn, {file, \"VERSION\"}}]}."), "");
    assert_eq!(with("project/apps/b/src/b.app.src.script", "CONFIG."), "");
    assert_eq!(with("project/apps/b/rebar.config", "{erl_opts, [debug_info]}."), "");
}

#[test]
fn a_script_that_may_read_anything_is_doubtful() {
    // Erlang would have to evaluate it where the project is read.
    let with = |path: &str, text: &str| {
        let fixture = Fixture::settled();
        fixture.check(|check| {
            fixture.write(path, text);
            let compilation = check.begin().expect("ready");
            fixture.rebar3();
            compilation.record();
        });
        std::fs::remove_file(fixture.path(path)).expect("removed");
        fixture.whys().join("\n").replace(&fixture.path("").display().to_string(), "")
    };
    insta::assert_snapshot!([
        with("project/apps/b/rebar.config.script", "CONFIG."),
        with("project/rebar.config.script", "{ok, X} = file:consult(\"other\"), X."),
        with("project/rebar.lock.script", "os:timestamp()."),
        with("project/rebar.config.script", "[{x, os:getenv(\"X\")} | CONFIG]."),
    ].join("\n"), @r"
    `apps/b/rebar.config.script` may read anything
    `rebar.config.script` may read anything
    `rebar.lock.script` may read anything
    `rebar.config.script` is gone
    ");
}

#[test]
fn variables_and_arguments_can_be_doubtful() {
    let variable = |name: &str, value: &str| after(|fixture| fixture.more.push((name.into(), value.into())));
    for (name, value) in [
        ("ERL_LIBS", "/opt/lib"),
        ("ERL_FLAGS", "-pa x"),
        ("ERL_AFLAGS", "-eval 'x()'"),
        ("ERL_COMPILER_OPTIONS", "[{i, \"/usr/include\"}]"),
    ] {
        assert_eq!(variable(name, value), [format!("the environment variable {name} names files")]);
    }
    assert_eq!(variable("ERL_AFLAGS", "-kernel shell_history enabled"), [""; 0]);
    assert_eq!(variable("ERL_COMPILER_OPTIONS", "deterministic"), [""; 0]);
    let arguments =
        |words: &[&str]| after(|fixture| fixture.arguments = words.iter().map(ToString::to_string).collect());
    assert_eq!(arguments(&["compile", "--deps_only"]), [""; 0]);
    assert_eq!(
        arguments(&["ct", "--compile_only=true"]),
        ["`rebar3 ct --compile_only=true` is run each time"]
    );
}

#[test]
fn every_variable_counts_that_may_be_read() {
    let mut fixture = Fixture::settled();
    fixture.compile();
    let mut with = |name: &str, value: &str| {
        fixture.more = vec![(name.into(), value.into())];
        fixture.whys()
    };
    for harmless in ["PWD", "TERM", "SSH_AUTH_SOCK", "TMUX_PANE", "ERLREL_CACHE_DIR", "_"] {
        assert_eq!(with(harmless, "x"), [""; 0], "{harmless}");
    }
    assert_eq!(with("CFLAGS", "-O3"), ["the environment variable CFLAGS has come or gone"]);
    assert_eq!(with("HOME", "/elsewhere")[0], "an environment variable has another value");
    fixture.write("project/apps/b/src/b.app.src.script", "[{x, os:getenv(\"SSH_X\")} | CONFIG].");
    fixture.more.clear();
    fixture.compile();
    fixture.more = vec![("SSH_X".into(), "1".into())];
    assert_eq!(fixture.whys(), ["the environment variable SSH_X has come or gone"], "a script reads it");
    fixture.more = vec![("REBAR_X".into(), "hunter2".into())];
    fixture.compile();
    fixture.more = vec![("REBAR_X".into(), "2".into())];
    assert_eq!(fixture.whys(), ["an environment variable of Erlang or rebar3 has another value"]);
    let records = crate::fs::list(&fixture.path("project/_build/erlrel/compilations")).expect("listed");
    assert!(records.iter().all(|path| !std::fs::read_to_string(path).expect("text").contains("hunter2")));
}
