//! rebar3 is started when it must be, and what is made without it is what it would have made.

mod edits;

use serde_json::Value;

use crate::support::rebar3::Tiny;
use crate::support::{cache_dir, fails, run};

/// A project whose images are small: what is packed besides it does not matter here.
fn project(config: &str) -> Tiny {
    let tiny = Tiny::new(&format!(
        "{config}\n{{relx, [{{release, {{tiny, \"1\"}}, [tiny]}}, {{include_erts, false}}, {{mode, dev}}]}}.
        {{profiles, [{{prod, [{{relx, [{{mode, prod}}]}}]}}]}}.\n"
    ));
    tiny.write("start", "#!/bin/sh\n");
    // rebar3 would write it where it compiles the default profile.
    tiny.write("rebar.lock", "[].\n");
    tiny.with("ERLREL_CACHE_DIR", cache_dir().to_str().expect("UTF-8"))
}

/// What `erlrel image` says as JSON.
fn image(tiny: &Tiny, arguments: &str) -> Value {
    let arguments = format!("image --quiet --json --boot-program start --to oci:out {arguments}");
    serde_json::from_str(&run(&mut tiny.erlrel(&arguments))).expect("JSON")
}

fn is_compiled(tiny: &Tiny, arguments: &str) -> bool {
    image(tiny, arguments)["compiled"].as_bool().expect("a flag")
}

#[test]
fn rebar3_is_started_when_something_has_changed_or_when_it_is_asked_for() {
    let tiny = project("{deps, []}.");
    assert!(is_compiled(&tiny, ""));
    assert!(!is_compiled(&tiny, ""));
    assert!(is_compiled(&tiny, "--compile always"));
    assert!(!is_compiled(&tiny, "--compile=auto"));
    assert!(is_compiled(&tiny, "--no-cache"), "nothing is known without a cache");
    tiny.write("src/tiny.erl", "-module(tiny).\n-export([f/0]).\nf() -> 1.\n");
    assert!(!is_compiled(&tiny, "--compile never"));
    assert!(!is_compiled(&tiny, "--no-compile"));
    let made = image(&tiny, "");
    assert_eq!(made["compiled"], true);
    let why = made["compile_reason"].as_str().expect("a reason");
    assert!(why.ends_with("/src/tiny.erl` has changed"), "{why}");
    assert!(!is_compiled(&tiny, "--to archive:image.tar"), "what it writes itself is no input");
    let told = "nothing to compile: all is as it was after the last compilation";
    for command in ["release", "tar", "image --boot-program start --to oci:out"] {
        let output = tiny.erlrel(command).output().expect("started");
        assert!(output.status.success(), "{output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(stderr.lines().filter(|line| *line == told).count(), 1, "{command}: {stderr}");
    }
    std::fs::remove_dir_all(tiny.dir().join("_build")).expect("removed");
    assert!(is_compiled(&tiny, ""));
}

#[test]
fn flags_that_contradict_each_other_are_a_mistake_of_usage() {
    let tiny = project("");
    for command in ["image", "tar", "release"] {
        for when in ["always", "auto"] {
            let said = fails(&mut tiny.erlrel(&format!("{command} --no-compile --compile {when}")), 2);
            assert!(said.contains("'--no-compile' cannot be used with a '--compile'"), "{said}");
        }
    }
    fails(&mut tiny.erlrel("image --compile sometimes"), 2);
    fails(&mut tiny.erlrel("image --compile auto --from x.tar.gz"), 2);
}

#[test]
fn what_another_rebar3_has_done_meanwhile_is_compiled_again() {
    let tiny = project("");
    assert!(is_compiled(&tiny, ""));
    run(&mut tiny.rebar3("compile"));
    assert!(!is_compiled(&tiny, ""), "the default profile is another place");
    tiny.write("src/tiny.erl", "-module(tiny).\n-export([f/0]).\nf() -> 2.\n");
    run(&mut tiny.rebar3("as prod compile"));
    assert!(is_compiled(&tiny, ""));
    std::fs::remove_file(tiny.dir().join("_build/prod/lib/tiny/ebin/tiny.beam")).expect("removed");
    assert!(is_compiled(&tiny, ""));
    assert!(tiny.dir().join("_build/prod/lib/tiny/ebin/tiny.beam").exists());
    assert!(!is_compiled(&tiny, ""));
}

#[test]
fn a_compilation_that_fails_is_done_again() {
    let tiny = project("");
    assert!(is_compiled(&tiny, ""));
    tiny.write("src/tiny.erl", "-module(tiny).\nf( -> 1.\n");
    for _ in 0..2 {
        fails(&mut tiny.erlrel("image --quiet --boot-program start --to oci:out"), 1);
    }
    tiny.write("src/tiny.erl", "-module(tiny).\n");
    assert!(is_compiled(&tiny, ""));
}

#[test]
fn a_commit_counts_where_versions_follow_git_and_only_there() {
    let git = |tiny: &Tiny, arguments: &str| {
        let mut git = crate::support::tool("git", "git");
        git.current_dir(tiny.dir()).args(["-c", "user.name=t", "-c", "user.email=t@t"]);
        run(git.args(arguments.split(' ')))
    };
    for (vsn, counts) in [("\"1.0\"", false), ("git", true)] {
        let tiny = project("");
        tiny.write(".gitignore", "_build\nout\n");
        tiny.write(
            "src/tiny.app.src",
            &format!("{{application, tiny, [{{vsn, {vsn}}}, {{applications, [kernel, stdlib]}}]}}.\n"),
        );
        git(&tiny, "init --quiet --initial-branch=main");
        git(&tiny, "add .");
        git(&tiny, "commit --quiet --message=1");
        assert!(is_compiled(&tiny, ""));
        assert!(!is_compiled(&tiny, ""));
        git(&tiny, "commit --quiet --allow-empty --message=2");
        assert_eq!(is_compiled(&tiny, ""), counts, "{vsn}");
        git(&tiny, "tag 3.0.0");
        assert_eq!(is_compiled(&tiny, ""), counts, "{vsn}");
        assert!(!is_compiled(&tiny, ""));
        let app = std::fs::read_to_string(tiny.dir().join("_build/prod/lib/tiny/ebin/tiny.app"));
        assert_eq!(app.expect("an application").contains("3.0.0"), counts);
    }
}

#[test]
fn what_erlrel_itself_writes_into_a_project_is_no_input() {
    let tiny = project("");
    assert!(is_compiled(&tiny, ""));
    assert!(!is_compiled(&tiny, ""));
    run(&mut tiny.erlrel("plan --quiet --html size.html"));
    assert!(tiny.dir().join("size.html").exists());
    assert!(!is_compiled(&tiny, ""), "a page");
    run(&mut tiny.erlrel("release --quiet --out rel"));
    assert!(!is_compiled(&tiny, ""), "a release");
    run(&mut tiny.erlrel("tar --quiet --out tiny.tar.gz"));
    assert!(!is_compiled(&tiny, ""), "a tarball");
}

#[test]
fn tags_count_behind_links_and_in_repositories_of_applications() {
    let git = |dir: &std::path::Path, arguments: &str| {
        let mut git = crate::support::tool("git", "git");
        git.arg("-C").arg(dir).args(["-c", "user.name=t", "-c", "user.email=t@t"]);
        run(git.args(arguments.split(' ')));
    };
    let vsn = |name: &str| {
        format!("{{application, {name}, [{{vsn, git}}, {{applications, [kernel, stdlib]}}]}}.\n")
    };
    let tiny = project("{deps, [dep]}.");
    tiny.write("src/tiny.app.src", &vsn("tiny"));
    tiny.app(tiny.beside("dep"), "dep");
    std::fs::write(tiny.beside("dep/src/dep.app.src"), vsn("dep")).expect("written");
    tiny.write("_checkouts/.keep", "");
    std::os::unix::fs::symlink("../../dep", tiny.dir().join("_checkouts/dep")).expect("linked");
    std::os::unix::fs::symlink("project", tiny.beside("link")).expect("linked");
    for dir in [tiny.dir(), tiny.beside("dep")] {
        crate::support::rebar3::committed(&dir);
    }
    let link = tiny.beside("link").display().to_string();
    let settled = || (0..3).any(|_| !is_compiled(&tiny, &link));
    assert!(settled());
    for (tag, dir) in [("3.0.0", tiny.dir()), ("4.0.0", tiny.beside("dep"))] {
        git(&dir, &format!("tag {tag}"));
        assert!(is_compiled(&tiny, &link), "{tag}");
        assert!(settled());
        let file = |name: &str| {
            let lib = tiny.dir().join("_build/prod");
            let all = ["lib", "checkouts"].map(|dir| lib.join(dir).join(format!("{name}/ebin/{name}.app")));
            all.iter().find_map(|path| std::fs::read_to_string(path).ok()).expect("an application")
        };
        assert!([file("tiny"), file("dep")].join("").contains(tag), "{tag}");
    }
}

#[test]
fn a_hook_is_run_each_time() {
    let tiny = project("{pre_hooks, [{compile, \"echo x >> ran\"}]}.");
    for round in 1..=3 {
        let made = image(&tiny, "");
        assert_eq!(made["compiled"], true);
        assert_eq!(std::fs::read_to_string(tiny.dir().join("ran")).expect("it ran").lines().count(), round);
    }
    let why = image(&tiny, "")["compile_reason"].to_string();
    assert!(why.contains("a hook on `compile` may do anything"), "{why}");
}
