//! The rebar3 plugin, fetched from a git repository by the real rebar3 as any project would have it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::erlang;
use crate::support::rebar3::Tiny;
use crate::support::sample::{self, Sample};
use crate::support::{cache_dir, copy_dir, erlrel, fails, put_program, repository, run, temp_dir, tool};

const RELX: &str = "{relx, [{release, {tiny, \"1\"}, [tiny, sasl]}]}.
{profiles, [{prod, [{relx, [{mode, prod}]}]}, {a, []}, {b, []}]}.
";

/// The plugin in a bare git repository, and the line of rebar.config that takes it from there.
fn published(dir: &Path) -> String {
    let (tree, bare) = (dir.join("tree"), dir.join("erlrel.git"));
    std::fs::create_dir_all(&tree).expect("created");
    copy_plugin(&tree.join("rebar3_erlrel"));
    let git = |arguments: &[&str]| {
        run(tool("git", "git")
            .arg("-C")
            .arg(&tree)
            .args(["-c", "user.name=t", "-c", "user.email=t@t"])
            .args(arguments))
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message=plugin"]);
    run(tool("git", "git").args(["clone", "--quiet", "--bare"]).arg(&tree).arg(&bare));
    format!(
        "{{project_plugins, [{{rebar3_erlrel, {{git_subdir, \"file://{}\", {{branch, \"main\"}}, \"rebar3_erlrel\"}}}}]}}.\n",
        bare.display()
    )
}

fn copy_plugin(to: &Path) {
    copy_dir(repository().join("rebar3_erlrel"), to);
    let build = to.join("_build");
    if build.exists() {
        std::fs::remove_dir_all(build).expect("removed");
    }
}

/// A tiny project that has the plugin.
fn project(more: &str) -> Tiny {
    let tiny = Tiny::new("");
    let plugin = published(&tiny.beside("published"));
    tiny.write("rebar.config", &format!("{RELX}{plugin}{more}"));
    let tiny = tiny.with("ERLREL", env!("CARGO_BIN_EXE_erlrel")).with("QUIET", "1");
    tiny.with("ERLREL_CACHE_DIR", cache_dir().to_str().expect("UTF-8"))
}

/// A project with a stand-in for erlrel, which shows its arguments and does what `body` says.
fn with_stand_in(body: &str) -> Tiny {
    let tiny = project("");
    let program = tiny.beside("stand in").join("erlrel");
    let text = format!(
        "#!/bin/sh\nif [ \"$2\" = --help ]; then echo '--profile --no-compile'; exit; fi\nprintf '[%s]' \"$@\"\n{body}\n"
    );
    put_program(&program, text);
    tiny.with("ERLREL", program.display().to_string())
}

/// What the stand-in shows of the arguments that came.
fn arguments(tiny: &Tiny, before: &str, rest: &[&str]) -> String {
    run(tiny.rebar3(before).arg("erlrel").args(rest))
}

fn is_compiled(tiny: &Tiny, profile: &str) -> bool {
    tiny.dir().join(format!("_build/{profile}/lib/tiny/ebin/tiny.beam")).is_file()
}

#[test]
fn each_command_makes_what_erlrel_makes() {
    let tiny = project("");
    assert_eq!(run(&mut tiny.rebar3("erlrel key")), run(&mut tiny.erlrel("key")));
    assert!(!tiny.dir().join("_build/default/lib/tiny").exists(), "a key needs no compilation");
    let plan = run(&mut tiny.rebar3("as prod erlrel plan"));
    assert!(plan.starts_with("release    tiny 1 (profile prod)\n"), "{plan}");
    let tarball = run(&mut tiny.rebar3("as prod erlrel tar"));
    assert!(tarball.trim().ends_with("_build/prod/rel/tiny/tiny-1.tar.gz"), "{tarball}");
    let (ours, out) = (std::fs::read(tarball.trim()).expect("a tarball"), tiny.beside("direct.tar.gz"));
    run(&mut tiny.erlrel(&format!("tar --quiet --no-compile --out {}", out.display())));
    assert!(ours == std::fs::read(out).expect("a tarball"));
    let release = run(&mut tiny.rebar3("as prod erlrel release"));
    assert!(Path::new(release.trim()).join("bin/tiny").is_file(), "{release}");
    let image = run(&mut tiny.rebar3("as prod erlrel image"));
    assert_eq!(image, run(&mut tiny.erlrel("image --quiet --no-compile")));
}

/// A module that holds the path of its source, unless the compiler is asked for `deterministic` output.
const WITH_PATH: &str = "-module(tiny).\n-export([path/0]).\npath() -> ?FILE.\n";

fn with_path(more: &str) -> Tiny {
    let tiny = project(more);
    tiny.write("src/tiny.erl", WITH_PATH);
    tiny
}

/// The digest of the image that rebar3 makes with the plugin.
fn image(tiny: &Tiny, more: &str) -> String {
    let said = run(&mut tiny.rebar3(&format!("as prod erlrel image {more}")));
    said.lines().next().expect("a digest").to_string()
}

#[test]
fn the_image_is_the_one_that_erlrel_makes_in_another_directory() {
    let direct = run(&mut with_path("").erlrel("image --quiet"));
    let direct = direct.lines().next().expect("a digest");
    assert_eq!(image(&with_path(""), ""), direct);
    assert_eq!(image(&with_path("").with("ERL_COMPILER_OPTIONS", "{d, 'TEXT', \"é\"}"), ""), direct);
    assert_eq!(image(&with_path("").with("ERL_COMPILER_OPTIONS", "[debug_info, deterministic]"), ""), direct);
    assert_ne!(image(&with_path(""), "--no-deterministic"), direct);
    assert_ne!(image(&with_path("{erlrel, [{deterministic, false}]}.\n"), ""), direct);
    let tiny = with_path("{erlrel, [{deterministic, true}]}.\n");
    let config = std::fs::read_to_string(tiny.dir().join("rebar.config")).expect("a file");
    tiny.write("rebar.config", &config.replace("{prod, [", "{prod, [{erlrel, [{deterministic, false}]}, "));
    assert_ne!(image(&tiny, ""), direct);
}

#[test]
fn compiler_options_that_are_no_term_stay_and_are_told() {
    let tiny = with_path("").with("ERL_COMPILER_OPTIONS", "[debug_info");
    let output = tiny.rebar3("as prod erlrel tar").env_remove("QUIET").output().expect("started");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.contains("`[debug_info` is no Erlang term"), "{said}");
}

#[test]
fn rebar3_by_hand_and_the_plugin_take_turns_and_compile_nothing_twice() {
    let tiny = with_path("");
    let beam = tiny.dir().join("_build/prod/lib/tiny/ebin/tiny.beam");
    let state = || {
        let metadata = beam.metadata().expect("compiled");
        (metadata.modified().expect("a time"), std::fs::read(&beam).expect("read"))
    };
    let digest = image(&tiny, "");
    let compiled = state();
    run(&mut tiny.rebar3("as prod compile"));
    assert!(state() == compiled, "by hand nothing is compiled again");
    assert_eq!(image(&tiny, ""), digest);
    assert!(state() == compiled, "nor by the plugin");
    // erlrel knows nothing of these compilations, and compiles once more.
    assert_eq!(run(&mut tiny.erlrel("image --quiet")).lines().next(), Some(digest.as_str()));
    assert!(state().1 == compiled.1);
    // What was compiled by hand lacks the option.
    std::fs::remove_dir_all(tiny.dir().join("_build/prod/lib/tiny")).expect("removed");
    run(&mut tiny.rebar3("as prod compile"));
    assert_ne!(state().1, compiled.1);
    assert_eq!(image(&tiny, ""), digest);
}

#[test]
fn what_rebar3_compiles_afterwards_has_the_options_that_it_had() {
    let tiny = with_path("");
    run(&mut tiny.rebar3("do erlrel tar, eunit"));
    let has_path = |profile: &str| {
        let beam = tiny.dir().join(format!("_build/{profile}/lib/tiny/ebin/tiny.beam"));
        let ask = r#"[Beam] = init:get_plain_arguments(),
            {module, tiny} = code:load_abs(filename:rootname(Beam)), io:put_chars(tiny:path()), halt()."#;
        erlang::evaluate(ask, &[beam.as_os_str()]).starts_with('/')
    };
    assert_eq!((has_path("default"), has_path("test")), (false, true));
}

#[test]
fn what_rebar3_starts_afterwards_has_the_variable_that_it_had() {
    let hook =
        r#"{pre_hooks, [{eunit, "echo \"$ERL_COMPILER_OPTIONS${ERL_COMPILER_OPTIONS-unset}\" > found"}]}."#;
    let found = |tiny: Tiny| {
        run(&mut tiny.rebar3("do erlrel tar, eunit"));
        std::fs::read_to_string(tiny.dir().join("found")).expect("written by the hook")
    };
    assert_eq!(found(with_path(hook)), "unset\n");
    assert_eq!(found(with_path(hook).with("ERL_COMPILER_OPTIONS", "")), "\n");
    assert_eq!(found(with_path(hook).with("ERL_COMPILER_OPTIONS", "no_copt")), "no_coptno_copt\n");
}

#[test]
fn compiler_options_that_are_no_proper_list_are_left_to_the_compiler() {
    let tiny = with_path("");
    // The plugin itself is compiled with them too, if it is not there yet.
    run(&mut tiny.rebar3("erlrel --version"));
    let mut command = tiny.rebar3("as prod erlrel tar");
    let output = command.env("ERL_COMPILER_OPTIONS", "[debug_info|x]").output().expect("started");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(!output.status.success() && said.contains("expand_opts"), "{said}");
}

#[test]
fn rebar3_ends_with_the_exit_code_of_erlrel() {
    let tiny = project("");
    run(&mut tiny.rebar3("erlrel --version"));
    let failed = fails(&mut tiny.rebar3("as prod erlrel tar --out /proc/nowhere/x"), 1);
    assert!(failed.contains("/proc/nowhere"), "{failed}");
    let wrong = fails(&mut tiny.rebar3("as prod erlrel tar --nonsense"), 2);
    assert!(wrong.contains("unexpected argument '--nonsense'"), "{wrong}");
    assert!(fails(&mut tiny.rebar3("erlrel nonsense"), 2).contains("unrecognized subcommand 'nonsense'"));
    fails(&mut tiny.rebar3("erlrel"), 2);
    for code in [0, 1, 2, 77, 255] {
        let status =
            with_stand_in(&format!("exit {code}")).rebar3("erlrel x").output().expect("started").status;
        assert_eq!(status.code(), Some(code));
    }
}

#[test]
fn a_compilation_that_fails_starts_no_erlrel() {
    let tiny = with_stand_in("");
    tiny.write("src/tiny.erl", "-module(tiny).\nnonsense");
    let output = tiny.rebar3("erlrel tar").output().expect("started");
    assert_eq!(output.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("[tar]"));
}

#[test]
fn arguments_arrive_as_they_were_typed() {
    let tiny = with_stand_in("");
    let typed = [
        "unknown",
        "two words",
        "",
        "--to=a b",
        "--label",
        "k=it's \"é漢\"",
        "-qx",
        "a,b",
        "$HOME",
        "--",
        "--last",
    ];
    let expected: String = typed.iter().map(|argument| format!("[{argument}]")).collect();
    let shown = arguments(&tiny, "", &typed);
    // The stand-in has the options of every command.
    assert_eq!(shown.replace("[--profile][default][--no-compile]", ""), expected);
    assert_eq!(arguments(&tiny, "", &["-q", "tar", "x"]), "[-q][tar][--profile][default][--no-compile][x]");
}

#[test]
fn the_active_profiles_are_handed_on() {
    let tiny = with_stand_in("");
    let added = |before: &str| arguments(&tiny, before, &["tar"]);
    assert_eq!(added(""), "[tar][--profile][default][--no-compile]");
    assert!(is_compiled(&tiny, "default"));
    assert_eq!(added("as prod"), "[tar][--profile][prod][--no-compile]");
    assert!(is_compiled(&tiny, "prod"));
    assert_eq!(added("as a,b,a"), "[tar][--profile][b,a][--no-compile]");
    assert!(is_compiled(&tiny, "b+a"));
    let tiny = tiny.with("REBAR_PROFILE", "a");
    let added = |before: &str| arguments(&tiny, before, &["tar"]);
    // erlrel reads the variable too.
    assert_eq!(added(""), "[tar][--profile][default][--no-compile]");
    assert_eq!(added("as prod"), "[tar][--profile][a,prod][--no-compile]");
}

#[test]
fn what_was_said_is_not_said_again() {
    let tiny = with_stand_in("");
    for typed in [
        &["tar", "--profile", "a"][..],
        &["tar", "--profile=a"],
        &["image", "--from", "x"],
        &["tar", "--help"],
    ] {
        let expected: String = typed.iter().map(|argument| format!("[{argument}]")).collect();
        assert!(
            [expected, "--profile --no-compile\n".into()].contains(&arguments(&tiny, "", typed)),
            "{typed:?}"
        );
    }
    assert_eq!(arguments(&tiny, "", &["tar", "--no-compile"]), "[tar][--profile][default][--no-compile]");
    assert!(!is_compiled(&tiny, "default"));
}

#[test]
fn the_environment_reaches_erlrel() {
    let tiny =
        with_stand_in("printf '%s' \"$REBAR_BASE_DIR $SOURCE_DATE_EPOCH\"").with("REBAR_BASE_DIR", "out");
    let shown = run(tiny.rebar3("as prod erlrel tar").env("SOURCE_DATE_EPOCH", "77"));
    assert_eq!(shown, "[tar][--profile][prod][--no-compile]out 77");
    assert!(tiny.dir().join("out/prod/lib/tiny/ebin/tiny.beam").is_file());
}

#[test]
fn hooks_on_compiling_run_and_hooks_on_releases_are_refused() {
    let tiny = project("{pre_hooks, [{compile, \"touch compiled\"}, {tar, \"touch packed\"}]}.\n");
    let message = fails(&mut tiny.rebar3("as prod erlrel tar"), 1);
    assert!(message.contains("`rebar3 tar` runs this hook of `pre_hooks`, erlrel cannot"), "{message}");
    assert!(tiny.dir().join("compiled").exists() && !tiny.dir().join("packed").exists());
    run(&mut tiny.rebar3("as prod erlrel tar --ignore-hooks"));
}

#[test]
fn output_comes_as_it_is_made_and_byte_by_byte() {
    let tiny = with_stand_in(
        "printf '\\nfirst\\n'; printf 'to stderr\\377\\n' >&2; read -r _; printf 'second\\000\\377' ; exit 3",
    );
    let mut command = tiny.rebar3("erlrel x");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("started");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    while line != "first\n" {
        line.clear();
        assert_ne!(stdout.read_line(&mut line).expect("a line"), 0, "the first line comes before the end");
    }
    // The stand-in waits for this.
    child.stdin.take().expect("a pipe").write_all(b"go on\n").expect("written");
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).expect("the rest");
    assert_eq!(rest, b"second\0\xff");
    let Output { status, stderr, .. } = child.wait_with_output().expect("the end");
    assert_eq!((status.code(), stderr.as_slice()), (Some(3), b"to stderr\xff\n".as_slice()));
}

#[test]
fn a_missing_program_is_told_with_the_way_to_get_it() {
    let tiny = project("");
    let said = |command: &mut Command| {
        let output = command.output().expect("started");
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let line = text.lines().find(|line| line.contains("ERLREL")).expect("a message");
        // rebar3 colours it.
        line.split("\u{1b}[1m").last().unwrap_or_default().to_string()
    };
    let bare = "/usr/bin:/bin";
    insta::assert_snapshot!(said(tiny.rebar3("as prod erlrel image").env("ERLREL", "").env("PATH", bare)), @"The program erlrel is not on PATH. Install it as the README of its repository says (`cargo install --locked --path erlrel-cli $(scripts/cargo-flags)` in a clone), or name it in the environment variable ERLREL.");
    insta::assert_snapshot!(said(tiny.rebar3("as prod erlrel image").env("ERLREL", "/no/erlrel")), @"The environment variable ERLREL names `/no/erlrel`, which is no program.");
    assert!(!is_compiled(&tiny, "prod"), "it is told before the work");
    let path = format!("{}:{bare}", erlrel_dir().display());
    run(tiny.rebar3("erlrel key").env("ERLREL", "").env("PATH", path));
}

fn erlrel_dir() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_erlrel")).parent().expect("a folder").into()
}

#[test]
fn rebar3_helps_with_the_command() {
    let tiny = project("");
    insta::assert_snapshot!(run(&mut tiny.rebar3("help erlrel")).trim_end(), @r"
    Makes a container image, a tarball or a directory of the project's release with erlrel.

      rebar3 as prod erlrel image [--to DEST] [--tag NAME]   a container image
      rebar3 as prod erlrel tar [--out FILE]                 the release tarball
      rebar3 as prod erlrel release [--out DIR]              the release directory
      rebar3 as prod erlrel plan                             what an image would contain
      rebar3 erlrel key                                      the dependency-layer key
      rebar3 erlrel --help                                   every command of erlrel
      rebar3 erlrel COMMAND --help                           every option of a command

    rebar3 compiles the project before commands that need it, with the profiles after `as`; there is no
    usual profile as with erlrel itself. The compiler is asked for `deterministic` output, as erlrel does it,
    unless --no-deterministic or `{erlrel, [{deterministic, false}]}` says otherwise. All arguments go to
    erlrel unchanged. (A comma in one ends the command for rebar3 after `as` and `do`.)

    The program erlrel is looked for on PATH, unless the environment variable ERLREL names it.
    Usage: rebar3 erlrel
    ");
    let list = run(&mut tiny.rebar3("help"));
    assert!(list.contains("Container images and releases with erlrel."), "{list}");
    assert_eq!(run(&mut tiny.rebar3("erlrel tar --help")), run(&mut tiny.erlrel("tar --help")));
}

/// A copy of a sample that has the plugin, in `temp`.
fn sample_with_plugin(original: &Sample, temp: &Path) -> PathBuf {
    let dir = temp.join("project");
    copy_dir(&original.dir, &dir);
    let config = std::fs::read_to_string(dir.join("rebar.config")).expect("a file");
    std::fs::write(dir.join("rebar.config"), config + &published(temp)).expect("written");
    dir
}

#[test]
fn the_samples_become_the_same_images_with_the_plugin() {
    for original in [sample::hello(), sample::umbrella()] {
        let temp = temp_dir();
        let dir = sample_with_plugin(original, temp.path());
        let mut rebar3 = tool("rebar3", "rebar3");
        rebar3.args(["as", "prod", "erlrel", "image", "--to", "oci:with the plugin"]).current_dir(&dir);
        rebar3.env("ERLREL", env!("CARGO_BIN_EXE_erlrel")).env("ERLREL_CACHE_DIR", cache_dir());
        let ours = run(rebar3.env("QUIET", "1"));
        let mut direct = erlrel();
        direct.args(["image", "--quiet", "--no-compile", "--to", "oci:direct"]).current_dir(&dir);
        let direct = run(&mut direct);
        assert_eq!(ours.lines().next(), direct.lines().next(), "{}", original.name);
        assert!(dir.join("with the plugin/index.json").is_file());
    }
}

/// `rebar3 ARGUMENT…` of the sample's own toolchain, which sees nothing but `temp`: so erlrel is there too.
fn rebar3_of(original: &Sample, temp: &Path, arguments: &str) -> Command {
    let program = temp.join("erlrel");
    for name in ["erlrel", "erlrel-boot"] {
        if !temp.join(name).exists() {
            std::fs::copy(erlrel_dir().join(name), temp.join(name)).expect("copied");
        }
    }
    let mut rebar3 = original.toolchain.command("rebar3", &temp.join("project"));
    rebar3.args(arguments.split_whitespace()).env("ERLREL", program).env("QUIET", "1");
    rebar3
}

/// 3.24 of Debian 13, or those of the suites that are asked for; the other tests here have 3.19.
#[test]
fn newer_versions_of_rebar3_have_the_same_command() {
    for original in sample::all_by_others().iter().filter(|sample| sample.name != "native") {
        let temp = temp_dir();
        let dir = sample_with_plugin(original, temp.path());
        let rebar3 = |arguments: &str| rebar3_of(original, temp.path(), arguments);
        let direct = |arguments: &str| {
            let mut command = erlrel();
            run(command.args(arguments.split_whitespace()).args(original.otp()).current_dir(&dir))
        };
        assert_eq!(run(&mut rebar3("erlrel key")), direct("key"));
        let tarball = run(&mut rebar3("as prod erlrel tar"));
        assert!(tarball.trim().starts_with(&dir.display().to_string()), "{tarball}");
        direct("tar --quiet --no-compile --out direct.tar.gz");
        let read = |path: &str| std::fs::read(dir.join(path)).expect("a tarball");
        assert!(read(tarball.trim()) == read("direct.tar.gz"), "{}", original.name);
        let release = run(&mut rebar3("as prod erlrel release"));
        assert!(Path::new(release.trim()).join("bin").join(original.name).is_file(), "{release}");
        // The image has the libraries of that system.
        run(&mut rebar3("as prod erlrel image --to oci:image"));
        assert!(dir.join("image/index.json").is_file());
        let failed = fails(&mut rebar3("as prod erlrel tar --out /proc/nowhere/x"), 1);
        assert!(failed.contains("/proc/nowhere"), "{failed}");
        let wrong = fails(&mut rebar3("as prod erlrel tar --nonsense"), 2);
        assert!(wrong.contains("unexpected argument '--nonsense'"), "{wrong}");
    }
}

#[test]
fn a_newer_rebar3_that_cannot_compile_starts_no_erlrel() {
    for original in sample::all_by_others().iter().filter(|sample| sample.name == "hello") {
        let temp = temp_dir();
        let dir = sample_with_plugin(original, temp.path());
        std::fs::write(dir.join("src/broken.erl"), "-module(broken).\nnonsense").expect("written");
        let mut rebar3 = rebar3_of(original, temp.path(), "as prod erlrel tar --out new.tar.gz");
        let output = rebar3.output().expect("started");
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(said.contains("broken.erl"), "{said}");
        assert!(!dir.join("new.tar.gz").exists());
    }
}

#[test]
fn dialyzer_finds_nothing_in_the_plugin() {
    let temp = temp_dir();
    let dir = temp.path().join("plugin");
    copy_plugin(&dir);
    // What it knows of OTP is kept for the next run.
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dialyzer");
    std::fs::create_dir_all(&home).expect("created");
    tool("dialyzer", "erlang-dialyzer");
    let said = run(tool("rebar3", "rebar3").arg("dialyzer").current_dir(&dir).env("HOME", home));
    assert!(said.contains("Analyzing 2 files"), "{said}");
}
