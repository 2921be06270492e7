//! rebar3's side of a release: which configuration, which profiles, which directories. Each test has the real
//! rebar3 make a release of a tiny project, and erlrel the same one.

use crate::support::rebar3::Tiny;
use crate::support::{fails, run};

const RELX: &str = "{relx, [{release, {tiny, \"1\"}, [tiny]}, {include_erts, false}]}.\n";

/// `plan` is of images, which need it.
const WITH_ERTS: &str = "{relx, [{release, {tiny, \"1\"}, [tiny]}, {include_erts, true}]}.\n";

fn with_erts(more: &str) -> String {
    format!("{WITH_ERTS}{more}\n")
}

fn config(more: &str) -> String {
    format!("{RELX}{more}\n")
}

/// What `.rel` files say of the release's version.
fn has_version(rel: &str, version: &str) -> bool {
    rel.contains(&format!("{{\"tiny\",\"{version}\"}}"))
}

#[test]
fn a_script_computes_the_configuration() {
    let tiny = Tiny::new(RELX).with("TINY_VSN", "7");
    tiny.write(
        "rebar.config.script",
        "{ok, _} = file:read_file(SCRIPT),
         io:format(\"computing~n\"),
         {relx, Relx} = lists:keyfind(relx, 1, CONFIG),
         Release = {release, {tiny, os:getenv(\"TINY_VSN\")}, [tiny, sasl]},
         lists:keystore(relx, 1, CONFIG, {relx, [Release | lists:keydelete(release, 1, Relx)]}).\n",
    );
    let rel = tiny.same_release("");
    assert!(has_version(&rel, "7") && rel.contains("sasl"), "{rel}");
}

#[test]
fn a_script_without_a_file_computes_it_too_and_a_single_term_becomes_a_list() {
    let tiny = Tiny::new("");
    std::fs::remove_file(tiny.dir().join("rebar.config")).expect("removed");
    tiny.write(
        "rebar.config.script",
        "[] = CONFIG, \"rebar.config.script\" = SCRIPT,
         {relx, [{release, {tiny, \"3\"}, [tiny]}, {include_erts, false}]}.\n",
    );
    assert!(has_version(&tiny.same_release(""), "3"));
}

#[test]
fn a_script_can_tell_rebar3_from_its_predecessor() {
    let tiny = Tiny::new(RELX);
    let script = "case erlang:function_exported(rebar3, main, 1) of
        true -> lists:keystore(relx, 1, CONFIG, {relx, [{release, {tiny, \"3\"}, [tiny]}, {include_erts, false}]});
        false -> exit(rebar2) end.\n";
    tiny.write("rebar.config.script", script);
    assert!(has_version(&tiny.same_release(""), "3"));
}

#[test]
fn the_script_of_another_configuration_file_is_evaluated_and_not_the_usual_one() {
    let tiny = Tiny::new("{relx, []}.\n").with("REBAR_CONFIG", "conf/other.config");
    tiny.write("rebar.config.script", "exit(not_me).\n");
    tiny.write("conf/other.config", RELX);
    tiny.write(
        "conf/other.config.script",
        "\"conf/other.config.script\" = SCRIPT, [{relx, [{release, {tiny, \"8\"}, [tiny]}, {include_erts, false}]}].\n",
    );
    assert!(has_version(&tiny.same_release(""), "8"));
}

/// `rebar3 as …` is asked for a dependency that the lock's script alone knows.
#[test]
fn a_script_computes_the_lock() {
    let tiny = Tiny::new(&WITH_ERTS.replace("[tiny]", "[tiny, dep]"));
    let source = tiny.repository("dep", "4.2");
    let commit =
        run(crate::support::tool("git", "git").arg("-C").arg(tiny.beside("dep")).args(["rev-parse", "HEAD"]));
    let url = source.split('"').nth(1).expect("a URL");
    tiny.write("rebar.lock", "[].\n");
    tiny.write(
        "rebar.lock.script",
        &format!(
            "[_] = CONFIG, [[{{<<\"dep\">>, {{git, \"{url}\", {{ref, \"{}\"}}}}, 0}}]].\n",
            commit.trim()
        ),
    );
    let rel = tiny.same_release("");
    assert!(rel.contains("{dep,\"4.2\"}"), "{rel}");
    let plan = run(&mut tiny.erlrel("plan --quiet --profile default"));
    assert!(plan.lines().any(|line| line.starts_with("dep ") && line.contains("dependency")), "{plan}");
}

#[test]
fn the_script_of_an_application_description_is_evaluated_by_rebar3() {
    let tiny = Tiny::new(RELX);
    tiny.write(
        "src/tiny.app.src.script",
        "[{application, Name, Keys}] = CONFIG, [{application, Name, lists:keystore(vsn, 1, Keys, {vsn, \"5.5\"})}].\n",
    );
    let rel = tiny.same_release("");
    assert!(rel.contains("{tiny,\"5.5\"}"), "{rel}");
}

#[test]
fn a_script_beside_relx_config_is_nothing_to_rebar3() {
    let tiny = Tiny::new("");
    tiny.write("relx.config", "{release, {tiny, \"1\"}, [tiny]}. {include_erts, false}.\n");
    tiny.write("relx.config.script", "exit(not_me).\n");
    assert!(has_version(&tiny.same_release(""), "1"));
}

#[test]
fn a_failing_script_fails_in_both() {
    let tiny = Tiny::new(RELX);
    tiny.write("rebar.config.script", "CONFIG ++ nothing + 1.\n");
    fails(&mut tiny.rebar3("release"), 1);
    fails(&mut tiny.erlrel("release --no-compile --profile default"), 1);
}

#[test]
fn relx_config_counts_when_rebar_config_has_no_release() {
    let tiny = Tiny::new("{relx, []}.\n");
    tiny.write("relx.config", "{release, {tiny, \"2\"}, [tiny]}. {include_erts, false}.\n");
    assert!(has_version(&tiny.same_release(""), "2"));
}

#[test]
fn rebar_config_wins_over_relx_config_with_a_warning() {
    let tiny = Tiny::new(RELX);
    tiny.write("relx.config", "{release, {tiny, \"2\"}, [tiny]}.\n");
    assert!(has_version(&tiny.same_release(""), "1"));
    let output = tiny.erlrel("release --no-compile --profile default").output().expect("started");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains(
            "warning: relx.config is ignored, because rebar.config has a `relx` entry: remove one of the two"
        ),
        "{stderr}"
    );
}

#[test]
fn of_two_relx_entries_the_last_counts_and_of_two_profiles_of_a_name_the_first() {
    let tiny = Tiny::new(&config(
        "{relx, [{release, {tiny, \"2\"}, [tiny]}, {include_erts, false}]}.
         {profiles, [{p, [{relx, [{release, {tiny, \"3\"}, [tiny]}]}]}, {p, [{relx, [{release, {tiny, \"4\"}, [tiny]}]}]}]}.",
    ));
    assert!(has_version(&tiny.same_release(""), "2"));
    assert!(has_version(&tiny.same_release("p"), "3"));
    let twice = "{profiles, [{p, [{relx, [{release, {tiny, \"5\"}, [tiny]}]}, {relx, [{release, {tiny, \"6\"}, [tiny]}]}]}]}.";
    assert!(has_version(&Tiny::new(&config(twice)).same_release("p"), "6"));
}

#[test]
fn profiles_are_merged_in_the_order_of_the_command_line() {
    let tiny = Tiny::new(
        "{relx, [{release, {tiny, \"1\"}, [tiny]}, {mode, dev}]}.
         {profiles, [{a, [{relx, [{mode, minimal}]}]}, {b, [{relx, [{mode, dev}, {release, {tiny, \"1\"}, [tiny, sasl]}]}]}]}.",
    );
    // Identical options are kept once, at their first place: the last `{mode, dev}` has no effect.
    let rel = tiny.same_release("a,b");
    assert!(rel.contains("sasl"), "{rel}");
    tiny.same_release("b,a");
    tiny.same_release("b,a,b");
    tiny.same_release("b");
}

#[test]
fn the_profile_of_the_environment_comes_first() {
    let tiny = Tiny::new(&config(
        "{profiles, [{sd, [{relx, [{mode, dev}]}]}, {prod, [{relx, [{dev_mode, false}]}]}]}.",
    ))
    .with("REBAR_PROFILE", "sd");
    tiny.same_release("");
    tiny.same_release("prod");
    tiny.same_release("prod,sd,prod");
}

/// The merged list is sorted by key, so `mode` comes after `include_erts` and decides.
#[test]
fn a_mode_of_a_profile_overrides_what_stands_beside_it() {
    let tiny = Tiny::new(
        "{relx, [{release, {tiny, \"1\"}, [tiny]}]}.
         {profiles, [{prod, [{relx, [{mode, prod}, {include_erts, false}, {debug_info, keep}]}]},
                     {empty, [{relx, []}]}]}.",
    );
    tiny.same_release("prod");
    let unsorted = Tiny::new(
        "{relx, [{release, {tiny, \"1\"}, [tiny]}, {mode, dev}, {include_erts, false}, {dev_mode, false}]}.
         {profiles, [{empty, [{relx, []}]}, {none, []}]}.",
    );
    unsorted.same_release("none");
    unsorted.same_release("empty");
}

#[test]
fn the_base_directory_of_the_environment_is_absolute_or_in_the_project() {
    let tiny = Tiny::new(&config("{base_dir, \"other\"}. {profiles, [{a, []}]}."))
        .with("REBAR_BASE_DIR", "out/here");
    tiny.same_release("");
    let tiny = Tiny::new(&config("{profiles, [{a, []}]}."));
    let elsewhere = tiny.beside("elsewhere").display().to_string();
    tiny.with("REBAR_BASE_DIR", elsewhere).same_release("a");
}

#[test]
fn the_base_directory_of_the_configuration_is_taken_from_the_profiles_after_as() {
    let tiny =
        Tiny::new(&config("{base_dir, \"other\"}. {profiles, [{a, [{base_dir, \"of_a\"}]}, {b, []}]}."));
    tiny.same_release("");
    tiny.same_release("b");
    tiny.same_release("a");
    tiny.same_release("a,b");
    let tiny = tiny.with("REBAR_PROFILE", "a");
    tiny.same_release("");
    tiny.same_release("b");
}

#[test]
fn the_base_directory_of_the_global_configuration_counts_last() {
    let tiny = Tiny::new(RELX);
    tiny.write("../home/.config/rebar3/rebar.config", "{base_dir, \"of_all\"}.\n");
    tiny.same_release("");
    tiny.write("rebar.config", &config("{base_dir, \"own\"}."));
    tiny.same_release("");
    let tiny = tiny.with("REBAR_GLOBAL_CONFIG_DIR", "/nowhere");
    tiny.write("rebar.config", RELX);
    tiny.same_release("");
}

/// rebar3 merges it; a release must not depend on who makes it.
#[test]
fn a_release_in_the_global_configuration_is_ignored_with_a_warning() {
    let tiny = Tiny::new(RELX);
    let without = tiny.same_release("");
    tiny.write("../home/.config/rebar3/rebar.config", "{relx, [{release, {tiny, \"99\"}, [tiny]}]}.\n");
    run(&mut tiny.rebar3("release"));
    assert!(tiny.dir().join("_build/default/rel/tiny/releases/99").is_dir(), "rebar3 merges it");
    let out = tiny.beside("out");
    let output = tiny
        .erlrel(&format!("release --no-compile --profile default --out {}", out.display()))
        .output()
        .expect("started");
    let rel = std::fs::read_to_string(out.join("releases/1/tiny.rel")).expect("erlrel does not");
    assert_eq!(rel, without);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("is ignored, so that the project alone decides its release"), "{stderr}");
}

#[test]
fn a_checkout_stands_in_for_a_dependency_as_long_as_it_is_there() {
    let tiny = Tiny::empty("");
    tiny.app(".", "tiny");
    let source = tiny.repository("dep", "1.0");
    tiny.write(
        "rebar.config",
        &format!("{}{{deps, [{{dep, {source}}}]}}.\n", RELX.replace("[tiny]", "[tiny, dep]")),
    );
    let rel = tiny.same_release("");
    assert!(rel.contains("{dep,\"1.0\"}"), "{rel}");
    tiny.app_with_vsn("_checkouts/dep", "dep", "2.0");
    let rel = tiny.same_release("");
    assert!(rel.contains("{dep,\"2.0\"}"), "{rel}");
    std::fs::remove_dir_all(tiny.dir().join("_checkouts")).expect("removed");
    let rel = tiny.same_release("");
    assert!(rel.contains("{dep,\"1.0\"}"), "{rel}");
}

#[test]
fn the_directories_of_dependencies_and_checkouts_can_have_other_names() {
    let tiny = Tiny::empty("");
    tiny.app(".", "tiny");
    let (dep, other) = (tiny.repository("dep", "1.0"), tiny.repository("other", "1.0"));
    tiny.write(
        "rebar.config",
        &format!(
            "{}{{deps, [{{dep, {dep}}}, {{other, {other}}}]}}.
             {{deps_dir, \"fetched\"}}. {{checkouts_dir, \"mine\"}}. {{checkouts_out_dir, \"built\"}}.\n",
            RELX.replace("[tiny]", "[tiny, dep, other]")
        ),
    );
    tiny.app_with_vsn("mine/other", "other", "2.0");
    let rel = tiny.same_release("");
    assert!(rel.contains("{dep,\"1.0\"}") && rel.contains("{other,\"2.0\"}"), "{rel}");
}

#[test]
fn project_applications_lie_where_the_configuration_says() {
    let tiny = Tiny::empty(&with_erts("{project_app_dirs, [\"services/*\", \"libs/*/erl\"]}."));
    tiny.app("services/tiny", "tiny");
    tiny.app("libs/helper/erl", "helper");
    tiny.app("apps/not_ours", "not_ours");
    tiny.write(
        "rebar.config",
        &std::fs::read_to_string(tiny.dir().join("rebar.config"))
            .expect("a file")
            .replace("[tiny]", "[tiny, helper]"),
    );
    let rel = tiny.same_release("");
    assert!(rel.contains("helper"), "{rel}");
    let plan = run(&mut tiny.erlrel("plan --quiet --profile default"));
    assert_eq!(plan.lines().filter(|line| line.contains(" project ")).count(), 2, "{plan}");
}

#[test]
fn a_dependency_of_a_profile_is_found_below_that_profile() {
    let tiny = Tiny::empty("");
    tiny.app(".", "tiny");
    let (base, extra) = (tiny.repository("base", "1.0"), tiny.repository("extra", "1.0"));
    tiny.write(
        "rebar.config",
        &with_erts(&format!(
            "{{deps, [{{base, {base}}}]}}.
             {{profiles, [{{a, [{{deps, [{{extra, {extra}}}]}}, {{relx, [{{release, {{tiny, \"1\"}}, [tiny, base, extra]}}]}}]}}, {{b, []}}]}}."
        )),
    );
    let rel = tiny.same_release("a");
    assert!(rel.contains("extra") && rel.contains("base"), "{rel}");
    tiny.same_release("a,b");
    tiny.same_release("b,a");
    let plan = run(&mut tiny.erlrel("plan --quiet --profile a"));
    assert_eq!(plan.lines().filter(|line| line.contains(" dependency ")).count(), 2, "{plan}");
}

#[test]
fn a_dependency_that_the_project_has_itself_is_the_projects() {
    let tiny = Tiny::empty("");
    let source = tiny.repository("twice", "9.9");
    tiny.write(
        "rebar.config",
        &format!("{}{{deps, [{{twice, {source}}}]}}.\n", WITH_ERTS.replace("[tiny]", "[tiny, twice]")),
    );
    tiny.app("apps/tiny", "tiny");
    tiny.app("apps/twice", "twice");
    let rel = tiny.same_release("");
    assert!(rel.contains("{twice,\"1.0\"}"), "{rel}");
    let plan = run(&mut tiny.erlrel("plan --quiet --profile default"));
    assert!(plan.lines().any(|line| line.starts_with("twice ") && line.contains(" project ")), "{plan}");
}

/// What a hook leaves behind, below the project.
fn hook_ran(tiny: &Tiny, name: &str) -> bool {
    let file = tiny.dir().join(name);
    file.exists() && std::fs::remove_file(file).is_ok()
}

/// `rebar3 tar` runs the hooks on `tar`, not those on `release`; so `erlrel tar` refuses the former alone.
#[test]
fn rebar3_runs_hooks_on_the_very_command_of_the_project_and_of_its_applications() {
    let tiny = Tiny::empty(&config(
        "{pre_hooks, [{release, \"touch pre_release\"}, {\"linux\", tar, \"touch linux_tar\"}, {\"win32\", tar, \"touch win32_tar\"}]}.
         {profiles, [{p, [{post_hooks, [{tar, \"touch of_profile\"}]}]}]}.",
    ));
    tiny.app("apps/tiny", "tiny");
    tiny.write("apps/tiny/rebar.config", "{post_hooks, [{tar, \"touch of_app\"}]}.\n");
    let hooks = ["pre_release", "linux_tar", "win32_tar", "of_profile", "of_app"];
    let ran = |arguments: &str| {
        run(&mut tiny.rebar3(arguments));
        hooks.map(|hook| hook_ran(&tiny, hook))
    };
    assert_eq!(ran("release"), [true, false, false, false, false]);
    assert_eq!(ran("as p tar"), [false, true, false, true, true]);
    let warnings = |arguments: &str| {
        let output = tiny.erlrel(arguments).output().expect("started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stderr).matches("runs this hook").count()
    };
    assert_eq!(warnings("release --no-compile --ignore-hooks --profile default"), 1);
    assert_eq!(warnings("tar --no-compile --ignore-hooks --profile p"), 3);
}

#[test]
fn a_hook_on_compiling_is_run_by_rebar3_when_erlrel_has_it_compile() {
    let tiny = Tiny::new(&config("{pre_hooks, [{compile, \"touch compiled\"}]}."));
    run(&mut tiny.erlrel("release --quiet --profile default"));
    assert!(hook_ran(&tiny, "compiled"));
}
